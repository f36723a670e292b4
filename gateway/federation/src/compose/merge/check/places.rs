//! Where subgraphs say what the merged schema says.

use std::fmt;

use apollo_compiler::{
    Node, ast,
    parser::SourceSpan,
    schema::{self, ExtendedType},
};

use crate::compose::{
    Location,
    merge::{Merger, applied::Directives, differences::names},
    subgraph::Subgraph,
};

/// An element of a schema: a type, what is in it, an argument of that. A directive's name begins with `@`, and its arguments
/// are in no member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place<'a> {
    pub(super) ty: &'a str,
    pub(super) member: Option<&'a str>,
    pub(super) argument: Option<&'a str>,
}

impl<'a> Place<'a> {
    pub(super) fn ty(ty: &'a str) -> Self {
        Self {
            ty,
            member: None,
            argument: None,
        }
    }

    pub(super) fn member(ty: &'a str, member: &'a str) -> Self {
        Self {
            ty,
            member: Some(member),
            argument: None,
        }
    }

    pub(super) fn argument(self, argument: &'a str) -> Self {
        Self {
            argument: Some(argument),
            ..self
        }
    }

    /// The subgraphs that put a directive on the element, as part of a sentence, and where they do.
    pub(super) fn said(
        self,
        directive: &str,
        merger: &Merger<'_>,
    ) -> (String, Vec<Option<Location>>) {
        let said: Vec<(&Subgraph, Option<SourceSpan>)> = match merger.types.get(self.ty) {
            Some(ty) => {
                let sources = ty.sources.iter();
                sources
                    .filter_map(|source| {
                        let directives = self.directives(source.node)?;
                        let mut directives = directives.iter();
                        let applied = directives.find(|one| one.name == directive)?;
                        Some((source.subgraph, applied.location()))
                    })
                    .collect()
            }
            None => Vec::new(),
        };
        let subgraphs = names(said.iter().map(|(subgraph, _)| *subgraph));
        let places = said.iter().map(|(subgraph, span)| subgraph.at(*span));
        (subgraphs, places.collect())
    }

    /// The subgraphs that have the element, as part of a sentence, and where they have it.
    pub(super) fn had(self, merger: &Merger<'_>) -> (String, Vec<Option<Location>>) {
        let sources = merger.types.get(self.ty).into_iter();
        let sources = sources.flat_map(|ty| &ty.sources);
        let had: Vec<_> = sources
            .filter(|source| self.directives(source.node).is_some())
            .collect();
        let subgraphs = names(had.iter().map(|source| source.subgraph));
        let places = had
            .iter()
            .map(|source| source.subgraph.at(self.location(source.node)));
        (subgraphs, places.collect())
    }

    fn directives(self, ty: &ExtendedType) -> Option<Directives<'_>> {
        let Some(member) = self.member else {
            return Some(ty.directives().into());
        };
        let directives = match (ty, self.argument) {
            (ExtendedType::Enum(ty), None) => &ty.values.get(member)?.directives,
            (ExtendedType::InputObject(ty), None) => &ty.fields.get(member)?.directives,
            (_, None) => &field(ty, member)?.directives,
            (_, Some(argument)) => &argument_of(ty, member, argument)?.directives,
        };
        Some(directives.into())
    }

    fn location(self, ty: &ExtendedType) -> Option<SourceSpan> {
        let Some(member) = self.member else {
            return ty.name().location();
        };
        match (ty, self.argument) {
            (ExtendedType::Enum(ty), None) => ty.values.get(member)?.location(),
            (ExtendedType::InputObject(ty), None) => ty.fields.get(member)?.location(),
            (_, None) => field(ty, member)?.location(),
            (_, Some(argument)) => argument_of(ty, member, argument)?.location(),
        }
    }
}

/// Its coordinate.
impl fmt::Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.ty)?;
        if let Some(member) = self.member {
            write!(formatter, ".{member}")?;
        }
        if let Some(argument) = self.argument {
            write!(formatter, "({argument}:)")?;
        }
        Ok(())
    }
}

fn field<'a>(
    ty: &'a ExtendedType,
    name: &str,
) -> Option<&'a schema::Component<ast::FieldDefinition>> {
    match ty {
        ExtendedType::Object(ty) => ty.fields.get(name),
        ExtendedType::Interface(ty) => ty.fields.get(name),
        _ => None,
    }
}

fn argument_of<'a>(
    ty: &'a ExtendedType,
    member: &str,
    argument: &str,
) -> Option<&'a Node<ast::InputValueDefinition>> {
    field(ty, member)?.argument_by_name(argument)
}
