//! The cheapest plan there is, found without a planner: by trying everything.
//!
//! What a fetch selects costs nothing that comes first (depth, then fetches), so each fetch is taken to select all that can
//! be of use ([`super::wanted`]) and that its subgraph resolves. Then a plan is no more than which subgraph is asked about
//! the objects at which path in which round, and small operations have few of those ([`super::search`]).
//!
//! A mutation's root fields run one after the other, so each is compared on its own, with the steps from its request to the
//! next one's; of those that share a request, all but the last need nothing else. What is deferred is compared apart from
//! what is not: see [`super::deferred`].

use std::collections::BTreeSet;

use apollo_compiler::{
    ast::OperationType,
    executable::{ExecutableDocument, Operation},
};
use federation::{
    PlanOptions,
    plan::{Node, OperationKind, Plan},
};

use super::{
    Checker, Cost,
    asking::{Asking, Reads},
    assignment::{self, Assignment, Label},
    cost,
    cover::Client,
    model::Model,
    search::{Before, Search},
    structure,
    wanted::{Wanted, Wants, conflicts, may_be_late, put_off},
};

/// What trying everything has found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cheapest {
    /// Nothing better.
    Same,
    /// The operation is not of the kind that this can look at, or too large.
    OutOfBounds,
    /// Nothing is found that answers the operation at all: something is wrong with this search.
    Unanswerable,
    /// Another plan needs fewer rounds, or as many, fewer fetches and no more requests: its fetches, round by round.
    Cheaper(Vec<Vec<String>>),
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
        let (values, is_torn) = assignment::everything(document, operation);
        if is_torn && plan.node.as_ref().is_some_and(structure::has_choices) {
            return Cheapest::OutOfBounds;
        }
        let nothing = assignment::nothing(document, operation);
        let comparison = Comparison {
            model: &self.model,
            document,
            operation,
            options,
            values: &values,
            nothing: &nothing,
        };
        let node = plan.node.as_ref();
        let node = node.and_then(|node| assignment::chosen(node, &values));
        let found = match operation.operation_type {
            OperationType::Mutation => comparison.mutation(node),
            _ => comparison.answer(node, None),
        };
        match found {
            // What a condition selects inside one that excludes it is never there.
            Cheapest::Unanswerable if is_torn => Cheapest::OutOfBounds,
            found => found,
        }
    }
}

/// A plan next to what trying everything finds, under one assignment.
pub(super) struct Comparison<'c> {
    pub(super) model: &'c Model<'c>,
    pub(super) document: &'c ExecutableDocument,
    pub(super) operation: &'c Operation,
    pub(super) options: &'c PlanOptions,
    pub(super) values: &'c Assignment,
    /// What is selected under this one is always selected.
    nothing: &'c Assignment,
}

/// What a part of a plan is for, and what it is part of.
#[derive(Clone, Copy, Default)]
pub(super) struct Setting<'s> {
    /// The root field that it answers; nothing: all of them.
    pub(super) root_key: Option<&'s str>,
    /// The labels of what is delivered before it, one more each time; none: it is no deferred part.
    pub(super) early: &'s [BTreeSet<Label>],
    /// Those of what is delivered with it; nothing: all is.
    pub(super) delivered: Option<&'s BTreeSet<Label>>,
    /// What is asked anyway.
    pub(super) before: &'s [Before],
    /// The round in which its own first request is made.
    pub(super) start: usize,
}

impl Comparison<'_> {
    /// Each root field on its own.
    fn mutation(&self, node: Option<&Node>) -> Cheapest {
        let mut steps = Vec::new();
        if let Some(node) = node {
            self.steps(node, &mut steps);
        }
        let mut found = Cheapest::Same;
        while let Some((first, rest)) = steps.split_first() {
            let others = rest.iter().position(|step| self.root_key(step).is_some());
            let (own, rest) = steps.split_at(1 + others.unwrap_or(rest.len()));
            let key = self.root_key(first);
            let all;
            let node = if let [one] = own {
                *one
            } else {
                all = Node::Sequence(own.iter().map(|one| (*one).clone()).collect());
                &all
            };
            found = found.max(self.answer(Some(node), key.as_deref()));
            steps = rest.to_vec();
        }
        found
    }

    /// What runs one after the other.
    fn steps<'n>(&self, node: &'n Node, steps: &mut Vec<&'n Node>) {
        match assignment::chosen(node, self.values) {
            Some(Node::Sequence(nodes)) => {
                for node in nodes {
                    self.steps(node, steps);
                }
            }
            Some(_) => steps.push(node),
            None => {}
        }
    }

    /// The last root field that a step of a mutation begins with, if it is a root field's first.
    fn root_key(&self, step: &Node) -> Option<String> {
        match assignment::chosen(step, self.values)? {
            Node::Fetch(fetch) if fetch.kind == OperationKind::Mutation => {
                let fetch = assignment::fetch(fetch, self.values)?;
                structure::response_keys(&fetch.selections).pop()
            }
            Node::Sequence(nodes) => self.root_key(nodes.first()?),
            Node::Defer { primary, .. } => self.root_key(primary.node.as_deref()?),
            _ => None,
        }
    }

    /// A plan, or a mutation's part for one root field.
    fn answer(&self, node: Option<&Node>, root_key: Option<&str>) -> Cheapest {
        let node = node.and_then(|node| assignment::chosen(node, self.values));
        match node {
            Some(Node::Defer { primary, deferred }) => self.deferred(primary, deferred, root_key),
            _ => self.compare(
                node,
                Setting {
                    root_key,
                    ..Setting::default()
                },
            ),
        }
    }

    /// What one part of the answer costs.
    pub(super) fn compare(&self, node: Option<&Node>, setting: Setting<'_>) -> Cheapest {
        let client = self.client(setting.delivered);
        let mut wanted = self.wanted(&client, setting.root_key);
        let late = self.wanted(&self.always(setting.delivered), setting.root_key);
        for early in setting.early {
            let always = self.wanted(&self.always(Some(early)), setting.root_key);
            let early = self.wanted(&self.client(Some(early)), setting.root_key);
            if may_be_late(&late, &early, Some(&always)) {
                return Cheapest::OutOfBounds;
            }
            put_off(&mut wanted, Some(&early));
        }
        let wants = self.wants(&client);
        let mut wanted = wants.with_extras(wanted);
        if conflicts(self.model, &wanted) {
            return Cheapest::OutOfBounds;
        }
        let choices = wants.choices(&mut wanted);
        let asking = Asking {
            model: self.model,
            options: self.options,
            wanted: &wanted,
            chosen: Vec::new(),
            waits: true,
            reads: Reads::All,
        };
        let mut search = Search::new(asking, &client, self.operation, setting);
        let cost = self.cost(node, setting);
        // What cannot be read of the objects that are there is read with objects of its own.
        let reads: &[Reads] = match setting.early.len() {
            0 => &[Reads::All],
            part => &[Reads::Only(part), Reads::All],
        };
        let mut found = Cheapest::Unanswerable;
        for reads in reads {
            search.asking.reads = *reads;
            search.asking.waits = true;
            found = search.run_all(cost, &choices);
            if found == Cheapest::Unanswerable {
                // What is required of such objects may be asked of all of them at once, to be sooner: not to save a fetch.
                search.asking.waits = false;
                let cost = Cost {
                    requests: 0,
                    ..cost
                };
                found = search.run_all(cost, &choices);
            }
            if found != Cheapest::Unanswerable {
                break;
            }
        }
        found
    }

    pub(super) fn client<'s>(&'s self, delivered: Option<&'s BTreeSet<Label>>) -> Client<'s> {
        Client {
            model: self.model,
            document: self.document,
            values: self.values,
            delivered,
        }
    }

    /// The same, with nothing that a condition may leave out.
    fn always<'s>(&'s self, delivered: Option<&'s BTreeSet<Label>>) -> Client<'s> {
        Client {
            values: self.nothing,
            ..self.client(delivered)
        }
    }

    fn wants<'s>(&'s self, client: &'s Client<'s>) -> Wants<'s> {
        Wants {
            model: self.model,
            client,
            options: self.options,
        }
    }

    fn wanted(&self, client: &Client<'_>, root_key: Option<&str>) -> Wanted {
        let root = self.model.root_type(self.operation.operation_type);
        let wants = self.wants(client);
        let mut wanted = wants.of_client(&root, &self.operation.selection_set);
        for fields in wanted.values_mut() {
            fields.retain(|key, _| root_key.is_none_or(|own| own == key));
        }
        wanted
    }

    /// What a node costs, counted from the first round.
    fn cost(&self, node: Option<&Node>, setting: Setting<'_>) -> Cost {
        let kept = node.and_then(|node| assignment::node(node, self.values));
        let mut cost = kept.as_ref().map(Cost::of_node).unwrap_or_default();
        cost.fetches = cost.fetches.saturating_sub(node.map_or(0, cost::twins));
        let around = setting.before.iter().map(|one| one.round + 1).max();
        cost.depth = (setting.start + cost.depth).max(around.unwrap_or(0));
        cost
    }
}
