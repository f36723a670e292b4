//! hive-router-query-planner's side. It trusts what it is given: it validates neither a supergraph nor an operation, which
//! ours does in the times that say so.

use std::{
    hint::black_box,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use hive_router_query_planner::{
    ast::{document::NormalizedDocument, normalization::normalize_operation},
    planner::{
        Planner, QueryPlannerOptions,
        plan_nodes::{PlanNode, QueryPlan},
    },
    utils::{
        cancellation::CancellationToken,
        parsing::{safe_parse_operation, safe_parse_schema},
    },
};

use super::Size;
use crate::Failure;

const BUDGET: Duration = Duration::from_secs(60);

/// hive-router-query-planner, loaded.
pub(crate) struct Theirs {
    planner: Planner,
}

impl Theirs {
    /// Parses the SDL and makes the planner's graph.
    pub(crate) fn load(sdl: &str) -> Result<Self, Failure> {
        guarded(|| {
            let schema = safe_parse_schema(sdl)?;
            let planner = Planner::new_from_supergraph(&schema, QueryPlannerOptions::default())?;
            Ok(Self { planner })
        })
    }

    /// Parses and normalises.
    pub(crate) fn parse(&self, text: &str) -> Result<NormalizedDocument, Failure> {
        let document = safe_parse_operation(text)?;
        Ok(normalize_operation(
            &self.planner.supergraph,
            &document,
            None,
        )?)
    }

    #[expect(
        clippy::default_trait_access,
        reason = "the override context's module is private"
    )]
    pub(crate) fn plan_parsed(&self, document: &NormalizedDocument) -> Result<QueryPlan, Failure> {
        let plan = self.planner.plan_from_normalized_operation(
            document.executable_operation(),
            Default::default(),
            &CancellationToken::with_timeout(BUDGET),
        )?;
        Ok(black_box(plan))
    }

    pub(crate) fn plan_text(&self, text: &str) -> Result<QueryPlan, Failure> {
        self.plan_parsed(&self.parse(text)?)
    }

    pub(crate) fn size(&self, text: &str) -> Result<Size, Failure> {
        let plan = guarded(|| self.plan_text(text))?;
        Ok(plan.node.as_ref().map_or(Size::NOTHING, size))
    }
}

/// It panics on some input.
fn guarded<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err("it panics".into()))
}

fn size(node: &PlanNode) -> Size {
    let maybe = |node: &Option<Box<PlanNode>>| node.as_deref().map_or(Size::NOTHING, size);
    match node {
        PlanNode::Fetch(_) => Size::FETCH,
        // As many of our fetches: which of them share a request is our engine's choice.
        PlanNode::BatchFetch(batch) => Size {
            fetches: (batch.entity_batch.aliases.iter())
                .map(|alias| alias.merge_paths.len())
                .sum(),
            depth: 1,
        },
        PlanNode::Sequence(all) => all.nodes.iter().map(size).fold(Size::NOTHING, Size::then),
        PlanNode::Parallel(all) => all.nodes.iter().map(size).fold(Size::NOTHING, Size::beside),
        PlanNode::Flatten(flatten) => size(&flatten.node),
        PlanNode::Condition(condition) => {
            maybe(&condition.if_clause).beside(maybe(&condition.else_clause))
        }
        PlanNode::Subscription(_) => Size::FETCH,
        PlanNode::Defer(_) => Size::NOTHING,
    }
}
