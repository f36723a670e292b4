//! The consuming side: a service's queue, acknowledged after commit, and the broker's dead letters, drained into the
//! `dead_letter` table.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use lapin::{
    Channel, Connection, Consumer,
    message::Delivery,
    options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions, BasicRejectOptions},
    types::FieldTable,
};
use tokio::{sync::Semaphore, task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{Backoff, Broker, BrokerError, TIMEOUT};
use crate::{envelope::Envelope, mailbox::Inbox};

const PREFETCH: u16 = 64;
/// Handled at once; more would only queue for database connections.
const CONCURRENCY: usize = 8;
const STORE_RETRY: Duration = Duration::from_millis(500);

/// Consumes until `stop`, over as many connections as it takes.
pub(super) async fn run(broker: Broker, inbox: Inbox, stop: CancellationToken) {
    let mut backoff = Backoff::new();
    let mut waiting = false;
    loop {
        let ended = tokio::select! {
            () = stop.cancelled() => return,
            consuming = Consuming::start(&broker, &inbox) => match consuming {
                Ok(consuming) => {
                    backoff.reset();
                    // Stops by itself, after what it has begun.
                    consuming.run(&inbox, &stop).await
                }
                Err(error) => Err(error),
            },
        };
        match ended {
            Ok(()) => return,
            Err(error) if !waiting => {
                tracing::warn!(%error, "not consuming; waiting for the broker");
            }
            Err(_) => {}
        }
        waiting = backoff.attempt > 0;
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(backoff.next()) => {}
        }
    }
}

/// A connection that brings a service its messages.
struct Consuming {
    messages: Consumer,
    dead: Consumer,
    /// Closed when this ends.
    _connection: Connection,
}

impl Consuming {
    async fn start(broker: &Broker, inbox: &Inbox) -> Result<Self, BrokerError> {
        let connection = broker.connect().await?;
        let channel = timeout(TIMEOUT, connection.create_channel()).await??;
        broker.declare(&channel).await?;
        timeout(
            TIMEOUT,
            channel.basic_qos(PREFETCH, BasicQosOptions::default()),
        )
        .await??;
        let messages = consume(&channel, broker.queue(inbox.service())).await?;
        let dead = consume(&channel, broker.dead_queue(inbox.service())).await?;
        tracing::info!(queue = broker.queue(inbox.service()), "consuming");
        Ok(Self {
            messages,
            dead,
            _connection: connection,
        })
    }

    /// Until `stop`, or until the connection is lost. What has begun by then is finished, and acknowledged if it can be.
    async fn run(mut self, inbox: &Inbox, stop: &CancellationToken) -> Result<(), BrokerError> {
        let mut at_work = JoinSet::new();
        let end = End::default();
        let ended = self.bring(inbox, stop, &mut at_work, &end).await;
        end.near.cancel();
        if ended.is_err() {
            end.lost.cancel();
        }
        while at_work.join_next().await.is_some() {}
        ended
    }

    async fn bring(
        &mut self,
        inbox: &Inbox,
        stop: &CancellationToken,
        at_work: &mut JoinSet<()>,
        end: &End,
    ) -> Result<(), BrokerError> {
        let slots = Arc::new(Semaphore::new(CONCURRENCY));
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                delivery = self.messages.next() => {
                    let delivery = delivery.ok_or(BrokerError::Ended("consumer"))??;
                    let Ok(slot) = slots.clone().acquire_owned().await else { return Ok(()) };
                    let (inbox, end) = (inbox.clone(), end.clone());
                    at_work.spawn(async move {
                        handle(&inbox, delivery, &end).await;
                        drop(slot);
                    });
                    while at_work.try_join_next().is_some() {}
                }
                delivery = self.dead.next() => {
                    let delivery = delivery.ok_or(BrokerError::Ended("dead letter consumer"))??;
                    drain(inbox, delivery, end).await;
                }
            }
        }
    }
}

async fn consume(channel: &Channel, queue: String) -> Result<Consumer, BrokerError> {
    let tag = queue.clone();
    let consuming = channel.basic_consume(
        queue.into(),
        tag.into(),
        BasicConsumeOptions::default(),
        FieldTable::default(),
    );
    Ok(timeout(TIMEOUT, consuming).await??)
}

/// The end of a connection, as those at work see it.
#[derive(Clone, Default)]
struct End {
    /// Hold no message any longer that the database does not take: it comes again.
    near: CancellationToken,
    /// Acknowledgements no longer get through.
    lost: CancellationToken,
}

impl End {
    /// Answers the broker, if it can still be reached. A message not acknowledged comes again and is recognised.
    async fn answer(&self, answering: impl Future<Output = lapin::Result<bool>>) {
        tokio::select! {
            () = self.lost.cancelled() => {}
            answered = timeout(TIMEOUT, answering) => match answered {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => tracing::debug!(%error, "a message was not acknowledged; it comes again"),
                Err(_) => tracing::debug!("a message could not be acknowledged in time; it comes again"),
            },
        }
    }
}

async fn handle(inbox: &Inbox, delivery: Delivery, end: &End) {
    match serde_json::from_slice::<Envelope>(&delivery.data) {
        Ok(envelope) => {
            if until_stored(end, || inbox.receive(&envelope)).await {
                end.answer(delivery.ack(BasicAckOptions::default())).await;
            }
        }
        Err(error) => {
            tracing::error!(%error, "a message is no envelope; refused");
            end.answer(delivery.reject(BasicRejectOptions { requeue: false }))
                .await;
        }
    }
}

async fn drain(inbox: &Inbox, delivery: Delivery, end: &End) {
    let id = delivery.properties.message_id().as_ref().map_or_else(
        || format!("delivery-{}", delivery.delivery_tag),
        ToString::to_string,
    );
    if until_stored(end, || inbox.put_broker_dead_letter(&delivery.data, &id)).await {
        end.answer(delivery.ack(BasicAckOptions::default())).await;
    }
}

/// Tries until the database takes it. Giving the message back would count against its delivery limit.
async fn until_stored<F: Future<Output = Result<(), sqlx::Error>>>(
    end: &End,
    attempt: impl Fn() -> F,
) -> bool {
    loop {
        match attempt().await {
            Ok(()) => return true,
            Err(error) => {
                tracing::warn!(%error, "the database did not take a message; trying again");
            }
        }
        tokio::select! {
            () = end.near.cancelled() => return false,
            () = tokio::time::sleep(STORE_RETRY) => {}
        }
    }
}
