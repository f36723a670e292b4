//! Fetches whose entities depend on what encloses them (`@fromContext`).

use federation::plan::{self, Fetch, Node, PathElement, Plan};

use super::{Candidate, Compiler};
use crate::engine::program::{ContextArgument, ContextFetch, Piece};

impl Compiler<'_> {
    /// A fetch with values of enclosing objects.
    pub(super) fn in_context(&mut self, candidate: &Candidate<'_>) -> ContextFetch {
        let fetch = candidate.fetch;
        let arguments: Vec<_> = fetch
            .contexts
            .iter()
            .map(|context| ContextArgument {
                variable: context.variable.name.clone(),
                ty: context.variable.ty.clone(),
                depth: context.depth,
                way: self.requires(&context.selections, &[]),
            })
            .collect();
        let mut text = String::new();
        plan::write_selections(&mut text, &fetch.selections);
        let variables = fetch.variables.iter().map(|one| one.name.clone()).collect();
        ContextFetch {
            template: self.template(&fetch.service, candidate.ids.clone(), "", variables),
            declared: fetch.variables.iter().map(ToString::to_string).collect(),
            part: self.entity_part(candidate),
            text: pieces(&text, &arguments),
            arguments,
            shape: self.shape(fetch).into(),
        }
    }

    /// Whether what is fetched for the objects at a path is the same, whatever encloses them.
    pub(super) fn may_share(&self, path: &[PathElement]) -> bool {
        let keys = keys(path);
        !self
            .context_paths
            .iter()
            .any(|below| below.starts_with(&keys))
    }
}

/// The places of a plan's fetches that depend on what encloses their objects.
pub(super) fn paths(plan: &Plan) -> Vec<Vec<&str>> {
    let mut paths = Vec::new();
    if let Some(node) = &plan.node {
        collect(node, &[], &mut paths);
    }
    paths
}

fn collect<'p>(node: &'p Node, path: &'p [PathElement], paths: &mut Vec<Vec<&'p str>>) {
    match node {
        Node::Sequence(nodes) | Node::Parallel(nodes) => {
            nodes.iter().for_each(|node| collect(node, path, paths));
        }
        Node::Fetch(fetch) => collect_fetch(fetch, path, paths),
        Node::Flatten { path, node } => collect(node, path, paths),
        Node::Condition {
            if_clause,
            else_clause,
            ..
        } => {
            let clauses = [if_clause, else_clause];
            for node in clauses.into_iter().flatten() {
                collect(node, path, paths);
            }
        }
        Node::Subscription { rest, .. } => {
            rest.iter().for_each(|node| collect(node, path, paths));
        }
        Node::Defer { primary, deferred } => {
            let parts = deferred.iter().filter_map(|part| part.node.as_deref());
            for node in parts.chain(primary.node.as_deref()) {
                collect(node, path, paths);
            }
        }
    }
}

fn collect_fetch<'p>(fetch: &Fetch, path: &'p [PathElement], paths: &mut Vec<Vec<&'p str>>) {
    if !fetch.contexts.is_empty() {
        paths.push(keys(path));
    }
}

fn keys(path: &[PathElement]) -> Vec<&str> {
    path.iter()
        .filter_map(|element| match element {
            PathElement::Key(key) => Some(key.as_str()),
            PathElement::List | PathElement::Types(_) => None,
        })
        .collect()
}

/// Takes a text apart where it uses the arguments' variables. What looks like one inside a string is text.
fn pieces(text: &str, arguments: &[ContextArgument]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (mut taken, mut is_string, mut escapes) = (0, false, false);
    for (place, character) in text.char_indices() {
        match character {
            '"' if !escapes => is_string = !is_string,
            '$' if !is_string => {
                let rest = &text[place + 1..];
                let end = rest
                    .find(|c: char| c != '_' && !c.is_ascii_alphanumeric())
                    .unwrap_or(rest.len());
                let argument = arguments.iter().position(|one| one.variable == rest[..end]);
                if let Some(index) = argument {
                    pieces.push(Piece::Text(text[taken..place].to_owned()));
                    pieces.push(Piece::Argument(index));
                    taken = place + 1 + end;
                }
            }
            _ => {}
        }
        escapes = is_string && character == '\\' && !escapes;
    }
    pieces.push(Piece::Text(text[taken..].to_owned()));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_variables_outside_of_strings_are_arguments() {
        let arguments = [ContextArgument {
            variable: "a".to_owned(),
            ty: "Int".to_owned(),
            depth: 0,
            way: Vec::new(),
        }];
        let text = |text: &str| Piece::Text(text.to_owned());
        assert_eq!(
            pieces(r#"{f(x:$a,y:"$a\"$a",z:$ab,w:[$a])}"#, &arguments),
            [
                text("{f(x:"),
                Piece::Argument(0),
                text(r#",y:"$a\"$a",z:$ab,w:["#),
                Piece::Argument(0),
                text("])}"),
            ]
        );
    }
}
