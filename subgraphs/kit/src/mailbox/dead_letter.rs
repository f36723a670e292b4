//! Messages that could not be handled: listed, inspected and redriven by an operator.

use serde::Serialize;
use sqlx::{AnyPool, Row, any::AnyRow};

use super::Mailbox;
use crate::{db::Tx, envelope::Envelope};

/// A message put aside.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// The message's id.
    pub id: String,
    /// What it says.
    pub kind: String,
    /// What it is about.
    pub aggregate_id: String,
    /// Why it was put aside.
    pub error: String,
    /// The whole envelope, or the raw bytes as text when it was not one.
    pub payload: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it first failed, in microseconds since 1970.
    pub first_failed_at: i64,
    /// Whether it can be redriven: false when it is no envelope at all.
    pub replayable: bool,
}

/// Puts a message aside.
pub(super) async fn put(
    tx: &mut Tx,
    consumer: &str,
    message: &Envelope,
    error: &str,
    attempts: i64,
    now: i64,
) -> Result<(), sqlx::Error> {
    let payload = serde_json::json!(message).to_string();
    let row = Letter {
        id: &message.id.to_string(),
        kind: &message.kind,
        aggregate: &message.aggregate_id,
        payload: &payload,
        replayable: true,
    };
    insert(tx, consumer, &row, error, attempts, now).await
}

struct Letter<'a> {
    id: &'a str,
    kind: &'a str,
    aggregate: &'a str,
    payload: &'a str,
    replayable: bool,
}

async fn insert(
    tx: &mut Tx,
    consumer: &str,
    row: &Letter<'_>,
    error: &str,
    attempts: i64,
    now: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO dead_letter (msg_id, consumer, kind, aggregate_id, error, payload, attempts, first_failed_at, replayable)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (consumer, msg_id) DO NOTHING",
    )
    .bind(row.id)
    .bind(consumer)
    .bind(row.kind)
    .bind(row.aggregate)
    .bind(error)
    .bind(row.payload)
    .bind(attempts)
    .bind(now)
    .bind(i64::from(row.replayable))
    .execute(tx.conn())
    .await
    .map(drop)
}

impl Mailbox {
    /// Takes in what the broker itself gave up on, so that operators have one place to look.
    pub(crate) async fn put_broker_dead_letter(
        &self,
        bytes: &[u8],
        message_id: &str,
    ) -> Result<(), sqlx::Error> {
        let shared = &self.shared;
        let payload = String::from_utf8_lossy(bytes);
        let envelope: Option<Envelope> = serde_json::from_slice(bytes).ok();
        let row = Letter {
            id: message_id,
            kind: envelope
                .as_ref()
                .map_or("unreadable", |envelope| &envelope.kind),
            aggregate: envelope
                .as_ref()
                .map_or("", |envelope| &envelope.aggregate_id),
            payload: &payload,
            replayable: envelope.is_some(),
        };
        let mut tx = shared.db.begin().await?;
        insert(
            &mut tx,
            shared.service,
            &row,
            "given up by the broker",
            0,
            shared.clock.micros(),
        )
        .await?;
        tx.commit().await?;
        tracing::error!(
            message = message_id,
            kind = row.kind,
            "the broker gave a message up; kept as a dead letter"
        );
        shared.metrics.dead_letters.inc();
        Ok(())
    }

    /// The oldest dead letters, `limit` at most.
    pub async fn dead_letters(&self, limit: i64) -> Result<Vec<DeadLetter>, sqlx::Error> {
        list(self.shared.db.pool(), self.shared.service, limit).await
    }

    /// Puts a dead letter back into the inbox, to be handled as if it had just come. False when there is none of that
    /// id, or it cannot be redriven.
    pub async fn redrive(&self, id: &str) -> Result<bool, sqlx::Error> {
        let shared = &self.shared;
        let mut tx = shared.db.begin().await?;
        let payload: Option<String> =
            sqlx::query_scalar("DELETE FROM dead_letter WHERE consumer = $1 AND msg_id = $2 AND replayable = 1 RETURNING payload")
                .bind(shared.service)
                .bind(id)
                .fetch_optional(tx.conn())
                .await?;
        let Some(payload) = payload else {
            return Ok(false);
        };
        let message: Envelope =
            serde_json::from_str(&payload).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        sqlx::query(
            "INSERT INTO inbox (consumer, msg_id, aggregate_id, aggregate_version, payload, next_attempt_at, received_at)
             VALUES ($1, $2, $3, $4, $5, 0, $6)
             ON CONFLICT (consumer, msg_id) DO UPDATE SET payload = $5, done_at = NULL, attempts = 0, next_attempt_at = 0",
        )
        .bind(shared.service)
        .bind(message.id.to_string())
        .bind(&message.aggregate_id)
        .bind(message.aggregate_version)
        .bind(&payload)
        .bind(shared.clock.micros())
        .execute(tx.conn())
        .await?;
        tx.commit().await?;
        shared.to_handle.notify_one();
        Ok(true)
    }
}

async fn list(pool: &AnyPool, consumer: &str, limit: i64) -> Result<Vec<DeadLetter>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT msg_id, kind, aggregate_id, error, payload, attempts, first_failed_at, replayable
         FROM dead_letter WHERE consumer = $1 ORDER BY first_failed_at LIMIT $2",
    )
    .bind(consumer)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter().map(dead_letter).collect()
}

fn dead_letter(row: &AnyRow) -> Result<DeadLetter, sqlx::Error> {
    Ok(DeadLetter {
        id: row.try_get(0)?,
        kind: row.try_get(1)?,
        aggregate_id: row.try_get(2)?,
        error: row.try_get(3)?,
        payload: row.try_get(4)?,
        attempts: row.try_get(5)?,
        first_failed_at: row.try_get(6)?,
        replayable: row.try_get::<i64, _>(7)? != 0,
    })
}
