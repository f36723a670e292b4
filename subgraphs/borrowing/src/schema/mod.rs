//! borrowing's GraphQL schema: translation only. What may happen is decided in [`crate::domain`] and [`crate::saga`].

mod mutation;
mod query;
mod subscription;
pub mod types;

use std::sync::Arc;

use async_graphql::{SDLExportOptions, Schema, SchemaBuilder};
use kit::graphql::PerRequest;

use crate::{lending::Lending, loaders::Loaders};

pub use mutation::Mutation;
pub use query::Query;
pub use subscription::Subscription;

/// The deepest selection that is answered.
const DEEPEST: usize = 24;
/// The most fields that one operation may name.
const WIDEST: usize = 2000;

/// The executable schema.
pub type BorrowingSchema = Schema<Query, Mutation, Subscription>;

/// The schema over `lending`. Its subscriptions end with `stop`.
pub fn schema(lending: Lending, stop: tokio_util::sync::CancellationToken) -> BorrowingSchema {
    builder()
        .limit_depth(DEEPEST)
        .limit_complexity(WIDEST)
        .data(lending)
        .data(stop)
        .finish()
}

/// The schema as the gateway composes it.
pub fn sdl() -> String {
    let options = SDLExportOptions::new().federation();
    builder().finish().sdl_with_options(options)
}

/// What each request finds its loaders by.
pub fn per_request(lending: &Lending) -> PerRequest {
    let db = lending.mailbox().db().clone();
    Arc::new(move |data| Loaders::insert(data, db.pool(), db.dialect()))
}

fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query, Mutation, Subscription)
        .enable_federation()
        .enable_subscription_in_federation()
}
