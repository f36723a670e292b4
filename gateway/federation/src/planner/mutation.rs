//! Mutation fields that follow one another in one subgraph share a request, when nothing has to be fetched in between.

use apollo_compiler::executable::Operation;

use crate::plan::{Fetch, Node, OperationKind, Selection, Variable};

/// Adds the plan of the next root field to those before it.
pub(super) fn append(steps: &mut Vec<Node>, next: Node, operation: &Operation) {
    let mut nodes = match next {
        Node::Sequence(nodes) => nodes,
        other => vec![other],
    };
    let last = steps.last().and_then(|node| request(node, operation));
    let first = nodes.first().and_then(|node| request(node, operation));
    if let (Some(mut last), Some(mut first)) = (last, first)
        && last.service == first.service
        && last.id.is_none()
        && first.id.is_none()
    {
        last.selections.append(&mut first.selections);
        last.output_rewrites.append(&mut first.output_rewrites);
        for variable in first.variables {
            if !last.variables.contains(&variable) {
                last.variables.push(variable);
            }
        }
        steps.pop();
        nodes[0] = Node::Fetch(Box::new(last));
    }
    steps.append(&mut nodes);
}

/// The request of a node, the conditions around it put on its fields.
fn request(node: &Node, operation: &Operation) -> Option<Fetch> {
    match node {
        Node::Fetch(fetch) if fetch.kind == OperationKind::Mutation => Some(fetch.as_ref().clone()),
        Node::Condition {
            variable,
            if_clause,
            else_clause,
        } => {
            let (inner, value) = match (if_clause, else_clause) {
                (Some(inner), None) => (inner, true),
                (None, Some(inner)) => (inner, false),
                _ => return None,
            };
            let mut fetch = request(inner, operation)?;
            for selection in &mut fetch.selections {
                let Selection::Field(field) = selection else {
                    return None;
                };
                let place = if value {
                    &mut field.conditions.include
                } else {
                    &mut field.conditions.skip
                };
                if place.replace(variable.clone()).is_some() {
                    return None;
                }
            }
            declare(&mut fetch, variable, operation);
            Some(fetch)
        }
        _ => None,
    }
}

fn declare(fetch: &mut Fetch, name: &str, operation: &Operation) {
    let is_known = fetch.variables.iter().any(|known| known.name == name);
    let definition = operation.variables.iter().find(|one| one.name == name);
    if let (false, Some(definition)) = (is_known, definition) {
        fetch.variables.push(Variable::of(definition));
    }
}
