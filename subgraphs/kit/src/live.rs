//! Live push: who waits for a change of what. A wake-up carries no data: the waiter reads the database, so a lost or
//! doubled wake-up heals itself. Attach first, read second, and nothing is missed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{broadcast::error::RecvError, watch};
use tokio_util::sync::CancellationToken;

use crate::bus::{Bus, Hint};

/// Covers hints lost between replicas.
const SAFETY_POLL: Duration = Duration::from_secs(5);

/// The waiters of one replica. Clones share them.
#[derive(Clone)]
pub struct Live {
    service: &'static str,
    bus: Arc<dyn Bus>,
    waiters: Arc<Mutex<HashMap<String, watch::Sender<()>>>>,
}

/// Waits for changes of one key.
pub struct Waiter {
    changes: watch::Receiver<()>,
    key: String,
    waiters: Arc<Mutex<HashMap<String, watch::Sender<()>>>>,
}

impl Drop for Waiter {
    /// The last to wait for a key takes its entry away.
    fn drop(&mut self) {
        let mut waiters = self.waiters.lock().unwrap_or_else(PoisonError::into_inner);
        if waiters
            .get(&self.key)
            .is_some_and(|changes| changes.receiver_count() <= 1)
        {
            waiters.remove(&self.key);
        }
    }
}

impl Live {
    /// The waiters of one replica of `service`.
    pub fn new(service: &'static str, bus: Arc<dyn Bus>) -> Self {
        Self {
            service,
            bus,
            waiters: Arc::default(),
        }
    }

    /// Attaches to `key`: every wake-up from now on is seen.
    pub fn attach(&self, key: &str) -> Waiter {
        let mut waiters = self.waiters.lock().unwrap_or_else(PoisonError::into_inner);
        let changes = waiters
            .entry(key.to_owned())
            .or_insert_with(|| watch::channel(()).0)
            .subscribe();
        Waiter {
            changes,
            key: key.to_owned(),
            waiters: self.waiters.clone(),
        }
    }

    /// Wakes who waits for `key`, here and in the other replicas. Call it after commit.
    pub fn wake(&self, key: &str) {
        self.wake_here(key);
        self.bus.hint(Hint {
            service: self.service.to_owned(),
            key: key.to_owned(),
        });
    }

    fn wake_here(&self, key: &str) {
        let waiters = self.waiters.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(changes) = waiters.get(key) {
            changes.send_replace(());
        }
    }

    /// Passes the other replicas' wake-ups on until `stop`.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut hints = self.bus.hints();
        loop {
            let hint = tokio::select! {
                () = stop.cancelled() => return,
                hint = hints.recv() => hint,
            };
            match hint {
                Ok(hint) if hint.service == self.service => self.wake_here(&hint.key),
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => self.wake_all(),
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn wake_all(&self) {
        let waiters = self.waiters.lock().unwrap_or_else(PoisonError::into_inner);
        waiters
            .values()
            .for_each(|changes| changes.send_replace(()));
    }
}

impl Waiter {
    /// Waits until the key was woken since the last call, or for the safety poll: look again either way.
    pub async fn changed(&mut self) {
        // The sender lives as long as anybody waits, so an error cannot come before a change.
        let _ = tokio::time::timeout(SAFETY_POLL, self.changes.changed()).await;
    }
}
