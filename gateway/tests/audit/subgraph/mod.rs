//! A suite's subgraphs on one server, a path each. They share the records, and nothing else: each has its own schema.

mod representation;
mod resolve;
mod schema;

use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{Arc, Mutex},
};

use apollo_compiler::{ExecutableDocument, resolvers::Execution, response::JsonMap};
use axum::{
    Json, Router,
    extract::{Path, State},
    routing::post,
};
use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use self::{resolve::Object, schema::SubgraphSchema};
use crate::{records::Records, suite::Suite};

/// The client's case, passed on by the gateway.
pub(crate) const CASE_HEADER: &str = "x-audit-case";

/// One subgraph.
pub(crate) struct Subgraph {
    name: String,
    sdl: String,
    schema: SubgraphSchema,
    records: Arc<Records>,
}

/// A suite's running subgraphs.
pub(crate) struct Subgraphs {
    base: String,
    served: Arc<Served>,
}

struct Served {
    subgraphs: HashMap<String, Arc<Subgraph>>,
    /// By case, for a reader.
    requests: Mutex<HashMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    query: String,
    #[serde(default)]
    variables: Option<Value>,
    #[serde(default)]
    operation_name: Option<String>,
}

impl Subgraphs {
    /// Serves on a free port for as long as the runtime lives.
    pub(crate) async fn serve(suite: &Suite) -> Result<Self, String> {
        let records = Arc::new(Records::parse(&suite.records)?);
        let mut subgraphs = HashMap::new();
        for (name, sdl) in &suite.subgraphs {
            let schema = SubgraphSchema::parse(sdl).map_err(|error| format!("{name}: {error}"))?;
            let subgraph = Subgraph {
                name: name.clone(),
                sdl: sdl.clone(),
                schema,
                records: Arc::clone(&records),
            };
            subgraphs.insert(name.clone(), Arc::new(subgraph));
        }
        if let Some(name) = records
            .fields
            .keys()
            .find(|name| !subgraphs.contains_key(*name))
        {
            return Err(format!("records.yaml: there is no subgraph {name}"));
        }
        let served = Arc::new(Served {
            subgraphs,
            requests: Mutex::default(),
        });
        let routes = Router::new()
            .route("/{subgraph}", post(handle))
            .with_state(Arc::clone(&served));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self { base, served })
    }

    pub(crate) fn url(&self, subgraph: &str) -> String {
        format!("{}/{subgraph}", self.base)
    }

    /// What was asked for a case, and answered.
    pub(crate) fn requests(&self, case: &str) -> String {
        let requests = self.served.requests.lock().expect("no panic");
        requests.get(case).cloned().unwrap_or_default()
    }
}

async fn handle(
    State(served): State<Arc<Served>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    Json(request): Json<Request>,
) -> Json<Value> {
    let answer = match served.subgraphs.get(&name) {
        Some(subgraph) => subgraph.answer(&request),
        None => Err(format!("there is no subgraph {name}")),
    };
    let answer = answer.unwrap_or_else(|message| json!({ "errors": [{ "message": message }] }));
    let case = headers.get(CASE_HEADER).and_then(|case| case.to_str().ok());
    let mut requests = served.requests.lock().expect("no panic");
    let log = requests
        .entry(case.unwrap_or_default().to_owned())
        .or_default();
    let variables = request.variables.unwrap_or_default();
    let _ = writeln!(log, "{name}: {}\n  {variables}\n  {answer}", request.query);
    Json(answer)
}

impl Subgraph {
    /// Executes a request; an error is one that no part of it ran.
    fn answer(self: &Arc<Self>, request: &Request) -> Result<Value, String> {
        let schema = &self.schema.schema;
        let document = ExecutableDocument::parse_and_validate(schema, &request.query, "query")
            .map_err(|error| error.errors.to_string())?;
        let variables = serde_json::from_value::<Option<JsonMap>>(
            request.variables.clone().unwrap_or_default(),
        );
        let variables = variables.map_err(|error| error.to_string())?;
        let variables = variables.unwrap_or_default();
        let response = Execution::new(schema, &document)
            .operation_name(request.operation_name.as_deref())
            .and_then(|execution| {
                execution
                    .raw_variable_values(&variables)
                    .implementers_map(&self.schema.implementers)
                    .execute_sync(&Object::root(Arc::clone(self)))
            })
            .map_err(|error| error.message().to_string())?;
        serde_json::to_value(response).map_err(|error| error.to_string())
    }
}
