//! What people, messages and the clock do to borrowings. Each change of a borrowing, its saga, its log and what it sends
//! are one transaction under the borrowing's row lock.

use std::sync::Arc;

use chrono::TimeDelta;
use kit::{
    Clock, Failure, Live, Mailbox, Refusal, Tx,
    auth::Caller,
    ids::{BookId, BorrowingId, MessageId, UserId},
    to_micros,
};
use ops::metrics::Metrics;
use prometheus::IntCounterVec;

use crate::{
    domain::{self, Borrowing, Rules},
    saga::{self, Message, State},
    steps::{StepError, Stepped},
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
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) mailbox: Mailbox,
    pub(crate) clock: Clock,
    pub(crate) live: Live,
    pub(crate) terms: Terms,
    pub(crate) steps: IntCounterVec,
    pub(crate) decisions: IntCounterVec,
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
