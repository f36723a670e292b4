//! A service in a process of its own: the whole of each subgraph's `main`.

use std::{process::ExitCode, sync::Arc};

use tokio::net::TcpListener;

use crate::{
    bus::Rabbit,
    clock::Clock,
    dialect::Dialect,
    service::{Service, ServiceError, Start, start},
    settings::Settings,
};

/// Runs `service` as the environment says, until a signal. `<service> sdl` prints its schema, `<service> health` asks a
/// running one whether it is ready.
pub fn main(service: Service) -> ExitCode {
    let settings = Settings::from_env();
    let done = match std::env::args().nth(1).as_deref() {
        None => run(service, settings),
        Some("sdl") => {
            print!("{}", (service.sdl)());
            return ExitCode::SUCCESS;
        }
        Some("health") => probe(service, &settings),
        Some(other) => Err(ServiceError::Other(format!(
            "unknown command {other:?}; there are: sdl, health, and none to serve"
        ))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", service.name);
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(service: Service, settings: Settings) -> Result<(), ServiceError> {
    let telemetry = ops::telemetry::init(service.name)
        .map_err(|error| ServiceError::Other(error.to_string()))?;
    let stop = ops::stop::on_signal();
    let outcome = serve(service, settings, &stop).await;
    telemetry.shutdown().await;
    outcome
}

async fn serve(
    service: Service,
    settings: Settings,
    stop: &tokio_util::sync::CancellationToken,
) -> Result<(), ServiceError> {
    let amqp_url = settings.get("AMQP_URL").ok_or_else(|| {
        ServiceError::Other(format!(
            "AMQP_URL is not set: without a broker the {} service would be an island. Set it (amqp://user:password@host:5672/%2f), \
             or run `cargo run --release` for everything in one process without a broker",
            service.name
        ))
    })?;
    let bus = Rabbit::start(
        amqp_url,
        settings.get("AMQP_PREFIX").unwrap_or_default(),
        service.name,
        stop.clone(),
    );
    let address = listen(service, &settings);
    let listener = TcpListener::bind(&address)
        .await
        .map_err(|source| ServiceError::Listen { address, source })?;
    let clock = match settings.get("BUSINESS_CLOCK") {
        None => Clock::real(),
        Some("settable") => Clock::settable(),
        Some(_) => {
            return Err(settings
                .error(
                    "BUSINESS_CLOCK",
                    "the only value is `settable`, for tests and demos",
                )
                .into());
        }
    };
    let start_with = Start {
        listener,
        database_url: database_url(service.name, settings.get("DATABASE_URL")),
        bus: Arc::new(bus),
        jwks_url: settings
            .get("JWKS_URL")
            .unwrap_or("http://127.0.0.1:4003/.well-known/jwks.json")
            .to_owned(),
        replica: clock.id::<crate::ids::Message>().to_string(),
        clock,
        settings,
    };
    let running =
        start(service, start_with, stop).map_err(|error| ServiceError::Other(error.to_string()))?;
    tracing::info!(service = service.name, address = %running.address(), "listening");
    running.ended().await
}

fn listen(service: Service, settings: &Settings) -> String {
    settings
        .get("LISTEN")
        .map_or_else(|| format!("0.0.0.0:{}", service.port), ToOwned::to_owned)
}

#[tokio::main(flavor = "current_thread")]
async fn probe(service: Service, settings: &Settings) -> Result<(), ServiceError> {
    let address = listen(service, settings).replace("0.0.0.0", "127.0.0.1");
    ops::health::probe(&format!("http://{address}/health?ready"))
        .await
        .map_err(ServiceError::Other)
}

/// The service's own database on the server that `url` names: `circulate_<service>`, unless the URL names one itself.
fn database_url(service: &str, url: Option<&str>) -> String {
    let Some(url) = url else {
        return format!("sqlite:data/{service}.db");
    };
    if Dialect::of(url) != Some(Dialect::Postgres) {
        return url.to_owned();
    }
    let (base, query) = url
        .split_once('?')
        .map_or((url, None), |(base, query)| (base, Some(query)));
    let after_scheme = base.find("://").map_or(0, |at| at + 3);
    let named = base[after_scheme..]
        .split_once('/')
        .is_some_and(|(_, database)| !database.is_empty());
    let base = if named {
        base.to_owned()
    } else {
        format!("{}/circulate_{service}", base.trim_end_matches('/'))
    };
    query.map_or(base.clone(), |query| format!("{base}?{query}"))
}

#[cfg(test)]
mod tests {
    use super::database_url;

    #[test]
    fn each_service_has_a_database_of_its_own() {
        assert_eq!(database_url("book", None), "sqlite:data/book.db");
        assert_eq!(
            database_url("book", Some("sqlite:/tmp/x.db")),
            "sqlite:/tmp/x.db"
        );
        assert_eq!(
            database_url("book", Some("postgres://h:5432")),
            "postgres://h:5432/circulate_book"
        );
        assert_eq!(
            database_url("book", Some("postgres://h:5432/?sslmode=require")),
            "postgres://h:5432/circulate_book?sslmode=require"
        );
        assert_eq!(
            database_url("book", Some("postgres://h/mine")),
            "postgres://h/mine"
        );
    }
}
