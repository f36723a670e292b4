//! The subscription to a decision.

use async_graphql::{Context, ID, Result, Subscription};
use futures_util::{Stream, stream};
use kit::{
    Failure, Refusal, Waiter,
    auth::{self, Caller},
    ids::BorrowingId,
};
use tokio_util::sync::CancellationToken;

use super::types::BorrowingNode;
use crate::{
    domain::{Borrowing, Status},
    lending::{self, Lending},
    store,
};

/// Subscriptions of borrowing.
pub struct Subscription;

/// What borrowing pushes.
#[Subscription(name = "Subscription")]
impl Subscription {
    /// A borrowing as it is now, then after each change of its status; completes once it is decided (APPROVED, REJECTED
    /// or CANCELED). For who borrows and for librarians.
    async fn borrowing_status_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The borrowing's id.")] id: ID,
    ) -> Result<impl Stream<Item = Result<BorrowingNode>> + use<>> {
        let caller = auth::require_caller(ctx)?.clone();
        let id: BorrowingId = id.parse().map_err(|_| lending::not_found())?;
        let lending = ctx.data::<Lending>()?.clone();
        let stop = ctx.data::<CancellationToken>()?.clone();
        // Attached before the first look: a change in between is seen as a wake-up.
        let waiter = lending.live().attach(&id.to_string());
        let present = look(&lending, id, &caller).await?;
        let watch = Watch {
            lending,
            id,
            caller,
            waiter,
            stop,
            next: Some(Next::Emit(present)),
        };
        Ok(stream::unfold(watch, |mut watch| async move {
            let item = watch.next().await?;
            Some((item, watch))
        }))
    }
}

struct Watch {
    lending: Lending,
    id: BorrowingId,
    caller: Caller,
    waiter: Waiter,
    stop: CancellationToken,
    /// `None` when the stream is over.
    next: Option<Next>,
}

enum Next {
    Emit(Borrowing),
    WaitFor(Status),
}

impl Watch {
    async fn next(&mut self) -> Option<Result<BorrowingNode>> {
        let borrowing = match self.next.take()? {
            Next::Emit(present) => present,
            Next::WaitFor(shown) => match self.changed_from(shown).await {
                Ok(borrowing) => borrowing,
                Err(failure) => return Some(Err(failure.into())),
            },
        };
        if !borrowing.is_decided() {
            self.next = Some(Next::WaitFor(borrowing.status));
        }
        Some(Ok(BorrowingNode(borrowing)))
    }

    /// The borrowing once its status is another than `shown`. A service that stops says so: merely to end would look
    /// like a decision.
    async fn changed_from(&mut self, shown: Status) -> Result<Borrowing, Failure> {
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return Err(stopping().into()),
                () = self.waiter.changed() => {}
            }
            match look(&self.lending, self.id, &self.caller).await {
                Ok(borrowing) if borrowing.status == shown => {}
                // The database will be back; the subscriber need not know that it was away.
                Err(Failure::Store(error)) => {
                    tracing::warn!(%error, "a subscription looks again later");
                }
                outcome => return outcome,
            }
        }
    }
}

fn stopping() -> Refusal {
    let message = "the borrowing service is stopping before this is decided; subscribe again";
    Refusal::new("SERVICE_UNAVAILABLE", message)
}

async fn look(lending: &Lending, id: BorrowingId, caller: &Caller) -> Result<Borrowing, Failure> {
    let found = store::read(lending.mailbox().db().pool(), id).await?;
    found
        .filter(|borrowing| caller.may_see(borrowing.user))
        .ok_or_else(|| lending::not_found().into())
}
