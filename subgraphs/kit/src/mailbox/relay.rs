//! The relay: carries committed outbox rows to the bus, in order per aggregate, and marks them sent once the bus has
//! confirmed them. A crash in between sends them twice; the consumers' inboxes drop the second.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Row, any::AnyRow};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    Mailbox,
    lease::{Leases, RENEW},
};
use crate::{bus::PublishError, dialect::json_list, envelope::Envelope, ids::MessageId};

const BATCH: i64 = 200;
const POLL_BUSY: Duration = Duration::from_millis(5);
const POLL_IDLE: Duration = Duration::from_millis(200);
/// How long publishing may fail before it is worth a line in the log.
const PATIENCE: Duration = Duration::from_secs(3);
const RETRY: Duration = Duration::from_millis(500);

impl Mailbox {
    /// Publishes what is in the outbox until `stop`.
    pub async fn relay(self, replica: String, stop: CancellationToken) {
        let mut leases = Leases::new(replica);
        let mut renewed: Option<Instant> = None;
        let mut pause = POLL_BUSY;
        let mut trouble = Trouble::default();
        while !stop.is_cancelled() {
            let round = self.relay_round(&mut leases, &mut renewed).await;
            pause = match &round {
                Ok(0) => (pause * 2).min(POLL_IDLE),
                Ok(_) => POLL_BUSY,
                Err(_) => RETRY,
            };
            match round {
                Err(error) => trouble.seen(&error),
                Ok(sent) if sent > 0 => {
                    trouble.over();
                    if sent as i64 >= BATCH {
                        continue;
                    }
                }
                Ok(_) => {}
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.shared.to_send.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        if let Err(error) = leases.release(&self.shared.db).await {
            tracing::debug!(%error, "the relay's leases were not given back; they expire by themselves");
        }
    }

    /// Publishes one batch; the number of messages the bus has confirmed.
    async fn relay_round(
        &self,
        leases: &mut Leases,
        renewed: &mut Option<Instant>,
    ) -> Result<usize, RelayError> {
        let shared = &self.shared;
        if renewed.is_none_or(|at| at.elapsed() >= RENEW) {
            leases.renew(&shared.db, &shared.clock).await?;
            *renewed = Some(Instant::now());
        }
        let batch = self.unsent(leases.shards()).await?;
        if batch.is_empty() {
            return Ok(0);
        }
        let outcomes = shared.bus.publish(&batch).await;
        let mut sent = Vec::new();
        let mut refused = Vec::new();
        let mut failed = None;
        for (envelope, outcome) in batch.iter().zip(outcomes) {
            match outcome {
                Ok(()) => sent.push(envelope.id),
                Err(error) => {
                    if !matches!(error, PublishError::Unreachable(_)) {
                        refused.push(envelope.id);
                    }
                    failed = Some(error);
                }
            }
        }
        self.note(&sent, &refused).await?;
        match failed {
            Some(error) => Err(error.into()),
            None => Ok(sent.len()),
        }
    }

    /// Marks what is sent, and puts off what was refused: one consumer's full queue must not keep the others' messages.
    async fn note(&self, sent: &[MessageId], refused: &[MessageId]) -> Result<(), sqlx::Error> {
        let shared = &self.shared;
        let now = shared.clock.micros();
        let _turn = shared.db.turn().await?;
        if !sent.is_empty() {
            let update = "UPDATE outbox SET sent_at = $2 WHERE msg_id IN {list}";
            let update = shared.db.dialect().with_list(update);
            sqlx::query(update)
                .bind(json_list(sent))
                .bind(now)
                .execute(shared.db.pool())
                .await?;
        }
        if !refused.is_empty() {
            let update = "UPDATE outbox SET attempts = attempts + 1, next_attempt_at = $2 WHERE msg_id IN {list}";
            let update = shared.db.dialect().with_list(update);
            let later = now + RETRY.as_micros() as i64;
            sqlx::query(update)
                .bind(json_list(refused))
                .bind(later)
                .execute(shared.db.pool())
                .await?;
        }
        shared.metrics.sent.inc_by(sent.len() as u64);
        Ok(())
    }

    async fn unsent(&self, shards: &[i64]) -> Result<Vec<Envelope>, sqlx::Error> {
        if shards.is_empty() {
            return Ok(Vec::new());
        }
        let list = shards
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ");
        let select = format!(
            "SELECT msg_id, kind, consumer, schema_version, aggregate_id, aggregate_version, occurred_at, traceparent, payload
             FROM outbox WHERE sent_at IS NULL AND next_attempt_at <= $1 AND shard IN ({list})
             ORDER BY aggregate_id, aggregate_version, ordinal LIMIT {BATCH}"
        );
        // Planned anew each time: a plan kept from when the table was small would go on reading all of it.
        let rows = sqlx::query(AssertSqlSafe(select))
            .persistent(false)
            .bind(self.shared.clock.micros())
            .fetch_all(self.shared.db.pool())
            .await?;
        rows.iter().map(envelope).collect()
    }
}

fn envelope(row: &AnyRow) -> Result<Envelope, sqlx::Error> {
    let decode = |error: Box<dyn std::error::Error + Send + Sync>| sqlx::Error::Decode(error);
    Ok(Envelope {
        id: row
            .try_get::<String, _>(0)?
            .parse()
            .map_err(|error| decode(Box::new(error)))?,
        kind: row.try_get(1)?,
        consumer: row.try_get(2)?,
        schema_version: row.try_get(3)?,
        aggregate_id: row.try_get(4)?,
        aggregate_version: row.try_get(5)?,
        occurred_at: row.try_get(6)?,
        traceparent: row.try_get(7)?,
        payload: serde_json::from_str(&row.try_get::<String, _>(8)?)
            .map_err(|error| decode(Box::new(error)))?,
    })
}

/// Tells once that publishing fails, and once that it works again; nothing while everything is just starting.
#[derive(Default)]
struct Trouble {
    since: Option<Instant>,
    told: bool,
}

impl Trouble {
    fn seen(&mut self, error: &RelayError) {
        let since = *self.since.get_or_insert_with(Instant::now);
        if !self.told && since.elapsed() >= PATIENCE {
            tracing::warn!(%error, "the outbox cannot be published; trying until it can");
            self.told = true;
        }
    }

    fn over(&mut self) {
        if self.told {
            tracing::info!("the outbox is published again");
        }
        *self = Self::default();
    }
}

#[derive(Debug, thiserror::Error)]
enum RelayError {
    #[error("{0}")]
    Store(#[from] sqlx::Error),
    #[error("{0}")]
    Publish(#[from] PublishError),
}
