//! A service starts whether or not its database and broker are there, says what it waits for, serves when they come,
//! and again when they come back.

use std::{sync::Arc, time::Duration};

use axum::{Router, routing::get};
use futures_util::future::BoxFuture;
use kit::{
    Assembly, Clock, Envelope, Handled, Handler, HandlerError, Parts, Service, ServiceError,
    Settings, Start, Tx, bus::Rabbit,
};
use kit_testing::{Proxy, postgres_server};
use serde_json::Value;
use sqlx::migrate::MigrateDatabase;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const SERVICE: Service = Service {
    name: "book",
    port: 0,
    migrations: &[],
    assemble,
    sdl: String::new,
};

fn assemble(_: Parts) -> BoxFuture<'static, Result<Assembly, ServiceError>> {
    let routes = Router::new().route("/graphql", get(async || "served"));
    let assembly = Assembly {
        routes,
        admin: Router::new(),
        handler: Arc::new(Deaf),
        tasks: Vec::new(),
    };
    Box::pin(std::future::ready(Ok(assembly)))
}

struct Deaf;

impl Handler for Deaf {
    fn handle<'a>(
        &'a self,
        _: &'a mut Tx,
        _: &'a Envelope,
    ) -> BoxFuture<'a, Result<Handled, HandlerError>> {
        Box::pin(std::future::ready(Ok(Handled::Done)))
    }
}

/// `host:port` of a URL with a scheme, and perhaps a user.
fn host_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?']).next().unwrap_or(rest);
    host.rsplit('@').next().unwrap_or(host).to_owned()
}

async fn ask(base: &str, path: &str) -> (u16, String) {
    let answer = reqwest::get(format!("{base}{path}"))
        .await
        .expect("the socket is there from the first moment");
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// Waits until readiness is as `wanted` (component, up), and returns the whole answer.
async fn until(base: &str, component: &str, up: bool) -> Value {
    let waiting = async {
        loop {
            let (_, body) = ask(base, "/health?ready").await;
            let health: Value = serde_json::from_str(&body).unwrap();
            if (health["components"][component] == "UP") == up {
                return health;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let seen = tokio::time::timeout(Duration::from_secs(30), waiting).await;
    seen.unwrap_or_else(|_| panic!("{component} was to be {}", if up { "up" } else { "down" }))
}

#[tokio::test]
async fn a_service_waits_for_database_and_broker_and_says_so() {
    let amqp = std::env::var("AMQP_URL")
        .unwrap_or_else(|_| "amqp://guest:guest@127.0.0.1:5672/%2f".to_owned());
    let (database, broker) = (Proxy::closed().await, Proxy::closed().await);
    let clock = Clock::real();
    let name = format!(
        "circulate_test_{}",
        clock.id::<kit::ids::Message>().uuid().simple()
    );
    let server = postgres_server();
    let through = |url: &str, proxy: &Proxy| {
        url.replacen(&host_of(url), &format!("127.0.0.1:{}", proxy.port()), 1)
    };
    let prefix = format!("test-{name}-");
    let stop = CancellationToken::new();
    let start = Start {
        listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
        database_url: format!("{}/{name}", through(&server, &database)),
        bus: Arc::new(Rabbit::start(
            &through(&amqp, &broker),
            &prefix,
            "book",
            stop.clone(),
        )),
        jwks_url: "http://127.0.0.1:9/".to_owned(),
        replica: "one".to_owned(),
        clock,
        settings: Settings::default(),
    };
    let mut running = kit::start(SERVICE, start, &stop).unwrap();
    let base = format!("http://{}", running.address());

    assert_eq!(ask(&base, "/health?live").await.0, 200);
    let (status, body) = ask(&base, "/graphql").await;
    assert_eq!(status, 503);
    assert!(body.contains("still starting"), "{body}");
    let health = until(&base, "database", false).await;
    assert_eq!(health["status"], "DOWN");

    database.open(&host_of(&server)).await;
    assert!(running.ready().await);
    let health = until(&base, "bus", false).await;
    assert_eq!(
        (&health["components"]["database"], &health["status"]),
        (&"UP".into(), &"DOWN".into())
    );
    assert_eq!(
        ask(&base, "/graphql").await,
        (200, "served".to_owned()),
        "the broker is not needed to answer"
    );

    broker.open(&host_of(&amqp)).await;
    let health = until(&base, "bus", true).await;
    assert_eq!(health["status"], "UP");

    broker.close();
    until(&base, "bus", false).await;
    broker.open(&host_of(&amqp)).await;
    until(&base, "bus", true).await;

    stop.cancel();
    running.stop().await.unwrap();
    sqlx::Any::force_drop_database(&format!("{server}/{name}"))
        .await
        .unwrap();
    clean(&amqp, &prefix).await;
}

async fn clean(amqp: &str, prefix: &str) {
    use lapin::options::{ExchangeDeleteOptions, QueueDeleteOptions};
    let connection = lapin::Connection::connect(amqp, lapin::ConnectionProperties::default())
        .await
        .unwrap();
    let channel = connection.create_channel().await.unwrap();
    for consumer in kit::topology::TOPOLOGY {
        for name in [
            consumer.service.to_owned(),
            format!("{}.dead", consumer.service),
        ] {
            channel
                .queue_delete(
                    format!("{prefix}{name}").into(),
                    QueueDeleteOptions::default(),
                )
                .await
                .unwrap();
        }
    }
    for name in ["circulate", "circulate.dead", "circulate.live"] {
        channel
            .exchange_delete(
                format!("{prefix}{name}").into(),
                ExchangeDeleteOptions::default(),
            )
            .await
            .unwrap();
    }
}
