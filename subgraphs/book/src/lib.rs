//! The book subgraph: the catalogue, and which copies are on the shelf.
//!
//! Borrowing asks it to set copies aside and tells it when they are back; whoever keeps a view of books hears of every
//! change. It knows nothing of users, points or due dates.

pub mod domain;
pub mod handlers;
mod loaders;
pub mod messages;
pub mod schema;
pub mod store;

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::{handlers::Handlers, store::Store};

/// The book service.
pub const SERVICE: kit::Service = kit::Service {
    name: "book",
    port: 4001,
    migrations: MIGRATIONS,
    assemble,
    sdl: schema::sdl,
};

/// Its tables.
pub const MIGRATIONS: &[kit::Migration] =
    &[(1, "books", include_str!("../migrations/0001_books.sql"))];

fn assemble(parts: kit::Parts) -> BoxFuture<'static, Result<kit::Assembly, kit::ServiceError>> {
    Box::pin(async move {
        let store = Store::new(parts.mailbox.clone(), parts.live.clone());
        let schema = schema::build(store.clone(), parts.clone());
        let handler = Handlers::new(store.clone(), parts.mailbox.clone());
        let per_request = Arc::new(move |data: &mut _| loaders::attach(&store, data));
        Ok(kit::Assembly {
            routes: kit::graphql::routes(schema, per_request, &parts),
            admin: axum::Router::new(),
            handler: Arc::new(handler),
            tasks: Vec::new(),
        })
    })
}
