//! The projection's tables. Writes are steps of the inbox's transaction; a loan's row is read `FOR UPDATE` first, so
//! that messages about one borrowing take turns, then the member's row is counted up: always in this order.

use std::{collections::HashMap, error::Error};

use kit::{
    Db, Tx,
    ids::{BookId, BorrowingId, UserId},
    json_list,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use sqlx::{Row, any::AnyRow};

use crate::{
    messages::BookState,
    projection::{BookStatus, Change, Known, Loan},
};

/// What a member has, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// Copies at home.
    pub on_loan: i64,
    /// Late fees of all their loans, in won.
    pub late_fees: i64,
}

/// Where a page of a member's loans begins: after the loan requested then, of that id.
pub type LoanPosition = (i64, BorrowingId);
/// Where a page of the desk's list begins: after the book of that title and id.
pub type BookPosition = (String, BookId);

/// A row of the desk's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The book.
    pub book: BookId,
    /// Its title.
    pub title: String,
    /// Whether it can be borrowed.
    pub status: BookStatus,
    /// Points for one copy.
    pub rental_cost: i64,
    /// Who was the last to be lent a copy, and when.
    pub recent: Option<(UserId, i64)>,
    /// When the first of the copies out is due.
    pub earliest_due_at: Option<i64>,
}

/// The projection, for reading. Clones share the connections.
#[derive(Clone)]
pub struct Store {
    pub(crate) db: Db,
}

impl Store {
    /// The projection in `db`.
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// The numbers of each of `users`, as far as they have any.
    pub async fn members(&self, users: &[UserId]) -> Result<HashMap<UserId, Member>, sqlx::Error> {
        let sql = self
            .db
            .dialect()
            .with_list("SELECT user_id, on_loan, late_fees FROM member WHERE user_id IN {list}");
        let rows = sqlx::query(sql)
            .bind(json_list(users))
            .fetch_all(self.db.pool())
            .await?;
        rows.iter()
            .map(|row| {
                let member = Member {
                    on_loan: row.try_get(1)?,
                    late_fees: row.try_get(2)?,
                };
                Ok((id(row, 0)?, member))
            })
            .collect()
    }

    /// The loans of each of `users`, the newest first: at most `count` of each, after `after`.
    pub async fn loans(
        &self,
        users: &[UserId],
        after: Option<LoanPosition>,
        count: usize,
    ) -> Result<HashMap<UserId, Vec<Loan>>, sqlx::Error> {
        let sql = self.db.dialect().with_list(
            "SELECT id, user_id, book_id, version, announced, status, quantity, returned, late_fee, requested_at, rented_at,
                    due_at, updated_at
             FROM (SELECT loan.*, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY requested_at DESC, id DESC) AS place
                   FROM loan WHERE user_id IN {list} AND (requested_at < $2 OR (requested_at = $2 AND id < $3))) AS ranked
             WHERE place <= $4 ORDER BY user_id, place",
        );
        let (before, id) = after.map_or((i64::MAX, String::new()), |(at, id)| (at, id.to_string()));
        let rows = sqlx::query(sql)
            .bind(json_list(users))
            .bind(before)
            .bind(id)
            .bind(count as i64)
            .fetch_all(self.db.pool())
            .await?;
        let mut loans: HashMap<UserId, Vec<Loan>> = HashMap::new();
        for row in &rows {
            let loan = read_known(row)?.loan;
            loans.entry(loan.user).or_default().push(loan);
        }
        Ok(loans)
    }

    /// The desk's list by title: at most `count` books after `after`, deleted ones left out.
    pub async fn books(
        &self,
        after: Option<&BookPosition>,
        count: usize,
    ) -> Result<Vec<Listed>, sqlx::Error> {
        let (title, after_id) = match after {
            Some((title, id)) => (title.as_str(), id.to_string()),
            // No title sorts before the empty one, and no id before this.
            None => ("", String::new()),
        };
        let rows = sqlx::query(
            "SELECT page.id, page.title, page.status, page.rental_cost, recent.user_id, recent.rented_at,
                    (SELECT MIN(due_at) FROM loan WHERE book_id = page.id AND due_at IS NOT NULL)
             FROM (SELECT id, title, status, rental_cost FROM book
                   WHERE deleted = 0 AND (title > $1 OR (title = $1 AND id > $2)) ORDER BY title, id LIMIT $3) AS page
             LEFT JOIN loan AS recent ON recent.id = (SELECT id FROM loan WHERE book_id = page.id AND rented_at IS NOT NULL
                                                      ORDER BY rented_at DESC, id DESC LIMIT 1)
             ORDER BY page.title, page.id",
        )
        .bind(title)
        .bind(after_id)
        .bind(count as i64)
        .fetch_all(self.db.pool())
        .await?;
        rows.iter().map(read_listed).collect()
    }
}

/// What is known of a borrowing; holds its row until the transaction ends.
pub async fn known(tx: &mut Tx, borrowing: BorrowingId) -> Result<Option<Known>, sqlx::Error> {
    let sql = tx.dialect().for_update(
        "SELECT id, user_id, book_id, version, announced, status, quantity, returned, late_fee, requested_at, rented_at,
                due_at, updated_at FROM loan WHERE id = $1",
    );
    let row = sqlx::query(sql)
        .bind(borrowing.to_string())
        .fetch_optional(tx.conn())
        .await?;
    row.as_ref().map(read_known).transpose()
}

/// Stores a change, and the member's next event with the next number, if it tells one.
pub async fn apply(tx: &mut Tx, new: bool, change: &Change, now: i64) -> Result<(), sqlx::Error> {
    if new {
        insert_loan(tx, &change.known).await?;
    } else {
        update_loan(tx, &change.known).await?;
    }
    let user = change.known.loan.user.to_string();
    let seq = count_up(tx, &user, change).await?;
    let Some(told) = &change.announce else {
        return Ok(());
    };
    sqlx::query(
        "INSERT INTO stream_event (user_id, seq, at, kind, status, borrowing_id, stored_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(user)
    .bind(seq)
    .bind(told.at)
    .bind(word(told.kind))
    .bind(word(told.status))
    .bind(change.known.loan.id.to_string())
    .bind(now)
    .execute(tx.conn())
    .await
    .map(drop)
}

/// Changes the member's numbers; the number of their latest event. The row's lock makes the numbers appear in commit
/// order: gapless for whoever reads up to the latest.
async fn count_up(tx: &mut Tx, user: &str, change: &Change) -> Result<i64, sqlx::Error> {
    let update =
        "UPDATE member SET seq = seq + $2, on_loan = on_loan + $3, late_fees = late_fees + $4
                  WHERE user_id = $1 RETURNING seq";
    // Not this alone: what is added may be less than nothing, which the table would refuse in a row of its own.
    let insert = "INSERT INTO member (user_id, seq, on_loan, late_fees) VALUES ($1, $2, $3, $4)
                  ON CONFLICT (user_id) DO UPDATE SET seq = member.seq + $2, on_loan = member.on_loan + $3,
                                                      late_fees = member.late_fees + $4
                  RETURNING seq";
    for statement in [update, insert] {
        let row = sqlx::query(statement)
            .bind(user)
            .bind(i64::from(change.announce.is_some()))
            .bind(change.on_loan)
            .bind(change.late_fees)
            .fetch_optional(tx.conn())
            .await?;
        if let Some(row) = row {
            return row.try_get(0);
        }
    }
    Err(sqlx::Error::RowNotFound)
}

/// A new borrowing. Two messages may find it new at once: the second then fails on the key, and is tried again.
async fn insert_loan(tx: &mut Tx, known: &Known) -> Result<(), sqlx::Error> {
    let loan = &known.loan;
    sqlx::query(
        "INSERT INTO loan (id, version, announced, status, returned, late_fee, rented_at, due_at, updated_at, user_id,
                           book_id, quantity, requested_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(loan.id.to_string())
    .bind(known.version)
    .bind(known.announced)
    .bind(word(loan.status))
    .bind(loan.returned)
    .bind(loan.late_fee)
    .bind(loan.rented_at)
    .bind(loan.due_at)
    .bind(loan.updated_at)
    .bind(loan.user.to_string())
    .bind(loan.book.to_string())
    .bind(loan.quantity)
    .bind(loan.requested_at)
    .execute(tx.conn())
    .await
    .map(drop)
}

async fn update_loan(tx: &mut Tx, known: &Known) -> Result<(), sqlx::Error> {
    let loan = &known.loan;
    sqlx::query(
        "UPDATE loan SET version = $2, announced = $3, status = $4, returned = $5, late_fee = $6, rented_at = $7,
                         due_at = $8, updated_at = $9 WHERE id = $1",
    )
    .bind(loan.id.to_string())
    .bind(known.version)
    .bind(known.announced)
    .bind(word(loan.status))
    .bind(loan.returned)
    .bind(loan.late_fee)
    .bind(loan.rented_at)
    .bind(loan.due_at)
    .bind(loan.updated_at)
    .execute(tx.conn())
    .await
    .map(drop)
}

/// Keeps a book's state, unless a newer one is known. Each state is whole, so those in between are not missed.
pub async fn put_book(tx: &mut Tx, book: &BookState, version: i64) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO book (id, version, title, status, rental_cost, deleted) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id) DO UPDATE SET version = excluded.version, title = excluded.title, status = excluded.status,
                                        rental_cost = excluded.rental_cost, deleted = excluded.deleted
         WHERE book.version < excluded.version",
    )
    .bind(book.id.to_string())
    .bind(version)
    .bind(&book.title)
    .bind(word(book.status))
    .bind(book.rental_cost)
    .bind(i64::from(book.deleted))
    .execute(tx.conn())
    .await
    .map(drop)
}

fn read_known(row: &AnyRow) -> Result<Known, sqlx::Error> {
    Ok(Known {
        loan: Loan {
            id: id(row, 0)?,
            user: id(row, 1)?,
            book: id(row, 2)?,
            status: named(row, 5)?,
            quantity: row.try_get(6)?,
            returned: row.try_get(7)?,
            late_fee: row.try_get(8)?,
            requested_at: row.try_get(9)?,
            rented_at: row.try_get(10)?,
            due_at: row.try_get(11)?,
            updated_at: row.try_get(12)?,
        },
        version: row.try_get(3)?,
        announced: row.try_get(4)?,
    })
}

fn read_listed(row: &AnyRow) -> Result<Listed, sqlx::Error> {
    let rented_at: Option<i64> = row.try_get(5)?;
    Ok(Listed {
        book: id(row, 0)?,
        title: row.try_get(1)?,
        status: named(row, 2)?,
        rental_cost: row.try_get(3)?,
        recent: rented_at
            .map(|at| Ok::<_, sqlx::Error>((id(row, 4)?, at)))
            .transpose()?,
        earliest_due_at: row.try_get(6)?,
    })
}

/// An id in column `index`.
pub(crate) fn id<T>(row: &AnyRow, index: usize) -> Result<kit::ids::Id<T>, sqlx::Error> {
    row.try_get::<String, _>(index)?.parse().map_err(decode)
}

/// A value of one of the enums in column `index`.
pub(crate) fn named<T: DeserializeOwned>(row: &AnyRow, index: usize) -> Result<T, sqlx::Error> {
    let name: String = row.try_get(index)?;
    serde_json::from_value(Value::String(name)).map_err(decode)
}

fn decode(error: impl Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}

/// The enum value's name, the same in messages, tables and GraphQL.
pub(crate) fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => name,
        other => unreachable!("our enums are written as their names, not as {other:?}"),
    }
}
