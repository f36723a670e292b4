//! How many client WebSockets are open: bounds them, and lets a stopping gateway wait for their end.

use std::sync::Arc;

use tokio::sync::watch;

use crate::{metrics::Measurements, server::Shared};

/// The client WebSockets now open.
pub(crate) struct Connections {
    count: watch::Sender<usize>,
    limit: usize,
    measurements: Measurements,
}

/// One open WebSocket, as long as it lives.
pub(crate) struct Connected {
    shared: Arc<Shared>,
}

impl Connections {
    /// None yet; `limit` none: unbounded.
    pub(crate) fn new(limit: Option<usize>, measurements: &Measurements) -> Self {
        let limit = limit.unwrap_or(usize::MAX);
        Self {
            count: watch::Sender::new(0),
            limit,
            measurements: measurements.clone(),
        }
    }

    /// Counts one more connection; none when there are too many.
    pub(crate) fn enter(shared: &Arc<Shared>) -> Option<Connected> {
        let connections = &shared.connections;
        let entered = connections.count.send_if_modified(|count| {
            let free = *count < connections.limit;
            *count += usize::from(free);
            free
        });
        entered.then(|| {
            connections.measurements.connections.inc();
            Connected {
                shared: Arc::clone(shared),
            }
        })
    }

    /// Waits until all are closed.
    pub(crate) async fn none_left(&self) {
        // Fails only without a sender, which is ourselves.
        let _ = self.count.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        let connections = &self.shared.connections;
        connections.count.send_modify(|count| *count -= 1);
        connections.measurements.connections.dec();
    }
}
