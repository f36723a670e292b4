//! Receiving: each message is handled once in effect, however often it is delivered.
//!
//! A delivery takes the fast path (claim, handle, commit in one transaction). What fails is parked with its payload and
//! retried from the database, later and later, by the worker, so that the broker only carries; after [`ATTEMPTS`] it
//! becomes a dead letter. The in-memory bus delivers by parking alone, which makes it as durable as the broker.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sqlx::Row;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{Handled, Handler, HandlerError, Mailbox, dead_letter};
use crate::{db::Tx, envelope::Envelope};

const ATTEMPTS: i64 = 10;
const BATCH: i64 = 50;
const GAP_RETRY: Duration = Duration::from_secs(1);
const POLL_BUSY: Duration = Duration::from_millis(5);
const POLL_IDLE: Duration = Duration::from_millis(250);

/// A service's inbox: its mailbox and its handler. Clones share it.
#[derive(Clone)]
pub struct Inbox {
    mailbox: Mailbox,
    handler: Arc<dyn Handler>,
    /// Aggregates with a message waiting for an earlier one.
    gaps: Arc<Mutex<HashSet<String>>>,
}

impl Inbox {
    /// An inbox that hands `mailbox`'s messages to `handler`.
    pub fn new(mailbox: Mailbox, handler: Arc<dyn Handler>) -> Self {
        Self {
            mailbox,
            handler,
            gaps: Arc::default(),
        }
    }

    /// The service this inbox belongs to.
    pub fn service(&self) -> &'static str {
        self.mailbox.shared.service
    }

    /// Handles one message, or parks it for the worker. `Ok` means that it is durable here and the bus may forget it;
    /// an error, that the database did not answer and the message must be offered again.
    pub async fn receive(&self, message: &Envelope) -> Result<(), sqlx::Error> {
        let shared = &self.mailbox.shared;
        let mut tx = shared.db.begin().await?;
        if !self.claim(&mut tx, message, None).await? {
            return Ok(());
        }
        match self.handle(&mut tx, message).await {
            Ok(Handled::Done) => {
                tx.commit().await?;
                self.handled(std::slice::from_ref(&message.aggregate_id))
                    .await
            }
            Ok(Handled::Gap) => {
                drop(tx);
                self.park_gap(message).await
            }
            Err(error) => {
                drop(tx);
                self.park_failed(message, &error).await
            }
        }
    }

    /// Takes messages in for the worker: one durable insert, whatever the handler is doing.
    pub async fn deliver(&self, messages: &[&Envelope]) -> Result<(), sqlx::Error> {
        let mut tx = self.mailbox.shared.db.begin().await?;
        for message in messages {
            self.claim(&mut tx, message, Some(0)).await?;
        }
        tx.commit().await?;
        self.wake();
        Ok(())
    }

    /// Tells the worker that there is something to do.
    pub(crate) fn wake(&self) {
        self.mailbox.shared.to_handle.notify_one();
    }

    /// Inserts the inbox row; false when the message has been seen before. With `due` the row waits, payload and all, for
    /// the worker; without, it counts as handled when the transaction commits.
    async fn claim(
        &self,
        tx: &mut Tx,
        message: &Envelope,
        due: Option<i64>,
    ) -> Result<bool, sqlx::Error> {
        let shared = &self.mailbox.shared;
        let now = shared.clock.micros();
        let payload = due.map(|_| serde_json::json!(message).to_string());
        let inserted = sqlx::query(
            "INSERT INTO inbox (consumer, msg_id, aggregate_id, aggregate_version, payload, next_attempt_at, received_at, done_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (consumer, msg_id) DO NOTHING",
        )
        .bind(shared.service)
        .bind(message.id.to_string())
        .bind(&message.aggregate_id)
        .bind(message.aggregate_version)
        .bind(payload)
        .bind(due.unwrap_or(0))
        .bind(now)
        .bind(if due.is_some() { None } else { Some(now) })
        .execute(tx.conn())
        .await?;
        Ok(inserted.rows_affected() == 1)
    }

    async fn handle(&self, tx: &mut Tx, message: &Envelope) -> Result<Handled, HandlerError> {
        let span = tracing::info_span!("handle", otel.kind = "consumer", kind = %message.kind, message = %message.id, aggregate = %message.aggregate_id);
        if let Some(traceparent) = &message.traceparent {
            ops::trace::continue_from(&span, traceparent);
        }
        self.handler.handle(tx, message).instrument(span).await
    }

    /// Wakes what waited for a message about one of `aggregates`.
    async fn handled(&self, aggregates: &[String]) -> Result<(), sqlx::Error> {
        let shared = &self.mailbox.shared;
        shared.metrics.handled.inc_by(aggregates.len() as u64);
        for aggregate in aggregates {
            if !self
                .gaps
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(aggregate)
            {
                continue;
            }
            let mut tx = shared.db.begin().await?;
            sqlx::query("UPDATE inbox SET next_attempt_at = 0 WHERE consumer = $1 AND aggregate_id = $2 AND done_at IS NULL")
                .bind(shared.service)
                .bind(aggregate)
                .execute(tx.conn())
                .await?;
            tx.commit().await?;
            self.wake();
        }
        Ok(())
    }

    async fn park_gap(&self, message: &Envelope) -> Result<(), sqlx::Error> {
        let shared = &self.mailbox.shared;
        let mut tx = shared.db.begin().await?;
        self.claim(
            &mut tx,
            message,
            Some(shared.clock.micros() + GAP_RETRY.as_micros() as i64),
        )
        .await?;
        tx.commit().await?;
        self.remember_gap(message);
        Ok(())
    }

    fn remember_gap(&self, message: &Envelope) {
        self.gaps
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(message.aggregate_id.clone());
    }

    async fn park_failed(
        &self,
        message: &Envelope,
        error: &HandlerError,
    ) -> Result<(), sqlx::Error> {
        let mut tx = self.mailbox.shared.db.begin().await?;
        self.claim(&mut tx, message, Some(0)).await?;
        self.failed(&mut tx, message, 0, error).await?;
        tx.commit().await
    }

    /// Notes a failed attempt: the next one later, or a dead letter.
    async fn failed(
        &self,
        tx: &mut Tx,
        message: &Envelope,
        attempts: i64,
        error: &HandlerError,
    ) -> Result<(), sqlx::Error> {
        let shared = &self.mailbox.shared;
        let attempts = attempts + 1;
        let text = error.to_string();
        if matches!(error, HandlerError::Illegal(_)) || attempts >= ATTEMPTS {
            tracing::error!(message = %message.id, kind = %message.kind, attempts, error = %text, "put aside as a dead letter; an operator can redrive it");
            shared.metrics.dead_letters.inc();
            dead_letter::put(
                tx,
                shared.service,
                message,
                &text,
                attempts,
                shared.clock.micros(),
            )
            .await?;
            return self.done(tx, message).await;
        }
        let wait = Duration::from_millis(100 << attempts.min(9));
        tracing::warn!(message = %message.id, kind = %message.kind, attempts, error = %text, ?wait, "a message could not be handled; trying again");
        sqlx::query("UPDATE inbox SET attempts = $3, next_attempt_at = $4, last_error = $5 WHERE consumer = $1 AND msg_id = $2")
            .bind(shared.service)
            .bind(message.id.to_string())
            .bind(attempts)
            .bind(shared.clock.micros() + wait.as_micros() as i64)
            .bind(text)
            .execute(tx.conn())
            .await
            .map(drop)
    }

    async fn done(&self, tx: &mut Tx, message: &Envelope) -> Result<(), sqlx::Error> {
        let shared = &self.mailbox.shared;
        sqlx::query(
            "UPDATE inbox SET done_at = $3, payload = NULL WHERE consumer = $1 AND msg_id = $2",
        )
        .bind(shared.service)
        .bind(message.id.to_string())
        .bind(shared.clock.micros())
        .execute(tx.conn())
        .await
        .map(drop)
    }

    /// The worker: handles what is parked and due, until `stop`.
    pub async fn work(self, stop: CancellationToken) {
        let mut pause = POLL_BUSY;
        while !stop.is_cancelled() {
            match self.round().await {
                Ok(0) => pause = (pause * 2).min(POLL_IDLE),
                Ok(_) => {
                    pause = POLL_BUSY;
                    continue;
                }
                Err(error) => {
                    tracing::warn!(%error, "the inbox cannot be read; trying again");
                    pause = POLL_IDLE;
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.mailbox.shared.to_handle.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Handles one batch in one transaction, each message in a part of its own: an fsync costs the same for fifty.
    async fn round(&self) -> Result<usize, sqlx::Error> {
        let shared = &self.mailbox.shared;
        let now = shared.clock.micros();
        let due = "SELECT payload, attempts FROM inbox WHERE consumer = $1 AND done_at IS NULL AND next_attempt_at <= $2
                   ORDER BY next_attempt_at, received_at, aggregate_id, aggregate_version LIMIT $3";
        // Planned anew each time, as in the relay.
        let any = sqlx::query(due)
            .persistent(false)
            .bind(shared.service)
            .bind(now)
            .bind(1_i64)
            .fetch_optional(shared.db.pool())
            .await?;
        if any.is_none() {
            return Ok(0);
        }
        let mut tx = shared.db.begin().await?;
        let select = tx.dialect().for_update_skip_locked(due);
        let rows = sqlx::query(select)
            .bind(shared.service)
            .bind(now)
            .bind(BATCH)
            .fetch_all(tx.conn())
            .await?;
        let mut done = Vec::new();
        let mut gaps = Vec::new();
        for row in &rows {
            let (payload, attempts): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
            let message: Envelope = serde_json::from_str(&payload)
                .map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
            let mark = tx.begin_part().await?;
            match self.handle(&mut tx, &message).await {
                Ok(Handled::Done) => {
                    self.done(&mut tx, &message).await?;
                    tx.keep_part().await?;
                    done.push(message.aggregate_id);
                }
                Ok(Handled::Gap) => {
                    tx.rollback_part(mark).await?;
                    self.postpone(&mut tx, &message, now).await?;
                    gaps.push(message);
                }
                Err(error) => {
                    tx.rollback_part(mark).await?;
                    self.failed(&mut tx, &message, attempts, &error).await?;
                }
            }
        }
        tx.commit().await?;
        gaps.iter().for_each(|message| self.remember_gap(message));
        self.handled(&done).await?;
        Ok(done.len())
    }

    async fn postpone(&self, tx: &mut Tx, message: &Envelope, now: i64) -> Result<(), sqlx::Error> {
        sqlx::query("UPDATE inbox SET next_attempt_at = $3 WHERE consumer = $1 AND msg_id = $2")
            .bind(self.mailbox.shared.service)
            .bind(message.id.to_string())
            .bind(now + GAP_RETRY.as_micros() as i64)
            .execute(tx.conn())
            .await
            .map(drop)
    }
}

impl Inbox {
    /// Keeps what the broker gave up on.
    pub(crate) async fn put_broker_dead_letter(
        &self,
        bytes: &[u8],
        message_id: &str,
    ) -> Result<(), sqlx::Error> {
        self.mailbox.put_broker_dead_letter(bytes, message_id).await
    }
}
