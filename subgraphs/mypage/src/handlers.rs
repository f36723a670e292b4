//! What mypage does with each message: reads what is known, asks the fold, stores what it says.

use futures_util::future::BoxFuture;
use kit::{Clock, Envelope, Handled, Handler, HandlerError, Live, Tx};

use crate::{
    messages::{BookState, BorrowingMessage},
    projection::{self, Step},
    store,
    stream::live_key,
};

/// Handles mypage's messages.
pub struct Messages {
    live: Live,
    clock: Clock,
}

impl Messages {
    /// A handler that wakes `live`'s waiters.
    pub fn new(live: Live, clock: Clock) -> Self {
        Self { live, clock }
    }

    async fn borrowing(&self, tx: &mut Tx, message: &Envelope) -> Result<Handled, HandlerError> {
        let BorrowingMessage { borrowing } = message.read()?;
        let known = store::known(tx, borrowing.id).await?;
        let version = message.aggregate_version;
        let step = match projection::event_kind(&message.kind, borrowing.status) {
            Some(kind) => projection::on_event(
                known.as_ref(),
                version,
                kind,
                &borrowing,
                message.occurred_at,
            ),
            None => projection::on_snapshot(known.as_ref(), version, &borrowing),
        };
        let change = match step {
            Step::Ignore => return Ok(Handled::Done),
            Step::Wait => return Ok(Handled::Gap),
            Step::Take(change) => change,
        };
        store::apply(tx, known.is_none(), &change, self.clock.micros()).await?;
        if change.announce.is_some() {
            let (live, key) = (self.live.clone(), live_key(change.known.loan.user));
            tx.after_commit(move || live.wake(&key));
        }
        Ok(Handled::Done)
    }
}

impl Handler for Messages {
    fn handle<'a>(
        &'a self,
        tx: &'a mut Tx,
        message: &'a Envelope,
    ) -> BoxFuture<'a, Result<Handled, HandlerError>> {
        Box::pin(async move {
            match message.kind.as_str() {
                "BorrowingRequested" | "BorrowingApproved" | "BorrowingRejected"
                | "BorrowingCanceled" | "BorrowingReturned" | "BorrowingSnapshot" => {
                    self.borrowing(tx, message).await
                }
                "BookChanged" | "BookSnapshot" => {
                    let book: BookState = message.read()?;
                    store::put_book(tx, &book, message.aggregate_version).await?;
                    Ok(Handled::Done)
                }
                // A borrower is an id here; who that is, the user service knows.
                "UserChanged" | "UserSnapshot" => Ok(Handled::Done),
                other => Err(HandlerError::Illegal(format!(
                    "mypage does not know messages of kind {other}"
                ))),
            }
        })
    }
}
