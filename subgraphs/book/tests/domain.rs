//! The domain's decisions: one by one, and `available + held = copies` under any sequence of them.

use std::collections::BTreeMap;

use book::domain::{
    Book, Changes, NewBook, Status,
    reservation::{Outcome, Reason, Reply, Reservation, release, reserve, restock},
};
use kit::{Clock, from_micros};
use proptest::prelude::*;

fn draft(copies: i64) -> NewBook {
    NewBook {
        barcode: " B1 ".into(),
        isbn: "9788937460449".into(),
        title: "Demian".into(),
        author: "Hermann Hesse".into(),
        copies,
        rental_cost: 500,
    }
}

fn book(copies: i64) -> Book {
    Book::add(Clock::real().id(), draft(copies), from_micros(0)).expect("a proper book")
}

fn held(quantity: i64, returned: i64) -> Reservation {
    Reservation::Held {
        quantity,
        returned,
        rental_cost: 500,
    }
}

/// The book after `quantity` copies of it were reserved.
fn lent(book: &Book, quantity: i64) -> Book {
    let outcome = reserve(Some(book), None, quantity).expect("a legal message");
    outcome.book.expect("enough copies")
}

fn code(outcome: Result<Book, kit::Refusal>) -> &'static str {
    outcome.expect_err("to be refused").code
}

#[test]
fn a_new_book_is_on_the_shelf_and_its_texts_are_trimmed() {
    let book = book(3);
    assert_eq!((book.available, book.held(), book.version), (3, 0, 1));
    assert_eq!(book.status(), Status::Available);
    assert_eq!(book.barcode, "B1");
}

#[test]
fn a_book_without_a_title_copies_or_a_sane_cost_is_refused() {
    let drafts = [
        NewBook {
            title: " ".into(),
            ..draft(1)
        },
        NewBook {
            barcode: String::new(),
            ..draft(1)
        },
        NewBook {
            author: "A\nB".into(),
            ..draft(1)
        },
        NewBook {
            title: "x".repeat(301),
            ..draft(1)
        },
        NewBook {
            rental_cost: -1,
            ..draft(1)
        },
        draft(0),
        draft(10_001),
    ];
    for draft in drafts {
        let added = Book::add(Clock::real().id(), draft, from_micros(0));
        assert_eq!(code(added), "BAD_USER_INPUT");
    }
}

#[test]
fn the_status_follows_copies_and_withdrawal() {
    let book = book(1);
    let out = lent(&book, 1);
    assert_eq!(out.status(), Status::OnLoan);
    let withdrawn = out.withdraw().expect("to be withdrawn");
    assert_eq!(withdrawn.status(), Status::Unavailable);
    let restored = withdrawn.restore().expect("to be restored");
    assert_eq!(restored.status(), Status::OnLoan);
}

#[test]
fn copies_cannot_fall_below_those_lent_and_new_ones_go_on_the_shelf() {
    let out = lent(&book(5), 3);
    let changes = |copies| Changes {
        copies: Some(copies),
        ..Changes::default()
    };
    assert_eq!(code(out.update(&changes(2))), "BAD_USER_INPUT");
    assert_eq!(out.update(&changes(3)).expect("3 are lent").available, 0);
    assert_eq!(out.update(&changes(9)).expect("more copies").available, 6);
}

#[test]
fn what_changes_nothing_makes_no_new_version() {
    let book = book(2);
    assert_eq!(book.update(&Changes::default()), Ok(book.clone()));
    assert_eq!(book.restore(), Ok(book.clone()));
    let deleted = book.delete().expect("nothing is lent");
    assert_eq!(deleted.delete(), Ok(deleted.clone()));
    assert_eq!((book.version, deleted.version), (1, 2));
}

#[test]
fn a_book_with_copies_out_is_not_deleted_and_a_deleted_one_is_not_changed() {
    let book = book(2);
    assert_eq!(code(lent(&book, 1).delete()), "BOOK_HAS_OPEN_LOANS");
    let deleted = book.delete().expect("nothing is lent");
    assert_eq!(deleted.status(), Status::Unavailable);
    assert_eq!(code(deleted.restore()), "BOOK_DELETED");
    assert_eq!(code(deleted.update(&Changes::default())), "BOOK_DELETED");
}

#[test]
fn a_reservation_is_refused_for_the_reason_there_is() {
    let book = book(2);
    let deleted = book.delete().expect("nothing is lent");
    let withdrawn = book.withdraw().expect("to be withdrawn");
    let out = lent(&book, 2);
    let cases = [
        (None, 1, Reason::BookNotFound),
        (Some(&deleted), 1, Reason::BookNotFound),
        (Some(&withdrawn), 1, Reason::BookUnavailable),
        (Some(&out), 1, Reason::BookOnLoan),
        (Some(&book), 3, Reason::NotEnoughCopies),
    ];
    for (book, quantity, reason) in cases {
        let outcome = reserve(book, None, quantity).expect("a legal message");
        assert_eq!(outcome.book, None);
        assert_eq!(outcome.reservation, Reservation::Refused(reason));
        assert_eq!(outcome.reply, Some(Reply::Refused(reason)));
    }
}

/// Every message in every state of the claim: what is held after it, and what is answered.
#[test]
fn every_message_in_every_state_of_a_claim() {
    let book = lent(&book(5), 2);
    let refused = Reservation::Refused(Reason::BookOnLoan);
    let reserved = Some(Reply::Reserved { rental_cost: 500 });
    let told = |outcome: Outcome| {
        let available = outcome.book.map_or(book.available, |book| book.available);
        (available, outcome.reservation, outcome.reply)
    };
    let reserve = |prior| reserve(Some(&book), prior, 2).map(told);
    assert_eq!(reserve(None), Ok((1, held(2, 0), reserved)));
    assert_eq!(reserve(Some(held(2, 0))), Ok((3, held(2, 0), reserved)));
    assert_eq!(
        reserve(Some(refused)),
        Ok((3, refused, Some(Reply::Refused(Reason::BookOnLoan))))
    );
    assert_eq!(
        reserve(Some(Reservation::Released)),
        Ok((3, Reservation::Released, None))
    );

    let release = |prior| release(Some(&book), prior).map(told);
    let gone = |available| Ok((available, Reservation::Released, Some(Reply::Released)));
    assert_eq!(release(None), gone(3));
    assert_eq!(release(Some(held(2, 0))), gone(5));
    assert_eq!(release(Some(held(2, 1))), gone(4));
    assert_eq!(release(Some(refused)), gone(3));
    assert_eq!(release(Some(Reservation::Released)), gone(3));

    let restock = |prior, back| restock(Some(&book), prior, back).map(told);
    assert_eq!(restock(Some(held(2, 0)), 1), Ok((4, held(2, 1), None)));
    assert_eq!(restock(Some(held(2, 1)), 1), Ok((4, held(2, 2), None)));
    for (prior, back) in [
        (None, 1),
        (Some(refused), 1),
        (Some(Reservation::Released), 1),
        (Some(held(2, 1)), 2),
        (Some(held(2, 0)), 0),
    ] {
        restock(prior, back).expect_err("more came back than was lent");
    }
}

#[test]
fn a_repeated_reservation_keeps_the_cost_it_was_made_at() {
    let book = book(5);
    let first = reserve(Some(&book), None, 1).expect("a legal message");
    let dearer = Changes {
        rental_cost: Some(900),
        ..Changes::default()
    };
    let dearer = first
        .book
        .expect("a copy")
        .update(&dearer)
        .expect("a new cost");
    let again = reserve(Some(&dearer), Some(first.reservation), 1).expect("a legal message");
    assert_eq!(again.reply, Some(Reply::Reserved { rental_cost: 500 }));
}

#[test]
fn a_reservation_of_nothing_is_illegal() {
    reserve(Some(&book(1)), None, 0).expect_err("no copies");
    reserve(Some(&book(1)), None, -3).expect_err("less than none");
}

#[derive(Clone, Debug)]
enum Step {
    Reserve { borrowing: u8, quantity: i64 },
    Release { borrowing: u8 },
    Return { borrowing: u8, back: i64 },
    Copies(i64),
    Withdraw,
    Restore,
    Delete,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..6_u8, 0..5_i64).prop_map(|(borrowing, quantity)| Step::Reserve { borrowing, quantity }),
        3 => (0..6_u8).prop_map(|borrowing| Step::Release { borrowing }),
        3 => (0..6_u8, 0..4_i64).prop_map(|(borrowing, back)| Step::Return { borrowing, back }),
        2 => (-1..12_i64).prop_map(Step::Copies),
        1 => Just(Step::Withdraw),
        2 => Just(Step::Restore),
        1 => Just(Step::Delete),
    ]
}

/// A book and the claims on it.
struct Model {
    book: Book,
    claims: BTreeMap<u8, Reservation>,
}

impl Model {
    fn take(&mut self, step: &Step) {
        let settled = match *step {
            Step::Reserve {
                borrowing,
                quantity,
            } => reserve(Some(&self.book), self.claim(borrowing), quantity).map(|o| (borrowing, o)),
            Step::Release { borrowing } => {
                release(Some(&self.book), self.claim(borrowing)).map(|o| (borrowing, o))
            }
            Step::Return { borrowing, back } => {
                restock(Some(&self.book), self.claim(borrowing), back).map(|o| (borrowing, o))
            }
            ref step => {
                // A refusal leaves the book as it is.
                if let Ok(book) = self.catalogue(step) {
                    self.book = book;
                }
                return;
            }
        };
        if let Ok((borrowing, outcome)) = settled {
            self.claims.insert(borrowing, outcome.reservation);
            self.book = outcome.book.unwrap_or_else(|| self.book.clone());
        }
    }

    fn catalogue(&self, step: &Step) -> Result<Book, kit::Refusal> {
        match step {
            Step::Copies(copies) => self.book.update(&Changes {
                copies: Some(*copies),
                ..Changes::default()
            }),
            Step::Withdraw => self.book.withdraw(),
            Step::Restore => self.book.restore(),
            _ => self.book.delete(),
        }
    }

    fn claim(&self, borrowing: u8) -> Option<Reservation> {
        self.claims.get(&borrowing).copied()
    }
}

proptest! {
    #[test]
    fn available_and_held_are_always_all_copies(copies in 1..8_i64, steps in prop::collection::vec(step(), 1..60)) {
        let mut model = Model { book: book(copies), claims: BTreeMap::new() };
        for step in steps {
            let before = model.book.clone();
            model.take(&step);
            let after = &model.book;
            let held: i64 = model.claims.values().map(|claim| claim.outstanding()).sum();
            prop_assert!(after.available >= 0, "{step:?} took more than there was: {after:?}");
            prop_assert_eq!(after.available + held, after.copies, "after {:?}", step);
            prop_assert!(!(after.deleted && held > 0), "deleted with copies out");
            let changed = i64::from(before != *after);
            prop_assert_eq!(after.version, before.version + changed, "one version per change");
        }
    }

    #[test]
    fn a_repeated_message_changes_nothing_more(copies in 1..8_i64, quantity in 1..5_i64, released in any::<bool>()) {
        let first = book(copies);
        let mut model = Model { book: first, claims: BTreeMap::new() };
        let steps = if released {
            vec![Step::Release { borrowing: 1 }, Step::Reserve { borrowing: 1, quantity }]
        } else {
            vec![Step::Reserve { borrowing: 1, quantity }, Step::Release { borrowing: 1 }]
        };
        for step in &steps {
            model.take(step);
            let once = model.book.clone();
            model.take(step);
            prop_assert_eq!(&once, &model.book);
        }
        // Whichever came first, nothing is held in the end.
        prop_assert_eq!(model.book.held(), 0);
    }
}
