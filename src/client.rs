//! A small GraphQL client, as a front end would have one: operations over HTTP, subscriptions over
//! `graphql-transport-ws`.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{
        self, Message, client::IntoClientRequest, http::HeaderValue, protocol::CloseFrame,
    },
};

/// Why an operation brought no data.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The request did not get through.
    #[error("{0}")]
    Http(#[from] reqwest::Error),
    /// The socket did not.
    #[error("{0}")]
    Socket(#[from] Box<tungstenite::Error>),
    /// The answer has errors.
    #[error("{message} ({code})")]
    Refused {
        /// The first error's `extensions.code`.
        code: String,
        /// The first error's message.
        message: String,
    },
    /// The server closed the socket.
    #[error("the server closed the connection: {0}")]
    Closed(String),
    /// The server does not keep to the protocol.
    #[error("unexpected answer: {0}")]
    Protocol(String),
}

impl From<tungstenite::Error> for ClientError {
    fn from(error: tungstenite::Error) -> Self {
        Self::Socket(Box::new(error))
    }
}

impl ClientError {
    /// The `extensions.code` of a refusal.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            _ => None,
        }
    }
}

/// Calls one GraphQL endpoint, signed in or not.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    token: Option<String>,
}

impl Client {
    /// An anonymous client of the endpoint at `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            http: reqwest::Client::new(),
            url: url.into(),
            token: None,
        }
    }

    /// The same client, signed in with `token`.
    #[must_use]
    pub fn signed_in(&self, token: impl Into<String>) -> Self {
        Self {
            token: Some(token.into()),
            ..self.clone()
        }
    }

    /// The same caller at another endpoint.
    #[must_use]
    pub fn at(&self, url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            ..self.clone()
        }
    }

    /// Signs in with a card and a password.
    pub async fn sign_in(&self, card: &str, password: &str) -> Result<Self, ClientError> {
        let query = "mutation SignIn($card: String!, $password: String!) { signIn(card: $card, password: $password) { token } }";
        let data = self
            .run(query, json!({ "card": card, "password": password }))
            .await?;
        let token = data["signIn"]["token"]
            .as_str()
            .ok_or_else(|| ClientError::Protocol(data.to_string()))?;
        Ok(self.signed_in(token))
    }

    /// Runs a query or a mutation; its data.
    pub async fn run(&self, query: &str, variables: Value) -> Result<Value, ClientError> {
        let mut request = self
            .http
            .post(&self.url)
            .json(&json!({ "query": query, "variables": variables }));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        data(request.send().await?.json().await?)
    }

    /// Opens a connection for subscriptions.
    pub async fn connect(&self) -> Result<Connection, ClientError> {
        let mut request = self.url.replacen("http", "ws", 1).into_client_request()?;
        request.headers_mut().insert(
            "sec-websocket-protocol",
            HeaderValue::from_static("graphql-transport-ws"),
        );
        let (socket, _) = tokio_tungstenite::connect_async(request).await?;
        let mut connection = Connection { socket };
        let payload = self.token.as_ref().map_or(
            json!({}),
            |token| json!({ "Authorization": format!("Bearer {token}") }),
        );
        connection
            .send(&json!({ "type": "connection_init", "payload": payload }))
            .await?;
        let answer = connection.receive().await?;
        if answer["type"] != "connection_ack" {
            return Err(ClientError::Protocol(answer.to_string()));
        }
        Ok(connection)
    }

    /// Starts a subscription on a connection of its own.
    pub async fn subscribe(
        &self,
        query: &str,
        variables: Value,
    ) -> Result<Connection, ClientError> {
        let mut connection = self.connect().await?;
        connection.subscribe(query, variables).await?;
        Ok(connection)
    }
}

/// A WebSocket connection; one subscription at a time.
pub struct Connection {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Connection {
    /// Starts a subscription. The one before must be complete.
    pub async fn subscribe(&mut self, query: &str, variables: Value) -> Result<(), ClientError> {
        let payload = json!({ "query": query, "variables": variables });
        self.send(&json!({ "id": "1", "type": "subscribe", "payload": payload }))
            .await
    }

    /// The next event's data; `None` when the subscription is complete.
    pub async fn next(&mut self) -> Result<Option<Value>, ClientError> {
        loop {
            let mut message = self.receive().await?;
            match message["type"].as_str() {
                Some("next") => return data(message["payload"].take()).map(Some),
                Some("error") => return data(json!({ "errors": message["payload"] })).map(Some),
                Some("complete") => return Ok(None),
                Some("ping") => self.send(&json!({ "type": "pong" })).await?,
                Some("pong") => {}
                _ => return Err(ClientError::Protocol(message.to_string())),
            }
        }
    }

    async fn send(&mut self, message: &Value) -> Result<(), ClientError> {
        Ok(self.socket.send(Message::text(message.to_string())).await?)
    }

    async fn receive(&mut self) -> Result<Value, ClientError> {
        while let Some(message) = self.socket.next().await {
            match message? {
                Message::Text(text) => {
                    return serde_json::from_str(&text)
                        .map_err(|error| ClientError::Protocol(error.to_string()));
                }
                Message::Close(frame) => {
                    return Err(ClientError::Closed(
                        frame.map_or_else(String::new, describe),
                    ));
                }
                _ => {}
            }
        }
        Err(ClientError::Closed("without a word".to_owned()))
    }
}

fn describe(frame: CloseFrame) -> String {
    format!("{} {}", u16::from(frame.code), frame.reason)
}

/// The data of a response, or its first error.
fn data(mut response: Value) -> Result<Value, ClientError> {
    if let Some(error) = response["errors"].get(0) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        return Err(ClientError::Refused {
            code: text(&error["extensions"]["code"]),
            message: text(&error["message"]),
        });
    }
    Ok(response["data"].take())
}
