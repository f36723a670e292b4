//! The gateway put together: configuration and supergraph in, a running server out.

mod assembly;

use std::{io, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    response::Response,
    routing::{any, get},
};
use federation::Supergraph;
use http::{HeaderName, HeaderValue, Method, Uri, header};
use ops::{client::HttpClient, health::Health, metrics::Metrics};
use tokio::{
    net::TcpListener,
    sync::Mutex,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use tower_http::{
    compression::{
        CompressionLayer, CompressionLevel, Predicate,
        predicate::{NotForContentType, SizeAbove},
    },
    cors::{AllowHeaders, AllowOrigin, CorsLayer},
};

use crate::{
    admission::Admission,
    auth::Authenticator,
    config::{Config, ConfigError, Cors, check_name},
    connections::Connections,
    current::Current,
    engine::Engine,
    explorer,
    headers::Propagation,
    metrics::Measurements,
    supply::Supply,
};

/// How long requests in flight may take to finish once the gateway is told to stop.
const GRACE: Duration = Duration::from_secs(20);

/// How long WebSocket clients may take to read that they are being left.
const FAREWELL: Duration = Duration::from_secs(5);

/// How long planning ahead may keep another supergraph from taking over.
const WARM_UP: Duration = Duration::from_secs(10);

/// Smaller responses cost more to compress than to send.
const COMPRESS_ABOVE: u16 = 1_024;

/// Why a gateway could not be put together; for operators.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The configuration makes no sense.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The configuration names a subgraph that the supergraph has not.
    #[error("configuration: {key}: there is no subgraph `{name}`; the supergraph has {known}")]
    UnknownSubgraph {
        /// The section.
        key: &'static str,
        /// The name in question.
        name: String,
        /// Those that exist.
        known: String,
    },
    /// The configuration switches an override on that the supergraph has not.
    #[error(
        "configuration: override_labels: no @override has the label `{label}`; the supergraph has {known}"
    )]
    UnknownLabel {
        /// The label in question.
        label: String,
        /// Those that exist.
        known: String,
    },
    /// Neither the supergraph nor the configuration says where a subgraph is.
    #[error(
        "the supergraph has no usable URL for the subgraph `{name}` (`{url}`): set override_subgraph_url.{name}"
    )]
    NoUrl {
        /// The subgraph.
        name: String,
        /// What the supergraph has.
        url: String,
    },
}

/// A gateway, ready to serve.
pub struct Gateway {
    config: Arc<Config>,
    engine: Current,
    client: HttpClient,
    admission: Admission,
    authenticator: Authenticator,
    propagation: Propagation,
    measurements: Measurements,
    metrics: Metrics,
    health: Health,
    /// Held while one supergraph takes over from another.
    replacing: Mutex<()>,
}

/// What every request handler shares while the gateway serves.
pub(crate) struct Shared {
    pub(crate) config: Arc<Config>,
    pub(crate) admission: Admission,
    pub(crate) authenticator: Authenticator,
    pub(crate) propagation: Propagation,
    pub(crate) connections: Connections,
    /// Fires when clients have to be left.
    pub(crate) stop: CancellationToken,
}

impl Gateway {
    /// A gateway for a supergraph. Fetches token keys in the background until `stop`; must be called inside a Tokio
    /// runtime. `metrics` may be used by one gateway only.
    pub fn new(
        config: Config,
        supergraph: Supergraph,
        metrics: Metrics,
        stop: CancellationToken,
    ) -> Result<Self, GatewayError> {
        let client = ops::client::http_client();
        let measurements = Measurements::new(&metrics);
        assembly::check(&config, &supergraph)?;
        let engine = assembly::engine(&config, supergraph, client.clone(), &measurements)?;
        let engine = Current::new(engine);
        Ok(Self {
            admission: Admission::new(engine.clone(), &config, measurements.clone()),
            engine,
            authenticator: Authenticator::new(&config, &client, &stop),
            client,
            propagation: Propagation::new(&config.headers)?,
            config: Arc::new(config),
            measurements,
            metrics,
            health: Health::new(),
            replacing: Mutex::default(),
        })
    }

    /// Serves until `stop`, then lets requests in flight finish and closes WebSockets with 1001 (going away).
    pub async fn serve(&self, listener: TcpListener, stop: CancellationToken) -> io::Result<()> {
        let shared = self.shared(stop.clone());
        let served = ops::server::serve(listener, self.router(&shared), stop, GRACE).await;
        // Upgraded connections are no longer the server's; they end on their own, but must not be cut off by the end
        // of the process.
        if timeout(FAREWELL, shared.connections.none_left())
            .await
            .is_err()
        {
            tracing::warn!("some WebSocket clients did not take note of the shutdown");
        }
        served
    }

    /// Goes over to another supergraph while serving. Requests in flight end as they began; a subscription goes on if the new
    /// supergraph would answer it in the same way, else it ends with the code `SUBSCRIPTION_SCHEMA_RELOAD`. The operations that
    /// were used most are planned before; dropping the future before its end changes nothing.
    ///
    /// # Errors
    ///
    /// When the supergraph cannot be used; the one before stays in use. That the configuration names subgraphs or
    /// labels which the new one has not (any more) is no error, but logged.
    pub async fn replace(&self, supergraph: Supergraph) -> Result<(), GatewayError> {
        let _turn = self.replacing.lock().await;
        if let Err(error) = assembly::check(&self.config, &supergraph) {
            tracing::warn!("{error}");
        }
        let client = self.client.clone();
        let engine = assembly::engine(&self.config, supergraph, client, &self.measurements)?;
        self.warm_up(&engine).await;
        self.engine.replace(engine);
        Ok(())
    }

    /// Plans on a new engine what the one in use was asked for most, away from the threads that serve.
    async fn warm_up(&self, engine: &Engine) {
        let (new, old) = (engine.clone(), self.engine.get().engine.clone());
        let count = self.config.supergraph.query_planning.warmed_up_queries;
        let deadline = Instant::now() + WARM_UP;
        // Whoever stops waiting for this stops it.
        let stop = CancellationToken::new();
        let _stopping = stop.clone().drop_guard();
        let may_go_on = move || !stop.is_cancelled() && Instant::now() < deadline;
        match tokio::task::spawn_blocking(move || new.warm_up(&old, count, may_go_on)).await {
            Ok(operations) => tracing::debug!(operations, "planned ahead"),
            Err(error) => tracing::error!(%error, "planning ahead panicked"),
        }
    }

    /// Goes over to each supergraph that comes, and logs those that cannot be used. Does not end; to be run beside
    /// [`serve`](Self::serve).
    pub async fn follow(&self, mut supply: Supply) {
        loop {
            let supergraph = supply.next().await;
            let subgraphs = supergraph.subgraphs().len();
            match self.replace(supergraph).await {
                Ok(()) => {
                    self.measurements.reloads.inc();
                    tracing::info!(subgraphs, "serving another supergraph");
                }
                Err(error) => tracing::error!("{error}; the supergraph before serves on"),
            }
        }
    }

    /// What `/health?ready` reports; whoever embeds the gateway may add its own components.
    pub fn health(&self) -> &Health {
        &self.health
    }

    fn shared(&self, stop: CancellationToken) -> Arc<Shared> {
        Arc::new(Shared {
            config: Arc::clone(&self.config),
            admission: self.admission.clone(),
            authenticator: self.authenticator.clone(),
            propagation: self.propagation.clone(),
            connections: Connections::new(
                self.config.websocket.max_connections,
                &self.measurements,
            ),
            stop,
        })
    }

    fn router(&self, shared: &Arc<Shared>) -> Router {
        let path = &self.config.supergraph.path;
        let mut graphql = Router::new().route(path, any(crate::http::handle));
        if path != "/graphql" {
            graphql = graphql.route("/graphql", any(crate::http::handle));
        }
        let mut router = graphql
            .with_state(Arc::clone(shared))
            .merge(self.operations());
        if self.config.explorer.enabled {
            router = router.merge(explorer::assets(path));
        }
        let plain =
            SizeAbove::new(COMPRESS_ABOVE).and(NotForContentType::const_new("multipart/mixed"));
        router = router.layer(
            CompressionLayer::new()
                .quality(CompressionLevel::Fastest)
                .compress_when(plain),
        );
        if let Some(cors) = cors(&self.config.cors) {
            router = router.layer(cors);
        }
        ops::trace::http_layer(router, self.metrics.clone())
    }

    /// `/metrics`, and the health check where the configuration wants it.
    fn operations(&self) -> Router {
        let health = &self.config.health_check;
        let metrics = ops::metrics::routes(self.metrics.clone());
        if !health.enabled {
            return metrics;
        }
        let routes = ops::health::routes(self.health.clone());
        if health.path == "/health" {
            return metrics.merge(routes);
        }
        // The crate `ops` knows one path; another one is forwarded to it, with its parameters.
        let forward = move |mut request: axum::extract::Request| {
            let query = request
                .uri()
                .query()
                .map(|query| format!("?{query}"))
                .unwrap_or_default();
            let routes = routes.clone();
            async move {
                if let Ok(uri) = Uri::try_from(format!("/health{query}")) {
                    *request.uri_mut() = uri;
                }
                routes
                    .oneshot(request)
                    .await
                    .unwrap_or_else(|never| match never {})
            }
        };
        metrics.route(&health.path, get(forward))
    }
}

fn cors(cors: &Cors) -> Option<CorsLayer> {
    if cors.origins.is_empty() && !cors.allow_any_origin {
        return None;
    }
    let names = |names: &[String]| -> Vec<HeaderName> {
        names
            .iter()
            .filter_map(|name| check_name("cors", name).ok())
            .collect()
    };
    let origin = if cors.allow_any_origin {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(
            cors.origins
                .iter()
                .filter_map(|origin| HeaderValue::try_from(origin).ok()),
        )
    };
    let headers = if cors.allow_headers.is_empty() {
        AllowHeaders::mirror_request()
    } else {
        AllowHeaders::list(names(&cors.allow_headers))
    };
    Some(
        CorsLayer::new()
            .allow_origin(origin)
            .allow_methods([Method::GET, Method::POST])
            .allow_headers(headers)
            .expose_headers(names(&cors.expose_headers))
            .allow_credentials(cors.allow_credentials)
            .max_age(Duration::from_hours(1)),
    )
}

/// An empty response with this status.
pub(crate) fn empty(status: http::StatusCode, retry_after: Option<&'static str>) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    if let Some(wait) = retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static(wait));
    }
    response
}
