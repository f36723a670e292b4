//! That input types are not nested in so many ways that validating them never ends.
//!
//! `apollo-compiler` follows each path through required input objects, and each through the arguments of directives. In
//! schemas that somebody means there are few; a text of a few lines can have more than there is time for.

use std::collections::HashSet;

use apollo_compiler::{Name, Schema, ast, schema::ExtendedType};

use crate::compose::{ErrorCode, subgraph::text::Problems};

/// How many steps validation may take, which is well under a second.
const STEPS: usize = 200_000;

/// Tells where there are too many paths; the schema must not be validated then.
pub(super) fn check(schema: &Schema, problems: &mut Problems<'_>) -> bool {
    let mut walk = Walk {
        schema,
        path: HashSet::new(),
        left: STEPS,
    };
    let inputs = schema.types.values().filter_map(|ty| ty.as_input_object());
    for input in inputs {
        walk.required(&input.name);
        if walk.left == 0 {
            problems.error(
                ErrorCode::InvalidGraphql,
                format_args!(
                    "{} requires input objects in too many ways: let some of their fields be optional",
                    input.name
                ),
                input.name.location(),
            );
            return false;
        }
    }
    walk.left = STEPS;
    for definition in schema.directive_definitions.values() {
        for argument in &definition.arguments {
            walk.any(argument.ty.inner_named_type());
        }
        if walk.left == 0 {
            problems.error(
                ErrorCode::InvalidGraphql,
                format_args!(
                    "the arguments of @{} lead to input objects in too many ways: let them be of simpler types",
                    definition.name
                ),
                definition.location(),
            );
            return false;
        }
    }
    true
}

struct Walk<'a> {
    schema: &'a Schema,
    /// The types on the way from the first.
    path: HashSet<&'a Name>,
    left: usize,
}

impl<'a> Walk<'a> {
    /// Through fields that must be there.
    fn required(&mut self, name: &Name) {
        self.step(name, |ty| match ty {
            ast::Type::NonNullNamed(name) => Some(name),
            _ => None,
        });
    }

    /// Through all fields.
    fn any(&mut self, name: &Name) {
        self.step(name, |ty| Some(ty.inner_named_type()));
    }

    /// Validation goes no deeper than a few dozen types either, so this cannot exhaust the stack.
    fn step(&mut self, name: &Name, next: fn(&'a ast::Type) -> Option<&'a Name>) {
        const DEEPEST: usize = 64;
        self.left = self.left.saturating_sub(1);
        let Some(ExtendedType::InputObject(input)) = self.schema.types.get(name) else {
            return;
        };
        if self.left == 0 || self.path.len() > DEEPEST || !self.path.insert(&input.name) {
            return;
        }
        for field in input.fields.values() {
            if let Some(name) = next(&field.ty) {
                self.step(name, next);
            }
        }
        self.path.remove(&input.name);
    }
}
