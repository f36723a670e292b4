//! All directives of a schema, wherever they are applied, and what validation leaves open about their arguments.

use apollo_compiler::{Name, Node, Schema, ast, schema::ExtendedType};

use super::Context;
use crate::compose::{ErrorCode, subgraph::text::Problems};

/// Tells where field sets are missing, and where a value names a field twice.
pub(super) fn check(schema: &Schema, context: Context<'_>, problems: &mut Problems<'_>) {
    for_each(schema, &mut |directive| {
        check_field_set(directive, context, problems);
        for argument in &directive.arguments {
            check_value(&argument.value, problems);
        }
    });
    for_each_input(schema, &mut |input| {
        if let Some(value) = &input.default_value {
            check_value(value, problems);
        }
    });
}

/// That `@key`, `@requires` and `@provides` have their `fields`: that argument is validated here, so that values of other
/// types than a string get the codes that the federation specification has for them.
fn check_field_set(directive: &ast::Directive, context: Context<'_>, problems: &mut Problems<'_>) {
    if context.takes_field_set(&directive.name)
        && directive.specified_argument_by_name("fields").is_none()
    {
        problems.error(
            ErrorCode::InvalidGraphql,
            format_args!(
                "the required argument `@{}(fields:)` is not provided",
                directive.name
            ),
            directive.name.location(),
        );
    }
}

/// That no object has a field twice. (Values are nested as deeply as the parser lets them.)
fn check_value(value: &Node<ast::Value>, problems: &mut Problems<'_>) {
    match &**value {
        ast::Value::List(values) => values.iter().for_each(|one| check_value(one, problems)),
        ast::Value::Object(fields) => {
            let mut names: Vec<&Name> = fields.iter().map(|(name, _)| name).collect();
            names.sort_unstable();
            if let Some([name, _]) = names.array_windows().find(|[a, b]| a == b) {
                problems.error(
                    ErrorCode::InvalidGraphql,
                    format_args!("the value has the field `{name}` twice: keep one"),
                    value.location(),
                );
            }
            for (_, value) in fields {
                check_value(value, problems);
            }
        }
        _ => {}
    }
}

fn for_each(schema: &Schema, visit: &mut dyn FnMut(&Node<ast::Directive>)) {
    let definition = &schema.schema_definition.directives;
    definition.iter().for_each(|one| visit(one));
    for ty in schema.types.values().filter(|ty| !ty.is_built_in()) {
        ty.directives().iter().for_each(|one| visit(one));
        match ty {
            ExtendedType::Object(object) => {
                for field in object.fields.values() {
                    field.directives.iter().for_each(&mut *visit);
                }
            }
            ExtendedType::Interface(interface) => {
                for field in interface.fields.values() {
                    field.directives.iter().for_each(&mut *visit);
                }
            }
            ExtendedType::Enum(ty) => {
                for value in ty.values.values() {
                    value.directives.iter().for_each(&mut *visit);
                }
            }
            _ => {}
        }
    }
    for_each_input(schema, &mut |input| {
        input.directives.iter().for_each(&mut *visit);
    });
}

/// Arguments and fields of input objects.
fn for_each_input(schema: &Schema, visit: &mut dyn FnMut(&Node<ast::InputValueDefinition>)) {
    for definition in schema.directive_definitions.values() {
        definition.arguments.iter().for_each(&mut *visit);
    }
    for ty in schema.types.values().filter(|ty| !ty.is_built_in()) {
        match ty {
            ExtendedType::Object(object) => {
                for field in object.fields.values() {
                    field.arguments.iter().for_each(&mut *visit);
                }
            }
            ExtendedType::Interface(interface) => {
                for field in interface.fields.values() {
                    field.arguments.iter().for_each(&mut *visit);
                }
            }
            ExtendedType::InputObject(input) => {
                input.fields.values().for_each(|field| visit(field));
            }
            _ => {}
        }
    }
}
