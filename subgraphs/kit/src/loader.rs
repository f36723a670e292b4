//! Batch loading with the `dataloader` crate: however many things an operation names one by one, one statement.

use std::{fmt::Debug, hash::Hash, sync::Arc};

use dataloader::{BatchFn, non_cached::Loader};

use crate::refusal::Refusal;

/// How often a loader lets everything else run before it closes its batch. Those who waited for a batch go on one at a
/// time, as they hand its lock to each other; what they ask for next, one level further down, must still find the next
/// batch open. So this must be no less than the keys of a batch (200 at most); going round costs a microsecond or so.
const ROUNDS: usize = 250;

/// A loader of one operation. It does not remember: a subscription outlives what it has read.
pub fn loader<K, V, F>(batch: F) -> Loader<K, V, F>
where
    K: Eq + Hash + Clone + Debug,
    V: Clone,
    F: BatchFn<K, V>,
{
    Loader::new(batch).with_yield_count(ROUNDS)
}

/// The outcome of a loader's batch, shared by everyone who waits for it: `Ok(None)` is "not found".
pub type Loaded<T> = Result<Option<T>, Arc<sqlx::Error>>;

/// A loader's failure as a resolver's.
pub fn loaded<T>(outcome: Loaded<T>) -> async_graphql::Result<Option<T>> {
    outcome.map_err(|error| {
        tracing::error!(%error, "a batch could not be loaded");
        Refusal::new(
            "INTERNAL_SERVER_ERROR",
            "something went wrong here; it has been logged",
        )
        .graphql()
    })
}
