//! The mailbox: nothing leaves a service but through its outbox, nothing enters but through its inbox.
//!
//! A handler's effect, the inbox row that says "handled" and the outbox rows it causes share one transaction, so a crash
//! at any point either repeats all of it or none. The relay carries outbox rows to the bus, in order per aggregate;
//! the inbox hands each message to the service's [`Handler`] exactly once in effect.

mod cleaner;
pub mod dead_letter;
mod inbox;
mod lease;
mod outbox;
mod relay;
mod replay;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::Notify;

pub use inbox::Inbox;
pub use replay::{REPLAY_PAGE, ReplayRequested};

use crate::{
    bus::Bus,
    clock::Clock,
    db::{Db, Tx},
    envelope::Envelope,
    metrics::MailboxMetrics,
};

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handled {
    /// Its effect is in the transaction, or it needed none.
    Done,
    /// An earlier message about the same aggregate is still missing: keep this one until that has come.
    Gap,
}

/// Why a message could not be handled; decides what happens to it.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// The database refused: tried again, later and later.
    #[error("{0}")]
    Store(#[from] sqlx::Error),
    /// The message cannot be right, now or later: put aside as a dead letter at once.
    #[error("{0}")]
    Illegal(String),
}

impl From<serde_json::Error> for HandlerError {
    fn from(error: serde_json::Error) -> Self {
        Self::Illegal(format!("unreadable payload: {error}"))
    }
}

/// Handles a service's messages.
pub trait Handler: Send + Sync + 'static {
    /// Handles one message within `tx`. Called again for the same message only if that transaction was not committed.
    fn handle<'a>(
        &'a self,
        tx: &'a mut Tx,
        message: &'a Envelope,
    ) -> BoxFuture<'a, Result<Handled, HandlerError>>;
}

/// A service's outbox and the means to send from it. Clones share it.
#[derive(Clone)]
pub struct Mailbox {
    shared: Arc<Shared>,
}

struct Shared {
    service: &'static str,
    db: Db,
    clock: Clock,
    bus: Arc<dyn Bus>,
    metrics: MailboxMetrics,
    /// Something was committed to the outbox.
    to_send: Notify,
    /// Something was put into the inbox for later.
    to_handle: Notify,
}

impl Mailbox {
    /// A mailbox of `service`, its rows in `db`, its messages carried by `bus`.
    pub fn new(
        service: &'static str,
        db: Db,
        clock: Clock,
        bus: Arc<dyn Bus>,
        metrics: MailboxMetrics,
    ) -> Self {
        let shared = Shared {
            service,
            db,
            clock,
            bus,
            metrics,
            to_send: Notify::new(),
            to_handle: Notify::new(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Begins a transaction that may write and send.
    pub async fn begin(&self) -> Result<Tx, sqlx::Error> {
        self.shared.db.begin().await
    }

    /// The service's database.
    pub fn db(&self) -> &Db {
        &self.shared.db
    }

    /// The service this mailbox belongs to.
    pub fn service(&self) -> &'static str {
        self.shared.service
    }
}
