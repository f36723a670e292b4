//! Subscriptions over plain HTTP: Apollo's multipart protocol
//! (<https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol>).

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

/// A response that stays open as long as the subscription, or until `stop`.
pub(super) fn response(
    responses: BoxStream<'static, engine::Response>,
    stop: CancellationToken,
) -> Response {
    let mut response = Response::new(Body::from_stream(parts(responses, stop)));
    let headers = response.headers_mut();
    let content_type = "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0";
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

fn parts(
    responses: BoxStream<'static, engine::Response>,
    stop: CancellationToken,
) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
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
            response = state.responses.next() => response.map(|response| write(&payload(&response))),
            _ = state.heartbeat.tick() => Some(write(b"{}")),
        };
        state.ended = part.is_none();
        Some((part.unwrap_or_else(|| Bytes::from_static(b"--\r\n")), state))
    });
    // The first boundary goes out at once: the client learns that its subscription stands.
    stream::once(ready(Bytes::from_static(b"\r\n--graphql")))
        .chain(rest)
        .map(Ok)
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
fn write(json: &[u8]) -> Bytes {
    [
        b"\r\ncontent-type: application/json\r\n\r\n",
        json,
        b"\r\n--graphql",
    ]
    .concat()
    .into()
}
