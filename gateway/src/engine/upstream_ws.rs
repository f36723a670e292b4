//! One subscription on a subgraph, over a WebSocket of its own, in the `graphql-transport-ws` protocol
//! (enisdenjo/graphql-ws, PROTOCOL.md).
//!
//! A socket is not shared among operations: a slow listener then holds back nobody else, and a caller's token ends with
//! the caller's socket.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{
        Error as WsError, Message, client::IntoClientRequest, protocol::WebSocketConfig,
    },
};

use super::decode::SubgraphError;

/// The library's default of 128 KiB would be most of what a subscription costs.
const BUFFER: usize = 4 * 1024;

/// A subgraph that is silent for this long is asked whether it is still there; after as long again it is given up.
const SILENCE: Duration = Duration::from_secs(30);

const PROTOCOL: &str = "graphql-transport-ws";

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Why listening failed.
#[derive(Debug)]
pub(crate) enum ListenError {
    /// No connection, or no acknowledgement; the message is for operators.
    Connect(String),
    /// The subgraph refused the operation, or ended it.
    Refused(Vec<SubgraphError>),
    /// The subgraph closed the socket.
    Closed { code: Option<u16>, reason: String },
    /// The subgraph does not speak the protocol; the message is for operators.
    Protocol(String),
}

/// A running subscription. Dropping it tells the subgraph.
pub(crate) struct Upstream {
    socket: Option<Socket>,
    is_complete: bool,
}

#[derive(Deserialize)]
struct Incoming<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow, default)]
    payload: Option<&'a RawValue>,
}

impl Upstream {
    /// Connects and subscribes; `request` is the operation's JSON text.
    pub(crate) async fn subscribe(
        url: &str,
        headers: HeaderMap,
        init_payload: &Map<String, Value>,
        request: &[u8],
        timeout: Duration,
    ) -> Result<Self, ListenError> {
        tokio::time::timeout(timeout, Self::open(url, headers, init_payload, request))
            .await
            .unwrap_or_else(|_| {
                Err(ListenError::Connect(format!(
                    "no acknowledgement within {timeout:?}"
                )))
            })
    }

    async fn open(
        url: &str,
        headers: HeaderMap,
        init_payload: &Map<String, Value>,
        request: &[u8],
    ) -> Result<Self, ListenError> {
        let connect = |error: WsError| ListenError::Connect(error.to_string());
        let mut handshake = url.into_client_request().map_err(connect)?;
        let own = handshake.headers_mut();
        for (name, value) in &headers {
            own.append(name.clone(), value.clone());
        }
        own.insert(
            header::SEC_WEBSOCKET_PROTOCOL,
            HeaderValue::from_static(PROTOCOL),
        );
        let config = WebSocketConfig::default()
            .read_buffer_size(BUFFER)
            .write_buffer_size(BUFFER);
        let (socket, response) = connect_async_with_config(handshake, Some(config), true)
            .await
            .map_err(connect)?;
        let accepted = response.headers().get(header::SEC_WEBSOCKET_PROTOCOL);
        if accepted.is_none_or(|protocol| protocol != PROTOCOL) {
            return Err(ListenError::Connect(format!(
                "the subgraph does not speak {PROTOCOL}"
            )));
        }
        let mut upstream = Self {
            socket: Some(socket),
            is_complete: true,
        };
        upstream
            .send(json!({ "type": "connection_init", "payload": init_payload }).to_string())
            .await?;
        upstream.acknowledged().await?;
        let request = std::str::from_utf8(request).unwrap_or("{}");
        upstream
            .send(format!(
                "{{\"id\":\"1\",\"type\":\"subscribe\",\"payload\":{request}}}"
            ))
            .await?;
        upstream.is_complete = false;
        Ok(upstream)
    }

    async fn acknowledged(&mut self) -> Result<(), ListenError> {
        loop {
            let text = self.receive().await?;
            match parse(&text)?.kind {
                "connection_ack" => return Ok(()),
                "ping" => self.send(json!({ "type": "pong" }).to_string()).await?,
                "pong" => {}
                other => {
                    return Err(ListenError::Protocol(format!(
                        "{other} before connection_ack"
                    )));
                }
            }
        }
    }

    /// The next event's payload; `None`: the subgraph completed the subscription.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, ListenError> {
        if self.is_complete {
            return Ok(None);
        }
        loop {
            let text = match tokio::time::timeout(SILENCE, self.receive()).await {
                Ok(text) => text?,
                Err(_) => self.still_there().await?,
            };
            let message = parse(&text)?;
            match (message.kind, message.payload) {
                ("next", Some(payload)) => {
                    let start = payload.get().as_ptr() as usize - text.as_ptr() as usize;
                    return Ok(Some(text.slice(start..start + payload.get().len())));
                }
                ("complete", _) => {
                    self.is_complete = true;
                    return Ok(None);
                }
                ("error", payload) => {
                    self.is_complete = true;
                    let errors = payload.and_then(|errors| serde_json::from_str(errors.get()).ok());
                    return Err(ListenError::Refused(errors.unwrap_or_default()));
                }
                ("ping", _) => self.send(json!({ "type": "pong" }).to_string()).await?,
                ("pong" | "connection_ack", _) => {}
                (other, _) => {
                    return Err(ListenError::Protocol(format!(
                        "an unexpected message: {other}"
                    )));
                }
            }
        }
    }

    async fn still_there(&mut self) -> Result<Bytes, ListenError> {
        self.send(json!({ "type": "ping" }).to_string()).await?;
        tokio::time::timeout(SILENCE, self.receive())
            .await
            .unwrap_or_else(|_| {
                Err(ListenError::Closed {
                    code: None,
                    reason: "silent for too long".to_owned(),
                })
            })
    }

    /// The next message's text.
    async fn receive(&mut self) -> Result<Bytes, ListenError> {
        let lost = |reason: String| ListenError::Closed { code: None, reason };
        let Some(socket) = &mut self.socket else {
            return Err(lost("the socket is closed".to_owned()));
        };
        loop {
            let message = match socket.next().await {
                Some(Ok(message)) => message,
                Some(Err(error)) => {
                    self.socket = None;
                    return Err(lost(error.to_string()));
                }
                None => {
                    self.socket = None;
                    return Err(lost("the connection ended".to_owned()));
                }
            };
            match message {
                Message::Text(text) => return Ok(text.into()),
                Message::Binary(_) => {
                    return Err(ListenError::Protocol("a binary message".to_owned()));
                }
                Message::Close(frame) => {
                    self.is_complete = true;
                    return Err(ListenError::Closed {
                        code: frame.as_ref().map(|frame| frame.code.into()),
                        reason: frame
                            .map(|frame| frame.reason.to_string())
                            .unwrap_or_default(),
                    });
                }
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }

    async fn send(&mut self, text: String) -> Result<(), ListenError> {
        let Some(socket) = &mut self.socket else {
            return Err(ListenError::Closed {
                code: None,
                reason: "the socket is closed".to_owned(),
            });
        };
        socket
            .send(Message::text(text))
            .await
            .map_err(|error| ListenError::Closed {
                code: None,
                reason: error.to_string(),
            })
    }
}

fn parse(text: &Bytes) -> Result<Incoming<'_>, ListenError> {
    serde_json::from_slice(text).map_err(|error| ListenError::Protocol(error.to_string()))
}

impl Drop for Upstream {
    fn drop(&mut self) {
        let (Some(mut socket), Ok(runtime)) =
            (self.socket.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        let is_complete = self.is_complete;
        // The peer may never answer the farewell; its silence must not keep the socket.
        runtime.spawn(tokio::time::timeout(Duration::from_secs(5), async move {
            if !is_complete {
                let complete = json!({ "id": "1", "type": "complete" }).to_string();
                let _ = socket.send(Message::text(complete)).await;
            }
            let _ = socket.close(None).await;
        }));
    }
}
