//! Simulated subgraphs as real HTTP servers: one on loopback, with a path for each subgraph of each case.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use apollo_compiler::response::{JsonMap, JsonValue};
use axum::{
    Router,
    body::Bytes,
    extract::{
        Path, State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};

use crate::answer::Server;

/// Events of a subscription, before it completes.
pub(crate) const EVENTS: u64 = 2;

type Servers = Arc<RwLock<HashMap<(u64, String), Server>>>;

/// A running host of subgraphs.
pub struct Host {
    address: SocketAddr,
    servers: Servers,
    next: AtomicU64,
}

/// The subgraphs of one case; they are gone when this is dropped.
pub struct Hosted {
    servers: Servers,
    case: u64,
    /// Subgraph name → URL.
    pub urls: HashMap<String, String>,
}

impl Host {
    /// Binds to a free port and serves from a task.
    pub async fn start() -> io::Result<Self> {
        let servers = Servers::default();
        let app = Router::new()
            .route("/{case}/{subgraph}", post(answer).get(listen))
            .with_state(Arc::clone(&servers));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self {
            address,
            servers,
            next: AtomicU64::new(0),
        })
    }

    /// Serves these subgraphs too.
    pub fn add(&self, servers: Vec<Server>) -> Hosted {
        let case = self.next.fetch_add(1, Ordering::Relaxed);
        let mut urls = HashMap::new();
        let mut known = self.servers.write().unwrap_or_else(PoisonError::into_inner);
        for server in servers {
            let name = server.name().to_owned();
            urls.insert(
                name.clone(),
                format!("http://{}/{case}/{name}", self.address),
            );
            known.insert((case, name), server);
        }
        Hosted {
            servers: Arc::clone(&self.servers),
            case,
            urls,
        }
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        self.servers
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|(case, _), _| *case != self.case);
    }
}

fn find(servers: &Servers, place: (u64, String)) -> Option<Server> {
    let servers = servers.read().unwrap_or_else(PoisonError::into_inner);
    servers.get(&place).cloned()
}

async fn answer(
    State(servers): State<Servers>,
    Path(place): Path<(u64, String)>,
    body: Bytes,
) -> Response {
    let Some(server) = find(&servers, place) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Ok(request) = serde_json::from_slice(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let response = respond(&server, &request, 0);
    (
        [(header::CONTENT_TYPE, "application/json")],
        response.to_string(),
    )
        .into_response()
}

fn respond(server: &Server, request: &JsonValue, event: u64) -> JsonValue {
    let query = request.get("query").and_then(JsonValue::as_str);
    let no_variables = JsonMap::new();
    let variables = request.get("variables").and_then(JsonValue::as_object);
    server.answer(
        query.unwrap_or_default(),
        variables.unwrap_or(&no_variables),
        event,
    )
}

async fn listen(
    State(servers): State<Servers>,
    Path(place): Path<(u64, String)>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let Some(server) = find(&servers, place) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    upgrade
        .protocols(["graphql-transport-ws"])
        .on_upgrade(move |socket| speak(socket, server))
}

/// graphql-transport-ws, as far as a gateway that listens needs it.
async fn speak(mut socket: WebSocket, server: Server) {
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(text) = message else {
            continue;
        };
        let Ok(message) = serde_json::from_str::<JsonValue>(&text) else {
            return;
        };
        let mut replies = Vec::new();
        match message.get("type").and_then(JsonValue::as_str) {
            Some("connection_init") => replies.push(reply("connection_ack", None, None)),
            Some("ping") => replies.push(reply("pong", None, None)),
            Some("subscribe") => {
                let id = message.get("id");
                let nothing = JsonValue::Null;
                let payload = message.get("payload").unwrap_or(&nothing);
                for event in 1..=EVENTS {
                    let response = respond(&server, payload, event);
                    replies.push(reply("next", id, Some(response)));
                }
                replies.push(reply("complete", id, None));
            }
            _ => {}
        }
        for reply in replies {
            if socket.send(Message::Text(reply.into())).await.is_err() {
                return;
            }
        }
    }
}

fn reply(kind: &str, id: Option<&JsonValue>, payload: Option<JsonValue>) -> String {
    let mut message = JsonMap::new();
    if let Some(id) = id {
        message.insert("id", id.clone());
    }
    message.insert("type", kind.into());
    if let Some(payload) = payload {
        message.insert("payload", payload);
    }
    JsonValue::Object(message).to_string()
}
