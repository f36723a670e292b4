//! Rules about a plan's form: what its operation's kind asks for, nothing empty, nothing twice.

use std::collections::BTreeSet;

use apollo_compiler::executable::Field;
use federation::plan::{Fetch, Node, OperationKind, PathElement, Plan, Selection};

use super::{
    assignment::{self, Assignment},
    execute::describe,
    fault::{Faults, Rule},
};

/// Calls for every fetch of a plan, with the path around it.
pub(super) fn each_fetch<'p>(
    node: &'p Node,
    at: &'p [PathElement],
    visit: &mut dyn FnMut(&'p Fetch, &'p [PathElement]),
) {
    match node {
        Node::Sequence(nodes) | Node::Parallel(nodes) => {
            nodes.iter().for_each(|node| each_fetch(node, at, visit));
        }
        Node::Fetch(fetch) => visit(fetch, at),
        Node::Flatten { path, node } => each_fetch(node, path, visit),
        Node::Condition {
            if_clause,
            else_clause,
            ..
        } => {
            let clauses = [if_clause, else_clause].into_iter().flatten();
            clauses.for_each(|node| each_fetch(node, at, visit));
        }
        Node::Subscription { primary, rest } => {
            visit(primary, at);
            rest.iter().for_each(|node| each_fetch(node, at, visit));
        }
        Node::Defer { primary, deferred } => {
            primary
                .node
                .iter()
                .for_each(|node| each_fetch(node, at, visit));
            let parts = deferred.iter().filter_map(|part| part.node.as_deref());
            parts.for_each(|node| each_fetch(node, at, visit));
        }
    }
}

/// Nothing is empty.
pub(super) fn not_empty(node: &Node, faults: &mut Faults) {
    let mut empty = |what: &str| faults.add(Rule::NotEmpty, format!("{what} is empty"));
    match node {
        Node::Sequence(nodes) | Node::Parallel(nodes) => {
            if nodes.is_empty() {
                empty("a sequence or parallel");
            }
            nodes.iter().for_each(|node| not_empty(node, faults));
        }
        Node::Fetch(fetch) => hollow(&fetch.selections, faults),
        Node::Flatten { node, .. } => not_empty(node, faults),
        Node::Condition {
            if_clause,
            else_clause,
            ..
        } => {
            if if_clause.is_none() && else_clause.is_none() {
                empty("a condition");
            }
            let clauses = [if_clause, else_clause].into_iter().flatten();
            clauses.for_each(|node| not_empty(node, faults));
        }
        Node::Subscription { primary, rest } => {
            hollow(&primary.selections, faults);
            rest.iter().for_each(|node| not_empty(node, faults));
        }
        Node::Defer { primary, deferred } => {
            if deferred.is_empty() {
                empty("a defer");
            }
            let parts = deferred.iter().filter_map(|part| part.node.as_deref());
            let nodes = primary.node.as_deref().into_iter().chain(parts);
            nodes.for_each(|node| not_empty(node, faults));
        }
    }
}

fn hollow(selections: &[Selection], faults: &mut Faults) {
    if selections.is_empty() {
        faults.add(Rule::NotEmpty, "a fetch is empty");
    }
    for selection in selections {
        match selection {
            Selection::Inline(inline) if inline.selections.is_empty() => {
                let message = format!("a fragment on {} is empty", inline.type_condition);
                faults.add(Rule::NotEmpty, message);
            }
            Selection::Inline(inline) => hollow(&inline.selections, faults),
            Selection::Field(field) if field.selections.is_empty() => {}
            Selection::Field(field) => hollow(&field.selections, faults),
        }
    }
}

/// `requires` is fragments on types, each with `__typename`.
pub(super) fn requires_shape(fetch: &Fetch, faults: &mut Faults) {
    let mut types = Vec::new();
    for selection in &fetch.requires {
        let Selection::Inline(inline) = selection else {
            faults.add(Rule::RequiresShape, "a field is required of no type");
            continue;
        };
        let has_type = inline
            .selections
            .iter()
            .any(|one| matches!(one, Selection::Field(field) if field.name == "__typename"));
        if !has_type {
            let message = format!("__typename of a {} is not sent", inline.type_condition);
            faults.add(Rule::RequiresShape, message);
        }
        if types.contains(&&inline.type_condition) {
            let message = format!("two fragments are on {}", inline.type_condition);
            faults.add(Rule::RequiresShape, message);
        }
        types.push(&inline.type_condition);
    }
}

/// The kinds of fetches, and a subscription's form.
pub(super) fn kinds(plan: &Plan, root_keys: &[String], faults: &mut Faults) {
    let Some(root) = &plan.node else { return };
    let is_wrong = |fetch: &Fetch, at: &[PathElement]| match plan.kind {
        OperationKind::Mutation if !fetch.is_entities() && at.is_empty() => {
            fetch.kind != OperationKind::Mutation
        }
        _ => fetch.kind != OperationKind::Query,
    };
    match (plan.kind, root) {
        (OperationKind::Subscription, Node::Subscription { primary, rest }) => {
            let keys = response_keys(&primary.selections);
            if keys != root_keys || keys.len() != 1 || primary.kind != OperationKind::Subscription {
                let message = format!("the primary asks for {keys:?} instead of {root_keys:?}");
                faults.add(Rule::Subscription, message);
            }
            if let Some(rest) = rest {
                kinds_below(rest, &is_wrong, faults);
            }
        }
        (OperationKind::Subscription, _) => {
            faults.add(Rule::Subscription, "the plan listens to nothing");
        }
        (_, node) => kinds_below(node, &is_wrong, faults),
    }
}

fn kinds_below(
    node: &Node,
    is_wrong: &dyn Fn(&Fetch, &[PathElement]) -> bool,
    faults: &mut Faults,
) {
    each_fetch(node, &[], &mut |fetch, at| {
        if is_wrong(fetch, at) {
            let message = format!("{} is a {}", describe(fetch, at), fetch.kind.as_str());
            faults.add(Rule::Kind, message);
        }
    });
}

/// A mutation's steps under one assignment: `root_keys` are what the client asks for, in order.
pub(super) fn mutation_order(
    node: Option<&Node>,
    values: &Assignment,
    root_keys: &[String],
    faults: &mut Faults,
) {
    let mut steps = Vec::new();
    if let Some(node) = node {
        linear(node, values, &[], &mut steps, faults);
    }
    let mut asked: Vec<String> = Vec::new();
    let mut last: Option<Fetch> = None;
    for step in steps {
        let Step::Fetch(fetch, at) = step else {
            last = None;
            continue;
        };
        if fetch.is_entities() || !at.is_empty() {
            let of = at.iter().find_map(|element| match element {
                PathElement::Key(key) => Some(key),
                _ => None,
            });
            // Of a field that is not asked there are no objects.
            if of.is_some_and(|key| root_keys.contains(key)) && of != asked.last() {
                let message = format!("{} is not before the next root field", describe(&fetch, at));
                faults.add(Rule::MutationOrder, message);
            }
            last = None;
            continue;
        }
        if last.is_some_and(|before| before.service == fetch.service) {
            let message = format!("neighbours are asked of {} apart", fetch.service);
            faults.add(Rule::NoDuplicate, message);
        }
        asked.extend(response_keys(&fetch.selections));
        last = Some(fetch);
    }
    if asked != root_keys {
        let message = format!("root fields are asked as {asked:?} instead of {root_keys:?}");
        faults.add(Rule::MutationOrder, message);
    }
}

/// Whether it depends on a variable which of two ways is gone, or when a part is delivered.
pub(super) fn has_choices(node: &Node) -> bool {
    match node {
        Node::Sequence(nodes) | Node::Parallel(nodes) => nodes.iter().any(has_choices),
        Node::Fetch(_) | Node::Flatten { .. } => false,
        Node::Condition {
            if_clause,
            else_clause,
            ..
        } => {
            let both = if_clause.is_some() && else_clause.is_some();
            let mut clauses = [if_clause, else_clause].into_iter().flatten();
            both || clauses.any(|node| has_choices(node))
        }
        Node::Subscription { rest, .. } => rest.as_deref().is_some_and(has_choices),
        Node::Defer { .. } => true,
    }
}

/// The fetches that depend on a variable's value, by name.
pub(super) fn conditional(node: &Node, found: &mut BTreeSet<String>) {
    match node {
        Node::Condition { .. } => each_fetch(node, &[], &mut |fetch, at| {
            found.insert(describe(fetch, at));
        }),
        Node::Sequence(nodes) | Node::Parallel(nodes) => {
            nodes.iter().for_each(|node| conditional(node, found));
        }
        Node::Fetch(_) | Node::Flatten { .. } => {}
        Node::Subscription { rest, .. } => rest.iter().for_each(|node| conditional(node, found)),
        Node::Defer { primary, deferred } => {
            let parts = deferred.iter().filter_map(|part| part.node.as_deref());
            let nodes = primary.node.as_deref().into_iter().chain(parts);
            nodes.for_each(|node| conditional(node, found));
        }
    }
}

/// A step of a mutation.
enum Step<'p> {
    Fetch(Fetch, &'p [PathElement]),
    /// Here is something under another assignment, or a field begins or ends of which a part is deferred: the root fields
    /// before and after it are not asked together.
    Gap,
}

fn linear<'p>(
    node: &'p Node,
    values: &Assignment,
    at: &'p [PathElement],
    steps: &mut Vec<Step<'p>>,
    faults: &mut Faults,
) {
    match node {
        Node::Sequence(nodes) => {
            for node in nodes {
                linear(node, values, at, steps, faults);
            }
        }
        Node::Parallel(nodes) => {
            for node in nodes {
                let before = steps.len();
                linear(node, values, at, steps, faults);
                let is_root = |step: &Step<'_>| match step {
                    Step::Fetch(fetch, at) => !fetch.is_entities() && at.is_empty(),
                    Step::Gap => false,
                };
                if steps[before..].iter().any(is_root) {
                    faults.add(
                        Rule::MutationOrder,
                        "a root field has neighbours in parallel",
                    );
                }
            }
        }
        Node::Defer { primary, .. } => {
            steps.push(Step::Gap);
            if let Some(node) = &primary.node {
                linear(node, values, at, steps, faults);
            }
            steps.push(Step::Gap);
        }
        Node::Condition { .. } => match assignment::chosen(node, values) {
            Some(chosen) => linear(chosen, values, at, steps, faults),
            None => steps.push(Step::Gap),
        },
        Node::Flatten { path, node } => linear(node, values, path, steps, faults),
        Node::Fetch(fetch) => steps.push(match assignment::fetch(fetch, values) {
            Some(fetch) => Step::Fetch(fetch, at),
            None => Step::Gap,
        }),
        Node::Subscription { .. } => {}
    }
}

pub(super) fn response_keys(selections: &[Selection]) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for selection in selections {
        let more = match selection {
            Selection::Field(field) => vec![field.response_key().to_owned()],
            Selection::Inline(inline) => response_keys(&inline.selections),
        };
        for key in more {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    keys
}

/// Fetches of the same objects from the same subgraph could be one. A mutation's root fields, and parts that are deferred or
/// depend on other conditions, are apart on purpose.
pub(super) fn no_duplicates(node: &Node, faults: &mut Faults) {
    let mut seen = Vec::new();
    duplicates_below(node, &mut seen, faults);
}

fn duplicates_below<'p>(
    node: &'p Node,
    seen: &mut Vec<(&'p Fetch, &'p [PathElement])>,
    faults: &mut Faults,
) {
    match node {
        Node::Sequence(nodes) | Node::Parallel(nodes) => {
            nodes
                .iter()
                .for_each(|node| duplicates_below(node, seen, faults));
        }
        Node::Fetch(_) | Node::Flatten { .. } => each_fetch(node, &[], &mut |fetch, at| {
            let is_same = |(other, path): &(&Fetch, &[PathElement])| {
                other.service == fetch.service
                    && *path == at
                    && other.requires == fetch.requires
                    && other.contexts == fetch.contexts
            };
            if fetch.kind != OperationKind::Mutation && seen.iter().any(is_same) {
                faults.add(
                    Rule::NoDuplicate,
                    format!("{} is there twice", describe(fetch, at)),
                );
            }
            seen.push((fetch, at));
        }),
        Node::Condition {
            if_clause,
            else_clause,
            ..
        } => {
            for node in [if_clause, else_clause].into_iter().flatten() {
                no_duplicates(node, faults);
            }
        }
        Node::Subscription { rest, .. } => {
            rest.iter()
                .for_each(|node| duplicates_below(node, seen, faults));
        }
        Node::Defer { primary, deferred } => {
            let parts = deferred.iter().filter_map(|part| part.node.as_deref());
            for node in primary.node.as_deref().into_iter().chain(parts) {
                no_duplicates(node, faults);
            }
        }
    }
}

/// The fields of an operation's root that subgraphs answer.
pub(super) fn root_keys(collected: &[(String, Vec<&Field>)]) -> Vec<String> {
    let asked = collected.iter().filter(|(_, fields)| {
        fields
            .first()
            .is_some_and(|field| !field.name.starts_with("__"))
    });
    asked.map(|(key, _)| key.clone()).collect()
}
