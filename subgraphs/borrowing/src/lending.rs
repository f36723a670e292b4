//! Performs what [`crate::domain`] and [`crate::saga`] decide: each change of a borrowing, its saga, its log and what it
//! sends are one transaction under the borrowing's row lock.

use std::sync::Arc;

use chrono::TimeDelta;
use kit::{
    Clock, Failure, HandlerError, Live, Mailbox, Outgoing, Refusal, Tx,
    auth::Caller,
    ids::{BookId, BorrowingId, MessageId, UserId},
    to_micros,
};
use ops::metrics::Metrics;
use prometheus::IntCounterVec;

use crate::{
    domain::{self, Borrowing, Return, Rules, Status},
    messages::{BorrowingEvent, ChargePoints, RefundPoints, ReleaseCopies, ReserveCopies},
    saga::{self, Command, Message, Reaction, State, Timer, Transition},
    store::{self, Request, Stored},
};

const LONGEST_REQUEST_ID: usize = 200;

/// The terms of lending, and how long answers are waited for.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The library's rules.
    pub rules: Rules,
    /// After how long an undecided request is refused.
    pub deadline: TimeDelta,
    /// After how long an undo that is not acknowledged needs an operator.
    pub undo_overdue: TimeDelta,
}

/// The lending of books. Clones share it.
#[derive(Clone)]
pub struct Lending {
    inner: Arc<Inner>,
}

struct Inner {
    mailbox: Mailbox,
    clock: Clock,
    live: Live,
    terms: Terms,
    steps: IntCounterVec,
    decisions: IntCounterVec,
}

/// What someone wishes to borrow.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Who borrows.
    pub user: UserId,
    /// What.
    pub book: BookId,
    /// How many copies.
    pub quantity: i64,
    /// Who asks, and with which idempotency key.
    pub request: Request,
}

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
    /// Lending on `terms`.
    pub fn new(
        mailbox: Mailbox,
        clock: Clock,
        live: Live,
        metrics: &Metrics,
        terms: Terms,
    ) -> Self {
        let steps = metrics.counter("saga_steps_total", "Steps of sagas, by step", &["step"]);
        let decisions = metrics.counter(
            "borrowing_decisions_total",
            "Borrowings decided, by status",
            &["status"],
        );
        let inner = Inner {
            mailbox,
            clock,
            live,
            terms,
            steps,
            decisions,
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The mailbox.
    pub fn mailbox(&self) -> &Mailbox {
        &self.inner.mailbox
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// The live waiters.
    pub fn live(&self) -> &Live {
        &self.inner.live
    }

    /// The library's rules.
    pub fn rules(&self) -> &Rules {
        &self.inner.terms.rules
    }

    /// Takes a request in: PENDING, and its saga begins. The same request again gives the same borrowing.
    pub async fn borrow(&self, wish: Wish) -> Result<Borrowing, Failure> {
        let quantity = domain::checked_quantity(wish.quantity)?;
        let length = wish.request.id.chars().count();
        if !(1..=LONGEST_REQUEST_ID).contains(&length) {
            return Err(Refusal::bad_input(format!(
                "requestId must have 1 to {LONGEST_REQUEST_ID} characters, not {length}; a fresh UUID does well"
            ))
            .into());
        }
        let Inner { clock, mailbox, .. } = &*self.inner;
        let begin = saga::start();
        let now = clock.business_now();
        let stored = Stored {
            borrowing: Borrowing::request(clock.id(), wish.user, wish.book, quantity, now),
            saga: begin.next,
            due: Some(self.deadline(self.inner.terms.deadline)),
            event_version: 1,
            revision: 1,
        };
        let mut tx = mailbox.begin().await?;
        if !store::insert(&mut tx, &stored, &wish.request).await? {
            return repeated(&mut tx, &wish.request).await;
        }
        let detail = format!("{quantity} of book {}", wish.book);
        store::log(
            &mut tx,
            stored.borrowing.id,
            to_micros(now),
            begin.step,
            &detail,
            None,
        )
        .await?;
        self.send_event(&mut tx, "BorrowingRequested", &stored, None)
            .await?;
        self.send_commands(&mut tx, &stored, &begin.send).await?;
        tx.commit().await?;
        self.inner.steps.with_label_values(&[begin.step]).inc();
        Ok(stored.borrowing)
    }

    /// Takes a request back that is not decided yet.
    pub async fn cancel(&self, id: BorrowingId, caller: &Caller) -> Result<Borrowing, Failure> {
        let mut tx = self.inner.mailbox.begin().await?;
        let stored = visible(store::lock(&mut tx, id).await?, caller)?;
        let borrowing = stored.borrowing.clone();
        if borrowing.is_decided() {
            return Err(Refusal::new(
                "NOT_PENDING",
                format!(
                    "only a pending request can be canceled; this one is {}",
                    borrowing.status
                ),
            )
            .into());
        }
        match self
            .step(&mut tx, stored, Message::CancelRequested, None)
            .await?
        {
            Stepped::Moved(stored) => {
                tx.commit().await?;
                Ok(stored.borrowing)
            }
            Stepped::Ignored(_) => Ok(borrowing),
            Stepped::Unfit(why) => Err(Refusal::new("SERVICE_UNAVAILABLE", why).into()),
        }
    }

    /// `quantity` copies of a borrowing come back.
    pub async fn give_back(
        &self,
        id: BorrowingId,
        quantity: i64,
        caller: &Caller,
    ) -> Result<Borrowing, Failure> {
        let mut tx = self.inner.mailbox.begin().await?;
        let stored = visible(store::lock(&mut tx, id).await?, caller)?;
        self.take_in(tx, stored, quantity).await
    }

    /// The desk hands a title out: a card and a barcode are scanned.
    pub async fn check_out(
        &self,
        card: &str,
        barcode: &str,
        quantity: i64,
        request: Request,
    ) -> Result<Borrowing, Failure> {
        let (user, book) = self.scanned(card, barcode).await?;
        let wish = Wish {
            user,
            book,
            quantity,
            request,
        };
        self.borrow(wish).await
    }

    /// The desk takes copies in: a card and a barcode are scanned.
    pub async fn check_in(
        &self,
        card: &str,
        barcode: &str,
        quantity: i64,
    ) -> Result<Borrowing, Failure> {
        let (user, book) = self.scanned(card, barcode).await?;
        let mut tx = self.inner.mailbox.begin().await?;
        let open = match store::due_first(&mut tx, user, book).await? {
            Some(id) => store::lock(&mut tx, id).await?,
            None => None,
        };
        let stored = open.ok_or_else(|| {
            Refusal::new(
                "NO_OPEN_LOAN",
                "this card has no open loan of this book: nothing to check in",
            )
        })?;
        self.take_in(tx, stored, quantity).await
    }

    /// Tells a saga what a message says. An unknown borrowing is `None`.
    pub async fn tell(
        &self,
        tx: &mut Tx,
        id: BorrowingId,
        message: Message,
        cause: Option<MessageId>,
    ) -> Result<Option<Stepped>, StepError> {
        match store::lock(tx, id).await? {
            Some(stored) => self.step(tx, stored, message, cause).await.map(Some),
            None => Ok(None),
        }
    }

    /// Tells the sagas that are due at `now` (the machine's clock) that time is over; how many took a step.
    pub async fn fire_due(&self, now: i64, limit: i64) -> Result<usize, sqlx::Error> {
        let Inner { mailbox, .. } = &*self.inner;
        let mut fired = 0;
        for id in store::due(mailbox.db().pool(), now, limit).await? {
            let mut tx = mailbox.begin().await?;
            let Some(stored) = store::lock_due(&mut tx, id, now).await? else {
                continue;
            };
            let Some(message) = stored.saga.time_is_over() else {
                continue;
            };
            match self.step(&mut tx, stored, message, None).await {
                Ok(Stepped::Moved(stored)) => {
                    tx.commit().await?;
                    fired += 1;
                    if let State::Stuck(undo) = stored.saga {
                        tracing::error!(borrowing = %id, awaited = ?undo.awaited(), "an undo was not acknowledged: POST /admin/sagas/{id}/retry, skip or force-close");
                    }
                }
                Ok(Stepped::Ignored(why) | Stepped::Unfit(why)) => {
                    tracing::debug!(borrowing = %id, why, "nothing to do at the deadline");
                }
                Err(StepError::Store(error)) => return Err(error),
                Err(error) => {
                    tracing::error!(borrowing = %id, %error, "a deadline cannot be kept");
                }
            }
        }
        Ok(fired)
    }

    async fn step(
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

    async fn take_in(
        &self,
        mut tx: Tx,
        before: Stored,
        quantity: i64,
    ) -> Result<Borrowing, Failure> {
        let now = self.inner.clock.business_now();
        let (borrowing, returned) = before.borrowing.give_back(quantity, now, self.rules())?;
        let stored = Stored {
            borrowing,
            revision: before.revision + 1,
            event_version: before.event_version + 1,
            ..before
        };
        store::save(&mut tx, &stored).await?;
        let detail = format!(
            "{quantity} of {}; {} points credited, late fee {} won",
            stored.borrowing.quantity, returned.credit_points, returned.late_fee
        );
        store::log(
            &mut tx,
            stored.borrowing.id,
            to_micros(now),
            "RETURNED",
            &detail,
            None,
        )
        .await?;
        self.send_event(&mut tx, "BorrowingReturned", &stored, Some(returned))
            .await?;
        tx.commit().await?;
        Ok(stored.borrowing)
    }

    async fn scanned(&self, card: &str, barcode: &str) -> Result<(UserId, BookId), Failure> {
        let pool = self.inner.mailbox.db().pool();
        let user = store::user_of(pool, card.trim()).await?.ok_or_else(|| {
            Refusal::new(
                "CARD_UNKNOWN",
                "no user bears this card; scan it again, or sign the user up",
            )
        })?;
        let book = store::book_of(pool, barcode.trim()).await?.ok_or_else(|| {
            Refusal::new(
                "BARCODE_UNKNOWN",
                "no book bears this barcode; scan it again, or add the book",
            )
        })?;
        Ok((user, book))
    }

    async fn send_event(
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

    async fn send_commands(
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

    fn deadline(&self, after: TimeDelta) -> i64 {
        to_micros(self.inner.clock.now() + after)
    }
}

/// The borrowing that this request has given before.
async fn repeated(tx: &mut Tx, request: &Request) -> Result<Borrowing, Failure> {
    let (stored, fingerprint) = store::requested(tx, request)
        .await?
        .ok_or(sqlx::Error::RowNotFound)?;
    if fingerprint != request.fingerprint {
        return Err(Refusal::new(
            "REQUEST_ID_REUSED",
            "this requestId was used for another request; make a new one for each request, and repeat it only to repeat that request",
        )
        .into());
    }
    Ok(stored.borrowing)
}

/// The borrowing, if it is the caller's to touch.
fn visible(stored: Option<Stored>, caller: &Caller) -> Result<Stored, Refusal> {
    stored
        .filter(|stored| caller.may_see(stored.borrowing.user))
        .ok_or_else(not_found)
}

/// There is no such borrowing, or it is not the caller's to see.
pub fn not_found() -> Refusal {
    Refusal::not_found("there is no such borrowing of yours")
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
