//! The gateway's configuration file (`router.yaml`).
//!
//! Key names are Apollo Router's wherever it has one for the same thing, so that a deployment can keep its file. The
//! file is strict: an unknown key stops the gateway at start, with its place and the keys that exist there. Nothing is
//! accepted and then ignored.

mod check;
mod duration;
mod env;
mod policy;

pub(crate) use env::expand as expand_variables;
pub(crate) use policy::{check_name, check_value};

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;

use crate::engine::PLANS;

pub use policy::{
    Authentication, Authorization, Cors, Csrf, HeaderOperation, HeaderRules, Jwks, Jwt,
    NameAndValue, NamedOrMatching, RequestHeaders, RouterAuthentication,
};

/// Why a configuration was refused; the text is for operators.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("cannot read the configuration {path}: {source}")]
    Unreadable {
        /// The file that was asked for.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// `${env.NAME}` without a value, or not closed.
    #[error("configuration line {line}: {reason}")]
    Expansion {
        /// 1-based line.
        line: usize,
        /// What is wrong with the expression.
        reason: String,
    },
    /// Not YAML, an unknown key, or a value of the wrong kind.
    #[error("configuration: {0}")]
    Syntax(String),
    /// Well-formed, but without sense.
    #[error("configuration: {key}: {reason}")]
    Value {
        /// The key's path, dotted.
        key: String,
        /// What is wrong with its value.
        reason: String,
    },
}

/// The whole configuration; every section may be left out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where clients are served.
    pub supergraph: SupergraphSection,
    /// The page for browsers.
    #[serde(alias = "sandbox")]
    pub explorer: Explorer,
    /// The probe endpoint.
    pub health_check: HealthCheck,
    /// Subgraph name → URL, in place of the supergraph's.
    pub override_subgraph_url: BTreeMap<String, String>,
    /// Labels of progressive `@override` that are on for every request; `percent(…)` needs no entry. (Apollo Router has its
    /// plugins decide.)
    pub override_labels: BTreeSet<String>,
    /// Subscriptions.
    pub subscription: Subscription,
    /// What goes upstream with a request.
    pub headers: HeaderRules,
    /// Who is calling.
    pub authentication: Authentication,
    /// Who may call.
    pub authorization: Authorization,
    /// Whose errors clients may read.
    pub include_subgraph_errors: IncludeSubgraphErrors,
    /// Which web pages may call.
    pub cors: Cors,
    /// What a request must carry to prove that no foreign web page sent it.
    pub csrf: Csrf,
    /// Bounds on requests.
    pub limits: Limits,
    /// Timeouts and overload.
    pub traffic_shaping: TrafficShaping,
    /// Bounds on client WebSockets.
    pub websocket: WebSocket,
}

/// `supergraph`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SupergraphSection {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Path of the GraphQL endpoint; `/graphql` is served as well.
    pub path: String,
    /// Whether `__schema` and `__type` are answered.
    pub introspection: bool,
    /// Plans.
    pub query_planning: QueryPlanning,
}

impl Default for SupergraphSection {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([0, 0, 0, 0], 4000)),
            path: "/".to_owned(),
            introspection: true,
            query_planning: QueryPlanning::default(),
        }
    }
}

/// `supergraph.query_planning`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QueryPlanning {
    /// How many operations, the most used ones, are planned on another supergraph before it takes over; 0: none.
    pub warmed_up_queries: usize,
}

impl Default for QueryPlanning {
    fn default() -> Self {
        Self {
            warmed_up_queries: PLANS / 3,
        }
    }
}

/// `explorer` (Apollo's name, `sandbox`, is understood)
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Explorer {
    /// Whether browsers get the page.
    pub enabled: bool,
}

impl Default for Explorer {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// `health_check`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HealthCheck {
    /// Whether the endpoint exists.
    pub enabled: bool,
    /// Its path, on the same listener.
    pub path: String,
}

impl Default for HealthCheck {
    fn default() -> Self {
        Self {
            enabled: true,
            path: "/health".to_owned(),
        }
    }
}

/// `subscription`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Subscription {
    /// Whether subscriptions are served.
    pub enabled: bool,
    /// How they reach the subgraphs.
    pub mode: SubscriptionMode,
    /// Most subscriptions open at once in this process; none: unbounded.
    pub max_opened_subscriptions: Option<usize>,
}

impl Default for Subscription {
    fn default() -> Self {
        Self {
            enabled: true,
            mode: SubscriptionMode::default(),
            max_opened_subscriptions: None,
        }
    }
}

/// `subscription.mode`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SubscriptionMode {
    /// A WebSocket to the subgraph (`graphql-transport-ws`), the one mode there is.
    pub passthrough: Passthrough,
}

/// `subscription.mode.passthrough`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Passthrough {
    /// For subgraphs not named below.
    pub all: PassthroughTarget,
    /// By subgraph.
    pub subgraphs: BTreeMap<String, PassthroughTarget>,
}

/// Where a subgraph takes WebSockets.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PassthroughTarget {
    /// Path in place of the subgraph URL's.
    pub path: Option<String>,
    /// The subprotocol; Apollo calls `graphql-transport-ws` `graphql_ws`.
    pub protocol: Subprotocol,
}

/// A subprotocol spoken to subgraphs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subprotocol {
    /// `graphql-transport-ws`.
    #[default]
    GraphqlWs,
}

/// `include_subgraph_errors`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IncludeSubgraphErrors {
    /// For subgraphs not named below.
    pub all: bool,
    /// By subgraph.
    pub subgraphs: BTreeMap<String, bool>,
}

/// `limits`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of a request body, and of one WebSocket message.
    pub http_max_request_bytes: usize,
    /// Lexical tokens of a document.
    pub parser_max_tokens: usize,
    /// Nesting of a document.
    pub parser_max_recursion: usize,
    /// Depth of an operation, fragments expanded.
    pub max_depth: Option<usize>,
    /// Aliases of an operation, fragments expanded.
    pub max_aliases: Option<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            http_max_request_bytes: 2_000_000,
            parser_max_tokens: 15_000,
            parser_max_recursion: 500,
            max_depth: None,
            max_aliases: None,
        }
    }
}

/// `traffic_shaping`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrafficShaping {
    /// Between clients and the gateway.
    pub router: RouterTraffic,
    /// Between the gateway and every subgraph.
    pub all: SubgraphTraffic,
}

/// `traffic_shaping.router`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RouterTraffic {
    /// Bound on one request.
    #[serde(with = "duration")]
    pub timeout: Duration,
    /// Requests executed at once; more are refused with 503 and `Retry-After`. None: unbounded.
    pub concurrency_limit: Option<usize>,
}

impl Default for RouterTraffic {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            concurrency_limit: None,
        }
    }
}

/// `traffic_shaping.all`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SubgraphTraffic {
    /// Bound on one upstream request.
    #[serde(with = "duration")]
    pub timeout: Duration,
}

impl Default for SubgraphTraffic {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
        }
    }
}

/// `websocket`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebSocket {
    /// How long a client may take to send `connection_init`.
    #[serde(with = "duration")]
    pub init_timeout: Duration,
    /// Silence after which the gateway pings; twice that long without a sign of life closes the connection.
    #[serde(with = "duration")]
    pub ping_interval: Duration,
    /// How long one message may take to be written before the client counts as stuck and is cut off.
    #[serde(with = "duration")]
    pub send_timeout: Duration,
    /// Operations running at once on one connection.
    pub max_operations: usize,
    /// Connections at once; more are refused with 503. None: unbounded.
    pub max_connections: Option<usize>,
}

impl Default for WebSocket {
    fn default() -> Self {
        Self {
            init_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(25),
            send_timeout: Duration::from_secs(10),
            max_operations: 1_000,
            max_connections: None,
        }
    }
}

impl Config {
    /// Reads a configuration, with `${env.NAME}` and `${env.NAME:-default}` taken from the process's environment.
    pub fn from_yaml(text: &str) -> Result<Self, ConfigError> {
        Self::from_yaml_with(text, |name| std::env::var(name).ok())
    }

    /// [`from_yaml`](Self::from_yaml) with another source of variables.
    pub fn from_yaml_with(
        text: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let text = env::expand(text, variable)?;
        if is_blank(&text) {
            return Ok(Self::default());
        }
        let config: Self = serde_saphyr::from_str(&text).map_err(|error| {
            ConfigError::Syntax(error.to_string().trim_start_matches("error: ").to_owned())
        })?;
        config.check()?;
        Ok(config)
    }

    /// Reads a configuration file.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Self::from_yaml(&text)
    }
}

fn is_blank(text: &str) -> bool {
    text.lines().all(|line| {
        let line = line.trim();
        line.is_empty() || line.starts_with('#') || line == "---"
    })
}
