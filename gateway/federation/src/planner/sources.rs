//! Which requests read the objects of a position, and what each of them can be asked for.

use std::rc::Rc;

use apollo_compiler::Name;
use rustc_hash::FxHashMap;

use super::{
    bound::Way,
    build::{Builder, Demand, Pending},
    graph::{Entry, GroupId, NodeId, PositionId, Source},
    selection::{Arguments, Condition, Item, Set},
    type_sets::TypeSet,
    views::{Seen, TYPENAME, View, Views},
};
use crate::model::{Kind, TypeId};

impl Builder<'_, '_> {
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
    pub(super) fn views(&mut self, position: PositionId, demand: Demand) -> Views {
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
    pub(super) fn sources(
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
            let may_read = self.may_read(source.group, demand)
                || self.is_read_sooner(position, *source, item, one.class.leaves, demand);
            let covers = self.covers(source, one.class.leaves)
                && self.covers_above(position, source, demand);
            if !may_read || !covers {
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
        if demand.block.is_some() {
            self.keep_certain(position, &mut sources, demand);
        }
        sources
    }

    /// What another part of the answer reads only under a condition is no source as long as there is a better one.
    fn keep_certain(&self, position: PositionId, sources: &mut Vec<(usize, View)>, demand: Demand) {
        let certain: Vec<bool> = sources
            .iter()
            .map(|(place, _)| self.is_certain(position, *place, demand))
            .collect();
        if certain.contains(&true) {
            let mut certain = certain.into_iter();
            sources.retain(|_| certain.next().unwrap_or(true));
        }
    }

    /// Whether a demand may put its fields into a group.
    fn may_read(&self, group: GroupId, demand: Demand) -> bool {
        let block = self.graph.groups[group].block;
        block == demand.block
            || (demand.is_internal || demand.shares) && self.graph.is_within(demand.block, block)
    }

    /// Whether what is deferred is in the answer before its part comes, for some request's sake; or it is of a key, which a request
    /// for it would have to send.
    fn is_read_sooner(
        &self,
        position: PositionId,
        source: Source,
        item: &Item,
        leaves: TypeSet,
        demand: Demand,
    ) -> bool {
        let block = self.graph.groups[source.group].block;
        item.below.is_none()
            && self.graph.is_within(demand.block, block)
            && (self.is_selected(source, item, leaves) || self.is_of_key(source, item, leaves))
            && self.is_read_always(position, source, demand)
    }

    fn is_selected(&self, source: Source, item: &Item, leaves: TypeSet) -> bool {
        let members = self.session.types.members(leaves);
        let mut entries = self.graph.nodes[source.node].entries.iter();
        entries.any(|entry| {
            entry.key == item.key
                && entry.name == item.name
                && entry.arguments == item.arguments
                && entry.conditions.contains(&Condition::ALWAYS)
                && self.session.types.contains_all(entry.on, members)
        })
    }

    fn is_of_key(&self, source: Source, item: &Item, leaves: TypeSet) -> bool {
        let model = self.session.model;
        let subgraph = source.view.subgraph;
        let mut members = self.session.types.members(leaves).iter();
        members.all(|leaf| {
            let join = model.ty(*leaf).joined(subgraph);
            let mut keys = join.into_iter().flat_map(|join| &join.keys);
            keys.any(|key| {
                let mut fields = model.field_set(*key).items.iter();
                fields.any(|field| field.name == item.name)
            })
        })
    }

    /// Whether a source reads all objects of these types.
    pub(super) fn covers(&self, source: &Source, leaves: TypeSet) -> bool {
        self.covers_types(source, self.session.types.members(leaves))
    }

    fn covers_types(&self, source: &Source, types: &[TypeId]) -> bool {
        let group = &self.graph.groups[source.group];
        if source.node != group.node || group.representations.is_empty() {
            return true;
        }
        types.iter().all(|leaf| {
            group.representations.iter().any(|representation| {
                let whole = self.session.model.ty(representation.leaf);
                representation.leaf == *leaf || whole.possible.binary_search(leaf).is_ok()
            })
        })
    }

    /// Whether a source below what an interface object's subgraph is asked about comes with all objects that a demand is about:
    /// what one of their types requires is selected for all, but not all need be sent.
    fn covers_above(&self, position: PositionId, source: &Source, demand: Demand) -> bool {
        let group = &self.graph.groups[source.group];
        if source.node == group.node || self.session.interface_object(group.view).is_none() {
            return true;
        }
        let mut at = &self.graph.positions[position].parent;
        while let Some(step) = at.as_ref().filter(|step| step.position != group.position) {
            at = &self.graph.positions[step.position].parent;
        }
        let entry = Source {
            node: group.node,
            ..*source
        };
        match (at, demand.sender) {
            (Some(step), None) => self.covers(&entry, step.on),
            (Some(_), Some((position, leaf))) if position == group.position => {
                self.covers_types(&entry, &[leaf])
            }
            _ => true,
        }
    }

    /// An interface object's subgraph cannot tell types apart: what is wanted of one is selected for all.
    fn is_in_the_way(
        &mut self,
        position: PositionId,
        node: NodeId,
        item: &Item,
        leaves: TypeSet,
    ) -> bool {
        let here = &self.graph.positions[position];
        if here.leaves == leaves {
            return false;
        }
        let is_used_anew = matches!(here.keys.get(&item.key), Some(None));
        is_used_anew && !self.agree(position, &item.key)
            || self.graph.nodes[node].conflicts(&item.key, &item.name, item.arguments)
    }

    /// Whether all that the client wants under a key can be asked at once, whatever the types that it is wanted of
    /// (GraphQL, "Field Selection Merging").
    fn agree(&mut self, position: PositionId, key: &Name) -> bool {
        let mut wanted = Vec::new();
        for set in &self.graph.positions[position].client {
            let set = self.session.selections.set(*set);
            wanted.extend(set.items.iter().filter(|one| one.key == *key).cloned());
        }
        let mut levels = vec![wanted];
        while let Some(same) = levels.pop() {
            self.session.steps += same.len() as u64;
            let is_one =
                |other: &Item| other.name == same[0].name && other.arguments == same[0].arguments;
            if !same.iter().all(is_one) {
                return false;
            }
            let mut below: FxHashMap<Name, Vec<Item>> = FxHashMap::default();
            for set in same.iter().filter_map(|one| one.below) {
                for item in &self.session.selections.set(set).items {
                    below
                        .entry(item.key.clone())
                        .or_default()
                        .push(item.clone());
                }
            }
            levels.extend(below.into_values());
        }
        true
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

    /// Whether a source is read whenever a demand's part of the answer is.
    fn is_certain(&self, position: PositionId, place: usize, demand: Demand) -> bool {
        let source = self.graph.positions[position].sources[place];
        self.is_read_always(position, source, demand)
    }

    pub(super) fn is_read_always(
        &self,
        position: PositionId,
        source: Source,
        demand: Demand,
    ) -> bool {
        let group = &self.graph.groups[source.group];
        let is_own = group.block == demand.block;
        if !is_own && !self.is_selected_always(position, source) {
            return false;
        }
        // It is only asked about objects that others have read.
        let at = group.position;
        let mut above = self.graph.positions[at].sources.iter();
        group.depends.is_empty()
            || above.any(|above| {
                group.depends.contains(&above.group) && self.is_read_always(at, *above, demand)
            })
    }

    /// Whether a source's request is sent and selects it under no condition.
    fn is_selected_always(&self, position: PositionId, source: Source) -> bool {
        let group = &self.graph.groups[source.group];
        let (mut at, mut node) = (position, source.node);
        while node != group.node {
            let Some(step) = &self.graph.positions[at].parent else {
                return false;
            };
            let above = self.graph.positions[step.position]
                .sources
                .iter()
                .filter(|above| above.group == source.group)
                .map(|above| above.node);
            let known = above
                .flat_map(|above| {
                    self.graph.nodes[above]
                        .entries
                        .iter()
                        .map(move |entry| (above, entry))
                })
                .find(|(_, entry)| entry.below == Some(node));
            match known {
                Some((above, entry)) if entry.conditions.contains(&Condition::ALWAYS) => {
                    at = step.position;
                    node = above;
                }
                _ => return false,
            }
        }
        self.graph.guard_of(source.group).is_none()
    }

    pub(super) fn source_depth(&self, position: PositionId, place: usize) -> u32 {
        self.graph.groups[self.graph.positions[position].sources[place].group].depth
    }

    pub(super) fn least_depth(&self, position: PositionId) -> u32 {
        let sources = &self.graph.positions[position].sources;
        sources
            .iter()
            .map(|source| self.graph.groups[source.group].depth)
            .min()
            .unwrap_or(0)
    }

    /// How deep the requests are at least that a request to enter waits for: root types need none.
    pub(super) fn entry_depth(&self, position: PositionId) -> u32 {
        match self.graph.positions[position].parent {
            Some(_) => self.least_depth(position),
            None => 0,
        }
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
                || matches!(source.view.seen, Seen::As(ty) if self.session.model.ty(ty).kind != Kind::Object)
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
                arguments: Arguments::NONE,
                contextual: Vec::new(),
                conditions: vec![Condition::ALWAYS],
                below: None,
                is_shared: true,
                has_requirement: false,
            });
        }
        self.graph.positions[position].sources.push(source);
        self.keep_teller(position);
        self.graph.positions[position].sources.len() - 1
    }

    /// Beside an interface object, whoever tells the objects' type is read for that alone.
    fn keep_teller(&mut self, position: PositionId) {
        let Some(teller) = self.teller(position) else {
            return;
        };
        for source in &self.graph.positions[position].sources {
            let entries = &mut self.graph.nodes[source.node].entries;
            let told = entries.iter_mut().filter(|entry| entry.key == TYPENAME);
            if source.group == teller {
                told.for_each(|entry| entry.is_shared = false);
            }
        }
    }
}
