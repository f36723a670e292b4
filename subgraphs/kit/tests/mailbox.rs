//! The mailbox's promises, on both databases: sent if and only if committed, in order per aggregate; handled once in
//! effect, whatever is repeated, reordered or fails.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use kit::{
    Clock, Db, Envelope, Handled, Handler, HandlerError, Inbox, Mailbox, MailboxMetrics, Migration,
    Outgoing, Tx,
    bus::{Bus, Memory},
};
use kit_testing::{Recorder, TestDb, on_each_database};
use ops::metrics::Metrics;
use serde_json::json;
use tokio_util::sync::CancellationToken;

const TABLES: &[Migration] = &[(
    1,
    "effects",
    "CREATE TABLE effect (id TEXT NOT NULL, version BIGINT NOT NULL, times BIGINT NOT NULL, PRIMARY KEY (id, version));
     CREATE TABLE applied (id TEXT NOT NULL PRIMARY KEY, version BIGINT NOT NULL)",
)];

fn mailbox(service: &'static str, db: &Db, bus: Arc<dyn Bus>) -> Mailbox {
    Mailbox::new(
        service,
        db.clone(),
        Clock::real(),
        bus,
        MailboxMetrics::new(&Metrics::new(service)),
    )
}

/// Applies versions in order, fails as often as told, and counts what it did in the same transaction.
struct Counting {
    failures: AtomicI64,
}

impl Counting {
    fn failing(times: i64) -> Arc<Self> {
        Arc::new(Self {
            failures: AtomicI64::new(times),
        })
    }
}

impl Handler for Counting {
    fn handle<'a>(
        &'a self,
        tx: &'a mut Tx,
        message: &'a Envelope,
    ) -> BoxFuture<'a, Result<Handled, HandlerError>> {
        Box::pin(async move {
            if message.kind == "Nonsense" {
                return Err(HandlerError::Illegal("there is no such thing".to_owned()));
            }
            let last: Option<i64> = sqlx::query_scalar("SELECT version FROM applied WHERE id = $1")
                .bind(&message.aggregate_id)
                .fetch_optional(tx.conn())
                .await?;
            if message.aggregate_version > last.unwrap_or(0) + 1 {
                return Ok(Handled::Gap);
            }
            sqlx::query("INSERT INTO applied (id, version) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET version = $2")
                .bind(&message.aggregate_id)
                .bind(message.aggregate_version)
                .execute(tx.conn())
                .await?;
            sqlx::query(
                "INSERT INTO effect (id, version, times) VALUES ($1, $2, 1)
                 ON CONFLICT (id, version) DO UPDATE SET times = effect.times + 1",
            )
            .bind(&message.aggregate_id)
            .bind(message.aggregate_version)
            .execute(tx.conn())
            .await?;
            // Fail after the effect: it must be gone again.
            if self.failures.fetch_sub(1, Ordering::SeqCst) > 0 {
                return Err(HandlerError::Store(sqlx::Error::RowNotFound));
            }
            Ok(Handled::Done)
        })
    }
}

fn message(aggregate: &str, version: i64) -> Envelope {
    Envelope {
        id: Clock::real().id(),
        kind: "BookChanged".to_owned(),
        consumer: None,
        schema_version: 1,
        aggregate_id: aggregate.to_owned(),
        aggregate_version: version,
        occurred_at: 0,
        traceparent: None,
        payload: json!({ "of": aggregate }),
    }
}

async fn effects(db: &Db) -> BTreeMap<(String, i64), i64> {
    let rows: Vec<(String, i64, i64)> = sqlx::query_as("SELECT id, version, times FROM effect")
        .fetch_all(db.pool())
        .await
        .unwrap();
    rows.into_iter()
        .map(|(id, version, times)| ((id, version), times))
        .collect()
}

/// Waits until `condition` holds, and fails with `what` after ten seconds.
async fn eventually<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    let waiting = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(
        tokio::time::timeout(Duration::from_secs(10), waiting)
            .await
            .is_ok(),
        "never came true: {what}"
    );
}

#[tokio::test]
async fn what_is_rolled_back_is_not_sent_and_what_is_committed_is_in_order() {
    on_each_database(TABLES, |TestDb { db, .. }| async move {
        let bus = Arc::new(Recorder::default());
        let mailbox = mailbox("book", &db, bus.clone());
        let stop = CancellationToken::new();
        let relay = tokio::spawn(mailbox.clone().relay("r1".to_owned(), stop.clone()));

        let mut lost = mailbox.begin().await.unwrap();
        mailbox
            .send(&mut lost, Outgoing::new("BookChanged", "a", 9, json!({})))
            .await
            .unwrap();
        drop(lost);
        for version in 1..=3 {
            let mut tx = mailbox.begin().await.unwrap();
            for aggregate in ["a", "b"] {
                mailbox
                    .send(
                        &mut tx,
                        Outgoing::new("BookChanged", aggregate, version, json!({})),
                    )
                    .await
                    .unwrap();
            }
            tx.commit().await.unwrap();
        }
        let published = bus.wait_for(6).await;
        for aggregate in ["a", "b"] {
            let versions: Vec<i64> = published
                .iter()
                .filter(|m| m.aggregate_id == aggregate)
                .map(|m| m.aggregate_version)
                .collect();
            assert_eq!(versions, [1, 2, 3]);
        }
        stop.cancel();
        relay.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn two_relays_share_the_outbox_and_one_takes_over_from_the_other() {
    on_each_database(TABLES, |TestDb { db, .. }| async move {
        let bus = Arc::new(Recorder::default());
        let mailbox = mailbox("book", &db, bus.clone());
        let (first_stop, second_stop) = (CancellationToken::new(), CancellationToken::new());
        let first = tokio::spawn(mailbox.clone().relay("r1".to_owned(), first_stop.clone()));
        let second = tokio::spawn(mailbox.clone().relay("r2".to_owned(), second_stop.clone()));
        let mut tx = mailbox.begin().await.unwrap();
        for aggregate in 0..100 {
            mailbox
                .send(
                    &mut tx,
                    Outgoing::new("BookChanged", aggregate, 1, json!({})),
                )
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(bus.wait_for(100).await.len(), 100);
        first_stop.cancel();
        first.await.unwrap();

        let mut tx = mailbox.begin().await.unwrap();
        for aggregate in 100..200 {
            mailbox
                .send(
                    &mut tx,
                    Outgoing::new("BookChanged", aggregate, 1, json!({})),
                )
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        let mut ids: Vec<_> = bus
            .wait_for(200)
            .await
            .into_iter()
            .map(|message| message.id)
            .collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 200, "no shard was published by both");
        second_stop.cancel();
        second.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_message_delivered_again_has_no_second_effect() {
    on_each_database(TABLES, |TestDb { db, .. }| async move {
        let inbox = Inbox::new(
            mailbox("book", &db, Arc::new(Recorder::default())),
            Counting::failing(0),
        );
        let message = message("a", 1);
        let twice = futures_util::future::join_all((0..8).map(|_| inbox.receive(&message))).await;
        assert!(twice.iter().all(Result::is_ok), "{twice:?}");
        assert_eq!(
            effects(&db).await,
            BTreeMap::from([(("a".to_owned(), 1), 1)])
        );
    })
    .await;
}

#[tokio::test]
async fn a_failed_message_is_tried_again_and_a_gap_is_waited_for() {
    on_each_database(TABLES, |TestDb { db, .. }| async move {
        let inbox = Inbox::new(
            mailbox("book", &db, Arc::new(Recorder::default())),
            Counting::failing(2),
        );
        let stop = CancellationToken::new();
        let worker = tokio::spawn(inbox.clone().work(stop.clone()));
        for version in [3, 2, 1] {
            inbox.receive(&message("a", version)).await.unwrap();
        }
        eventually("all three applied", || async {
            effects(&db).await.len() == 3
        })
        .await;
        assert!(
            effects(&db).await.values().all(|times| *times == 1),
            "{:?}",
            effects(&db).await
        );
        stop.cancel();
        worker.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_message_that_cannot_be_right_is_a_dead_letter_and_can_be_redriven() {
    on_each_database(TABLES, |TestDb { db, .. }| async move {
        let mailbox = mailbox("book", &db, Arc::new(Recorder::default()));
        let inbox = Inbox::new(mailbox.clone(), Counting::failing(0));
        let nonsense = Envelope {
            kind: "Nonsense".to_owned(),
            ..message("a", 1)
        };
        inbox.receive(&nonsense).await.unwrap();
        let letters = mailbox.dead_letters(10).await.unwrap();
        assert_eq!(letters.len(), 1);
        assert_eq!(
            (letters[0].error.as_str(), letters[0].replayable),
            ("there is no such thing", true)
        );

        // The service learns what the message means; the operator redrives it.
        sqlx::query("UPDATE dead_letter SET payload = $1")
            .bind(
                json!(Envelope {
                    id: nonsense.id,
                    ..message("a", 1)
                })
                .to_string(),
            )
            .execute(db.pool())
            .await
            .unwrap();
        let stop = CancellationToken::new();
        let worker = tokio::spawn(inbox.work(stop.clone()));
        assert!(mailbox.redrive(&letters[0].id).await.unwrap());
        eventually("the redriven message is applied", || async {
            effects(&db).await.len() == 1
        })
        .await;
        assert!(mailbox.dead_letters(10).await.unwrap().is_empty());
        assert!(
            !mailbox.redrive(&letters[0].id).await.unwrap(),
            "it is gone"
        );
        stop.cancel();
        worker.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn the_memory_bus_keeps_messages_for_a_service_that_is_stopped() {
    on_each_database(TABLES, |TestDb { db, .. }| async move {
        let bus = Arc::new(Memory::default());
        let unknown = bus
            .publish(&[Envelope {
                kind: "ReserveCopies".to_owned(),
                ..message("a", 1)
            }])
            .await;
        assert!(
            unknown[0].is_err(),
            "nobody has taken the message yet, so it must stay in its outbox"
        );

        let inbox = Inbox::new(mailbox("book", &db, bus.clone()), Counting::failing(0));
        let stop = CancellationToken::new();
        stop.cancel();
        bus.consume(inbox.clone(), stop).await;
        let sent = bus
            .publish(&[Envelope {
                kind: "ReserveCopies".to_owned(),
                ..message("a", 1)
            }])
            .await;
        assert!(sent[0].is_ok());
        assert!(effects(&db).await.is_empty(), "the service is stopped");

        let stop = CancellationToken::new();
        let worker = tokio::spawn(inbox.work(stop.clone()));
        eventually("handled after the start", || async {
            effects(&db).await.len() == 1
        })
        .await;
        stop.cancel();
        worker.await.unwrap();
    })
    .await;
}
