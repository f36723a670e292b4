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

/// What a plan depends on besides the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) query: Box<str>,
    pub(crate) operation_name: Option<Box<str>>,
    pub(crate) variant: Variant,
}

/// How one operation is planned for this request, and maybe differently for another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Variant {
    /// Whether `@defer` means anything.
    pub(crate) defers: bool,
    /// Which of the supergraph's override labels are on.
    pub(crate) labels: Vec<bool>,
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

    pub(crate) fn get(&self, key: &Key) -> Option<Arc<P>> {
        let mut generations = self
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(prepared) = generations.young.get(key) {
            return Some(Arc::clone(prepared));
        }
        let (key, prepared) = generations.old.remove_entry(key)?;
        self.put(&mut generations, key, Arc::clone(&prepared));
        Some(prepared)
    }

    pub(crate) fn insert(&self, key: Key, prepared: Arc<P>) {
        let mut generations = self
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.put(&mut generations, key, prepared);
    }

    fn put(&self, generations: &mut Generations<P>, key: Key, prepared: Arc<P>) {
        if generations.young.len() >= self.capacity.div_ceil(2) {
            generations.old = std::mem::take(&mut generations.young);
        }
        generations.young.insert(key, prepared);
    }
}

impl Key {
    pub(crate) fn new(query: &str, operation_name: Option<&str>, variant: Variant) -> Self {
        Self {
            query: query.into(),
            operation_name: operation_name.map(Into::into),
            variant,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(query: &str) -> Key {
        Key::new(query, None, Variant::default())
    }

    #[test]
    fn what_is_used_stays_and_what_is_not_goes() {
        let cache = PlanCache::new(4);
        for number in 0..100 {
            cache.insert(key(&number.to_string()), Arc::new(number));
            assert_eq!(cache.get(&key("0")).as_deref(), Some(&0));
        }
        assert_eq!(cache.get(&key("99")).as_deref(), Some(&99));
        assert!(cache.get(&key("50")).is_none());
        let generations = cache.generations.lock().unwrap();
        assert!(generations.young.len() + generations.old.len() <= 4);
    }

    #[test]
    fn the_operations_name_and_the_variant_are_part_of_the_key() {
        let cache = PlanCache::new(4);
        let named = Key::new("q", Some("A"), Variant::default());
        cache.insert(named.clone(), Arc::new(1));
        assert!(cache.get(&key("q")).is_none());
        for variant in [
            Variant {
                defers: true,
                ..Variant::default()
            },
            Variant {
                labels: vec![true],
                ..Variant::default()
            },
        ] {
            assert!(cache.get(&Key::new("q", Some("A"), variant)).is_none());
        }
        assert_eq!(cache.get(&named).as_deref(), Some(&1));
    }
}
