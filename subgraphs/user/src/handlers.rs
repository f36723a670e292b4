//! One function per message.

use futures_util::future::BoxFuture;
use kit::{
    Envelope, Handled, Handler, HandlerError, Outgoing, REPLAY_PAGE, ReplayRequested, Tx,
    ids::BorrowingId,
};

use crate::{
    domain::{Answer, Settled},
    messages::{Acknowledged, BorrowingReturned, ChargePoints, ChargeRefused, RefundPoints},
    store::Store,
};

/// Handles the user service's messages.
pub struct Handlers {
    store: Store,
}

impl Handler for Handlers {
    fn handle<'a>(
        &'a self,
        tx: &'a mut Tx,
        message: &'a Envelope,
    ) -> BoxFuture<'a, Result<Handled, HandlerError>> {
        Box::pin(async move {
            match message.kind.as_str() {
                "ChargePoints" => self.charge_points(tx, message.read()?).await?,
                "RefundPoints" => self.refund_points(tx, message.read()?).await?,
                "BorrowingReturned" => self.borrowing_returned(tx, message.read()?).await?,
                "ReplayRequested" => self.replay_requested(tx, message.read()?).await?,
                other => {
                    return Err(HandlerError::Illegal(format!(
                        "the user service knows no {other}"
                    )));
                }
            }
            Ok(Handled::Done)
        })
    }
}

impl Handlers {
    /// Handlers that work on `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    async fn charge_points(&self, tx: &mut Tx, command: ChargePoints) -> Result<(), HandlerError> {
        let ChargePoints {
            borrowing_id,
            user_id,
            points,
        } = command;
        if points < 0 {
            return Err(HandlerError::Illegal(format!(
                "{points} points cannot be charged"
            )));
        }
        let (settled, version) = self.store.charge(tx, borrowing_id, user_id, points).await?;
        self.answer(tx, borrowing_id, settled, version).await
    }

    async fn refund_points(&self, tx: &mut Tx, command: RefundPoints) -> Result<(), HandlerError> {
        let RefundPoints {
            borrowing_id,
            user_id,
        } = command;
        let (settled, version) = self.store.refund(tx, borrowing_id, user_id).await?;
        self.answer(tx, borrowing_id, settled, version).await
    }

    async fn answer(
        &self,
        tx: &mut Tx,
        borrowing_id: BorrowingId,
        settled: Settled,
        version: i64,
    ) -> Result<(), HandlerError> {
        let acknowledged = Acknowledged { borrowing_id };
        let message = match settled.answer {
            None => return Ok(()),
            Some(Answer::Charged) => {
                Outgoing::new("PointsCharged", borrowing_id, version, acknowledged)
            }
            Some(Answer::Refunded) => {
                Outgoing::new("PointsRefunded", borrowing_id, version, acknowledged)
            }
            Some(Answer::Refused(refusal)) => {
                let reason = refusal.as_str().to_owned();
                let refused = ChargeRefused {
                    borrowing_id,
                    reason,
                };
                Outgoing::new("ChargeRefused", borrowing_id, version, refused)
            }
        };
        Ok(self.store.send(tx, message).await?)
    }

    async fn borrowing_returned(
        &self,
        tx: &mut Tx,
        event: BorrowingReturned,
    ) -> Result<(), HandlerError> {
        let BorrowingReturned {
            borrowing,
            returned,
        } = event;
        match returned.credit_points {
            0 => Ok(()),
            points if points < 0 => Err(HandlerError::Illegal(format!(
                "{points} points cannot be credited"
            ))),
            points => {
                self.store
                    .credit(tx, borrowing.id, returned.number, borrowing.user_id, points)
                    .await
            }
        }
    }

    async fn replay_requested(
        &self,
        tx: &mut Tx,
        request: ReplayRequested,
    ) -> Result<(), HandlerError> {
        let users = self.store.after(tx, request.after(), REPLAY_PAGE).await?;
        let page = users
            .iter()
            .map(|user| Outgoing::new("UserSnapshot", user.id, user.version, user.state()))
            .collect();
        Ok(self.store.replay(tx, request, page).await?)
    }
}
