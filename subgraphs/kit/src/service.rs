//! Starting and stopping a service: the order of things that every subgraph shares.
//!
//! The socket and `/health` come first; then the database, waited for; then the schema; then relay, inbox and bus. Any
//! of them may be missing for a while: the service says so, answers 503, and goes on when it is there.

use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::Request,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::put,
};
use chrono::TimeDelta;
use futures_util::future::BoxFuture;
use ops::{
    health::Health,
    metrics::Metrics,
    token::{Verifier, VerifierConfig},
};
use serde::Deserialize;
use serde_json::json;
use tokio::{net::TcpListener, sync::watch, task::JoinSet};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use tower_service::Service as _;
use tracing::Instrument;

use crate::{
    admin,
    bus::Bus,
    clock::Clock,
    db::{CONNECTIONS, Db, DbError, Migration},
    live::Live,
    mailbox::{Handler, Inbox, Mailbox},
    metrics::MailboxMetrics,
    settings::{SettingError, Settings},
};

const GRACE: Duration = Duration::from_secs(10);
const RETRY: Duration = Duration::from_secs(1);
const PING: Duration = Duration::from_secs(5);

/// A subgraph, as the kit runs it.
#[derive(Clone, Copy)]
pub struct Service {
    /// Its name: in logs, queues, database names.
    pub name: &'static str,
    /// Where it listens unless told otherwise.
    pub port: u16,
    /// Its own tables.
    pub migrations: &'static [Migration],
    /// Builds it once its database is there.
    pub assemble: fn(Parts) -> BoxFuture<'static, Result<Assembly, ServiceError>>,
    /// Its schema.
    pub sdl: fn() -> String,
}

/// What a service is built from.
#[derive(Clone)]
pub struct Parts {
    /// Its database and outbox.
    pub mailbox: Mailbox,
    /// Its clock.
    pub clock: Clock,
    /// Its live waiters.
    pub live: Live,
    /// Verifies callers' tokens.
    pub verifier: Verifier,
    /// Its settings.
    pub settings: Settings,
    /// Its metrics.
    pub metrics: Metrics,
    /// Cancelled when it must stop.
    pub stop: CancellationToken,
}

/// A built service.
pub struct Assembly {
    /// Its HTTP routes: [`crate::graphql::routes`] and whatever else it serves.
    pub routes: Router,
    /// Its own operators' routes, below `/admin`; guarded by the kit.
    pub admin: Router,
    /// What handles its messages.
    pub handler: Arc<dyn Handler>,
    /// What runs beside them until [`Parts::stop`].
    pub tasks: Vec<BoxFuture<'static, ()>>,
}

/// What a service is started with.
pub struct Start {
    /// Where it listens.
    pub listener: TcpListener,
    /// Its database.
    pub database_url: String,
    /// Its bus.
    pub bus: Arc<dyn Bus>,
    /// Where the keys of tokens are.
    pub jwks_url: String,
    /// Its clock.
    pub clock: Clock,
    /// What tells this replica from the others.
    pub replica: String,
    /// Everything else.
    pub settings: Settings,
}

/// Why a service cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// A setting.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The database, later.
    #[error("the database: {0}")]
    Sql(#[from] sqlx::Error),
    /// The socket.
    #[error(
        "cannot listen on {address}: {source}; is another process using it? choose another with LISTEN"
    )]
    Listen {
        /// The address.
        address: String,
        /// Why.
        source: std::io::Error,
    },
    /// Anything else, in words.
    #[error("{0}")]
    Other(String),
}

/// A running service.
pub struct Running {
    address: SocketAddr,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<Result<(), ServiceError>>,
    state: watch::Receiver<bool>,
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until it serves; false when it ended instead.
    pub async fn ready(&mut self) -> bool {
        self.state.wait_for(|ready| *ready).await.is_ok()
    }

    /// Stops it: nothing new is accepted, what has begun is finished.
    pub async fn stop(self) -> Result<(), ServiceError> {
        self.stop.cancel();
        self.ended().await
    }

    /// Ends it at once, whatever it is doing, as a crash would.
    pub async fn crash(self) {
        self.task.abort();
        // Cancelled, or it had just ended: gone either way.
        let _ = self.task.await;
    }

    /// Waits until it ends by itself or by its stop signal.
    pub async fn ended(self) -> Result<(), ServiceError> {
        self.task.await.unwrap_or_else(|panic| {
            Err(ServiceError::Other(format!(
                "the service panicked: {panic}"
            )))
        })
    }
}

/// Starts a service. It runs until `stop`, or until [`Running::stop`].
pub fn start(service: Service, start: Start, stop: &CancellationToken) -> std::io::Result<Running> {
    let address = start.listener.local_addr()?;
    let stop = stop.child_token();
    let (ready, state) = watch::channel(false);
    let span = tracing::info_span!("service", service = service.name);
    let task = tokio::spawn(run(service, start, stop.clone(), ready).instrument(span));
    Ok(Running {
        address,
        stop,
        task,
        state,
    })
}

async fn run(
    service: Service,
    start: Start,
    stop: CancellationToken,
    ready: watch::Sender<bool>,
) -> Result<(), ServiceError> {
    // Whatever way this ends, the parts still running are told.
    let _guard = stop.clone().drop_guard();
    let metrics = Metrics::new(service.name);
    let health = Health::new();
    for component in ["database", "bus"] {
        health.set(component, Err("connecting".to_owned()));
    }
    // The database and the bus may be fine before anything can be answered.
    health.set("service", Err("starting".to_owned()));
    let routes: Arc<OnceLock<Router>> = Arc::default();
    let shell = shell(
        routes.clone(),
        &metrics,
        &health,
        &start.clock,
        service.name,
    );
    let server = AbortOnDropHandle::new(tokio::spawn(
        ops::server::serve(start.listener, shell, stop.clone(), GRACE).in_current_span(),
    ));

    let connections = start.settings.or("DATABASE_CONNECTIONS", CONNECTIONS)?;
    let source = Source {
        url: &start.database_url,
        migrations: service.migrations,
        connections,
    };
    let Some(db) = database(source, &health, &stop).await? else {
        return Ok(());
    };
    let mailbox = Mailbox::new(
        service.name,
        db.clone(),
        start.clock.clone(),
        start.bus.clone(),
        MailboxMetrics::new(&metrics),
    );
    let config = VerifierConfig {
        jwks_urls: vec![start.jwks_url],
        issuer: Some("circulate".to_owned()),
        audience: None,
    };
    let parts = Parts {
        mailbox: mailbox.clone(),
        clock: start.clock.clone(),
        live: Live::new(service.name, start.bus.clone()),
        verifier: Verifier::new(config, ops::client::http_client(), stop.clone()),
        settings: start.settings,
        metrics: metrics.clone(),
        stop: stop.clone(),
    };
    let assembly = (service.assemble)(parts.clone()).await?;
    let inbox = Inbox::new(mailbox.clone(), assembly.handler);
    let mut tasks = JoinSet::new();
    let mut spawn = |task: BoxFuture<'static, ()>| drop(tasks.spawn(task.in_current_span()));
    spawn(start.bus.consume(inbox.clone(), stop.clone()));
    spawn(Box::pin(inbox.work(stop.clone())));
    spawn(Box::pin(mailbox.clone().relay(start.replica, stop.clone())));
    spawn(Box::pin(mailbox.clone().run_cleaner(stop.clone())));
    spawn(Box::pin(parts.live.clone().run(stop.clone())));
    spawn(Box::pin(watch_health(
        health.clone(),
        db.clone(),
        start.bus.status(),
        stop.clone(),
    )));
    assembly.tasks.into_iter().for_each(&mut spawn);

    let admin = admin::operators_only(admin::routes(mailbox).merge(assembly.admin), parts.verifier);
    let all = ops::trace::http_layer(assembly.routes.merge(admin), metrics);
    let _ = routes.set(all);
    health.set("service", Ok(()));
    let _ = ready.send(true);
    tracing::info!("serving");
    stop.cancelled().await;
    let served = server.await;
    while tasks.join_next().await.is_some() {}
    tracing::info!("stopped");
    match served {
        Ok(served) => served.map_err(|error| ServiceError::Other(format!("the server: {error}"))),
        Err(panic) => Err(ServiceError::Other(format!("the server panicked: {panic}"))),
    }
}

/// Which database, and how.
#[derive(Clone, Copy)]
struct Source<'a> {
    url: &'a str,
    migrations: &'static [Migration],
    connections: u32,
}

/// Connects to the database, however long that takes. `None` when told to stop first.
async fn database(
    source: Source<'_>,
    health: &Health,
    stop: &CancellationToken,
) -> Result<Option<Db>, ServiceError> {
    let mut last = String::new();
    loop {
        let error = match Db::open_with(source.url, source.migrations, source.connections).await {
            Ok(db) => {
                health.set("database", Ok(()));
                return Ok(Some(db));
            }
            // It is there, and does not answer yet: it will. Anything else needs a person.
            Err(DbError::Sql(
                error @ (sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::Database(_)),
            )) => error.to_string(),
            Err(error) => return Err(error.into()),
        };
        if error != last {
            tracing::warn!(error, "waiting for the database (DATABASE_URL)");
            health.set("database", Err(format!("waiting: {error}")));
            last = error;
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(None),
            () = tokio::time::sleep(RETRY) => {}
        }
    }
}

/// What answers before the service is built, and passes everything else on to it afterwards.
fn shell(
    routes: Arc<OnceLock<Router>>,
    metrics: &Metrics,
    health: &Health,
    clock: &Clock,
    name: &'static str,
) -> Router {
    let mut shell = ops::routes(metrics.clone(), health.clone());
    if clock.is_settable() {
        tracing::warn!(
            "BUSINESS_CLOCK=settable: anyone who reaches this port can move the library's calendar"
        );
        let clock = clock.clone();
        shell = shell.route(
            "/test/clock",
            put(async move |Json(set): Json<SetClock>| {
                clock.set_offset(TimeDelta::seconds(set.offset_seconds));
                StatusCode::NO_CONTENT
            }),
        );
    }
    shell.fallback(async move |request: Request| match routes.get() {
        Some(routes) => match routes.clone().call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        },
        None => starting(name),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SetClock {
    offset_seconds: i64,
}

fn starting(name: &str) -> Response {
    let message = format!("the {name} service is still starting; try again in a moment");
    let body = json!({ "errors": [{ "message": message, "extensions": { "code": "SERVICE_UNAVAILABLE" } }] });
    (
        StatusCode::SERVICE_UNAVAILABLE,
        [(header::RETRY_AFTER, "1")],
        Json(body),
    )
        .into_response()
}

/// Keeps `/health?ready` true to what the service depends on.
async fn watch_health(
    health: Health,
    db: Db,
    mut bus: watch::Receiver<Result<(), String>>,
    stop: CancellationToken,
) {
    loop {
        let answers = sqlx::query("SELECT 1").execute(db.pool()).await;
        health.set(
            "database",
            answers.map(drop).map_err(|error| error.to_string()),
        );
        let status = bus.borrow_and_update().clone();
        health.set("bus", status);
        tokio::select! {
            () = stop.cancelled() => return,
            Ok(()) = bus.changed() => {}
            () = tokio::time::sleep(PING) => {}
        }
    }
}
