//! A running subgraph whose schema changes under way: it tells its schema, and answers each root field with its own name.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use apollo_compiler::{ast, parser::Parser};
use axum::{Json, Router, extract::State, routing::post};
use serde_json::{Map, Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

pub(crate) struct Subgraph {
    name: &'static str,
    address: SocketAddr,
    sdl: Arc<Mutex<String>>,
    server: JoinHandle<()>,
}

#[derive(Clone)]
struct Answering {
    name: &'static str,
    sdl: Arc<Mutex<String>>,
}

impl Subgraph {
    /// Serves on a free port, until told to stop.
    pub(crate) async fn serve(name: &'static str, sdl: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        Self::serve_on(listener, name, sdl)
    }

    pub(crate) fn serve_on(listener: TcpListener, name: &'static str, sdl: &str) -> Self {
        let address = listener.local_addr().expect("an address");
        let sdl = Arc::new(Mutex::new(sdl.to_owned()));
        let answering = Answering {
            name,
            sdl: Arc::clone(&sdl),
        };
        let routes = Router::new()
            .route("/graphql", post(answer))
            .with_state(answering);
        let server = tokio::spawn(async move {
            axum::serve(listener, routes).await.expect("it serves");
        });
        Self {
            name,
            address,
            sdl,
            server,
        }
    }

    pub(crate) fn change(&self, sdl: &str) {
        sdl.clone_into(&mut self.sdl.lock().expect("no panic"));
    }

    /// Stops answering.
    pub(crate) async fn stop(self) {
        self.server.abort();
        // Its end is what is waited for; that it was told to end is no failure.
        let _ = self.server.await;
    }

    /// Its part of a `supergraph.yaml`.
    pub(crate) fn entry(&self) -> String {
        entry(self.name, self.address)
    }
}

pub(crate) fn entry(name: &str, address: SocketAddr) -> String {
    format!("  {name}: {{ schema: {{ subgraph_url: 'http://{address}/graphql' }} }}\n")
}

async fn answer(State(subgraph): State<Answering>, Json(request): Json<Value>) -> Json<Value> {
    let query = request["query"].as_str().unwrap_or_default();
    let document = Parser::new()
        .parse_ast(query, "query")
        .expect("the gateway's own text");
    let mut data = Map::new();
    for definition in &document.definitions {
        let ast::Definition::OperationDefinition(operation) = definition else {
            continue;
        };
        for field in operation
            .selection_set
            .iter()
            .filter_map(ast::Selection::as_field)
        {
            let value = match field.name.as_str() {
                "_service" => json!({ "sdl": *subgraph.sdl.lock().expect("no panic") }),
                _ => json!(subgraph.name),
            };
            data.insert(field.response_name().to_string(), value);
        }
    }
    Json(json!({ "data": data }))
}
