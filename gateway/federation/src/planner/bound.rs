//! What a selection will cost at least, seen from some place: a lower bound, found without building anything.
//!
//! It orders the choices of the builder, and tells when a plan cannot be improved.

use apollo_compiler::Name;

use super::{
    doors::{Door, Remote},
    selection::{Item, SetId},
    type_sets::TypeSet,
    views::{Session, TYPENAME, View, Views},
};
use crate::model::{SubgraphId, TypeId};

/// At least this many fetches one after the other, and at least this many in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Bound {
    pub(super) depth: u32,
    pub(super) fetches: u32,
    /// Whether everything can be resolved at all.
    pub(super) is_reachable: bool,
}

impl Bound {
    pub(super) const FREE: Self = Self {
        depth: 0,
        fetches: 0,
        is_reachable: true,
    };
    const UNREACHABLE: Self = Self {
        depth: 0,
        fetches: 0,
        is_reachable: false,
    };

    /// What is certain when either may be chosen.
    fn either(known: Option<Self>, other: Self) -> Option<Self> {
        match known {
            _ if !other.is_reachable => known,
            None => Some(other),
            Some(known) => Some(Self {
                depth: known.depth.min(other.depth),
                fetches: known.fetches.min(other.fetches),
                is_reachable: true,
            }),
        }
    }

    pub(super) fn is_free(self) -> bool {
        self == Self::FREE
    }
}

/// A field of objects of some types that all have the same choices.
#[derive(Debug, Clone)]
pub(super) struct Class {
    pub(super) leaves: TypeSet,
    /// The views that resolve it, by their place.
    pub(super) locals: Vec<(usize, View)>,
    pub(super) remotes: Vec<Way>,
}

/// A way to resolve a field elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) subgraph: SubgraphId,
    pub(super) remote: Remote,
    /// Entity fetches up to and including the one that resolves it.
    pub(super) hops: u32,
}

/// Requirements of requirements nested deeper than this lead nowhere.
const MAX_NESTING: u32 = 32;

impl Session<'_> {
    /// The objects among `leaves` that an item is about. Where the type is hidden behind an interface object, only what is
    /// asked of all its types is about it.
    pub(super) fn concerned(&mut self, item: &Item, leaves: TypeSet) -> TypeSet {
        if let Some(interface) = self.hidden(leaves) {
            let all = &self.model.ty(interface).possible;
            let is_about =
                self.types.members(item.on) == [interface] || self.types.contains_all(item.on, all);
            return if is_about {
                leaves
            } else {
                self.types.intern(&[])
            };
        }
        self.types.intersection(item.on, leaves)
    }

    /// Whether an item cannot be resolved before the type is known that an interface object hides.
    pub(super) fn needs_type(&mut self, item: &Item, leaves: TypeSet) -> bool {
        let Some(interface) = self.hidden(leaves) else {
            return false;
        };
        let all = &self.model.ty(interface).possible;
        let is_whole =
            self.types.members(item.on) == [interface] || self.types.contains_all(item.on, all);
        if !is_whole {
            return all
                .iter()
                .any(|ty| self.types.members(item.on).binary_search(ty).is_ok());
        }
        // A field that only the concrete types resolve.
        item.name != TYPENAME && self.model.field_named(interface, &item.name).is_none()
    }

    /// Takes an item apart by what its types have in common.
    pub(super) fn classes(&mut self, item: &Item, leaves: TypeSet, from: Views) -> Vec<Class> {
        let concerned = self.concerned(item, leaves);
        let views = self.views(from);
        let mut classes: Vec<(Vec<TypeId>, Class)> = Vec::new();
        for &leaf in self.types.get(concerned).iter() {
            self.steps += 1;
            let class = Class {
                leaves: concerned,
                locals: self.locals(leaf, &item.name, &views),
                remotes: self.ways(leaf, &item.name, from),
            };
            let same = classes.iter_mut().find(|(_, known)| {
                known.locals == class.locals && same_ways(&known.remotes, &class.remotes)
            });
            match same {
                Some((leaves, _)) => leaves.push(leaf),
                None => classes.push((vec![leaf], class)),
            }
        }
        classes
            .into_iter()
            .map(|(leaves, mut class)| {
                class.leaves = self.types.intern(&leaves);
                class
            })
            .collect()
    }

    fn locals(&mut self, leaf: TypeId, name: &Name, views: &[View]) -> Vec<(usize, View)> {
        let mut locals = Vec::new();
        for (place, view) in views.iter().enumerate() {
            if *name == TYPENAME {
                // An interface object's subgraph says the interface's name.
                if self.interface_object(*view).is_none() {
                    locals.push((place, *view));
                }
            } else if let Some(local) = self.local(leaf, name, *view) {
                locals.push((place, local.value));
            }
        }
        locals
    }

    fn ways(&mut self, leaf: TypeId, name: &Name, from: Views) -> Vec<Way> {
        if *name == TYPENAME {
            return Vec::new();
        }
        let remotes = self.remotes(leaf, name);
        if remotes.is_empty() {
            return Vec::new();
        }
        let hops = self.hops(leaf, from);
        let doors = self.doors(leaf);
        remotes
            .iter()
            .filter_map(|remote| {
                Some(Way {
                    subgraph: doors[remote.door].subgraph,
                    hops: hops[remote.door]?,
                    remote: remote.clone(),
                })
            })
            .collect()
    }

    /// What a selection costs at least, for objects of these types seen like this.
    pub(super) fn bound(&mut self, set: SetId, from: Views, leaves: TypeSet) -> Bound {
        self.bound_within(set, from, leaves, 0)
    }

    /// What is below a field costs at least, seen like this.
    pub(super) fn bound_below(&mut self, below: Option<SetId>, view: View) -> Bound {
        self.below_within(below, &[view], 0)
    }

    fn below_within(&mut self, below: Option<SetId>, views: &[View], nesting: u32) -> Bound {
        let Some(set) = below else {
            return Bound::FREE;
        };
        let leaves = self.leaves_of_all(views);
        let from = self.intern_views(views);
        self.bound_within(set, from, leaves, nesting)
    }

    fn bound_within(&mut self, set: SetId, from: Views, leaves: TypeSet, nesting: u32) -> Bound {
        if let Some(known) = self.bounds.get(&(set, from, leaves)) {
            return *known;
        }
        if nesting > MAX_NESTING {
            return Bound::UNREACHABLE;
        }
        // While it is being worked out, a requirement that leads back here is no way.
        self.bounds.insert((set, from, leaves), Bound::UNREACHABLE);
        let bound = self.bound_of(set, from, leaves, nesting);
        self.bounds.insert((set, from, leaves), bound);
        bound
    }

    fn bound_of(&mut self, set: SetId, from: Views, leaves: TypeSet, nesting: u32) -> Bound {
        let set = self.selections.set(set);
        let mut total = Bound::FREE;
        // What the most demanding field costs alone.
        let mut alone = 0;
        // Subgraphs one of which has to be entered, for each field that is not here.
        let mut needs: Vec<Vec<SubgraphId>> = Vec::new();
        for item in &set.items {
            if self.needs_type(item, leaves) {
                let told = self.told_bound(item, leaves, from, nesting);
                total.depth = total.depth.max(1 + told.depth);
                total.fetches += told.fetches;
                needs.push(Vec::new());
                continue;
            }
            for class in self.classes(item, leaves, from) {
                let one = self.class_bound(item, &class, leaves, from, nesting);
                if !one.is_reachable {
                    return Bound::UNREACHABLE;
                }
                total.depth = total.depth.max(one.depth);
                total.fetches += one.fetches;
                alone = alone.max(self.alone(item, &class, from, nesting));
                if class.locals.is_empty() {
                    needs.push(class.remotes.iter().map(|way| way.subgraph).collect());
                }
            }
        }
        total.fetches += disjoint(&mut needs);
        total.fetches = total.fetches.max(alone);
        total
    }

    /// What a field costs at least once the type is known that an interface object hides.
    pub(super) fn told_bound(
        &mut self,
        item: &Item,
        leaves: TypeSet,
        from: Views,
        nesting: u32,
    ) -> Bound {
        let mut total = Bound::FREE;
        let Some(interface) = self.hidden(leaves) else {
            return total;
        };
        let mut views = self.views(from).to_vec();
        for (door, hops) in self.telling_doors(interface, from) {
            views.extend(hops.map(|_| door.view()));
        }
        let leaves = self.leaves_of_all(&views);
        let from = self.intern_views(&views);
        for class in self.classes(item, leaves, from) {
            let one = self.class_bound(item, &class, leaves, from, nesting);
            if one.is_reachable {
                total.depth = total.depth.max(one.depth);
                total.fetches += one.fetches;
            }
        }
        total
    }

    /// The doors to subgraphs that can tell the types of an interface's objects, and how far they are.
    pub(super) fn telling_doors(
        &mut self,
        interface: TypeId,
        from: Views,
    ) -> Vec<(Door, Option<u32>)> {
        let hops = self.hops(interface, from);
        let doors = self.doors(interface);
        let model = self.model;
        let doors = doors.iter().cloned().zip(hops.iter().copied());
        doors
            .filter(|(door, _)| !model.ty(interface).is_interface_object(door.subgraph))
            .collect()
    }

    /// What one class of fields costs at least if it is all that is wanted: every fetch on the way counts.
    fn alone(&mut self, item: &Item, class: &Class, from: Views, nesting: u32) -> u32 {
        if !class.locals.is_empty() {
            return 0;
        }
        // Where there is a choice, each may give a part of what is below: only the way in is certain.
        if item.below.is_some() && class.remotes.len() > 1 {
            let hops = class.remotes.iter().map(|way| way.hops);
            return hops.min().unwrap_or(0);
        }
        let mut least: Option<u32> = None;
        for way in &class.remotes {
            let needed = self.before(class, way, from, nesting);
            let mut fetches = way.hops.max(needed.fetches + 1);
            let below = self.below_within(item.below, &[way.remote.value], nesting);
            // A part of what is below may come from elsewhere.
            if below.is_reachable {
                fetches += below.fetches;
            }
            least = Some(least.map_or(fetches, |known| known.min(fetches)));
        }
        least.unwrap_or(0)
    }

    /// What has to happen at least before a way can be taken: the fetches of what it requires, and how deep the one is that
    /// resolves it.
    pub(super) fn before(&mut self, class: &Class, way: &Way, from: Views, nesting: u32) -> Bound {
        let mut cost = Bound {
            depth: way.hops,
            ..Bound::FREE
        };
        if let Some(requires) = way.remote.requires {
            let leaf = self.types.members(class.leaves)[0];
            let needed = self.field_set(requires, leaf);
            let leaves = self.types.intern(&[leaf]);
            let needed = self.bound_within(needed, from, leaves, nesting + 1);
            cost.depth = cost.depth.max(needed.depth + 1);
            cost.fetches = needed.fetches;
            cost.is_reachable = needed.is_reachable;
        }
        cost
    }

    /// Without the fetches that enter other subgraphs here: fields may share them.
    pub(super) fn class_bound(
        &mut self,
        item: &Item,
        class: &Class,
        leaves: TypeSet,
        from: Views,
        nesting: u32,
    ) -> Bound {
        if item.name == TYPENAME {
            let is_hidden = class.locals.is_empty() && self.hidden(leaves).is_some();
            return Bound {
                depth: u32::from(is_hidden),
                ..Bound::FREE
            };
        }
        let mut best: Option<Bound> = None;
        let mut values = Vec::new();
        for (_, value) in &class.locals {
            let one = self.below_within(item.below, &[*value], nesting);
            best = Bound::either(best, one);
            values.push(*value);
        }
        for way in &class.remotes {
            let mut one = self.below_within(item.below, &[way.remote.value], nesting);
            let needed = self.before(class, way, from, nesting);
            one.is_reachable &= needed.is_reachable;
            one.depth += needed.depth;
            best = Bound::either(best, one);
            values.push(way.remote.value);
        }
        if values.len() < 2 || best.is_some_and(|best| best.depth == 0) {
            return best.unwrap_or(Bound::UNREACHABLE);
        }
        // Several subgraphs may each give a part.
        if best.is_none() || self.is_shareable(class.leaves, &item.name, &values) {
            let mut shared = self.below_within(item.below, &values, nesting);
            shared.depth += u32::from(class.locals.is_empty());
            best = Bound::either(best, shared);
        }
        best.unwrap_or(Bound::UNREACHABLE)
    }

    pub(super) fn field_set(&mut self, set: crate::model::FieldSetId, of: TypeId) -> SetId {
        self.selections
            .field_set(self.model, &mut self.types, set, of)
    }
}

/// Types whose fields require something are kept apart: what they require is theirs.
fn same_ways(known: &[Way], other: &[Way]) -> bool {
    known.len() == other.len()
        && known.iter().zip(other).all(|(one, two)| {
            one.subgraph == two.subgraph
                && one.hops == two.hops
                && one.remote.value == two.remote.value
                && one.remote.requires.is_none()
                && two.remote.requires.is_none()
                && !one.remote.has_contexts
                && !two.remote.has_contexts
        })
}

/// How many of these no one subgraph can serve two of.
fn disjoint(needs: &mut [Vec<SubgraphId>]) -> u32 {
    needs.sort_by(|one, two| one.len().cmp(&two.len()).then_with(|| one.cmp(two)));
    let mut taken: Vec<&[SubgraphId]> = Vec::new();
    for need in needs.iter() {
        let overlaps = taken.iter().any(|other| {
            need.is_empty() && other.is_empty() || need.iter().any(|one| other.contains(one))
        });
        if !overlaps {
            taken.push(need);
        }
    }
    u32::try_from(taken.len()).unwrap_or(u32::MAX)
}
