//! From an operation over the API schema to a plan.
//!
//! The pipeline: [`selection`] takes the client's fragments apart; [`build`] gives every field its place in a request
//! ([`graph`]), guided by what things cost at least ([`bound`]) over what each subgraph resolves ([`views`]), and tries
//! alternatives ([`chooser`]); [`finish`] merges and weighs; [`schedule`] and [`render`] write the cheapest one down.

mod bound;
mod build;
mod chooser;
mod defer;
mod enter;
mod finish;
mod graph;
mod mutation;
mod render;
mod schedule;
mod selection;
mod type_sets;
mod views;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use apollo_compiler::{
    ExecutableDocument, Name,
    ast::{OperationType, Value},
    executable::{Operation, Selection as Selected, SelectionSet},
    validation::Valid,
};

use self::{
    bound::Bound,
    build::{Builder, Demand},
    chooser::Chooser,
    finish::Cost,
    graph::Graph,
    render::Renderer,
    selection::{Condition, Item, Normalizer, SetId},
    views::Session,
};
use rustc_hash::FxHashSet;

use crate::{
    Supergraph,
    model::{Model, TypeId},
    plan::{Node, OperationKind, Plan, Selection},
};

/// Steps of work for trying alternatives to the most promising plan.
const SEARCH_STEPS: u64 = 4_000;

/// Variables of `@defer(if:)` that are told apart: each doubles the plan. Further ones count as false.
const MAX_DEFER_VARIABLES: usize = 3;

/// Variables that decide the order of a mutation's fields and are told apart; with more, the first mention counts.
const MAX_ORDER_VARIABLES: usize = 3;

/// An operation cannot be planned. The message is for operators.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A type of the document is not in the supergraph.
    #[error("the supergraph has no type {0}")]
    UnknownType(String),
    /// The supergraph has no such root type.
    #[error("the supergraph has no {0} type")]
    NoRoot(&'static str),
    /// An alias that GraphQL keeps for introspection.
    #[error(
        "the alias {0} is reserved: names that begin with two underscores are for introspection"
    )]
    ReservedAlias(String),
    /// No subgraph can be asked for a field from where it is wanted.
    #[error(
        "no subgraph can resolve {coordinate} here: there is no key that leads to one that defines it"
    )]
    Unreachable {
        /// `Type.field`.
        coordinate: String,
    },
    /// More levels than any answer has.
    #[error("the operation has more than {limit} levels")]
    TooDeep {
        /// How many are planned.
        limit: usize,
    },
    /// More fields, with all fragments taken apart, than anyone writes.
    #[error("the operation has more than {limit} fields with all fragments expanded")]
    TooLarge {
        /// How many are planned.
        limit: usize,
    },
    /// More `@defer`s than anyone waits for.
    #[error("the operation defers more than {limit} fragments")]
    TooManyDeferrals {
        /// How many are planned.
        limit: usize,
    },
    /// The work for this operation is out of all proportion.
    #[error("the operation takes too much work to plan")]
    TooComplex,
    /// A subscription has exactly one root field (GraphQL, "Single Root Field").
    #[error("a subscription asks for exactly one root field, of one subgraph")]
    NotOneRootField,
}

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
        let planning = Planning {
            model: self.supergraph.model(),
            document,
            operation,
            kind,
            options,
        };
        let defers = options.defer && kind != OperationKind::Subscription;
        let node = if defers && has_defer(document, operation) {
            let mut variables = BTreeSet::new();
            defer_variables(document, operation, &mut variables);
            let variables: Vec<Name> = variables.into_iter().take(MAX_DEFER_VARIABLES).collect();
            planning.deferring(&variables, &mut BTreeSet::new())?
        } else {
            planning.node(None, &BTreeMap::new())?
        };
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
}

impl Planning<'_> {
    /// One plan for each value of the variables that turn a `@defer` on.
    fn deferring(
        &self,
        undecided: &[Name],
        on: &mut BTreeSet<Name>,
    ) -> Result<Option<Node>, PlanError> {
        let Some((variable, rest)) = undecided.split_first() else {
            return self.node(Some(on), &BTreeMap::new());
        };
        on.insert(variable.clone());
        let with = self.deferring(rest, on)?;
        on.remove(variable);
        let without = self.deferring(rest, on)?;
        Ok(choice(variable, with, without))
    }

    /// The plan for given values of some variables.
    fn node(
        &self,
        defers: Option<&BTreeSet<Name>>,
        fixed: &BTreeMap<Name, bool>,
    ) -> Result<Option<Node>, PlanError> {
        let labels = &self.options.override_labels;
        let labels = self.model.labels.iter().map(|one| labels.contains(one));
        let mut session = Session::new(self.model, labels.collect());
        let root = &self.operation.selection_set;
        let normalizer = Normalizer {
            model: self.model,
            document: self.document,
            types: &mut session.types,
            selections: &mut session.selections,
            defers,
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
            && fixed.len() < MAX_ORDER_VARIABLES
            && let Some(variable) = undecided
        {
            return self.ordered(defers, fixed, &variable);
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
        defers: Option<&BTreeSet<Name>>,
        fixed: &BTreeMap<Name, bool>,
        variable: &Name,
    ) -> Result<Option<Node>, PlanError> {
        let with = |value| {
            let mut fixed = fixed.clone();
            fixed.insert(variable.clone(), value);
            self.node(defers, &fixed)
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

    /// Builds plans until one is known to be the cheapest, or the budget for alternatives is used up.
    fn cheapest(
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
        };
        builder.plan_set(top, set, demand)?;
        let mut graph = builder.graph;
        graph.finish();
        Ok(graph)
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

/// Adds a selection to a list that is read out of the response: a field once, its contents together.
fn merge_selection(list: &mut Vec<Selection>, selection: Selection) {
    let same = list.iter_mut().find(|known| match (&**known, &selection) {
        (Selection::Field(known), Selection::Field(field)) => {
            known.name == field.name && known.alias == field.alias
        }
        (Selection::Inline(known), Selection::Inline(inline)) => {
            known.type_condition == inline.type_condition
        }
        _ => false,
    });
    let Some(same) = same else {
        list.push(selection);
        return;
    };
    let (known, more) = match (same, selection) {
        (Selection::Field(known), Selection::Field(field)) => {
            (&mut known.selections, field.selections)
        }
        (Selection::Inline(known), Selection::Inline(inline)) => {
            (&mut known.selections, inline.selections)
        }
        _ => return,
    };
    for selection in more {
        merge_selection(known, selection);
    }
}

fn has_defer(document: &ExecutableDocument, operation: &Operation) -> bool {
    let mut found = false;
    each_defer(document, operation, &mut |_| found = true);
    found
}

fn defer_variables(
    document: &ExecutableDocument,
    operation: &Operation,
    variables: &mut BTreeSet<Name>,
) {
    each_defer(document, operation, &mut |condition| {
        if let Some(Value::Variable(name)) = condition {
            variables.insert(name.clone());
        }
    });
}

fn each_defer(
    document: &ExecutableDocument,
    operation: &Operation,
    visit: &mut dyn FnMut(Option<&Value>),
) {
    each_defer_in(&operation.selection_set, visit);
    for fragment in document.fragments.values() {
        each_defer_in(&fragment.selection_set, visit);
    }
}

fn each_defer_in(set: &SelectionSet, visit: &mut dyn FnMut(Option<&Value>)) {
    for selection in &set.selections {
        let (directives, below) = match selection {
            Selected::Field(field) => {
                each_defer_in(&field.selection_set, visit);
                continue;
            }
            Selected::InlineFragment(inline) => (&inline.directives, Some(&inline.selection_set)),
            Selected::FragmentSpread(spread) => (&spread.directives, None),
        };
        if let Some(defer) = directives.get("defer") {
            visit(defer.specified_argument_by_name("if").map(AsRef::as_ref));
        }
        if let Some(below) = below {
            each_defer_in(below, visit);
        }
    }
}
