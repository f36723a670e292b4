//! What a schema says, a line for each fact, so that two schemas can be compared whatever their order and layout.
//!
//! Facts name their element by its coordinate. Left out is what only serves the format: the definitions of the
//! specifications that the supergraph links. Said in full is what the format says by saying nothing: a field without
//! `@join__field` is resolved in every subgraph that has its type; arguments have their defaults.

mod directive;
mod machinery;

use std::{collections::BTreeMap, fmt::Display};

use apollo_compiler::{
    Schema,
    ast::{self, DirectiveList, FieldDefinition, InputValueDefinition},
    schema::{ExtendedType, InputObjectType},
};

use directive::{default, text};
use machinery::Machinery;

/// GraphQL's own directives: a schema may write their definitions out, to no effect.
const BUILT_IN: [&str; 5] = ["skip", "include", "deprecated", "specifiedBy", "oneOf"];

/// Facts, each with how often it is said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts(BTreeMap<String, usize>);

impl Facts {
    /// What a supergraph says.
    pub(super) fn of_supergraph(schema: &Schema) -> Self {
        Writer::new(schema, true).write()
    }

    /// What an API schema says. `@defer` is the gateway's: it is in no composer's schema.
    pub(super) fn of_api(schema: &Schema) -> Self {
        Writer::new(schema, false).write()
    }

    /// What only these say, and what only the others say.
    pub(super) fn differences(&self, other: &Self) -> (Vec<String>, Vec<String>) {
        (self.beyond(other), other.beyond(self))
    }

    fn beyond(&self, other: &Self) -> Vec<String> {
        let facts = self.0.iter();
        facts
            .filter(|(fact, count)| other.0.get(*fact) != Some(count))
            .map(|(fact, count)| match count {
                1 => fact.clone(),
                _ => format!("{fact} ({count} times)"),
            })
            .collect()
    }

    fn add(&mut self, fact: String) {
        *self.0.entry(fact).or_default() += 1;
    }
}

struct Writer<'s> {
    schema: &'s Schema,
    machinery: Machinery,
    is_supergraph: bool,
    facts: Facts,
}

impl<'s> Writer<'s> {
    fn new(schema: &'s Schema, is_supergraph: bool) -> Self {
        Self {
            schema,
            machinery: Machinery::of(schema),
            is_supergraph,
            facts: Facts::default(),
        }
    }

    fn write(mut self) -> Facts {
        if self.is_supergraph {
            self.schema_definition();
        }
        for definition in self.schema.directive_definitions.values() {
            let is_the_gateways = !self.is_supergraph && definition.name == "defer";
            if !BUILT_IN.contains(&definition.name.as_str())
                && !is_the_gateways
                && !self.machinery.owns_directive(&definition.name)
            {
                self.directive_definition(definition);
            }
        }
        for (name, ty) in &self.schema.types {
            if name == "join__Graph" {
                self.members(name, ty);
            } else if !ty.is_built_in() && !self.machinery.owns(name) {
                self.ty(name, ty);
            }
        }
        self.facts
    }

    fn schema_definition(&mut self) {
        let definition = &self.schema.schema_definition;
        for (kind, root) in definition.iter_root_operations() {
            self.facts.add(format!("schema {kind}: {}", root.name));
        }
        self.description("schema", definition.description.as_ref());
        for directive in &definition.directives {
            self.facts.add(format!("schema {}", text(directive)));
        }
    }

    fn directive_definition(&mut self, definition: &ast::DirectiveDefinition) {
        let name = format!("@{}", definition.name);
        let mut locations: Vec<_> = definition
            .locations
            .iter()
            .map(ToString::to_string)
            .collect();
        locations.sort();
        locations.dedup();
        let repeatable = if definition.repeatable {
            " repeatable"
        } else {
            ""
        };
        let locations = locations.join(" | ");
        self.facts
            .add(format!("directive {name}{repeatable} on {locations}"));
        self.description(&name, definition.description.as_ref());
        for argument in &definition.arguments {
            self.input_value(&format!("{name}({}:)", argument.name), argument);
        }
    }

    fn ty(&mut self, name: &str, ty: &ExtendedType) {
        let keyword = match ty {
            ExtendedType::Scalar(_) => "scalar",
            ExtendedType::Object(_) => "type",
            ExtendedType::Interface(_) => "interface",
            ExtendedType::Union(_) => "union",
            ExtendedType::Enum(_) => "enum",
            ExtendedType::InputObject(_) => "input",
        };
        self.facts.add(format!("{keyword} {name}"));
        self.description(name, ty.description());
        let directives = ty.directives();
        self.directives(name, directives.iter().map(|one| &***one));
        self.members(name, ty);
    }

    fn members(&mut self, name: &str, ty: &ExtendedType) {
        let graphs = graphs(ty);
        match ty {
            ExtendedType::Scalar(_) => {}
            ExtendedType::Object(object) => {
                for interface in &object.implements_interfaces {
                    self.facts.add(format!("{name} implements {interface}"));
                }
                for field in object.fields.values() {
                    self.field(name, field, &graphs);
                }
            }
            ExtendedType::Interface(interface) => {
                for parent in &interface.implements_interfaces {
                    self.facts.add(format!("{name} implements {parent}"));
                }
                for field in interface.fields.values() {
                    self.field(name, field, &graphs);
                }
            }
            ExtendedType::Union(union) => {
                for member in &union.members {
                    self.facts.add(format!("{name} = {member}"));
                }
            }
            ExtendedType::Enum(definition) => {
                for value in definition.values.values() {
                    let coordinate = format!("{name}.{}", value.value);
                    self.description(&coordinate, value.description.as_ref());
                    self.directives(&coordinate, value.directives.iter().map(|one| &**one));
                    self.facts.add(coordinate);
                }
            }
            ExtendedType::InputObject(input) => self.input(name, input, &graphs),
        }
    }

    fn field(&mut self, ty: &str, field: &FieldDefinition, graphs: &[String]) {
        let coordinate = format!("{ty}.{}", field.name);
        self.facts.add(format!("{coordinate}: {}", field.ty));
        self.description(&coordinate, field.description.as_ref());
        self.directives(&coordinate, field.directives.iter().map(|one| &**one));
        self.everywhere(&coordinate, &field.directives, graphs);
        for argument in &field.arguments {
            self.input_value(&format!("{coordinate}({}:)", argument.name), argument);
        }
    }

    fn input(&mut self, name: &str, input: &InputObjectType, graphs: &[String]) {
        for field in input.fields.values() {
            let coordinate = format!("{name}.{}", field.name);
            self.input_value(&coordinate, field);
            self.everywhere(&coordinate, &field.directives, graphs);
        }
    }

    fn input_value(&mut self, coordinate: &str, value: &InputValueDefinition) {
        let default = value
            .default_value
            .as_ref()
            .map(|one| format!(" = {}", default(one)))
            .unwrap_or_default();
        self.facts
            .add(format!("{coordinate}: {}{default}", value.ty));
        self.description(coordinate, value.description.as_ref());
        self.directives(coordinate, value.directives.iter().map(|one| &**one));
    }

    /// A field without `@join__field` is in every subgraph that has its type.
    fn everywhere(&mut self, coordinate: &str, directives: &DirectiveList, graphs: &[String]) {
        if !directives.has("join__field") {
            for graph in graphs {
                self.facts
                    .add(format!("{coordinate} @join__field(graph: {graph})"));
            }
        }
    }

    fn description(&mut self, coordinate: &str, description: Option<&impl Display>) {
        if let Some(description) = description {
            self.facts
                .add(format!("{coordinate} \"\"\"{description}\"\"\""));
        }
    }

    fn directives<'d>(
        &mut self,
        coordinate: &str,
        directives: impl Iterator<Item = &'d ast::Directive>,
    ) {
        for directive in directives {
            self.facts.add(format!("{coordinate} {}", text(directive)));
        }
    }
}

/// The graphs that a type's `@join__type` names, each once.
fn graphs(ty: &ExtendedType) -> Vec<String> {
    let mut graphs: Vec<_> = ty
        .directives()
        .get_all("join__type")
        .filter_map(|one| one.specified_argument_by_name("graph"))
        .filter_map(|graph| graph.as_enum())
        .map(ToString::to_string)
        .collect();
    graphs.sort();
    graphs.dedup();
    graphs
}
