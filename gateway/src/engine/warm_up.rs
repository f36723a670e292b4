//! Plans made ahead: a new engine begins with those that the one before was asked for most.

#[cfg(test)]
mod tests;

use super::{
    Engine,
    plan_cache::{Key, Variant},
};

impl Engine {
    /// Plans the operations that another engine was asked for most: `count` at most, and only while `may_go_on` says so, which
    /// is asked before each. Blocks. How many are ready then.
    pub(crate) fn warm_up(
        &self,
        before: &Self,
        count: usize,
        may_go_on: impl Fn() -> bool,
    ) -> usize {
        let mut ready = 0;
        for (key, uses) in before.inner.plans.most_used(count) {
            if !may_go_on() {
                break;
            }
            let key = self.successor(before, key);
            // What was asked for before counts, but less than what is asked for from now on. What is refused now is refused
            // then.
            if !self.inner.plans.contains(&key) && self.inner.make(key, uses / 2).is_ok() {
                ready += 1;
            }
        }
        ready
    }

    /// What an operation of another engine is planned by here, for the same callers.
    fn successor(&self, before: &Self, key: Key) -> Key {
        let rolled = before.inner.labels.roll_for(&key.variant.labels);
        let variant = Variant {
            labels: self.inner.labels.on(Some(rolled)),
            ..key.variant
        };
        Key { variant, ..key }
    }
}
