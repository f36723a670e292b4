//! What an operation makes use of.

use std::collections::HashSet;

use apollo_compiler::{
    ExecutableDocument, Name, Node, Schema,
    ast::{Argument, Value},
    executable::{DirectiveList, Operation, Selection, SelectionSet},
    schema::{ExtendedType, InputValueDefinition},
};

use super::Change;

/// The coordinates that an operation uses.
#[derive(Debug, Default)]
pub struct Uses {
    coordinates: HashSet<String>,
}

impl Uses {
    /// What an operation of a document uses, its fragments included. The document has to be valid over the schema.
    pub fn of(schema: &Schema, document: &ExecutableDocument, operation: &Operation) -> Self {
        let mut walk = Walk {
            schema,
            document,
            uses: Self::default(),
            fragments: HashSet::new(),
            inputs: HashSet::new(),
        };
        // A variable may hold whatever its type allows, its default value included.
        for variable in &operation.variables {
            walk.input_type(variable.ty.inner_named_type());
            walk.directives(&variable.directives);
        }
        walk.directives(&operation.directives);
        walk.selections(&operation.selection_set);
        walk.uses
    }

    /// Whether a change concerns the operation.
    pub fn concerns(&self, change: &Change) -> bool {
        let mut coordinates = change.concerns.iter();
        coordinates.any(|coordinate| self.coordinates.contains(coordinate))
    }
}

struct Walk<'a> {
    schema: &'a Schema,
    document: &'a ExecutableDocument,
    uses: Uses,
    /// Those that were walked already.
    fragments: HashSet<&'a Name>,
    inputs: HashSet<Name>,
}

impl<'a> Walk<'a> {
    fn add(&mut self, coordinate: impl ToString) {
        self.uses.coordinates.insert(coordinate.to_string());
    }

    fn selections(&mut self, set: &'a SelectionSet) {
        self.add(&set.ty);
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => {
                    let coordinate = format!("{}.{}", set.ty, field.name);
                    self.arguments(&coordinate, &field.definition.arguments, &field.arguments);
                    self.add(coordinate);
                    self.add(field.definition.ty.inner_named_type());
                    self.directives(&field.directives);
                    self.selections(&field.selection_set);
                }
                Selection::InlineFragment(inline) => {
                    self.directives(&inline.directives);
                    self.narrow(&set.ty, &inline.selection_set.ty);
                    self.selections(&inline.selection_set);
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.directives);
                    let Some(fragment) = self.document.fragments.get(&spread.fragment_name) else {
                        continue;
                    };
                    self.narrow(&set.ty, fragment.type_condition());
                    if self.fragments.insert(&fragment.name) {
                        self.directives(&fragment.directives);
                        self.selections(&fragment.selection_set);
                    }
                }
            }
        }
    }

    /// A fragment of one type where another stands.
    fn narrow(&mut self, outer: &Name, inner: &Name) {
        if outer != inner {
            self.add(format!("{outer} as {inner}"));
            self.add(format!("{inner} as {outer}"));
        }
    }

    fn directives(&mut self, directives: &DirectiveList) {
        for directive in directives {
            let coordinate = format!("@{}", directive.name);
            if let Some(definition) = self.schema.directive_definitions.get(&directive.name) {
                self.arguments(&coordinate, &definition.arguments, &directive.arguments);
            }
            self.add(coordinate);
        }
    }

    fn arguments(
        &mut self,
        owner: &str,
        definitions: &[Node<InputValueDefinition>],
        arguments: &[Node<Argument>],
    ) {
        for argument in arguments {
            self.add(format!("{owner}({}:)", argument.name));
            let definition = definitions.iter().find(|one| one.name == argument.name);
            if let Some(definition) = definition {
                self.value(definition.ty.inner_named_type(), &argument.value);
            }
        }
    }

    fn value(&mut self, ty: &Name, value: &Value) {
        match value {
            Value::Enum(name) => {
                self.add(ty);
                self.add(format!("{ty}.{name}"));
            }
            Value::List(items) => items.iter().for_each(|item| self.value(ty, item)),
            Value::Object(fields) => {
                self.add(ty);
                let Some(ExtendedType::InputObject(input)) = self.schema.types.get(ty) else {
                    return;
                };
                for (name, value) in fields {
                    self.add(format!("{ty}.{name}"));
                    if let Some(field) = input.fields.get(name) {
                        self.value(field.ty.inner_named_type(), value);
                    }
                }
            }
            _ => {}
        }
    }

    fn input_type(&mut self, name: &Name) {
        if !self.inputs.insert(name.clone()) {
            return;
        }
        self.add(name);
        match self.schema.types.get(name) {
            Some(ExtendedType::Enum(ty)) => {
                ty.values.keys().for_each(|value| {
                    self.add(format!("{name}.{value}"));
                });
            }
            Some(ExtendedType::InputObject(input)) => {
                for (field, definition) in &input.fields {
                    self.add(format!("{name}.{field}"));
                    self.input_type(definition.ty.inner_named_type());
                }
            }
            _ => {}
        }
    }
}
