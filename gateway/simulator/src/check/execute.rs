//! Runs a plan without subgraphs: what the response holds after each node.

use std::collections::{BTreeMap, BTreeSet};

use apollo_compiler::ast::OperationType;
use federation::{
    PlanOptions,
    plan::{Deferred, Fetch, Node, PathElement, Primary, Rewrite},
};

use super::{
    assignment::Label,
    cover::PartName,
    fault::{Faults, Rule},
    knowledge::{Clash, Known},
    model::Model,
    select::Selecting,
    targets::{self, Target},
};

/// A plan's run under one assignment of variables.
pub(super) struct Run<'c> {
    pub(super) model: &'c Model<'c>,
    pub(super) options: &'c PlanOptions,
    pub(super) faults: &'c mut Faults,
    /// Fetches, and those that have had objects to ask about.
    pub(super) seen: &'c mut BTreeSet<String>,
    pub(super) useful: &'c mut BTreeSet<String>,
    /// What was known once a fetch was answered.
    pub(super) after: BTreeMap<u32, Known>,
    /// Fetches that this assignment leaves out.
    pub(super) left_out: BTreeSet<u32>,
    /// The labels of the deferred parts around.
    pub(super) around: Vec<Label>,
    /// Parts that are delivered on their own.
    pub(super) parts: Vec<Part>,
}

/// A part of an answer.
pub(super) struct Part {
    pub(super) name: PartName,
    /// Its label, and those of the deferred parts around it: they have been delivered with it or before it.
    pub(super) labels: BTreeSet<Label>,
    /// What is known once it can be delivered, without what has been delivered before.
    pub(super) known: Known,
}

impl Run<'_> {
    /// What is known after a node, when `known` is before it. `at` is the path of the flatten around it.
    pub(super) fn node(&mut self, node: &Node, at: &[PathElement], known: Known) -> Known {
        match node {
            Node::Sequence(nodes) => nodes
                .iter()
                .fold(known, |known, node| self.node(node, at, known)),
            Node::Parallel(nodes) => {
                let mut all = known.clone();
                for node in nodes {
                    let one = self.node(node, at, known.clone());
                    self.merge(&mut all, &one);
                }
                all
            }
            Node::Fetch(fetch) => self.fetch(fetch, at, known),
            Node::Flatten { path, node } => {
                if !matches!(**node, Node::Fetch(_)) {
                    self.faults.add(
                        Rule::Path,
                        "a flatten is around something else than a fetch",
                    );
                }
                self.node(node, path, known)
            }
            // Assignments leave none.
            Node::Condition { .. } => known,
            Node::Subscription { primary, rest } => {
                let known = self.fetch(primary, at, known);
                match rest {
                    Some(rest) => self.node(rest, at, known),
                    None => known,
                }
            }
            Node::Defer { primary, deferred } => self.defer(primary, deferred, &known),
        }
    }

    pub(super) fn merge(&mut self, into: &mut Known, other: &Known) {
        if let Err(Clash(clash)) = into.merge(other) {
            self.faults.add(Rule::NoClash, clash);
        }
    }

    /// What is known once the primary is answered; the parts are noted.
    fn defer(&mut self, primary: &Primary, deferred: &[Deferred], before: &Known) -> Known {
        let first = match &primary.node {
            Some(node) => self.node(node, &[], before.clone()),
            None => before.clone(),
        };
        for part in deferred {
            let mut known = before.clone();
            for id in &part.depends {
                match self.after.get(id).cloned() {
                    Some(after) => self.merge(&mut known, &after),
                    None if self.left_out.contains(id) => {}
                    None => self.faults.add(
                        Rule::Deferred,
                        format!("a part depends on fetch {id}, which is not before it"),
                    ),
                }
            }
            let label = Label(part.label.clone());
            self.around.push(label.clone());
            if let Some(node) = &part.node {
                known = self.node(node, &[], known);
            }
            self.parts.push(Part {
                name: (label, part_path(&part.path)),
                labels: self.around.iter().cloned().collect(),
                known,
            });
            self.around.pop();
        }
        first
    }

    /// What is known when a part is delivered, after the primary and the parts around it.
    pub(super) fn delivered(&mut self, part: &Part, parts: &[Part], primary: &Known) -> Known {
        let mut known = primary.clone();
        self.merge(&mut known, &part.known);
        for other in parts
            .iter()
            .filter(|other| other.labels.is_subset(&part.labels))
        {
            self.merge(&mut known, &other.known);
        }
        known
    }

    fn fetch(&mut self, fetch: &Fetch, at: &[PathElement], mut known: Known) -> Known {
        let name = describe(fetch, at);
        self.seen.insert(name.clone());
        let Some(service) = self.model.service(&fetch.service) else {
            // Its validation says so.
            self.useful.insert(name);
            return known;
        };
        let renamed = renames(fetch, self.faults);
        let found = match targets::find(self.model, &known, at) {
            Ok(Some(found)) => found,
            Ok(None) => {
                self.useful.insert(name);
                return known;
            }
            Err(fault) => {
                self.faults.add(fault.0, format!("{name}: {}", fault.1));
                return known;
            }
        };
        let before = known.clone();
        for target in found {
            let mut selecting = Selecting {
                model: self.model,
                options: self.options,
                faults: self.faults,
                service,
                fetch,
                name: &name,
                renamed: &renamed,
            };
            let start = if fetch.is_entities() {
                selecting.represent(&before, &target, at)
            } else {
                selecting.root(&target)
            };
            let Some(start) = start else { continue };
            self.useful.insert(name.clone());
            if let Some(object) = target.object_mut(&mut known) {
                selecting.select(&start, &fetch.selections, object);
            }
        }
        if let Some(id) = fetch.id {
            self.after.insert(id, known.clone());
        }
        known
    }
}

impl Selecting<'_> {
    /// Root fields are asked of an object of a root type.
    fn root(&mut self, target: &Target) -> Option<super::select::Place> {
        let kind = match self.fetch.kind {
            federation::plan::OperationKind::Query => OperationType::Query,
            federation::plan::OperationKind::Mutation => OperationType::Mutation,
            federation::plan::OperationKind::Subscription => OperationType::Subscription,
        };
        if self.model.root_type(kind) != target.ty {
            let message = format!("{}: root fields are put into a {}", self.name, target.ty);
            self.faults.add(Rule::Path, message);
            return None;
        }
        Some(super::select::Place {
            ty: target.ty.clone(),
            subgraph_type: self.service.root_type(kind)?,
            provided: Vec::new(),
            representation: None,
        })
    }
}

/// A part's path without its types.
fn part_path(path: &[PathElement]) -> String {
    let mut text = String::new();
    for element in path {
        match element {
            PathElement::Key(key) => {
                text.push('.');
                text.push_str(key);
            }
            PathElement::List => text.push_str(".@"),
            PathElement::Types(_) => {}
        }
    }
    text
}

/// How a fetch is called in messages, the same in each assignment.
pub(super) fn describe(fetch: &Fetch, at: &[PathElement]) -> String {
    let mut text = format!("fetch of {}", fetch.service);
    if !at.is_empty() {
        let elements: Vec<_> = at.iter().map(element).collect();
        text = format!("{text} at {}", elements.join("."));
    }
    if fetch.is_entities() {
        text.push_str(" for ");
        federation::plan::write_selections(&mut text, &fetch.requires);
    }
    text
}

fn element(element: &PathElement) -> String {
    match element {
        PathElement::Key(key) => key.clone(),
        PathElement::List => "@".to_owned(),
        PathElement::Types(types) => format!("[{}]", types.join("|")),
    }
}

/// The keys under which aliased fields are merged.
fn renames(fetch: &Fetch, faults: &mut Faults) -> BTreeMap<String, String> {
    let mut renamed = BTreeMap::new();
    for rewrite in &fetch.output_rewrites {
        let Rewrite::RenameKey { path, key } = rewrite else {
            faults.add(Rule::Rewrites, "an answer's value is overwritten");
            continue;
        };
        let Some(federation::plan::RewriteElement::Key(alias)) = path.last() else {
            faults.add(Rule::Rewrites, "a rename's path does not end with a key");
            continue;
        };
        let known = renamed.insert(alias.clone(), key.clone());
        if known.is_some_and(|known| known != *key) {
            faults.add(Rule::Rewrites, format!("{alias} has two names"));
        }
    }
    renamed
}
