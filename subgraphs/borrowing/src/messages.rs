//! What borrowing sends and reads, as it is written on the bus. `schema/messages/` holds a sample of each kind; the
//! sender's tests keep its samples true, the readers' tests read them. Unknown fields pass.

use kit::ids::{BookId, BorrowingId, UserId};
use serde::{Deserialize, Serialize};

use crate::domain::{Borrowing, RejectionReason, Return, Status};

/// To book: hold copies for a borrowing.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReserveCopies {
    /// For which borrowing.
    pub borrowing_id: BorrowingId,
    /// Of which book.
    pub book_id: BookId,
    /// How many.
    pub quantity: i64,
}

/// To book: let go what is held for a borrowing, now or whenever its `ReserveCopies` comes.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseCopies {
    /// For which borrowing.
    pub borrowing_id: BorrowingId,
    /// Of which book.
    pub book_id: BookId,
}

/// To user: charge a borrowing's points.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargePoints {
    /// For which borrowing.
    pub borrowing_id: BorrowingId,
    /// Whom.
    pub user_id: UserId,
    /// How many.
    pub points: i64,
}

/// To user: give a borrowing's points back, now or whenever its `ChargePoints` comes.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundPoints {
    /// For which borrowing.
    pub borrowing_id: BorrowingId,
    /// Whom.
    pub user_id: UserId,
}

/// The payload of every event about a borrowing, and of its snapshot: its whole state.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BorrowingEvent {
    /// The borrowing.
    pub borrowing: BorrowingState,
    /// What came back, when that is the event.
    #[serde(rename = "return")]
    pub returned: Option<ReturnFact>,
}

/// A borrowing, as others read it. Instants are microseconds since 1970, in business time.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BorrowingState {
    /// Its id.
    pub id: BorrowingId,
    /// Who borrows.
    pub user_id: UserId,
    /// What is borrowed.
    pub book_id: BookId,
    /// How many copies.
    pub quantity: i64,
    /// How far it has come.
    pub status: Status,
    /// Why it was refused.
    pub rejection_reason: Option<RejectionReason>,
    /// How many copies have come back.
    pub returned_quantity: i64,
    /// When it was asked for.
    pub requested_at: i64,
    /// When it was decided.
    pub decided_at: Option<i64>,
    /// When the copies are due.
    pub due_at: Option<i64>,
    /// When the last copy came back.
    pub returned_at: Option<i64>,
    /// What its late returns have cost, in won.
    pub late_fee: i64,
    /// The points charged, once approved.
    pub points: Option<i64>,
}

/// One return of one or more copies.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReturnFact {
    /// The first, the second, … of its borrowing.
    pub number: i64,
    /// How many copies.
    pub quantity: i64,
    /// Points that the user gets back.
    pub credit_points: i64,
    /// What its lateness costs, in won.
    pub late_fee: i64,
}

/// From book: the copies are held.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CopiesReserved {
    /// For which borrowing.
    pub borrowing_id: BorrowingId,
    /// Points per copy.
    pub rental_cost: i64,
}

/// From book or user: a refusal.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refused {
    /// Of which borrowing.
    pub borrowing_id: BorrowingId,
    /// Why.
    pub reason: RejectionReason,
}

/// From book or user: done.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Acknowledged {
    /// For which borrowing.
    pub borrowing_id: BorrowingId,
}

/// From book, `BookChanged` and `BookSnapshot`: what the desk needs of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BookState {
    /// The book.
    pub id: BookId,
    /// What the desk scans.
    pub barcode: String,
    /// Whether it is gone from the catalogue.
    pub deleted: bool,
}

/// From user, `UserChanged` and `UserSnapshot`: what the desk needs of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserState {
    /// The user.
    pub id: UserId,
    /// What the desk scans.
    pub card: String,
}

impl BorrowingEvent {
    /// The state of `borrowing`, after `returned` if that is what happened.
    pub fn new(borrowing: &Borrowing, returned: Option<Return>) -> Self {
        Self {
            borrowing: BorrowingState {
                id: borrowing.id,
                user_id: borrowing.user,
                book_id: borrowing.book,
                quantity: borrowing.quantity,
                status: borrowing.status,
                rejection_reason: borrowing.rejection_reason,
                returned_quantity: borrowing.returned_quantity,
                requested_at: kit::to_micros(borrowing.requested_at),
                decided_at: borrowing.decided_at.map(kit::to_micros),
                due_at: borrowing.due_at.map(kit::to_micros),
                returned_at: borrowing.returned_at.map(kit::to_micros),
                late_fee: borrowing.late_fee,
                points: borrowing.points(),
            },
            returned: returned.map(|returned| ReturnFact {
                number: returned.number,
                quantity: returned.quantity,
                credit_points: returned.credit_points,
                late_fee: returned.late_fee,
            }),
        }
    }
}
