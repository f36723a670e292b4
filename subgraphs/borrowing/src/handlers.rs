//! One function per kind of message that borrowing receives.

use futures_util::future::BoxFuture;
use kit::{
    Envelope, Handled, Handler, HandlerError, Outgoing, REPLAY_PAGE, ReplayRequested, Tx,
    ids::BorrowingId,
};

use crate::{
    lending::Lending,
    messages::{Acknowledged, BookState, BorrowingEvent, CopiesReserved, Refused, UserState},
    saga::Message,
    store,
};

/// Handles borrowing's messages.
pub struct Handlers {
    lending: Lending,
}

impl Handlers {
    /// Handlers that lend with `lending`.
    pub fn new(lending: Lending) -> Self {
        Self { lending }
    }

    async fn handle(&self, tx: &mut Tx, message: &Envelope) -> Result<Handled, HandlerError> {
        match message.kind.as_str() {
            "CopiesReserved" => self.copies_reserved(tx, message).await,
            "ReservationRefused" => self.refused(tx, message, Message::ReservationRefused).await,
            "PointsCharged" => self.acknowledged(tx, message, Message::PointsCharged).await,
            "ChargeRefused" => self.refused(tx, message, Message::ChargeRefused).await,
            "CopiesReleased" => {
                self.acknowledged(tx, message, Message::CopiesReleased)
                    .await
            }
            "PointsRefunded" => {
                self.acknowledged(tx, message, Message::PointsRefunded)
                    .await
            }
            "BookChanged" | "BookSnapshot" => book_changed(tx, message).await,
            "UserChanged" | "UserSnapshot" => user_changed(tx, message).await,
            "ReplayRequested" => self.replay_requested(tx, message).await,
            other => Err(HandlerError::Illegal(format!(
                "borrowing does not read {other}"
            ))),
        }
    }

    async fn copies_reserved(
        &self,
        tx: &mut Tx,
        message: &Envelope,
    ) -> Result<Handled, HandlerError> {
        let reserved: CopiesReserved = message.read()?;
        if reserved.rental_cost < 0 {
            return Err(HandlerError::Illegal(format!(
                "a rental cost of {}",
                reserved.rental_cost
            )));
        }
        let told = Message::CopiesReserved {
            rental_cost: reserved.rental_cost,
        };
        self.tell(tx, message, reserved.borrowing_id, told).await
    }

    async fn refused(
        &self,
        tx: &mut Tx,
        message: &Envelope,
        told: fn(crate::domain::RejectionReason) -> Message,
    ) -> Result<Handled, HandlerError> {
        let refused: Refused = message.read()?;
        self.tell(tx, message, refused.borrowing_id, told(refused.reason))
            .await
    }

    async fn acknowledged(
        &self,
        tx: &mut Tx,
        message: &Envelope,
        told: Message,
    ) -> Result<Handled, HandlerError> {
        let acknowledged: Acknowledged = message.read()?;
        self.tell(tx, message, acknowledged.borrowing_id, told)
            .await
    }

    async fn tell(
        &self,
        tx: &mut Tx,
        message: &Envelope,
        borrowing: BorrowingId,
        told: Message,
    ) -> Result<Handled, HandlerError> {
        self.lending
            .tell(tx, borrowing, told, Some(message.id))
            .await?
            .map(|_| Handled::Done)
            .ok_or_else(|| HandlerError::Illegal(format!("there is no borrowing {borrowing}")))
    }

    /// Sends a page of borrowings to who asks, and itself the request for the next.
    async fn replay_requested(
        &self,
        tx: &mut Tx,
        message: &Envelope,
    ) -> Result<Handled, HandlerError> {
        let request: ReplayRequested = message.read()?;
        let mailbox = self.lending.mailbox();
        // It knows its own borrowings.
        if request.consumer == mailbox.service() {
            return Ok(Handled::Done);
        }
        let found = store::after(tx, request.after(), REPLAY_PAGE).await?;
        let page = found.iter().map(|stored| {
            let state = BorrowingEvent::new(&stored.borrowing, None);
            Outgoing::new(
                "BorrowingSnapshot",
                stored.borrowing.id,
                stored.event_version,
                state,
            )
        });
        mailbox.replay(tx, request, page.collect()).await?;
        Ok(Handled::Done)
    }
}

impl Handler for Handlers {
    fn handle<'a>(
        &'a self,
        tx: &'a mut Tx,
        message: &'a Envelope,
    ) -> BoxFuture<'a, Result<Handled, HandlerError>> {
        Box::pin(Self::handle(self, tx, message))
    }
}

async fn book_changed(tx: &mut Tx, message: &Envelope) -> Result<Handled, HandlerError> {
    let book: BookState = message.read()?;
    store::know_book(
        tx,
        book.id,
        &book.barcode,
        book.deleted,
        message.aggregate_version,
    )
    .await?;
    Ok(Handled::Done)
}

async fn user_changed(tx: &mut Tx, message: &Envelope) -> Result<Handled, HandlerError> {
    let user: UserState = message.read()?;
    store::know_user(tx, user.id, &user.card, message.aggregate_version).await?;
    Ok(Handled::Done)
}
