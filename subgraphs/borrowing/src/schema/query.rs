//! Queries, and the entities that other subgraphs refer to.

use async_graphql::{Context, ID, Object, Result};
use kit::auth;

use super::types::{
    BookNode, BorrowingFilter, BorrowingNode, Borrowings, UserNode, id_of, page, seen,
};
use crate::loaders::Filter;

/// Queries of borrowing.
pub struct Query;

/// What can be asked of borrowing.
#[Object(name = "Query")]
impl Query {
    /// A borrowing, for who borrows and for librarians; null for everyone else.
    async fn borrowing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The borrowing's id.")] id: ID,
    ) -> Result<Option<BorrowingNode>> {
        seen(ctx, &id, auth::maybe_caller(ctx)).await
    }

    /// Borrowings of everyone, newest first; for librarians.
    async fn borrowings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all of them unless told.")] filter: Option<BorrowingFilter>,
        #[graphql(desc = "How many: 1 to 100, 20 unless told.")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor.")] after: Option<String>,
    ) -> Result<Borrowings> {
        auth::require_librarian(ctx)?;
        let filter = match filter {
            None => Filter::default(),
            Some(filter) => Filter {
                user: filter
                    .user_id
                    .map(|id| id_of("filter.userId", &id))
                    .transpose()?,
                book: filter
                    .book_id
                    .map(|id| id_of("filter.bookId", &id))
                    .transpose()?,
                status: filter.status,
            },
        };
        page(ctx, filter, first, after).await
    }

    /// A borrowing that another subgraph refers to.
    #[graphql(entity)]
    async fn find_borrowing_by_id(
        &self,
        ctx: &Context<'_>,
        id: ID,
    ) -> Result<Option<BorrowingNode>> {
        seen(ctx, &id, auth::maybe_caller(ctx)).await
    }

    /// A user that another subgraph refers to.
    #[graphql(entity)]
    async fn find_user_by_id(&self, id: ID) -> Option<UserNode> {
        id.parse().ok().map(UserNode)
    }

    /// A book that another subgraph refers to.
    #[graphql(entity)]
    async fn find_book_by_id(&self, id: ID) -> Option<BookNode> {
        id.parse().ok().map(BookNode)
    }
}
