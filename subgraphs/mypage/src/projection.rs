//! The fold: what a message about a borrowing means to what is known of it. Pure, and total.
//!
//! Events carry the whole state and a gapless version, so the fold is short: take the next version, pass over older
//! ones, wait for missing ones. Whatever the order, repetition or delay of delivery, the result is that of the versions
//! in order; and a snapshot takes the place of all the events up to it. Only the member's stream tells them apart: it
//! speaks of events, and never of snapshots.

use std::ops::RangeInclusive;

use async_graphql::Enum;
use kit::ids::{BookId, BorrowingId, UserId};
use serde::{Deserialize, Serialize};

use crate::messages::BorrowingState;

/// Where a borrowing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize, Deserialize)]
#[graphql(name = "BorrowingStatus")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Requested; the decision is on its way.
    Pending,
    /// Lent: copies reserved, points charged, due date set.
    Approved,
    /// Refused, with a reason; nothing is held.
    Rejected,
    /// Withdrawn by the user before it was decided; nothing is held.
    Canceled,
    /// Every copy is back.
    Returned,
}

/// Whether a book can be borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BookStatus {
    /// A copy is on the shelf.
    Available,
    /// Every copy is out.
    OnLoan,
    /// Withdrawn from lending.
    Unavailable,
}

/// What happened to a loan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize, Deserialize)]
#[graphql(name = "LoanEventKind")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EventKind {
    /// It was asked for.
    Requested,
    /// It was approved.
    Approved,
    /// It was refused.
    Rejected,
    /// The user withdrew the request.
    Canceled,
    /// Some of the copies came back.
    PartlyReturned,
    /// The last copies came back.
    Returned,
}

/// A loan as it is shown. Instants are microseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loan {
    /// The borrowing.
    pub id: BorrowingId,
    /// Who borrows.
    pub user: UserId,
    /// What.
    pub book: BookId,
    /// Where it stands.
    pub status: Status,
    /// How many copies.
    pub quantity: i64,
    /// How many of them are back.
    pub returned: i64,
    /// Late fees so far, in won.
    pub late_fee: i64,
    /// When it was asked for.
    pub requested_at: i64,
    /// When it was lent; a loan that was never approved leaves no trace on the desk's list.
    pub rented_at: Option<i64>,
    /// When it is due, as long as copies are out.
    pub due_at: Option<i64>,
    /// The latest instant its state names.
    pub updated_at: i64,
}

impl Loan {
    /// The loan of a borrowing's state.
    pub fn of(state: &BorrowingState) -> Self {
        let out = state.status == Status::Approved;
        let lent = out || state.status == Status::Returned;
        let latest = [state.decided_at, state.returned_at]
            .into_iter()
            .flatten()
            .max();
        Self {
            id: state.id,
            user: state.user_id,
            book: state.book_id,
            status: state.status,
            quantity: state.quantity,
            returned: state.returned_quantity,
            late_fee: state.late_fee,
            requested_at: state.requested_at,
            rented_at: state.decided_at.filter(|_| lent),
            due_at: state.due_at.filter(|_| out),
            updated_at: latest.map_or(state.requested_at, |latest| latest.max(state.requested_at)),
        }
    }

    /// How many copies the member has at home.
    pub fn on_loan(&self) -> i64 {
        match self.status {
            Status::Approved => self.quantity - self.returned,
            Status::Pending | Status::Rejected | Status::Canceled | Status::Returned => 0,
        }
    }
}

/// A loan, and how far it has been told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The loan.
    pub loan: Loan,
    /// The version of its state.
    pub version: i64,
    /// The latest version that the member's stream has told of; 0 for none.
    pub announced: i64,
}

/// What the member's stream tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// What happened.
    pub kind: EventKind,
    /// Where the borrowing stood after it.
    pub status: Status,
    /// When, by the library's calendar.
    pub at: i64,
}

/// What a message changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The loan from now on.
    pub known: Known,
    /// By how much the member's copies on loan change.
    pub on_loan: i64,
    /// By how much the member's late fees change, in won.
    pub late_fees: i64,
    /// What the member's stream tells, if anything.
    pub announce: Option<Announcement>,
}

/// What becomes of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It says nothing new.
    Ignore,
    /// An earlier one is missing.
    Wait,
    /// It changes what is known.
    Take(Box<Change>),
}

/// What happened, by the message's kind; `None` for a kind that is not an event of a borrowing.
pub fn event_kind(message: &str, status: Status) -> Option<EventKind> {
    Some(match message {
        "BorrowingRequested" => EventKind::Requested,
        "BorrowingApproved" => EventKind::Approved,
        "BorrowingRejected" => EventKind::Rejected,
        "BorrowingCanceled" => EventKind::Canceled,
        "BorrowingReturned" if status == Status::Returned => EventKind::Returned,
        "BorrowingReturned" => EventKind::PartlyReturned,
        _ => return None,
    })
}

/// An event: `version` of a borrowing is `state`, because `kind` happened.
///
/// `sent_at` stands in for the time of the event where the state names none.
pub fn on_event(
    known: Option<&Known>,
    version: i64,
    kind: EventKind,
    state: &BorrowingState,
    sent_at: i64,
) -> Step {
    let next = next_event(known);
    if version < *next.start() {
        return Step::Ignore;
    }
    if version > *next.end() {
        return Step::Wait;
    }
    let announcement = Announcement {
        kind,
        status: state.status,
        at: instant(kind, state).unwrap_or(sent_at),
    };
    let (loan, latest) = match known {
        // A snapshot came first. The state is old news, but the member has not been told.
        Some(known) if version <= known.version => (known.loan.clone(), known.version),
        _ => (Loan::of(state), version),
    };
    take(known, loan, latest, version, Some(announcement))
}

/// Which event may be told next: the one after the last, also where a snapshot has overtaken it. Where only snapshots
/// are known, that of the latest state or the one after it: those before may have been told before a rebuild.
fn next_event(known: Option<&Known>) -> RangeInclusive<i64> {
    match known {
        None => 1..=1,
        Some(known) if known.announced > 0 => known.announced + 1..=known.announced + 1,
        Some(known) => known.version..=known.version + 1,
    }
}

/// A snapshot: `version` of a borrowing is `state`, whatever happened before.
pub fn on_snapshot(known: Option<&Known>, version: i64, state: &BorrowingState) -> Step {
    if known.is_some_and(|known| known.version >= version) {
        return Step::Ignore;
    }
    let announced = known.map_or(0, |known| known.announced);
    take(known, Loan::of(state), version, announced, None)
}

fn take(
    known: Option<&Known>,
    loan: Loan,
    version: i64,
    announced: i64,
    announce: Option<Announcement>,
) -> Step {
    let (on_loan, late_fees) =
        known.map_or((0, 0), |known| (known.loan.on_loan(), known.loan.late_fee));
    Step::Take(Box::new(Change {
        on_loan: loan.on_loan() - on_loan,
        late_fees: loan.late_fee - late_fees,
        known: Known {
            loan,
            version,
            announced,
        },
        announce,
    }))
}

fn instant(kind: EventKind, state: &BorrowingState) -> Option<i64> {
    match kind {
        EventKind::Requested => Some(state.requested_at),
        EventKind::Approved | EventKind::Rejected | EventKind::Canceled => state.decided_at,
        EventKind::PartlyReturned | EventKind::Returned => state.returned_at,
    }
}
