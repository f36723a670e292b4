//! One function per message that book receives. Each loads, lets `domain` decide, and stores, in the inbox's transaction.

use futures_util::future::BoxFuture;
use kit::{
    Envelope, Handled, Handler, HandlerError, Mailbox, REPLAY_PAGE, ReplayRequested, Tx,
    ids::{BookId, BorrowingId},
};

use crate::{
    domain::{
        Book,
        reservation::{self, Illegal, Outcome, Reservation},
    },
    messages::{self, BorrowingReturned, ReleaseCopies, ReserveCopies},
    store::Store,
};

/// Handles book's messages.
pub struct Handlers {
    store: Store,
    mailbox: Mailbox,
}

impl Handlers {
    /// Handlers on `store`, answering through `mailbox`.
    pub fn new(store: Store, mailbox: Mailbox) -> Self {
        Self { store, mailbox }
    }

    async fn reserve_copies(
        &self,
        tx: &mut Tx,
        message: ReserveCopies,
    ) -> Result<(), HandlerError> {
        self.settle(tx, message.borrowing_id, message.book_id, |book, prior| {
            reservation::reserve(book, prior, message.quantity)
        })
        .await
    }

    async fn release_copies(
        &self,
        tx: &mut Tx,
        message: ReleaseCopies,
    ) -> Result<(), HandlerError> {
        self.settle(
            tx,
            message.borrowing_id,
            message.book_id,
            reservation::release,
        )
        .await
    }

    async fn borrowing_returned(
        &self,
        tx: &mut Tx,
        message: BorrowingReturned,
    ) -> Result<(), HandlerError> {
        let BorrowingReturned { borrowing, this } = message;
        let first_time = self
            .store
            .note_return(tx, borrowing.id, this.number, this.quantity)
            .await?;
        if !first_time {
            return Ok(());
        }
        self.settle(tx, borrowing.id, borrowing.book_id, |book, prior| {
            reservation::restock(book, prior, this.quantity)
        })
        .await
    }

    /// Loads a borrowing's claim and its book, decides, stores, answers.
    async fn settle(
        &self,
        tx: &mut Tx,
        borrowing: BorrowingId,
        book: BookId,
        decide: impl FnOnce(Option<&Book>, Option<Reservation>) -> Result<Outcome, Illegal>,
    ) -> Result<(), HandlerError> {
        let prior = match self.store.claim(tx, borrowing, book).await? {
            Some((other, _)) if other != book => {
                return Err(HandlerError::Illegal(format!(
                    "borrowing {borrowing} is of book {other}, not of {book}"
                )));
            }
            prior => prior.map(|(_, reservation)| reservation),
        };
        let book = self.store.lock(tx, book).await?;
        let outcome = decide(book.as_ref(), prior).map_err(|illegal| {
            HandlerError::Illegal(format!("borrowing {borrowing}: {illegal}"))
        })?;
        if let Some(book) = &outcome.book {
            self.store.save(tx, book).await?;
        }
        if prior != Some(outcome.reservation) {
            self.store
                .put_reservation(tx, borrowing, outcome.reservation)
                .await?;
        }
        if let Some(reply) = outcome.reply {
            self.mailbox
                .send(tx, messages::reply(borrowing, reply))
                .await?;
        }
        Ok(())
    }

    /// Sends one page of the catalogue: no transaction grows with the catalogue.
    async fn replay_requested(
        &self,
        tx: &mut Tx,
        request: ReplayRequested,
    ) -> Result<(), HandlerError> {
        let books = self
            .store
            .replay_page(tx, request.after(), REPLAY_PAGE)
            .await?;
        let page = books.iter().map(messages::book_snapshot).collect();
        Ok(self.mailbox.replay(tx, request, page).await?)
    }
}

impl Handler for Handlers {
    fn handle<'a>(
        &'a self,
        tx: &'a mut Tx,
        message: &'a Envelope,
    ) -> BoxFuture<'a, Result<Handled, HandlerError>> {
        Box::pin(async move {
            match message.kind.as_str() {
                "ReserveCopies" => self.reserve_copies(tx, message.read()?).await?,
                "ReleaseCopies" => self.release_copies(tx, message.read()?).await?,
                "BorrowingReturned" => self.borrowing_returned(tx, message.read()?).await?,
                "ReplayRequested" => self.replay_requested(tx, message.read()?).await?,
                other => {
                    return Err(HandlerError::Illegal(format!(
                        "book does not handle {other}"
                    )));
                }
            }
            Ok(Handled::Done)
        })
    }
}
