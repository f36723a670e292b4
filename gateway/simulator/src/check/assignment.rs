//! Conditions: a plan and an operation are looked at under each assignment of the Boolean variables that they depend on,
//! so that everything after this is unconditional.

use std::collections::{BTreeMap, BTreeSet};

use apollo_compiler::{
    ExecutableDocument,
    ast::{self, Value},
    executable,
};
use federation::plan::{Conditions, Fetch, Node, Plan, Primary, Selection};

/// All assignments of so many variables are looked at; of more, those in which all are alike but one at most.
const MAX_EXHAUSTIVE: usize = 6;

/// Values of Boolean variables.
pub(super) type Assignment = BTreeMap<String, bool>;

/// The assignments that tell apart what an operation and its plan do.
pub(super) fn assignments(
    document: &ExecutableDocument,
    operation: &executable::Operation,
    plan: &Plan,
) -> Vec<Assignment> {
    let conditions = conditions(document, operation).into_iter();
    let mut names: BTreeSet<_> = conditions.map(|(name, ..)| name).collect();
    if let Some(node) = &plan.node {
        in_node(node, &mut names);
    }
    let names: Vec<String> = names.into_iter().collect();
    let assign = |value: &dyn Fn(usize) -> bool| -> Assignment {
        let values = names.iter().enumerate();
        values.map(|(at, name)| (name.clone(), value(at))).collect()
    };
    if names.len() <= MAX_EXHAUSTIVE {
        let all = 0..1_usize << names.len();
        return all.map(|bits| assign(&|at| bits >> at & 1 == 1)).collect();
    }
    let odd_one = 0..=names.len();
    odd_one
        .flat_map(|odd| [assign(&|at| at == odd), assign(&|at| at != odd)])
        .collect()
}

/// The assignment under which all of an operation is selected. Variables that select something by either value have none: what
/// they decide about is there, whatever they are; and whether there are any.
pub(super) fn everything(
    document: &ExecutableDocument,
    operation: &executable::Operation,
) -> (Assignment, bool) {
    let conditions = conditions(document, operation);
    let selects = |name: &str, value| {
        let mut conditions = conditions.iter();
        conditions.any(|(one, selecting, _)| one == name && *selecting == value)
    };
    let mut values = Assignment::new();
    let mut is_torn = false;
    for (name, value, _) in &conditions {
        if selects(name, !value) {
            is_torn = true;
        } else {
            values.insert(name.clone(), *value);
        }
    }
    (values, is_torn)
}

/// Where one assignment selects everything, the one that selects nothing that it can leave out, and defers as much.
pub(super) fn nothing(
    document: &ExecutableDocument,
    operation: &executable::Operation,
) -> Assignment {
    let mut values = Assignment::new();
    for (name, value, defers) in conditions(document, operation) {
        if defers {
            values.insert(name, true);
        } else {
            values.entry(name).or_insert(!value);
        }
    }
    values
}

/// A variable with the value that selects or defers, and whether it defers.
type Condition = (String, bool, bool);

fn conditions(
    document: &ExecutableDocument,
    operation: &executable::Operation,
) -> BTreeSet<Condition> {
    let mut found = BTreeSet::new();
    in_operation(document, &operation.selection_set, &mut found);
    found
}

fn in_operation(
    document: &ExecutableDocument,
    set: &executable::SelectionSet,
    found: &mut BTreeSet<Condition>,
) {
    let mut read = |directives: &ast::DirectiveList| {
        for directive in directives {
            let condition = directive.specified_argument_by_name("if");
            if let Some(Value::Variable(name)) = condition.map(|value| &**value)
                && matches!(directive.name.as_str(), "skip" | "include" | "defer")
            {
                let defers = directive.name == "defer";
                found.insert((name.to_string(), directive.name != "skip", defers));
            }
        }
    };
    for selection in &set.selections {
        read(selection.directives());
    }
    for selection in &set.selections {
        match selection {
            executable::Selection::Field(field) => {
                in_operation(document, &field.selection_set, found);
            }
            executable::Selection::InlineFragment(inline) => {
                in_operation(document, &inline.selection_set, found);
            }
            executable::Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.fragment_name) {
                    in_operation(document, &fragment.selection_set, found);
                }
            }
        }
    }
}

fn in_node(node: &Node, names: &mut BTreeSet<String>) {
    match node {
        Node::Sequence(nodes) | Node::Parallel(nodes) => {
            nodes.iter().for_each(|node| in_node(node, names));
        }
        Node::Fetch(fetch) => in_selections(&fetch.selections, names),
        Node::Flatten { node, .. } => in_node(node, names),
        Node::Condition {
            variable,
            if_clause,
            else_clause,
        } => {
            names.insert(variable.clone());
            let clauses = [if_clause, else_clause].into_iter().flatten();
            clauses.for_each(|node| in_node(node, names));
        }
        Node::Subscription { primary, rest } => {
            in_selections(&primary.selections, names);
            rest.iter().for_each(|node| in_node(node, names));
        }
        Node::Defer { primary, deferred } => {
            in_selections(&primary.selections, names);
            primary.node.iter().for_each(|node| in_node(node, names));
            for part in deferred {
                in_selections(&part.selections, names);
                part.node.iter().for_each(|node| in_node(node, names));
            }
        }
    }
}

fn in_selections(selections: &[Selection], names: &mut BTreeSet<String>) {
    for selection in selections {
        let (conditions, below) = match selection {
            Selection::Field(field) => (&field.conditions, &field.selections),
            Selection::Inline(inline) => (&inline.conditions, &inline.selections),
        };
        names.extend(conditions.skip.iter().cloned());
        names.extend(conditions.include.iter().cloned());
        in_selections(below, names);
    }
}

/// What remains of a node.
pub(super) fn node(value: &Node, values: &Assignment) -> Option<Node> {
    let some = |inner: &Option<Box<Node>>| {
        let inner = inner.as_deref().and_then(|inner| node(inner, values));
        inner.map(Box::new)
    };
    let all =
        |nodes: &[Node]| -> Vec<_> { nodes.iter().filter_map(|one| node(one, values)).collect() };
    Some(match value {
        Node::Sequence(nodes) => Node::Sequence(all(nodes)),
        Node::Parallel(nodes) => Node::Parallel(all(nodes)),
        Node::Fetch(one) => Node::Fetch(Box::new(fetch(one, values)?)),
        Node::Flatten { path, node: inner } => Node::Flatten {
            path: path.clone(),
            node: Box::new(node(inner, values)?),
        },
        Node::Condition { .. } => {
            return chosen(value, values).and_then(|inner| node(inner, values));
        }
        Node::Subscription { primary, rest } => Node::Subscription {
            primary: Box::new(fetch(primary, values)?),
            rest: some(rest),
        },
        Node::Defer { primary, deferred } => Node::Defer {
            primary: Primary {
                selections: selections(&primary.selections, values),
                node: some(&primary.node),
            },
            deferred: deferred
                .iter()
                .map(|part| {
                    let mut part = part.clone();
                    part.selections = selections(&part.selections, values);
                    part.node = some(&part.node);
                    part
                })
                .collect(),
        },
    })
}

/// A node without the conditions around it; nothing, when they leave nothing.
pub(super) fn chosen<'n>(node: &'n Node, values: &Assignment) -> Option<&'n Node> {
    match node {
        Node::Condition {
            variable,
            if_clause,
            else_clause,
        } => {
            let clause = match values.get(variable) {
                Some(true) => if_clause,
                Some(false) => else_clause,
                None => {
                    if if_clause.is_some() {
                        if_clause
                    } else {
                        else_clause
                    }
                }
            };
            chosen(clause.as_deref()?, values)
        }
        other => Some(other),
    }
}

/// A fetch of which nothing remains asks nothing.
pub(super) fn fetch(value: &Fetch, values: &Assignment) -> Option<Fetch> {
    let mut fetch = value.clone();
    fetch.selections = selections(&value.selections, values);
    (!fetch.selections.is_empty()).then_some(fetch)
}

fn selections(all: &[Selection], values: &Assignment) -> Vec<Selection> {
    all.iter()
        .filter_map(|selection| {
            let mut selection = selection.clone();
            let (conditions, below) = match &mut selection {
                Selection::Field(field) => (&mut field.conditions, &mut field.selections),
                Selection::Inline(inline) => (&mut inline.conditions, &mut inline.selections),
            };
            let keep = holds(conditions, values);
            *conditions = Conditions::default();
            let had = !below.is_empty();
            *below = selections(below, values);
            // A field whose selections have all gone still is there, as an empty object.
            let is_inline = matches!(selection, Selection::Inline(_));
            (keep && !(is_inline && had && is_hollow(&selection))).then_some(selection)
        })
        .collect()
}

fn is_hollow(selection: &Selection) -> bool {
    matches!(selection, Selection::Inline(inline) if inline.selections.is_empty())
}

fn holds(conditions: &Conditions, values: &Assignment) -> bool {
    let is = |name: &Option<String>| name.as_ref().and_then(|name| values.get(name)).copied();
    is(&conditions.skip) != Some(true) && is(&conditions.include) != Some(false)
}

/// Whether a client's selection is there.
pub(super) fn is_selected(directives: &ast::DirectiveList, values: &Assignment) -> bool {
    let condition = |name: &str| {
        let value = directives.get(name)?.specified_argument_by_name("if")?;
        match &**value {
            Value::Boolean(value) => Some(*value),
            Value::Variable(variable) => values.get(variable.as_str()).copied(),
            _ => None,
        }
    };
    condition("skip") != Some(true) && condition("include") != Some(false)
}

/// `@defer(label:)`, which may be left out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Label(pub(super) Option<String>);

/// A client's `@defer` that is on: its label.
pub(super) fn deferred(directives: &ast::DirectiveList, values: &Assignment) -> Option<Label> {
    let directive = directives.get("defer")?;
    let label = directive.specified_argument_by_name("label");
    let is_on = match directive
        .specified_argument_by_name("if")
        .map(|value| &**value)
    {
        Some(Value::Boolean(value)) => *value,
        Some(Value::Variable(variable)) => values.get(variable.as_str()) != Some(&false),
        _ => true,
    };
    is_on.then(|| Label(label.and_then(|label| label.as_str()).map(str::to_owned)))
}
