//! Definitions of the specifications' directives and types that a subgraph gives itself: they may say less than the
//! specification, never more or something else.

use std::collections::HashMap;

use apollo_compiler::{Node, ast, ast::Definition};

use super::{FederationVersion, link::LinkType, specification, text::Problems, validity::Context};
use crate::compose::ErrorCode;

/// Where a given definition differs, and how it may.
struct Check<'a> {
    context: Context<'a>,
    /// The types of the document; of those that it does not name, GraphQL's own are there, too.
    kinds: HashMap<&'a str, &'a Definition>,
}

/// Tells which given definitions are not as the specifications have them.
pub(super) fn check(document: &ast::Document, context: Context<'_>, problems: &mut Problems<'_>) {
    let kinds = document.definitions.iter().filter_map(|definition| {
        let name = definition.name()?;
        definition
            .as_directive_definition()
            .is_none()
            .then_some((name.as_str(), definition))
    });
    let check = Check {
        context,
        kinds: kinds.collect(),
    };
    for definition in &document.definitions {
        match definition {
            Definition::DirectiveDefinition(given) => {
                check.directive(given, problems);
            }
            _ => check.ty(definition, problems),
        }
    }
}

impl Check<'_> {
    fn directive(&self, given: &Node<ast::DirectiveDefinition>, problems: &mut Problems<'_>) {
        let specified = if given.name == self.context.links.directive {
            if !self.context.links.is_used {
                return;
            }
            self.context.specified.other("link")
        } else {
            self.context
                .spelling
                .canonical(&given.name)
                .and_then(|canonical| canonical.strip_prefix("federation__"))
                .and_then(|name| self.context.specified.directive(name, self.context.version))
        };
        let Some(specified) = specified else {
            return;
        };
        let mut faults = self.arguments(given, &specified);
        if given.repeatable && !specified.repeatable {
            faults.push("it is not repeatable".to_owned());
        }
        let more: Vec<_> = given
            .locations
            .iter()
            .filter(|location| !specified.locations.contains(location))
            .map(ToString::to_string)
            .collect();
        if !more.is_empty() {
            faults.push(format!("it does not stand on {}", more.join(", ")));
        }
        for argument in &given.arguments {
            let ty = argument.ty.inner_named_type();
            if !self.kinds.contains_key(ty.as_str()) && !specification::is_built_in(ty) {
                problems.error(
                    ErrorCode::InvalidGraphql,
                    format_args!(
                        "the definition of @{} uses the type {ty}, which is not defined: define it, or leave the \
                         definition of @{} out",
                        given.name, given.name
                    ),
                    ty.location(),
                );
                return;
            }
        }
        for fault in faults {
            problems.error(
                ErrorCode::DirectiveDefinitionInvalid,
                format_args!(
                    "the definition of @{} is not the specification's: {fault}. Correct the definition, or leave it out",
                    given.name
                ),
                given.location(),
            );
        }
    }

    fn arguments(
        &self,
        given: &ast::DirectiveDefinition,
        specified: &ast::DirectiveDefinition,
    ) -> Vec<String> {
        let mut faults = Vec::new();
        for expected in &specified.arguments {
            let name = &expected.name;
            let is_legacy = self.context.version == FederationVersion::V1 && name == "fields";
            let Some(actual) = given.argument_by_name(name) else {
                if expected.is_required() && !is_legacy {
                    faults.push(format!("its argument `{name}` is missing"));
                }
                continue;
            };
            if !self.fits(&expected.ty, &actual.ty, is_legacy) {
                faults.push(format!(
                    "its argument `{name}` is of type {}, not {}",
                    self.spelled(&expected.ty),
                    actual.ty
                ));
            } else if !actual.ty.is_non_null() && actual.default_value != expected.default_value {
                faults.push(match &expected.default_value {
                    Some(value) => format!("its argument `{name}` has {value} as its default"),
                    None => format!("its argument `{name}` has no default value"),
                });
            }
        }
        let more = given
            .arguments
            .iter()
            .filter(|one| specified.argument_by_name(&one.name).is_none());
        faults.extend(more.map(|one| format!("it has no argument `{}`", one.name)));
        faults
    }

    /// An optional argument may be required. A specification's scalar may be any type that is no other scalar: nothing but
    /// the gateway reads its values.
    fn fits(&self, expected: &ast::Type, actual: &ast::Type, is_legacy: bool) -> bool {
        match (expected, actual) {
            (ast::Type::NonNullNamed(expected), ast::Type::NonNullNamed(actual))
            | (
                ast::Type::Named(expected),
                ast::Type::Named(actual) | ast::Type::NonNullNamed(actual),
            ) => self.fits_named(expected, actual),
            (ast::Type::NonNullNamed(expected), ast::Type::Named(actual)) => {
                is_legacy && self.fits_named(expected, actual)
            }
            (ast::Type::NonNullList(expected), ast::Type::NonNullList(actual))
            | (
                ast::Type::List(expected),
                ast::Type::List(actual) | ast::Type::NonNullList(actual),
            ) => self.fits(expected, actual, false),
            (ast::Type::NonNullNamed(expected), ast::Type::NonNullList(_))
            | (ast::Type::Named(expected), ast::Type::List(_) | ast::Type::NonNullList(_)) => {
                specification::scalar(expected).is_some()
            }
            _ => false,
        }
    }

    fn fits_named(&self, expected: &str, actual: &str) -> bool {
        if LinkType::of(expected).is_some() {
            return self.context.links.type_of_link(actual) == LinkType::of(expected)
                || !self.is_custom_scalar(actual);
        }
        if specification::scalar(expected).is_none() {
            return expected == actual;
        }
        self.context.spelling.scalar(actual) == Some(expected) || !self.is_custom_scalar(actual)
    }

    fn is_custom_scalar(&self, name: &str) -> bool {
        matches!(
            self.kinds.get(name),
            Some(Definition::ScalarTypeDefinition(_) | Definition::ScalarTypeExtension(_))
        )
    }

    /// A specified type, with the specification's scalars as this subgraph spells them.
    fn spelled(&self, ty: &ast::Type) -> String {
        let name = ty.inner_named_type();
        match self.context.spelling.written_scalar(name) {
            Some(written) => ty.to_string().replace(name.as_str(), written),
            None => ty.to_string(),
        }
    }

    fn ty(&self, definition: &Definition, problems: &mut Problems<'_>) {
        let Some(name) = definition.name() else {
            return;
        };
        let fault = if self.context.spelling.scalar(name).is_some()
            || self.context.links.type_of_link(name) == Some(LinkType::Import)
        {
            match definition {
                Definition::ScalarTypeDefinition(_) | Definition::ScalarTypeExtension(_) => return,
                _ => "it is a scalar",
            }
        } else if self.context.links.type_of_link(name) == Some(LinkType::Purpose) {
            match definition {
                Definition::EnumTypeDefinition(one) if is_purpose(&one.values) => return,
                _ => "it is an enum with the values SECURITY and EXECUTION",
            }
        } else {
            return;
        };
        problems.error(
            ErrorCode::TypeDefinitionInvalid,
            format_args!(
                "the definition of {name} is not the specification's: {fault}. Correct the definition, or leave it out"
            ),
            definition.location(),
        );
    }
}

fn is_purpose(values: &[Node<ast::EnumValueDefinition>]) -> bool {
    let mut names: Vec<_> = values.iter().map(|one| one.value.as_str()).collect();
    names.sort_unstable();
    names == ["EXECUTION", "SECURITY"]
}
