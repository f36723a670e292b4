//! What is said about an element besides what it is: its description and its directives.

use apollo_compiler::{Name, Node, ast, schema};

use super::{
    Merger,
    applied::{self, Directives},
    descriptions,
    sources::Source,
};
use crate::compose::{report::Report, subgraph::Subgraph};

/// What the supergraph says about an element, `@join__*` left out.
#[derive(Debug)]
pub(super) struct Annotations {
    pub(super) description: Option<Node<str>>,
    pub(super) directives: Vec<Node<ast::Directive>>,
}

/// Merges what each subgraph says.
pub(super) fn merge<'a>(
    coordinate: &dyn Fn() -> String,
    sources: impl Iterator<Item = (&'a Subgraph, Option<&'a Node<str>>, Directives<'a>)> + Clone,
    merger: &Merger<'_>,
    report: &mut Report,
) -> Annotations {
    let described = sources.clone().map(|(subgraph, text, _)| (subgraph, text));
    let applied = sources.map(|(subgraph, _, directives)| (subgraph, directives));
    Annotations {
        description: descriptions::merge(coordinate, described, report),
        directives: applied::merge(coordinate, applied, &merger.features, report),
    }
}

/// Merges what each subgraph says of a type.
pub(super) fn of_type<'a, T>(
    name: &Name,
    sources: &[Source<'a, T>],
    said: impl Fn(&'a T) -> (Option<&'a Node<str>>, &'a schema::DirectiveList),
    merger: &Merger<'_>,
    report: &mut Report,
) -> Annotations {
    let sources = sources.iter().map(|source| {
        let (description, directives) = said(source.node);
        (source.subgraph, description, directives.into())
    });
    merge(&|| name.to_string(), sources, merger, report)
}
