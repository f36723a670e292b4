//! The bus: carries envelopes from outboxes to inboxes, at least once. Two of them, one promise: a message counts as
//! published only when every consumer is certain to get it.

mod memory;
mod rabbit;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

pub use memory::Memory;
pub use rabbit::Rabbit;

use crate::{envelope::Envelope, mailbox::Inbox};

/// Why a message did not get through; the relay tries it again.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PublishError {
    /// The broker cannot be reached.
    #[error("the broker cannot be reached: {0}")]
    Unreachable(String),
    /// The broker refused the message, or had nowhere to put it.
    #[error("the broker did not take {kind}: {reason}")]
    Refused {
        /// What was published.
        kind: String,
        /// Why it was refused.
        reason: String,
    },
    /// A consumer's own store did not take it.
    #[error("{consumer}'s inbox did not take it: {reason}")]
    Undelivered {
        /// The consumer.
        consumer: String,
        /// Why.
        reason: String,
    },
}

/// A nudge to the other replicas of a service: "look again at `key`". The one message outside the outbox: losing it,
/// or getting it twice, does no harm, as it says nothing that the database does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint {
    /// The service whose replicas are nudged.
    pub service: String,
    /// What changed.
    pub key: String,
}

/// A bus.
pub trait Bus: Send + Sync + 'static {
    /// Publishes a batch, in order; the outcome of each.
    fn publish<'a>(&'a self, batch: &'a [Envelope])
    -> BoxFuture<'a, Vec<Result<(), PublishError>>>;

    /// Brings a service's messages to its inbox until `stop`.
    fn consume(&self, inbox: Inbox, stop: CancellationToken) -> BoxFuture<'static, ()>;

    /// Nudges the other replicas, if they can be reached.
    fn hint(&self, hint: Hint);

    /// The nudges of others, and one's own.
    fn hints(&self) -> broadcast::Receiver<Hint>;

    /// Whether the bus can be used, and why not.
    fn status(&self) -> watch::Receiver<Result<(), String>>;
}
