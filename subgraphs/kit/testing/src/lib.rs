//! What the subgraphs' tests share: every store test on both databases, a bus that records, tokens of their own.

mod bus;
mod databases;
mod proxy;
mod tokens;

use std::sync::Arc;

use kit::{Clock, Running, Service, Settings, Start, bus::Bus};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use bus::Recorder;
pub use databases::{TestDb, on_each_database, postgres_server};
pub use proxy::Proxy;
pub use tokens::Tokens;

/// Starts `service` on a free port, with a calendar that can be moved, and waits until it serves.
///
/// # Panics
/// When it does not start.
pub async fn start(
    service: Service,
    database_url: &str,
    bus: Arc<dyn Bus>,
    jwks_url: &str,
    settings: &[(&str, &str)],
) -> Running {
    let clock = Clock::settable();
    let pairs = settings
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let start = Start {
        listener: TcpListener::bind("127.0.0.1:0").await.expect("a free port"),
        database_url: database_url.to_owned(),
        bus,
        jwks_url: jwks_url.to_owned(),
        replica: clock.id::<kit::ids::Message>().to_string(),
        clock,
        settings: pairs.collect::<Settings>(),
    };
    let mut running =
        kit::start(service, start, &CancellationToken::new()).expect("a local address");
    assert!(
        running.ready().await,
        "the service ended instead of starting"
    );
    running
}
