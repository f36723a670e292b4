//! A bus that carries nothing anywhere and remembers everything.

use std::sync::{Mutex, PoisonError};

use futures_util::future::BoxFuture;
use kit::{
    Envelope, Inbox,
    bus::{Bus, Hint, PublishError},
};
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

/// Records what is published, in order.
pub struct Recorder {
    published: Mutex<Vec<Envelope>>,
    hints: broadcast::Sender<Hint>,
    status: watch::Sender<Result<(), String>>,
    count: watch::Sender<usize>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            published: Mutex::default(),
            hints: broadcast::channel(64).0,
            status: watch::channel(Ok(())).0,
            count: watch::channel(0).0,
        }
    }
}

impl Recorder {
    /// What has been published so far.
    pub fn published(&self) -> Vec<Envelope> {
        self.published
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits until `count` messages have been published, and returns all of them.
    ///
    /// # Panics
    /// When they are not within ten seconds, with what has been published instead.
    pub async fn wait_for(&self, count: usize) -> Vec<Envelope> {
        let mut seen = self.count.subscribe();
        let enough = seen.wait_for(|published| *published >= count);
        if tokio::time::timeout(std::time::Duration::from_secs(10), enough)
            .await
            .is_err()
        {
            panic!(
                "{count} messages were to be published; there were {:#?}",
                self.published()
            );
        }
        self.published()
    }
}

impl Bus for Recorder {
    fn publish<'a>(
        &'a self,
        batch: &'a [Envelope],
    ) -> BoxFuture<'a, Vec<Result<(), PublishError>>> {
        let mut published = self
            .published
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        published.extend_from_slice(batch);
        self.count.send_replace(published.len());
        Box::pin(std::future::ready(vec![Ok(()); batch.len()]))
    }

    fn consume(&self, _: Inbox, stop: CancellationToken) -> BoxFuture<'static, ()> {
        Box::pin(async move { stop.cancelled().await })
    }

    fn hint(&self, hint: Hint) {
        let _ = self.hints.send(hint);
    }

    fn hints(&self) -> broadcast::Receiver<Hint> {
        self.hints.subscribe()
    }

    fn status(&self) -> watch::Receiver<Result<(), String>> {
        self.status.subscribe()
    }
}
