//! Our side.

use std::hint::black_box;

use apollo_compiler::{ExecutableDocument, validation::Valid};
use federation::{
    PlanOptions, Planner, Supergraph,
    plan::{Node, Plan},
};

use super::Size;
use crate::Failure;

/// `federation`, loaded.
pub(crate) struct Ours {
    supergraph: Supergraph,
    planner: Planner,
    options: PlanOptions,
}

impl Ours {
    /// Parses and validates the SDL, derives and validates the API schema, makes the planner's model.
    pub(crate) fn load(sdl: &str) -> Result<Self, Failure> {
        let supergraph = Supergraph::parse(sdl)?;
        let planner = Planner::new(&supergraph);
        Ok(Self {
            supergraph,
            planner,
            options: PlanOptions::default(),
        })
    }

    /// How many subgraphs, and how many types clients see.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let types = self.supergraph.api_schema().types.values();
        (
            self.supergraph.subgraphs().len(),
            types.filter(|ty| !ty.is_built_in()).count(),
        )
    }

    /// Parses and validates over the API schema.
    pub(crate) fn parse(&self, text: &str) -> Result<Valid<ExecutableDocument>, Failure> {
        let schema = self.supergraph.api_schema();
        ExecutableDocument::parse_and_validate(schema, text, "operation.graphql")
            .map_err(|error| error.errors.to_string().into())
    }

    fn plan(&self, document: &Valid<ExecutableDocument>) -> Result<Plan, Failure> {
        let operation = document
            .operations
            .get(None)
            .map_err(|_| "the operation must be one")?;
        Ok(self.planner.plan(document, operation, &self.options)?)
    }

    pub(crate) fn plan_parsed(&self, document: &Valid<ExecutableDocument>) -> Result<(), Failure> {
        black_box(self.plan(document)?);
        Ok(())
    }

    pub(crate) fn plan_text(&self, text: &str) -> Result<(), Failure> {
        self.plan_parsed(&self.parse(text)?)
    }

    pub(crate) fn size(&self, document: &Valid<ExecutableDocument>) -> Result<Size, Failure> {
        Ok(self
            .plan(document)?
            .node
            .as_ref()
            .map_or(Size::NOTHING, size))
    }
}

fn size(node: &Node) -> Size {
    let maybe = |node: &Option<Box<Node>>| node.as_deref().map_or(Size::NOTHING, size);
    match node {
        Node::Sequence(all) => all.iter().map(size).fold(Size::NOTHING, Size::then),
        Node::Parallel(all) => all.iter().map(size).fold(Size::NOTHING, Size::beside),
        Node::Fetch(_) => Size::FETCH,
        Node::Flatten { node, .. } => size(node),
        Node::Condition {
            if_clause,
            else_clause,
            ..
        } => maybe(if_clause).beside(maybe(else_clause)),
        Node::Subscription { rest, .. } => Size::FETCH.then(maybe(rest)),
        Node::Defer { primary, deferred } => {
            let later = deferred.iter().map(|one| maybe(&one.node));
            maybe(&primary.node).then(later.fold(Size::NOTHING, Size::beside))
        }
    }
}
