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
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};

use crate::answer::Server;

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
            .route("/{case}/{subgraph}", post(answer))
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
            urls.insert(name.clone(), format!("http://{}/{case}/{name}", self.address));
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

async fn answer(
    State(servers): State<Servers>,
    Path((case, subgraph)): Path<(u64, String)>,
    body: Bytes,
) -> Response {
    let server = servers
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(&(case, subgraph))
        .cloned();
    let Some(server) = server else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Ok(JsonValue::Object(request)) = serde_json::from_slice(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let query = request.get("query").and_then(JsonValue::as_str);
    let no_variables = JsonMap::new();
    let variables = request.get("variables").and_then(JsonValue::as_object);
    let response = server.answer(
        query.unwrap_or_default(),
        variables.unwrap_or(&no_variables),
        0,
    );
    (
        [(header::CONTENT_TYPE, "application/json")],
        response.to_string(),
    )
        .into_response()
}
