//! Histories of loans, what they must come to, and their delivery: what the tests of the fold and of its tables share.

#![allow(dead_code, reason = "each test binary uses a part of what they share")]

use std::collections::{BTreeMap, VecDeque};

use kit::{
    Clock, Db, Envelope, Handled, Handler,
    ids::{BookId, BorrowingId, Id, Message, UserId},
};
use mypage::{
    messages::{BookState, BorrowingMessage, BorrowingState},
    projection::{BookStatus, EventKind, Status},
};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::json;

pub(crate) const USERS: u8 = 3;
pub(crate) const BOOKS: u8 = 3;
/// An arbitrary day, in microseconds.
pub(crate) const DAY_ONE: i64 = 1_790_000_000_000_000;
const SECOND: i64 = 1_000_000;

/// One loan's story.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    pub(crate) number: u8,
    pub(crate) user: u8,
    pub(crate) book: u8,
    pub(crate) quantity: i64,
    pub(crate) requested: i64,
    pub(crate) ending: Ending,
}

/// How it goes on after the request.
#[derive(Clone, Debug)]
pub(crate) enum Ending {
    Undecided,
    Rejected,
    Canceled,
    /// Approved; then these numbers of copies come back, each with this late fee.
    Approved(Vec<(i64, i64)>),
}

/// One version of a borrowing.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) number: i64,
    pub(crate) kind: &'static str,
    pub(crate) event: EventKind,
    pub(crate) state: BorrowingState,
}

pub(crate) fn user(number: u8) -> UserId {
    id("a", number)
}

pub(crate) fn book(number: u8) -> BookId {
    id("b", number)
}

pub(crate) fn borrowing(number: u8) -> BorrowingId {
    id("c", number)
}

fn id<T>(kind: &str, number: u8) -> Id<T> {
    format!("0000000{kind}-0000-7000-8000-0000000000{number:02x}")
        .parse()
        .expect("a UUID")
}

impl Story {
    /// The versions that borrowing tells of, from the first to the last.
    pub(crate) fn versions(&self) -> Vec<Version> {
        let mut state = BorrowingState {
            id: borrowing(self.number),
            user_id: user(self.user),
            book_id: book(self.book),
            quantity: self.quantity,
            status: Status::Pending,
            returned_quantity: 0,
            requested_at: self.requested,
            decided_at: None,
            due_at: None,
            returned_at: None,
            late_fee: 0,
        };
        let mut versions = Vec::new();
        let mut tell = |kind, event, state: &BorrowingState| {
            versions.push(Version {
                number: versions.len() as i64 + 1,
                kind,
                event,
                state: state.clone(),
            });
        };
        tell("BorrowingRequested", EventKind::Requested, &state);
        let decided_at = self.requested + SECOND;
        match &self.ending {
            Ending::Undecided => {}
            Ending::Rejected => {
                (state.status, state.decided_at) = (Status::Rejected, Some(decided_at));
                tell("BorrowingRejected", EventKind::Rejected, &state);
            }
            Ending::Canceled => {
                (state.status, state.decided_at) = (Status::Canceled, Some(decided_at));
                tell("BorrowingCanceled", EventKind::Canceled, &state);
            }
            Ending::Approved(returns) => {
                (state.status, state.decided_at) = (Status::Approved, Some(decided_at));
                state.due_at = Some(self.due());
                tell("BorrowingApproved", EventKind::Approved, &state);
                for &(copies, fee) in returns {
                    let left = state.quantity - state.returned_quantity;
                    if left == 0 {
                        break;
                    }
                    state.returned_quantity += copies.min(left);
                    state.late_fee += fee;
                    let event = if state.returned_quantity == state.quantity {
                        state.status = Status::Returned;
                        state.returned_at = Some(self.due() + SECOND);
                        EventKind::Returned
                    } else {
                        EventKind::PartlyReturned
                    };
                    tell("BorrowingReturned", event, &state);
                }
            }
        }
        versions
    }

    fn due(&self) -> i64 {
        self.requested + 7 * 86_400 * SECOND
    }

    pub(crate) fn last(&self) -> Version {
        self.versions()
            .pop()
            .expect("every story has a first version")
    }
}

/// Up to seven stories of three users and three books.
pub(crate) fn stories() -> impl Strategy<Value = Vec<Story>> {
    let ending = prop_oneof![
        1 => Just(Ending::Undecided),
        1 => Just(Ending::Rejected),
        1 => Just(Ending::Canceled),
        5 => prop::collection::vec((1_i64..4, prop_oneof![Just(0_i64), Just(500), Just(1000)]), 0..4).prop_map(Ending::Approved),
    ];
    let story = (0..USERS, 0..BOOKS, 1_i64..6, 0_i64..1000, ending);
    prop::collection::vec(story, 1..8).prop_map(|stories| {
        let numbered = (0_u8..).zip(stories);
        numbered
            .map(|(number, (user, book, quantity, second, ending))| Story {
                number,
                user,
                book,
                quantity,
                requested: DAY_ONE + second * SECOND,
                ending,
            })
            .collect()
    })
}

/// The same stories for everyone who asks with the same seed.
pub(crate) fn sample<S: Strategy>(seed: u8, strategy: S) -> S::Value {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    strategy
        .new_tree(&mut runner)
        .expect("a sample of the strategy")
        .current()
}

/// What stories must come to, told without the fold: (copies on loan, late fees) of each user that has a loan.
pub(crate) fn expected_members(stories: &[Story]) -> BTreeMap<UserId, (i64, i64)> {
    let mut members = BTreeMap::new();
    for story in stories {
        let state = story.last().state;
        let member = members.entry(state.user_id).or_insert((0, 0));
        if state.status == Status::Approved {
            member.0 += state.quantity - state.returned_quantity;
        }
        member.1 += state.late_fee;
    }
    members
}

/// What the desk must see of a book: who was last lent a copy and when, and when the first copy is due.
pub(crate) fn expected_desk(stories: &[Story], of: BookId) -> (Option<(UserId, i64)>, Option<i64>) {
    let states = || {
        stories
            .iter()
            .map(|story| story.last().state)
            .filter(|state| state.book_id == of)
    };
    let lent = states().filter(|state| matches!(state.status, Status::Approved | Status::Returned));
    let recent = lent.max_by_key(|state| (state.decided_at, state.id.to_string()));
    let due = states()
        .filter(|state| state.status == Status::Approved)
        .filter_map(|state| state.due_at)
        .min();
    let recent = recent.and_then(|state| Some((state.user_id, state.decided_at?)));
    (recent, due)
}

/// A message to mypage, with an id of its own.
pub(crate) fn envelope(
    clock: &Clock,
    kind: &str,
    about: impl ToString,
    version: i64,
    payload: serde_json::Value,
) -> Envelope {
    Envelope {
        id: clock.id::<Message>(),
        kind: kind.to_owned(),
        consumer: None,
        schema_version: 1,
        aggregate_id: about.to_string(),
        aggregate_version: version,
        occurred_at: DAY_ONE,
        traceparent: None,
        payload,
    }
}

/// The event that tells of a version.
pub(crate) fn event(clock: &Clock, version: &Version) -> Envelope {
    let payload = json!(BorrowingMessage {
        borrowing: version.state.clone()
    });
    envelope(
        clock,
        version.kind,
        version.state.id,
        version.number,
        payload,
    )
}

/// The snapshot of a version.
pub(crate) fn snapshot(clock: &Clock, version: &Version) -> Envelope {
    Envelope {
        kind: "BorrowingSnapshot".to_owned(),
        consumer: Some("mypage".to_owned()),
        ..event(clock, version)
    }
}

/// A book's state as a message of `kind`.
pub(crate) fn book_message(clock: &Clock, kind: &str, number: u8, version: i64) -> Envelope {
    let state = BookState {
        id: book(number),
        title: format!("title {number}"),
        status: BookStatus::Available,
        rental_cost: 10 * version,
        deleted: false,
    };
    envelope(clock, kind, state.id, version, json!(state))
}

/// Hands messages over as the inbox does: each in a transaction of its own, those that must wait offered again.
pub(crate) async fn deliver(db: &Db, handler: &dyn Handler, messages: Vec<Envelope>) {
    let mut queue = VecDeque::from(messages);
    let mut refused = 0;
    while let Some(message) = queue.pop_front() {
        assert!(
            refused <= queue.len(),
            "nothing left that could be taken: {message:?}"
        );
        let mut tx = db.begin().await.expect("a transaction");
        match handler.handle(&mut tx, &message).await {
            Ok(Handled::Done) => {
                tx.commit().await.expect("a commit");
                refused = 0;
            }
            Ok(Handled::Gap) => {
                refused += 1;
                queue.push_back(message);
            }
            Err(error) => panic!("{message:?}: {error}"),
        }
    }
}
