//! A gateway on a free port before a subgraph on another, and clients for it.

use std::{io, sync::Arc, time::Duration};

use federation::Supergraph;
use futures_util::{SinkExt, StreamExt};
use gateway::{Config, Gateway};
use ops::metrics::Metrics;
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::timeout,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};
use tokio_util::sync::CancellationToken;

use crate::subgraph::Subgraph;

pub(crate) const SUPERGRAPH: &str = include_str!("supergraph.graphql");

/// Nothing in these tests takes long; what does is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A running gateway.
pub(crate) struct World {
    pub(crate) subgraph: Subgraph,
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) url: String,
    pub(crate) stop: CancellationToken,
    pub(crate) server: JoinHandle<io::Result<()>>,
    client: reqwest::Client,
}

impl World {
    /// Starts a gateway with this configuration.
    pub(crate) async fn start(config: &str) -> Self {
        let subgraph = Subgraph::serve().await;
        let config = format!(
            "override_subgraph_url: {{ one: '{}' }}\n{config}",
            subgraph.url
        );
        let config = Config::from_yaml(&config).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let supergraph = Supergraph::parse(SUPERGRAPH).unwrap();
        let gateway = Arc::new(
            Gateway::new(config, supergraph, Metrics::new("gateway"), stop.clone()).unwrap(),
        );
        let (serving, stopped) = (Arc::clone(&gateway), stop.clone());
        let server = tokio::spawn(async move { serving.serve(listener, stopped).await });
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .build()
            .unwrap();
        Self {
            subgraph,
            gateway,
            url,
            stop,
            server,
            client,
        }
    }

    /// A POST without a body yet.
    pub(crate) fn post(&self) -> RequestBuilder {
        self.client.post(&self.url)
    }

    /// A request with another method or path.
    pub(crate) fn request(&self, method: http::Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// Sends an operation as most clients do.
    pub(crate) async fn query(&self, query: &str) -> Answer {
        Answer::read(
            self.post()
                .json(&json!({ "query": query }))
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    /// What a metric counts now, under these labels, which are in the order of their names.
    pub(crate) async fn metric(&self, name: &str, labels: &[(&str, &str)]) -> u64 {
        let metrics = self.request(http::Method::GET, "/metrics");
        let metrics = Answer::read(metrics.send().await.unwrap()).await.text;
        let labels = labels.iter().chain(&[("service", "gateway")]);
        let labels: Vec<_> = labels
            .map(|(name, value)| format!("{name}={value:?}"))
            .collect();
        let series = format!("{name}{{{}}} ", labels.join(","));
        let value = metrics.lines().find_map(|line| line.strip_prefix(&series));
        let value = value.unwrap_or_else(|| panic!("no {series}in {metrics}"));
        value.parse().unwrap()
    }

    /// Opens a WebSocket; `headers` go with the upgrade.
    pub(crate) async fn connect(&self, headers: &[(&'static str, &str)]) -> Client {
        let mut request = self
            .url
            .replacen("http", "ws", 1)
            .into_client_request()
            .unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let (socket, _) = connect_async(request).await.unwrap();
        Client { socket }
    }

    /// Opens a WebSocket and introduces the client.
    pub(crate) async fn client(&self, payload: Value) -> Client {
        let mut client = self
            .connect(&[("sec-websocket-protocol", "graphql-transport-ws")])
            .await;
        client
            .send(json!({ "type": "connection_init", "payload": payload }))
            .await;
        assert_eq!(client.receive().await, json!({ "type": "connection_ack" }));
        client
    }
}

/// A response that was read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) async fn read(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        Self {
            status,
            headers,
            text: response.text().await.unwrap(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The first error's code.
    pub(crate) fn code(&self) -> String {
        self.json()["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// The first error's message.
    pub(crate) fn message(&self) -> String {
        self.json()["errors"][0]["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

/// A WebSocket client.
pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Client {
    pub(crate) async fn send(&mut self, message: Value) {
        self.send_text(&message.to_string()).await;
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    pub(crate) async fn subscribe(&mut self, id: &str, query: &str) {
        self.send(json!({ "id": id, "type": "subscribe", "payload": { "query": query } }))
            .await;
    }

    /// The next frame, whatever it is.
    pub(crate) async fn frame(&mut self) -> Message {
        let frame = timeout(PATIENCE, self.socket.next())
            .await
            .expect("a frame in time");
        frame.expect("an open connection").unwrap()
    }

    /// The next protocol message.
    pub(crate) async fn receive(&mut self) -> Value {
        match self.frame().await {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("not a protocol message: {other:?}"),
        }
    }

    /// The code and the reason with which the gateway closes, next.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        match self.frame().await {
            Message::Close(Some(frame)) => (frame.code.into(), frame.reason.to_string()),
            other => panic!("not a close: {other:?}"),
        }
    }
}

/// What the gateway sends for an operation's result.
pub(crate) fn next(id: &str, data: Value) -> Value {
    json!({ "id": id, "type": "next", "payload": { "data": data } })
}

/// What the gateway sends at an operation's end.
pub(crate) fn complete(id: &str) -> Value {
    json!({ "id": id, "type": "complete" })
}
