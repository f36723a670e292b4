//! A schema over HTTP (POST) and WebSocket (`graphql-transport-ws`), at `/graphql`.

use std::{sync::Arc, time::Duration};

use async_graphql::{Data, Executor, Request, http::ALL_WEBSOCKET_PROTOCOLS};
use async_graphql_axum::{GraphQLProtocol, GraphQLRequest, GraphQLResponse, GraphQLWebSocket};
use axum::{
    Json, Router,
    extract::{State, WebSocketUpgrade},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use futures_util::stream::BoxStream;
use ops::token::Verifier;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::{
    auth::{self, AuthError, Caller, CallerData},
    clock::Clock,
};

/// Longest message of a client, in bytes: an operation with its variables.
const MAX_MESSAGE: usize = 1 << 20;

const FAREWELL: Duration = Duration::from_millis(500);

/// What is made anew for each operation (loaders, above all).
pub type PerRequest = Arc<dyn Fn(&mut Data) + Send + Sync>;

/// Gives each operation its own data, over HTTP and over WebSocket alike: a loader shared by the operations of one
/// connection would let one that is cancelled take another's batch with it.
#[derive(Clone)]
struct Fresh<E> {
    executor: E,
    per_request: PerRequest,
}

impl<E> Fresh<E> {
    fn equipped(&self, mut request: Request) -> Request {
        (self.per_request)(&mut request.data);
        request
    }
}

impl<E: Executor> Executor for Fresh<E> {
    fn execute(&self, request: Request) -> impl Future<Output = async_graphql::Response> + Send {
        self.executor.execute(self.equipped(request))
    }

    fn execute_stream(
        &self,
        request: Request,
        session_data: Option<Arc<Data>>,
    ) -> BoxStream<'static, async_graphql::Response> {
        self.executor
            .execute_stream(self.equipped(request), session_data)
    }
}

#[derive(Clone)]
struct Endpoint<E> {
    executor: Fresh<E>,
    verifier: Verifier,
    clock: Clock,
    stop: CancellationToken,
}

/// The routes of a schema. A subscription's loaders must not remember (`dataloader::non_cached`), as it outlives what
/// it has read.
pub fn routes<E: Executor>(executor: E, per_request: PerRequest, parts: &crate::Parts) -> Router {
    let endpoint = Endpoint {
        executor: Fresh {
            executor,
            per_request,
        },
        verifier: parts.verifier.clone(),
        clock: parts.clock.clone(),
        stop: parts.stop.clone(),
    };
    Router::new()
        .route("/graphql", post(over_http::<E>).get(over_websocket::<E>))
        .with_state(endpoint)
}

async fn over_http<E: Executor>(
    State(endpoint): State<Endpoint<E>>,
    headers: HeaderMap,
    request: GraphQLRequest,
) -> Response {
    let caller = match auth::caller(&endpoint.verifier, &headers).await {
        Ok(caller) => caller,
        Err(error) => return refuse(&error),
    };
    let request = request.into_inner().data(CallerData(caller));
    GraphQLResponse::from(endpoint.executor.execute(request).await).into_response()
}

fn refuse(error: &AuthError) -> Response {
    let (status, code) = match error {
        AuthError::Rejected(_) => (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"),
        AuthError::KeysUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE"),
    };
    let body =
        json!({ "errors": [{ "message": error.to_string(), "extensions": { "code": code } }] });
    let mut response = (status, Json(body)).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
    }
    response
}

async fn over_websocket<E: Executor>(
    State(endpoint): State<Endpoint<E>>,
    headers: HeaderMap,
    protocol: GraphQLProtocol,
    upgrade: WebSocketUpgrade,
) -> Response {
    let caller = match auth::caller(&endpoint.verifier, &headers).await {
        Ok(caller) => caller,
        Err(error) => return refuse(&error),
    };
    // A child of the upgrade's span, which continues the trace of who connects.
    let span = tracing::info_span!("websocket");
    // The default buffers would cost 138 KiB a connection.
    upgrade
        .read_buffer_size(4096)
        .write_buffer_size(0)
        .max_message_size(MAX_MESSAGE)
        .protocols(ALL_WEBSOCKET_PROTOCOLS)
        .on_upgrade(move |socket| async move {
            let stop = endpoint.stop.clone();
            let (known, expiry) = tokio::sync::oneshot::channel();
            let verifier = endpoint.verifier.clone();
            let serving = GraphQLWebSocket::new(socket, endpoint.executor, protocol)
                .on_connection_init(move |payload| async move {
                    let caller = match token_of(&payload) {
                        Some(token) => Some(
                            auth::verify(&verifier, token)
                                .await
                                .map_err(|error| error.to_string())?,
                        ),
                        None => caller,
                    };
                    let _ = known.send(caller.clone());
                    let mut data = Data::default();
                    data.insert(CallerData(caller));
                    Ok(data)
                })
                .serve()
                .instrument(span);
            // A connection ends with its token, and with the service, whose streams may say goodbye.
            tokio::select! {
                () = serving => {}
                () = async { stop.cancelled().await; tokio::time::sleep(FAREWELL).await } => {}
                () = token_end(expiry, &endpoint.clock) => {}
            }
        })
}

/// The token in the payload of `connection_init`: `{"Authorization": "Bearer …"}`, also under `headers`.
fn token_of(payload: &Value) -> Option<&str> {
    let object = payload.as_object()?;
    let own = object
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case("authorization"));
    let nested = || {
        object
            .get("headers")?
            .as_object()?
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case("authorization"))
    };
    let value = own.or_else(nested)?.1.as_str()?;
    Some(value.strip_prefix("Bearer ").unwrap_or(value))
}

async fn token_end(expiry: tokio::sync::oneshot::Receiver<Option<Caller>>, clock: &Clock) {
    match expiry.await {
        Ok(Some(caller)) => {
            let left = (caller.expires_at - clock.now())
                .to_std()
                .unwrap_or(Duration::ZERO);
            tokio::time::sleep(left).await;
        }
        _ => std::future::pending().await,
    }
}
