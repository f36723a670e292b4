//! What engines tell operators of themselves.

use prometheus::{IntCounter, IntGauge};

/// Counts over all engines of a gateway; clones share them.
#[derive(Clone)]
pub(crate) struct Counts {
    /// Operations whose plan was ready.
    pub(crate) hits: IntCounter,
    /// Operations whose plan had to be made.
    pub(crate) misses: IntCounter,
    /// Engines in memory.
    pub(crate) engines: IntGauge,
}

/// One engine's part in the counts, if anybody counts.
pub(super) struct Share(Option<Counts>);

impl Share {
    pub(super) fn new(counts: Option<Counts>) -> Self {
        if let Some(counts) = &counts {
            counts.engines.inc();
        }
        Self(counts)
    }

    /// A plan was looked up.
    pub(super) fn looked_up(&self, is_hit: bool) {
        match &self.0 {
            Some(counts) if is_hit => counts.hits.inc(),
            Some(counts) => counts.misses.inc(),
            None => {}
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if let Some(counts) = &self.0 {
            counts.engines.dec();
        }
    }
}
