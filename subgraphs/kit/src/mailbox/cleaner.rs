//! Keeps the mailbox's tables bounded: sent rows for an hour, handled ones for seven days (as long as a message could
//! conceivably be delivered again), removed in small chunks so that no lock is held for long.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Mailbox;

const EVERY: Duration = Duration::from_secs(60);
const KEEP_SENT: Duration = Duration::from_secs(3600);
const KEEP_HANDLED: Duration = Duration::from_secs(7 * 24 * 3600);
const CHUNK: u64 = 500;

impl Mailbox {
    /// Removes old rows until `stop`.
    pub(crate) async fn run_cleaner(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
            if let Err(error) = self.clean().await {
                tracing::warn!(%error, "old mailbox rows could not be removed; trying again in a minute");
            }
        }
    }

    /// Removes every row past its retention.
    pub(crate) async fn clean(&self) -> Result<(), sqlx::Error> {
        let sent = "DELETE FROM outbox WHERE msg_id IN (SELECT msg_id FROM outbox WHERE sent_at < $1 LIMIT 500)";
        let handled = "DELETE FROM inbox WHERE (consumer, msg_id) IN (SELECT consumer, msg_id FROM inbox WHERE done_at < $1 LIMIT 500)";
        for (delete, keep) in [(sent, KEEP_SENT), (handled, KEEP_HANDLED)] {
            let before = self.shared.clock.micros() - keep.as_micros() as i64;
            loop {
                let mut tx = self.shared.db.begin().await?;
                let deleted = sqlx::query(delete)
                    .bind(before)
                    .execute(tx.conn())
                    .await?
                    .rows_affected();
                tx.commit().await?;
                if deleted < CHUNK {
                    break;
                }
            }
        }
        Ok(())
    }
}
