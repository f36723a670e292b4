//! How a field that is not simply at hand may be resolved, and what each way costs at least.

use std::rc::Rc;

use super::{
    PlanError,
    bound::{Bound, Way},
    build::{Builder, Demand, Pending},
    graph::PositionId,
    selection::{Item, Set},
    views::Views,
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

    /// What can be done about a class, the most promising first.
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
        let views = self.views(position, demand);
        for way in &one.class.remotes {
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
            candidates.extend(self.shared_depth(position, item, one, demand));
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

/// The most promising of some candidates first, and those last that another beats in every way, as far as the bounds tell. What
/// stays within the goal is as good as any; so many requests come after.
fn promising(mut candidates: Vec<Candidate>, goal: u32, after: u32) -> Vec<Candidate> {
    candidates.sort_by_key(|one| ((one.depth + after).max(goal), one.fetches, one.depth));
    let mut kept: Vec<Candidate> = Vec::new();
    let mut beaten = Vec::new();
    for one in candidates {
        let is_beaten = kept
            .iter()
            .any(|other| other.depth <= one.depth && other.fetches <= one.fetches - one.shared);
        if is_beaten {
            beaten.push(one);
        } else {
            kept.push(one);
        }
    }
    kept.extend(beaten);
    kept.truncate(MAX_CANDIDATES);
    kept
}
