//! Sets of run-time types, each kept once: a fragment's condition, the types that an object at some place may have.
//!
//! The members are object types and, where an interface object's subgraph hides which one it is, that interface.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::model::TypeId;

/// A set of types, by its place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct TypeSet(u32);

/// The table.
#[derive(Debug, Default)]
pub(super) struct TypeSets {
    sets: Vec<Rc<[TypeId]>>,
    index: FxHashMap<Rc<[TypeId]>, TypeSet>,
}

impl TypeSets {
    /// The set of these types, which have to be sorted and distinct.
    pub(super) fn intern(&mut self, types: &[TypeId]) -> TypeSet {
        if let Some(known) = self.index.get(types) {
            return *known;
        }
        let types: Rc<[TypeId]> = types.into();
        let id = TypeSet(u32::try_from(self.sets.len()).unwrap_or(u32::MAX));
        self.sets.push(Rc::clone(&types));
        self.index.insert(types, id);
        id
    }

    /// The members, sorted.
    pub(super) fn get(&self, set: TypeSet) -> Rc<[TypeId]> {
        Rc::clone(&self.sets[set.0 as usize])
    }

    /// The members, sorted.
    pub(super) fn members(&self, set: TypeSet) -> &[TypeId] {
        &self.sets[set.0 as usize]
    }

    pub(super) fn is_empty(&self, set: TypeSet) -> bool {
        self.members(set).is_empty()
    }

    pub(super) fn intersection(&mut self, one: TypeSet, other: TypeSet) -> TypeSet {
        if one == other {
            return one;
        }
        let (left, right) = (self.members(one), self.members(other));
        let both: Vec<_> = left
            .iter()
            .filter(|ty| right.binary_search(ty).is_ok())
            .copied()
            .collect();
        self.intern(&both)
    }

    pub(super) fn union(&mut self, one: TypeSet, other: TypeSet) -> TypeSet {
        if one == other {
            return one;
        }
        let mut all = [self.members(one), self.members(other)].concat();
        all.sort_unstable();
        all.dedup();
        self.intern(&all)
    }

    /// Whether every member of `part` is in `whole`.
    pub(super) fn contains_all(&self, whole: TypeSet, part: &[TypeId]) -> bool {
        let whole = self.members(whole);
        part.iter().all(|ty| whole.binary_search(ty).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(numbers: &[u32]) -> Vec<TypeId> {
        numbers.iter().copied().map(TypeId).collect()
    }

    #[test]
    fn equal_sets_are_one() {
        let mut sets = TypeSets::default();
        let one = sets.intern(&types(&[1, 2]));
        let other = sets.intern(&types(&[2]));
        assert_ne!(one, other);
        assert_eq!(sets.intern(&types(&[1, 2])), one);
        assert_eq!(sets.intersection(one, other), other);
        assert_eq!(sets.union(other, one), one);
    }

    #[test]
    fn members_stay_sorted_and_distinct() {
        let mut sets = TypeSets::default();
        let (one, other) = (
            sets.intern(&types(&[2, 5])),
            sets.intern(&types(&[1, 2, 3])),
        );
        let both = sets.intersection(one, other);
        let either = sets.union(one, other);
        assert_eq!(sets.members(both), types(&[2]));
        assert_eq!(sets.members(either), types(&[1, 2, 3, 5]));
        assert!(sets.contains_all(either, &types(&[1, 5])));
        assert!(!sets.contains_all(one, &types(&[2, 3])));
    }
}
