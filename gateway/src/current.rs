//! The engine in use, and its replacement while the gateway serves.
//!
//! Queries and mutations end on the engine on which they began. A subscription goes on when the new supergraph would answer it
//! in the same way; else it ends with `SUBSCRIPTION_SCHEMA_RELOAD`, so that the client subscribes again.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use federation::changes::Change;

use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use tokio::sync::{OnceCell, watch};

use crate::engine::{Engine, Key, Response};

/// The engine in use; clones share it.
#[derive(Clone)]
pub(crate) struct Current {
    generation: Arc<watch::Sender<Arc<Generation>>>,
}

/// An engine, from when it is put to use until the next one is.
pub(crate) struct Generation {
    number: u64,
    pub(crate) engine: Engine,
    /// What is known of earlier generations, by their numbers.
    earlier: Table<u64, Earlier>,
}

/// An earlier generation in the light of a later one: each thing is found out once for all who ask.
#[derive(Default)]
struct Earlier {
    /// What has changed for clients since.
    changes: OnceLock<Vec<Change>>,
    /// Whether operations that began then would be answered alike now, by their keys then and now.
    verdicts: Table<(Key, Key), OnceCell<bool>>,
}

/// Entries that appear when they are asked for.
type Table<K, V> = Mutex<HashMap<K, Arc<V>>>;

/// An operation under way.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) query: String,
    /// Which of the document's operations.
    pub(crate) name: Option<String>,
    /// The roll for its labels, on whichever engine.
    pub(crate) rolled: f64,
}

impl Current {
    pub(crate) fn new(engine: Engine) -> Self {
        let generation = Arc::new(Generation::new(0, engine));
        Self {
            generation: Arc::new(watch::Sender::new(generation)),
        }
    }

    pub(crate) fn get(&self) -> Arc<Generation> {
        Arc::clone(&self.generation.borrow())
    }

    /// Puts another engine to use.
    pub(crate) fn replace(&self, engine: Engine) {
        self.generation.send_modify(|generation| {
            *generation = Arc::new(Generation::new(generation.number + 1, engine));
        });
    }

    /// A subscription's responses, for as long as the engines that come would answer it alike.
    pub(crate) fn guard(
        &self,
        responses: BoxStream<'static, Response>,
        begun: Arc<Generation>,
        operation: Operation,
    ) -> BoxStream<'static, Response> {
        let mut generations = self.generation.subscribe();
        // Whatever came between the beginning and now counts as well.
        if generations.borrow().number != begun.number {
            generations.mark_changed();
        }
        let guarded = Guarded {
            responses,
            generations,
            begun,
            operation,
        };
        stream::unfold(
            Some(guarded),
            |guarded| async move { guarded?.next().await },
        )
        .boxed()
    }
}

struct Guarded {
    responses: BoxStream<'static, Response>,
    generations: watch::Receiver<Arc<Generation>>,
    begun: Arc<Generation>,
    operation: Operation,
}

impl Guarded {
    async fn next(mut self) -> Option<(Response, Option<Self>)> {
        loop {
            tokio::select! {
                response = self.responses.next() => return Some((response?, Some(self))),
                Ok(()) = self.generations.changed() => {}
            }
            let generation = Arc::clone(&self.generations.borrow_and_update());
            if !generation.answers_alike(&self.begun, &self.operation).await {
                let error = Response::request_error(
                    "SUBSCRIPTION_SCHEMA_RELOAD",
                    "the schema has changed: subscribe again",
                );
                return Some((error, None));
            }
        }
    }
}

impl Generation {
    fn new(number: u64, engine: Engine) -> Self {
        Self {
            number,
            engine,
            earlier: Table::default(),
        }
    }

    async fn answers_alike(&self, begun: &Arc<Self>, operation: &Operation) -> bool {
        let (there, here) = (operation.key(&begun.engine), operation.key(&self.engine));
        let earlier = entry(&self.earlier, begun.number);
        let verdict = entry(&earlier.verdicts, (there.clone(), here.clone()));
        let judge = || async {
            let (old, new) = (begun.engine.clone(), self.engine.clone());
            // Planning is work for another thread than those that serve; a panic there is a no.
            tokio::task::spawn_blocking(move || {
                let changes = earlier.changes.get_or_init(|| new.changes_since(&old));
                new.answers_alike(&old, (&there, &here), changes)
            })
            .await
            .unwrap_or(false)
        };
        *verdict.get_or_init(judge).await
    }
}

impl Operation {
    fn key(&self, engine: &Engine) -> Key {
        engine.key(&self.query, self.name.as_deref(), self.rolled)
    }
}

fn entry<K: Eq + Hash, V: Default>(table: &Table<K, V>, key: K) -> Arc<V> {
    let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(table.entry(key).or_default())
}
