//! Default values, and what is deprecated although it is required.

use apollo_compiler::{
    Name, Node, Schema, ast,
    schema::{Component, ExtendedType},
};

use crate::compose::{ErrorCode, subgraph::text::Problems};

/// Tells which default values are none of their type, and which required inputs are deprecated.
pub(super) fn check(schema: &Schema, problems: &mut Problems<'_>) {
    let mut check = Check { schema, problems };
    for definition in schema.directive_definitions.values() {
        if !definition.is_built_in() {
            check.all(&definition.arguments, &|argument| {
                format!("@{}({argument}:)", definition.name)
            });
        }
    }
    for (name, ty) in &schema.types {
        if ty.is_built_in() {
            continue;
        }
        match ty {
            ExtendedType::Object(object) => check.fields(name, object.fields.values()),
            ExtendedType::Interface(interface) => check.fields(name, interface.fields.values()),
            ExtendedType::InputObject(input) => check
                .all(input.fields.values().map(|field| &field.node), &|field| {
                    format!("{name}.{field}")
                }),
            _ => {}
        }
    }
}

struct Check<'a, 'b> {
    schema: &'a Schema,
    problems: &'a mut Problems<'b>,
}

impl Check<'_, '_> {
    fn fields<'f>(
        &mut self,
        ty: &Name,
        fields: impl Iterator<Item = &'f Component<ast::FieldDefinition>>,
    ) {
        for field in fields {
            self.all(&field.arguments, &|argument| {
                format!("{ty}.{}({argument}:)", field.name)
            });
        }
    }

    fn all<'i>(
        &mut self,
        inputs: impl IntoIterator<Item = &'i Node<ast::InputValueDefinition>>,
        coordinate: &dyn Fn(&Name) -> String,
    ) {
        for input in inputs {
            if let Some(value) = &input.default_value
                && !fits(self.schema, &input.ty, value)
            {
                self.problems.error(
                    ErrorCode::InvalidGraphql,
                    format_args!(
                        "the default value {value} of {} is none of its type {}",
                        coordinate(&input.name),
                        input.ty
                    ),
                    value.location().or(input.location()),
                );
            }
            if input.is_required() && input.directives.has("deprecated") {
                self.problems.error(
                    ErrorCode::InvalidGraphql,
                    format_args!(
                        "{} is required, so it cannot be @deprecated: nobody could leave it out",
                        coordinate(&input.name)
                    ),
                    input.location(),
                );
            }
        }
    }
}

/// Whether a value is one of a type. Fields of an input object may be missing and enum values may be strings, as composition
/// has always let them; an unknown type is another error.
pub(in crate::compose) fn fits(schema: &Schema, ty: &ast::Type, value: &ast::Value) -> bool {
    if value.is_null() {
        return !ty.is_non_null();
    }
    match ty {
        ast::Type::List(item) | ast::Type::NonNullList(item) => match value {
            ast::Value::List(values) => values.iter().all(|value| fits(schema, item, value)),
            _ => fits(schema, item, value),
        },
        ast::Type::Named(name) | ast::Type::NonNullNamed(name) => fits_named(schema, name, value),
    }
}

fn fits_named(schema: &Schema, name: &Name, value: &ast::Value) -> bool {
    match schema.types.get(name) {
        Some(ExtendedType::Scalar(scalar)) if scalar.is_built_in() => fits_scalar(name, value),
        Some(ExtendedType::Enum(ty)) => match value {
            ast::Value::Enum(value) => ty.values.contains_key(value),
            ast::Value::String(value) => ty.values.contains_key(value.as_str()),
            _ => false,
        },
        Some(ExtendedType::InputObject(ty)) => value.as_object().is_some_and(|fields| {
            fields.iter().all(|(name, value)| {
                ty.fields
                    .get(name)
                    .is_some_and(|field| fits(schema, &field.ty, value))
            })
        }),
        _ => true,
    }
}

fn fits_scalar(name: &str, value: &ast::Value) -> bool {
    match value {
        ast::Value::Int(int) => match name {
            "Int" => int.try_to_i32().is_ok(),
            "Float" => int.try_to_f64().is_ok(),
            "ID" => true,
            _ => false,
        },
        ast::Value::Float(float) => name == "Float" && float.try_to_f64().is_ok(),
        ast::Value::String(_) => matches!(name, "String" | "ID"),
        ast::Value::Boolean(_) => name == "Boolean",
        _ => false,
    }
}
