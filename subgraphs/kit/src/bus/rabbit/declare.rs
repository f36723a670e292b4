//! What exists on the broker. Every process declares all of it before it publishes, so that nothing sent before a
//! consumer's first start is lost.

use lapin::{
    Channel, ExchangeKind,
    options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable},
};
use tokio::time::timeout;

use super::{Broker, BrokerError, TIMEOUT};
use crate::topology::TOPOLOGY;

/// A crash of a consumer counts against every message it had prefetched, innocent ones too.
const DELIVERY_LIMIT: i32 = 20;
/// Past this the broker refuses to take more (and the outbox keeps it) rather than drop anything.
const MAX_LENGTH: i32 = 1_000_000;

impl Broker {
    pub(super) fn exchange(&self) -> String {
        self.name("circulate")
    }

    fn dead_exchange(&self) -> String {
        self.name("circulate.dead")
    }

    pub(super) fn live_exchange(&self) -> String {
        self.name("circulate.live")
    }

    pub(super) fn queue(&self, service: &str) -> String {
        self.name(service)
    }

    pub(super) fn dead_queue(&self, service: &str) -> String {
        self.name(&format!("{service}.dead"))
    }

    /// Declares the exchanges, and each service's queue with the queue for its dead letters.
    pub(super) async fn declare(&self, channel: &Channel) -> Result<(), BrokerError> {
        self.declare_exchange(channel, self.exchange(), ExchangeKind::Topic, true)
            .await?;
        self.declare_exchange(channel, self.dead_exchange(), ExchangeKind::Direct, true)
            .await?;
        self.declare_exchange(channel, self.live_exchange(), ExchangeKind::Direct, false)
            .await?;
        for consumer in TOPOLOGY {
            let queue = self.queue(consumer.service);
            declare_queue(channel, &queue, self.queue_arguments(consumer.service)).await?;
            for kind in consumer.kinds {
                bind(channel, &queue, &self.exchange(), kind).await?;
            }
            bind(
                channel,
                &queue,
                &self.exchange(),
                &format!("to.{}", consumer.service),
            )
            .await?;
            let dead = self.dead_queue(consumer.service);
            declare_queue(channel, &dead, quorum()).await?;
            bind(channel, &dead, &self.dead_exchange(), consumer.service).await?;
        }
        Ok(())
    }

    async fn declare_exchange(
        &self,
        channel: &Channel,
        name: String,
        kind: ExchangeKind,
        durable: bool,
    ) -> Result<(), BrokerError> {
        let options = ExchangeDeclareOptions {
            durable,
            ..Default::default()
        };
        timeout(
            TIMEOUT,
            channel.exchange_declare(name.into(), kind, options, FieldTable::default()),
        )
        .await??;
        Ok(())
    }

    fn queue_arguments(&self, service: &str) -> FieldTable {
        let mut arguments = quorum();
        let text = |value: &str| AMQPValue::LongString(value.into());
        arguments.insert(
            "x-delivery-limit".into(),
            AMQPValue::LongInt(DELIVERY_LIMIT),
        );
        arguments.insert("x-max-length".into(), AMQPValue::LongInt(MAX_LENGTH));
        arguments.insert("x-overflow".into(), text("reject-publish"));
        arguments.insert("x-dead-letter-exchange".into(), text(&self.dead_exchange()));
        arguments.insert("x-dead-letter-routing-key".into(), text(service));
        arguments.insert("x-dead-letter-strategy".into(), text("at-least-once"));
        arguments
    }

    /// Declares this connection's own queue of the service's hints: named by us (a server-named one cannot be declared again), gone
    /// with the connection, and dropping the oldest when nobody reads.
    pub(super) async fn declare_live(
        &self,
        channel: &Channel,
        name: &str,
    ) -> Result<(), BrokerError> {
        let options = QueueDeclareOptions {
            exclusive: true,
            auto_delete: true,
            ..Default::default()
        };
        let mut arguments = FieldTable::default();
        arguments.insert("x-max-length".into(), AMQPValue::LongInt(1000));
        arguments.insert(
            "x-overflow".into(),
            AMQPValue::LongString("drop-head".into()),
        );
        timeout(
            TIMEOUT,
            channel.queue_declare(name.into(), options, arguments),
        )
        .await??;
        bind(channel, name, &self.live_exchange(), self.service).await
    }
}

fn quorum() -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert(
        "x-queue-type".into(),
        AMQPValue::LongString("quorum".into()),
    );
    arguments
}

async fn declare_queue(
    channel: &Channel,
    name: &str,
    arguments: FieldTable,
) -> Result<(), BrokerError> {
    let options = QueueDeclareOptions {
        durable: true,
        ..Default::default()
    };
    timeout(
        TIMEOUT,
        channel.queue_declare(name.into(), options, arguments),
    )
    .await??;
    Ok(())
}

async fn bind(
    channel: &Channel,
    queue: &str,
    exchange: &str,
    key: &str,
) -> Result<(), BrokerError> {
    let binding = channel.queue_bind(
        queue.into(),
        exchange.into(),
        key.into(),
        QueueBindOptions::default(),
        FieldTable::default(),
    );
    timeout(TIMEOUT, binding).await??;
    Ok(())
}
