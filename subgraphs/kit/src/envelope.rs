//! What travels on the bus: a message and what is known about it.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::ids::MessageId;

/// A message on its way. Readers pass over fields they do not know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// Unique: a consumer handles each id once.
    pub id: MessageId,
    /// What the message says, e.g. `ReserveCopies`: the routing key, and the name of its sample in `schema/messages/`.
    pub kind: String,
    /// Set when the message is for one consumer alone (a replayed snapshot).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumer: Option<String>,
    /// The version of the payload's shape.
    pub schema_version: i64,
    /// What the message is about.
    pub aggregate_id: String,
    /// The sender's version of that, for consumers that must see changes in order.
    pub aggregate_version: i64,
    /// When, in microseconds since 1970.
    pub occurred_at: i64,
    /// The W3C trace context of the work that sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// The message itself.
    pub payload: Value,
}

impl Envelope {
    /// The payload as the reader's own type.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(&self.payload)
    }

    /// The bus's routing key: the kind, or `to.<consumer>` for a message to one consumer alone.
    pub fn routing_key(&self) -> String {
        match &self.consumer {
            Some(consumer) => format!("to.{consumer}"),
            None => self.kind.clone(),
        }
    }
}

/// A message to send: becomes an [`Envelope`] in the outbox.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// What it says; one of the kinds in [`crate::topology`].
    pub kind: &'static str,
    /// For one consumer alone.
    pub consumer: Option<String>,
    /// What it is about.
    pub aggregate_id: String,
    /// The version of that.
    pub aggregate_version: i64,
    /// The message itself.
    pub payload: Value,
}

impl Outgoing {
    /// A message to whoever listens for its kind.
    ///
    /// # Panics
    /// When the payload cannot be written as JSON (a map whose keys are not strings): a programming error.
    pub fn new(
        kind: &'static str,
        aggregate_id: impl ToString,
        aggregate_version: i64,
        payload: impl Serialize,
    ) -> Self {
        let payload = serde_json::to_value(payload).expect("message payloads are plain structs");
        Self {
            kind,
            consumer: None,
            aggregate_id: aggregate_id.to_string(),
            aggregate_version,
            payload,
        }
    }

    /// The same, to `consumer` alone.
    #[must_use]
    pub fn only_to(mut self, consumer: impl Into<String>) -> Self {
        self.consumer = Some(consumer.into());
        self
    }
}
