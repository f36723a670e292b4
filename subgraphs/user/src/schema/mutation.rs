//! What can be done to users.

use async_graphql::{Context, ID, InputObject, Object};
use kit::{Refusal, auth, ids::UserId};

use super::types::{Session, User};
use crate::{accounts::Accounts, domain};

/// Who is signing up.
#[derive(InputObject)]
pub struct SignUpInput {
    /// What to be called: 1 to 100 characters.
    name: String,
    /// The password to sign in with: 8 to 128 characters.
    #[graphql(secret)]
    password: String,
}

/// What can be done to users.
pub struct Mutation;

#[Object]
impl Mutation {
    /// Makes a patron with a card of their own, and signs them in.
    async fn sign_up(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who is signing up.")] input: SignUpInput,
    ) -> async_graphql::Result<Session> {
        let accounts = ctx.data_unchecked::<Accounts>();
        let session = accounts.sign_up(&input.name, input.password).await?;
        Ok(Session(session))
    }

    /// Signs in. Refused with WRONG_CREDENTIALS, whichever of the two is wrong.
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The barcode on the card.")] card: String,
        #[graphql(desc = "The password.", secret)] password: String,
    ) -> async_graphql::Result<Session> {
        let accounts = ctx.data_unchecked::<Accounts>();
        Ok(Session(accounts.sign_in(&card, password).await?))
    }

    /// Grants a user points; for librarians. Repeated with the same requestId it grants them once; with the same
    /// requestId for something else it is refused with REQUEST_ID_REUSED.
    async fn grant_points(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user.")] user_id: ID,
        #[graphql(desc = "How many: 1 or more.")] points: i32,
        #[graphql(desc = "Makes a retry safe: a fresh value for every new grant.")]
        request_id: String,
    ) -> async_graphql::Result<User> {
        let librarian = auth::require_librarian(ctx)?;
        domain::request_id(&request_id)?;
        let store = &ctx.data_unchecked::<Accounts>().store;
        let user = store
            .grant(parse(&user_id)?, points.into(), librarian.id, &request_id)
            .await?;
        Ok(User::new(user))
    }

    /// Blocks a user from borrowing; for librarians. What they have on loan can still be returned.
    async fn block_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user.")] user_id: ID,
    ) -> async_graphql::Result<User> {
        set_blocked(ctx, &user_id, true).await
    }

    /// Lets a blocked user borrow again; for librarians.
    async fn unblock_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user.")] user_id: ID,
    ) -> async_graphql::Result<User> {
        set_blocked(ctx, &user_id, false).await
    }
}

async fn set_blocked(
    ctx: &Context<'_>,
    user_id: &ID,
    blocked: bool,
) -> async_graphql::Result<User> {
    auth::require_librarian(ctx)?;
    let store = &ctx.data_unchecked::<Accounts>().store;
    Ok(User::new(
        store.set_blocked(parse(user_id)?, blocked).await?,
    ))
}

fn parse(id: &ID) -> Result<UserId, Refusal> {
    id.parse()
        .map_err(|_| Refusal::not_found("there is no such user"))
}
