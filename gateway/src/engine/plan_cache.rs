//! Operations that are ready to run, by their text: one look-up from request to program.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// A bounded cache in two generations: what was not used while one generation filled is forgotten.
pub(crate) struct PlanCache<P> {
    generations: Mutex<Generations<P>>,
    capacity: usize,
}

struct Generations<P> {
    young: HashMap<Key, Arc<P>>,
    old: HashMap<Key, Arc<P>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    query: Box<str>,
    operation_name: Option<Box<str>>,
}

impl<P> PlanCache<P> {
    /// A cache of at most `capacity` operations.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            generations: Mutex::new(Generations {
                young: HashMap::new(),
                old: HashMap::new(),
            }),
            capacity,
        }
    }

    pub(crate) fn get(&self, query: &str, operation_name: Option<&str>) -> Option<Arc<P>> {
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

    pub(crate) fn insert(&self, query: &str, operation_name: Option<&str>, prepared: Arc<P>) {
        let mut generations = self
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.put(&mut generations, Key::new(query, operation_name), prepared);
    }

    fn put(&self, generations: &mut Generations<P>, key: Key, prepared: Arc<P>) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_stays_and_what_is_not_goes() {
        let cache = PlanCache::new(4);
        for number in 0..100 {
            cache.insert(&number.to_string(), None, Arc::new(number));
            assert_eq!(cache.get("0", None).as_deref(), Some(&0));
        }
        assert_eq!(cache.get("99", None).as_deref(), Some(&99));
        assert!(cache.get("50", None).is_none());
        let generations = cache.generations.lock().unwrap();
        assert!(generations.young.len() + generations.old.len() <= 4);
    }

    #[test]
    fn the_operations_name_is_part_of_the_key() {
        let cache = PlanCache::new(4);
        cache.insert("q", Some("A"), Arc::new(1));
        assert!(cache.get("q", None).is_none());
        assert_eq!(cache.get("q", Some("A")).as_deref(), Some(&1));
    }
}
