//! The user subgraph: who borrows, with which card, how many points they have, and who may do what.
//!
//! It signs the tokens that every other service verifies. Deliberately absent: what anybody has borrowed.

pub mod accounts;
pub mod card;
pub mod config;
pub mod domain;
pub mod handlers;
pub mod messages;
pub mod password;
pub mod schema;
pub mod store;
pub mod token;

use std::{num::NonZero, sync::Arc};

use axum::{Json, Router, http::header, routing::get};
use futures_util::future::BoxFuture;
use kit::{Assembly, Parts, Service, ServiceError};

use crate::{
    accounts::Accounts, config::Config, handlers::Handlers, password::Passwords, store::Store,
    token::Signer,
};

/// The user service.
pub const SERVICE: Service = Service {
    name: "user",
    port: 4003,
    migrations: &[(1, "users", include_str!("../migrations/0001_users.sql"))],
    assemble,
    sdl: schema::sdl,
};

fn assemble(parts: Parts) -> BoxFuture<'static, Result<Assembly, ServiceError>> {
    Box::pin(async move {
        let config = Config::read(&parts.settings)?;
        let store = Store::new(parts.mailbox.clone(), parts.clock.clone());
        let key = store.signing_key(&fresh_key()).await?;
        let signer = Signer::new(&key, config.token_lifetime)
            .map_err(|error| ServiceError::Other(error.to_string()))?;
        let mut salt = [0; 16];
        random(&mut salt);
        let accounts = Accounts {
            store: store.clone(),
            passwords: Passwords::new(processors(), salt),
            signer: Arc::new(signer),
            clock: parts.clock.clone(),
            random,
            sign_up_points: config.sign_up_points,
        };
        for first in &config.first_users {
            accounts.ensure(first).await?;
        }
        let routes = keys(&accounts.signer).merge(kit::graphql::routes(
            schema::build(accounts),
            schema::per_request(store.clone()),
            &parts,
        ));
        Ok(Assembly {
            routes,
            admin: Router::new(),
            handler: Arc::new(Handlers::new(store)),
            tasks: Vec::new(),
        })
    })
}

/// Serves the public key.
fn keys(signer: &Signer) -> Router {
    let published = signer.published();
    let serve = async move || {
        (
            [(header::CACHE_CONTROL, "public, max-age=60")],
            Json(published),
        )
    };
    Router::new().route("/.well-known/jwks.json", get(serve))
}

fn fresh_key() -> String {
    loop {
        let mut bytes = [0; 32];
        random(&mut bytes);
        if let Some(key) = token::private_key(bytes) {
            return key;
        }
    }
}

/// The operating system's randomness: the one source of keys, salts and card numbers.
fn random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system provides randomness");
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}
