//! Coercion of arguments (GraphQL, "Coercing Field Arguments"), to one form for equal values.

use apollo_compiler::{
    Node, Schema,
    ast::{Argument, Type, Value},
    response::{JsonMap, JsonValue},
    schema::{ExtendedType, FieldDefinition},
};

use crate::world::Arguments;

/// A field's arguments, defaults filled in.
pub(super) fn coerce(
    schema: &Schema,
    definition: &FieldDefinition,
    given: &[Node<Argument>],
    variables: &JsonMap,
) -> Arguments {
    let mut arguments = Arguments::new();
    for argument in &definition.arguments {
        let value = given
            .iter()
            .find(|one| one.name == argument.name)
            .and_then(|one| literal(schema, &argument.ty, &one.value, variables))
            .or_else(|| {
                let default = argument.default_value.as_ref()?;
                literal(schema, &argument.ty, default, variables)
            });
        if let Some(value) = value {
            arguments.insert(argument.name.to_string(), value);
        }
    }
    arguments
}

/// Nothing, for a variable without a value.
fn literal(schema: &Schema, ty: &Type, value: &Value, variables: &JsonMap) -> Option<JsonValue> {
    Some(match value {
        Value::Variable(name) => json(schema, ty, variables.get(name.as_str())?),
        Value::Null => JsonValue::Null,
        _ if ty.is_list() => {
            let item = ty.item_type();
            match value {
                Value::List(items) => items
                    .iter()
                    .map(|one| literal(schema, item, one, variables).unwrap_or(JsonValue::Null))
                    .collect(),
                one => JsonValue::Array(vec![literal(schema, item, one, variables)?]),
            }
        }
        Value::Object(entries) => {
            let Some(ExtendedType::InputObject(input)) = schema.types.get(ty.inner_named_type())
            else {
                return Some(untyped(value, variables));
            };
            let mut map = JsonMap::new();
            let mut fields: Vec<_> = input.fields.values().collect();
            fields.sort_by(|a, b| a.name.cmp(&b.name));
            for field in fields {
                let given = entries.iter().find(|(name, _)| *name == field.name);
                let value = match (given, &field.default_value) {
                    (Some((_, value)), _) => literal(schema, &field.ty, value, variables),
                    (None, Some(default)) => literal(schema, &field.ty, default, variables),
                    (None, None) => None,
                };
                if let Some(value) = value {
                    map.insert(field.name.as_str(), value);
                }
            }
            JsonValue::Object(map)
        }
        _ => leaf(schema, ty, untyped(value, variables)),
    })
}

/// The same for a variable's value.
fn json(schema: &Schema, ty: &Type, value: &JsonValue) -> JsonValue {
    match value {
        JsonValue::Null => JsonValue::Null,
        JsonValue::Array(items) if ty.is_list() => items
            .iter()
            .map(|one| json(schema, ty.item_type(), one))
            .collect(),
        one if ty.is_list() => JsonValue::Array(vec![json(schema, ty.item_type(), one)]),
        JsonValue::Object(entries) => {
            let Some(ExtendedType::InputObject(input)) = schema.types.get(ty.inner_named_type())
            else {
                return value.clone();
            };
            let mut map = JsonMap::new();
            let mut fields: Vec<_> = input.fields.values().collect();
            fields.sort_by(|a, b| a.name.cmp(&b.name));
            for field in fields {
                let value = match (entries.get(field.name.as_str()), &field.default_value) {
                    (Some(value), _) => Some(json(schema, &field.ty, value)),
                    (None, Some(default)) => literal(schema, &field.ty, default, &JsonMap::new()),
                    (None, None) => None,
                };
                if let Some(value) = value {
                    map.insert(field.name.as_str(), value);
                }
            }
            JsonValue::Object(map)
        }
        one => leaf(schema, ty, one.clone()),
    }
}

/// One form for equal leaves: `1` and `1.0` as a `Float`, `1` and `"1"` as an `ID`.
fn leaf(schema: &Schema, ty: &Type, value: JsonValue) -> JsonValue {
    let name = ty.inner_named_type();
    if schema.types.get(name).is_some_and(ExtendedType::is_enum) {
        return value;
    }
    match (name.as_str(), &value) {
        ("Float", JsonValue::Number(number)) => number.as_f64().map_or(value, JsonValue::from),
        ("ID", JsonValue::Number(number)) => JsonValue::from(number.to_string()),
        _ => value,
    }
}

fn untyped(value: &Value, variables: &JsonMap) -> JsonValue {
    match value {
        Value::Null => JsonValue::Null,
        Value::Enum(name) => JsonValue::from(name.as_str()),
        Value::Variable(name) => variables
            .get(name.as_str())
            .cloned()
            .unwrap_or(JsonValue::Null),
        Value::String(text) => JsonValue::from(text.as_str()),
        Value::Float(number) => number.try_to_f64().map_or(JsonValue::Null, JsonValue::from),
        Value::Int(number) => match number.as_str().parse::<i64>() {
            Ok(number) => JsonValue::from(number),
            Err(_) => number.try_to_f64().map_or(JsonValue::Null, JsonValue::from),
        },
        Value::Boolean(value) => JsonValue::from(*value),
        Value::List(items) => items.iter().map(|one| untyped(one, variables)).collect(),
        Value::Object(entries) => {
            let mut map = JsonMap::new();
            for (name, value) in entries {
                map.insert(name.as_str(), untyped(value, variables));
            }
            JsonValue::Object(map)
        }
    }
}
