//! The search for the cheapest plan: one is built, then others by its open choices, as long as that can pay.

use std::collections::VecDeque;

use rustc_hash::FxHashSet;

use super::{
    PlanError, Planning,
    bound::Bound,
    build::{Builder, Demand},
    chooser::Chooser,
    finish::Cost,
    graph::Graph,
    selection::{Condition, SetId},
    views::Session,
};
use crate::{model::TypeId, plan::OperationKind};

/// Steps of work for trying alternatives to the most promising plan.
const SEARCH_STEPS: u64 = 1_500;

impl Planning<'_> {
    /// Builds plans until one is known to be the cheapest, or the budget for alternatives is used up.
    pub(super) fn cheapest(
        &self,
        session: &mut Session<'_>,
        root: TypeId,
        set: SetId,
    ) -> Result<Graph, PlanError> {
        let leaves = session.types.intern(&[root]);
        let nothing = session.intern_views(&[]);
        let least = session.bound(set, nothing, leaves);
        let mut queue = VecDeque::from([Vec::new()]);
        let mut best: Option<(Cost, Graph)> = None;
        let mut failure = None;
        let start = session.steps;
        let mut budget = None;
        while let Some(script) = queue.pop_front() {
            let mut chooser = Chooser::new(script);
            let mut critical = FxHashSet::default();
            match self.run(session, &mut chooser, root, set, least) {
                Ok(graph) => {
                    let cost = graph.cost();
                    if cost.depth > least.depth {
                        critical = graph.critical();
                    }
                    if best.as_ref().is_none_or(|(known, _)| cost < *known) {
                        best = Some((cost, graph));
                    }
                    let is_least =
                        cost.depth <= least.depth && cost.fetches <= least.fetches as usize;
                    if is_least {
                        break;
                    }
                }
                Err(error) if chooser.is_forced() => return Err(error),
                Err(error) => failure = failure.or(Some(error)),
            }
            chooser.alternatives(&mut queue, |position| critical.contains(&position));
            let used = session.steps - start;
            let limit = *budget.get_or_insert(used + SEARCH_STEPS.max(used / 2));
            if used > limit {
                break;
            }
        }
        best.map(|(_, graph)| graph)
            .ok_or(failure.unwrap_or(PlanError::TooComplex))
    }

    fn run(
        &self,
        session: &mut Session<'_>,
        chooser: &mut Chooser,
        root: TypeId,
        set: SetId,
        least: Bound,
    ) -> Result<Graph, PlanError> {
        let leaves = session.types.intern(&[root]);
        let mut builder = Builder {
            session,
            graph: Graph::default(),
            chooser,
            goal: least.depth,
            nesting: 0,
            aliases: 0,
            is_query: self.kind == OperationKind::Query,
        };
        let top = builder.new_position(None, leaves, vec![set], false);
        let demand = Demand {
            is_internal: false,
            is_early: false,
            condition: Condition::ALWAYS,
            block: None,
            shares: false,
            sender: None,
        };
        builder.plan_set(top, set, demand)?;
        let mut graph = builder.graph;
        graph.finish();
        Ok(graph)
    }
}
