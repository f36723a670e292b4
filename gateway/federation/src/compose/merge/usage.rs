//! Where enums are used: as input, as output, or both. It decides how their values merge.

use std::collections::HashMap;

use apollo_compiler::{Name, ast, schema::ExtendedType};

use super::features::Features;
use crate::compose::subgraph::Subgraph;

/// How all subgraphs together use their enums.
#[derive(Debug, Default)]
pub(super) struct Usage<'a> {
    types: HashMap<&'a Name, Use<'a>>,
}

/// How one enum is used: the first element of its type on either side.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Use<'a> {
    pub(super) input: Option<Coordinate<'a>>,
    pub(super) output: Option<Coordinate<'a>>,
}

/// Of an element that has the enum's type.
#[derive(Debug, Clone, Copy)]
pub(super) enum Coordinate<'a> {
    Field(&'a Name, &'a Name),
    Argument(&'a Name, &'a Name, &'a Name),
    DirectiveArgument(&'a Name, &'a Name),
}

impl std::fmt::Display for Coordinate<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Field(ty, field) => write!(formatter, "{ty}.{field}"),
            Self::Argument(ty, field, argument) => write!(formatter, "{ty}.{field}({argument}:)"),
            Self::DirectiveArgument(directive, argument) => {
                write!(formatter, "@{directive}({argument}:)")
            }
        }
    }
}

impl<'a> Usage<'a> {
    /// Looked up once over all subgraphs.
    pub(super) fn of(subgraphs: &'a [Subgraph], features: &Features) -> Self {
        let mut usage = Self::default();
        for subgraph in subgraphs {
            let types = subgraph.schema.types.iter();
            let enums = types.filter(|(_, ty)| ty.is_enum() && !ty.is_built_in());
            usage
                .types
                .extend(enums.map(|(name, _)| (name, Use::default())));
        }
        for subgraph in subgraphs {
            usage.add(subgraph);
        }
        for subgraph in subgraphs {
            for (name, directive) in &subgraph.schema.directive_definitions {
                if features.defines(name) {
                    for argument in &directive.arguments {
                        let at = Coordinate::DirectiveArgument(&directive.name, &argument.name);
                        usage.input(&argument.ty, at);
                    }
                }
            }
        }
        usage
    }

    /// How an enum is used.
    pub(super) fn get(&self, name: &Name) -> Use<'a> {
        self.types.get(name).copied().unwrap_or_default()
    }

    fn add(&mut self, subgraph: &'a Subgraph) {
        for (name, ty) in &subgraph.schema.types {
            if ty.is_built_in() {
                continue;
            }
            let fields = match ty {
                ExtendedType::Object(object) => &object.fields,
                ExtendedType::Interface(interface) => &interface.fields,
                ExtendedType::InputObject(input) => {
                    for (field, definition) in &input.fields {
                        self.input(&definition.ty, Coordinate::Field(name, field));
                    }
                    continue;
                }
                _ => continue,
            };
            for (field, definition) in fields {
                self.output(&definition.ty, Coordinate::Field(name, field));
                for argument in &definition.arguments {
                    let at = Coordinate::Argument(name, field, &argument.name);
                    self.input(&argument.ty, at);
                }
            }
        }
    }

    fn input(&mut self, ty: &ast::Type, at: Coordinate<'a>) {
        if let Some(one) = self.types.get_mut(ty.inner_named_type()) {
            one.input.get_or_insert(at);
        }
    }

    fn output(&mut self, ty: &ast::Type, at: Coordinate<'a>) {
        if let Some(one) = self.types.get_mut(ty.inner_named_type()) {
            one.output.get_or_insert(at);
        }
    }
}
