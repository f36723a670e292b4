//! Operations that are ready to run, by their text: one look-up from request to program.

use std::{
    cmp::Reverse,
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A bounded cache in two generations: what was not used while one generation filled is forgotten.
pub(crate) struct PlanCache<P> {
    generations: Mutex<Generations<P>>,
    capacity: usize,
}

struct Generations<P> {
    young: HashMap<Key, Entry<P>>,
    old: HashMap<Key, Entry<P>>,
}

struct Entry<P> {
    prepared: Arc<P>,
    uses: u64,
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
        let mut generations = self.generations();
        if let Some(entry) = generations.young.get_mut(key) {
            entry.uses += 1;
            return Some(Arc::clone(&entry.prepared));
        }
        let (key, mut entry) = generations.old.remove_entry(key)?;
        entry.uses += 1;
        let prepared = Arc::clone(&entry.prepared);
        self.put(&mut generations, key, entry);
        Some(prepared)
    }

    /// Whether an operation is there, without using it.
    pub(crate) fn contains(&self, key: &Key) -> bool {
        let generations = self.generations();
        generations.young.contains_key(key) || generations.old.contains_key(key)
    }

    /// Adds an operation that was used so often.
    pub(crate) fn insert(&self, key: Key, prepared: Arc<P>, uses: u64) {
        let mut generations = self.generations();
        self.put(&mut generations, key, Entry { prepared, uses });
    }

    /// The operations that were used most, at most so many, and how often each was; the most used first.
    pub(crate) fn most_used(&self, count: usize) -> Vec<(Key, u64)> {
        let generations = self.generations();
        let all = generations.young.iter().chain(&generations.old);
        let mut all: Vec<_> = all.map(|(key, entry)| (key, entry.uses)).collect();
        all.sort_by_key(|(_, uses)| Reverse(*uses));
        let most = all.into_iter().take(count);
        most.map(|(key, uses)| (key.clone(), uses)).collect()
    }

    fn generations(&self) -> MutexGuard<'_, Generations<P>> {
        self.generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, generations: &mut Generations<P>, key: Key, entry: Entry<P>) {
        if generations.young.len() >= self.capacity.div_ceil(2) {
            generations.old = std::mem::take(&mut generations.young);
        }
        generations.young.insert(key, entry);
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
            cache.insert(key(&number.to_string()), Arc::new(number), 1);
            assert_eq!(cache.get(&key("0")).as_deref(), Some(&0));
        }
        assert_eq!(cache.get(&key("99")).as_deref(), Some(&99));
        assert!(cache.get(&key("50")).is_none());
        let generations = cache.generations.lock().unwrap();
        assert!(generations.young.len() + generations.old.len() <= 4);
    }

    #[test]
    fn the_most_used_come_first() {
        let cache = PlanCache::new(6);
        for (name, uses) in [("b", 2), ("d", 0), ("a", 3), ("c", 1)] {
            cache.insert(key(name), Arc::new(()), 0);
            for _ in 0..uses {
                assert!(cache.get(&key(name)).is_some());
            }
        }
        let most = |count| {
            let most = cache.most_used(count).into_iter();
            most.map(|(key, uses)| format!("{} {uses}", key.query))
                .collect::<Vec<_>>()
        };
        assert_eq!(most(3), ["a 3", "b 2", "c 1"]);
        assert_eq!(most(9), ["a 3", "b 2", "c 1", "d 0"]);
    }

    #[test]
    fn the_operations_name_and_the_variant_are_part_of_the_key() {
        let cache = PlanCache::new(4);
        let named = Key::new("q", Some("A"), Variant::default());
        cache.insert(named.clone(), Arc::new(1), 1);
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
