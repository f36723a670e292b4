//! Steps of a saga: what [`crate::saga`] decides, done to the borrowing, its log and the outbox in the caller's
//! transaction, under the borrowing's row lock.

use chrono::TimeDelta;
use kit::{Failure, HandlerError, Outgoing, Tx, ids::MessageId, to_micros};

use crate::{
    domain::{self, Borrowing, Return, Status},
    lending::Lending,
    messages::{BorrowingEvent, ChargePoints, RefundPoints, ReleaseCopies, ReserveCopies},
    saga::{self, Command, Message, Reaction, State, Timer, Transition},
    store::{self, Stored},
};

/// What a message did to a borrowing's saga.
#[derive(Debug, PartialEq)]
pub enum Stepped {
    /// A step; the borrowing as it is now.
    Moved(Stored),
    /// Nothing, rightly, and why.
    Ignored(&'static str),
    /// Nothing: the operator's action does not fit, and why.
    Unfit(&'static str),
}

/// Why a saga could not take a step.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// The message cannot have come.
    #[error(transparent)]
    Illegal(#[from] saga::Illegal),
    /// Saga and borrowing disagree.
    #[error(transparent)]
    Decided(#[from] domain::AlreadyDecided),
    /// The database.
    #[error(transparent)]
    Store(#[from] sqlx::Error),
}

impl From<StepError> for HandlerError {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Store(error) => Self::Store(error),
            StepError::Illegal(_) | StepError::Decided(_) => Self::Illegal(error.to_string()),
        }
    }
}

impl From<StepError> for Failure {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Store(error) => Self::Store(error),
            // Nobody who asks can mend it: for the operator.
            StepError::Illegal(_) | StepError::Decided(_) => {
                Self::Store(sqlx::Error::Protocol(error.to_string()))
            }
        }
    }
}

impl Lending {
    pub(crate) async fn step(
        &self,
        tx: &mut Tx,
        stored: Stored,
        message: Message,
        cause: Option<MessageId>,
    ) -> Result<Stepped, StepError> {
        match saga::on(stored.saga, message)? {
            Reaction::Move(transition) => {
                let stored = self.perform(tx, stored, transition, cause).await?;
                Ok(Stepped::Moved(stored))
            }
            Reaction::Ignore(why) => {
                tracing::debug!(borrowing = %stored.borrowing.id, ?message, why, "ignored");
                Ok(Stepped::Ignored(why))
            }
            Reaction::Unfit(why) => Ok(Stepped::Unfit(why)),
        }
    }

    async fn perform(
        &self,
        tx: &mut Tx,
        before: Stored,
        transition: Transition,
        cause: Option<MessageId>,
    ) -> Result<Stored, StepError> {
        let now = self.inner.clock.business_now();
        let mut stored = Stored {
            saga: transition.next,
            revision: before.revision + 1,
            due: match transition.timer {
                Timer::Keep => before.due,
                Timer::Undo => Some(self.deadline(self.inner.terms.undo_overdue)),
                Timer::Off => None,
            },
            ..before
        };
        if let Some(decision) = transition.decide {
            stored.borrowing = stored.borrowing.decide(decision, now, self.rules())?;
            stored.event_version += 1;
        }
        store::save(tx, &stored).await?;
        let (id, at) = (stored.borrowing.id, to_micros(now));
        store::log(tx, id, at, transition.step, &describe(&stored), cause).await?;
        if transition.decide.is_some() {
            let kind = match stored.borrowing.status {
                Status::Rejected => "BorrowingRejected",
                Status::Canceled => "BorrowingCanceled",
                Status::Pending | Status::Approved | Status::Returned => "BorrowingApproved",
            };
            self.send_event(tx, kind, &stored, None).await?;
            self.announce(tx, &stored.borrowing);
        }
        self.send_commands(tx, &stored, &transition.send).await?;
        let steps = self.inner.steps.with_label_values(&[transition.step]);
        tx.after_commit(move || steps.inc());
        Ok(stored)
    }

    /// Once the decision is durable: counts it and wakes who waits for it.
    fn announce(&self, tx: &mut Tx, borrowing: &Borrowing) {
        let status = borrowing.status.to_string();
        let decisions = self.inner.decisions.with_label_values(&[status.as_str()]);
        let (live, key) = (self.inner.live.clone(), borrowing.id.to_string());
        tx.after_commit(move || {
            decisions.inc();
            live.wake(&key);
        });
    }

    pub(crate) async fn send_event(
        &self,
        tx: &mut Tx,
        kind: &'static str,
        stored: &Stored,
        returned: Option<Return>,
    ) -> Result<(), sqlx::Error> {
        let event = BorrowingEvent::new(&stored.borrowing, returned);
        let message = Outgoing::new(kind, stored.borrowing.id, stored.event_version, event);
        self.inner.mailbox.send(tx, message).await
    }

    pub(crate) async fn send_commands(
        &self,
        tx: &mut Tx,
        stored: &Stored,
        commands: &[Command],
    ) -> Result<(), sqlx::Error> {
        for command in commands {
            let message = outgoing(stored, *command);
            self.inner.mailbox.send(tx, message).await?;
        }
        Ok(())
    }

    pub(crate) fn deadline(&self, after: TimeDelta) -> i64 {
        to_micros(self.inner.clock.now() + after)
    }
}

fn outgoing(stored: &Stored, command: Command) -> Outgoing {
    let Borrowing {
        id,
        user,
        book,
        quantity,
        ..
    } = stored.borrowing;
    let revision = stored.revision;
    match command {
        Command::ReserveCopies => {
            let payload = ReserveCopies {
                borrowing_id: id,
                book_id: book,
                quantity,
            };
            Outgoing::new("ReserveCopies", id, revision, payload)
        }
        Command::ChargePoints { rental_cost } => {
            let payload = ChargePoints {
                borrowing_id: id,
                user_id: user,
                points: rental_cost.saturating_mul(quantity),
            };
            Outgoing::new("ChargePoints", id, revision, payload)
        }
        Command::ReleaseCopies => {
            let payload = ReleaseCopies {
                borrowing_id: id,
                book_id: book,
            };
            Outgoing::new("ReleaseCopies", id, revision, payload)
        }
        Command::RefundPoints => {
            let payload = RefundPoints {
                borrowing_id: id,
                user_id: user,
            };
            Outgoing::new("RefundPoints", id, revision, payload)
        }
    }
}

/// Where a saga stands, for the timeline.
fn describe(stored: &Stored) -> String {
    let borrowing = &stored.borrowing;
    let status = match borrowing.rejection_reason {
        Some(reason) => format!("{}: {}", borrowing.status, store::word(reason)),
        None => borrowing.status.to_string(),
    };
    match stored.saga {
        State::Charging { rental_cost } => format!(
            "charging {} points",
            rental_cost.saturating_mul(borrowing.quantity)
        ),
        State::Undoing(undo) | State::Stuck(undo) => {
            format!(
                "{status}; undoing, {} to be acknowledged",
                undo.awaited().len()
            )
        }
        State::Reserving | State::Settled { .. } | State::Abandoned { .. } => status,
    }
}
