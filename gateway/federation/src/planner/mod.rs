//! From an operation over the API schema to a plan.
//!
//! The pipeline: [`normalize`] takes the client's fragments apart; [`build`] gives every field its place in a request
//! ([`graph`]), guided by what things cost at least ([`bound`]) over what each subgraph resolves ([`views`]), and tries
//! alternatives ([`chooser`]); [`finish`] merges and weighs; [`schedule`] and [`render`] write the cheapest one down.

mod bound;
mod build;
mod choice;
mod chooser;
mod common;
mod context;
mod defer;
mod defer_use;
mod doors;
mod enter;
mod error;
mod finish;
mod graph;
mod mutation;
mod normalize;
mod position;
mod read;
mod render;
mod representation;
mod schedule;
mod search;
mod selection;
mod sharing;
mod sources;
mod type_sets;
mod views;

use std::collections::{BTreeMap, BTreeSet};

use apollo_compiler::{
    ExecutableDocument, Name, ast::OperationType, executable::Operation, validation::Valid,
};

pub use self::error::PlanError;
use self::{
    defer_use::{defer_variables, has_defer},
    graph::Graph,
    normalize::Normalizer,
    render::Renderer,
    selection::{Item, SetId},
    views::Session,
};
use crate::{
    Supergraph,
    model::{Model, TypeId},
    plan::{Node, OperationKind, Plan},
};

/// Variables of `@defer(if:)` that are told apart: each doubles the plan. Further ones count as false.
const MAX_DEFER_VARIABLES: usize = 3;

/// Variables that decide the order of a mutation's fields and are told apart; with more, the first mention counts.
const MAX_ORDER_VARIABLES: usize = 3;

/// What a plan depends on besides the operation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanOptions {
    /// The labels of `@override` that are on: their fields are resolved by the overriding subgraph.
    pub override_labels: BTreeSet<String>,
    /// Whether `@defer` is answered in parts; otherwise it is ignored, as the specification allows.
    pub defer: bool,
}

/// Plans operations over one supergraph.
#[derive(Debug, Clone)]
pub struct Planner {
    supergraph: Supergraph,
}

impl Planner {
    /// A planner for a supergraph.
    pub fn new(supergraph: &Supergraph) -> Self {
        Self {
            supergraph: supergraph.clone(),
        }
    }

    /// Plans one operation of a document that is valid over the API schema. Introspection is not planned: `__schema`,
    /// `__type` and a root `__typename` are the caller's to answer.
    pub fn plan(
        &self,
        document: &Valid<ExecutableDocument>,
        operation: &Operation,
        options: &PlanOptions,
    ) -> Result<Plan, PlanError> {
        let kind = match operation.operation_type {
            OperationType::Query => OperationKind::Query,
            OperationType::Mutation => OperationKind::Mutation,
            OperationType::Subscription => OperationKind::Subscription,
        };
        let defers =
            options.defer && kind != OperationKind::Subscription && has_defer(document, operation);
        let planning = Planning {
            model: self.supergraph.model(),
            document,
            operation,
            kind,
            options,
            defers,
        };
        let mut variables = BTreeSet::new();
        if defers {
            defer_variables(document, operation, &mut variables);
        }
        let variables: Vec<Name> = variables.into_iter().take(MAX_DEFER_VARIABLES).collect();
        let node = planning.deferring(&variables, &mut BTreeMap::new())?;
        Ok(Plan { kind, node })
    }
}

/// The planning of one operation.
struct Planning<'p> {
    model: &'p Model,
    document: &'p ExecutableDocument,
    operation: &'p Operation,
    kind: OperationKind,
    options: &'p PlanOptions,
    /// Whether parts of the answer are deferred.
    defers: bool,
}

/// Variables whose value is given.
type Fixed = BTreeMap<Name, bool>;

impl Planning<'_> {
    /// One plan for each value of the variables that turn a `@defer` on.
    fn deferring(&self, undecided: &[Name], fixed: &mut Fixed) -> Result<Option<Node>, PlanError> {
        let Some((variable, rest)) = undecided.split_first() else {
            let most = fixed.len() + MAX_ORDER_VARIABLES;
            return self.node(fixed, most);
        };
        fixed.insert(variable.clone(), true);
        let with = self.deferring(rest, fixed)?;
        fixed.insert(variable.clone(), false);
        let without = self.deferring(rest, fixed)?;
        fixed.remove(variable);
        Ok(choice(variable, with, without))
    }

    /// The plan for given values of some variables; so many may be given in all.
    fn node(&self, fixed: &Fixed, most: usize) -> Result<Option<Node>, PlanError> {
        let labels = &self.options.override_labels;
        let labels = self.model.labels.iter().map(|one| labels.contains(one));
        let mut session = Session::new(self.model, labels.collect());
        let root = &self.operation.selection_set;
        let normalizer = Normalizer {
            model: self.model,
            document: self.document,
            types: &mut session.types,
            selections: &mut session.selections,
            defers: self.defers,
            fixed,
        };
        let all = { normalizer }.operation(root)?;
        let root_type = self
            .model
            .type_named(&root.ty)
            .ok_or(PlanError::NoRoot(self.kind.as_str()))?;
        let items: Vec<Item> = session
            .selections
            .set(all)
            .items
            .iter()
            .filter(|item| !item.name.starts_with("__"))
            .cloned()
            .collect();
        if items.is_empty() {
            return Ok(None);
        }
        let undecided = session.selections.order.pop_first();
        if self.kind == OperationKind::Mutation
            && fixed.len() < most
            && let Some(variable) = undecided
        {
            return self.ordered(fixed, most, &variable);
        }
        match self.kind {
            OperationKind::Query => {
                let set = session.selections.add(items);
                let graph = self.cheapest(&mut session, root_type, set)?;
                Ok(self.render(&mut session, &graph, set))
            }
            OperationKind::Mutation => self.mutation(&mut session, root_type, items),
            OperationKind::Subscription => self.subscription(&mut session, root_type, items),
        }
    }

    /// A mutation's fields run in the order of their first mention that counts: one plan for each value of the variable that
    /// decides (GraphQL, "Field Collection").
    fn ordered(
        &self,
        fixed: &Fixed,
        most: usize,
        variable: &Name,
    ) -> Result<Option<Node>, PlanError> {
        let with = |value| {
            let mut fixed = fixed.clone();
            fixed.insert(variable.clone(), value);
            self.node(&fixed, most)
        };
        Ok(choice(variable, with(true)?, with(false)?))
    }

    /// Each root field is planned alone, and the plans are put in a sequence: a field's entity fetches belong to it, so
    /// that they see the state that it left (GraphQL, "Mutation": serially).
    fn mutation(
        &self,
        session: &mut Session<'_>,
        root: TypeId,
        items: Vec<Item>,
    ) -> Result<Option<Node>, PlanError> {
        let mut fields: Vec<Vec<Item>> = Vec::new();
        for item in items {
            match fields.iter_mut().find(|known| known[0].key == item.key) {
                Some(known) => known.push(item),
                None => fields.push(vec![item]),
            }
        }
        let mut steps: Vec<Node> = Vec::new();
        for field in fields {
            let set = session.selections.add(field);
            let graph = self.cheapest(session, root, set)?;
            let Some(node) = self.render(session, &graph, set) else {
                continue;
            };
            mutation::append(&mut steps, node, self.operation);
        }
        Ok(schedule::sequence(steps))
    }

    fn subscription(
        &self,
        session: &mut Session<'_>,
        root: TypeId,
        items: Vec<Item>,
    ) -> Result<Option<Node>, PlanError> {
        let set = session.selections.add(items);
        let graph = self.cheapest(session, root, set)?;
        let (first, rest): (Vec<_>, Vec<_>) = graph.alive().partition(|id| {
            graph.kind_of(*id, OperationKind::Subscription) == OperationKind::Subscription
        });
        let [primary] = first.as_slice() else {
            return Err(PlanError::NotOneRootField);
        };
        let mut renderer = self.renderer(session, &graph);
        let fetch = renderer.fetch(*primary);
        let rest = schedule::schedule(&graph, &rest, &mut |group| renderer.node(group));
        Ok(Some(Node::Subscription {
            primary: Box::new(fetch),
            rest: rest.map(Box::new),
        }))
    }

    fn renderer<'r, 'm>(
        &'r self,
        session: &'r mut Session<'m>,
        graph: &'r Graph,
    ) -> Renderer<'r, 'm> {
        Renderer {
            session,
            graph,
            operation: self.operation,
            kind: self.kind,
            named: Vec::new(),
        }
    }

    fn render(&self, session: &mut Session<'_>, graph: &Graph, set: SetId) -> Option<Node> {
        let mut renderer = self.renderer(session, graph);
        renderer.name_groups();
        renderer.block(set, None)
    }
}

fn choice(variable: &Name, with: Option<Node>, without: Option<Node>) -> Option<Node> {
    if with == without {
        return with;
    }
    Some(Node::Condition {
        variable: variable.to_string(),
        if_clause: with.map(Box::new),
        else_clause: without.map(Box::new),
    })
}
