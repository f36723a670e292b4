//! Rules on the directives that say more about a schema than who resolves what: contexts, costs, access, composed
//! directives, and their names.
//!
//! There is none on `@tag`: any name is allowed.

mod auth;
mod compose_directive;
mod context;
mod context_selection;
mod cost;
mod features;
mod list_size;
mod spellings;
#[cfg(test)]
mod tests;

use apollo_compiler::{
    Name, ast,
    collections::IndexMap,
    schema::{Component, ExtendedType},
};

use super::super::{report::Report, subgraph::Subgraph};

/// Reports what is wrong with these directives in one subgraph.
pub(super) fn check(subgraph: &Subgraph, report: &mut Report) {
    auth::check(subgraph, report);
    cost::check(subgraph, report);
    list_size::check(subgraph, report);
    context::check(subgraph, report);
}

/// Reports what cannot be composed, and where subgraphs disagree about the directives that go into the supergraph.
pub(super) fn check_together(subgraphs: &[Subgraph], report: &mut Report) {
    for subgraph in subgraphs {
        compose_directive::check(subgraph, report);
    }
    spellings::check(subgraphs, report);
    features::check(subgraphs, report);
}

/// The types that the subgraph's text defines, in its order.
fn types(subgraph: &Subgraph) -> impl Iterator<Item = &ExtendedType> {
    let types = subgraph.schema.types.values();
    types.filter(|ty| !ty.is_built_in())
}

/// The fields of an object type or interface; of other types, none.
fn fields(ty: &ExtendedType) -> impl Iterator<Item = &Component<ast::FieldDefinition>> {
    let fields: Option<&IndexMap<Name, Component<ast::FieldDefinition>>> = match ty {
        ExtendedType::Object(object) => Some(&object.fields),
        ExtendedType::Interface(interface) => Some(&interface.fields),
        _ => None,
    };
    fields.into_iter().flat_map(IndexMap::values)
}
