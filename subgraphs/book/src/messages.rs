//! The messages that book reads and sends, as book sees them. Their golden samples lie in `schema/messages/`.

use kit::{
    Outgoing,
    ids::{BookId, BorrowingId},
};
use serde::{Deserialize, Serialize};

use crate::domain::{Book, reservation::Reply};

/// From borrowing: set copies aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReserveCopies {
    /// For which loan.
    pub borrowing_id: BorrowingId,
    /// Of which book.
    pub book_id: BookId,
    /// How many.
    pub quantity: i64,
}

/// From borrowing: whatever is held for that loan goes back on the shelf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseCopies {
    /// For which loan.
    pub borrowing_id: BorrowingId,
    /// Of which book.
    pub book_id: BookId,
}

/// From borrowing: copies came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BorrowingReturned {
    /// The loan.
    pub borrowing: Returned,
    /// This return of it.
    #[serde(rename = "return")]
    pub this: Return,
}

/// What book needs to know of a loan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Returned {
    /// The loan.
    pub id: BorrowingId,
    /// The book lent.
    pub book_id: BookId,
}

/// What book needs to know of a return.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Return {
    /// 1 for the first return of a loan, then 2, …
    pub number: i64,
    /// Copies that came back.
    pub quantity: i64,
}

/// To borrowing: the copies are set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CopiesReserved {
    /// For which loan.
    pub borrowing_id: BorrowingId,
    /// What one copy costs, in points.
    pub rental_cost: i64,
}

/// To borrowing: they are not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReservationRefused {
    /// For which loan.
    pub borrowing_id: BorrowingId,
    /// The borrowing's rejection reason.
    pub reason: String,
}

/// To borrowing: nothing is held for that loan, now or later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CopiesReleased {
    /// For which loan.
    pub borrowing_id: BorrowingId,
}

/// To whom it may concern: a book as it is now. Also what a `BookSnapshot` carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BookChanged {
    /// Its id.
    pub id: BookId,
    /// The label the desk scans.
    pub barcode: String,
    /// Its ISBN.
    pub isbn: String,
    /// Its title.
    pub title: String,
    /// Who wrote it.
    pub author: String,
    /// AVAILABLE, ON_LOAN or UNAVAILABLE.
    pub status: String,
    /// Copies the library owns.
    pub copies: i64,
    /// Copies on the shelf.
    pub available: i64,
    /// Points that lending one copy costs.
    pub rental_cost: i64,
    /// Gone from the catalogue.
    pub deleted: bool,
}

impl From<&Book> for BookChanged {
    fn from(book: &Book) -> Self {
        Self {
            id: book.id,
            barcode: book.barcode.clone(),
            isbn: book.isbn.clone(),
            title: book.title.clone(),
            author: book.author.clone(),
            status: book.status().as_str().to_owned(),
            copies: book.copies,
            available: book.available,
            rental_cost: book.rental_cost,
            deleted: book.deleted,
        }
    }
}

/// The news of a changed book.
pub fn book_changed(book: &Book) -> Outgoing {
    Outgoing::new(
        "BookChanged",
        book.id,
        book.version,
        BookChanged::from(book),
    )
}

/// A book as it is, for one consumer that asked.
pub fn book_snapshot(book: &Book) -> Outgoing {
    Outgoing::new(
        "BookSnapshot",
        book.id,
        book.version,
        BookChanged::from(book),
    )
}

/// An answer to borrowing. Version 0: answers are not ordered, the saga takes them as they come.
pub fn reply(borrowing_id: BorrowingId, reply: Reply) -> Outgoing {
    match reply {
        Reply::Reserved { rental_cost } => {
            let payload = CopiesReserved {
                borrowing_id,
                rental_cost,
            };
            Outgoing::new("CopiesReserved", borrowing_id, 0, payload)
        }
        Reply::Refused(reason) => {
            let payload = ReservationRefused {
                borrowing_id,
                reason: reason.as_str().to_owned(),
            };
            Outgoing::new("ReservationRefused", borrowing_id, 0, payload)
        }
        Reply::Released => {
            let payload = CopiesReleased { borrowing_id };
            Outgoing::new("CopiesReleased", borrowing_id, 0, payload)
        }
    }
}
