//! What of a subgraph's text is the specifications' rather than its own: `_Service` and the like, which subgraph libraries
//! print along, and definitions of the specifications' directives and scalars.

use apollo_compiler::{ast, ast::Definition};

use super::{Spelling, link::Links, roots::Roots};

/// Types that only the gateway's own queries (`_service`, `_entities`) use.
const QUERIED: [&str; 3] = ["_Any", "_Entity", "_Service"];

/// Takes out what only the gateway's own queries use: nobody checks it, and nobody sees it.
pub(super) fn remove_queried(document: &mut ast::Document, roots: &Roots) {
    document
        .definitions
        .retain(|definition| match definition.name() {
            Some(name) if definition.as_directive_definition().is_none() => {
                !QUERIED.contains(&name.as_str())
            }
            _ => true,
        });
    for definition in &mut document.definitions {
        match definition {
            Definition::ObjectTypeDefinition(object) if roots.is_query(&object.name) => {
                if object.fields.iter().any(|field| is_queried(&field.name)) {
                    let fields = &mut object.make_mut().fields;
                    fields.retain(|field| !is_queried(&field.name));
                }
            }
            Definition::ObjectTypeExtension(object) if roots.is_query(&object.name) => {
                if object.fields.iter().any(|field| is_queried(&field.name)) {
                    let fields = &mut object.make_mut().fields;
                    fields.retain(|field| !is_queried(&field.name));
                }
            }
            _ => {}
        }
    }
}

/// Whether a field of the query root is the gateway's.
pub(super) fn is_queried(field: &str) -> bool {
    matches!(field, "_entities" | "_service")
}

/// Whether a type, as written, belongs to a specification.
pub(super) fn is_type_of_specification(name: &str, spelling: &Spelling, links: &Links) -> bool {
    spelling.scalar(name).is_some()
        || links.type_of_link(name).is_some()
        || (name.contains("__")
            && links
                .federation()
                .is_some_and(|link| has_prefix(name, &link.name)))
}

/// Whether a directive definition, as written, is of a directive that belongs to a specification: also to GraphQL's own, of
/// which `apollo-compiler` does not know `@oneOf` yet.
pub(super) fn is_directive_of_specification(
    name: &str,
    spelling: &Spelling,
    links: &Links,
) -> bool {
    spelling.canonical(name).is_some() || is_link(name, links) || name == "oneOf"
}

/// Whether a directive is the one that links, or its predecessor.
pub(super) fn is_link(name: &str, links: &Links) -> bool {
    *name == *links.directive || name == "core"
}

fn has_prefix(name: &str, prefix: &str) -> bool {
    name.strip_prefix(prefix)
        .is_some_and(|rest| rest.starts_with("__"))
}
