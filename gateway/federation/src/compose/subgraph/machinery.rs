//! What of a subgraph's text is the specifications' rather than its own: `_Service` and the like, which subgraph libraries
//! print along, and definitions of the specifications' directives and scalars.

use apollo_compiler::{Name, Node, Schema, ast, ast::Definition, schema::ExtendedType};

use super::{Spelling, link::Links, roots::Roots, text::Problems};
use crate::compose::ErrorCode;

/// Types that only the gateway's own queries (`_service`, `_entities`) use.
const QUERIED: [&str; 3] = ["_Any", "_Entity", "_Service"];

/// What names of types begin with that are of a supergraph rather than of its subgraphs.
const RESERVED: [&str; 4] = ["core__", "federation__", "join__", "link__"];

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
        let is_query = definition.name().is_some_and(|name| roots.is_query(name));
        match definition {
            Definition::ObjectTypeDefinition(object) if is_query => {
                remove_fields(&mut object.make_mut().fields);
            }
            Definition::ObjectTypeExtension(object) if is_query => {
                remove_fields(&mut object.make_mut().fields);
            }
            _ => {}
        }
    }
}

fn remove_fields(fields: &mut Vec<Node<ast::FieldDefinition>>) {
    fields.retain(|field| !is_queried(&field.name));
}

/// Whether a field of the query root is the gateway's.
pub(super) fn is_queried(field: &str) -> bool {
    matches!(field, "_entities" | "_service")
}

/// Whether a type, as written, belongs to a specification.
pub(super) fn is_type_of_specification(name: &str, spelling: &Spelling, links: &Links) -> bool {
    spelling.scalar(name).is_some() || links.type_of_link(name).is_some()
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

/// Tells which types of a schema are named as those that supergraphs hide, and where it uses one that was taken out.
pub(super) fn check_types(schema: &Schema, problems: &mut Problems<'_>) {
    for name in schema.types.keys() {
        if let Some(prefix) = RESERVED.iter().find(|prefix| name.starts_with(*prefix)) {
            problems.error(
                ErrorCode::InvalidGraphql,
                format_args!(
                    "names of types with {prefix} in front are the specifications': rename {name}"
                ),
                name.location(),
            );
        }
    }
    let mut check = |name: &Name| {
        if !schema.types.contains_key(name) {
            problems.error(
                ErrorCode::InvalidGraphql,
                format_args!(
                    "{name} is a type of the federation specification, which only its directives use: define a type of \
                     your own under another name"
                ),
                name.location(),
            );
        }
    };
    for ty in schema.types.values().filter(|ty| !ty.is_built_in()) {
        let fields: Vec<_> = match ty {
            ExtendedType::Object(object) => object.fields.values().collect(),
            ExtendedType::Interface(interface) => interface.fields.values().collect(),
            ExtendedType::InputObject(input) => {
                let fields = input.fields.values();
                fields.for_each(|field| check(field.ty.inner_named_type()));
                continue;
            }
            _ => continue,
        };
        for field in fields {
            check(field.ty.inner_named_type());
            for argument in &field.arguments {
                check(argument.ty.inner_named_type());
            }
        }
    }
}
