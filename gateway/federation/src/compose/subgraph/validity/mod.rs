//! Whether a text is a schema as GraphQL wants it, told with the names that it uses itself.
//!
//! `apollo-compiler` validates; beside it come default values, deprecations and extensions of another kind, which it leaves
//! out. What the specifications define is put beside the text unless it defines that itself.

mod defaults;
mod directives;
mod nesting;
mod supplement;
mod unknown;

use std::collections::HashMap;

use apollo_compiler::{Name, Schema, ast, ast::Definition, name};

use super::{
    FederationVersion, Spelling, link::Links, roots::Roots, specification, text::Problems,
};
use crate::compose::ErrorCode;

use supplement::HIDDEN;

pub(in crate::compose) use defaults::fits;

/// What there is to know about a text, to hold it against GraphQL.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) version: FederationVersion,
    pub(super) spelling: &'a Spelling,
    pub(super) links: &'a Links,
    pub(super) roots: &'a Roots,
    pub(super) specified: &'a specification::Definitions,
}

impl Context<'_> {
    /// Whether a directive, as written, is one whose `fields` are a field set.
    fn takes_field_set(&self, directive: &str) -> bool {
        self.spelling.canonical(directive).is_some_and(|name| {
            matches!(
                name.as_str(),
                "federation__key" | "federation__provides" | "federation__requires"
            )
        })
    }
}

/// Builds a schema of a document and validates it. Nothing if there is anything wrong, which is told.
pub(super) fn build(
    document: &ast::Document,
    context: Context<'_>,
    problems: &mut Problems<'_>,
) -> Option<Schema> {
    if !check_kinds(document, problems) {
        return None;
    }
    let (text, supplement) = supplement::complete(document, context);
    let built = Schema::builder()
        .adopt_orphan_extensions()
        .ignore_builtin_redefinitions()
        .add_ast(&text)
        .add_ast(&supplement)
        .build();
    let mut schema = match built {
        Ok(schema) => schema,
        Err(invalid) => {
            problems.diagnostics(&invalid.errors);
            return None;
        }
    };
    if schema.schema_definition.query.is_none() {
        schema.schema_definition.make_mut().query = Some(name!("Query").into());
    }
    if !nesting::check(&schema, problems) {
        return None;
    }
    // Validation throws out the built-in scalars that are not used; the schema keeps them.
    if let Err(invalid) = schema.clone().validate() {
        unknown::diagnostics(&invalid.errors, &schema, context, problems);
    }
    directives::check(&schema, context, problems);
    defaults::check(&schema, problems);
    (!problems.found()).then_some(schema)
}

/// That definitions and extensions of a type are of one kind (the builder does not see it when extensions come first), and
/// that nothing extends GraphQL's own scalars.
fn check_kinds(document: &ast::Document, problems: &mut Problems<'_>) -> bool {
    let mut kinds: HashMap<&Name, &'static str> = HashMap::new();
    let mut fits = true;
    for definition in &document.definitions {
        let (Some(name), Some(kind)) = (definition.name(), kind(definition)) else {
            continue;
        };
        if definition.is_extension_definition() && specification::is_built_in(name) {
            fits = false;
            problems.error(
                ErrorCode::InvalidGraphql,
                format_args!("{name} is GraphQL's own and cannot be extended"),
                definition.location(),
            );
        }
        let first = *kinds.entry(name).or_insert(kind);
        if first != kind {
            fits = false;
            problems.error(
                ErrorCode::InvalidGraphql,
                format_args!(
                    "the type {name} is both {first} and {kind}: rename one, or extend the type as what it is"
                ),
                definition.location(),
            );
        }
    }
    fits
}

fn kind(definition: &Definition) -> Option<&'static str> {
    Some(match definition {
        Definition::ScalarTypeDefinition(_) | Definition::ScalarTypeExtension(_) => "a scalar",
        Definition::ObjectTypeDefinition(_) | Definition::ObjectTypeExtension(_) => "an object",
        Definition::InterfaceTypeDefinition(_) | Definition::InterfaceTypeExtension(_) => {
            "an interface"
        }
        Definition::UnionTypeDefinition(_) | Definition::UnionTypeExtension(_) => "a union",
        Definition::EnumTypeDefinition(_) | Definition::EnumTypeExtension(_) => "an enum",
        Definition::InputObjectTypeDefinition(_) | Definition::InputObjectTypeExtension(_) => {
            "an input object"
        }
        _ => return None,
    })
}
