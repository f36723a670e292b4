//! Entering another subgraph: which key opens it, what else has to be sent, and which request does it.

use super::{
    PlanError,
    bound::Way,
    build::{Builder, Demand},
    doors::Door,
    graph::{ContextUse, Entry, Graph, Group, GroupId, PositionId, Representation, Source},
    selection::{Arguments, Condition, Item, Set},
    type_sets::TypeSet,
    views::{Seen, Session, TYPENAME, View},
};
use crate::model::{FieldId, FieldSetId, TypeId};

/// Openings within openings: keys that need keys, requirements that require.
const MAX_NESTING: u32 = 40;

/// What one plan sends, counted by request and type: more would not fit into memory with a few of its like.
const MAX_REPRESENTATIONS: usize = 20_000;

/// What an entering is for.
pub(super) struct Entering<'a> {
    pub(super) door: Door,
    /// What each type of object has to bring besides a key.
    pub(super) requires: Vec<(TypeId, FieldSetId)>,
    /// The field that is wanted, if it has arguments from context.
    pub(super) contextual: Option<FieldId>,
    /// What will be selected there.
    pub(super) item: Option<&'a Item>,
    /// How deep the request may be, if it need not be deeper: see [`Builder::latest`].
    latest: u32,
}

impl Session<'_> {
    fn door_like(&mut self, leaf: TypeId, door: &Door) -> Option<Door> {
        self.doors(leaf)
            .iter()
            .find(|other| other.subgraph == door.subgraph && other.seen == door.seen)
            .cloned()
    }
}

impl Builder<'_, '_> {
    /// Enters the subgraph that a way leads to; gives back its place among the position's sources.
    pub(super) fn enter(
        &mut self,
        position: PositionId,
        item: &Item,
        leaves: TypeSet,
        way: &Way,
        demand: Demand,
    ) -> Result<usize, PlanError> {
        let members = self.session.types.get(leaves);
        let door = self.session.doors(members[0])[way.remote.door].clone();
        let mut requires = Vec::new();
        for leaf in members.iter() {
            let remotes = self.session.remotes(*leaf, &item.name);
            let doors = self.session.doors(*leaf);
            let same = remotes.iter().find(|remote| {
                let other = &doors[remote.door];
                other.subgraph == door.subgraph && other.seen == door.seen
            });
            requires.extend(same.and_then(|remote| Some((*leaf, remote.requires?))));
        }
        let entering = Entering {
            door,
            requires,
            contextual: way.remote.has_contexts.then_some(way.remote.field),
            item: Some(item),
            latest: self.latest(item, way, demand),
        };
        let condition = match item.conditions.as_slice() {
            _ if demand.is_internal => demand.condition,
            [one] => *one,
            _ => Condition::ALWAYS,
        };
        let needs = Demand {
            is_internal: true,
            is_early: demand.is_internal,
            condition,
            ..demand
        };
        self.enter_door(position, leaves, &entering, needs)
    }

    /// How deep a request that a way leads to may be without making the plan deeper than it has to be.
    pub(super) fn latest(&mut self, item: &Item, way: &Way, demand: Demand) -> u32 {
        if demand.is_internal {
            return u32::MAX;
        }
        let below = self.session.bound_below(item.below, way.remote.value);
        self.goal.saturating_sub(below.depth)
    }

    /// Where an interface object hides the type and something depends on it: asks a subgraph that knows.
    pub(super) fn learn_type(
        &mut self,
        position: PositionId,
        set: &Set,
        wanted: &[usize],
        demand: Demand,
    ) -> Result<(), PlanError> {
        let Some(interface) = self.unknown_type(position, set, wanted, demand) else {
            return Ok(());
        };
        let leaves = self.leaves(position, demand);
        let Some(door) = self.telling_door(position, interface) else {
            return Err(PlanError::Unreachable {
                coordinate: format!("{}.__typename", self.session.model.ty(interface).name),
            });
        };
        let entering = Entering {
            door,
            requires: Vec::new(),
            contextual: None,
            item: None,
            latest: u32::MAX,
        };
        let needs = Demand {
            is_internal: true,
            condition: Condition::ALWAYS,
            ..demand
        };
        let place = self.enter_door(position, leaves, &entering, needs)?;
        let source = self.graph.positions[position].sources[place];
        let on = self.graph.positions[position].leaves;
        self.graph.nodes[source.node].add(Entry {
            on,
            key: TYPENAME,
            name: TYPENAME,
            arguments: Arguments::NONE,
            contextual: Vec::new(),
            conditions: vec![Condition::ALWAYS],
            below: None,
            is_shared: false,
            has_requirement: false,
        });
        Ok(())
    }

    /// The interface whose objects' own type is not known, if something depends on it.
    fn unknown_type(
        &mut self,
        position: PositionId,
        set: &Set,
        wanted: &[usize],
        demand: Demand,
    ) -> Option<TypeId> {
        let leaves = self.leaves(position, demand);
        let interface = self.session.hidden(leaves)?;
        if self.graph.positions[position].sources.is_empty() {
            return None;
        }
        let depends_on_it = wanted.iter().any(|place| {
            let item = &set.items[*place];
            self.session.needs_type(item, leaves) || item.name == TYPENAME && !demand.is_internal
        });
        depends_on_it.then_some(interface)
    }

    /// The nearest door to a subgraph that can tell the types of an interface's objects.
    fn telling_door(&mut self, position: PositionId, interface: TypeId) -> Option<Door> {
        let views: Vec<View> = self.graph.positions[position]
            .sources
            .iter()
            .map(|source| source.view)
            .collect();
        let views = self.session.intern_views(&views);
        let doors = self.session.telling_doors(interface, views).into_iter();
        let known = doors.filter_map(|(door, hops)| Some((hops?, door)));
        let nearest = known.min_by_key(|(hops, door)| (*hops, door.subgraph));
        nearest.map(|(_, door)| door)
    }

    /// Of what is wanted where the type is not known, what need not wait for it: fields that only interface objects resolve.
    pub(super) fn without_type(
        &mut self,
        position: PositionId,
        set: &Set,
        wanted: &[usize],
        demand: Demand,
    ) -> Vec<usize> {
        let leaves = self.leaves(position, demand);
        let Some(interface) = self.session.hidden(leaves) else {
            return Vec::new();
        };
        let model = self.session.model;
        let views = self.views(position, demand);
        let mut without = Vec::new();
        for place in wanted {
            let item = &set.items[*place];
            if item.name == TYPENAME || self.session.needs_type(item, leaves) {
                continue;
            }
            let classes = self.session.classes(item, leaves, views);
            let is_blind = !classes.is_empty()
                && classes.iter().all(|class| {
                    let mut ways = class.remotes.iter();
                    class.locals.is_empty()
                        && !class.remotes.is_empty()
                        && ways.all(|way| model.ty(interface).is_interface_object(way.subgraph))
                });
            if is_blind {
                without.push(*place);
            }
        }
        without
    }

    fn enter_door(
        &mut self,
        position: PositionId,
        leaves: TypeSet,
        entering: &Entering<'_>,
        needs: Demand,
    ) -> Result<usize, PlanError> {
        if self.nesting >= MAX_NESTING {
            return Err(PlanError::TooComplex);
        }
        self.nesting += 1;
        let entered = self.enter_nested(position, leaves, entering, needs);
        self.nesting -= 1;
        entered
    }

    fn enter_nested(
        &mut self,
        position: PositionId,
        leaves: TypeSet,
        entering: &Entering<'_>,
        needs: Demand,
    ) -> Result<usize, PlanError> {
        let door = &entering.door;
        if door.keys.is_empty() {
            return Ok(self.enter_root(position, door, needs));
        }
        let first_guard = self.graph.guards.len();
        let mut depends = Vec::new();
        let mut representations = Vec::new();
        for leaf in self.session.types.get(leaves).iter() {
            let Some(door) = self.session.door_like(*leaf, door) else {
                return Err(PlanError::TooComplex);
            };
            let requires = entering.requires.iter().filter(|(ty, _)| ty == leaf);
            let requires: Vec<FieldSetId> = requires.map(|(_, set)| *set).collect();
            let found = self.representation(position, *leaf, &door, &requires, needs)?;
            Graph::depend(&mut depends, found.depends);
            representations.push(Representation {
                leaf: *leaf,
                type_name: door.type_name,
                fields: found.selections,
            });
        }
        let mut contexts = Vec::new();
        if let Some(field) = entering.contextual {
            contexts = self.contexts(position, field, door, &mut depends, needs)?;
        }
        self.depend_on_types(position, &mut depends);
        let depth = self.graph.depth_after(&depends);
        let known = self.joinable(position, entering, leaves, &contexts, depth, needs);
        let place = match known {
            Some(place) => place,
            None => self.open(position, door, depth, contexts, needs),
        };
        let id = self.graph.positions[position].sources[place].group;
        for guard in &mut self.graph.guards[first_guard..] {
            guard.needed_by.get_or_insert(id);
        }
        self.graph.representations += representations.len();
        if self.graph.representations > MAX_REPRESENTATIONS {
            return Err(PlanError::TooComplex);
        }
        let group = &mut self.graph.groups[id];
        Graph::depend(&mut group.depends, depends);
        for one in representations {
            group.represent(one);
        }
        Ok(place)
    }

    /// Where the way to a position is told apart by types that an interface object hides, they have to be known.
    fn depend_on_types(&self, position: PositionId, depends: &mut Vec<GroupId>) {
        let mut step = self.graph.positions[position].parent.as_ref();
        while let Some(above) = step {
            let here = &self.graph.positions[above.position];
            let members = self.session.types.members(here.leaves);
            if !self.session.types.contains_all(above.on, members)
                && self.session.hidden(above.on).is_none()
            {
                Graph::depend(depends, self.teller(above.position));
            }
            step = here.parent.as_ref();
        }
    }

    /// The group that tells the types of a position's objects, if not all that read them can.
    pub(super) fn teller(&self, position: PositionId) -> Option<GroupId> {
        let sources = &self.graph.positions[position].sources;
        let is_hidden = |source: &&Source| self.session.interface_object(source.view).is_some();
        sources.iter().find(is_hidden)?;
        let tells = |source: &&Source| {
            let mut entries = self.graph.nodes[source.node].entries.iter();
            !is_hidden(source) && entries.any(|entry| entry.key == TYPENAME)
        };
        let teller = sources.iter().find(tells);
        teller.map(|source| source.group)
    }

    /// Root types need no key: the subgraph is simply asked, at once or when the object is there.
    fn enter_root(&mut self, position: PositionId, door: &Door, needs: Demand) -> usize {
        let here = &self.graph.positions[position];
        let known = here.sources.iter().position(|source| {
            let group = &self.graph.groups[source.group];
            source.node == group.node
                && group.subgraph == door.subgraph
                && group.block == needs.block
        });
        if let Some(known) = known {
            return known;
        }
        let first = here
            .sources
            .iter()
            .map(|source| source.group)
            .min_by_key(|group| self.graph.groups[*group].depth);
        let depends: Vec<GroupId> = match here.parent {
            Some(_) => first.into_iter().collect(),
            None => Vec::new(),
        };
        let depth = self.graph.depth_after(&depends);
        let place = self.open(position, door, depth, Vec::new(), needs);
        let group = self.graph.positions[position].sources[place].group;
        self.graph.groups[group].depends = depends;
        place
    }

    fn open(
        &mut self,
        position: PositionId,
        door: &Door,
        depth: u32,
        contexts: Vec<ContextUse>,
        needs: Demand,
    ) -> usize {
        let view = door.view();
        let node = self.graph.new_node(view);
        self.graph.groups.push(Group {
            subgraph: door.subgraph,
            position,
            node,
            view,
            representations: Vec::new(),
            depends: Vec::new(),
            depth,
            contexts,
            block: needs.block,
            is_gone: false,
        });
        let group = self.graph.groups.len() - 1;
        self.add_source(position, Source { group, node, view })
    }

    /// A request that is made anyway, late enough for what is to be sent.
    fn joinable(
        &self,
        position: PositionId,
        entering: &Entering<'_>,
        leaves: TypeSet,
        contexts: &[ContextUse],
        depth: u32,
        needs: Demand,
    ) -> Option<usize> {
        let door = &entering.door;
        let here = &self.graph.positions[position];
        here.sources.iter().position(|source| {
            let group = &self.graph.groups[source.group];
            // What is asked of an interface object is asked of all that are sent.
            let is_common = matches!(door.seen, Seen::As(_));
            let is_in_the_way = is_common
                && !needs.is_early
                && entering.item.is_some_and(|item| {
                    self.graph.nodes[source.node].conflicts(&item.key, &item.name, item.arguments)
                });
            source.node == group.node
                && group.subgraph == door.subgraph
                && group.view.seen == door.seen
                && !group.representations.is_empty()
                && group.block == needs.block
                && group.depth >= depth
                && group.depth <= entering.latest.max(depth)
                && (group.depth == depth || !needs.is_early)
                && group.contexts == contexts
                && !is_in_the_way
                && self.fits(source, entering, leaves)
        })
    }
}
