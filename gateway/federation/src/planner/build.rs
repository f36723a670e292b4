//! Builds a plan: for every wanted field, decides which request reads it.
//!
//! A field that a request at hand reads, with everything below it, is read there. The others are left until it is clear
//! which other subgraphs have to be asked in any case; what is still open then is a choice, taken by what it costs at
//! least ([`super::bound`]) and by the [`Chooser`], which tries alternatives.

use std::rc::Rc;

use apollo_compiler::Name;

use rustc_hash::FxHashMap;

use super::{
    PlanError,
    bound::{Bound, Class, Way},
    chooser::Chooser,
    graph::{
        BlockId, Entry, Graph, GroupId, Guard, NodeId, Position, PositionId, Source, Step, Usage,
    },
    selection::{Condition, Item, Set, SetId},
    type_sets::TypeSet,
    views::{Session, TYPENAME, View, Views},
};
use crate::plan::Selection;

/// Steps of work for one plan; an honest operation takes a few thousand.
const MAX_STEPS: u64 = 20_000_000;

/// For whom something is planned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Demand {
    /// For a request to come, not for the client.
    pub(super) is_internal: bool,
    /// Whether the request that is being prepared is itself needed by another: it is not put off.
    pub(super) is_early: bool,
    /// When that request is made.
    pub(super) condition: Condition,
    /// The `@defer` that it is in.
    pub(super) block: Option<BlockId>,
    /// Whether what is deferred may be read with what is not: there is no other way to read it.
    pub(super) shares: bool,
}

/// What was planned for a request to come.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// How to read it out of the response.
    pub(super) selections: Vec<Selection>,
    pub(super) depends: Vec<GroupId>,
}

/// Builds one plan.
pub(super) struct Builder<'b, 'm> {
    pub(super) session: &'b mut Session<'m>,
    pub(super) graph: Graph,
    pub(super) chooser: &'b mut Chooser,
    /// The least depth that the whole plan can have: what stays within costs nothing.
    pub(super) goal: u32,
    pub(super) nesting: u32,
    pub(super) aliases: u32,
    pub(super) is_query: bool,
}

/// How a class of fields may be resolved.
#[derive(Debug, Clone)]
pub(super) enum Option_ {
    /// By a source of the position.
    Read(usize),
    /// By entering another subgraph.
    Enter(Way),
    /// By all that have a part of it.
    Share,
}

/// What an option costs at least.
#[derive(Debug, Clone)]
struct Candidate {
    option: Option_,
    depth: u32,
    fetches: u32,
    /// How many of these other fields may share.
    shared: u32,
}

/// An item that waits for its place.
struct Pending {
    item: usize,
    class: Class,
}

impl Builder<'_, '_> {
    /// Plans what is wanted at a position.
    pub(super) fn plan_set(
        &mut self,
        position: PositionId,
        set: SetId,
        demand: Demand,
    ) -> Result<Found, PlanError> {
        let set = self.session.selections.set(set);
        let mut found = Found::default();
        let mut deferrals = Vec::new();
        for item in &set.items {
            if let Some(deferral) = item.deferral
                && !deferrals.contains(&deferral)
            {
                deferrals.push(deferral);
            }
        }
        self.plan_items(position, &set, None, demand, &mut found)?;
        for deferral in deferrals {
            let block = self.block(position, deferral, demand.block);
            let demand = Demand {
                block: Some(block),
                shares: false,
                ..demand
            };
            self.plan_items(position, &set, Some(deferral), demand, &mut found)?;
        }
        Ok(found)
    }

    fn plan_items(
        &mut self,
        position: PositionId,
        set: &Rc<Set>,
        deferral: Option<super::selection::DeferralId>,
        demand: Demand,
        found: &mut Found,
    ) -> Result<(), PlanError> {
        let wanted: Vec<usize> = (0..set.items.len())
            .filter(|place| set.items[*place].deferral == deferral)
            .collect();
        self.learn_type(position, set, &wanted, demand)?;
        let mut pending = self.pending(position, set, &wanted, demand);
        let mut seen = (usize::MAX, self.leaves(position, demand));
        while !pending.is_empty() {
            if self.session.steps > MAX_STEPS {
                return Err(PlanError::TooComplex);
            }
            let leaves = self.leaves(position, demand);
            let sources = self.graph.positions[position].sources.len();
            if leaves != seen.1 {
                // The type has become known on the way.
                let left: Vec<usize> = pending.iter().map(|one| one.item).collect();
                pending = self.pending(position, set, &left, demand);
            }
            if (sources, leaves) != seen {
                seen = (sources, leaves);
                self.read_what_is_free(position, set, &mut pending, demand, found)?;
                continue;
            }
            let (place, candidates) = self.most_urgent(position, set, &pending, demand)?;
            let one = pending.remove(place);
            let choice = self.choose(position, candidates);
            self.take(position, set, &one, choice, demand, found)?;
        }
        Ok(())
    }

    fn pending(
        &mut self,
        position: PositionId,
        set: &Rc<Set>,
        items: &[usize],
        demand: Demand,
    ) -> Vec<Pending> {
        let leaves = self.leaves(position, demand);
        let views = self.views(position, demand);
        let mut pending = Vec::new();
        let mut last = None;
        for &item in items {
            if last == Some(item) {
                continue;
            }
            last = Some(item);
            let classes = self.session.classes(&set.items[item], leaves, views);
            pending.extend(classes.into_iter().map(|class| Pending { item, class }));
        }
        pending
    }

    /// The types of a position's objects, as far as a demand knows them: a deferred part may not learn them from another.
    pub(super) fn leaves(&mut self, position: PositionId, demand: Demand) -> TypeSet {
        let here = &self.graph.positions[position];
        let mut hiding = None;
        for source in &here.sources {
            let block = self.graph.groups[source.group].block;
            if self.graph.is_within(demand.block, block) {
                match self.session.interface_object(source.view) {
                    Some(interface) => hiding = Some(interface),
                    None => return here.leaves,
                }
            }
        }
        match hiding {
            Some(interface) => self.session.types.intern(&[interface]),
            None => here.leaves,
        }
    }

    /// The views of a position's sources, in their order; those that a demand may not use stand for nothing.
    fn views(&mut self, position: PositionId, demand: Demand) -> Views {
        let views: Vec<View> = self.graph.positions[position]
            .sources
            .iter()
            .filter(|source| {
                let block = self.graph.groups[source.group].block;
                self.graph.is_within(demand.block, block)
            })
            .map(|source| source.view)
            .collect();
        self.session.intern_views(&views)
    }

    /// Sources of a class, by their place in the position.
    fn sources(
        &mut self,
        position: PositionId,
        set: &Rc<Set>,
        one: &Pending,
        demand: Demand,
    ) -> Vec<(usize, View)> {
        let item = &set.items[one.item];
        let mut sources = Vec::new();
        let all = self.graph.positions[position].sources.clone();
        for (place, source) in all.iter().enumerate() {
            if !self.may_read(source.group, demand) || !self.covers(source, one.class.leaves) {
                continue;
            }
            let members = self.session.types.get(one.class.leaves);
            if item.name == TYPENAME {
                if self.session.interface_object(source.view).is_none() {
                    sources.push((place, source.view));
                }
                continue;
            }
            let Some(local) = self.session.local(members[0], &item.name, source.view) else {
                continue;
            };
            if !demand.is_internal
                && self.session.interface_object(source.view).is_some()
                && self.is_in_the_way(position, source.node, item, one.class.leaves)
            {
                continue;
            }
            sources.push((place, local.value));
        }
        sources
    }

    /// Whether a demand may put its fields into a group.
    fn may_read(&self, group: GroupId, demand: Demand) -> bool {
        let block = self.graph.groups[group].block;
        block == demand.block
            || (demand.is_internal || demand.shares) && self.graph.is_within(demand.block, block)
    }

    /// Whether a source reads all objects of these types.
    pub(super) fn covers(&self, source: &Source, leaves: TypeSet) -> bool {
        let group = &self.graph.groups[source.group];
        if source.node != group.node || group.representations.is_empty() {
            return true;
        }
        self.session.types.members(leaves).iter().all(|leaf| {
            group.representations.iter().any(|representation| {
                let whole = self.session.model.ty(representation.leaf);
                representation.leaf == *leaf || whole.possible.binary_search(leaf).is_ok()
            })
        })
    }

    /// An interface object's subgraph cannot tell types apart: what is wanted of one is selected for all.
    fn is_in_the_way(
        &self,
        position: PositionId,
        node: NodeId,
        item: &Item,
        leaves: TypeSet,
    ) -> bool {
        let here = &self.graph.positions[position];
        if here.leaves == leaves {
            return false;
        }
        let is_ambiguous = matches!(here.keys.get(&item.key), Some(None));
        is_ambiguous || self.graph.nodes[node].conflicts(&item.key, &item.name, item.arguments)
    }

    /// Reads whatever costs nothing more, and takes it off the list.
    fn read_what_is_free(
        &mut self,
        position: PositionId,
        set: &Rc<Set>,
        pending: &mut Vec<Pending>,
        demand: Demand,
        found: &mut Found,
    ) -> Result<(), PlanError> {
        let mut left = Vec::with_capacity(pending.len());
        for one in pending.drain(..) {
            self.session.steps += 1;
            let free = self.free(position, set, &one, demand);
            match free {
                Some((place, value)) => {
                    self.read(position, set, &one, &[(place, value)], demand, found)?;
                }
                None => left.push(one),
            }
        }
        *pending = left;
        Ok(())
    }

    fn free(
        &mut self,
        position: PositionId,
        set: &Rc<Set>,
        one: &Pending,
        demand: Demand,
    ) -> Option<(usize, View)> {
        // What is in the same part of the answer comes first: elsewhere, other conditions may hold.
        let mut best: Option<((bool, u32), usize, View)> = None;
        for (place, value) in self.sources(position, set, one, demand) {
            let item = &set.items[one.item];
            let is_free =
                item.name == TYPENAME || self.session.bound_below(item.below, value).is_free();
            let depth = self.source_depth(position, place);
            let group = self.graph.positions[position].sources[place].group;
            let rank = (self.graph.groups[group].block != demand.block, depth);
            if is_free && best.is_none_or(|(known, ..)| rank < known) {
                best = Some((rank, place, value));
            }
        }
        let ((_, depth), place, value) = best?;
        // A request to come may rather wait for something else.
        let is_early = !demand.is_internal || depth <= self.least_depth(position) + 1;
        (is_early || one.class.remotes.is_empty()).then_some((place, value))
    }

    fn source_depth(&self, position: PositionId, place: usize) -> u32 {
        self.graph.groups[self.graph.positions[position].sources[place].group].depth
    }

    fn least_depth(&self, position: PositionId) -> u32 {
        let sources = &self.graph.positions[position].sources;
        sources
            .iter()
            .map(|source| self.graph.groups[source.group].depth)
            .min()
            .unwrap_or(0)
    }

    /// The pending field that has the fewest ways, with them.
    fn most_urgent(
        &mut self,
        position: PositionId,
        set: &Rc<Set>,
        pending: &[Pending],
        demand: Demand,
    ) -> Result<(usize, Vec<Candidate>), PlanError> {
        let mut best: Option<(usize, Vec<Candidate>)> = None;
        for (place, one) in pending.iter().enumerate() {
            let candidates = self.candidates(position, set, one, demand);
            if candidates.is_empty() {
                let item = &set.items[one.item];
                let leaf = self.session.types.members(one.class.leaves)[0];
                return Err(PlanError::Unreachable {
                    coordinate: format!("{}.{}", self.session.model.ty(leaf).name, item.name),
                });
            }
            let is_forced = candidates.len() == 1;
            if best
                .as_ref()
                .is_none_or(|(_, known)| candidates.len() < known.len())
            {
                best = Some((place, candidates));
            }
            if is_forced {
                break;
            }
        }
        best.ok_or(PlanError::TooComplex)
    }

    /// What can be done about a class, the most promising first; nothing that another option beats in every way.
    fn candidates(
        &mut self,
        position: PositionId,
        set: &Rc<Set>,
        one: &Pending,
        demand: Demand,
    ) -> Vec<Candidate> {
        let item = &set.items[one.item];
        let mut candidates = Vec::new();
        let mut parts = 0;
        for (place, value) in self.sources(position, set, one, demand) {
            let below = self.session.bound_below(item.below, value);
            parts += 1;
            if below.is_reachable {
                candidates.push(Candidate {
                    option: Option_::Read(place),
                    depth: self.source_depth(position, place) + below.depth,
                    fetches: below.fetches,
                    shared: 0,
                });
            }
        }
        let is_settled = !demand.is_internal && candidates.iter().any(|one| one.fetches == 0);
        let views = self.views(position, demand);
        let ways = if demand.block.is_some() && !demand.shares && one.class.remotes.is_empty() {
            Vec::new()
        } else {
            one.class.remotes.clone()
        };
        for way in ways {
            if is_settled {
                break;
            }
            parts += 1;
            let Some(cost) = self.way_cost(position, item, one, &way, views, demand.is_internal)
            else {
                continue;
            };
            candidates.push(Candidate {
                shared: way.hops.min(cost.fetches),
                option: Option_::Enter(way),
                depth: cost.depth,
                fetches: cost.fetches,
            });
        }
        if parts > 1 && item.below.is_some() && self.may_share(position, item, one, &candidates) {
            let depth = self.shared_depth(position, item, one);
            if let Some(candidate) = depth {
                candidates.push(candidate);
            }
        }
        if candidates.is_empty() && demand.block.is_some() && !demand.is_internal && !demand.shares
        {
            let shared = Demand {
                shares: true,
                ..demand
            };
            return self.candidates(position, set, one, shared);
        }
        let goal = self.goal;
        let after = u32::from(demand.is_internal);
        candidates.sort_by_key(|one| ((one.depth + after).max(goal), one.fetches, one.depth));
        let mut kept: Vec<Candidate> = Vec::new();
        for one in candidates {
            let is_beaten = kept
                .iter()
                .any(|other| other.depth <= one.depth && other.fetches <= one.fetches - one.shared);
            if !is_beaten && kept.len() < 4 {
                kept.push(one);
            }
        }
        kept
    }

    fn way_cost(
        &mut self,
        position: PositionId,
        item: &Item,
        one: &Pending,
        way: &Way,
        views: Views,
        is_internal: bool,
    ) -> Option<Bound> {
        let mut cost = self.session.bound_below(item.below, way.remote.value);
        let mut before = way.hops;
        if let Some(requires) = way.remote.requires {
            let leaf = self.session.types.members(one.class.leaves)[0];
            let needed = self.session.field_set(requires, leaf);
            let leaves = self.session.types.intern(&[leaf]);
            let needed = self.session.bound(needed, views, leaves);
            if !needed.is_reachable {
                return None;
            }
            before = before.max(needed.depth + 1);
            cost.fetches += needed.fetches;
        }
        if !cost.is_reachable {
            return None;
        }
        let is_open = self
            .entered(position, way, one.class.leaves)
            .is_some_and(|place| {
                !is_internal
                    || self.source_depth(position, place) <= self.least_depth(position) + before
            })
            && way.remote.requires.is_none();
        cost.fetches += if is_open { 0 } else { way.hops };
        cost.depth += self.least_depth(position) + before;
        Some(cost)
    }

    /// The source by which a way's subgraph has been entered here.
    pub(super) fn entered(
        &self,
        position: PositionId,
        way: &Way,
        leaves: TypeSet,
    ) -> Option<usize> {
        let sources = &self.graph.positions[position].sources;
        sources.iter().position(|source| {
            let group = &self.graph.groups[source.group];
            source.node == group.node
                && group.subgraph == way.subgraph
                && !group.representations.is_empty()
                && self.covers(source, leaves)
        })
    }

    /// Reading a field from several subgraphs, each a part of it: where no one has all, or where it saves a step. Lists are only
    /// put together where there is no other way.
    fn may_share(
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
    fn shared_depth(
        &mut self,
        position: PositionId,
        item: &Item,
        one: &Pending,
    ) -> Option<Candidate> {
        let set = item.below?;
        let mut values: Vec<View> = one.class.locals.iter().map(|(_, value)| *value).collect();
        let mut deepest = self.least_depth(position);
        let mut entries = 0;
        for way in &one.class.remotes {
            if way.remote.requires.is_some() || way.remote.has_contexts {
                continue;
            }
            values.push(way.remote.value);
            if self.entered(position, way, one.class.leaves).is_none() {
                deepest = deepest.max(self.least_depth(position) + way.hops);
                entries += 1;
            }
        }
        let leaves = self.session.leaves_of_all(&values);
        let views = self.session.intern_views(&values);
        let below = self.session.bound(set, views, leaves);
        below.is_reachable.then_some(Candidate {
            option: Option_::Share,
            depth: deepest + below.depth,
            fetches: below.fetches + entries,
            shared: entries,
        })
    }

    fn choose(&mut self, position: PositionId, mut candidates: Vec<Candidate>) -> Option_ {
        let place = if candidates.len() == 1 {
            0
        } else {
            self.chooser.choose(candidates.len(), position)
        };
        candidates.swap_remove(place).option
    }

    fn take(
        &mut self,
        position: PositionId,
        set: &Rc<Set>,
        one: &Pending,
        option: Option_,
        demand: Demand,
        found: &mut Found,
    ) -> Result<(), PlanError> {
        let item = &set.items[one.item];
        match option {
            Option_::Read(place) => {
                let source = self.graph.positions[position].sources[place];
                let members = self.session.types.get(one.class.leaves);
                let value = match self.session.local(members[0], &item.name, source.view) {
                    Some(local) => local.value,
                    None => source.view,
                };
                let shares = self.graph.groups[source.group].block != demand.block;
                let demand = Demand {
                    shares: shares || demand.shares,
                    ..demand
                };
                self.read(position, set, one, &[(place, value)], demand, found)
            }
            Option_::Enter(way) => {
                let before = self.leaves(position, demand);
                let place = self.enter(position, item, one.class.leaves, &way, demand)?;
                if self.leaves(position, demand) != before {
                    // The type has become known: the field may be another one for each type.
                    return self.plan_item_again(position, set, one.item, demand, found);
                }
                self.read(
                    position,
                    set,
                    one,
                    &[(place, way.remote.value)],
                    demand,
                    found,
                )
            }
            Option_::Share => self.share(position, set, one, demand, found),
        }
    }

    fn plan_item_again(
        &mut self,
        position: PositionId,
        set: &Rc<Set>,
        item: usize,
        demand: Demand,
        found: &mut Found,
    ) -> Result<(), PlanError> {
        let again = self.session.selections.add(vec![Item {
            deferral: None,
            ..set.items[item].clone()
        }]);
        let more = self.plan_set(position, again, demand)?;
        found.selections.extend(more.selections);
        Graph::depend(&mut found.depends, more.depends);
        Ok(())
    }

    /// Reads a field wherever a part of it is.
    fn share(
        &mut self,
        position: PositionId,
        set: &Rc<Set>,
        one: &Pending,
        demand: Demand,
        found: &mut Found,
    ) -> Result<(), PlanError> {
        let item = &set.items[one.item];
        let mut places = self.sources(position, set, one, demand);
        for way in &one.class.remotes {
            if way.remote.requires.is_some() || way.remote.has_contexts {
                continue;
            }
            let known = places.iter().any(|(place, _)| {
                let source = self.graph.positions[position].sources[*place];
                self.graph.groups[source.group].subgraph == way.subgraph
            });
            let adds = !known && self.adds(item, &places, way.remote.value);
            if adds {
                let place = self.enter(position, item, one.class.leaves, way, demand)?;
                places.push((place, way.remote.value));
            }
        }
        self.read(position, set, one, &places, demand, found)
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

    /// Selects a field in sources of a position, and plans what is below it.
    fn read(
        &mut self,
        position: PositionId,
        set: &Rc<Set>,
        one: &Pending,
        places: &[(usize, View)],
        demand: Demand,
        found: &mut Found,
    ) -> Result<(), PlanError> {
        let item = &set.items[one.item];
        let key = if demand.is_internal {
            self.internal_key(position, item)
        } else {
            item.key.clone()
        };
        let leaves = one.class.leaves;
        let mut child = None;
        for (place, value) in places {
            let source = self.graph.positions[position].sources[*place];
            // An interface object's subgraph cannot tell types apart; all that is needed of them is kept apart by keys.
            let is_common =
                demand.is_internal && self.session.interface_object(source.view).is_some();
            let leaves = if is_common {
                self.graph.positions[position].leaves
            } else {
                leaves
            };
            let conditions = self.conditions(position, item, source.group, demand);
            let contextual = self.contextual(source.group, item, leaves);
            let entry = Entry {
                on: leaves,
                key: key.clone(),
                name: item.name.clone(),
                arguments: item.arguments,
                contextual,
                conditions,
                below: None,
                is_shared: places.len() > 1,
            };
            let at = self.graph.nodes[source.node].add(entry);
            if demand.is_internal && demand.condition != Condition::ALWAYS {
                self.graph.guards.push(Guard {
                    node: source.node,
                    entry: at,
                    condition: demand.condition,
                    needed_by: None,
                });
            }
            if item.below.is_some() {
                let reached = self.descend(position, source, at, &key, leaves, *value, item);
                child = Some(reached);
            }
            if demand.is_internal {
                Graph::depend(&mut found.depends, [source.group]);
            }
        }
        let mut below = Vec::new();
        if let (Some(set), Some(child)) = (item.below, child) {
            let condition = match (demand.is_internal, item.conditions.as_slice()) {
                (true, _) => demand.condition,
                (false, _) => Condition::ALWAYS,
            };
            let inner = self.plan_set(
                child,
                set,
                Demand {
                    condition,
                    ..demand
                },
            )?;
            below = inner.selections;
            if below.iter().any(|one| matches!(one, Selection::Inline(_))) {
                Graph::depend(&mut found.depends, self.teller(child));
            }
            if demand.is_internal && self.graph.positions[child].is_abstract {
                // Whoever reads it has to tell what it got.
                let typename = Selection::Field(crate::plan::Field {
                    name: TYPENAME.to_string(),
                    ..crate::plan::Field::default()
                });
                below.retain(|known| *known != typename);
                below.insert(0, typename);
            }
            Graph::depend(&mut found.depends, inner.depends);
        }
        if demand.is_internal {
            self.note(position, leaves, &key, item, below, found);
        }
        Ok(())
    }

    /// Writes down how a planned field is read out of the response.
    fn note(
        &self,
        position: PositionId,
        leaves: TypeSet,
        key: &Name,
        item: &Item,
        below: Vec<Selection>,
        found: &mut Found,
    ) {
        let field = Selection::Field(crate::plan::Field {
            name: key.to_string(),
            alias: (*key != item.name).then(|| item.name.to_string()),
            selections: below,
            ..crate::plan::Field::default()
        });
        if leaves == self.graph.positions[position].leaves {
            super::merge_selection(&mut found.selections, field);
            return;
        }
        for leaf in self.session.types.members(leaves) {
            let inline = Selection::Inline(crate::plan::Inline {
                type_condition: self.session.model.ty(*leaf).name.to_string(),
                selections: vec![field.clone()],
                ..crate::plan::Inline::default()
            });
            super::merge_selection(&mut found.selections, inline);
        }
    }

    /// Into a field's value, as a source reads it.
    #[expect(
        clippy::too_many_arguments,
        reason = "one call, and all of it is needed"
    )]
    fn descend(
        &mut self,
        position: PositionId,
        source: Source,
        entry: usize,
        key: &Name,
        leaves: TypeSet,
        value: View,
        item: &Item,
    ) -> PositionId {
        let node = match self.graph.nodes[source.node].entries[entry].below {
            Some(node) => node,
            None => {
                let node = self.graph.new_node(value);
                self.graph.nodes[source.node].entries[entry].below = Some(node);
                node
            }
        };
        let child = self.child(position, leaves, key, item);
        let here = &self.graph.positions[child];
        let is_known = here
            .sources
            .iter()
            .any(|known| known.node == node && known.view == value);
        if !is_known {
            self.add_source(
                child,
                Source {
                    group: source.group,
                    node,
                    view: value,
                },
            );
        }
        child
    }

    /// The position of a field's value.
    fn child(
        &mut self,
        position: PositionId,
        leaves: TypeSet,
        key: &Name,
        item: &Item,
    ) -> PositionId {
        let id = (leaves, key.clone());
        if let Some(known) = self.graph.positions[position].children.get(&id) {
            return *known;
        }
        let model = self.session.model;
        let leaf = self.session.types.members(leaves)[0];
        let output = model
            .field_named(leaf, &item.name)
            .map(|field| &model.field(field).output);
        let is_abstract =
            output.is_some_and(|output| model.ty(output.named).kind != crate::model::Kind::Object);
        let client = self.client_below(position, key, item);
        let step = Step {
            position,
            on: leaves,
            key: key.clone(),
            lists: output.map_or(0, |output| output.lists),
        };
        let nothing = self.session.types.intern(&[]);
        let child = self.new_position(Some(step), nothing, client, is_abstract);
        self.graph.positions[position].children.insert(id, child);
        child
    }

    /// What the client wants below a field, if it wants that field here.
    fn client_below(&self, position: PositionId, key: &Name, item: &Item) -> Vec<SetId> {
        let here = &self.graph.positions[position];
        match here.keys.get(key) {
            None => Vec::new(),
            Some(Some(usage)) => {
                let is_it = usage.is_for(&item.name, item.arguments);
                usage.below.filter(|_| is_it).into_iter().collect()
            }
            Some(None) => {
                let mut below = Vec::new();
                for set in &here.client {
                    for other in &self.session.selections.set(*set).items {
                        let is_it = other.key == *key
                            && other.name == item.name
                            && other.arguments == item.arguments;
                        below.extend(other.below.filter(|set| is_it && !below.contains(set)));
                    }
                }
                below
            }
        }
    }

    pub(super) fn new_position(
        &mut self,
        parent: Option<Step>,
        leaves: TypeSet,
        client: Vec<SetId>,
        is_abstract: bool,
    ) -> PositionId {
        let mut keys: FxHashMap<Name, Option<Usage>> = FxHashMap::default();
        for set in &client {
            for item in &self.session.selections.set(*set).items {
                let known = keys.entry(item.key.clone()).or_insert_with(|| {
                    Some(Usage {
                        name: item.name.clone(),
                        arguments: item.arguments,
                        below: item.below,
                    })
                });
                let is_same = known.as_ref().is_some_and(|known| {
                    known.is_for(&item.name, item.arguments) && known.below == item.below
                });
                if !is_same {
                    *known = None;
                }
            }
        }
        self.graph.positions.push(Position {
            parent,
            leaves,
            sources: Vec::new(),
            client,
            is_abstract,
            children: FxHashMap::default(),
            keys,
        });
        self.graph.positions.len() - 1
    }

    /// One more group reads the objects of a position.
    pub(super) fn add_source(&mut self, position: PositionId, source: Source) -> usize {
        let here = &self.graph.positions[position];
        let is_first = here.sources.is_empty();
        if let Some(leaves) = self.session.leaves(source.view) {
            let known = (!is_first).then_some(here.leaves);
            let leaves = self.session.meet(known, leaves);
            self.graph.positions[position].leaves = leaves;
        }
        let here = &self.graph.positions[position];
        let is_unsaid = self.session.leaves(source.view).is_some_and(|leaves| {
            self.session.types.members(leaves).len() != 1
                || self.session.hidden(leaves).is_some()
                || matches!(source.view.seen, super::views::Seen::As(ty) if self.session.model.ty(ty).kind != crate::model::Kind::Object)
        });
        let here_is_abstract = here.is_abstract;
        let is_entry = self.graph.groups[source.group].node == source.node;
        let is_entry = is_entry && self.session.interface_object(source.view).is_some();
        if here.parent.is_some() && !is_entry && (is_unsaid || is_first && here_is_abstract) {
            let on = self.session.leaves(source.view).unwrap_or(here.leaves);
            self.graph.nodes[source.node].add(Entry {
                on,
                key: TYPENAME,
                name: TYPENAME,
                arguments: super::selection::Arguments::NONE,
                contextual: Vec::new(),
                conditions: vec![Condition::ALWAYS],
                below: None,
                is_shared: true,
            });
        }
        let here = &mut self.graph.positions[position];
        here.sources.push(source);
        here.sources.len() - 1
    }

    /// When a selected field is wanted.
    fn conditions(
        &self,
        position: PositionId,
        item: &Item,
        group: GroupId,
        demand: Demand,
    ) -> Vec<Condition> {
        if !demand.is_internal {
            return item.conditions.clone();
        }
        let is_entry = self.graph.groups[group].position == position;
        if is_entry {
            vec![demand.condition]
        } else {
            vec![Condition::ALWAYS]
        }
    }

    /// The key of the response under which a field is put that the client did not ask for.
    fn internal_key(&mut self, position: PositionId, item: &Item) -> Name {
        if item.name == TYPENAME {
            return TYPENAME;
        }
        let own = || Usage {
            name: item.name.clone(),
            arguments: item.arguments,
            below: None,
        };
        let is_own = |usage: &Option<Usage>| {
            usage
                .as_ref()
                .is_some_and(|usage| usage.is_for(&item.name, item.arguments))
        };
        let here = &mut self.graph.positions[position];
        let known = here
            .keys
            .entry(item.name.clone())
            .or_insert_with(|| Some(own()));
        if is_own(known) {
            return item.name.clone();
        }
        let is_same_field = known.is_none()
            && here.client.iter().all(|set| {
                let wanted = self.session.selections.set(*set);
                wanted
                    .items
                    .iter()
                    .filter(|other| other.key == item.name)
                    .all(|other| other.name == item.name && other.arguments == item.arguments)
            });
        if is_same_field {
            return item.name.clone();
        }
        let here = &self.graph.positions[position];
        let aliased = here
            .keys
            .iter()
            .filter(|(key, usage)| key.starts_with("_p") && is_own(usage))
            .map(|(key, _)| key.clone())
            .min();
        if let Some(alias) = aliased {
            return alias;
        }
        let alias = loop {
            let alias = format!("_p{}", self.aliases);
            self.aliases += 1;
            if !self.session.selections.is_key_taken(&alias) {
                break Name::new_unchecked(&alias);
            }
        };
        self.graph.positions[position]
            .keys
            .insert(alias.clone(), Some(own()));
        alias
    }

    fn block(
        &mut self,
        position: PositionId,
        deferral: super::selection::DeferralId,
        outer: Option<BlockId>,
    ) -> BlockId {
        let what = self.session.selections.deferrals[deferral.0 as usize].clone();
        let outer = match what.outer {
            Some(around) => Some(self.block(position, around, outer)),
            None => outer,
        };
        let known = self.graph.blocks.iter().position(|block| {
            block.position == position && block.label == what.label && block.outer == outer
        });
        known.unwrap_or_else(|| {
            self.graph.blocks.push(super::graph::Block {
                outer,
                position,
                label: what.label,
                deferral,
            });
            self.graph.blocks.len() - 1
        })
    }
}
