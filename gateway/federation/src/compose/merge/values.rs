//! When two values, or two directives' arguments, say the same.

use apollo_compiler::{Node, Schema, ast};

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
        _ => a == b,
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
