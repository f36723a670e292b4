//! Operations that are ready to run, by their text: one look-up from request to program.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::operation::Prepared;

/// A bounded cache in two generations: what was not used while one generation filled is forgotten.
pub(crate) struct PlanCache {
    generations: Mutex<Generations>,
    capacity: usize,
}

#[derive(Default)]
struct Generations {
    young: HashMap<Key, Arc<Prepared>>,
    old: HashMap<Key, Arc<Prepared>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    query: Box<str>,
    operation_name: Option<Box<str>>,
}

impl PlanCache {
    /// A cache of at most `capacity` operations.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            generations: Mutex::default(),
            capacity,
        }
    }

    pub(crate) fn get(&self, query: &str, operation_name: Option<&str>) -> Option<Arc<Prepared>> {
        let key = Key::new(query, operation_name);
        let mut generations = self
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(prepared) = generations.young.get(&key) {
            return Some(Arc::clone(prepared));
        }
        let prepared = generations.old.remove(&key)?;
        self.put(&mut generations, key, Arc::clone(&prepared));
        Some(prepared)
    }

    pub(crate) fn insert(
        &self,
        query: &str,
        operation_name: Option<&str>,
        prepared: Arc<Prepared>,
    ) {
        let mut generations = self
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.put(&mut generations, Key::new(query, operation_name), prepared);
    }

    fn put(&self, generations: &mut Generations, key: Key, prepared: Arc<Prepared>) {
        if generations.young.len() >= self.capacity.div_ceil(2) {
            generations.old = std::mem::take(&mut generations.young);
        }
        generations.young.insert(key, prepared);
    }
}

impl Key {
    fn new(query: &str, operation_name: Option<&str>) -> Self {
        Self {
            query: query.into(),
            operation_name: operation_name.map(Into::into),
        }
    }
}
