//! Builds a plan: for every wanted field, decides which request reads it.
//!
//! A field that a request at hand reads, with everything below it, is read there. The others are left until it is clear
//! which other subgraphs have to be asked in any case; what is still open then is a [`Choice`], taken by what it costs at
//! least ([`super::bound`]) and by the [`Chooser`], which tries alternatives.

use std::rc::Rc;

use super::{
    PlanError,
    bound::Class,
    choice::Choice,
    chooser::Chooser,
    graph::{BlockId, Graph, GroupId, PositionId},
    selection::{Condition, DeferralId, Item, Set, SetId},
    views::Session,
};
use crate::{model::TypeId, plan::Selection};

/// Steps of work for one plan; an honest operation takes a few thousand.
const MAX_STEPS: u64 = 1_000_000;

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
    /// Of a request to come: the objects that send it what is planned.
    pub(super) sender: Option<(PositionId, TypeId)>,
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

/// An item that waits for its place.
pub(super) struct Pending {
    pub(super) item: usize,
    pub(super) class: Class,
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
        deferral: Option<DeferralId>,
        demand: Demand,
        found: &mut Found,
    ) -> Result<(), PlanError> {
        let leaves = self.leaves(position, demand);
        let knows_types = self.session.hidden(leaves).is_none();
        let (selections, types) = (&self.session.selections, &self.session.types);
        let wanted: Vec<usize> = if let Some(deferral) = deferral {
            selections.later(types, set, deferral, knows_types)
        } else {
            let items = set.items.iter().enumerate();
            let at_once = items.filter(|(_, item)| item.deferral.is_none());
            at_once.map(|(place, _)| place).collect()
        };
        let first = self.without_type(position, set, &wanted, demand);
        self.plan_wanted(position, set, &first, demand, found)?;
        self.learn_type(position, set, &wanted, demand)?;
        let rest: Vec<usize> = wanted
            .into_iter()
            .filter(|place| !first.contains(place))
            .collect();
        self.plan_wanted(position, set, &rest, demand, found)
    }

    fn plan_wanted(
        &mut self,
        position: PositionId,
        set: &Rc<Set>,
        wanted: &[usize],
        demand: Demand,
        found: &mut Found,
    ) -> Result<(), PlanError> {
        let mut pending = self.pending(position, set, wanted, demand);
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

    fn take(
        &mut self,
        position: PositionId,
        set: &Rc<Set>,
        one: &Pending,
        choice: Choice,
        demand: Demand,
        found: &mut Found,
    ) -> Result<(), PlanError> {
        let item = &set.items[one.item];
        match choice {
            Choice::Read(place) => {
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
            Choice::Enter(way) => {
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
            Choice::Share { enters } => self.share(position, set, one, enters, demand, found),
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
}
