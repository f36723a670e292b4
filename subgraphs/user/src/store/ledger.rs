//! The ledger: every change of a balance, with the balance itself in the same statement's transaction.
//!
//! Locks are taken in one order, a borrowing's charge before its user, so that commands about the same ones queue.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use kit::{
    Failure, HandlerError, Refusal, Tx, from_micros,
    ids::{BorrowingId, UserId},
    json_list,
};
use sqlx::{Row, any::AnyRow};

use super::{Store, User, id, lock, no_such_user};
use crate::domain::{self, Charge, ChargeRefusal, Settled};

/// Why a balance changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Granted by a librarian, or on signing up.
    Grant,
    /// Charged for a borrowing.
    Charge,
    /// The charge was undone.
    Refund,
    /// Copies came back on time.
    ReturnCredit,
}

impl Reason {
    fn as_str(self) -> &'static str {
        match self {
            Self::Grant => "GRANT",
            Self::Charge => "CHARGE",
            Self::Refund => "REFUND",
            Self::ReturnCredit => "RETURN_CREDIT",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Grant, Self::Charge, Self::Refund, Self::ReturnCredit]
            .into_iter()
            .find(|reason| reason.as_str() == name)
    }
}

/// One change of a balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whose balance.
    pub user: UserId,
    /// Counts the user's entries from 1.
    pub number: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// The change.
    pub amount: i64,
    /// The balance afterwards.
    pub balance: i64,
    /// Why.
    pub reason: Reason,
    /// For which borrowing.
    pub borrowing: Option<BorrowingId>,
}

impl Entry {
    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        let reason: String = row.try_get("reason")?;
        let borrowing: Option<String> = row.try_get("borrowing_id")?;
        let borrowing = borrowing.map(|id| id.parse()).transpose();
        Ok(Self {
            user: id(row, "user_id")?,
            number: row.try_get("number")?,
            at: from_micros(row.try_get("at")?),
            amount: row.try_get("amount")?,
            balance: row.try_get("balance")?,
            reason: Reason::parse(&reason)
                .ok_or_else(|| sqlx::Error::Decode(format!("unknown reason {reason:?}").into()))?,
            borrowing: borrowing.map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
        })
    }
}

/// Which entries: the newest `first` of those before number `before`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Page {
    /// How many.
    pub first: i64,
    /// Below which number; `i64::MAX` for the newest.
    pub before: i64,
}

/// What an entry is for; the database lets each be once.
enum Cause<'a> {
    Step(BorrowingId, &'a str),
    Request {
        granted_by: UserId,
        request: &'a str,
    },
}

impl Store {
    /// A page of the ledger of each of these users, newest first, in one statement.
    pub async fn ledgers(
        &self,
        users: &[UserId],
        page: Page,
    ) -> Result<HashMap<UserId, Vec<Entry>>, sqlx::Error> {
        // A user's numbers have no gaps, so that a page is a range of them.
        let sql = self.dialect().with_list(
            "SELECT l.user_id, l.number, l.at, l.amount, l.balance, l.reason, l.borrowing_id
             FROM users u JOIN ledger l ON l.user_id = u.id
             WHERE u.id IN {list} AND l.number < $2
               AND l.number >= (CASE WHEN u.ledger_entries < $2 THEN u.ledger_entries + 1 ELSE $2 END) - $3
             ORDER BY l.user_id, l.number DESC",
        );
        let rows = sqlx::query(sql)
            .bind(json_list(users))
            .bind(page.before)
            .bind(page.first)
            .fetch_all(self.mailbox.db().pool())
            .await?;
        let mut ledgers: HashMap<UserId, Vec<Entry>> = HashMap::new();
        for row in &rows {
            let entry = Entry::from_row(row)?;
            ledgers.entry(entry.user).or_default().push(entry);
        }
        Ok(ledgers)
    }

    /// Grants points; the same request of the same librarian again changes nothing.
    pub async fn grant(
        &self,
        id: UserId,
        points: i64,
        granted_by: UserId,
        request: &str,
    ) -> Result<User, Failure> {
        let mut tx = self.mailbox.begin().await?;
        let user = lock(&mut tx, id).await?.ok_or_else(no_such_user)?;
        let before = sqlx::query(
            "SELECT user_id, amount FROM ledger WHERE granted_by = $1 AND request_id = $2",
        )
        .bind(granted_by.to_string())
        .bind(request)
        .fetch_optional(tx.conn())
        .await?;
        if let Some(before) = before {
            let same = super::id::<kit::ids::User>(&before, "user_id")? == id
                && before.try_get::<i64, _>("amount")? == points;
            return if same {
                Ok(user)
            } else {
                Err(request_id_reused().into())
            };
        }
        domain::grant(user.account(), points)?;
        let cause = Cause::Request {
            granted_by,
            request,
        };
        match self.post(&mut tx, id, points, Reason::Grant, cause).await? {
            Some(balance) => {
                tx.commit().await?;
                Ok(User {
                    points: balance,
                    ..user
                })
            }
            // The same request for another user got in between: its row was not there to be locked.
            None => Err(request_id_reused().into()),
        }
    }

    /// The points of a new user.
    pub(super) async fn welcome(
        &self,
        tx: &mut Tx,
        user: UserId,
        points: i64,
    ) -> Result<(), sqlx::Error> {
        let cause = Cause::Request {
            granted_by: user,
            request: "sign-up",
        };
        self.post(tx, user, points, Reason::Grant, cause)
            .await?
            .map(drop)
            .ok_or(sqlx::Error::RowNotFound)
    }

    /// Performs `ChargePoints`. Returns what was decided, and the version of the charge's row for the answer.
    pub async fn charge(
        &self,
        tx: &mut Tx,
        borrowing: BorrowingId,
        user: UserId,
        points: i64,
    ) -> Result<(Settled, i64), HandlerError> {
        let (state, version) = self.claim(tx, borrowing, user).await?;
        if matches!(state, Charge::Charged { points: before } if before != points) {
            return Err(HandlerError::Illegal(format!(
                "borrowing {borrowing} was charged before, and not {points} points"
            )));
        }
        let account = lock(tx, user).await?.map(|user| user.account());
        let settled = domain::charge(state, account, points);
        self.settle(tx, borrowing, user, settled, Reason::Charge)
            .await?;
        Ok((settled, version))
    }

    /// Performs `RefundPoints`.
    pub async fn refund(
        &self,
        tx: &mut Tx,
        borrowing: BorrowingId,
        user: UserId,
    ) -> Result<(Settled, i64), HandlerError> {
        let (state, version) = self.claim(tx, borrowing, user).await?;
        let settled = domain::refund(state);
        self.settle(tx, borrowing, user, settled, Reason::Refund)
            .await?;
        Ok((settled, version))
    }

    /// Credits the points of a return, once per borrowing and number.
    pub async fn credit(
        &self,
        tx: &mut Tx,
        borrowing: BorrowingId,
        number: i64,
        user: UserId,
        points: i64,
    ) -> Result<(), HandlerError> {
        if lock(tx, user).await?.is_none() {
            return Err(HandlerError::Illegal(format!(
                "user {user}, who returned something, is unknown"
            )));
        }
        let step = format!("RETURN-{number}");
        let done = sqlx::query("SELECT 1 FROM ledger WHERE borrowing_id = $1 AND step = $2")
            .bind(borrowing.to_string())
            .bind(&step)
            .fetch_optional(tx.conn())
            .await?;
        if done.is_none() {
            let cause = Cause::Step(borrowing, &step);
            self.post(tx, user, points, Reason::ReturnCredit, cause)
                .await?
                .ok_or_else(|| noted_before(borrowing, &step))?;
        }
        Ok(())
    }

    /// Reads a borrowing's charge, which is this transaction's from now on. Its version counts the commands.
    async fn claim(
        &self,
        tx: &mut Tx,
        borrowing: BorrowingId,
        user: UserId,
    ) -> Result<(Charge, i64), HandlerError> {
        let row = sqlx::query(
            "INSERT INTO charge (borrowing_id, version, user_id, state) VALUES ($1, 1, $2, 'NEW')
             ON CONFLICT (borrowing_id) DO UPDATE SET version = charge.version + 1
             RETURNING version, user_id, points, state, reason",
        )
        .bind(borrowing.to_string())
        .bind(user.to_string())
        .fetch_one(tx.conn())
        .await?;
        let owner: UserId = id(&row, "user_id")?;
        if owner != user {
            return Err(HandlerError::Illegal(format!(
                "borrowing {borrowing} is user {owner}'s, not {user}'s"
            )));
        }
        Ok((charge_of(&row)?, row.try_get("version")?))
    }

    async fn settle(
        &self,
        tx: &mut Tx,
        borrowing: BorrowingId,
        user: UserId,
        settled: Settled,
        reason: Reason,
    ) -> Result<(), HandlerError> {
        let (state, points, refusal) = match settled.charge {
            Charge::New => ("NEW", 0, None),
            Charge::Charged { points } => ("CHARGED", points, None),
            Charge::Refused(refusal) => ("REFUSED", 0, Some(refusal.as_str())),
            Charge::Refunded => ("REFUNDED", 0, None),
        };
        sqlx::query(
            "UPDATE charge SET state = $2, points = $3, reason = $4 WHERE borrowing_id = $1",
        )
        .bind(borrowing.to_string())
        .bind(state)
        .bind(points)
        .bind(refusal)
        .execute(tx.conn())
        .await?;
        if let Some(amount) = settled.entry {
            let step = reason.as_str();
            self.post(tx, user, amount, reason, Cause::Step(borrowing, step))
                .await?
                .ok_or_else(|| noted_before(borrowing, step))?;
        }
        Ok(())
    }

    /// Changes a balance and notes it; the new balance, or `None` when the cause has been noted before, in which case
    /// the transaction must not be committed.
    async fn post(
        &self,
        tx: &mut Tx,
        user: UserId,
        amount: i64,
        reason: Reason,
        cause: Cause<'_>,
    ) -> Result<Option<i64>, sqlx::Error> {
        let row = sqlx::query(
            "UPDATE users SET points = points + $2, ledger_entries = ledger_entries + 1 WHERE id = $1
             RETURNING points, ledger_entries",
        )
        .bind(user.to_string())
        .bind(amount)
        .fetch_one(tx.conn())
        .await?;
        let (balance, number): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        let (borrowing, step, granted_by, request) = match cause {
            Cause::Step(borrowing, step) => (Some(borrowing.to_string()), Some(step), None, None),
            Cause::Request {
                granted_by,
                request,
            } => (None, None, Some(granted_by.to_string()), Some(request)),
        };
        let inserted = sqlx::query(
            "INSERT INTO ledger (user_id, number, at, amount, balance, reason, borrowing_id, step, granted_by, request_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
        )
        .bind(user.to_string())
        .bind(number)
        .bind(self.clock.micros())
        .bind(amount)
        .bind(balance)
        .bind(reason.as_str())
        .bind(borrowing)
        .bind(step)
        .bind(granted_by)
        .bind(request)
        .execute(tx.conn())
        .await?;
        Ok((inserted.rows_affected() == 1).then_some(balance))
    }
}

fn charge_of(row: &AnyRow) -> Result<Charge, sqlx::Error> {
    let state: String = row.try_get("state")?;
    let reason: Option<String> = row.try_get("reason")?;
    let refusal = reason.as_deref().and_then(ChargeRefusal::parse);
    match (state.as_str(), refusal) {
        ("NEW", _) => Ok(Charge::New),
        ("CHARGED", _) => Ok(Charge::Charged {
            points: row.try_get("points")?,
        }),
        ("REFUSED", Some(refusal)) => Ok(Charge::Refused(refusal)),
        ("REFUNDED", _) => Ok(Charge::Refunded),
        _ => Err(sqlx::Error::Decode(
            format!("unknown state of a charge: {state:?}, {reason:?}").into(),
        )),
    }
}

/// The ledger and the charge disagree: refused, so that no balance changes without its entry.
fn noted_before(borrowing: BorrowingId, step: &str) -> HandlerError {
    HandlerError::Illegal(format!(
        "the ledger has a {step} of borrowing {borrowing} already, which is not to be"
    ))
}

fn request_id_reused() -> Refusal {
    Refusal::new(
        "REQUEST_ID_REUSED",
        "this requestId was used for another grant: make up a fresh one for every new request",
    )
}
