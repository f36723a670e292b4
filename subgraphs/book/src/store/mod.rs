//! The book service's SQL. Rows in, rows out: what they mean is `domain`'s.
//!
//! Locks are taken in one order, the reservation before its book, so that two replicas cannot wait for each other over
//! one loan.

mod listing;

use std::collections::HashMap;

use kit::{
    Failure, Live, Mailbox, Refusal, Tx, from_micros,
    ids::{BookId, BorrowingId, Id},
    json_list, to_micros,
};
use sqlx::{AssertSqlSafe, Row, any::AnyRow};

pub use self::listing::{Filter, Position, Sort};
use crate::{
    domain::{
        Book,
        reservation::{Reason, Reservation},
    },
    messages,
};

const COLUMNS: &str = "id, barcode, isbn, title, author, copies, available, rental_cost, withdrawn, deleted, version, added_at";

/// The catalogue. Clones share it.
#[derive(Clone)]
pub struct Store {
    mailbox: Mailbox,
    live: Live,
}

impl Store {
    /// The catalogue in `mailbox`'s database; `live` is told of every change.
    pub fn new(mailbox: Mailbox, live: Live) -> Self {
        Self { mailbox, live }
    }

    /// One book.
    pub async fn book(&self, id: BookId) -> Result<Option<Book>, sqlx::Error> {
        Ok(self.by_ids(&[id]).await?.remove(&id))
    }

    /// Those of `ids` that there are, in one statement. Deleted ones too: past loans name them.
    pub async fn by_ids(&self, ids: &[BookId]) -> Result<HashMap<BookId, Book>, sqlx::Error> {
        let books = self.listed("id", json_list(ids)).await?;
        Ok(books.into_iter().map(|book| (book.id, book)).collect())
    }

    /// Those of `barcodes` that there are, in one statement. Deleted ones too.
    pub async fn by_barcodes(
        &self,
        barcodes: &[String],
    ) -> Result<HashMap<String, Book>, sqlx::Error> {
        let books = self.listed("barcode", json_list(barcodes)).await?;
        Ok(books
            .into_iter()
            .map(|book| (book.barcode.clone(), book))
            .collect())
    }

    async fn listed(&self, column: &'static str, list: String) -> Result<Vec<Book>, sqlx::Error> {
        let db = self.mailbox.db();
        let select = format!("SELECT {COLUMNS} FROM book WHERE {column} IN {{list}}");
        let rows = sqlx::query(db.dialect().with_list(&select))
            .bind(list)
            .fetch_all(db.pool())
            .await?;
        rows.iter().map(read_book).collect()
    }

    /// Up to `count` books by id, behind `after`: for a replay.
    pub async fn replay_page(
        &self,
        tx: &mut Tx,
        after: &str,
        count: i64,
    ) -> Result<Vec<Book>, sqlx::Error> {
        let select = format!("SELECT {COLUMNS} FROM book WHERE id > $1 ORDER BY id LIMIT $2");
        let rows = sqlx::query(AssertSqlSafe(select))
            .bind(after)
            .bind(count)
            .fetch_all(tx.conn())
            .await?;
        rows.iter().map(read_book).collect()
    }

    /// Adds a book.
    pub async fn add(&self, book: Book) -> Result<Book, Failure> {
        let mut tx = self.mailbox.begin().await?;
        let inserted = sqlx::query(
            "INSERT INTO book (id, barcode, isbn, title, author, copies, available, rental_cost, withdrawn, deleted, version,
                               added_at, title_key, author_key)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (barcode) DO NOTHING",
        )
        .bind(book.id.to_string())
        .bind(&book.barcode)
        .bind(&book.isbn)
        .bind(&book.title)
        .bind(&book.author)
        .bind(book.copies)
        .bind(book.available)
        .bind(book.rental_cost)
        .bind(i64::from(book.withdrawn))
        .bind(i64::from(book.deleted))
        .bind(book.version)
        .bind(to_micros(book.added_at))
        .bind(book.title.to_lowercase())
        .bind(book.author.to_lowercase())
        .execute(tx.conn())
        .await?;
        if inserted.rows_affected() == 0 {
            return Err(Failure::Refused(Refusal::new(
                "BARCODE_TAKEN",
                format!(
                    "the barcode {:?} is taken by another book, perhaps a deleted one",
                    book.barcode
                ),
            )));
        }
        self.announce(&mut tx, &book).await?;
        tx.commit().await?;
        Ok(book)
    }

    /// Does to a book what `decide` makes of it.
    pub async fn change(
        &self,
        id: BookId,
        decide: impl FnOnce(&Book) -> Result<Book, Refusal>,
    ) -> Result<Book, Failure> {
        let mut tx = self.mailbox.begin().await?;
        let Some(book) = self.lock(&mut tx, id).await? else {
            return Err(Failure::Refused(unknown()));
        };
        let changed = decide(&book)?;
        if changed.version != book.version {
            self.save(&mut tx, &changed).await?;
            tx.commit().await?;
        }
        Ok(changed)
    }

    /// A book, which stays as it is until `tx` ends.
    pub async fn lock(&self, tx: &mut Tx, id: BookId) -> Result<Option<Book>, sqlx::Error> {
        let select = format!("SELECT {COLUMNS} FROM book WHERE id = $1");
        let row = sqlx::query(tx.dialect().for_update(&select))
            .bind(id.to_string())
            .fetch_optional(tx.conn())
            .await?;
        row.as_ref().map(read_book).transpose()
    }

    /// Writes a changed book, and tells everyone.
    pub async fn save(&self, tx: &mut Tx, book: &Book) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE book SET isbn = $2, title = $3, author = $4, copies = $5, available = $6, rental_cost = $7,
                             withdrawn = $8, deleted = $9, version = $10, title_key = $11, author_key = $12
             WHERE id = $1",
        )
        .bind(book.id.to_string())
        .bind(&book.isbn)
        .bind(&book.title)
        .bind(&book.author)
        .bind(book.copies)
        .bind(book.available)
        .bind(book.rental_cost)
        .bind(i64::from(book.withdrawn))
        .bind(i64::from(book.deleted))
        .bind(book.version)
        .bind(book.title.to_lowercase())
        .bind(book.author.to_lowercase())
        .execute(tx.conn())
        .await?;
        self.announce(tx, book).await
    }

    async fn announce(&self, tx: &mut Tx, book: &Book) -> Result<(), sqlx::Error> {
        self.mailbox.send(tx, messages::book_changed(book)).await?;
        let (live, key) = (self.live.clone(), book.id.to_string());
        tx.after_commit(move || live.wake(&key));
        Ok(())
    }

    /// A borrowing's claim and the book it is on, locked until `tx` ends; `None` when this is the first that is heard of it. The row is there
    /// from now on, as a released claim: [`Store::put_reservation`] says what it really is.
    pub async fn claim(
        &self,
        tx: &mut Tx,
        borrowing: BorrowingId,
        book: BookId,
    ) -> Result<Option<(BookId, Reservation)>, sqlx::Error> {
        // Inserting first makes a second replica wait here: a row that is not there cannot be locked.
        let inserted = sqlx::query(
            "INSERT INTO reservation (borrowing_id, book_id, state, quantity, returned, rental_cost)
             VALUES ($1, $2, 'RELEASED', 0, 0, 0) ON CONFLICT (borrowing_id) DO NOTHING",
        )
        .bind(borrowing.to_string())
        .bind(book.to_string())
        .execute(tx.conn())
        .await?;
        if inserted.rows_affected() == 1 {
            return Ok(None);
        }
        let select = tx.dialect().for_update(
            "SELECT state, quantity, returned, rental_cost, reason, book_id FROM reservation WHERE borrowing_id = $1",
        );
        let row = sqlx::query(select)
            .bind(borrowing.to_string())
            .fetch_one(tx.conn())
            .await?;
        Ok(Some((read_id(&row, 5)?, read_reservation(&row)?)))
    }

    /// Writes what became of a claim.
    pub async fn put_reservation(
        &self,
        tx: &mut Tx,
        borrowing: BorrowingId,
        reservation: Reservation,
    ) -> Result<(), sqlx::Error> {
        let (state, quantity, returned, rental_cost, reason) = match reservation {
            Reservation::Held {
                quantity,
                returned,
                rental_cost,
            } => ("HELD", quantity, returned, rental_cost, None),
            Reservation::Refused(reason) => ("REFUSED", 0, 0, 0, Some(reason.as_str())),
            Reservation::Released => ("RELEASED", 0, 0, 0, None),
        };
        sqlx::query(
            "UPDATE reservation SET state = $2, quantity = $3, returned = $4, rental_cost = $5, reason = $6
             WHERE borrowing_id = $1",
        )
        .bind(borrowing.to_string())
        .bind(state)
        .bind(quantity)
        .bind(returned)
        .bind(rental_cost)
        .bind(reason)
        .execute(tx.conn())
        .await
        .map(drop)
    }

    /// Notes a return; false when it has been noted before.
    pub async fn note_return(
        &self,
        tx: &mut Tx,
        borrowing: BorrowingId,
        number: i64,
        quantity: i64,
    ) -> Result<bool, sqlx::Error> {
        let inserted = sqlx::query(
            "INSERT INTO restock (borrowing_id, number, quantity) VALUES ($1, $2, $3)
             ON CONFLICT (borrowing_id, number) DO NOTHING",
        )
        .bind(borrowing.to_string())
        .bind(number)
        .bind(quantity)
        .execute(tx.conn())
        .await?;
        Ok(inserted.rows_affected() == 1)
    }
}

/// What a librarian is told who changes a book that is not there.
pub fn unknown() -> Refusal {
    Refusal::not_found("there is no book with this id")
}

fn read_book(row: &AnyRow) -> Result<Book, sqlx::Error> {
    Ok(Book {
        id: read_id(row, 0)?,
        barcode: row.try_get(1)?,
        isbn: row.try_get(2)?,
        title: row.try_get(3)?,
        author: row.try_get(4)?,
        copies: row.try_get(5)?,
        available: row.try_get(6)?,
        rental_cost: row.try_get(7)?,
        withdrawn: row.try_get::<i64, _>(8)? != 0,
        deleted: row.try_get::<i64, _>(9)? != 0,
        version: row.try_get(10)?,
        added_at: from_micros(row.try_get(11)?),
    })
}

fn read_reservation(row: &AnyRow) -> Result<Reservation, sqlx::Error> {
    match row.try_get::<String, _>(0)?.as_str() {
        "HELD" => Ok(Reservation::Held {
            quantity: row.try_get(1)?,
            returned: row.try_get(2)?,
            rental_cost: row.try_get(3)?,
        }),
        "REFUSED" => {
            let reason: String = row.try_get(4)?;
            Reason::parse(&reason)
                .map(Reservation::Refused)
                .ok_or_else(|| {
                    sqlx::Error::Decode(format!("unknown refusal reason {reason:?}").into())
                })
        }
        _ => Ok(Reservation::Released),
    }
}

fn read_id<T>(row: &AnyRow, column: usize) -> Result<Id<T>, sqlx::Error> {
    row.try_get::<String, _>(column)?
        .parse()
        .map_err(|error| sqlx::Error::Decode(Box::new(error)))
}
