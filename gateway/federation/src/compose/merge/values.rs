//! When two values, or two directives' arguments, say the same.

use apollo_compiler::{Name, Node, Schema, ast, schema::ExtendedType};

/// Whether two values are the same; the order of an object's fields says nothing.
pub(super) fn same(a: &ast::Value, b: &ast::Value) -> bool {
    match (a, b) {
        (ast::Value::List(a), ast::Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (ast::Value::Object(a), ast::Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(name, value)| {
                    b.iter()
                        .find(|(other, _)| other == name)
                        .is_some_and(|(_, other)| same(value, other))
                })
        }
        (ast::Value::Int(int), ast::Value::Float(float))
        | (ast::Value::Float(float), ast::Value::Int(int)) => {
            int.try_to_f64().ok() == float.try_to_f64().ok()
        }
        _ => a == b,
    }
}

/// A value of this type as it should be written: subgraphs may write an enum's values as strings.
pub(super) fn coerced(
    value: &Node<ast::Value>,
    ty: &ast::Type,
    schema: &Schema,
) -> Node<ast::Value> {
    let named = schema.types.get(ty.inner_named_type());
    if !matches!(
        named,
        Some(ExtendedType::Enum(_) | ExtendedType::InputObject(_))
    ) {
        return value.clone();
    }
    match (&**value, named) {
        (ast::Value::String(text), Some(ExtendedType::Enum(_))) => match Name::new(text) {
            Ok(name) => value.same_location(ast::Value::Enum(name)),
            Err(_) => value.clone(),
        },
        (ast::Value::List(items), _) => {
            let items = items
                .iter()
                .map(|item| coerced(item, ty.item_type(), schema));
            value.same_location(ast::Value::List(items.collect()))
        }
        (ast::Value::Object(fields), Some(ExtendedType::InputObject(input))) => {
            let fields = fields.iter().map(|(name, value)| {
                let field = input.fields.get(name);
                let value =
                    field.map_or_else(|| value.clone(), |field| coerced(value, &field.ty, schema));
                (name.clone(), value)
            });
            value.same_location(ast::Value::Object(fields.collect()))
        }
        _ => value.clone(),
    }
}

/// A directive as one subgraph applies it, with the schema that knows its arguments' defaults.
#[derive(Debug, Clone, Copy)]
pub(super) struct Application<'a> {
    pub(super) directive: &'a Node<ast::Directive>,
    pub(super) schema: &'a Schema,
}

impl<'a> Application<'a> {
    /// An argument's value, its default included.
    pub(super) fn argument(self, name: &str) -> Option<&'a ast::Value> {
        let given = self.directive.specified_argument_by_name(name);
        given
            .or_else(|| {
                let definition = self
                    .schema
                    .directive_definitions
                    .get(&self.directive.name)?;
                definition.argument_by_name(name)?.default_value.as_ref()
            })
            .map(|value| &**value)
    }

    /// Whether two applications mean the same: one may spell a default out.
    pub(super) fn says_the_same_as(self, other: Self) -> bool {
        let has_all_of = |one: Self, two: Self| {
            one.directive.arguments.iter().all(|argument| {
                two.argument(&argument.name)
                    .is_some_and(|value| same(&argument.value, value))
            })
        };
        has_all_of(self, other) && has_all_of(other, self)
    }
}
