//! How a field that is not simply at hand may be resolved, and what each way costs at least.

use std::rc::Rc;

use super::{
    PlanError,
    bound::{Bound, Way},
    build::{Builder, Demand, Pending},
    graph::PositionId,
    selection::{Item, Set},
    views::{TYPENAME, View, Views},
};

/// How a class of fields may be resolved.
#[derive(Debug, Clone)]
pub(super) enum Choice {
    /// By a source of the position.
    Read(usize),
    /// By entering another subgraph.
    Enter(Way),
    /// By all that have a part of it.
    Share {
        /// Whether other subgraphs may be entered for it.
        enters: bool,
    },
}

/// What a choice costs at least.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) choice: Choice,
    pub(super) depth: u32,
    pub(super) fetches: u32,
    /// How many of these other fields may share.
    pub(super) shared: u32,
}

/// Pending fields that are weighed against each other before one is taken.
const MAX_WEIGHED: usize = 32;

/// Ways of one field that are tried.
const MAX_CANDIDATES: usize = 4;

impl Builder<'_, '_> {
    /// The pending field that has the fewest ways, with them.
    pub(super) fn most_urgent(
        &mut self,
        position: PositionId,
        set: &Rc<Set>,
        pending: &[Pending],
        demand: Demand,
    ) -> Result<(usize, Vec<Candidate>), PlanError> {
        let mut best: Option<(usize, Vec<Candidate>)> = None;
        for (place, one) in pending.iter().enumerate().take(MAX_WEIGHED) {
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

    /// What can be done about a class, the most promising first; nothing that another beats in every way.
    fn candidates(
        &mut self,
        position: PositionId,
        set: &Rc<Set>,
        one: &Pending,
        demand: Demand,
    ) -> Vec<Candidate> {
        let item = &set.items[one.item];
        let sources = self.graph.positions[position].sources.len();
        let leaves = self.session.types.members(one.class.leaves).len();
        self.session.steps += (1 + sources * leaves) as u64;
        let mut candidates = Vec::new();
        let mut parts = 0;
        for (place, value) in self.sources(position, set, one, demand) {
            let below = self.session.bound_below(item.below, value);
            parts += 1;
            if below.is_reachable {
                candidates.push(Candidate {
                    choice: Choice::Read(place),
                    depth: self.source_depth(position, place) + below.depth,
                    fetches: below.fetches,
                    shared: 0,
                });
            }
        }
        let is_settled = !demand.is_internal && candidates.iter().any(|one| one.fetches == 0);
        let views = self.views(position, demand);
        for way in one.class.remotes.iter().filter(|_| !is_settled) {
            parts += 1;
            let cost = self.way_cost(position, item, one, way, views, demand.is_internal);
            let Some((cost, shared)) = cost else {
                continue;
            };
            candidates.push(Candidate {
                shared,
                choice: Choice::Enter(way.clone()),
                depth: cost.depth,
                fetches: cost.fetches,
            });
        }
        if parts > 1 && item.below.is_some() && self.may_share(position, item, one, &candidates) {
            let sources = self.sources(position, set, one, demand);
            let parts = self.parts(position, sources);
            candidates.extend(self.shared_by(position, item, &parts));
            candidates.extend(self.shared_depth(position, item, one));
        }
        if candidates.is_empty() && demand.block.is_some() && !demand.is_internal && !demand.shares
        {
            let shared = Demand {
                shares: true,
                ..demand
            };
            return self.candidates(position, set, one, shared);
        }
        promising(candidates, self.goal, u32::from(demand.is_internal))
    }

    fn way_cost(
        &mut self,
        position: PositionId,
        item: &Item,
        one: &Pending,
        way: &Way,
        views: Views,
        is_internal: bool,
    ) -> Option<(Bound, u32)> {
        let mut cost = self.session.bound_below(item.below, way.remote.value);
        let needed = self.session.before(&one.class, way, views, 0);
        if !cost.is_reachable || !needed.is_reachable {
            return None;
        }
        cost.fetches += needed.fetches;
        let before = needed.depth;
        let is_open = self
            .entered(position, way, one.class.leaves)
            .is_some_and(|place| {
                !is_internal
                    || self.source_depth(position, place) <= self.entry_depth(position) + before
            })
            && way.remote.requires.is_none();
        let entries = if is_open { 0 } else { way.hops };
        cost.fetches += entries;
        cost.depth += self.entry_depth(position) + before;
        Some((cost, entries))
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
            if let Some(place) = self.entered(position, way, one.class.leaves) {
                deepest = deepest.max(self.source_depth(position, place));
            } else {
                deepest = deepest.max(self.entry_depth(position) + way.hops);
                entries += 1;
            }
        }
        if values.len() < 2 {
            return None;
        }
        let leaves = self.session.leaves_of_all(&values);
        let views = self.session.intern_views(&values);
        let below = self.session.bound(set, views, leaves);
        below.is_reachable.then_some(Candidate {
            choice: Choice::Share { enters: true },
            depth: deepest + below.depth,
            fetches: below.fetches + entries,
            shared: entries,
        })
    }

    /// What reading a class from the sources at hand costs at least.
    fn shared_by(
        &mut self,
        position: PositionId,
        item: &Item,
        sources: &[(usize, View)],
    ) -> Option<Candidate> {
        let set = item.below.filter(|_| sources.len() > 1)?;
        let values: Vec<View> = sources.iter().map(|(_, value)| *value).collect();
        let leaves = self.session.leaves_of_all(&values);
        let views = self.session.intern_views(&values);
        let below = self.session.bound(set, views, leaves);
        below.is_reachable.then_some(Candidate {
            choice: Choice::Share { enters: false },
            depth: self.least_depth(position) + below.depth,
            fetches: below.fetches,
            shared: 0,
        })
    }

    pub(super) fn choose(
        &mut self,
        position: PositionId,
        mut candidates: Vec<Candidate>,
    ) -> Choice {
        let place = if candidates.len() == 1 {
            0
        } else {
            self.chooser.choose(candidates.len(), position)
        };
        candidates.swap_remove(place).choice
    }
}

/// The most promising of some candidates first, without those that another beats in every way. What stays within the goal
/// is as good as any; so many requests come after.
fn promising(mut candidates: Vec<Candidate>, goal: u32, after: u32) -> Vec<Candidate> {
    candidates.sort_by_key(|one| ((one.depth + after).max(goal), one.fetches, one.depth));
    let mut kept: Vec<Candidate> = Vec::new();
    for one in candidates {
        let is_beaten = kept
            .iter()
            .any(|other| other.depth <= one.depth && other.fetches <= one.fetches - one.shared);
        if !is_beaten && kept.len() < MAX_CANDIDATES {
            kept.push(one);
        }
    }
    kept
}
