//! The mypage subgraph: what a member sees of their loans, what the desk sees of its books, and each member's durable
//! stream of loan events. A read model: it folds what borrowing and book tell, decides nothing and calls nobody, so
//! lending goes on without it. Users' names are deliberately absent: a borrower is an id, which the user service knows.

pub mod handlers;
mod loaders;
pub mod messages;
mod paging;
pub mod projection;
pub mod rebuild;
mod schema;
pub mod store;
pub mod stream;

use std::sync::Arc;

use async_graphql::Data;
use futures_util::future::BoxFuture;
use kit::{Assembly, Parts, Service, ServiceError};

use crate::{handlers::Messages, loaders::Loaders, store::Store};

/// The mypage service.
pub const SERVICE: Service = Service {
    name: "mypage",
    port: 4004,
    migrations: MIGRATIONS,
    assemble,
    sdl,
};

/// The service's own tables.
pub const MIGRATIONS: &[kit::Migration] =
    &[(1, "mypage", include_str!("../migrations/0001_mypage.sql"))];

fn assemble(parts: Parts) -> BoxFuture<'static, Result<Assembly, ServiceError>> {
    Box::pin(async move {
        rebuild::begin_if_new(&parts.mailbox, &parts.clock).await?;
        let store = Store::new(parts.mailbox.db().clone());
        let executor = schema::build(schema::Context {
            store: store.clone(),
            live: parts.live.clone(),
            stop: parts.stop.clone(),
        });
        let loading = store.clone();
        let per_request = Arc::new(move |data: &mut Data| {
            data.insert(Loaders::new(&loading));
        });
        Ok(Assembly {
            routes: kit::graphql::routes(executor, per_request, &parts),
            admin: rebuild::routes(parts.mailbox.clone(), parts.clock.clone()),
            handler: Arc::new(Messages::new(parts.live.clone(), parts.clock.clone())),
            tasks: vec![Box::pin(stream::keep_bounded(
                store,
                parts.clock,
                parts.stop,
            ))],
        })
    })
}

/// The schema as the gateway composes it.
pub fn sdl() -> String {
    schema::sdl()
}
