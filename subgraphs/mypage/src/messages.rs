//! The messages mypage reads and the one it sends, as far as it cares for them: fields it does not name pass by.

use kit::ids::{BookId, BorrowingId, UserId};
use serde::{Deserialize, Serialize};

use crate::projection::{BookStatus, Status};

/// The payload of every borrowing event and of `BorrowingSnapshot`: the whole state, whatever happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BorrowingMessage {
    /// The borrowing after what happened.
    pub borrowing: BorrowingState,
}

/// A borrowing. Instants are microseconds since 1970, by the library's calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BorrowingState {
    /// The borrowing.
    pub id: BorrowingId,
    /// Who borrows.
    pub user_id: UserId,
    /// What.
    pub book_id: BookId,
    /// How many copies.
    pub quantity: i64,
    /// Where it stands.
    pub status: Status,
    /// How many of the copies are back.
    pub returned_quantity: i64,
    /// When it was asked for.
    pub requested_at: i64,
    /// When it was approved, rejected or canceled.
    pub decided_at: Option<i64>,
    /// When the copies are due.
    pub due_at: Option<i64>,
    /// When the last of the copies came back.
    pub returned_at: Option<i64>,
    /// The late fees of all its returns, in won.
    pub late_fee: i64,
}

/// The payload of `BookChanged` and `BookSnapshot`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BookState {
    /// The book.
    pub id: BookId,
    /// Its title.
    pub title: String,
    /// Whether it can be borrowed.
    pub status: BookStatus,
    /// Points for one copy.
    pub rental_cost: i64,
    /// Whether it is gone from the catalogue.
    pub deleted: bool,
}
