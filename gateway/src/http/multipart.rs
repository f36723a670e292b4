//! Answers in several parts over plain HTTP: subscriptions as Apollo's multipart protocol
//! (<https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol>), `@defer` as the
//! incremental delivery proposal of August 2022 (<https://specs.apollo.dev/incremental/v0.1>).

use std::{convert::Infallible, time::Duration};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures_util::{
    Stream, StreamExt,
    future::ready,
    stream::{self, BoxStream},
};
use http::{HeaderValue, header};
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::engine;

/// Proxies cut connections that stay silent.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// The parts of an operation with `@defer`; the engine bounds how long they take.
pub(super) fn parts(payloads: BoxStream<'static, engine::Response>) -> Response {
    let rest = stream::unfold(Some(payloads), |payloads| async move {
        let mut payloads = payloads?;
        let part = match payloads.next().await {
            Some(payload) if payload.has_next() => {
                return Some((write(&payload.to_bytes(), "---"), Some(payloads)));
            }
            // The end goes out with the last part.
            Some(payload) => write(&payload.to_bytes(), "-----\r\n"),
            None => Bytes::from_static(b"--\r\n"),
        };
        Some((part, None))
    });
    let start = stream::once(ready(Bytes::from_static(b"\r\n---")));
    respond(
        start.chain(rest),
        "multipart/mixed;boundary=\"-\";deferSpec=20220824",
    )
}

/// A response that stays open as long as the subscription, or until `stop`.
pub(super) fn subscription(
    responses: BoxStream<'static, engine::Response>,
    stop: CancellationToken,
) -> Response {
    respond(
        events(responses, stop),
        "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0",
    )
}

fn respond(
    parts: impl Stream<Item = Bytes> + Send + 'static,
    content_type: &'static str,
) -> Response {
    let parts = parts.map(Ok::<_, Infallible>);
    let mut response = Response::new(Body::from_stream(parts));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

struct State {
    responses: BoxStream<'static, engine::Response>,
    stop: CancellationToken,
    heartbeat: Interval,
    ended: bool,
}

fn events(
    responses: BoxStream<'static, engine::Response>,
    stop: CancellationToken,
) -> impl Stream<Item = Bytes> + Send {
    let mut heartbeat = tokio::time::interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let state = State {
        responses,
        stop,
        heartbeat,
        ended: false,
    };
    let rest = stream::unfold(state, |mut state| async move {
        if state.ended {
            return None;
        }
        let part = tokio::select! {
            biased;
            () = state.stop.cancelled() => None,
            response = state.responses.next() => response.map(|response| write(&payload(&response), "--graphql")),
            _ = state.heartbeat.tick() => Some(write(b"{}", "--graphql")),
        };
        state.ended = part.is_none();
        Some((part.unwrap_or_else(|| Bytes::from_static(b"--\r\n")), state))
    });
    // The first boundary goes out at once: the client learns that its subscription stands.
    stream::once(ready(Bytes::from_static(b"\r\n--graphql"))).chain(rest)
}

/// A response, or the protocol's shape for an error that ends the subscription.
fn payload(response: &engine::Response) -> Vec<u8> {
    let body = response.to_bytes();
    match body.strip_prefix(b"{") {
        Some(entries) if response.is_request_error() => [b"{\"payload\":null,", entries].concat(),
        _ => [b"{\"payload\":", &body[..], b"}"].concat(),
    }
}

/// A part, and the boundary behind it, so that a client need not wait for the next part to know this one is whole.
fn write(json: &[u8], boundary: &str) -> Bytes {
    [
        b"\r\ncontent-type: application/json\r\n\r\n",
        json,
        b"\r\n",
        boundary.as_bytes(),
    ]
    .concat()
    .into()
}
