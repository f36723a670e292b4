//! `@join__type` of types that have no keys.

use apollo_compiler::{
    Node, ast, name,
    schema::{Component, DirectiveList},
};

use super::{joins::Maker, sources::Source};

/// A type's directives: which subgraphs have it, then the others.
pub(super) fn with<T>(
    sources: &[Source<'_, T>],
    others: Vec<Node<ast::Directive>>,
) -> DirectiveList {
    let joins = sources
        .iter()
        .map(|source| Maker::of(name!("join__type"), source.subgraph).make());
    DirectiveList(joins.chain(others).map(Component::from).collect())
}
