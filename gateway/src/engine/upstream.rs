//! Where the subgraphs are and how they are spoken to.

use std::{collections::HashMap, time::Duration};

use federation::Supergraph;
use http::{HeaderMap, Uri, header};

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

impl ErrorPolicy {
    pub(crate) fn passes(&self, service: &str) -> bool {
        self.subgraphs.get(service).copied().unwrap_or(self.all)
    }
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
        Self {
            max_tokens: 15_000,
            max_recursion: 500,
            max_depth: None,
            max_aliases: None,
        }
    }
}

/// The addresses of one subgraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Service {
    pub(crate) url: Option<Uri>,
    pub(crate) websocket_url: Option<String>,
}

/// The subgraphs' addresses, by name.
pub(crate) fn services(supergraph: &Supergraph, upstreams: &Upstreams) -> HashMap<String, Service> {
    supergraph
        .subgraphs()
        .iter()
        .map(|subgraph| {
            let url = upstreams.urls.get(&subgraph.name).unwrap_or(&subgraph.url);
            let websocket_url = upstreams
                .websocket_urls
                .get(&subgraph.name)
                .cloned()
                .or_else(|| websocket_url(url));
            (
                subgraph.name.clone(),
                Service {
                    url: url.parse().ok(),
                    websocket_url,
                },
            )
        })
        .collect()
}

/// `http` → `ws`, `https` → `wss`.
fn websocket_url(url: &str) -> Option<String> {
    url.strip_prefix("http").map(|rest| format!("ws{rest}"))
}

/// Headers that belong to one connection or one body, never to the next hop's.
const OWN_HEADERS: [header::HeaderName; 14] = [
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::CONNECTION,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::HOST,
    header::SEC_WEBSOCKET_EXTENSIONS,
    header::SEC_WEBSOCKET_KEY,
    header::SEC_WEBSOCKET_PROTOCOL,
    header::SEC_WEBSOCKET_VERSION,
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// The caller's headers that go upstream, with the current trace.
pub(crate) fn forwarded(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in &OWN_HEADERS {
        headers.remove(name);
    }
    if let Some(traceparent) = ops::trace::traceparent().and_then(|value| value.parse().ok()) {
        headers.insert(ops::trace::TRACEPARENT, traceparent);
    }
    headers
}
