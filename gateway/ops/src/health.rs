//! `/health` in the shape of Apollo Router, so that its probes and charts keep working.
//!
//! `GET /health` and `GET /health?live` say that the process runs; `GET /health?ready` says
//! whether it can do its work now, with the state of each component.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing};
use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt, Full};
use serde_json::json;

use crate::client::http_client;

/// Longest wait of [`probe`]; shorter than a container engine's usual 5 s to 30 s.
const PROBE_TIMEOUT: Duration = Duration::from_secs(4);

type Components = BTreeMap<&'static str, Result<(), String>>;

/// The state of a process's components; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Health {
    components: Arc<Mutex<Components>>,
}

impl Health {
    /// A process without components: ready.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records the state of a component; an error is the reason an operator reads.
    pub fn set(&self, component: &'static str, state: Result<(), String>) {
        self.lock().insert(component, state);
    }

    /// Whether every component works.
    pub fn ready(&self) -> bool {
        self.lock().values().all(Result::is_ok)
    }

    fn report(&self) -> (bool, serde_json::Value) {
        let components = self.lock();
        let ready = components.values().all(Result::is_ok);
        let states: serde_json::Map<_, _> = components
            .iter()
            .map(|(name, state)| {
                let text = state.as_ref().map_or_else(String::as_str, |()| "UP");
                ((*name).to_owned(), json!(text))
            })
            .collect();
        let status = if ready { "UP" } else { "DOWN" };
        (ready, json!({ "status": status, "components": states }))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Components> {
        // The map is valid after every statement, so a panic elsewhere does not spoil it.
        self.components
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The `/health` route alone.
pub fn routes(health: Health) -> Router {
    Router::new()
        .route("/health", routing::get(answer))
        .with_state(health)
}

async fn answer(State(health): State<Health>, RawQuery(query): RawQuery) -> Response {
    let asks_readiness = query
        .as_deref()
        .unwrap_or_default()
        .split('&')
        .any(|pair| pair.split('=').next() == Some("ready"));
    if !asks_readiness {
        return Json(json!({ "status": "UP" })).into_response();
    }
    let (ready, body) = health.report();
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(body)).into_response()
}

/// Asks a process for its health, as a container's health check does from inside.
///
/// The error says what answered, or that nothing did.
pub async fn probe(url: &str) -> Result<(), String> {
    let request = http::Request::get(url)
        .body(Full::<Bytes>::default())
        .map_err(|error| format!("{url}: {error}"))?;
    let ask = async {
        let response = http_client()
            .request(request)
            .await
            .map_err(|error| format!("{url}: {error}"))?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let body = response.into_body().collect().await;
        let body = body
            .map(http_body_util::Collected::to_bytes)
            .unwrap_or_default();
        Err(format!(
            "{url}: {status} {}",
            String::from_utf8_lossy(&body)
        ))
    };
    tokio::time::timeout(PROBE_TIMEOUT, ask)
        .await
        .unwrap_or_else(|_| Err(format!("{url}: no answer within {PROBE_TIMEOUT:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tower::ServiceExt as _;

    async fn get(health: &Health, path: &str) -> (StatusCode, serde_json::Value) {
        let request = http::Request::get(path)
            .body(axum::body::Body::empty())
            .unwrap();
        let response = routes(health.clone()).oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn readiness_follows_the_components_and_liveness_does_not() {
        let health = Health::new();
        assert!(health.ready());
        health.set("database", Err("waiting: connection refused".to_owned()));
        health.set("broker", Ok(()));

        assert!(!health.ready());
        assert_eq!(
            get(&health, "/health").await,
            (StatusCode::OK, json!({"status": "UP"}))
        );
        assert_eq!(get(&health, "/health?live").await.0, StatusCode::OK);
        assert_eq!(
            get(&health, "/health?ready").await,
            (
                StatusCode::SERVICE_UNAVAILABLE,
                json!({"status": "DOWN", "components": {
                    "broker": "UP", "database": "waiting: connection refused"}})
            )
        );

        health.set("database", Ok(()));
        assert!(health.ready());
        assert_eq!(get(&health, "/health?ready=").await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn a_probe_tells_ready_unready_and_absent_apart() {
        let health = Health::new();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/health?ready", listener.local_addr().unwrap());
        let stop = tokio_util::sync::CancellationToken::new();
        let server = tokio::spawn(crate::server::serve(
            listener,
            routes(health.clone()),
            stop.clone(),
            Duration::from_secs(1),
        ));

        assert_eq!(probe(&url).await, Ok(()));
        health.set("broker", Err("connecting".to_owned()));
        let unready = probe(&url).await.unwrap_err();
        assert!(
            unready.contains("503") && unready.contains("connecting"),
            "{unready}"
        );
        stop.cancel();
        server.await.unwrap().unwrap();
        assert!(probe(&url).await.is_err());
    }
}
