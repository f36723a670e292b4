//! The publishing side: one connection that confirms what it takes, and carries hints between replicas.

use std::sync::Arc;

use futures_util::StreamExt;
use lapin::{
    BasicProperties, Channel, Confirmation,
    options::{BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions},
    types::FieldTable,
};
use tokio::{
    sync::{Notify, broadcast, mpsc, watch},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Backoff, Broker, BrokerError, TIMEOUT};
use crate::{
    bus::{Hint, PublishError},
    envelope::Envelope,
    topology,
};

const PERSISTENT: u8 = 2;
/// Hints in one message, at most.
const HINTS_AT_ONCE: usize = 64;

/// Publishes over the connection of the moment.
pub(super) struct Publisher {
    broker: Broker,
    channel: watch::Receiver<Option<Channel>>,
    /// Told when a publish failed: the connection is then built anew.
    broken: Arc<Notify>,
}

impl Publisher {
    pub(super) fn start(
        broker: Broker,
        hints_out: mpsc::Receiver<Hint>,
        hints_in: broadcast::Sender<Hint>,
        status: watch::Sender<Result<(), String>>,
        stop: CancellationToken,
    ) -> Self {
        let (channel_in, channel) = watch::channel(None);
        let broken = Arc::new(Notify::new());
        let supervisor = Supervisor {
            broker: broker.clone(),
            channel: channel_in,
            broken: broken.clone(),
            hints_in,
            status,
        };
        tokio::spawn(supervisor.run(hints_out, stop));
        Self {
            broker,
            channel,
            broken,
        }
    }

    /// Publishes a batch pipelined, then awaits every confirm.
    pub(super) async fn publish(&self, batch: &[Envelope]) -> Vec<Result<(), PublishError>> {
        let Some(channel) = self.channel.borrow().clone() else {
            return vec![Err(PublishError::Unreachable("not connected".to_owned())); batch.len()];
        };
        let mut confirms = Vec::with_capacity(batch.len());
        for envelope in batch {
            confirms.push(self.send(&channel, envelope).await);
        }
        let mut outcomes = Vec::with_capacity(batch.len());
        for (envelope, confirm) in batch.iter().zip(confirms) {
            let outcome = match confirm {
                Ok(confirm) => timeout(TIMEOUT, confirm)
                    .await
                    .map_err(BrokerError::from)
                    .and_then(|outcome| Ok(outcome?)),
                Err(error) => Err(error),
            };
            outcomes.push(self.judge(envelope, outcome));
        }
        outcomes
    }

    async fn send(
        &self,
        channel: &Channel,
        envelope: &Envelope,
    ) -> Result<lapin::PublisherConfirm, BrokerError> {
        let key = envelope.routing_key();
        // Right after a restart the broker may confirm a message and yet have had no queue for it; `mandatory` makes it
        // say so. An event that nobody listens for (any more) is fine.
        let mandatory = topology::consumers(&envelope.kind, envelope.consumer.as_deref())
            .next()
            .is_some();
        let options = BasicPublishOptions {
            mandatory,
            ..Default::default()
        };
        let properties = BasicProperties::default()
            .with_delivery_mode(PERSISTENT)
            .with_content_type("application/json".into())
            .with_message_id(envelope.id.to_string().into())
            .with_type(envelope.kind.clone().into());
        let body = serde_json::json!(envelope).to_string();
        let publishing = channel.basic_publish(
            self.broker.exchange().into(),
            key.into(),
            options,
            body.as_bytes(),
            properties,
        );
        Ok(timeout(TIMEOUT, publishing).await??)
    }

    /// Only an ack without a returned message is success.
    fn judge(
        &self,
        envelope: &Envelope,
        outcome: Result<Confirmation, BrokerError>,
    ) -> Result<(), PublishError> {
        let refused = |reason: &str| PublishError::Refused {
            kind: envelope.kind.clone(),
            reason: reason.to_owned(),
        };
        match outcome {
            Ok(Confirmation::Ack(None)) => Ok(()),
            Ok(Confirmation::Ack(Some(_))) => {
                // The topology is gone from the broker: connecting again declares it.
                self.broken.notify_one();
                Err(refused("no queue is bound for it"))
            }
            Ok(Confirmation::Nack(_)) => Err(refused("refused (is the queue full?)")),
            Ok(Confirmation::NotRequested) => Err(refused("confirms are off")),
            Err(error) => {
                self.broken.notify_one();
                Err(PublishError::Unreachable(error.to_string()))
            }
        }
    }
}

struct Supervisor {
    broker: Broker,
    channel: watch::Sender<Option<Channel>>,
    broken: Arc<Notify>,
    hints_in: broadcast::Sender<Hint>,
    status: watch::Sender<Result<(), String>>,
}

impl Supervisor {
    async fn run(self, mut hints_out: mpsc::Receiver<Hint>, stop: CancellationToken) {
        let mut backoff = Backoff::new();
        loop {
            let ended = tokio::select! {
                () = stop.cancelled() => break,
                ended = self.session(&mut hints_out, &mut backoff) => ended,
            };
            self.channel.send_replace(None);
            if let Err(error) = ended {
                if self.status.borrow().as_ref().err() != Some(&error.to_string()) {
                    tracing::warn!(%error, "waiting for the broker (AMQP_URL)");
                }
                let _ = self.status.send_replace(Err(error.to_string()));
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(backoff.next()) => {}
            }
        }
        self.channel.send_replace(None);
    }

    /// One connection, from its start to its end.
    async fn session(
        &self,
        hints_out: &mut mpsc::Receiver<Hint>,
        backoff: &mut Backoff,
    ) -> Result<(), BrokerError> {
        let connection = self.broker.connect().await?;
        let publishing = timeout(TIMEOUT, connection.create_channel()).await??;
        self.broker.declare(&publishing).await?;
        timeout(
            TIMEOUT,
            publishing.confirm_select(ConfirmSelectOptions::default()),
        )
        .await??;

        let live = timeout(TIMEOUT, connection.create_channel()).await??;
        let queue = self.broker.name(&format!("live.{}", fresh_name()));
        self.broker.declare_live(&live, &queue).await?;
        let options = BasicConsumeOptions {
            no_ack: true,
            exclusive: true,
            ..Default::default()
        };
        let consuming =
            live.basic_consume(queue.into(), "live".into(), options, FieldTable::default());
        let mut incoming = timeout(TIMEOUT, consuming).await??;

        self.channel.send_replace(Some(publishing));
        let _ = self.status.send_replace(Ok(()));
        backoff.reset();
        tracing::info!("connected to the broker");
        let mut hints = Vec::new();
        loop {
            tokio::select! {
                delivery = incoming.next() => match delivery {
                    Some(Ok(delivery)) => {
                        let hints: Vec<Hint> = serde_json::from_slice(&delivery.data).unwrap_or_default();
                        for hint in hints {
                            let _ = self.hints_in.send(hint);
                        }
                    }
                    Some(Err(error)) => return Err(error.into()),
                    None => return Err(BrokerError::Ended("connection")),
                },
                count = hints_out.recv_many(&mut hints, HINTS_AT_ONCE) => {
                    if count == 0 {
                        return Ok(());
                    }
                    self.send_hints(&live, &hints).await?;
                    hints.clear();
                }
                () = self.broken.notified() => return Err(BrokerError::Ended("publishing")),
            }
        }
    }

    /// Sends what has gathered as one message; all of it is for the same service.
    async fn send_hints(&self, live: &Channel, hints: &[Hint]) -> Result<(), BrokerError> {
        let body = serde_json::json!(hints).to_string();
        let sending = live.basic_publish(
            self.broker.live_exchange().into(),
            self.broker.service.into(),
            BasicPublishOptions::default(),
            body.as_bytes(),
            BasicProperties::default(),
        );
        timeout(TIMEOUT, sending).await??;
        Ok(())
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "a queue's name needs no clock, only to be new"
)]
fn fresh_name() -> Uuid {
    Uuid::new_v4()
}
