//! Users in the database. The ledger, and what changes it, is next door.

mod ledger;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use kit::{
    Clock, Dialect, Failure, Mailbox, Outgoing, Refusal, ReplayRequested, Tx,
    auth::Role,
    from_micros,
    ids::{Id, UserId},
    json_list,
};
use sqlx::{AnyConnection, AssertSqlSafe, Row, any::AnyRow};

pub use ledger::{Entry, Page, Reason};

use crate::{domain::Account, messages::UserState};

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The user.
    pub id: UserId,
    /// The version of what others are told of the user.
    pub version: i64,
    /// The card's barcode.
    pub card: String,
    /// The name.
    pub name: String,
    /// The role.
    pub role: Role,
    /// Whether librarians have blocked the user from borrowing.
    pub blocked: bool,
    /// The balance.
    pub points: i64,
    /// When the user signed up.
    pub created_at: DateTime<Utc>,
}

/// A user to be.
pub struct NewUser {
    /// The card's barcode.
    pub card: String,
    /// The name.
    pub name: String,
    /// The password's hash.
    pub password_hash: String,
    /// The role.
    pub role: Role,
    /// The points to start with.
    pub points: i64,
}

impl User {
    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        let role: String = row.try_get("role")?;
        Ok(Self {
            id: id(row, "id")?,
            version: row.try_get("version")?,
            card: row.try_get("card")?,
            name: row.try_get("name")?,
            role: Role::parse(&role)
                .ok_or_else(|| sqlx::Error::Decode(format!("unknown role {role:?}").into()))?,
            blocked: row.try_get::<i64, _>("blocked")? != 0,
            points: row.try_get("points")?,
            created_at: from_micros(row.try_get("created_at")?),
        })
    }

    /// What decides a change of points.
    pub fn account(&self) -> Account {
        Account {
            points: self.points,
            blocked: self.blocked,
        }
    }

    /// What others are told.
    pub fn state(&self) -> UserState {
        UserState {
            id: self.id,
            card: self.card.clone(),
            name: self.name.clone(),
            role: self.role.as_str().to_owned(),
            blocked: self.blocked,
        }
    }
}

fn id<T>(row: &AnyRow, column: &str) -> Result<Id<T>, sqlx::Error> {
    row.try_get::<String, _>(column)?
        .parse()
        .map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// Reads users that meet `condition`.
fn select(condition: &'static str) -> String {
    format!(
        "SELECT id, version, card, name, role, blocked, points, created_at FROM users WHERE {condition}"
    )
}

/// The users' store. Clones share the database.
#[derive(Clone)]
pub struct Store {
    mailbox: Mailbox,
    clock: Clock,
}

impl Store {
    /// The store on `mailbox`'s database.
    pub fn new(mailbox: Mailbox, clock: Clock) -> Self {
        Self { mailbox, clock }
    }

    fn dialect(&self) -> Dialect {
        self.mailbox.db().dialect()
    }

    /// The users of these ids, in one statement.
    pub async fn users(&self, ids: &[UserId]) -> Result<HashMap<UserId, User>, sqlx::Error> {
        let sql = self.dialect().with_list(&select("id IN {list}"));
        let rows = sqlx::query(sql)
            .bind(json_list(ids))
            .fetch_all(self.mailbox.db().pool())
            .await?;
        rows.iter()
            .map(|row| User::from_row(row).map(|user| (user.id, user)))
            .collect()
    }

    /// The user with this card.
    pub async fn by_card(&self, card: &str) -> Result<Option<User>, sqlx::Error> {
        let row = sqlx::query(AssertSqlSafe(select("card = $1")))
            .bind(card)
            .fetch_optional(self.mailbox.db().pool())
            .await?;
        row.as_ref().map(User::from_row).transpose()
    }

    /// The hash of the password of the user with this card.
    pub async fn password_hash(&self, card: &str) -> Result<Option<String>, sqlx::Error> {
        sqlx::query_scalar("SELECT password_hash FROM users WHERE card = $1")
            .bind(card)
            .fetch_optional(self.mailbox.db().pool())
            .await
    }

    /// Adds a user and tells the others; `None` when the card is taken.
    pub async fn add(&self, new: &NewUser) -> Result<Option<User>, sqlx::Error> {
        let id: UserId = self.clock.id();
        let mut tx = self.mailbox.begin().await?;
        let inserted = sqlx::query(
            "INSERT INTO users (id, version, card, name, password_hash, role, created_at)
             VALUES ($1, 1, $2, $3, $4, $5, $6) ON CONFLICT (card) DO NOTHING",
        )
        .bind(id.to_string())
        .bind(&new.card)
        .bind(&new.name)
        .bind(&new.password_hash)
        .bind(new.role.as_str())
        .bind(self.clock.micros())
        .execute(tx.conn())
        .await?;
        if inserted.rows_affected() == 0 {
            return Ok(None);
        }
        if new.points > 0 {
            self.welcome(&mut tx, id, new.points).await?;
        }
        let user = read(tx.conn(), id).await?.ok_or(sqlx::Error::RowNotFound)?;
        self.announce(&mut tx, &user).await?;
        tx.commit().await?;
        Ok(Some(user))
    }

    /// Blocks or unblocks a user, and tells the others when that changes anything.
    pub async fn set_blocked(&self, id: UserId, blocked: bool) -> Result<User, Failure> {
        let mut tx = self.mailbox.begin().await?;
        let changed = sqlx::query(
            "UPDATE users SET blocked = $2, version = version + 1 WHERE id = $1 AND blocked <> $2",
        )
        .bind(id.to_string())
        .bind(i64::from(blocked))
        .execute(tx.conn())
        .await?;
        let user = read(tx.conn(), id).await?.ok_or_else(no_such_user)?;
        if changed.rows_affected() > 0 {
            self.announce(&mut tx, &user).await?;
        }
        tx.commit().await?;
        Ok(user)
    }

    /// Up to `limit` users in the order of their ids, after `after`.
    pub async fn after(
        &self,
        tx: &mut Tx,
        after: &str,
        limit: i64,
    ) -> Result<Vec<User>, sqlx::Error> {
        let rows = sqlx::query(AssertSqlSafe(select("id > $1 ORDER BY id LIMIT $2")))
            .bind(after)
            .bind(limit)
            .fetch_all(tx.conn())
            .await?;
        rows.iter().map(User::from_row).collect()
    }

    /// The signing key of all replicas: `fresh`, if this is the first to ask.
    pub async fn signing_key(&self, fresh: &str) -> Result<String, sqlx::Error> {
        let kept = sqlx::query_scalar("SELECT pkcs8 FROM signing_key WHERE id = 1");
        if let Some(key) = kept.fetch_optional(self.mailbox.db().pool()).await? {
            return Ok(key);
        }
        let mut tx = self.mailbox.begin().await?;
        sqlx::query(
            "INSERT INTO signing_key (id, pkcs8, created_at) VALUES (1, $1, $2) ON CONFLICT (id) DO NOTHING",
        )
        .bind(fresh)
        .bind(self.clock.micros())
        .execute(tx.conn())
        .await?;
        tx.commit().await?;
        sqlx::query_scalar("SELECT pkcs8 FROM signing_key WHERE id = 1")
            .fetch_one(self.mailbox.db().pool())
            .await
    }

    /// Sends a message when `tx` commits.
    pub async fn send(&self, tx: &mut Tx, message: Outgoing) -> Result<(), sqlx::Error> {
        self.mailbox.send(tx, message).await
    }

    /// Answers a replay request with a page of snapshots, when `tx` commits.
    pub async fn replay(
        &self,
        tx: &mut Tx,
        request: ReplayRequested,
        page: Vec<Outgoing>,
    ) -> Result<(), sqlx::Error> {
        self.mailbox.replay(tx, request, page).await
    }

    async fn announce(&self, tx: &mut Tx, user: &User) -> Result<(), sqlx::Error> {
        let message = Outgoing::new("UserChanged", user.id, user.version, user.state());
        self.mailbox.send(tx, message).await
    }
}

async fn read(connection: &mut AnyConnection, id: UserId) -> Result<Option<User>, sqlx::Error> {
    let row = sqlx::query(AssertSqlSafe(select("id = $1")))
        .bind(id.to_string())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(User::from_row).transpose()
}

/// Reads a user whose points are about to change: until the end of the transaction they are nobody else's to change.
async fn lock(tx: &mut Tx, id: UserId) -> Result<Option<User>, sqlx::Error> {
    let sql = tx.dialect().for_update(&select("id = $1"));
    let row = sqlx::query(sql)
        .bind(id.to_string())
        .fetch_optional(tx.conn())
        .await?;
    row.as_ref().map(User::from_row).transpose()
}

fn no_such_user() -> Refusal {
    Refusal::not_found("there is no such user")
}
