//! A value of which several subgraphs have a part: whether it may be read from all of them, what that costs, and how it is done.

use std::rc::Rc;

use apollo_compiler::Name;

use super::{
    PlanError,
    bound::{Bound, Way},
    build::{Builder, Demand, Found, Pending},
    choice::{Candidate, Choice},
    graph::PositionId,
    selection::{Item, Set, SetId},
    type_sets::TypeSet,
    views::{Session, TYPENAME, View},
};

impl Builder<'_, '_> {
    /// Reading a field from several subgraphs, each a part of it: where no one has all, or where it saves a step. Lists are only
    /// put together where there is no other way.
    pub(super) fn may_share(
        &mut self,
        position: PositionId,
        item: &Item,
        one: &Pending,
        candidates: &[Candidate],
    ) -> bool {
        if item.name == TYPENAME {
            return false;
        }
        if candidates.is_empty() {
            return true;
        }
        let is_top = self.graph.positions[position].parent.is_none();
        let is_mutation = is_top && !self.is_query;
        let mut values: Vec<View> = one.class.locals.iter().map(|(_, value)| *value).collect();
        values.extend(one.class.remotes.iter().map(|way| way.remote.value));
        !is_mutation
            && self
                .session
                .is_shareable(one.class.leaves, &item.name, &values)
            && candidates.iter().all(|one| one.fetches > one.shared)
    }

    /// What reading a class from everywhere costs at least.
    pub(super) fn shared_depth(
        &mut self,
        position: PositionId,
        item: &Item,
        one: &Pending,
        demand: Demand,
    ) -> Option<Candidate> {
        let set = item.below?;
        let first = self.least_depth(position);
        let locals = one.class.locals.iter();
        let mut parts: Vec<_> = locals.map(|(_, value)| (first, *value)).collect();
        let mut entries = 0;
        for way in &one.class.remotes {
            if way.remote.requires.is_some() || way.remote.has_contexts {
                continue;
            }
            let entered = self.entered(position, way, one.class.leaves);
            let entered =
                entered.filter(|place| !self.is_late(position, *place, item, way, demand));
            let depth = if let Some(place) = entered {
                self.source_depth(position, place)
            } else {
                entries += 1;
                self.entry_depth(position) + way.hops
            };
            parts.push((depth, way.remote.value));
        }
        let cost = self.session.shared_bound(set, &parts)?;
        Some(Candidate {
            choice: Choice::Share { enters: true },
            depth: cost.depth,
            fetches: cost.fetches + entries,
            shared: entries,
        })
    }

    /// Whether a request that has been made anyway reads a field too late, and another of the kind would be sooner.
    pub(super) fn is_late(
        &mut self,
        position: PositionId,
        place: usize,
        item: &Item,
        way: &Way,
        demand: Demand,
    ) -> bool {
        let depth = self.source_depth(position, place);
        depth > self.entry_depth(position) + way.hops && depth > self.latest(item, way, demand)
    }

    /// What reading a class from the sources at hand costs at least.
    pub(super) fn shared_by(
        &mut self,
        position: PositionId,
        item: &Item,
        sources: &[(usize, View)],
    ) -> Option<Candidate> {
        let depth = |(place, value): &(usize, View)| (self.source_depth(position, *place), *value);
        let parts: Vec<_> = sources.iter().map(depth).collect();
        let cost = self.session.shared_bound(item.below?, &parts)?;
        Some(Candidate {
            choice: Choice::Share { enters: false },
            depth: cost.depth,
            fetches: cost.fetches,
            shared: 0,
        })
    }

    /// Reads a field wherever a part of it is.
    pub(super) fn share(
        &mut self,
        position: PositionId,
        set: &Rc<Set>,
        one: &Pending,
        enters: bool,
        demand: Demand,
        found: &mut Found,
    ) -> Result<(), PlanError> {
        let item = &set.items[one.item];
        let sources = self.sources(position, set, one, demand);
        let mut places = self.parts(position, sources);
        for way in one.class.remotes.iter().filter(|_| enters) {
            if way.remote.requires.is_some() || way.remote.has_contexts {
                continue;
            }
            let known = places.iter().position(|(place, _)| {
                let source = self.graph.positions[position].sources[*place];
                self.graph.groups[source.group].subgraph == way.subgraph
            });
            let mut others = places.clone();
            if let Some(known) = known {
                let (place, _) = others.remove(known);
                if !self.is_late(position, place, item, way, demand) {
                    continue;
                }
            }
            if self.adds(item, &others, way.remote.value) {
                places = others;
                let place = self.enter(position, item, one.class.leaves, way, demand)?;
                places.push((place, way.remote.value));
            }
        }
        self.read(position, set, one, &places, demand, found)
    }

    /// Of the sources of a field, the first of each that see its value alike: another has no part that it has not.
    pub(super) fn parts(
        &self,
        position: PositionId,
        sources: Vec<(usize, View)>,
    ) -> Vec<(usize, View)> {
        let mut parts: Vec<(usize, View)> = Vec::with_capacity(sources.len());
        for (place, value) in sources {
            match parts.iter_mut().find(|(_, known)| *known == value) {
                None => parts.push((place, value)),
                Some((known, _)) => {
                    if self.source_depth(position, place) < self.source_depth(position, *known) {
                        *known = place;
                    }
                }
            }
        }
        parts
    }

    /// Whether one more view of a value makes something reachable, or nearer.
    fn adds(&mut self, item: &Item, known: &[(usize, View)], more: View) -> bool {
        let Some(set) = item.below else {
            return known.is_empty();
        };
        let mut values: Vec<View> = known.iter().map(|(_, value)| *value).collect();
        if values.is_empty() {
            return true;
        }
        let leaves = self.session.leaves_of_all(&values);
        let views = self.session.intern_views(&values);
        let without = self.session.bound(set, views, leaves);
        if without.is_free() {
            return false;
        }
        values.push(more);
        let leaves = self.session.leaves_of_all(&values);
        let views = self.session.intern_views(&values);
        let with = self.session.bound(set, views, leaves);
        let has_part = self.has_part(set, more);
        has_part
            && (!without.is_reachable
                || with.is_reachable
                    && (with.depth, with.fetches) < (without.depth, without.fetches))
    }

    /// Whether a view resolves anything of a selection.
    fn has_part(&mut self, set: SetId, view: View) -> bool {
        let leaves = self.session.leaves_of_all(&[view]);
        let members = self.session.types.get(leaves);
        let set = self.session.selections.set(set);
        set.items.iter().any(|item| {
            members
                .iter()
                .any(|leaf| self.session.local(*leaf, &item.name, view).is_some())
        })
    }
}

impl Session<'_> {
    /// Whether a field may be read from several subgraphs without need: lists could differ in length, and types that only some
    /// of them know would be lost.
    pub(super) fn is_shareable(&mut self, leaves: TypeSet, name: &Name, values: &[View]) -> bool {
        let leaf = self.types.members(leaves)[0];
        let field = self.model.field_named(leaf, name);
        if field.is_none_or(|field| self.model.field(field).output.lists > 0) {
            return false;
        }
        let all = self.leaves_of_all(values);
        // An interface object's subgraph loses no type: it knows none.
        values.iter().all(|value| {
            self.leaves(*value)
                .is_some_and(|leaves| leaves == all || self.hidden(leaves).is_some())
        })
    }

    /// What a selection costs at least where several requests, each so deep, read a part of the objects: every field is taken
    /// where it is soonest.
    pub(super) fn shared_bound(&mut self, set: SetId, parts: &[(u32, View)]) -> Option<Bound> {
        if parts.len() < 2 {
            return None;
        }
        let views: Vec<View> = parts.iter().map(|(_, view)| *view).collect();
        let leaves = self.leaves_of_all(&views);
        let from = self.intern_views(&views);
        let together = self.bound(set, from, leaves);
        let deepest = parts.iter().map(|(depth, _)| *depth).max()?;
        let mut depth = parts.iter().map(|(depth, _)| *depth).min()?;
        for item in &self.selections.set(set).items {
            let mut ways = Vec::new();
            for (first, view) in parts {
                let alone = self.item_depth(item, *view);
                ways.extend(alone.map(|below| first + below));
            }
            for class in self.classes(item, leaves, from) {
                for (place, value) in &class.locals {
                    let below = self.bound_below(item.below, *value);
                    ways.push(parts[*place].0 + below.depth);
                }
            }
            depth = depth.max(ways.into_iter().min().unwrap_or(deepest));
        }
        together.is_reachable.then_some(Bound { depth, ..together })
    }

    /// How deep one field of objects that are seen like this is at least.
    fn item_depth(&mut self, item: &Item, view: View) -> Option<u32> {
        let leaves = self.leaves_of_all(&[view]);
        let from = self.intern_views(&[view]);
        if self.needs_type(item, leaves) {
            return Some(1 + self.told_bound(item, leaves, from, 0).depth);
        }
        let mut depth = 0;
        for class in self.classes(item, leaves, from) {
            let one = self.class_bound(item, &class, leaves, from, 0);
            if !one.is_reachable {
                return None;
            }
            depth = depth.max(one.depth);
        }
        Some(depth)
    }
}
