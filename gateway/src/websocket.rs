//! GraphQL over WebSocket, subprotocol `graphql-transport-ws`
//! (<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>).
//!
//! One task a connection reads, runs the operations and writes. While a write is held up by a slow client nothing else
//! moves, so nothing is buffered for it; held up too long, it is cut off.

mod operations;
mod protocol;

use std::{future::pending, sync::Arc, time::Duration};

use axum::{
    extract::{
        FromRequestParts, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket},
    },
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;
use http::{HeaderMap, StatusCode, header, request::Parts};
use serde_json::{Map, Value, value::RawValue};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::Instrument;

use self::{
    operations::{Event, Operations},
    protocol::{Close, FromClient},
};
use crate::{
    admission::{self, Answer},
    auth::{Caller, Refusal},
    config::Cors,
    connections::{Connected, Connections},
    engine::{self, Context},
    headers,
    server::{Shared, empty},
};

const SUBPROTOCOL: &str = "graphql-transport-ws";

/// The default of 128 KiB would be most of what an idle connection costs.
const READ_BUFFER: usize = 4 * 1_024;

/// How long to wait for the client to confirm a close.
const CLOSING: Duration = Duration::from_secs(2);

/// Whether a request asks for a WebSocket.
pub(crate) fn is_upgrade(headers: &HeaderMap) -> bool {
    headers
        .get(header::UPGRADE)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Switches to a WebSocket.
pub(crate) async fn upgrade(shared: Arc<Shared>, mut parts: Parts) -> Response {
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let Some(connected) = Connections::enter(&shared) else {
        return empty(StatusCode::SERVICE_UNAVAILABLE, Some("5"));
    };
    if is_foreign(&parts.headers, &shared.config.cors) {
        parts.headers.remove(header::COOKIE);
        parts.headers.remove(header::AUTHORIZATION);
    }
    let limit = shared.config.limits.http_max_request_bytes;
    upgrade
        .protocols([SUBPROTOCOL])
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_message_size(limit)
        .max_frame_size(limit)
        .on_upgrade(move |socket| Connection::new(shared, connected, socket, parts.headers).run())
}

/// Whether a page of another origin is asking. Browsers let any page open a WebSocket anywhere and add to it what they
/// keep for the target (RFC 6455, section 10.2), so nothing that came by itself counts; what the page puts into its
/// `connection_init` does.
fn is_foreign(headers: &HeaderMap, cors: &Cors) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        // Not a browser.
        return false;
    };
    let origin = origin.to_str().unwrap_or_default();
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let own = origin
        .split_once("://")
        .is_some_and(|(_, authority)| Some(authority) == host);
    let trusted = cors.allow_credentials && cors.origins.iter().any(|allowed| allowed == origin);
    !own && !trusted
}

struct Connection {
    shared: Arc<Shared>,
    _connected: Connected,
    socket: WebSocket,
    upgrade_headers: HeaderMap,
    session: Option<Session>,
    operations: Operations,
}

/// What `connection_init` established.
struct Session {
    caller: Caller,
    headers: HeaderMap,
    init_payload: Map<String, Value>,
}

/// Why a conversation is over.
enum End {
    /// We close, with this code and reason.
    Close(Close),
    /// The client closed, is away, or does not read.
    Gone,
}

type Step = Result<(), End>;

impl Connection {
    fn new(
        shared: Arc<Shared>,
        connected: Connected,
        socket: WebSocket,
        upgrade_headers: HeaderMap,
    ) -> Self {
        Self {
            shared,
            _connected: connected,
            socket,
            upgrade_headers,
            session: None,
            operations: Operations::default(),
        }
    }

    async fn run(mut self) {
        let end = match self.socket.protocol() {
            Some(_) => self.converse().await,
            None => End::Close(Close::SUBPROTOCOL),
        };
        self.operations.stop_all();
        if let End::Close(Close { code, reason }) = end {
            let frame = CloseFrame {
                code,
                reason: reason.as_ref().into(),
            };
            let closed = async {
                self.socket.send(Message::Close(Some(frame))).await?;
                // The client's own close confirms ours; without it, TCP might drop what it has not read yet.
                while let Some(Ok(_)) = self.socket.recv().await {}
                Ok::<_, axum::Error>(())
            };
            // A client that is gone already is none of our concern.
            let _ = timeout(CLOSING, closed).await;
        }
    }

    async fn converse(&mut self) -> End {
        let stop = self.shared.stop.clone();
        let bounds = self.shared.config.websocket.clone();
        let init_deadline = Instant::now() + bounds.init_timeout;
        let mut heard = Instant::now();
        let mut ping_at = heard + bounds.ping_interval;
        loop {
            let waits_for_init = self.session.is_none();
            let outcome = tokio::select! {
                () = stop.cancelled() => Err(End::Close(Close::GOING_AWAY)),
                () = sleep_until(init_deadline), if waits_for_init => Err(End::Close(Close::INIT_TIMEOUT)),
                () = sleep_until(ping_at) => {
                    ping_at += bounds.ping_interval;
                    if heard.elapsed() >= bounds.ping_interval * 2 {
                        Err(End::Gone)
                    } else {
                        self.send(Message::Ping(bytes::Bytes::new())).await
                    }
                }
                message = self.socket.recv() => {
                    heard = Instant::now();
                    match message {
                        Some(Ok(message)) => self.on_message(message).await,
                        Some(Err(error)) => Err(protocol::on_read_error(&error).map_or(End::Gone, End::Close)),
                        None => Err(End::Gone),
                    }
                }
                event = next_event(&mut self.operations) => self.on_event(event).await,
            };
            if let Err(end) = outcome {
                return end;
            }
        }
    }

    async fn on_message(&mut self, message: Message) -> Step {
        match message {
            Message::Text(text) => match FromClient::parse(&text) {
                Ok(message) => self.on_client(message).await,
                Err(close) => Err(End::Close(close)),
            },
            Message::Binary(_) => Err(End::Close(Close::invalid(
                "binary messages are not part of the protocol",
            ))),
            Message::Close(_) => Err(End::Gone),
            // The library answers pings by itself.
            Message::Ping(_) | Message::Pong(_) => Ok(()),
        }
    }

    async fn on_client(&mut self, message: FromClient) -> Step {
        match message {
            FromClient::ConnectionInit { payload } => {
                self.on_init(payload.unwrap_or_default()).await
            }
            FromClient::Ping { payload } => {
                self.send_text(protocol::pong(payload.as_deref())).await
            }
            FromClient::Pong => Ok(()),
            FromClient::Subscribe { id, payload } => self.on_subscribe(id, &payload).await,
            FromClient::Complete { id } => {
                self.operations.stop(&id);
                Ok(())
            }
        }
    }

    async fn on_init(&mut self, payload: Map<String, Value>) -> Step {
        if self.session.is_some() {
            return Err(End::Close(Close::INIT_TWICE));
        }
        let client = headers::from_init_payload(&self.upgrade_headers, &payload);
        let caller = match self.shared.authenticator.caller(&client).await {
            Ok(caller) => caller,
            Err(Refusal::Unauthenticated(_)) => return Err(End::Close(Close::FORBIDDEN)),
            Err(Refusal::Unavailable) => return Err(End::Close(Close::TRY_AGAIN)),
        };
        let headers = self.shared.propagation.apply(&client);
        let init_payload = headers::to_init_payload(&headers);
        self.session = Some(Session {
            caller,
            headers,
            init_payload,
        });
        // Not needed again, and connections are many.
        self.upgrade_headers = HeaderMap::new();
        self.send_text(protocol::ack()).await
    }

    async fn on_subscribe(&mut self, id: String, payload: &RawValue) -> Step {
        let Some(session) = &self.session else {
            return Err(End::Close(Close::UNAUTHORIZED));
        };
        if self.operations.is_running(&id) {
            return Err(End::Close(Close::duplicate(&id)));
        }
        if self.operations.len() >= self.shared.config.websocket.max_operations {
            let refusal = engine::Response::request_error(
                "TOO_MANY_OPERATIONS",
                "too many operations are running on this connection",
            );
            return self.send_text(protocol::error(&id, &refusal)).await;
        }
        let request = match crate::http::read_payload(payload.get().as_bytes()) {
            Ok(request) => request,
            Err(reason) => return Err(End::Close(Close::invalid(&reason))),
        };
        let context = Context {
            headers: session.headers.clone(),
            init_payload: session.init_payload.clone(),
            read_only: false,
            incremental: true,
            timeout: self.shared.config.traffic_shaping.router.timeout,
            rolled: None,
        };
        self.operations
            .start(id, run(&self.shared, request, context, session.caller));
        Ok(())
    }

    async fn on_event(&mut self, event: Event) -> Step {
        match event {
            Event::Response(id, response) if response.is_request_error() => {
                self.operations.stop(&id);
                self.send_text(protocol::error(&id, &response)).await
            }
            Event::Response(id, response) => self.send_text(protocol::next(&id, &response)).await,
            Event::End(id) => {
                self.operations.stop(&id);
                self.send_text(protocol::complete(&id)).await
            }
        }
    }

    async fn send_text(&mut self, text: String) -> Step {
        self.send(Message::Text(text.into())).await
    }

    async fn send(&mut self, message: Message) -> Step {
        match timeout(
            self.shared.config.websocket.send_timeout,
            self.socket.send(message),
        )
        .await
        {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => {
                tracing::info!("cutting off a WebSocket client that does not read");
                Err(End::Gone)
            }
        }
    }
}

async fn next_event(operations: &mut Operations) -> Event {
    match operations.next().await {
        Some(event) => event,
        None => pending().await,
    }
}

/// An operation's responses, from its planning to its end or that of the caller's token.
fn run(
    shared: &Arc<Shared>,
    request: engine::Request,
    context: Context,
    caller: Caller,
) -> impl futures_util::Stream<Item = engine::Response> + Send + use<> {
    let shared = Arc::clone(shared);
    let bound = context.timeout;
    let answer = async move {
        // Over HTTP the server's own span does this: it makes the trace that goes upstream.
        let span = tracing::info_span!("websocket operation");
        let answer = shared
            .admission
            .run("websocket", request, context)
            .instrument(span);
        let answer = timeout(bound, answer).await;
        let single = |response| futures_util::stream::iter([response]).boxed();
        match answer {
            Ok(Answer::Response(response)) => single(response),
            Ok(Answer::Stream(responses) | Answer::Parts(responses)) => responses,
            Ok(Answer::Overload) => single(engine::Response::request_error(
                "SERVICE_UNAVAILABLE",
                "too many operations are running, try again",
            )),
            Err(_) => single(engine::Response::request_error(
                "GATEWAY_TIMEOUT",
                "the operation took too long",
            )),
        }
    };
    admission::until_expiry(futures_util::stream::once(answer).flatten(), caller)
}
