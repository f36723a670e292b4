//! The cheapest plan there is, found without a planner: by trying everything.
//!
//! What a fetch selects costs nothing that comes first (depth, then fetches), so each fetch is taken to select all that can
//! be of use ([`super::wanted`]) and that its subgraph resolves. Then a plan is no more than which subgraph is asked about
//! the objects at which path in which round, and small operations have few of those. Mutations and contexts are left
//! out.

use std::collections::BTreeSet;

use apollo_compiler::{
    ast::OperationType,
    executable::{ExecutableDocument, Operation},
};
use federation::{
    PlanOptions,
    plan::{Node, Plan},
};

use super::{
    Checker, Cost,
    asking::Asking,
    assignment, cost,
    cover::Client,
    fault::Faults,
    knowledge::Known,
    wanted::{Wants, conflicts},
};

/// Sets of fetches that are tried for one operation, at most.
const MAX_TRIED: usize = 20_000;

/// Ways to choose where fields are read that must not be read twice, at most.
const MAX_WAYS: usize = 64;

/// What trying everything has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cheapest {
    /// Nothing better.
    Same,
    /// Another plan needs fewer rounds, or as many, fewer fetches and no more requests: its fetches, round by round.
    Cheaper(Vec<Vec<String>>),
    /// Nothing is found that answers the operation at all: something is wrong with this search.
    Unanswerable,
    /// The operation is not of the kind that this can look at, or too large.
    OutOfBounds,
}

impl Checker<'_> {
    /// Looks for a plan that is cheaper than this one, when everything is selected that a condition may leave out.
    pub fn cheapest(
        &self,
        document: &ExecutableDocument,
        operation: &Operation,
        options: &PlanOptions,
        plan: &Plan,
    ) -> Cheapest {
        let is_mutation = operation.operation_type == OperationType::Mutation;
        let everything = assignment::everything(document, operation);
        let Some(values) = everything.filter(|_| !is_mutation) else {
            return Cheapest::OutOfBounds;
        };
        let node = plan.node.as_ref();
        let spared = node.map_or(0, cost::twins);
        let plan = Plan {
            kind: plan.kind,
            node: node.and_then(|node| assignment::node(node, &values)),
        };
        if matches!(plan.node, Some(Node::Defer { .. })) {
            return Cheapest::OutOfBounds;
        }
        let client = Client {
            model: &self.model,
            document,
            values: &values,
            delivered: None,
        };
        let wants = Wants {
            model: &self.model,
            client: &client,
            options,
        };
        let root = self.model.root_type(operation.operation_type);
        let mut wanted = wants.operation(&root, &operation.selection_set);
        if self.model.uses_contexts(&wanted) || conflicts(&self.model, &wanted) {
            return Cheapest::OutOfBounds;
        }
        let choices = wants.choices(&mut wanted);
        let mut search = Search {
            asking: Asking {
                model: &self.model,
                options,
                wanted: &wanted,
                chosen: Vec::new(),
                waits: true,
            },
            client: &client,
            operation,
            tried: 0,
        };
        let mut cost = Cost::of(&plan);
        cost.fetches = cost.fetches.saturating_sub(spared);
        let start = Known::of([root]);
        let found = search.run_all(&start, cost, &choices);
        if found != Cheapest::Unanswerable {
            return found;
        }
        // What is required of such objects may be asked of all of them at once, to be sooner: not to save a fetch.
        search.asking.waits = false;
        cost.requests = 0;
        search.run_all(&start, cost, &choices)
    }
}

/// What a cheaper plan may still spend.
#[derive(Clone, Copy)]
struct Budget {
    fetches: usize,
    requests: usize,
}

struct Search<'s, 'c> {
    asking: Asking<'s, 'c>,
    client: &'s Client<'s>,
    operation: &'s Operation,
    tried: usize,
}

impl<'s> Search<'s, '_> {
    /// Looks under each way to choose where fields are read that are read from one subgraph alone.
    fn run_all(&mut self, start: &Known, cost: Cost, choices: &[Vec<&'s str>]) -> Cheapest {
        let ways = choices.iter().try_fold(1_usize, |ways, choice| {
            let ways = ways.checked_mul(choice.len())?;
            (ways <= MAX_WAYS).then_some(ways)
        });
        let Some(ways) = ways else {
            return Cheapest::OutOfBounds;
        };
        let mut found = Cheapest::Unanswerable;
        for way in 0..ways {
            let mut rest = way;
            let chosen = choices.iter().map(|choice| {
                let one = choice[rest % choice.len()];
                rest /= choice.len();
                one
            });
            self.asking.chosen = chosen.collect();
            match self.run(start, cost) {
                Cheapest::Unanswerable => {}
                Cheapest::Same => found = Cheapest::Same,
                other => return other,
            }
        }
        // Where no one subgraph has all of a field, it has to be read from several after all.
        if found == Cheapest::Unanswerable && ways > 1 {
            return Cheapest::OutOfBounds;
        }
        found
    }

    fn run(&mut self, start: &Known, cost: Cost) -> Cheapest {
        let Some(depth) = self.rounds(start, cost.depth) else {
            return Cheapest::Unanswerable;
        };
        if cost.fetches == 0 {
            return Cheapest::Same;
        }
        // Fewer rounds are better whatever the number of fetches; otherwise fewer fetches in as many rounds.
        let budget = if depth < cost.depth {
            Budget {
                fetches: usize::MAX,
                requests: usize::MAX,
            }
        } else {
            Budget {
                fetches: cost.fetches.saturating_sub(1),
                requests: cost.requests,
            }
        };
        let mut rounds = Vec::new();
        if self.tried_all(start, depth, budget, &mut rounds) {
            Cheapest::Cheaper(rounds)
        } else if self.tried > MAX_TRIED {
            Cheapest::OutOfBounds
        } else {
            Cheapest::Same
        }
    }

    /// The rounds that it takes when everything that can be asked is asked; nothing, when that are more than so many.
    fn rounds(&self, start: &Known, most: usize) -> Option<usize> {
        let mut known = start.clone();
        for round in 0..=most {
            if self.is_answered(&known) {
                return Some(round);
            }
            let before = known.clone();
            for (_, _, after) in self.asking.steps(&before) {
                // Both have all of what was before, and add to it the same entries with the same fields.
                let _ = known.merge(&after);
            }
        }
        None
    }

    fn is_answered(&self, known: &Known) -> bool {
        let mut faults = Faults::default();
        self.client.covered(self.operation, known, &mut faults);
        faults.into_result(()).is_ok()
    }

    /// Tries every set of fetches for this round, and goes on with the next; the rounds found are added.
    fn tried_all(
        &mut self,
        known: &Known,
        rounds: usize,
        budget: Budget,
        found: &mut Vec<Vec<String>>,
    ) -> bool {
        if self.is_answered(known) {
            return true;
        }
        if rounds == 0 || budget.fetches == 0 || self.rounds(known, rounds).is_none() {
            return false;
        }
        let steps = self.asking.steps(known);
        if steps.len() > 16 {
            self.tried = usize::MAX;
            return false;
        }
        // In order of size, so that what is found is the least.
        let mut sets: Vec<u32> = (1..1_u32 << steps.len()).collect();
        sets.sort_by_key(|set| set.count_ones());
        for set in sets {
            let count = set.count_ones() as usize;
            if count > budget.fetches || self.tried > MAX_TRIED {
                break;
            }
            let chosen = || {
                let all = steps.iter().enumerate();
                all.filter(|(at, _)| set >> at & 1 == 1)
                    .map(|(_, step)| step)
            };
            let requests: BTreeSet<_> = chosen()
                .map(|(service, path, _)| (service, path.is_empty()))
                .collect();
            if requests.len() > budget.requests {
                continue;
            }
            self.tried += 1;
            let mut after = known.clone();
            let mut names = Vec::new();
            for (service, path, one) in chosen() {
                let _ = after.merge(one);
                names.push(format!("{service} at {}", path.join(".")));
            }
            found.push(names);
            let left = Budget {
                fetches: budget.fetches - count,
                requests: budget.requests - requests.len(),
            };
            if self.tried_all(&after, rounds - 1, left, found) {
                return true;
            }
            found.pop();
        }
        false
    }
}
