//! `@context` and `@fromContext`.

use apollo_compiler::{Name, Node, ast, collections::IndexMap, schema::ExtendedType};

use super::{
    context_selection::{self, Selection},
    fields, types,
};
use crate::compose::{
    ErrorCode,
    report::Report,
    subgraph::{ContextReference, Subgraph, context_setters},
};

/// Reports contexts whose names are no names, and arguments that cannot be taken from a context.
pub(super) fn check(subgraph: &Subgraph, report: &mut Report) {
    check_names(subgraph, report);
    check_directive_definitions(subgraph, report);
    let setters = context_setters(&subgraph.schema);
    for ty in types(subgraph) {
        for field in fields(ty) {
            for argument in &field.arguments {
                let Some(directive) = argument.directives.get("federation__fromContext") else {
                    continue;
                };
                let contextual = ContextualArgument {
                    subgraph,
                    ty,
                    field,
                    argument,
                    directive,
                };
                contextual.check(&setters, report);
            }
        }
    }
}

fn check_names(subgraph: &Subgraph, report: &mut Report) {
    for ty in types(subgraph) {
        for directive in ty.directives().get_all("federation__context") {
            let name = directive.specified_argument_by_name("name");
            let Some(name) = name.and_then(|name| name.as_str()) else {
                continue;
            };
            let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
                && name.chars().all(|letter| letter.is_ascii_alphanumeric());
            if is_name {
                continue;
            }
            report.subgraph_error(
                subgraph,
                ErrorCode::ContextNameInvalid,
                format!(
                    "\"{}\" sets the context \"{name}\": name it with letters and digits only, a letter first",
                    ty.name()
                ),
                directive.location(),
            );
        }
    }
}

fn check_directive_definitions(subgraph: &Subgraph, report: &mut Report) {
    for definition in subgraph.schema.directive_definitions.values() {
        for argument in &definition.arguments {
            let Some(directive) = argument.directives.get("federation__fromContext") else {
                continue;
            };
            report.subgraph_error(
                subgraph,
                ErrorCode::ContextNotSet,
                format!(
                    "{} is on \"@{}({}:)\": only arguments of an object type's fields can be taken from a context",
                    subgraph.spelling.written("fromContext"),
                    definition.name,
                    argument.name
                ),
                directive.location(),
            );
        }
    }
}

/// An argument with `@fromContext`.
struct ContextualArgument<'a> {
    subgraph: &'a Subgraph,
    ty: &'a ExtendedType,
    field: &'a ast::FieldDefinition,
    argument: &'a Node<ast::InputValueDefinition>,
    directive: &'a Node<ast::Directive>,
}

impl ContextualArgument<'_> {
    fn check(&self, setters: &IndexMap<&str, Vec<&Name>>, report: &mut Report) {
        let ExtendedType::Object(object) = self.ty else {
            self.report(
                ErrorCode::ContextNotSet,
                "it is on an interface: only arguments of an object type's fields can be taken from a context",
                report,
            );
            return;
        };
        for interface in &object.implements_interfaces {
            let implemented = self.subgraph.schema.type_field(interface, &self.field.name);
            if implemented.is_ok() {
                let problem = format!(
                    "the field implements \"{interface}.{}\", through which the argument would be asked for: take the field \
                     out of the interface",
                    self.field.name
                );
                self.report(ErrorCode::ContextNotSet, problem, report);
            }
        }
        if self.argument.default_value.is_some() {
            self.report(
                ErrorCode::ContextNotSet,
                "it has a default value, which would never be used: remove the default value",
                report,
            );
        }
        self.check_selection(setters, report);
        let facts = self.subgraph.facts.ty(&object.name);
        if !facts.is_some_and(|facts| facts.keys.iter().any(|key| key.is_resolvable)) {
            let problem = format!(
                "\"{}\" has no key by which it can be asked for again with the context's value: give it a resolvable {}",
                object.name,
                self.subgraph.spelling.written("key")
            );
            self.report(ErrorCode::ContextNoResolvableKey, problem, report);
        }
    }

    fn check_selection(&self, setters: &IndexMap<&str, Vec<&Name>>, report: &mut Report) {
        let text = self.directive.specified_argument_by_name("field");
        let text = text.and_then(|text| text.as_str()).unwrap_or_default();
        let Some(reference) = ContextReference::parse(text) else {
            self.report(
                ErrorCode::NoContextInSelection,
                format_args!("\"{text}\" selects from no context: write \"$context {{ field }}\""),
                report,
            );
            return;
        };
        let Some(setters) = setters.get(reference.context) else {
            let problem = format!(
                "no type sets the context \"{0}\": put {1}(name: \"{0}\") on a type above \"{2}\"",
                reference.context,
                self.subgraph.spelling.written("context"),
                self.ty.name()
            );
            self.report(ErrorCode::ContextNotSet, problem, report);
            return;
        };
        let checked = Selection::parse(reference.selection).and_then(|selection| {
            let schema = &self.subgraph.schema;
            context_selection::check(schema, setters, &selection, &self.argument.ty)
        });
        if let Err(reason) = checked {
            let problem = format!(
                "its selection from the context \"{}\" {reason}",
                reference.context
            );
            self.report(ErrorCode::ContextInvalidSelection, problem, report);
        }
    }

    fn report(&self, code: ErrorCode, problem: impl std::fmt::Display, report: &mut Report) {
        let message = format!(
            "\"{}.{}({}:)\" cannot be taken from a context: {problem}",
            self.ty.name(),
            self.field.name,
            self.argument.name
        );
        report.subgraph_error(self.subgraph, code, message, self.directive.location());
    }
}
