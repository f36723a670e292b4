//! The schema: translation only. Who may see what of a user is settled in one place, [`types::User`].

mod loaders;
mod mutation;
mod types;

use async_graphql::{Context, EmptySubscription, ID, Object, SDLExportOptions, Schema};
use kit::{Failure, auth};

pub use loaders::per_request;
pub use mutation::{Mutation, SignUpInput};
pub use types::{Borrowing, LedgerEntry, LedgerReason, Role, Session, User};

use crate::accounts::Accounts;
use loaders::load_user;

/// The service's schema.
pub type UserSchema = Schema<Query, Mutation, EmptySubscription>;

/// Builds the schema on what it serves.
pub fn build(accounts: Accounts) -> UserSchema {
    Schema::build(Query, Mutation, EmptySubscription)
        .enable_federation()
        .limit_depth(20)
        .limit_complexity(2000)
        .data(accounts)
        .finish()
}

/// The schema as composition reads it.
pub fn sdl() -> String {
    Schema::build(Query, Mutation, EmptySubscription)
        .enable_federation()
        .finish()
        .sdl_with_options(SDLExportOptions::new().federation())
}

/// What can be asked about users.
pub struct Query;

#[Object]
impl Query {
    /// The user who is asking; null when signed out.
    async fn me(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<User>> {
        match auth::maybe_caller(ctx) {
            Some(caller) => load_user(ctx, caller.id).await,
            None => Ok(None),
        }
    }

    /// A user by id: oneself, and anybody for librarians; null for others.
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user's id.")] id: ID,
    ) -> async_graphql::Result<Option<User>> {
        let caller = auth::maybe_caller(ctx);
        match id.parse() {
            Ok(id) if caller.is_some_and(|caller| caller.may_see(id)) => load_user(ctx, id).await,
            _ => Ok(None),
        }
    }

    /// A user by their card's barcode: oneself, and anybody for librarians; null for others.
    async fn user_by_card(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the scanner reads from the card.")] card: String,
    ) -> async_graphql::Result<Option<User>> {
        let Some(caller) = auth::maybe_caller(ctx) else {
            return Ok(None);
        };
        let user = ctx
            .data_unchecked::<Accounts>()
            .store
            .by_card(&card)
            .await
            .map_err(Failure::from)?;
        Ok(user.filter(|user| caller.may_see(user.id)).map(User::new))
    }

    /// A user whom another service refers to.
    #[graphql(entity)]
    async fn find_user_by_id(
        &self,
        ctx: &Context<'_>,
        id: ID,
    ) -> async_graphql::Result<Option<User>> {
        match id.parse() {
            Ok(id) => load_user(ctx, id).await,
            Err(_) => Ok(None),
        }
    }
}
