//! The handlers, through the inbox, on both databases.

mod support;

use book::{
    MIGRATIONS,
    domain::Book,
    messages::{BorrowingReturned, ReleaseCopies, Return, Returned},
};
use kit::{
    ReplayRequested,
    ids::{BookId, BorrowingId},
};
use kit_testing::{TestDb, on_each_database};
use serde_json::json;
use sqlx::Row;
use support::{World, new_book};

async fn release(world: &World, borrowing_id: BorrowingId, book_id: BookId) {
    let message = ReleaseCopies {
        borrowing_id,
        book_id,
    };
    world.receive("ReleaseCopies", borrowing_id, message).await;
}

async fn give_back(world: &World, id: BorrowingId, book_id: BookId, number: i64, quantity: i64) {
    let message = BorrowingReturned {
        borrowing: Returned { id, book_id },
        this: Return { number, quantity },
    };
    world.receive("BorrowingReturned", id, message).await;
}

async fn dead_letters(world: &World) -> i64 {
    let row = sqlx::query("SELECT COUNT(*) FROM dead_letter")
        .fetch_one(world.db.pool())
        .await
        .expect("the dead letters");
    row.get(0)
}

#[tokio::test]
async fn copies_are_reserved_once_and_every_repeat_gets_the_same_answer() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let book = world.add(new_book("B1", "Demian", 3)).await;
        let borrowing = world.clock.id();
        for _ in 0..3 {
            world.reserve(borrowing, book.id, 2).await;
        }
        assert_eq!(world.book(book.id).await.available, 1);
        assert_eq!(world.kinds(book.id).await.len(), 2, "added, reserved once");
        let answers = world.sent(borrowing).await;
        assert_eq!(answers.len(), 3);
        for (kind, _, consumer, payload) in answers {
            assert_eq!((kind.as_str(), consumer), ("CopiesReserved", None));
            assert_eq!(
                payload,
                json!({ "borrowingId": borrowing, "rentalCost": 500 })
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_refusal_names_its_reason_and_stays_when_copies_are_back() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let book = world.add(new_book("B1", "Demian", 1)).await;
        let (first, second) = (world.clock.id(), world.clock.id());
        world.reserve(first, book.id, 1).await;
        world.reserve(second, book.id, 1).await;
        release(&world, first, book.id).await;
        world.reserve(second, book.id, 1).await;
        let answers = world.sent(second).await;
        assert_eq!(answers.len(), 2);
        for (kind, .., payload) in answers {
            assert_eq!(kind, "ReservationRefused");
            assert_eq!(
                payload,
                json!({ "borrowingId": second, "reason": "BOOK_ON_LOAN" })
            );
        }
        assert_eq!(world.book(book.id).await.available, 1);
        let nowhere = world.clock.id();
        world.reserve(nowhere, world.clock.id(), 1).await;
        assert_eq!(world.sent(nowhere).await[0].3["reason"], "BOOK_NOT_FOUND");
    })
    .await;
}

#[tokio::test]
async fn a_release_gives_back_once_and_is_always_acknowledged() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let book = world.add(new_book("B1", "Demian", 3)).await;
        let borrowing = world.clock.id();
        world.reserve(borrowing, book.id, 2).await;
        release(&world, borrowing, book.id).await;
        release(&world, borrowing, book.id).await;
        world.reserve(borrowing, book.id, 2).await;
        assert_eq!(world.book(book.id).await.available, 3);
        assert_eq!(
            world.kinds(borrowing).await,
            ["CopiesReserved", "CopiesReleased", "CopiesReleased"]
        );
    })
    .await;
}

#[tokio::test]
async fn a_release_that_overtakes_its_reservation_makes_it_void() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let book = world.add(new_book("B1", "Demian", 3)).await;
        let borrowing = world.clock.id();
        release(&world, borrowing, book.id).await;
        world.reserve(borrowing, book.id, 2).await;
        assert_eq!(world.book(book.id).await.available, 3);
        assert_eq!(world.kinds(borrowing).await, ["CopiesReleased"]);
    })
    .await;
}

#[tokio::test]
async fn each_return_restocks_once_in_whatever_order() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let book = world.add(new_book("B1", "Demian", 5)).await;
        let borrowing = world.clock.id();
        world.reserve(borrowing, book.id, 4).await;
        for (number, quantity, available) in [(2, 1, 2), (2, 1, 2), (1, 3, 5), (1, 3, 5)] {
            give_back(&world, borrowing, book.id, number, quantity).await;
            assert_eq!(world.book(book.id).await.available, available);
        }
        assert_eq!(dead_letters(&world).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_message_that_cannot_be_right_changes_nothing_and_is_put_aside() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let book = world.add(new_book("B1", "Demian", 5)).await;
        let borrowing = world.clock.id();
        world.reserve(borrowing, book.id, 2).await;
        give_back(&world, borrowing, book.id, 1, 3).await;
        world
            .receive("ReserveCopies", "x", json!({ "quantity": "many" }))
            .await;
        world.receive("Unheard", "x", json!({})).await;
        world.reserve(world.clock.id(), book.id, 0).await;
        // A loan is of one book: a message that names another must not put copies on the wrong shelf.
        let other = world.add(new_book("B2", "Siddhartha", 1)).await;
        release(&world, borrowing, other.id).await;
        assert_eq!(dead_letters(&world).await, 5);
        assert_eq!(world.book(other.id).await, other);
        assert_eq!(world.book(book.id).await.available, 3);
        // The return was not noted either: a corrected one with the same number still counts.
        give_back(&world, borrowing, book.id, 1, 2).await;
        assert_eq!(world.book(book.id).await.available, 5);
    })
    .await;
}

#[tokio::test]
async fn no_copy_is_lent_twice_however_many_ask_at_once() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let book = world.add(new_book("B1", "Demian", 5)).await;
        let borrowings: Vec<BorrowingId> = (0..20).map(|_| world.clock.id()).collect();
        // Two replicas' worth of messages, each borrowing's twice.
        let asked = borrowings.iter().chain(&borrowings);
        futures_util::future::join_all(asked.map(|id| world.reserve(*id, book.id, 1))).await;
        assert_eq!(world.book(book.id).await.available, 0);
        let mut granted = 0;
        for borrowing in &borrowings {
            let kinds = world.kinds(borrowing).await;
            assert_eq!(kinds.len(), 2);
            assert_eq!(kinds[0], kinds[1], "a repeat gets the same answer");
            granted += usize::from(kinds[0] == "CopiesReserved");
        }
        assert_eq!(granted, 5);
        futures_util::future::join_all(borrowings.iter().map(|id| release(&world, *id, book.id)))
            .await;
        assert_eq!(world.book(book.id).await.available, 5);
        let versions: Vec<i64> = world
            .sent(book.id)
            .await
            .into_iter()
            .map(|(_, version, ..)| version)
            .collect();
        assert_eq!(
            versions,
            (1..=11).collect::<Vec<_>>(),
            "one version per change, none skipped"
        );
    })
    .await;
}

#[tokio::test]
async fn a_reservation_racing_its_release_holds_nothing_in_the_end() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let book = world.add(new_book("B1", "Demian", 30)).await;
        let races = (0..20).map(async |_| {
            let borrowing = world.clock.id();
            tokio::join!(
                world.reserve(borrowing, book.id, 1),
                release(&world, borrowing, book.id)
            );
            let kinds = world.kinds(borrowing).await;
            assert_eq!(
                kinds
                    .iter()
                    .filter(|kind| *kind == "CopiesReleased")
                    .count(),
                1
            );
        });
        futures_util::future::join_all(races).await;
        assert_eq!(world.book(book.id).await.available, 30);
    })
    .await;
}

#[tokio::test]
async fn a_replay_sends_every_book_once_to_the_one_who_asked() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let mut ids = Vec::new();
        for number in 0..201 {
            ids.push(
                world
                    .add(new_book(&format!("B{number}"), "Demian", 1))
                    .await
                    .id,
            );
        }
        world
            .store
            .change(ids[0], Book::delete)
            .await
            .expect("nothing is lent");
        let ask = ReplayRequested {
            consumer: "mypage".into(),
            after: None,
        };
        world.receive("ReplayRequested", "mypage", ask).await;
        // 200 books make a page; the rest comes with the message that book sends itself.
        let next = world.sent("mypage").await;
        assert_eq!(next.len(), 1);
        let (kind, _, consumer, payload) = &next[0];
        assert_eq!(
            (kind.as_str(), consumer.as_deref()),
            ("ReplayRequested", Some("book"))
        );
        world.receive("ReplayRequested", "mypage", payload).await;
        assert_eq!(
            world.sent("mypage").await.len(),
            1,
            "the last page asks for no other"
        );
        for (index, id) in ids.iter().enumerate() {
            let mut sent = world.sent(id).await;
            sent.retain(|(kind, ..)| kind == "BookSnapshot");
            assert_eq!(sent.len(), 1, "one snapshot of {id}");
            let (_, version, consumer, payload) = &sent[0];
            assert_eq!(consumer.as_deref(), Some("mypage"));
            assert_eq!(*version, if index == 0 { 2 } else { 1 });
            assert_eq!(
                payload["deleted"],
                index == 0,
                "a deleted book is told of too"
            );
        }
    })
    .await;
}
