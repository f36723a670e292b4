//! Plans of which a part is deferred, next to what trying everything finds.
//!
//! What is not deferred has to be as cheap as the cheapest plan for it alone. A deferred part is searched for from what the
//! fetches of the plan around it have found out by the time, and what else of use they could have selected: keys and what is
//! required, but nothing that is deferred. It is late or in time by the round in which it can be delivered, which is not
//! before all that is around it; then fewer fetches are better. Objects that are there by then are not read again from where
//! they came, unless there is no other way. What comes early only under a condition, and is deferred without one, is out of
//! bounds.

use std::collections::{BTreeMap, BTreeSet};

use federation::plan::{Deferred, Node, PathElement, Primary};

use super::{
    Cheapest,
    assignment::{self, Label},
    cheapest::{Comparison, Setting},
    execute::Run,
    fault::Faults,
    knowledge::Known,
    search::Before,
};

/// What is around a deferred part.
struct Around {
    /// The labels that are delivered before it, one more each time.
    labels: Vec<BTreeSet<Label>>,
    /// When it can begin, and what is known then.
    round: usize,
    known: Known,
    /// What is asked by the plans around it.
    before: Vec<Before>,
}

impl Comparison<'_> {
    /// The primary and each part on its own.
    pub(super) fn deferred(
        &self,
        primary: &Primary,
        deferred: &[Deferred],
        root_key: Option<&str>,
    ) -> Cheapest {
        let mut labels = self.client(None).labels(self.operation);
        let mut planned = BTreeSet::new();
        labels_of(deferred, &mut planned);
        // Fragments of one label at several places cannot be told apart by it.
        if planned.iter().any(|label| labels.get(label) != Some(&1)) {
            return Cheapest::OutOfBounds;
        }
        labels.retain(|label, _| !planned.contains(label));
        let around = Around {
            labels: vec![labels.into_keys().collect()],
            round: 0,
            known: Known::of([self.model.root_type(self.operation.operation_type)]),
            before: Vec::new(),
        };
        let setting = Setting {
            root_key,
            delivered: around.labels.last(),
            ..Setting::default()
        };
        let first = self.compare(primary.node.as_deref(), setting);
        first.max(self.parts(primary, deferred, &around, root_key))
    }

    fn parts(
        &self,
        primary: &Primary,
        deferred: &[Deferred],
        around: &Around,
        root_key: Option<&str>,
    ) -> Cheapest {
        let mut schedule = Schedule {
            comparison: self,
            part: around.labels.len() - 1,
            before: around.before.clone(),
            answered: BTreeMap::new(),
        };
        let node = primary.node.as_deref();
        if let Some(node) = node.and_then(|node| assignment::node(node, self.values)) {
            schedule.node(&node, &[], around.round, around.known.clone());
        }
        let mut found = Cheapest::Same;
        for part in deferred {
            let mut inner = Around {
                labels: around.labels.clone(),
                round: around.round,
                known: around.known.clone(),
                before: schedule.before.clone(),
            };
            let mut delivered = around.labels.last().cloned().unwrap_or_default();
            delivered.insert(Label(part.label.clone()));
            inner.labels.push(delivered);
            for (round, known) in part
                .depends
                .iter()
                .filter_map(|id| schedule.answered.get(id))
            {
                inner.round = inner.round.max(*round);
                let _ = inner.known.merge(known);
            }
            let node = part.node.as_deref();
            let node = node.and_then(|node| assignment::chosen(node, self.values));
            let own = match node {
                Some(Node::Defer { primary, .. }) => primary.node.as_deref(),
                other => other,
            };
            let setting = Setting {
                root_key,
                early: &around.labels,
                delivered: inner.labels.last(),
                before: &schedule.before,
                start: inner.round,
            };
            found = found.max(self.compare(own, setting));
            if let Some(Node::Defer { primary, deferred }) = node {
                found = found.max(self.parts(primary, deferred, &inner, root_key));
            }
        }
        found
    }
}

/// Runs a plan, and notes when each fetch is asked.
struct Schedule<'s, 'c> {
    comparison: &'s Comparison<'c>,
    /// How many deferred parts it is in.
    part: usize,
    before: Vec<Before>,
    /// By a fetch's number, the round after which it is answered, and what is known then.
    answered: BTreeMap<u32, (usize, Known)>,
}

impl Schedule<'_, '_> {
    /// The round after which a node is done that begins in one, and what is known then.
    fn node(
        &mut self,
        node: &Node,
        at: &[PathElement],
        round: usize,
        known: Known,
    ) -> (usize, Known) {
        match node {
            Node::Sequence(nodes) => nodes.iter().fold((round, known), |(round, known), node| {
                self.node(node, at, round, known)
            }),
            Node::Parallel(nodes) => {
                let (mut last, mut all) = (round, known.clone());
                for node in nodes {
                    let (end, one) = self.node(node, at, round, known.clone());
                    last = last.max(end);
                    let _ = all.merge(&one);
                }
                (last, all)
            }
            Node::Flatten { path, node } => self.node(node, path, round, known),
            Node::Fetch(fetch) => {
                let known = self.answer(node, at, known);
                let keys = at.iter().filter_map(|step| match step {
                    PathElement::Key(key) => Some(key.clone()),
                    PathElement::List | PathElement::Types(_) => None,
                });
                self.before.push(Before {
                    round,
                    service: fetch.service.clone(),
                    path: keys.collect(),
                    part: self.part,
                    known: known.clone(),
                });
                if let Some(id) = fetch.id {
                    self.answered.insert(id, (round + 1, known.clone()));
                }
                (round + 1, known)
            }
            Node::Condition { .. } | Node::Subscription { .. } | Node::Defer { .. } => {
                (round, known)
            }
        }
    }

    fn answer(&self, fetch: &Node, at: &[PathElement], known: Known) -> Known {
        let mut run = Run {
            model: self.comparison.model,
            options: self.comparison.options,
            faults: &mut Faults::default(),
            seen: &mut BTreeSet::new(),
            useful: &mut BTreeSet::new(),
            after: BTreeMap::new(),
            left_out: BTreeSet::new(),
            around: Vec::new(),
            parts: Vec::new(),
        };
        run.node(fetch, at, known)
    }
}

fn labels_of(deferred: &[Deferred], found: &mut BTreeSet<Label>) {
    for part in deferred {
        found.insert(Label(part.label.clone()));
        if let Some(Node::Defer { deferred, .. }) = part.node.as_deref() {
            labels_of(deferred, found);
        }
    }
}
