//! What implements an interface has its fields, of fitting types, with its arguments: also where that comes from several
//! subgraphs.

use apollo_compiler::{
    Name, Schema, ast,
    collections::{IndexMap, IndexSet},
    schema::{Component, ComponentName, ExtendedType, InterfaceType},
};

use super::{Merger, places::Place};
use crate::compose::{ErrorCode, Location, merge::differences::names, report::Report};

type Fields = IndexMap<Name, Component<ast::FieldDefinition>>;

/// Reports types and interfaces that do not fulfil the interfaces that they implement.
pub(super) fn check(merged: &Schema, merger: &Merger<'_>, report: &mut Report) {
    let check = Check { merged, merger };
    for (name, ty) in &merged.types {
        match ty {
            ExtendedType::Object(ty) => {
                check.check(name, &ty.implements_interfaces, &ty.fields, report);
            }
            ExtendedType::Interface(ty) => {
                check.check(name, &ty.implements_interfaces, &ty.fields, report);
            }
            _ => {}
        }
    }
}

struct Check<'a> {
    merged: &'a Schema,
    merger: &'a Merger<'a>,
}

impl Check<'_> {
    fn check(
        &self,
        ty: &Name,
        implements: &IndexSet<ComponentName>,
        fields: &Fields,
        report: &mut Report,
    ) {
        for name in implements {
            let Some(interface) = self.merged.get_interface(name) else {
                continue;
            };
            self.check_inherited(ty, implements, interface, report);
            for (name, expected) in &interface.fields {
                let Some(field) = fields.get(name) else {
                    self.report_missing(ty, interface, name, report);
                    continue;
                };
                if !self.is_subtype(&field.ty, &expected.ty) {
                    let problem = format!(
                        "is of type \"{}\", which is no \"{}\", as \"{}.{name}\" is",
                        field.ty, expected.ty, interface.name
                    );
                    self.report(ty, name, &problem, report);
                }
                self.check_arguments(ty, interface, field, expected, report);
            }
        }
    }

    /// Whoever implements an interface implements those that it implements.
    fn check_inherited(
        &self,
        ty: &Name,
        implements: &IndexSet<ComponentName>,
        interface: &InterfaceType,
        report: &mut Report,
    ) {
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
            if implements.contains(&inherited.name) {
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
