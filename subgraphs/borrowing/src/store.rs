//! The tables of borrowing: SQL and rows, no decisions.

use kit::{
    Tx, from_micros,
    ids::{BookId, BorrowingId, MessageId, UserId},
    to_micros,
};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{AnyPool, Row, any::AnyRow};

use crate::{
    domain::{Borrowing, Status},
    saga::{self, Outcome, State},
};

/// The columns of a [`Stored`], in the order in which they are read.
macro_rules! columns {
    () => {
        "id, user_id, book_id, quantity, status, rejection_reason, returned_quantity, return_count, requested_at, \
         decided_at, due_at, returned_at, late_fee, rental_cost, event_version, revision, saga_version, saga_name, \
         saga_state, saga_due_at"
    };
}
pub(crate) use columns;

/// A borrowing with its saga, as they are kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The borrowing.
    pub borrowing: Borrowing,
    /// Its saga.
    pub saga: State,
    /// When the saga is to be told that time is over, by the machine's clock.
    pub due: Option<i64>,
    /// How many events it has sent.
    pub event_version: i64,
    /// How often it was saved.
    pub revision: i64,
}

/// Who asked for a borrowing, so that asking twice gives one.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who asked: the user, or the librarian at the desk.
    pub by: UserId,
    /// Their idempotency key.
    pub id: String,
    /// What they asked, to tell a repetition from another request.
    pub fingerprint: String,
}

/// An entry of a borrowing's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineEntry {
    /// When, in business time.
    pub at: i64,
    /// What happened.
    pub step: String,
    /// In words.
    pub detail: String,
    /// The message that brought it about.
    pub message_id: Option<String>,
}

/// Inserts a new borrowing; false when the same caller has used the request's key before.
pub async fn insert(tx: &mut Tx, stored: &Stored, request: &Request) -> Result<bool, sqlx::Error> {
    let borrowing = &stored.borrowing;
    let inserted = sqlx::query(
        "INSERT INTO borrowing (id, user_id, book_id, quantity, status, returned_quantity, return_count, requested_at, late_fee,
                                event_version, revision, requested_by, request_id, fingerprint,
                                saga_version, saga_name, saga_state, saga_due_at)
         VALUES ($1, $2, $3, $4, $5, 0, 0, $6, 0, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         ON CONFLICT (requested_by, request_id) DO NOTHING",
    )
    .bind(borrowing.id.to_string())
    .bind(borrowing.user.to_string())
    .bind(borrowing.book.to_string())
    .bind(borrowing.quantity)
    .bind(borrowing.status.to_string())
    .bind(to_micros(borrowing.requested_at))
    .bind(stored.event_version)
    .bind(stored.revision)
    .bind(request.by.to_string())
    .bind(&request.id)
    .bind(&request.fingerprint)
    .bind(saga::VERSION)
    .bind(stored.saga.name())
    .bind(written(&stored.saga))
    .bind(stored.due)
    .execute(tx.conn())
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// The borrowing that a caller's request key stands for, and the fingerprint of that request.
pub async fn requested(
    tx: &mut Tx,
    request: &Request,
) -> Result<Option<(Stored, String)>, sqlx::Error> {
    let row = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        ", fingerprint FROM borrowing WHERE requested_by = $1 AND request_id = $2"
    ))
    .bind(request.by.to_string())
    .bind(&request.id)
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| Ok((stored(&row)?, row.try_get("fingerprint")?)))
        .transpose()
}

/// Reads a borrowing for a change: nobody else changes it before the transaction ends.
pub async fn lock(tx: &mut Tx, id: BorrowingId) -> Result<Option<Stored>, sqlx::Error> {
    let select = tx.dialect().for_update(concat!(
        "SELECT ",
        columns!(),
        " FROM borrowing WHERE id = $1"
    ));
    let row = sqlx::query(select)
        .bind(id.to_string())
        .fetch_optional(tx.conn())
        .await?;
    row.as_ref().map(stored).transpose()
}

/// As [`lock`], if its saga is due at `now` and no other replica is at it.
pub async fn lock_due(
    tx: &mut Tx,
    id: BorrowingId,
    now: i64,
) -> Result<Option<Stored>, sqlx::Error> {
    let select = tx.dialect().for_update_skip_locked(concat!(
        "SELECT ",
        columns!(),
        " FROM borrowing WHERE id = $1 AND saga_due_at <= $2"
    ));
    let row = sqlx::query(select)
        .bind(id.to_string())
        .bind(now)
        .fetch_optional(tx.conn())
        .await?;
    row.as_ref().map(stored).transpose()
}

/// The borrowings whose sagas are due at `now`, the longest due first. Sagas of another version are left alone.
pub async fn due(pool: &AnyPool, now: i64, limit: i64) -> Result<Vec<BorrowingId>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT id FROM borrowing WHERE saga_due_at <= $1 AND saga_version = $2 ORDER BY saga_due_at, id LIMIT $3",
    )
    .bind(now)
    .bind(saga::VERSION)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter().map(|row| id(row, "id")).collect()
}

/// Saves a borrowing and its saga. The caller holds its [`lock`].
pub async fn save(tx: &mut Tx, stored: &Stored) -> Result<(), sqlx::Error> {
    let borrowing = &stored.borrowing;
    sqlx::query(
        "UPDATE borrowing SET status = $2, rejection_reason = $3, returned_quantity = $4, return_count = $5, decided_at = $6,
                due_at = $7, returned_at = $8, late_fee = $9, rental_cost = $10, event_version = $11, revision = $12,
                saga_version = $13, saga_name = $14, saga_state = $15, saga_due_at = $16
         WHERE id = $1",
    )
    .bind(borrowing.id.to_string())
    .bind(borrowing.status.to_string())
    .bind(borrowing.rejection_reason.map(word))
    .bind(borrowing.returned_quantity)
    .bind(borrowing.return_count)
    .bind(borrowing.decided_at.map(to_micros))
    .bind(borrowing.due_at.map(to_micros))
    .bind(borrowing.returned_at.map(to_micros))
    .bind(borrowing.late_fee)
    .bind(borrowing.rental_cost)
    .bind(stored.event_version)
    .bind(stored.revision)
    .bind(saga::VERSION)
    .bind(stored.saga.name())
    .bind(written(&stored.saga))
    .bind(stored.due)
    .execute(tx.conn())
    .await
    .map(drop)
}

/// Appends to a borrowing's log. The caller holds its [`lock`].
pub async fn log(
    tx: &mut Tx,
    borrowing: BorrowingId,
    at: i64,
    step: &str,
    detail: &str,
    message: Option<MessageId>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO timeline (borrowing_id, number, at, step, detail, message_id)
         SELECT $1, CAST(COALESCE(MAX(number), 0) + 1 AS BIGINT), $2, $3, $4, $5 FROM timeline WHERE borrowing_id = $1",
    )
    .bind(borrowing.to_string())
    .bind(at)
    .bind(step)
    .bind(detail)
    .bind(message.map(|id| id.to_string()))
    .execute(tx.conn())
    .await
    .map(drop)
}

/// A borrowing, for reading.
pub async fn read(pool: &AnyPool, id: BorrowingId) -> Result<Option<Borrowing>, sqlx::Error> {
    let row = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM borrowing WHERE id = $1"
    ))
    .bind(id.to_string())
    .fetch_optional(pool)
    .await?;
    row.as_ref().map(borrowing).transpose()
}

/// Of the open loans of one title by one user, the one due first.
pub async fn due_first(
    tx: &mut Tx,
    user: UserId,
    book: BookId,
) -> Result<Option<BorrowingId>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT id FROM borrowing WHERE user_id = $1 AND book_id = $2 AND status = 'APPROVED'
         ORDER BY due_at, id LIMIT 1",
    )
    .bind(user.to_string())
    .bind(book.to_string())
    .fetch_optional(tx.conn())
    .await?;
    row.as_ref().map(|row| id(row, "id")).transpose()
}

/// A page of borrowings in the order of their ids, for a replay.
pub async fn after(tx: &mut Tx, after: &str, limit: i64) -> Result<Vec<Stored>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM borrowing WHERE id > $1 ORDER BY id LIMIT $2"
    ))
    .bind(after)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    rows.iter().map(stored).collect()
}

/// The sagas that are in a state of that name, the oldest first.
pub async fn sagas(pool: &AnyPool, name: &str, limit: i64) -> Result<Vec<Stored>, sqlx::Error> {
    let rows = if name == "ABANDONED" {
        sqlx::query(concat!(
            "SELECT ",
            columns!(),
            " FROM borrowing WHERE saga_version <> $1 AND saga_name <> 'SETTLED' ORDER BY id LIMIT $2"
        ))
        .bind(saga::VERSION)
        .bind(limit)
        .fetch_all(pool)
        .await?
    } else {
        sqlx::query(concat!(
            "SELECT ",
            columns!(),
            " FROM borrowing WHERE saga_version = $1 AND saga_name = $3 ORDER BY id LIMIT $2"
        ))
        .bind(saga::VERSION)
        .bind(limit)
        .bind(name)
        .fetch_all(pool)
        .await?
    };
    rows.iter().map(stored).collect()
}

/// How many sagas are stuck, and how many of another version.
pub async fn troubled(pool: &AnyPool) -> Result<(i64, i64), sqlx::Error> {
    let row = sqlx::query(
        "SELECT CAST(COALESCE(SUM(CASE WHEN saga_version = $1 AND saga_name = 'STUCK' THEN 1 ELSE 0 END), 0) AS BIGINT) AS stuck,
                CAST(COALESCE(SUM(CASE WHEN saga_version <> $1 THEN 1 ELSE 0 END), 0) AS BIGINT) AS abandoned
         FROM borrowing WHERE saga_name <> 'SETTLED'",
    )
    .bind(saga::VERSION)
    .fetch_one(pool)
    .await?;
    Ok((row.try_get("stuck")?, row.try_get("abandoned")?))
}

/// Learns a book's barcode, unless something newer is known.
pub async fn know_book(
    tx: &mut Tx,
    id: BookId,
    barcode: &str,
    deleted: bool,
    version: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO known_book (id, barcode, deleted, version) VALUES ($1, $2, $3, $4)
         ON CONFLICT (id) DO UPDATE SET barcode = excluded.barcode, deleted = excluded.deleted, version = excluded.version
         WHERE known_book.version < excluded.version",
    )
    .bind(id.to_string())
    .bind(barcode)
    .bind(i64::from(deleted))
    .bind(version)
    .execute(tx.conn())
    .await
    .map(drop)
}

/// Learns a user's card, unless something newer is known.
pub async fn know_user(
    tx: &mut Tx,
    id: UserId,
    card: &str,
    version: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO known_user (id, card, version) VALUES ($1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET card = excluded.card, version = excluded.version
         WHERE known_user.version < excluded.version",
    )
    .bind(id.to_string())
    .bind(card)
    .bind(version)
    .execute(tx.conn())
    .await
    .map(drop)
}

/// The book that bears a barcode: one in the catalogue before one deleted from it, whose loans may still come back.
pub async fn book_of(pool: &AnyPool, barcode: &str) -> Result<Option<BookId>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT id FROM known_book WHERE barcode = $1 ORDER BY deleted, version DESC, id LIMIT 1",
    )
    .bind(barcode)
    .fetch_optional(pool)
    .await?;
    row.as_ref().map(|row| id(row, "id")).transpose()
}

/// The user who bears a card.
pub async fn user_of(pool: &AnyPool, card: &str) -> Result<Option<UserId>, sqlx::Error> {
    let row =
        sqlx::query("SELECT id FROM known_user WHERE card = $1 ORDER BY version DESC, id LIMIT 1")
            .bind(card)
            .fetch_optional(pool)
            .await?;
    row.as_ref().map(|row| id(row, "id")).transpose()
}

/// The borrowing in a row of [`columns`].
pub(crate) fn borrowing(row: &AnyRow) -> Result<Borrowing, sqlx::Error> {
    let instant = |column: &str| -> Result<_, sqlx::Error> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(from_micros))
    };
    Ok(Borrowing {
        id: id(row, "id")?,
        user: id(row, "user_id")?,
        book: id(row, "book_id")?,
        quantity: row.try_get("quantity")?,
        status: parsed(row.try_get("status")?)?,
        rejection_reason: row
            .try_get::<Option<String>, _>("rejection_reason")?
            .map(parsed)
            .transpose()?,
        returned_quantity: row.try_get("returned_quantity")?,
        return_count: row.try_get("return_count")?,
        requested_at: from_micros(row.try_get("requested_at")?),
        decided_at: instant("decided_at")?,
        due_at: instant("due_at")?,
        returned_at: instant("returned_at")?,
        late_fee: row.try_get("late_fee")?,
        rental_cost: row.try_get("rental_cost")?,
    })
}

fn stored(row: &AnyRow) -> Result<Stored, sqlx::Error> {
    let borrowing = borrowing(row)?;
    let saga = saga_of(row, &borrowing)?;
    Ok(Stored {
        borrowing,
        saga,
        due: row.try_get("saga_due_at")?,
        event_version: row.try_get("event_version")?,
        revision: row.try_get("revision")?,
    })
}

/// The saga's state, of which another version's can be told only whether it is over.
fn saga_of(row: &AnyRow, borrowing: &Borrowing) -> Result<State, sqlx::Error> {
    let state: String = row.try_get("saga_state")?;
    if row.try_get::<i64, _>("saga_version")? == saga::VERSION {
        return serde_json::from_str(&state).map_err(|error| sqlx::Error::Decode(Box::new(error)));
    }
    let decided = match (borrowing.status, borrowing.rejection_reason) {
        (Status::Approved | Status::Returned, _) => Some(Outcome::Approved),
        (Status::Canceled, _) => Some(Outcome::Canceled),
        (Status::Rejected, Some(reason)) => Some(Outcome::Rejected(reason)),
        (Status::Pending | Status::Rejected, _) => None,
    };
    Ok(
        match (row.try_get::<String, _>("saga_name")?.as_str(), decided) {
            ("SETTLED", Some(outcome)) => State::Settled { outcome },
            _ => State::Abandoned { decided },
        },
    )
}

fn written(saga: &State) -> String {
    serde_json::json!(saga).to_string()
}

/// An enum's word, as in messages.
pub(crate) fn word(value: impl Serialize) -> String {
    match serde_json::json!(value) {
        serde_json::Value::String(word) => word,
        other => other.to_string(),
    }
}

fn parsed<T: DeserializeOwned>(word: String) -> Result<T, sqlx::Error> {
    serde_json::from_value(serde_json::Value::String(word))
        .map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

pub(crate) fn id<T>(row: &AnyRow, column: &str) -> Result<kit::ids::Id<T>, sqlx::Error> {
    row.try_get::<String, _>(column)?
        .parse()
        .map_err(|error| sqlx::Error::Decode(Box::new(error)))
}
