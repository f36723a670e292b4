//! What implements an interface has its fields, of fitting types, with its arguments: also where that comes from several
//! subgraphs.

use apollo_compiler::{
    Name, Node, Schema, ast,
    collections::{IndexMap, IndexSet},
    schema::{Component, ComponentName, ExtendedType, InterfaceType},
};

use super::{Merger, places::Place};
use crate::compose::{ErrorCode, Location, merge::differences::names, report::Report};

type Fields = IndexMap<Name, Component<ast::FieldDefinition>>;

/// Reports fields of interfaces that their implementations do not have.
pub(super) fn check_presence(merged: &Schema, merger: &Merger<'_>, report: &mut Report) {
    let check = Check { merged, merger };
    for implementation in implementations(merged) {
        for interface in check.interfaces(implementation) {
            let names = interface.fields.keys();
            for field in names.filter(|name| !implementation.fields.contains_key(*name)) {
                check.report_missing(implementation.name, interface, field, report);
            }
        }
    }
}

/// Reports implementations whose fields do not fit their interfaces, or which lack interfaces that these implement.
pub(super) fn check_types(merged: &Schema, merger: &Merger<'_>, report: &mut Report) {
    let check = Check { merged, merger };
    for implementation in implementations(merged) {
        for interface in check.interfaces(implementation) {
            check.check_inherited(implementation, interface, report);
            for (name, expected) in &interface.fields {
                if let Some(field) = implementation.fields.get(name) {
                    check.check_field(implementation.name, interface, field, expected, report);
                }
            }
        }
    }
}

/// An object type or interface with interfaces.
#[derive(Clone, Copy)]
struct Implementation<'a> {
    name: &'a Name,
    implements: &'a IndexSet<ComponentName>,
    fields: &'a Fields,
}

fn implementations(merged: &Schema) -> impl Iterator<Item = Implementation<'_>> {
    let all = merged.types.iter().filter_map(|(name, ty)| {
        let (implements, fields) = match ty {
            ExtendedType::Object(ty) => (&ty.implements_interfaces, &ty.fields),
            ExtendedType::Interface(ty) => (&ty.implements_interfaces, &ty.fields),
            _ => return None,
        };
        Some(Implementation {
            name,
            implements,
            fields,
        })
    });
    all.filter(|one| !one.implements.is_empty())
}

struct Check<'a> {
    merged: &'a Schema,
    merger: &'a Merger<'a>,
}

impl<'a> Check<'a> {
    fn interfaces(
        &self,
        implementation: Implementation<'a>,
    ) -> impl Iterator<Item = &'a Node<InterfaceType>> {
        let merged = self.merged;
        let names = implementation.implements.iter();
        names.filter_map(move |name| merged.get_interface(name))
    }

    fn check_field(
        &self,
        ty: &Name,
        interface: &InterfaceType,
        field: &ast::FieldDefinition,
        expected: &ast::FieldDefinition,
        report: &mut Report,
    ) {
        if !self.is_subtype(&field.ty, &expected.ty) {
            let problem = format!(
                "is of type \"{}\", which is no \"{}\", as \"{}.{}\" is",
                field.ty, expected.ty, interface.name, field.name
            );
            self.report(ty, &field.name, &problem, report);
        }
        self.check_arguments(ty, interface, field, expected, report);
    }

    /// Whoever implements an interface implements those that it implements.
    fn check_inherited(
        &self,
        implementation: Implementation<'_>,
        interface: &InterfaceType,
        report: &mut Report,
    ) {
        let ty = implementation.name;
        for inherited in &interface.implements_interfaces {
            if inherited.name == *ty {
                let (subgraphs, places) = self.implementing(ty, &interface.name);
                let message = format!(
                    "\"{ty}\" implements \"{0}\" in {subgraphs}, and \"{0}\" implements \"{ty}\" in another subgraph: only one \
                     can implement the other",
                    interface.name
                );
                report.error(ErrorCode::InvalidGraphql, message, places);
                continue;
            }
            if implementation.implements.contains(&inherited.name) {
                continue;
            }
            let (subgraphs, places) = self.implementing(ty, &interface.name);
            let message = format!(
                "\"{ty}\" implements \"{0}\" in {subgraphs}, but nowhere \"{inherited}\", which \"{0}\" implements in another \
                 subgraph: implement both",
                interface.name
            );
            report.error(ErrorCode::InvalidGraphql, message, places);
        }
    }

    fn check_arguments(
        &self,
        ty: &Name,
        interface: &InterfaceType,
        field: &ast::FieldDefinition,
        expected: &ast::FieldDefinition,
        report: &mut Report,
    ) {
        let interface = &interface.name;
        for argument in &expected.arguments {
            let problem = match field.argument_by_name(&argument.name) {
                Some(own) if own.ty == argument.ty => continue,
                Some(own) => format!(
                    "has the argument \"{}\" of type \"{}\", which is \"{}\" in \"{interface}\"",
                    argument.name, own.ty, argument.ty
                ),
                None => format!(
                    "does not have the argument \"{}\", which it has in \"{interface}\"",
                    argument.name
                ),
            };
            self.report(ty, &field.name, &problem, report);
        }
        for argument in &field.arguments {
            if argument.is_required() && expected.argument_by_name(&argument.name).is_none() {
                let problem = format!(
                    "requires the argument \"{}\", which it does not have in \"{interface}\"",
                    argument.name
                );
                self.report(ty, &field.name, &problem, report);
            }
        }
    }

    fn is_subtype(&self, one: &ast::Type, other: &ast::Type) -> bool {
        use ast::Type::{List, Named, NonNullList, NonNullNamed};
        match (one, other) {
            (Named(one) | NonNullNamed(one), Named(other))
            | (NonNullNamed(one), NonNullNamed(other)) => {
                one == other || self.merged.is_subtype(other, one)
            }
            (List(one) | NonNullList(one), List(other))
            | (NonNullList(one), NonNullList(other)) => self.is_subtype(one, other),
            _ => false,
        }
    }

    fn report_missing(
        &self,
        ty: &Name,
        interface: &InterfaceType,
        field: &Name,
        report: &mut Report,
    ) {
        let demanded = Place::member(&interface.name, field);
        let (demanding, _) = demanded.had(self.merger);
        let (implementing, places) = self.implementing(ty, &interface.name);
        let message = format!(
            "\"{ty}\", which implements \"{}\" in {implementing}, does not have the field \"{field}\" that the interface has in \
             {demanding}: add it to a subgraph",
            interface.name
        );
        report.error(ErrorCode::InterfaceFieldNoImplem, message, places);
    }

    fn report(&self, ty: &Name, field: &Name, problem: &str, report: &mut Report) {
        let place = Place::member(ty, field);
        let (subgraphs, places) = place.had(self.merger);
        let message =
            format!("\"{place}\" of {subgraphs}, merged, {problem}: make the subgraphs agree");
        report.error(ErrorCode::InvalidGraphql, message, places);
    }

    /// Where a type says that it implements an interface.
    fn implementing(&self, ty: &Name, interface: &Name) -> (String, Vec<Option<Location>>) {
        let sources = self.merger.types.get(ty).into_iter();
        let sources: Vec<_> = sources
            .flat_map(|ty| &ty.sources)
            .filter(|source| match source.node {
                ExtendedType::Object(ty) => ty.implements_interfaces.contains(interface),
                ExtendedType::Interface(ty) => ty.implements_interfaces.contains(interface),
                _ => false,
            })
            .collect();
        let subgraphs = names(sources.iter().map(|one| one.subgraph));
        let places = sources
            .iter()
            .map(|source| source.subgraph.at(source.node.name().location()));
        (subgraphs, places.collect())
    }
}
