//! The bus over RabbitMQ (3.10 and later, no plugins): a durable topic exchange, one quorum queue per service, publisher
//! confirms, acknowledgement after commit.
//!
//! lapin's own recovery stays off: it gives up for good when a server-named queue is on the connection. Instead one
//! supervisor per direction connects, declares everything, works, and on any error, or a stream that ends, drops the
//! connection and builds it anew. Every await of the broker has a timeout.

mod consumer;
mod declare;
mod publisher;

use std::time::Duration;

use futures_util::future::BoxFuture;
use lapin::{Connection, ConnectionProperties};
use tokio::sync::{broadcast, mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::{Bus, Hint, PublishError};
use crate::{envelope::Envelope, mailbox::Inbox};

/// How long any answer of the broker may take.
const TIMEOUT: Duration = Duration::from_secs(10);
const HINTS: usize = 1024;

/// The bus over RabbitMQ.
pub struct Rabbit {
    broker: Broker,
    publisher: publisher::Publisher,
    hints_out: mpsc::Sender<Hint>,
    hints_in: broadcast::Sender<Hint>,
    status: watch::Receiver<Result<(), String>>,
}

/// Where the broker is and what our things on it are called.
#[derive(Clone)]
struct Broker {
    uri: String,
    prefix: String,
    /// Whose process this is.
    service: &'static str,
}

/// The broker did not do what was asked.
#[derive(Debug, thiserror::Error)]
enum BrokerError {
    #[error("{0}")]
    Lapin(#[from] lapin::Error),
    #[error("no answer within {} s", TIMEOUT.as_secs())]
    Timeout(#[from] tokio::time::error::Elapsed),
    #[error("the broker ended the {0}")]
    Ended(&'static str),
}

impl Broker {
    async fn connect(&self) -> Result<Connection, BrokerError> {
        let connecting = Connection::connect(&self.uri, ConnectionProperties::default());
        let connection = tokio::time::timeout(TIMEOUT, connecting).await??;
        Ok(connection)
    }

    fn name(&self, rest: &str) -> String {
        format!("{}{rest}", self.prefix)
    }
}

impl Rabbit {
    /// Starts to connect to `uri`, and keeps connected until `stop`. Names on the broker begin with `prefix`; hints are
    /// those for `service`.
    pub fn start(uri: &str, prefix: &str, service: &'static str, stop: CancellationToken) -> Self {
        let broker = Broker {
            uri: with_heartbeat(uri),
            prefix: prefix.to_owned(),
            service,
        };
        let (hints_out, hints_to_send) = mpsc::channel(HINTS);
        let hints_in = broadcast::channel(HINTS).0;
        let (status_in, status) = watch::channel(Err("connecting".to_owned()));
        let publisher = publisher::Publisher::start(
            broker.clone(),
            hints_to_send,
            hints_in.clone(),
            status_in,
            stop,
        );
        Self {
            broker,
            publisher,
            hints_out,
            hints_in,
            status,
        }
    }
}

/// A broker that is gone without a word is noticed by its missing heartbeats.
fn with_heartbeat(uri: &str) -> String {
    if uri.contains("heartbeat=") {
        return uri.to_owned();
    }
    let separator = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{separator}heartbeat=10")
}

impl Bus for Rabbit {
    fn publish<'a>(
        &'a self,
        batch: &'a [Envelope],
    ) -> BoxFuture<'a, Vec<Result<(), PublishError>>> {
        Box::pin(self.publisher.publish(batch))
    }

    fn consume(&self, inbox: Inbox, stop: CancellationToken) -> BoxFuture<'static, ()> {
        Box::pin(consumer::run(self.broker.clone(), inbox, stop))
    }

    fn hint(&self, hint: Hint) {
        // A full queue of hints loses one; the listeners' safety poll makes up for it.
        let _ = self.hints_out.try_send(hint);
    }

    fn hints(&self) -> broadcast::Receiver<Hint> {
        self.hints_in.subscribe()
    }

    fn status(&self) -> watch::Receiver<Result<(), String>> {
        self.status.clone()
    }
}

/// Waits between attempts to connect: 100 ms to 2 s, with jitter so that replicas do not come all at once.
struct Backoff {
    attempt: u32,
}

impl Backoff {
    fn new() -> Self {
        Self { attempt: 0 }
    }

    fn reset(&mut self) {
        self.attempt = 0;
    }

    fn next(&mut self) -> Duration {
        let base = 100_u64 << self.attempt.min(4);
        self.attempt += 1;
        let mut byte = [0_u8];
        // Without randomness there is just no jitter.
        let _ = getrandom::fill(&mut byte);
        Duration::from_millis((base + base * u64::from(byte[0]) / 512).min(2000))
    }
}
