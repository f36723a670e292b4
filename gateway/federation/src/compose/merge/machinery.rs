//! What makes a schema a supergraph: `schema @link(…)`, the definitions of the linked specifications, `join__Graph`.
//!
//! Sources: the link specification (<https://specs.apollo.dev/link/v1.0/>) and the join specification, v0.3 to v0.5.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use apollo_compiler::{
    Name, Node, Schema, ast,
    collections::IndexMap,
    name,
    schema::{Component, EnumType, ExtendedType},
};

use super::{Merger, applied, definitions, descriptions, joins::Maker, links};
use crate::compose::{report::Report, subgraph::Subgraph};

/// Adds it to the merged types.
pub(super) fn add(merged: &mut Schema, merger: &Merger<'_>, report: &mut Report) {
    let subgraphs = merger.subgraphs;
    let features = &merger.features;
    let has_one_of = merged.types.values().any(|ty| match ty {
        ExtendedType::InputObject(input) => input.directives.has("oneOf"),
        _ => false,
    });
    let mut text = definitions::text(features);
    if has_one_of {
        // The compiler does not know it yet.
        let _ = write!(text, "directive @oneOf on INPUT_OBJECT ");
    }
    // The text is ours, with names in it that are valid.
    let parsed = match Schema::parse(text, "specifications.graphql") {
        Ok(schema) => schema,
        Err(errors) => errors.partial,
    };
    for (name, definition) in parsed.directive_definitions {
        if !definition.is_built_in() {
            merged.directive_definitions.insert(name, definition);
        }
    }
    for (name, ty) in parsed.types {
        if !ty.is_built_in() {
            merged.types.insert(name, ty);
        }
    }
    merged.types.insert(name!("join__Graph"), graphs(subgraphs));
    let root = |name: Name| {
        let is_there = merged.types.contains_key(&name);
        is_there.then(|| name.into())
    };
    let (query, mutation, subscription) = (
        root(name!("Query")),
        root(name!("Mutation")),
        root(name!("Subscription")),
    );
    let described = subgraphs.iter().map(|subgraph| {
        let schema = &subgraph.schema.schema_definition;
        (subgraph, schema.description.as_ref())
    });
    let description = descriptions::merge(&|| "schema".to_owned(), described, report);
    let schema = merged.schema_definition.make_mut();
    schema.description = description;
    (schema.query, schema.mutation, schema.subscription) = (query, mutation, subscription);
    let links = links::all(features, subgraphs);
    let own = subgraphs.iter().map(|subgraph| {
        let directives = &subgraph.schema.schema_definition.directives;
        (subgraph, directives.into())
    });
    let applied = applied::merge(&|| "schema".to_owned(), own, features, report);
    let all = links.into_iter().chain(applied);
    schema.directives.0 = all.map(Component::from).collect();
}

/// `join__Graph`: which subgraphs there are, and where they answer.
fn graphs(subgraphs: &[Subgraph]) -> ExtendedType {
    let values: IndexMap<_, _> = subgraphs
        .iter()
        .map(|subgraph| {
            let join = Maker::new(name!("join__graph"))
                .text(name!("name"), Some(&subgraph.name))
                .text(name!("url"), Some(&subgraph.url))
                .make();
            let value = ast::EnumValueDefinition {
                description: None,
                value: subgraph.graph.clone(),
                directives: ast::DirectiveList(vec![join]),
            };
            (subgraph.graph.clone(), Component::new(value))
        })
        .collect();
    ExtendedType::Enum(Node::new(EnumType {
        description: None,
        name: name!("join__Graph"),
        directives: apollo_compiler::schema::DirectiveList::default(),
        values,
    }))
}
