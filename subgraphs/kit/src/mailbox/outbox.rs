//! Sending: a row in the sender's own transaction.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::Mailbox;
use crate::{db::Tx, envelope::Outgoing, ids};

/// Shards of the outbox; each is published by one relay at a time.
pub(super) const SHARDS: i64 = 16;
const SCHEMA_VERSION: i64 = 1;

impl Mailbox {
    /// Sends `message` when `tx` commits, and not at all when it does not.
    ///
    /// Update the aggregate's own row first: its lock makes the versions appear in commit order.
    pub async fn send(&self, tx: &mut Tx, message: Outgoing) -> Result<(), sqlx::Error> {
        tx.ordinal += 1;
        let id = self.shared.clock.id::<ids::Message>();
        sqlx::query(
            "INSERT INTO outbox (msg_id, shard, aggregate_id, aggregate_version, ordinal, kind, consumer, schema_version,
                                 payload, traceparent, occurred_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(id.to_string())
        .bind(shard(&message.aggregate_id))
        .bind(message.aggregate_id)
        .bind(message.aggregate_version)
        .bind(tx.ordinal)
        .bind(message.kind)
        .bind(message.consumer)
        .bind(SCHEMA_VERSION)
        .bind(message.payload.to_string())
        .bind(ops::trace::traceparent())
        .bind(self.shared.clock.micros())
        .execute(tx.conn())
        .await?;
        if tx.ordinal == 1 {
            let shared = self.shared.clone();
            tx.after_commit(move || shared.to_send.notify_one());
        }
        Ok(())
    }
}

fn shard(aggregate_id: &str) -> i64 {
    let mut hasher = DefaultHasher::new();
    aggregate_id.hash(&mut hasher);
    (hasher.finish() % SHARDS.unsigned_abs()) as i64
}
