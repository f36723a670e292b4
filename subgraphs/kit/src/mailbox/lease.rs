//! Leases on outbox shards, so that the relays of several replicas do not race each other out of order.
//!
//! Each relay announces itself, takes its fair share of the shards, and gives up what exceeds it. A relay that dies
//! loses its shards when its leases expire; one that was asleep past its lease finds another owner there, and a `token`
//! that has grown. A broker cannot be fenced by it: what such a relay may have published meanwhile arrives twice or late,
//! and the consumers' inboxes and versions see to that.

use std::time::Duration;

use sqlx::Row;

use super::outbox::SHARDS;
use crate::{clock::Clock, db::Db};

/// How long the messages of a relay that died wait for another's.
const LEASE: Duration = Duration::from_secs(5);
/// How often a relay renews; well within the lease.
pub(super) const RENEW: Duration = Duration::from_millis(1500);

/// The shards that this relay may publish.
pub(super) struct Leases {
    owner: String,
    shards: Vec<i64>,
}

impl Leases {
    pub(super) fn new(owner: String) -> Self {
        Self {
            owner,
            shards: Vec::new(),
        }
    }

    pub(super) fn shards(&self) -> &[i64] {
        &self.shards
    }

    /// Renews the leases held, takes free ones up to the fair share, gives up the rest.
    pub(super) async fn renew(&mut self, db: &Db, clock: &Clock) -> Result<(), sqlx::Error> {
        let now = clock.micros();
        let until = now + LEASE.as_micros() as i64;
        let mut tx = db.begin().await?;
        sqlx::query(
            "INSERT INTO relay_member (owner, expires_at) VALUES ($1, $2)
             ON CONFLICT (owner) DO UPDATE SET expires_at = $2",
        )
        .bind(&self.owner)
        .bind(until)
        .execute(tx.conn())
        .await?;
        sqlx::query("DELETE FROM relay_member WHERE expires_at < $1")
            .bind(now)
            .execute(tx.conn())
            .await?;
        let members: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM relay_member")
            .fetch_one(tx.conn())
            .await?;
        let share = (SHARDS + members - 1) / members.max(1);
        let select = tx
            .dialect()
            .for_update("SELECT shard, owner, expires_at FROM relay_lease ORDER BY shard");
        let rows = sqlx::query(select).fetch_all(tx.conn()).await?;
        let mut held = Vec::new();
        let mut free = Vec::new();
        for row in rows {
            let (shard, owner, expires_at): (i64, String, i64) =
                (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            if owner == self.owner {
                held.push(shard);
            } else if expires_at < now {
                free.push(shard);
            }
        }
        while (held.len() as i64) > share {
            if let Some(shard) = held.pop() {
                sqlx::query("UPDATE relay_lease SET expires_at = 0, owner = '' WHERE shard = $1")
                    .bind(shard)
                    .execute(tx.conn())
                    .await?;
            }
        }
        sqlx::query("UPDATE relay_lease SET expires_at = $2 WHERE owner = $1")
            .bind(&self.owner)
            .bind(until)
            .execute(tx.conn())
            .await?;
        for shard in free {
            if (held.len() as i64) < share {
                sqlx::query("UPDATE relay_lease SET owner = $2, token = token + 1, expires_at = $3 WHERE shard = $1")
                    .bind(shard)
                    .bind(&self.owner)
                    .bind(until)
                    .execute(tx.conn())
                    .await?;
                held.push(shard);
            }
        }
        tx.commit().await?;
        self.shards = held;
        Ok(())
    }

    /// Gives every lease back, so that another replica need not wait for it to expire.
    pub(super) async fn release(&mut self, db: &Db) -> Result<(), sqlx::Error> {
        self.shards.clear();
        let mut tx = db.begin().await?;
        sqlx::query("UPDATE relay_lease SET expires_at = 0, owner = '' WHERE owner = $1")
            .bind(&self.owner)
            .execute(tx.conn())
            .await?;
        sqlx::query("DELETE FROM relay_member WHERE owner = $1")
            .bind(&self.owner)
            .execute(tx.conn())
            .await?;
        tx.commit().await
    }
}
