//! The engine: one GraphQL request in, one response or a stream of responses out.
//!
//! `operation → plan → execute → fetch → response`. It knows nothing about HTTP servers, tokens or configuration
//! files; the server around it turns those into [`Context`] and [`Upstreams`].

use std::{collections::HashMap, sync::Arc, time::Duration};

use bytes::Bytes;
use federation::Supergraph;
use futures_util::stream::BoxStream;
use http::HeaderMap;
use serde_json::{Map, Value};

/// A GraphQL request as a client sent it, before any checking.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The document text.
    pub query: String,
    /// Which of the document's operations to run.
    pub operation_name: Option<String>,
    /// Raw variable values; the engine coerces them.
    pub variables: Map<String, Value>,
    /// The protocol's `extensions` entry.
    pub extensions: Map<String, Value>,
}

/// What surrounds a request: what goes upstream with it, and its bounds.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// Headers for every upstream request, already selected by the propagation rules.
    pub headers: HeaderMap,
    /// `connection_init` payload for upstream WebSockets; carries at least the caller's `Authorization`.
    pub init_payload: Map<String, Value>,
    /// Whether mutations and subscriptions are refused (an HTTP GET).
    pub read_only: bool,
    /// Bound on the whole request; zero means the upstreams' own bounds only. Subscriptions apply it per event.
    pub timeout: Duration,
}

/// What came of a request.
pub enum Outcome {
    /// The answer of a query or a mutation, or a refusal.
    Response(Response),
    /// A subscription's answers; it ends when upstream completes or fails (a failure is a last response with errors).
    Stream(BoxStream<'static, Response>),
}

/// One GraphQL response.
#[derive(Debug, Clone)]
pub struct Response {
    body: Bytes,
    request_error: bool,
    code: Option<String>,
    retry_after: Option<Duration>,
}

impl Response {
    /// A response without `data`, with one error.
    pub fn request_error(code: &str, message: &str) -> Self {
        let body = serde_json::json!({ "errors": [{ "message": message, "extensions": { "code": code } }] });
        Self {
            body: Bytes::from(body.to_string()),
            request_error: true,
            code: Some(code.to_owned()),
            retry_after: None,
        }
    }

    /// The JSON text.
    pub fn to_bytes(&self) -> Bytes {
        self.body.clone()
    }

    /// Whether the request was refused as a whole: there is no `data` entry.
    pub fn is_request_error(&self) -> bool {
        self.request_error
    }

    /// The `extensions.code` of the refusal, when [`is_request_error`](Self::is_request_error).
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// When the client may try again, if the refusal was temporary.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

/// Where the subgraphs are and how they are spoken to.
#[derive(Debug, Clone)]
pub struct Upstreams {
    /// The shared HTTP client.
    pub client: ops::client::HttpClient,
    /// Subgraph name → URL, where it differs from the supergraph's.
    pub urls: HashMap<String, String>,
    /// Subgraph name → WebSocket URL, where it differs from the HTTP URL with the scheme swapped.
    pub websocket_urls: HashMap<String, String>,
    /// Bound on one upstream request.
    pub timeout: Duration,
    /// Whose errors clients may read.
    pub errors: ErrorPolicy,
    /// Whether `__schema` and `__type` are answered.
    pub introspection: bool,
    /// Bounds on operations.
    pub limits: Limits,
}

impl Upstreams {
    /// The supergraph's own URLs, errors masked, 30 s per request, introspection on.
    pub fn new(client: ops::client::HttpClient) -> Self {
        Self {
            client,
            urls: HashMap::new(),
            websocket_urls: HashMap::new(),
            timeout: Duration::from_secs(30),
            errors: ErrorPolicy::default(),
            introspection: true,
            limits: Limits::default(),
        }
    }
}

/// Whose errors clients may read as the subgraph wrote them; the others' are masked.
#[derive(Debug, Clone, Default)]
pub struct ErrorPolicy {
    /// For subgraphs that are not named below.
    pub all: bool,
    /// By subgraph.
    pub subgraphs: HashMap<String, bool>,
}

/// Bounds on a client's operation.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Lexical tokens in the document.
    pub max_tokens: usize,
    /// Nesting while parsing.
    pub max_recursion: usize,
    /// Depth of fields, fragments expanded.
    pub max_depth: Option<usize>,
    /// Aliased fields, fragments expanded.
    pub max_aliases: Option<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_tokens: 15_000, max_recursion: 500, max_depth: None, max_aliases: None }
    }
}

/// The engine; clones share everything.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    supergraph: Supergraph,
    upstreams: Upstreams,
}

impl Engine {
    /// An engine for a supergraph.
    pub fn new(supergraph: Supergraph, upstreams: Upstreams) -> Self {
        Self { inner: Arc::new(Inner { supergraph, upstreams }) }
    }

    /// Runs a request.
    pub async fn execute(&self, request: Request, context: Context) -> Outcome {
        let _ = (&self.inner.supergraph, &self.inner.upstreams, request, context);
        Outcome::Response(Response::request_error("NOT_READY", "not ready"))
    }
}
