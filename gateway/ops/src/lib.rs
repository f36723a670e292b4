//! What any process of the system needs to be operated.
//!
//! Logs and traces ([`telemetry`], [`trace`]), numbers ([`metrics`]), liveness and readiness
//! ([`health`]), a server that stops gracefully ([`server`], [`stop`]), one outgoing HTTP client
//! ([`client`]) and the verification of callers' tokens ([`token`]). Nothing here knows GraphQL or
//! libraries, and nothing is global but the subscriber that [`telemetry::init`] installs.

pub mod client;
pub mod health;
pub mod metrics;
mod otlp;
pub mod server;
pub mod stop;
pub mod telemetry;
pub mod token;
pub mod trace;

use axum::Router;

/// The operator's routes: `GET /health` (see [`health`]) and `GET /metrics` (Prometheus text).
pub fn routes(metrics: metrics::Metrics, health: health::Health) -> Router {
    health::routes(health).merge(metrics::routes(metrics))
}
