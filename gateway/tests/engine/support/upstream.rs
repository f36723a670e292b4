//! A subgraph's server: records what it was asked, and fails in the ways that servers fail.

use std::sync::{Arc, Mutex};

use async_graphql::{
    Data, Executor,
    futures_util::{
        StreamExt,
        future::pending,
        stream::{BoxStream, empty},
    },
};
use async_graphql_axum::{GraphQLProtocol, GraphQLRequest, GraphQLResponse, GraphQLWebSocket};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{State, WebSocketUpgrade},
    http::{HeaderMap, Request, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::Value;
use tokio::sync::watch;

/// How a subgraph answers.
#[derive(Debug, Clone)]
pub(crate) enum Mode {
    Normal,
    /// This status, with a body that is not GraphQL.
    Status(u16),
    /// This body, with status 200, as JSON.
    Body(&'static str),
    /// HTML, with status 200.
    Html,
    /// Never.
    Silent,
}

/// A running subgraph.
#[derive(Clone)]
pub(crate) struct Subgraph {
    pub(crate) url: String,
    mode: Arc<Mutex<Mode>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    sockets: watch::Receiver<usize>,
}

/// One request that a subgraph got.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) body: Value,
}

impl Asked {
    pub(crate) fn representations(&self, variable: &str) -> Vec<Value> {
        self.body["variables"][variable]
            .as_array()
            .cloned()
            .unwrap_or_default()
    }
}

impl Subgraph {
    pub(crate) fn fail(&self, mode: Mode) {
        *self.mode.lock().unwrap() = mode;
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn forget(&self) {
        self.asked.lock().unwrap().clear();
    }

    /// Waits until this many WebSockets are open.
    pub(crate) async fn sockets(&self, count: usize) {
        self.sockets
            .clone()
            .wait_for(|open| *open == count)
            .await
            .expect("the server runs");
    }
}

/// An executor for subgraphs that only answer what a test says.
#[derive(Clone)]
pub(crate) struct Canned;

impl Executor for Canned {
    async fn execute(&self, _: async_graphql::Request) -> async_graphql::Response {
        async_graphql::Response::default()
    }

    fn execute_stream(
        &self,
        _: async_graphql::Request,
        _: Option<Arc<Data>>,
    ) -> BoxStream<'static, async_graphql::Response> {
        empty().boxed()
    }
}

/// The caller's credentials, as a subgraph's resolvers see them.
pub(crate) struct Caller(pub(crate) String);

#[derive(Clone)]
struct Server<E> {
    executor: E,
    mode: Arc<Mutex<Mode>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    open: Arc<watch::Sender<usize>>,
}

/// Serves a schema until the test's runtime ends.
pub(crate) async fn serve<E: Executor>(executor: E) -> Subgraph {
    let (open, sockets) = watch::channel(0);
    let server = Server {
        executor,
        mode: Arc::new(Mutex::new(Mode::Normal)),
        asked: Arc::default(),
        open: Arc::new(open),
    };
    let (mode, asked) = (Arc::clone(&server.mode), Arc::clone(&server.asked));
    let router = Router::new()
        .route("/graphql", get(socket::<E>).post(answer::<E>))
        .layer(middleware::from_fn_with_state(server.clone(), faults::<E>))
        .with_state(server);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let url = format!(
        "http://{}/graphql",
        listener.local_addr().expect("an address")
    );
    tokio::spawn(async move { axum::serve(listener, router).await });
    Subgraph {
        url,
        mode,
        asked,
        sockets,
    }
}

async fn answer<E: Executor>(
    State(server): State<Server<E>>,
    headers: HeaderMap,
    request: GraphQLRequest,
) -> GraphQLResponse {
    let request = request.into_inner().data(Caller(token(&headers)));
    server.executor.execute(request).await.into()
}

async fn socket<E: Executor>(
    State(server): State<Server<E>>,
    protocol: GraphQLProtocol,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade
        .protocols(async_graphql::http::ALL_WEBSOCKET_PROTOCOLS)
        .on_upgrade(move |stream| async move {
            server.open.send_modify(|open| *open += 1);
            GraphQLWebSocket::new(stream, server.executor, protocol)
                .on_connection_init(|payload: Value| async move {
                    let mut data = Data::default();
                    data.insert(Caller(
                        payload["Authorization"]
                            .as_str()
                            .unwrap_or_default()
                            .to_owned(),
                    ));
                    Ok(data)
                })
                .serve()
                .await;
            server.open.send_modify(|open| *open -= 1);
        })
}

fn token(headers: &HeaderMap) -> String {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

async fn faults<E: Executor>(
    State(server): State<Server<E>>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX)
        .await
        .unwrap_or_default();
    if let Ok(json) = serde_json::from_slice(&body) {
        server.asked.lock().unwrap().push(Asked { body: json });
    }
    let mode = server.mode.lock().unwrap().clone();
    let json = |status: StatusCode, body: &'static str| {
        (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
    };
    match mode {
        Mode::Normal => {
            next.run(Request::from_parts(head, Body::from(Bytes::clone(&body))))
                .await
        }
        Mode::Status(status) => json(
            StatusCode::from_u16(status).expect("a status"),
            "{\"oops\":true}",
        ),
        Mode::Body(body) => json(StatusCode::OK, body),
        Mode::Html => ([(header::CONTENT_TYPE, "text/html")], "<html>").into_response(),
        Mode::Silent => pending().await,
    }
}
