//! Mutations: asking, taking back, bringing back, and the desk.

use async_graphql::{Context, ID, Object, Result};
use kit::{auth, ids::BookId};
use serde_json::json;

use super::types::{BorrowBookInput, BorrowingNode, id_of};
use crate::{
    lending::{self, Lending, Wish},
    store::Request,
};

/// Mutations of borrowing.
pub struct Mutation;

/// What can be done with borrowings.
#[Object(name = "Mutation")]
impl Mutation {
    /// Asks to borrow a book. The answer comes at once and is PENDING; the decision is pushed
    /// (borrowingStatusChanged, loanEvents).
    async fn borrow_book(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to borrow.")] input: BorrowBookInput,
    ) -> Result<BorrowingNode> {
        let caller = auth::require_caller(ctx)?;
        let book: BookId = id_of("bookId", &input.book_id)?;
        let fingerprint = json!({ "borrowBook": [book, input.quantity] }).to_string();
        let wish = Wish {
            user: caller.id,
            book,
            quantity: i64::from(input.quantity),
            request: Request {
                by: caller.id,
                id: input.request_id,
                fingerprint,
            },
        };
        let borrowing = ctx.data::<Lending>()?.borrow(wish).await?;
        Ok(BorrowingNode(borrowing))
    }

    /// Brings copies of a loan back: on time they credit their points, late they cost a fee.
    async fn return_book(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The borrowing's id.")] id: ID,
        #[graphql(desc = "How many copies.", default = 1)] quantity: i32,
    ) -> Result<BorrowingNode> {
        let caller = auth::require_caller(ctx)?;
        let id = id.parse().map_err(|_| lending::not_found())?;
        let lending = ctx.data::<Lending>()?;
        let borrowing = lending.give_back(id, i64::from(quantity), caller).await?;
        Ok(BorrowingNode(borrowing))
    }

    /// Takes a request back that is still PENDING. It becomes CANCELED once nothing is held for it any more.
    async fn cancel_borrowing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The borrowing's id.")] id: ID,
    ) -> Result<BorrowingNode> {
        let caller = auth::require_caller(ctx)?;
        let id = id.parse().map_err(|_| lending::not_found())?;
        let borrowing = ctx.data::<Lending>()?.cancel(id, caller).await?;
        Ok(BorrowingNode(borrowing))
    }

    /// The desk: hands a book out to the bearer of a card, as if they had asked themselves. For librarians.
    async fn check_out(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user's card, as scanned.")] card: String,
        #[graphql(desc = "The book's barcode, as scanned.")] book: String,
        #[graphql(desc = "How many copies.", default = 1)] quantity: i32,
        #[graphql(desc = "The desk's idempotency key, as in borrowBook.")] request_id: String,
    ) -> Result<BorrowingNode> {
        let caller = auth::require_librarian(ctx)?;
        let request = Request {
            by: caller.id,
            id: request_id,
            fingerprint: json!({ "checkOut": [card, book, quantity] }).to_string(),
        };
        let lending = ctx.data::<Lending>()?;
        let borrowing = lending
            .check_out(&card, &book, i64::from(quantity), request)
            .await?;
        Ok(BorrowingNode(borrowing))
    }

    /// The desk: takes copies in from the bearer of a card; of several open loans of the title, for the one due first.
    /// For librarians.
    async fn check_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user's card, as scanned.")] card: String,
        #[graphql(desc = "The book's barcode, as scanned.")] book: String,
        #[graphql(desc = "How many copies.", default = 1)] quantity: i32,
    ) -> Result<BorrowingNode> {
        auth::require_librarian(ctx)?;
        let lending = ctx.data::<Lending>()?;
        let borrowing = lending.check_in(&card, &book, i64::from(quantity)).await?;
        Ok(BorrowingNode(borrowing))
    }
}
