//! The bus over a real RabbitMQ (AMQP_URL, or 127.0.0.1:5672): nothing lost when the connection goes, one dead letter
//! for what cannot be read, hints to every replica. The broker is reached through a proxy that a test can cut.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use kit::{
    Clock, Envelope, Handled, Handler, HandlerError, Inbox, Mailbox, MailboxMetrics, Tx,
    bus::{Bus, Hint, Rabbit},
};
use kit_testing::{Proxy, TestDb, on_each_database};
use lapin::{
    BasicProperties, Connection, ConnectionProperties,
    options::{BasicPublishOptions, ExchangeDeleteOptions, QueueDeleteOptions},
};
use ops::metrics::Metrics;
use serde_json::json;
use tokio_util::sync::CancellationToken;

/// The broker of the tests, with names that no other test has.
struct Broker {
    url: String,
    prefix: String,
}

impl Broker {
    fn new() -> Self {
        let url = std::env::var("AMQP_URL")
            .unwrap_or_else(|_| "amqp://guest:guest@127.0.0.1:5672/%2f".to_owned());
        let prefix = format!("test-{}-", Clock::real().id::<kit::ids::Message>());
        Self { url, prefix }
    }

    async fn connection(&self) -> Connection {
        Connection::connect(&self.url, ConnectionProperties::default()).await.unwrap_or_else(|error| {
            panic!("RabbitMQ is needed for this test (AMQP_URL or 127.0.0.1:5672; tests/run.sh provides one): {error}")
        })
    }

    /// Takes everything of this test off the broker.
    async fn clean(&self) {
        let connection = self.connection().await;
        let channel = connection.create_channel().await.unwrap();
        for consumer in kit::topology::TOPOLOGY {
            for name in [
                consumer.service.to_owned(),
                format!("{}.dead", consumer.service),
            ] {
                let queue = format!("{}{name}", self.prefix);
                channel
                    .queue_delete(queue.into(), QueueDeleteOptions::default())
                    .await
                    .unwrap();
            }
        }
        for name in ["circulate", "circulate.dead", "circulate.live"] {
            let exchange = format!("{}{name}", self.prefix);
            channel
                .exchange_delete(exchange.into(), ExchangeDeleteOptions::default())
                .await
                .unwrap();
        }
    }

    /// A way to the broker that can be cut, and its URL.
    async fn cuttable(&self) -> (Proxy, String) {
        let uri: lapin::uri::AMQPUri = self.url.parse().unwrap();
        let target = format!("{}:{}", uri.authority.host, uri.authority.port);
        let proxy = Proxy::closed().await;
        proxy.open(&target).await;
        let url = self
            .url
            .replacen(&target, &format!("127.0.0.1:{}", proxy.port()), 1);
        (proxy, url)
    }
}

/// Counts what it handles.
#[derive(Default)]
struct Counting {
    handled: AtomicU64,
}

impl Handler for Counting {
    fn handle<'a>(
        &'a self,
        _: &'a mut Tx,
        _: &'a Envelope,
    ) -> BoxFuture<'a, Result<Handled, HandlerError>> {
        Box::pin(async move {
            self.handled.fetch_add(1, Ordering::SeqCst);
            Ok(Handled::Done)
        })
    }
}

fn message(number: usize) -> Envelope {
    Envelope {
        id: Clock::real().id(),
        kind: "ReserveCopies".to_owned(),
        consumer: None,
        schema_version: 1,
        aggregate_id: number.to_string(),
        aggregate_version: 1,
        occurred_at: 0,
        traceparent: None,
        payload: json!({}),
    }
}

/// Publishes until the bus has confirmed each, as the relay does.
async fn publish_all(bus: &Rabbit, messages: Vec<Envelope>) {
    let mut left = messages;
    while !left.is_empty() {
        let outcomes = bus.publish(&left).await;
        let mut outcomes = outcomes.into_iter();
        left.retain(|_| outcomes.next().is_some_and(|outcome| outcome.is_err()));
        if !left.is_empty() {
            connected(bus).await;
        }
    }
}

async fn connected(bus: &Rabbit) {
    let waiting = Duration::from_secs(20);
    let mut status = bus.status();
    let ready = tokio::time::timeout(waiting, status.wait_for(Result::is_ok)).await;
    assert!(
        ready.is_ok(),
        "not connected: RabbitMQ is needed for this test (AMQP_URL or 127.0.0.1:5672)"
    );
}

async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let waiting = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(
        tokio::time::timeout(Duration::from_secs(30), waiting)
            .await
            .is_ok(),
        "never came true: {what}"
    );
}

#[tokio::test]
async fn nothing_is_lost_or_done_twice_when_connections_are_cut() {
    on_each_database(&[], |TestDb { db, .. }| async move {
        let broker = Broker::new();
        let (cut, url) = broker.cuttable().await;
        let stop = CancellationToken::new();
        let bus = Arc::new(Rabbit::start(&url, &broker.prefix, "book", stop.clone()));
        connected(&bus).await;
        let mailbox = Mailbox::new(
            "book",
            db,
            Clock::real(),
            bus.clone(),
            MailboxMetrics::new(&Metrics::new("book")),
        );
        let handler = Arc::new(Counting::default());

        // Before any consumer has ever been there.
        publish_all(&bus, (0..50).map(message).collect()).await;
        let consuming =
            tokio::spawn(bus.consume(Inbox::new(mailbox, handler.clone()), stop.clone()));
        for round in 0..5 {
            let publishing = publish_all(&bus, (0..50).map(message).collect());
            if round % 2 == 0 {
                cut.cut();
            }
            publishing.await;
            cut.cut();
        }
        until("all are handled", async || {
            handler.handled.load(Ordering::SeqCst) >= 300
        })
        .await;
        stop.cancel();
        consuming.await.unwrap();
        assert_eq!(handler.handled.load(Ordering::SeqCst), 300, "each once");
        broker.clean().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_no_envelope_ends_as_a_dead_letter() {
    on_each_database(&[], |TestDb { db, .. }| async move {
        let broker = Broker::new();
        let stop = CancellationToken::new();
        let bus = Arc::new(Rabbit::start(
            &broker.url,
            &broker.prefix,
            "book",
            stop.clone(),
        ));
        connected(&bus).await;
        let mailbox = Mailbox::new(
            "book",
            db,
            Clock::real(),
            bus.clone(),
            MailboxMetrics::new(&Metrics::new("book")),
        );
        let inbox = Inbox::new(mailbox.clone(), Arc::new(Counting::default()));
        let consuming = tokio::spawn(bus.consume(inbox, stop.clone()));

        let channel = broker.connection().await.create_channel().await.unwrap();
        let exchange = format!("{}circulate", broker.prefix);
        let properties = BasicProperties::default().with_message_id("broken-1".into());
        let options = BasicPublishOptions::default();
        channel
            .basic_publish(
                exchange.into(),
                "ReserveCopies".into(),
                options,
                b"{not json",
                properties,
            )
            .await
            .unwrap();
        until("the dead letter", async || {
            mailbox.dead_letters(10).await.unwrap().len() == 1
        })
        .await;
        let letter = mailbox.dead_letters(10).await.unwrap().remove(0);
        assert_eq!(
            (
                letter.id.as_str(),
                letter.payload.as_str(),
                letter.replayable
            ),
            ("broken-1", "{not json", false)
        );
        stop.cancel();
        consuming.await.unwrap();
        broker.clean().await;
    })
    .await;
}

#[tokio::test]
async fn a_hint_reaches_every_replica_again_after_a_cut() {
    let broker = Broker::new();
    let (cut, url) = broker.cuttable().await;
    let stop = CancellationToken::new();
    let (one, other) = (
        Rabbit::start(&url, &broker.prefix, "book", stop.clone()),
        Rabbit::start(&url, &broker.prefix, "book", stop.clone()),
    );
    for round in 0..2 {
        connected(&one).await;
        connected(&other).await;
        let mut received = other.hints();
        let hint = Hint {
            service: "book".to_owned(),
            key: round.to_string(),
        };
        one.hint(hint.clone());
        let got = tokio::time::timeout(Duration::from_secs(10), received.recv()).await;
        assert_eq!(got.expect("a hint").unwrap(), hint);
        let mut lost = (one.status(), other.status());
        cut.cut();
        let noticed = async {
            let _ = lost.0.wait_for(Result::is_err).await;
            let _ = lost.1.wait_for(Result::is_err).await;
        };
        assert!(
            tokio::time::timeout(Duration::from_secs(10), noticed)
                .await
                .is_ok(),
            "the cut was not noticed"
        );
    }
    connected(&one).await;
    stop.cancel();
    broker.clean().await;
}
