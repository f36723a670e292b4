//! What the tests of the book service share.

use std::sync::Arc;

use book::{
    domain::{Book, NewBook},
    handlers::Handlers,
    messages::ReserveCopies,
    store::Store,
};
use kit::{
    Clock, Db, Envelope, Handler, Inbox, Live, Mailbox, MailboxMetrics, from_micros,
    ids::{BookId, BorrowingId},
};
use kit_testing::Recorder;
use ops::metrics::Metrics;
use serde::Serialize;
use serde_json::Value;
use sqlx::Row;

/// A book that a librarian might add.
pub(crate) fn new_book(barcode: &str, title: &str, copies: i64) -> NewBook {
    NewBook {
        barcode: barcode.to_owned(),
        isbn: format!("978-{barcode}"),
        title: title.to_owned(),
        author: "Hermann Hesse".to_owned(),
        copies,
        rental_cost: 500,
    }
}

/// A book service without its server: its store and its inbox on one database.
pub(crate) struct World {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) store: Store,
    pub(crate) mailbox: Mailbox,
    pub(crate) handlers: Arc<Handlers>,
}

impl World {
    pub(crate) fn on(db: &Db) -> Self {
        let clock = Clock::real();
        let bus = Arc::new(Recorder::default());
        let metrics = MailboxMetrics::new(&Metrics::new("book"));
        let mailbox = Mailbox::new("book", db.clone(), clock.clone(), bus.clone(), metrics);
        let store = Store::new(mailbox.clone(), Live::new("book", bus));
        let handlers = Arc::new(Handlers::new(store.clone(), mailbox.clone()));
        let db = db.clone();
        Self {
            db,
            clock,
            store,
            mailbox,
            handlers,
        }
    }

    pub(crate) fn inbox(&self) -> Inbox {
        let handlers: Arc<dyn Handler> = self.handlers.clone();
        Inbox::new(self.mailbox.clone(), handlers)
    }

    /// Puts a book into the catalogue.
    pub(crate) async fn add(&self, new: NewBook) -> Book {
        let book = Book::add(self.clock.id(), new, from_micros(self.clock.micros()))
            .expect("a proper book");
        self.store.add(book).await.expect("a fresh barcode")
    }

    /// The book as it is now.
    pub(crate) async fn book(&self, id: BookId) -> Book {
        self.store
            .book(id)
            .await
            .expect("the database answers")
            .expect("the book is there")
    }

    /// Has the inbox receive a message, as from the bus.
    pub(crate) async fn receive(&self, kind: &str, about: impl ToString, payload: impl Serialize) {
        let message = self.envelope(kind, about, payload);
        self.inbox()
            .receive(&message)
            .await
            .expect("the database answers");
    }

    pub(crate) async fn reserve(&self, borrowing_id: BorrowingId, book_id: BookId, quantity: i64) {
        let message = ReserveCopies {
            borrowing_id,
            book_id,
            quantity,
        };
        self.receive("ReserveCopies", borrowing_id, message).await;
    }

    pub(crate) fn envelope(
        &self,
        kind: &str,
        about: impl ToString,
        payload: impl Serialize,
    ) -> Envelope {
        Envelope {
            id: self.clock.id(),
            kind: kind.to_owned(),
            consumer: None,
            schema_version: 1,
            aggregate_id: about.to_string(),
            aggregate_version: 1,
            occurred_at: self.clock.micros(),
            traceparent: None,
            payload: serde_json::to_value(payload).expect("plain JSON"),
        }
    }

    /// What was sent about something, in order: kind, version, consumer, payload.
    pub(crate) async fn sent(
        &self,
        about: impl ToString,
    ) -> Vec<(String, i64, Option<String>, Value)> {
        let rows = sqlx::query(
            "SELECT kind, aggregate_version, consumer, payload FROM outbox WHERE aggregate_id = $1
             ORDER BY aggregate_version, occurred_at, ordinal",
        )
        .bind(about.to_string())
        .fetch_all(self.db.pool())
        .await
        .expect("the outbox");
        rows.iter()
            .map(|row| {
                let payload: String = row.get(3);
                let payload = serde_json::from_str(&payload).expect("JSON");
                (row.get(0), row.get(1), row.get(2), payload)
            })
            .collect()
    }

    /// The kinds of message sent about something.
    pub(crate) async fn kinds(&self, about: impl ToString) -> Vec<String> {
        let sent = self.sent(about).await;
        sent.into_iter().map(|(kind, ..)| kind).collect()
    }
}
