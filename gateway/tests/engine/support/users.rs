//! Users: what their resolvers know about the caller.

use async_graphql::{
    Context, EmptyMutation, EmptySubscription, Error, ID, Object, Schema, SimpleObject,
};

use super::upstream::Caller;

struct User(String);

#[derive(SimpleObject)]
#[graphql(unresolvable)]
struct Product {
    id: ID,
}

#[Object]
impl User {
    async fn id(&self) -> ID {
        ID(self.0.clone())
    }

    async fn name(&self) -> String {
        format!("User {}", self.0)
    }

    /// The credentials that arrived with the request.
    async fn seen(&self, context: &Context<'_>) -> String {
        context.data_unchecked::<Caller>().0.clone()
    }

    async fn favourites(&self) -> Vec<Product> {
        ["1", "1", "2"].map(|id| Product { id: id.into() }).into()
    }

    /// Fails for one user, where null is not allowed.
    async fn email(&self) -> Result<String, Error> {
        if self.0 == "u2" {
            Err(Error::new("no mail for u2"))
        } else {
            Ok(format!("{}@example.org", self.0))
        }
    }
}

pub(crate) struct Query;

#[Object]
impl Query {
    async fn me(&self) -> Option<User> {
        Some(User("u1".to_owned()))
    }

    #[graphql(entity)]
    async fn find_user(&self, id: ID) -> Option<User> {
        (*id != "nobody").then_some(User(id.0))
    }
}

pub(crate) fn schema() -> Schema<Query, EmptyMutation, EmptySubscription> {
    Schema::build(Query, EmptyMutation, EmptySubscription)
        .enable_federation()
        .finish()
}
