//! Gathers the keys that are asked for at about the same time, and loads them at once.
//!
//! Not the `dataloader` crate: its waiters get their answers one lock hand-over at a time, so what they ask for next
//! arrives scattered, and a second level of nesting becomes several statements (measured: four for 36 borrowings). Here
//! all who wait share one future and go on together. It remembers nothing: a subscription's connection outlives what it
//! has read.

use std::{
    collections::{HashMap, HashSet},
    future::Future,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use kit::Loaded;

/// How often the runtime goes round before a batch is closed: enough for all that is runnable to ask.
const ROUNDS: usize = 10;

/// Loads a batch.
pub trait Load<K, V>: Send + Sync + 'static {
    /// The values of `keys`, which are each there once; those that there are.
    fn load(&self, keys: Vec<K>)
    -> impl Future<Output = Result<HashMap<K, V>, sqlx::Error>> + Send;
}

/// Loads by key, in batches.
pub struct Batched<K, V, L> {
    source: Arc<L>,
    /// The batch that can still be joined.
    open: Arc<Mutex<Option<Batch<K, V>>>>,
}

struct Batch<K, V> {
    keys: HashSet<K>,
    values: Shared<BoxFuture<'static, Values<K, V>>>,
}

type Values<K, V> = Result<Arc<HashMap<K, V>>, Arc<sqlx::Error>>;

impl<K, V, L> Batched<K, V, L>
where
    K: Copy + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    L: Load<K, V>,
{
    /// Batches what `source` loads.
    pub fn new(source: L) -> Self {
        Self {
            source: Arc::new(source),
            open: Arc::default(),
        }
    }

    /// The value of `key`; `Ok(None)` when the source has none.
    pub async fn load(&self, key: K) -> Loaded<V> {
        let values = {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            let batch = open.get_or_insert_with(|| Batch {
                keys: HashSet::new(),
                values: self.values().boxed().shared(),
            });
            batch.keys.insert(key);
            batch.values.clone()
        };
        // Each waiter goes round by itself: in the shared future, one waiter's turn would count for all.
        for _ in 0..ROUNDS {
            tokio::task::yield_now().await;
        }
        Ok(values.await?.get(&key).cloned())
    }

    /// Closes the batch and loads it. Driven by whoever of its waiters is still there.
    fn values(&self) -> impl Future<Output = Values<K, V>> + Send + use<K, V, L> {
        let (source, open) = (self.source.clone(), self.open.clone());
        async move {
            let batch = open.lock().unwrap_or_else(PoisonError::into_inner).take();
            let keys = batch.map(|batch| batch.keys).unwrap_or_default();
            let values = source.load(keys.into_iter().collect()).await;
            values.map(Arc::new).map_err(Arc::new)
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::{join, join_all};

    use super::*;

    /// Doubles even numbers, and remembers the batches.
    #[derive(Clone, Default)]
    struct Doubles(Arc<Mutex<Vec<Vec<u32>>>>);

    impl Load<u32, u32> for Doubles {
        async fn load(&self, mut keys: Vec<u32>) -> Result<HashMap<u32, u32>, sqlx::Error> {
            keys.sort_unstable();
            self.0.lock().expect("one thread").push(keys.clone());
            let even = keys.into_iter().filter(|key| key % 2 == 0);
            Ok(even.map(|key| (key, key * 2)).collect())
        }
    }

    #[tokio::test]
    async fn each_level_of_asking_is_one_batch() {
        let doubles = Doubles::default();
        let (first, second) = (Batched::new(doubles.clone()), Batched::new(doubles.clone()));
        let nested = (0..500_u32).map(async |key| match first.load(key).await.expect("loaded") {
            Some(doubled) => second.load(doubled).await.expect("loaded"),
            None => None,
        });
        let values = join_all(nested).await;
        assert_eq!(values[6], Some(24));
        assert_eq!(values[7], None);
        let sizes: Vec<usize> = doubles
            .0
            .lock()
            .expect("one thread")
            .iter()
            .map(Vec::len)
            .collect();
        assert_eq!(sizes, [500, 250]);
    }

    #[tokio::test]
    async fn nothing_is_remembered_and_nobody_waits_for_who_has_left() {
        let doubles = Doubles::default();
        let batched = Batched::new(doubles.clone());
        let (one, other) = join(batched.load(2), batched.load(2)).await;
        assert_eq!(
            (one.expect("loaded"), other.expect("loaded")),
            (Some(4), Some(4))
        );
        // One asks and leaves before there is an answer; the next one joins its batch.
        assert!(batched.load(4).now_or_never().is_none());
        assert_eq!(batched.load(6).await.expect("loaded"), Some(12));
        assert_eq!(batched.load(2).await.expect("loaded"), Some(4));
        let batches = doubles.0.lock().expect("one thread").clone();
        assert_eq!(batches, [vec![2], vec![4, 6], vec![2]]);
    }
}
