//! A front-end's view: GraphQL over HTTP, and subscriptions over `graphql-transport-ws`.

use std::fmt;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Longest wait for anything that must happen; only a failing test waits that long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Calls one GraphQL endpoint as one caller.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    token: Option<String>,
}

/// A GraphQL response.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Client {
    pub(crate) fn new(http: reqwest::Client, url: &str, token: Option<&str>) -> Self {
        Self {
            http,
            url: url.to_owned(),
            token: token.map(str::to_owned),
        }
    }

    /// The same caller at another endpoint.
    pub(crate) fn at(&self, url: &str) -> Self {
        Self {
            url: url.to_owned(),
            ..self.clone()
        }
    }

    pub(crate) fn token(&self) -> &str {
        self.token.as_deref().expect("a signed-in client")
    }

    /// Runs an operation, whatever comes back.
    pub(crate) async fn run(&self, query: &str, variables: Value) -> Reply {
        let request = self
            .http
            .post(&self.url)
            .json(&json!({"query": query, "variables": variables}));
        let request = match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let response = request
            .send()
            .await
            .unwrap_or_else(|error| panic!("{query}: {error}"));
        let status = response.status().as_u16();
        let body = response
            .text()
            .await
            .unwrap_or_else(|error| panic!("{query}: {error}"));
        let body = serde_json::from_str(&body)
            .unwrap_or_else(|error| panic!("{query}: {status}, not JSON ({error}): {body}"));
        Reply { status, body }
    }

    /// Runs an operation that must succeed, and returns its data.
    pub(crate) async fn data(&self, query: &str, variables: Value) -> Value {
        let reply = self.run(query, variables.clone()).await;
        assert!(
            reply.body.get("errors").is_none() && reply.body["data"].is_object(),
            "{query} with {variables}: {} {}",
            reply.status,
            reply.body
        );
        reply.body["data"].clone()
    }

    /// Runs an operation that must fail, and returns its first error's code.
    pub(crate) async fn refusal(&self, query: &str, variables: Value) -> String {
        let reply = self.run(query, variables.clone()).await;
        reply
            .code()
            .unwrap_or_else(|| {
                panic!(
                    "{query} with {variables} must fail with a code: {}",
                    reply.body
                )
            })
            .to_owned()
    }

    /// Opens a connection of its own for one subscription.
    pub(crate) async fn subscribe(&self, query: &str, variables: Value) -> Subscription {
        let authorization = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let payload = authorization.map_or(json!({}), |value| json!({"Authorization": value}));
        let mut subscription = Subscription::connect(&self.url, &payload).await;
        let operation = json!({"query": query, "variables": variables});
        subscription
            .send(&json!({"id": "1", "type": "subscribe", "payload": operation}))
            .await;
        subscription
    }
}

impl Reply {
    /// The first error's `extensions.code`.
    pub(crate) fn code(&self) -> Option<&str> {
        self.body["errors"][0]["extensions"]["code"].as_str()
    }
}

/// What a subscription can say.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    /// A response, with its errors if it has any.
    Next(Value),
    /// The operation was refused or has failed; the errors.
    Error(Value),
    /// The operation has ended.
    Complete,
    /// The server has closed the connection.
    Closed(u16),
}

/// One running subscription.
pub(crate) struct Subscription {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    seen: Vec<Event>,
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("seen", &self.seen)
            .finish_non_exhaustive()
    }
}

impl Subscription {
    /// Connects and waits for the acknowledgement.
    async fn connect(url: &str, payload: &Value) -> Self {
        let mut subscription = Self {
            socket: upgrade(url).await,
            seen: Vec::new(),
        };
        subscription
            .send(&json!({"type": "connection_init", "payload": payload}))
            .await;
        let answer = subscription.receive().await;
        assert_eq!(answer["type"], "connection_ack", "{answer}");
        subscription
    }

    /// The next event; a failure when there is none in time.
    pub(crate) async fn next(&mut self) -> Event {
        let event = loop {
            let message = self.receive().await;
            match message["type"].as_str() {
                Some("next") => break Event::Next(message["payload"].clone()),
                Some("error") => break Event::Error(message["payload"].clone()),
                Some("complete") => break Event::Complete,
                Some("closed") => {
                    break Event::Closed(message["code"].as_u64().unwrap_or_default() as u16);
                }
                Some("ping") => self.send(&json!({"type": "pong"})).await,
                Some("pong") => {}
                other => panic!("unexpected message {other:?}: {message}"),
            }
        };
        self.seen.push(event.clone());
        event
    }

    /// The next event's data; a failure when it is anything else or carries errors.
    pub(crate) async fn data(&mut self) -> Value {
        match self.next().await {
            Event::Next(payload) if payload.get("errors").is_none() => payload["data"].clone(),
            _ => panic!("expected data, but the events were {:#?}", self.seen),
        }
    }

    /// Reads on until `wanted` likes an event's data, and returns it.
    pub(crate) async fn until(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            match self.next().await {
                Event::Next(payload) if payload.get("errors").is_some() => {
                    panic!("{what}: errors in {payload}, after {:#?}", self.seen)
                }
                Event::Next(payload) if wanted(&payload["data"]) => return payload["data"].clone(),
                Event::Next(_) => {}
                _ => panic!("{what}: ended before it came: {:#?}", self.seen),
            }
        }
    }

    /// The code of the error that this subscription is refused or ended with.
    pub(crate) async fn refusal(&mut self) -> String {
        let event = self.next().await;
        let errors = match &event {
            Event::Error(errors) => errors.clone(),
            Event::Next(payload) => payload["errors"].clone(),
            _ => Value::Null,
        };
        let code = errors[0]["extensions"]["code"].as_str().map(str::to_owned);
        code.unwrap_or_else(|| panic!("expected an error with a code, not {event:?}"))
    }

    /// Ends the operation as a client that loses interest does.
    pub(crate) async fn close(mut self) {
        self.send(&json!({"id": "1", "type": "complete"})).await;
        let _ = self.socket.close(None).await;
    }

    async fn send(&mut self, message: &Value) {
        let sent = self.socket.send(Message::text(message.to_string())).await;
        sent.unwrap_or_else(|error| panic!("sending {message}: {error}; seen {:#?}", self.seen));
    }

    /// The next protocol message; a close frame is shown as `{"type": "closed"}`.
    async fn receive(&mut self) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let Ok(message) = timeout_at(deadline, self.socket.next()).await else {
                panic!("nothing came for {PATIENCE:?}, after {:#?}", self.seen);
            };
            match message {
                Some(Ok(Message::Text(text))) => {
                    return serde_json::from_str(text.as_str()).expect("JSON from the server");
                }
                Some(Ok(Message::Close(frame))) => {
                    let code = frame.map_or(1005, |frame| u16::from(frame.code));
                    return json!({"type": "closed", "code": code});
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => panic!("the connection broke: {error}, after {:#?}", self.seen),
                None => return json!({"type": "closed", "code": 1006}),
            }
        }
    }
}

async fn upgrade(url: &str) -> WebSocketStream<MaybeTlsStream<TcpStream>> {
    let url = url.replacen("http", "ws", 1);
    let mut request = url
        .as_str()
        .into_client_request()
        .expect("a WebSocket address");
    let protocol = HeaderValue::from_static("graphql-transport-ws");
    request
        .headers_mut()
        .insert("Sec-WebSocket-Protocol", protocol.clone());
    let (socket, response) = tokio_tungstenite::connect_async(request)
        .await
        .unwrap_or_else(|error| panic!("{url}: {error}"));
    assert_eq!(
        response.headers().get("Sec-WebSocket-Protocol"),
        Some(&protocol)
    );
    socket
}

/// What a server says to a `connection_init` with this payload: an acknowledgement, or the close
/// code that it refuses the connection with.
pub(crate) async fn greet(url: &str, payload: Value) -> Result<(), u16> {
    let mut subscription = Subscription {
        socket: upgrade(url).await,
        seen: Vec::new(),
    };
    subscription
        .send(&json!({"type": "connection_init", "payload": payload}))
        .await;
    let answer = subscription.receive().await;
    match answer["type"].as_str() {
        Some("connection_ack") => Ok(()),
        Some("closed") => Err(answer["code"].as_u64().unwrap_or_default() as u16),
        _ => panic!("neither acknowledged nor closed: {answer}"),
    }
}

/// Asks again and again until there is an answer; a failure when there is none in time.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    settles(what, async || ask().await.ok_or("nothing yet")).await
}

/// [`eventually`], where a failure tells what was seen last.
pub(crate) async fn settles<T, S: fmt::Debug>(
    what: &str,
    mut ask: impl AsyncFnMut() -> Result<T, S>,
) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(seen) if Instant::now() > deadline => {
                panic!("{what}: not within {PATIENCE:?}, but {seen:?}")
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(25)).await,
        }
    }
}
