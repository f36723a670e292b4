//! The projection's tables, on both databases: they hold what the stories come to, also after a rebuild, also when two
//! replicas work at once.

mod common;

use std::{collections::BTreeMap, sync::Arc};

use common::{
    BOOKS, Ending, Story, USERS, book_message, deliver, event, expected_desk, expected_members,
    snapshot, stories,
};
use kit::{Clock, Db, Envelope, Handled, Handler, Live, Mailbox, MailboxMetrics, ids::UserId};
use kit_testing::{Recorder, on_each_database};
use mypage::{
    MIGRATIONS,
    handlers::Messages,
    messages::BookState,
    projection::BookStatus,
    rebuild::{begin_if_new, rebuild},
    store::Store,
};
use ops::metrics::Metrics;
use proptest::prelude::*;
use sqlx::Row;

fn mailbox(db: &Db) -> Mailbox {
    let metrics = MailboxMetrics::new(&Metrics::new("mypage"));
    Mailbox::new(
        "mypage",
        db.clone(),
        Clock::real(),
        Arc::new(Recorder::default()),
        metrics,
    )
}

fn handler() -> Messages {
    Messages::new(
        Live::new("mypage", Arc::new(Recorder::default())),
        Clock::real(),
    )
}

/// Every event of the stories twice (once as a redelivery of its own id, once anew), in an order that `seed` decides.
fn shuffled(seed: u8, stories: &[Story]) -> Vec<Envelope> {
    let clock = Clock::real();
    let mut messages = Vec::new();
    for version in stories.iter().flat_map(Story::versions) {
        messages.extend([event(&clock, &version), event(&clock, &version)]);
    }
    common::sample(seed, Just(messages).prop_shuffle())
}

async fn agrees(store: &Store, stories: &[Story]) {
    let users: Vec<UserId> = (0..USERS).map(common::user).collect();
    let members: BTreeMap<_, _> = store
        .members(&users)
        .await
        .expect("the members")
        .into_iter()
        .map(|(user, member)| (user, (member.on_loan, member.late_fees)))
        .collect();
    assert_eq!(members, expected_members(stories));

    let loans = store.loans(&users, None, 100).await.expect("the loans");
    for user in users {
        let mut expected: Vec<_> = stories
            .iter()
            .map(|story| story.last().state)
            .filter(|state| state.user_id == user)
            .map(|state| {
                (
                    state.requested_at,
                    state.id,
                    state.status,
                    state.returned_quantity,
                )
            })
            .collect();
        expected.sort_by_key(|(at, id, ..)| (-at, std::cmp::Reverse(*id)));
        let shown = loans.get(&user).map(Vec::as_slice).unwrap_or_default();
        let shown: Vec<_> = shown
            .iter()
            .map(|loan| (loan.requested_at, loan.id, loan.status, loan.returned))
            .collect();
        assert_eq!(shown, expected, "the newest first");
    }

    let books = store.books(None, 100).await.expect("the desk's list");
    assert_eq!(books.len(), usize::from(BOOKS));
    for listed in books {
        let seen = (listed.recent, listed.earliest_due_at);
        assert_eq!(seen, expected_desk(stories, listed.book));
    }
}

fn books(kind: &str) -> Vec<Envelope> {
    let clock = Clock::real();
    (0..BOOKS)
        .map(|number| book_message(&clock, kind, number, 2))
        .collect()
}

async fn epoch(db: &Db) -> i64 {
    let row = sqlx::query("SELECT epoch FROM projection")
        .fetch_one(db.pool())
        .await
        .expect("the projection's row");
    row.try_get(0).expect("its epoch")
}

#[tokio::test]
async fn the_tables_hold_the_fold_also_after_a_rebuild() {
    for seed in 0..4 {
        let stories = &common::sample(seed, stories());
        on_each_database(MIGRATIONS, |test| async move {
            let (store, handler, mailbox) =
                (Store::new(test.db.clone()), handler(), mailbox(&test.db));
            let clock = Clock::real();
            begin_if_new(&mailbox, &clock).await.expect("a first epoch");
            deliver(&test.db, &handler, books("BookChanged")).await;
            deliver(&test.db, &handler, shuffled(seed, stories)).await;
            agrees(&store, stories).await;

            let first = epoch(&test.db).await;
            rebuild(&mailbox, &clock).await.expect("a rebuild");
            assert!(epoch(&test.db).await > first);
            assert!(store.books(None, 10).await.expect("a list").is_empty());
            deliver(&test.db, &handler, books("BookSnapshot")).await;
            let snapshots = stories.iter().map(|story| snapshot(&clock, &story.last()));
            deliver(&test.db, &handler, snapshots.collect()).await;
            agrees(&store, stories).await;
            // What was on its way meanwhile changes nothing.
            deliver(&test.db, &handler, shuffled(seed + 1, stories)).await;
            agrees(&store, stories).await;
        })
        .await;
    }
}

#[tokio::test]
async fn two_replicas_at_once_come_to_the_same() {
    let stories = &(0..24)
        .map(|number| Story {
            number,
            user: number % 2,
            book: number % BOOKS,
            quantity: 3,
            requested: common::DAY_ONE + i64::from(number),
            ending: Ending::Approved(vec![(1, 500), (1, 0)]),
        })
        .collect::<Vec<_>>();
    on_each_database(MIGRATIONS, |test| async move {
        begin_if_new(&mailbox(&test.db), &Clock::real())
            .await
            .expect("a first epoch");
        deliver(&test.db, &handler(), books("BookChanged")).await;
        let other = Db::open(&test.url, MIGRATIONS)
            .await
            .expect("the same database");
        let work = |db: Db, odd: usize| async move {
            let mine: Vec<_> = stories.iter().skip(odd).step_by(2).cloned().collect();
            deliver(&db, &handler(), shuffled(odd as u8, &mine)).await;
        };
        tokio::join!(work(test.db.clone(), 0), work(other.clone(), 1));
        agrees(&Store::new(test.db.clone()), stories).await;
        for number in 0..2 {
            let rows = sqlx::query("SELECT seq FROM stream_event WHERE user_id = $1 ORDER BY seq")
                .bind(common::user(number).to_string())
                .fetch_all(test.db.pool())
                .await
                .expect("the stream");
            let numbers: Vec<i64> = rows
                .iter()
                .map(|row| row.try_get(0).expect("a number"))
                .collect();
            assert_eq!(
                numbers,
                (1..=48).collect::<Vec<_>>(),
                "12 loans of 4 events each"
            );
        }
        other.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_new_database_asks_for_everything_once() {
    on_each_database(MIGRATIONS, |test| async move {
        let (mailbox, clock) = (mailbox(&test.db), Clock::real());
        let replays = async || {
            let rows = sqlx::query("SELECT payload FROM outbox WHERE kind = 'ReplayRequested'")
                .fetch_all(test.db.pool())
                .await
                .expect("the outbox");
            let read = |row: &sqlx::any::AnyRow| row.try_get::<String, _>(0).expect("a payload");
            rows.iter().map(read).collect::<Vec<_>>()
        };
        begin_if_new(&mailbox, &clock).await.expect("a first start");
        begin_if_new(&mailbox, &clock)
            .await
            .expect("a second start");
        assert_eq!(replays().await, [r#"{"consumer":"mypage"}"#]);
        rebuild(&mailbox, &clock).await.expect("a rebuild");
        assert_eq!(replays().await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn pages_follow_on_from_each_other() {
    let stories = &(0..7)
        .map(|number| Story {
            number,
            user: 0,
            book: number % BOOKS,
            quantity: 1,
            // Some at the same instant: the id decides then.
            requested: common::DAY_ONE + i64::from(number / 3),
            ending: Ending::Undecided,
        })
        .collect::<Vec<_>>();
    on_each_database(MIGRATIONS, |test| async move {
        let store = Store::new(test.db.clone());
        deliver(&test.db, &handler(), shuffled(1, stories)).await;
        deliver(&test.db, &handler(), books("BookChanged")).await;
        let user = common::user(0);
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let mut page = store.loans(&[user], after, 2).await.expect("a page");
            let Some(loans) = page.remove(&user) else {
                break;
            };
            assert!(loans.len() <= 2);
            after = loans.last().map(|loan| (loan.requested_at, loan.id));
            seen.extend(loans.into_iter().map(|loan| loan.id));
        }
        assert_eq!(
            seen,
            (0..7).rev().map(common::borrowing).collect::<Vec<_>>()
        );

        let first = store.books(None, 2).await.expect("a page");
        let last = first.last().expect("two books");
        let rest = store
            .books(Some(&(last.title.clone(), last.book)), 2)
            .await
            .expect("a page");
        let titles: Vec<_> = first
            .iter()
            .chain(&rest)
            .map(|listed| listed.title.as_str())
            .collect();
        assert_eq!(titles, ["title 0", "title 1", "title 2"]);
    })
    .await;
}

#[tokio::test]
async fn an_older_state_of_a_book_does_not_undo_a_newer() {
    on_each_database(MIGRATIONS, |test| async move {
        let (store, clock) = (Store::new(test.db.clone()), Clock::real());
        let messages = [3, 1, 3, 2].map(|version| book_message(&clock, "BookChanged", 0, version));
        deliver(&test.db, &handler(), messages.to_vec()).await;
        let listed = store.books(None, 10).await.expect("the desk's list");
        assert_eq!(
            listed
                .iter()
                .map(|book| book.rental_cost)
                .collect::<Vec<_>>(),
            [30]
        );

        let gone = BookState {
            id: common::book(0),
            title: "title 0".to_owned(),
            status: BookStatus::Unavailable,
            rental_cost: 1,
            deleted: true,
        };
        let message = common::envelope(&clock, "BookChanged", gone.id, 4, serde_json::json!(gone));
        deliver(&test.db, &handler(), vec![message]).await;
        assert!(
            store
                .books(None, 10)
                .await
                .expect("the desk's list")
                .is_empty()
        );
    })
    .await;
}

#[tokio::test]
async fn a_rebuild_amid_messages_mixes_nothing() {
    let stories = &(0..20)
        .map(|number| Story {
            number,
            user: number % USERS,
            book: number % BOOKS,
            quantity: 2,
            requested: common::DAY_ONE + i64::from(number),
            ending: Ending::Approved(vec![(1, 500)]),
        })
        .collect::<Vec<_>>();
    on_each_database(MIGRATIONS, |test| async move {
        let (mailbox, clock) = (mailbox(&test.db), Clock::real());
        begin_if_new(&mailbox, &clock).await.expect("a first epoch");
        let other = Db::open(&test.url, MIGRATIONS)
            .await
            .expect("the same database");
        let telling = async {
            let handler = handler();
            for version in stories.iter().flat_map(Story::versions) {
                let mut tx = other.begin().await.expect("a transaction");
                let message = event(&clock, &version);
                // What must wait here, as the rebuild has made its predecessors unknown, is left to the snapshots.
                let outcome = handler.handle(&mut tx, &message).await.expect("no failure");
                if outcome == Handled::Done {
                    tx.commit().await.expect("a commit");
                }
            }
        };
        let rebuilding = async {
            for _ in 0..5 {
                rebuild(&mailbox, &clock).await.expect("a rebuild");
            }
        };
        tokio::join!(telling, rebuilding);
        deliver(&test.db, &handler(), books("BookSnapshot")).await;
        let snapshots = stories
            .iter()
            .map(|story| snapshot(&clock, &story.last()))
            .collect();
        deliver(&test.db, &handler(), snapshots).await;
        agrees(&Store::new(test.db.clone()), stories).await;
        other.close().await;
    })
    .await;
}
