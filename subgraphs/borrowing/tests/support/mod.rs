//! What the tests of the borrowing service share: the service without its server, on one database.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::sync::Arc;

use borrowing::{
    domain::Borrowing,
    handlers::Handlers,
    lending::{Lending, Terms, Wish},
    messages::BorrowingEvent,
    store::{self, Request, Stored},
};
use chrono::TimeDelta;
use kit::{
    Clock, Db, Envelope, Failure, Handler, Inbox, Live, Mailbox, MailboxMetrics,
    auth::{Caller, Role},
    ids::{BorrowingId, Id, UserId},
};
use kit_testing::Recorder;
use ops::metrics::Metrics;
use serde_json::{Value, json};
use sqlx::Row;

pub(crate) const DEADLINE: TimeDelta = TimeDelta::minutes(15);
pub(crate) const UNDO_OVERDUE: TimeDelta = TimeDelta::minutes(20);

/// Lending and its inbox. Another one on the same database is another process.
pub(crate) struct World {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) mailbox: Mailbox,
    pub(crate) lending: Lending,
    pub(crate) inbox: Inbox,
}

impl World {
    pub(crate) fn on(db: &Db) -> Self {
        Self::with(db, |handlers| handlers)
    }

    /// A world whose handlers are wrapped, to make them fail.
    pub(crate) fn with<H: Handler>(db: &Db, wrap: impl FnOnce(Handlers) -> H) -> Self {
        let clock = Clock::settable();
        let bus = Arc::new(Recorder::default());
        let metrics = Metrics::new("borrowing");
        let mailbox = Mailbox::new(
            "borrowing",
            db.clone(),
            clock.clone(),
            bus.clone(),
            MailboxMetrics::new(&metrics),
        );
        let terms = Terms {
            rules: borrowing::domain::Rules {
                loan_days: 7,
                zone: chrono_tz::Asia::Seoul,
                late_fees: "7:500,14:1000,:2000".parse().expect("tiers"),
            },
            deadline: DEADLINE,
            undo_overdue: UNDO_OVERDUE,
        };
        let live = Live::new("borrowing", bus);
        let lending = Lending::new(mailbox.clone(), clock.clone(), live, &metrics, terms);
        let handlers = wrap(Handlers::new(lending.clone()));
        let inbox = Inbox::new(mailbox.clone(), Arc::new(handlers));
        Self {
            db: db.clone(),
            clock,
            mailbox,
            lending,
            inbox,
        }
    }

    pub(crate) fn id<T>(&self) -> Id<T> {
        self.clock.id()
    }

    pub(crate) fn patron(&self) -> Caller {
        self.caller(self.id(), Role::Patron)
    }

    pub(crate) fn caller(&self, id: UserId, role: Role) -> Caller {
        Caller {
            id,
            role,
            expires_at: self.clock.now() + TimeDelta::hours(1),
        }
    }

    pub(crate) fn wish(&self, by: &Caller, quantity: i64) -> Wish {
        Wish {
            user: by.id,
            book: self.id(),
            quantity,
            request: Request {
                by: by.id,
                id: self.id::<kit::ids::Message>().to_string(),
                fingerprint: format!("{quantity}"),
            },
        }
    }

    /// A new request of `quantity` copies of a new book.
    pub(crate) async fn request(&self, by: &Caller, quantity: i64) -> Borrowing {
        let wish = self.wish(by, quantity);
        self.lending.borrow(wish).await.expect("a proper wish")
    }

    /// A loan that book and user have granted, at 300 points a copy.
    pub(crate) async fn loan(&self, by: &Caller, quantity: i64) -> Borrowing {
        let borrowing = self.request(by, quantity).await;
        self.grant(borrowing.id).await;
        self.borrowing(borrowing.id).await
    }

    pub(crate) async fn grant(&self, id: BorrowingId) {
        self.told("CopiesReserved", id, json!({ "rentalCost": 300 }))
            .await;
        self.told("PointsCharged", id, json!({})).await;
    }

    /// Has the inbox receive a message about a borrowing.
    pub(crate) async fn told(&self, kind: &str, id: BorrowingId, mut payload: Value) -> Envelope {
        payload["borrowingId"] = json!(id);
        let message = self.envelope(kind, id, 0, payload);
        self.receive(&message).await;
        message
    }

    pub(crate) async fn receive(&self, message: &Envelope) {
        self.inbox
            .receive(message)
            .await
            .expect("the database answers");
    }

    pub(crate) fn envelope(
        &self,
        kind: &str,
        aggregate: impl ToString,
        version: i64,
        payload: Value,
    ) -> Envelope {
        Envelope {
            id: self.clock.id(),
            kind: kind.to_owned(),
            consumer: None,
            schema_version: 1,
            aggregate_id: aggregate.to_string(),
            aggregate_version: version,
            occurred_at: self.clock.micros(),
            traceparent: None,
            payload,
        }
    }

    pub(crate) async fn stored(&self, id: BorrowingId) -> Stored {
        let mut tx = self.db.begin().await.expect("a transaction");
        let stored = store::lock(&mut tx, id).await.expect("the row is read");
        stored.expect("it is there")
    }

    pub(crate) async fn borrowing(&self, id: BorrowingId) -> Borrowing {
        let read = store::read(self.db.pool(), id).await;
        read.expect("the row is read").expect("it is there")
    }

    /// Everything sent so far, in the order in which it was sent.
    pub(crate) async fn outbox(&self) -> Vec<Envelope> {
        let rows = sqlx::query(
            "SELECT msg_id, kind, consumer, aggregate_id, aggregate_version, payload FROM outbox ORDER BY msg_id",
        )
        .fetch_all(self.db.pool())
        .await
        .expect("the outbox is read");
        let envelope = |row: &sqlx::any::AnyRow| Envelope {
            id: row.get::<String, _>(0).parse().expect("a UUID"),
            kind: row.get(1),
            consumer: row.get(2),
            schema_version: 1,
            aggregate_id: row.get(3),
            aggregate_version: row.get(4),
            occurred_at: 0,
            traceparent: None,
            payload: serde_json::from_str(&row.get::<String, _>(5)).expect("JSON"),
        };
        rows.iter().map(envelope).collect()
    }

    /// The kinds of what was sent about a borrowing.
    pub(crate) async fn sent(&self, id: BorrowingId) -> Vec<String> {
        let sent = self.outbox().await.into_iter();
        let about = sent.filter(|message| message.aggregate_id == id.to_string());
        about.map(|message| message.kind).collect()
    }

    /// The events about a borrowing: their versions and states.
    pub(crate) async fn events(&self, id: BorrowingId) -> Vec<(String, i64, BorrowingEvent)> {
        let sent = self.outbox().await.into_iter();
        sent.filter(|message| {
            message.aggregate_id == id.to_string() && message.kind.starts_with("Borrowing")
        })
        .map(|message| {
            let event = message.read().expect("an event");
            (message.kind, message.aggregate_version, event)
        })
        .collect()
    }

    /// The steps of a borrowing's timeline, each with whether a message brought it about.
    pub(crate) async fn timeline(&self, id: BorrowingId) -> Vec<(String, bool)> {
        let rows = sqlx::query(
            "SELECT step, message_id FROM timeline WHERE borrowing_id = $1 ORDER BY number",
        )
        .bind(id.to_string())
        .fetch_all(self.db.pool())
        .await
        .expect("the timeline is read");
        rows.iter()
            .map(|row| (row.get(0), row.get::<Option<String>, _>(1).is_some()))
            .collect()
    }

    pub(crate) async fn dead_letters(&self) -> Vec<String> {
        let letters = self.mailbox.dead_letters(100).await;
        let letters = letters.expect("the dead letters are read").into_iter();
        letters.map(|letter| letter.error).collect()
    }

    /// Lets the time of every saga pass that is due within `after` from now.
    pub(crate) async fn time_passes(&self, after: TimeDelta) -> usize {
        let now = kit::to_micros(self.clock.now() + after);
        let fired = self.lending.fire_due(now, 100).await;
        fired.expect("the database answers")
    }
}

/// The code of a refusal.
#[track_caller]
pub(crate) fn code<T: std::fmt::Debug>(outcome: Result<T, Failure>) -> &'static str {
    match outcome.expect_err("to be refused") {
        Failure::Refused(refusal) => refusal.code,
        Failure::Store(error) => panic!("to be refused, not failed: {error}"),
    }
}
