//! The bus of the all-in-one: no broker, and nothing lost. Publishing is a durable insert into each consumer's inbox and
//! a wake-up, so a slow or stopped service holds nobody up and finds its messages when it is back.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use futures_util::future::{BoxFuture, join_all};
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

use super::{Bus, Hint, PublishError};
use crate::{envelope::Envelope, mailbox::Inbox, topology};

/// The bus within one process.
pub struct Memory {
    /// The inboxes of each service, one a replica. They stay when a service stops: its database is still there.
    inboxes: Mutex<HashMap<&'static str, Vec<Inbox>>>,
    hints: broadcast::Sender<Hint>,
    status: watch::Sender<Result<(), String>>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            inboxes: Mutex::default(),
            hints: broadcast::channel(1024).0,
            status: watch::channel(Ok(())).0,
        }
    }
}

impl Memory {
    fn inboxes(&self, service: &str) -> Vec<Inbox> {
        self.inboxes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(service)
            .cloned()
            .unwrap_or_default()
    }

    /// Delivers to one service: into the one database its replicas share, then a wake-up for each of them.
    async fn deliver(
        &self,
        service: &'static str,
        messages: &[&Envelope],
    ) -> Result<(), PublishError> {
        let undelivered = |reason: String| PublishError::Undelivered {
            consumer: service.to_owned(),
            reason,
        };
        let inboxes = self.inboxes(service);
        let Some(newest) = inboxes.last() else {
            return Err(undelivered(
                "the service has not been started yet".to_owned(),
            ));
        };
        newest
            .deliver(messages)
            .await
            .map_err(|error| undelivered(error.to_string()))?;
        inboxes.iter().for_each(Inbox::wake);
        Ok(())
    }
}

impl Bus for Memory {
    fn publish<'a>(
        &'a self,
        batch: &'a [Envelope],
    ) -> BoxFuture<'a, Vec<Result<(), PublishError>>> {
        Box::pin(async move {
            let mut by_service: HashMap<&'static str, Vec<usize>> = HashMap::new();
            for (index, envelope) in batch.iter().enumerate() {
                for service in topology::consumers(&envelope.kind, envelope.consumer.as_deref()) {
                    by_service.entry(service).or_default().push(index);
                }
            }
            let deliveries = by_service.into_iter().map(async |(service, indices)| {
                let messages: Vec<&Envelope> = indices.iter().map(|&index| &batch[index]).collect();
                (self.deliver(service, &messages).await, indices)
            });
            let mut outcomes = vec![Ok(()); batch.len()];
            for (outcome, indices) in join_all(deliveries).await {
                if let Err(error) = outcome {
                    indices
                        .into_iter()
                        .for_each(|index| outcomes[index] = Err(error.clone()));
                }
            }
            outcomes
        })
    }

    fn consume(&self, inbox: Inbox, stop: CancellationToken) -> BoxFuture<'static, ()> {
        self.inboxes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(inbox.service())
            .or_default()
            .push(inbox);
        Box::pin(async move { stop.cancelled().await })
    }

    fn hint(&self, hint: Hint) {
        // Nobody listening is fine: a hint is only a hint.
        let _ = self.hints.send(hint);
    }

    fn hints(&self) -> broadcast::Receiver<Hint> {
        self.hints.subscribe()
    }

    fn status(&self) -> watch::Receiver<Result<(), String>> {
        self.status.subscribe()
    }
}
