//! The engine in use, and its replacement while the gateway serves.
//!
//! Queries and mutations end on the engine on which they began. A subscription goes on when the new supergraph would answer it
//! in the same way; else it ends with `SUBSCRIPTION_SCHEMA_RELOAD`, so that the client subscribes again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use tokio::sync::{OnceCell, watch};

use crate::engine::{Engine, Response};

/// The engine in use; clones share it.
#[derive(Clone)]
pub(crate) struct Current {
    generation: Arc<watch::Sender<Arc<Generation>>>,
}

/// An engine, from when it is put to use until the next one is.
pub(crate) struct Generation {
    number: u64,
    pub(crate) engine: Engine,
    /// Whether operations that began on earlier engines would be answered alike on this one: found out once for all who ask.
    verdicts: Mutex<HashMap<Begun, Arc<OnceCell<bool>>>>,
}

/// An operation, and the number of the generation on which it began.
type Begun = (u64, Operation);

/// A document, and which of its operations.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Operation {
    pub(crate) query: String,
    pub(crate) name: Option<String>,
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
            verdicts: Mutex::default(),
        }
    }

    async fn answers_alike(&self, begun: &Arc<Self>, operation: &Operation) -> bool {
        let verdict = {
            let mut verdicts = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
            let key = (begun.number, operation.clone());
            Arc::clone(verdicts.entry(key).or_default())
        };
        let judge = || async {
            let (new, old) = (self.engine.clone(), begun.engine.clone());
            let Operation { query, name } = operation.clone();
            // Planning is work for another thread than those that serve; a panic there is a no.
            tokio::task::spawn_blocking(move || new.answers_alike(&old, &query, name.as_deref()))
                .await
                .unwrap_or(false)
        };
        *verdict.get_or_init(judge).await
    }
}
