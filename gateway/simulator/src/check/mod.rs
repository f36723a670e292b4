//! The plan checker: is a plan right, whatever the data?
//!
//! It knows nothing of how plans are made. It reads the supergraph's `join__*` directives itself (`model`), runs the plan
//! without subgraphs under every assignment of the Boolean variables that it depends on (`execute`), and so knows of each
//! object of each run-time type what the response holds at each moment (`knowledge`); then it looks for what the client
//! has selected (`cover`). Rules about a fetch or a plan on its own are in `validity` and `structure`.

mod asking;
mod assignment;
mod cheapest;
mod cost;
mod cover;
mod deferred;
mod execute;
mod fault;
mod fields;
mod holds;
mod knowledge;
mod model;
mod represent;
mod rules;
mod search;
mod select;
mod structure;
mod targets;
mod validity;
mod wanted;

#[cfg(test)]
mod cheapest_tests;
#[cfg(test)]
mod plan_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use apollo_compiler::{
    ExecutableDocument, ast::OperationType, executable::Operation, validation::Valid,
};
use federation::{
    PlanOptions, Supergraph,
    plan::{Node, Plan},
};

pub use cheapest::Cheapest;
pub use cost::Cost;
pub use fault::{Fault, Rule};

use crate::sdl::Subgraph;
use assignment::Assignment;
use cover::Client;
use execute::{Part, Run};
use fault::Faults;
use knowledge::Known;
use model::Model;

/// Checks the plans of one supergraph.
pub struct Checker<'a> {
    model: Model<'a>,
}

/// Checks one plan: what it costs, or all that is wrong with it.
pub fn check(
    supergraph: &Supergraph,
    subgraphs: &[Subgraph],
    document: &Valid<ExecutableDocument>,
    operation: &Operation,
    options: &PlanOptions,
    plan: &Plan,
) -> Result<Cost, Vec<Fault>> {
    Checker::new(supergraph, subgraphs).check(document, operation, options, plan)
}

impl<'a> Checker<'a> {
    /// A checker for a supergraph and the subgraphs that it was composed of.
    pub fn new(supergraph: &'a Supergraph, subgraphs: &'a [Subgraph]) -> Self {
        Self {
            model: Model::new(supergraph, subgraphs),
        }
    }

    /// Checks one plan: what it costs, or all that is wrong with it.
    pub fn check(
        &self,
        document: &Valid<ExecutableDocument>,
        operation: &Operation,
        options: &PlanOptions,
        plan: &Plan,
    ) -> Result<Cost, Vec<Fault>> {
        let mut faults = Faults::default();
        if let Some(node) = &plan.node {
            structure::not_empty(node, &mut faults);
            structure::no_duplicates(node, &mut faults);
            structure::each_fetch(node, &[], &mut |fetch, at| {
                structure::requires_shape(fetch, &mut faults);
                validity::fetch(&self.model, operation, fetch, at, &mut faults);
            });
        }
        let mut tally = Tally::default();
        for values in assignment::assignments(document, operation, plan) {
            self.under(
                &values,
                (document, operation),
                options,
                plan,
                &mut tally,
                &mut faults,
            );
        }
        // Conditions that exclude each other are the client's.
        if let Some(node) = &plan.node {
            structure::conditional(node, &mut tally.useful);
        }
        for fetch in tally.seen.difference(&tally.useful) {
            faults.add(
                Rule::Useful,
                format!("{fetch} never has anything to ask about"),
            );
        }
        faults.into_result(Cost::of(plan))
    }

    /// Checks what remains of a plan and its operation under one assignment.
    fn under(
        &self,
        values: &Assignment,
        (document, operation): (&ExecutableDocument, &Operation),
        options: &PlanOptions,
        plan: &Plan,
        tally: &mut Tally,
        faults: &mut Faults,
    ) {
        let node = plan
            .node
            .as_ref()
            .and_then(|node| assignment::node(node, values));
        let all = Client {
            model: &self.model,
            document,
            values,
            delivered: None,
        };
        let root = operation.object_type().as_str();
        let keys = structure::root_keys(&all.collect(root, &[&operation.selection_set]));
        let kept = Plan {
            kind: plan.kind,
            node: node.clone(),
        };
        structure::kinds(&kept, &keys, faults);
        if operation.operation_type == OperationType::Mutation {
            structure::mutation_order(plan.node.as_ref(), values, &keys, faults);
        }
        let mut run = Run {
            model: &self.model,
            options,
            faults,
            seen: &mut tally.seen,
            useful: &mut tally.useful,
            after: BTreeMap::new(),
            left_out: ids(plan.node.as_ref())
                .difference(&ids(node.as_ref()))
                .copied()
                .collect(),
            around: Vec::new(),
            parts: Vec::new(),
        };
        let start = Known::of([self.model.root_type(operation.operation_type)]);
        let primary = match &node {
            Some(node) => run.node(node, &[], start),
            None => start,
        };
        let parts = std::mem::take(&mut run.parts);
        let mut whole = primary.clone();
        for part in &parts {
            run.merge(&mut whole, &part.known);
        }
        all.covered(operation, &whole, run.faults);
        let labels = all.labels(operation);
        // Fragments of one label at several places do not come at once: which are there cannot be said by label.
        let is_clear = |part: &&Part| {
            let mut places = part.labels.iter().map(|label| labels.get(label));
            places.all(|places| places.is_none_or(|places| *places == 1))
        };
        // What the plan does not put off comes at once, wherever it is.
        let planned: BTreeSet<_> = parts.iter().map(|part| &part.name.0).collect();
        let mut at_once: BTreeSet<_> = labels.keys().cloned().collect();
        at_once.retain(|label| !planned.contains(label));
        let first = (!parts.is_empty()).then(|| (at_once.clone(), primary.clone()));
        let later: Vec<_> = parts
            .iter()
            .filter(is_clear)
            .map(|part| {
                let labels = part.labels.union(&at_once).cloned().collect();
                (labels, run.delivered(part, &parts, &primary))
            })
            .collect();
        for (delivered, known) in first.into_iter().chain(later) {
            let client = Client {
                delivered: Some(&delivered),
                ..all
            };
            client.covered(operation, &known, run.faults);
        }
        let defers = options.defer && operation.operation_type != OperationType::Subscription;
        let planned: BTreeSet<_> = parts.into_iter().map(|part| part.name).collect();
        let possible = if defers {
            all.parts(operation, true)
        } else {
            BTreeSet::new()
        };
        // Parts that are empty, or of types that cannot be, need no delivery of their own.
        let asked = all.parts(operation, false);
        let is_ignored = defers && planned.is_empty() && !asked.is_empty();
        if !planned.is_subset(&possible) || is_ignored && Cost::of(&kept).fetches > 1 {
            let message = format!("the client defers {asked:?}, the plan {planned:?}");
            faults.add(Rule::Deferred, message);
        }
    }
}

/// The fetches of a plan that deferred parts can depend on.
fn ids(node: Option<&Node>) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    if let Some(node) = node {
        structure::each_fetch(node, &[], &mut |fetch, _| found.extend(fetch.id));
    }
    found
}

/// Fetches of all assignments, and those that have had anything to ask about in one.
#[derive(Default)]
struct Tally {
    seen: BTreeSet<String>,
    useful: BTreeSet<String>,
}
