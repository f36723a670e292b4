//! The consuming side: a service's queue, acknowledged after commit, and the broker's dead letters, drained into the
//! `dead_letter` table.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use lapin::{
    Channel, Consumer,
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
            ended = session(&broker, &inbox, &stop, &mut backoff) => ended,
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

async fn session(
    broker: &Broker,
    inbox: &Inbox,
    stop: &CancellationToken,
    backoff: &mut Backoff,
) -> Result<(), BrokerError> {
    let connection = broker.connect().await?;
    let channel = timeout(TIMEOUT, connection.create_channel()).await??;
    broker.declare(&channel).await?;
    timeout(
        TIMEOUT,
        channel.basic_qos(PREFETCH, BasicQosOptions::default()),
    )
    .await??;
    let mut messages = consume(&channel, broker.queue(inbox.service())).await?;
    let mut dead = consume(&channel, broker.dead_queue(inbox.service())).await?;
    backoff.reset();
    tracing::info!(queue = broker.queue(inbox.service()), "consuming");

    let slots = Arc::new(Semaphore::new(CONCURRENCY));
    let lost = CancellationToken::new();
    // Whatever ends this session, those at work stop holding messages: the broker gives them out again.
    let _guard = lost.clone().drop_guard();
    let mut at_work = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            delivery = messages.next() => {
                let delivery = delivery.ok_or(BrokerError::Ended("consumer"))??;
                let Ok(slot) = slots.clone().acquire_owned().await else { break };
                let (inbox, lost) = (inbox.clone(), lost.clone());
                at_work.spawn(async move {
                    handle(&inbox, delivery, &lost).await;
                    drop(slot);
                });
                while at_work.try_join_next().is_some() {}
            }
            delivery = dead.next() => {
                let delivery = delivery.ok_or(BrokerError::Ended("dead letter consumer"))??;
                drain(inbox, delivery, &lost).await;
            }
        }
    }
    // What has begun is finished and acknowledged before the connection goes.
    while at_work.join_next().await.is_some() {}
    Ok(())
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

async fn handle(inbox: &Inbox, delivery: Delivery, lost: &CancellationToken) {
    let answered = match serde_json::from_slice::<Envelope>(&delivery.data) {
        Ok(envelope) => {
            if !until_stored(lost, || inbox.receive(&envelope)).await {
                return;
            }
            delivery.ack(BasicAckOptions::default()).await
        }
        Err(error) => {
            tracing::error!(%error, "a message is no envelope; refused");
            delivery.reject(BasicRejectOptions { requeue: false }).await
        }
    };
    if let Err(error) = answered {
        tracing::debug!(%error, "a message was not acknowledged; it comes again and is recognised");
    }
}

async fn drain(inbox: &Inbox, delivery: Delivery, lost: &CancellationToken) {
    let id = delivery.properties.message_id().as_ref().map_or_else(
        || format!("delivery-{}", delivery.delivery_tag),
        ToString::to_string,
    );
    if until_stored(lost, || inbox.put_broker_dead_letter(&delivery.data, &id)).await
        && let Err(error) = delivery.ack(BasicAckOptions::default()).await
    {
        tracing::debug!(%error, "a dead letter was not acknowledged; it comes again and is recognised");
    }
}

/// Tries until the database takes it. Giving the message back would count against its delivery limit.
async fn until_stored<F: Future<Output = Result<(), sqlx::Error>>>(
    lost: &CancellationToken,
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
            () = lost.cancelled() => return false,
            () = tokio::time::sleep(STORE_RETRY) => {}
        }
    }
}
