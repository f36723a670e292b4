//! A GraphQL federation gateway: HTTP, WebSocket, policy, execution.
//!
//! A request's way: [`server`] routes it, `http` or `websocket` read it, `auth` finds out who is calling, `headers`
//! selects what goes upstream, `admission` bounds how much runs at once, and [`engine`] answers it.

pub mod config;
pub mod engine;
pub mod server;
pub mod sources;
pub mod supply;

mod admission;
mod auth;
mod connections;
mod current;
mod explorer;
mod headers;
mod http;
mod metrics;
mod websocket;

pub use config::{Config, ConfigError};
pub use server::{Gateway, GatewayError};
