//! What a borrowing is and what may become of it: pure decisions, time as a parameter. The way to a decision, with book
//! and user taking part, is [`crate::saga`].

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use kit::{
    Refusal,
    ids::{BookId, BorrowingId, UserId},
};
use serde::{Deserialize, Serialize};

use crate::calendar;

/// The most copies of one title in one borrowing.
pub const MOST_COPIES: i64 = 1000;

/// How far a borrowing has come.
#[derive(async_graphql::Enum, Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "BorrowingStatus")]
pub enum Status {
    /// Requested; the decision is on its way.
    Pending,
    /// Copies are reserved, points are charged, a due date is set.
    Approved,
    /// Refused; nothing is held.
    Rejected,
    /// Taken back by the user before the decision; nothing is held.
    Canceled,
    /// Every copy has come back.
    Returned,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "PENDING",
            Self::Approved => "APPROVED",
            Self::Rejected => "REJECTED",
            Self::Canceled => "CANCELED",
            Self::Returned => "RETURNED",
        })
    }
}

/// Why a borrowing was refused.
#[derive(async_graphql::Enum, Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RejectionReason {
    /// There is no such book.
    BookNotFound,
    /// Every copy is out.
    BookOnLoan,
    /// The book is withdrawn from lending.
    BookUnavailable,
    /// Fewer copies are on the shelf than were asked for.
    NotEnoughCopies,
    /// There is no such user.
    UserNotFound,
    /// The user is blocked.
    UserBlocked,
    /// The user's points do not cover the rental cost.
    NotEnoughPoints,
    /// The decision did not come in time.
    TimedOut,
}

/// The library's terms of lending.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Days that a loan runs.
    pub loan_days: u32,
    /// Where the library's days begin and end.
    pub zone: Tz,
    /// What lateness costs.
    pub late_fees: LateFees,
}

/// What a late return costs, by days late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateFees {
    /// Ascending; the last has no end.
    tiers: Vec<(Option<i64>, i64)>,
}

impl LateFees {
    /// The fee of one return, in won.
    pub fn of(&self, days_late: i64) -> i64 {
        if days_late <= 0 {
            return 0;
        }
        self.tiers
            .iter()
            .find(|(up_to, _)| up_to.is_none_or(|days| days_late <= days))
            .map_or(0, |&(_, won)| won)
    }
}

impl FromStr for LateFees {
    type Err = String;

    /// Reads `7:500,14:1000,:2000`: up to 7 days 500 won, up to 14 days 1,000, more 2,000.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |tier: &str| {
            format!("{tier:?} is not `<days>:<won>`; write tiers like 7:500,14:1000,:2000")
        };
        let mut tiers = Vec::new();
        for tier in text.split(',').map(str::trim) {
            let (days, won) = tier.split_once(':').ok_or_else(|| wrong(tier))?;
            let won: i64 = won.trim().parse().map_err(|_| wrong(tier))?;
            let up_to = match days.trim() {
                "" => None,
                days => Some(days.parse::<i64>().map_err(|_| wrong(tier))?),
            };
            if won < 0 || up_to.is_some_and(|days| days < 1) {
                return Err(wrong(tier));
            }
            tiers.push((up_to, won));
        }
        let ascending = tiers
            .windows(2)
            .all(|pair| pair[0].0.is_some() && pair[1].0.is_none_or(|days| Some(days) > pair[0].0));
        if !ascending || tiers.last().is_none_or(|last| last.0.is_some()) {
            return Err(
                "the days of the tiers must rise, and the last tier have none (`:2000`)".to_owned(),
            );
        }
        Ok(Self { tiers })
    }
}

/// One loan of one title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Borrowing {
    /// Its id.
    pub id: BorrowingId,
    /// Who borrows.
    pub user: UserId,
    /// What is borrowed.
    pub book: BookId,
    /// How many copies.
    pub quantity: i64,
    /// How far it has come.
    pub status: Status,
    /// Why it was refused.
    pub rejection_reason: Option<RejectionReason>,
    /// How many copies have come back.
    pub returned_quantity: i64,
    /// In how many returns.
    pub return_count: i64,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// When the copies are due.
    pub due_at: Option<DateTime<Utc>>,
    /// When the last copy came back.
    pub returned_at: Option<DateTime<Utc>>,
    /// What its late returns have cost, in won.
    pub late_fee: i64,
    /// The points charged per copy, once approved.
    pub rental_cost: Option<i64>,
}

/// How a request is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Approved at this many points per copy.
    Approved {
        /// Points per copy.
        rental_cost: i64,
    },
    /// Refused.
    Rejected(RejectionReason),
    /// Taken back.
    Canceled,
}

/// One return of one or more copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Return {
    /// The first, the second, … of its borrowing.
    pub number: i64,
    /// How many copies.
    pub quantity: i64,
    /// Points that the user gets back.
    pub credit_points: i64,
    /// What its lateness costs, in won.
    pub late_fee: i64,
}

/// A decision about a borrowing that is decided already.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{decision:?} for a borrowing that is {status:?} already")]
pub struct AlreadyDecided {
    decision: Decision,
    status: Status,
}

/// Checks how many copies someone asks for or brings back.
pub fn checked_quantity(quantity: i64) -> Result<i64, Refusal> {
    if (1..=MOST_COPIES).contains(&quantity) {
        Ok(quantity)
    } else {
        Err(Refusal::bad_input(format!(
            "quantity must be between 1 and {MOST_COPIES}, not {quantity}"
        )))
    }
}

impl Borrowing {
    /// A request of `quantity` copies.
    pub fn request(
        id: BorrowingId,
        user: UserId,
        book: BookId,
        quantity: i64,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            user,
            book,
            quantity,
            status: Status::Pending,
            rejection_reason: None,
            returned_quantity: 0,
            return_count: 0,
            requested_at: now,
            decided_at: None,
            due_at: None,
            returned_at: None,
            late_fee: 0,
            rental_cost: None,
        }
    }

    /// The decision takes effect.
    pub fn decide(
        &self,
        decision: Decision,
        now: DateTime<Utc>,
        rules: &Rules,
    ) -> Result<Self, AlreadyDecided> {
        if self.status != Status::Pending {
            return Err(AlreadyDecided {
                decision,
                status: self.status,
            });
        }
        let mut decided = Self {
            decided_at: Some(now),
            ..self.clone()
        };
        match decision {
            Decision::Approved { rental_cost } => {
                decided.status = Status::Approved;
                decided.rental_cost = Some(rental_cost);
                decided.due_at = Some(calendar::end_of_day_after(now, rules.loan_days, rules.zone));
            }
            Decision::Rejected(reason) => {
                decided.status = Status::Rejected;
                decided.rejection_reason = Some(reason);
            }
            Decision::Canceled => decided.status = Status::Canceled,
        }
        Ok(decided)
    }

    /// `quantity` copies come back. On time they credit their points; late they cost a fee, once per return.
    pub fn give_back(
        &self,
        quantity: i64,
        now: DateTime<Utc>,
        rules: &Rules,
    ) -> Result<(Self, Return), Refusal> {
        let quantity = checked_quantity(quantity)?;
        let (Status::Approved, Some(due)) = (self.status, self.due_at) else {
            return Err(Refusal::new(
                "NOT_ON_LOAN",
                format!(
                    "nothing of this borrowing is on loan: it is {}",
                    self.status
                ),
            ));
        };
        let on_loan = self.on_loan();
        if quantity > on_loan {
            return Err(Refusal::new(
                "TOO_MANY_RETURNED",
                format!("only {on_loan} of this borrowing are on loan, not {quantity}"),
            ));
        }
        let days_late = calendar::days_late(due, now, rules.zone);
        let returned = Return {
            number: self.return_count + 1,
            quantity,
            credit_points: if days_late == 0 {
                self.rental_cost.unwrap_or(0).saturating_mul(quantity)
            } else {
                0
            },
            late_fee: rules.late_fees.of(days_late),
        };
        let mut after = Self {
            returned_quantity: self.returned_quantity + quantity,
            return_count: returned.number,
            late_fee: self.late_fee.saturating_add(returned.late_fee),
            ..self.clone()
        };
        if after.on_loan() == 0 {
            after.status = Status::Returned;
            after.returned_at = Some(now);
        }
        Ok((after, returned))
    }

    /// Copies that are out.
    pub fn on_loan(&self) -> i64 {
        match self.status {
            Status::Approved => self.quantity - self.returned_quantity,
            Status::Pending | Status::Rejected | Status::Canceled | Status::Returned => 0,
        }
    }

    /// Days by which what is still on loan is late.
    pub fn overdue_days(&self, now: DateTime<Utc>, zone: Tz) -> i64 {
        match (self.status, self.due_at) {
            (Status::Approved, Some(due)) => calendar::days_late(due, now, zone),
            _ => 0,
        }
    }

    /// The points charged, once approved.
    pub fn points(&self) -> Option<i64> {
        self.rental_cost
            .map(|cost| cost.saturating_mul(self.quantity))
    }

    /// Whether the request is decided.
    pub fn is_decided(&self) -> bool {
        self.status != Status::Pending
    }
}
