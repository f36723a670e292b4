//! `@inaccessible`: what clients see must not lead to what they do not.

use apollo_compiler::{
    Name, Node, Schema, ast,
    collections::{IndexMap, IndexSet},
    schema::{Component, ComponentName, ExtendedType},
};

use super::{Merger, defaults, places::Place};
use crate::compose::{ErrorCode, merge::features::Spec, report::Report};

/// Reports what is left without something that it needs, when all that is `@inaccessible` is taken away.
pub(super) fn check(merged: &Schema, merger: &Merger<'_>, report: &mut Report) {
    let Some(inaccessible) = merger.features.name(Spec::Inaccessible) else {
        return;
    };
    let check = Visibility {
        merged,
        merger,
        inaccessible,
    };
    for (name, ty) in &merged.types {
        if !ty.is_built_in() {
            check.ty(name, ty, report);
        }
    }
    for definition in merged.directive_definitions.values() {
        check.directive(definition, report);
    }
}

/// What is visible in a merged schema.
#[derive(Clone, Copy)]
pub(super) struct Visibility<'a> {
    pub(super) merged: &'a Schema,
    pub(super) merger: &'a Merger<'a>,
    /// The name of `@inaccessible` in it.
    inaccessible: &'a Name,
}

type Fields = IndexMap<Name, Component<ast::FieldDefinition>>;

impl Visibility<'_> {
    /// Whether an element inside a type has the directive.
    pub(super) fn hides(&self, directives: &ast::DirectiveList) -> bool {
        directives.has(self.inaccessible)
    }

    pub(super) fn hides_type(&self, name: &str) -> bool {
        let ty = self.merged.types.get(name);
        ty.is_some_and(|ty| ty.directives().has(self.inaccessible))
    }

    fn ty(&self, name: &Name, ty: &ExtendedType, report: &mut Report) {
        if ty.directives().has(self.inaccessible) {
            if name == "Query" {
                self.report_of(
                    ErrorCode::QueryRootTypeInaccessible,
                    Place::ty(name),
                    "but is the query type, which clients need: hide its fields instead",
                    report,
                );
            } else {
                self.hidden_feature(name, report);
            }
            return;
        }
        match ty {
            ExtendedType::Object(ty) => {
                self.fields(name, &ty.implements_interfaces, &ty.fields, report);
            }
            ExtendedType::Interface(ty) => {
                self.fields(name, &ty.implements_interfaces, &ty.fields, report);
            }
            ExtendedType::InputObject(ty) => {
                let mut fields = ty.fields.values();
                if fields.all(|field| self.hides(&field.directives)) {
                    self.report_empty(name, "fields", report);
                }
                for field in ty.fields.values() {
                    self.input(Place::member(name, &field.name), field, report);
                }
            }
            ExtendedType::Enum(ty) => {
                let mut values = ty.values.values();
                if values.all(|value| self.hides(&value.directives)) {
                    self.report_empty(name, "values", report);
                }
                let mut values = ty.values.values();
                if values.any(|value| self.hides(&value.directives)) {
                    self.hidden_feature(name, report);
                }
            }
            ExtendedType::Union(ty) => {
                if ty.members.iter().all(|member| self.hides_type(member)) {
                    self.report_empty(name, "members", report);
                }
            }
            ExtendedType::Scalar(_) => {}
        }
    }

    fn fields(
        &self,
        ty: &Name,
        implements: &IndexSet<ComponentName>,
        fields: &Fields,
        report: &mut Report,
    ) {
        if fields.values().all(|field| self.hides(&field.directives)) {
            self.report_empty(ty, "fields", report);
        }
        for field in fields.values() {
            let place = Place::member(ty, &field.name);
            if self.hides(&field.directives) {
                for interface in self.visible_in(implements, &field.name) {
                    self.report_implementing(place, Place::member(interface, &field.name), report);
                }
                continue;
            }
            self.reference(place, &field.ty, report);
            for argument in &field.arguments {
                let place = place.argument(&argument.name);
                self.input(place, argument, report);
                if !self.hides(&argument.directives) {
                    continue;
                }
                for interface in self.visible_in(implements, &field.name) {
                    let field = self.merged.type_field(interface, &field.name);
                    let demanded = field
                        .ok()
                        .and_then(|field| field.argument_by_name(&argument.name));
                    if demanded.is_some_and(|demanded| !self.hides(&demanded.directives)) {
                        let demanded = Place {
                            ty: interface,
                            ..place
                        };
                        self.report_implementing(place, demanded, report);
                    }
                }
            }
        }
    }

    /// The visible ones of some interfaces that have that field, visibly.
    fn visible_in<'i>(
        &self,
        interfaces: &'i IndexSet<ComponentName>,
        field: &str,
    ) -> impl Iterator<Item = &'i Name> {
        let interfaces = interfaces.iter().map(|interface| &interface.name);
        interfaces.filter(move |interface| {
            let field = self.merged.type_field(interface, field);
            !self.hides_type(interface) && field.is_ok_and(|field| !self.hides(&field.directives))
        })
    }

    /// An argument, or a field of an input object.
    fn input(&self, place: Place<'_>, input: &ast::InputValueDefinition, report: &mut Report) {
        if !self.hides(&input.directives) {
            self.reference(place, &input.ty, report);
            if let Some(value) = &input.default_value {
                defaults::check(*self, place, &input.ty, value, report);
            }
            return;
        }
        if input.is_required() {
            self.report_of(
                ErrorCode::RequiredInaccessible,
                place,
                "but required, so that nobody could give it: give it a default value, or make it nullable",
                report,
            );
        }
    }

    fn directive(&self, definition: &Node<ast::DirectiveDefinition>, report: &mut Report) {
        let name = format!("@{}", definition.name);
        let composed = &self.merger.features.composed;
        let is_composed = composed.iter().any(|one| one.name == definition.name);
        for argument in &definition.arguments {
            let place = Place::ty(&name).argument(&argument.name);
            if is_composed && self.hides(&argument.directives) {
                let message = format!(
                    "\"{place}\" is @inaccessible, but the directive is composed from a linked feature, which has it: remove \
                     @inaccessible"
                );
                report.error(ErrorCode::DisallowedInaccessible, message, []);
                continue;
            }
            self.input(place, argument, report);
        }
    }

    /// A composed feature is whole: none of its types is hidden, nor a value of them.
    fn hidden_feature(&self, ty: &Name, report: &mut Report) {
        if self.is_of_feature(ty) {
            self.report_of(
                ErrorCode::DisallowedInaccessible,
                Place::ty(ty),
                "wholly or in part, but belongs to a linked feature that is composed: remove @inaccessible",
                report,
            );
        }
    }

    fn is_of_feature(&self, ty: &str) -> bool {
        let Some((space, _)) = ty.split_once("__") else {
            return false;
        };
        let mut composed = self.merger.features.composed.iter();
        composed.any(|one| one.identity.rsplit('/').next() == Some(space))
    }

    fn reference(&self, place: Place<'_>, ty: &ast::Type, report: &mut Report) {
        let ty = ty.inner_named_type();
        if self.hides_type(ty) && !self.is_of_feature(ty) {
            let problem = format!(
                "but \"{place}\" is of that type, and clients see it: hide both, or neither"
            );
            self.report_of(
                ErrorCode::ReferencedInaccessible,
                Place::ty(ty),
                &problem,
                report,
            );
        }
    }

    fn report_implementing(&self, place: Place<'_>, demanded: Place<'_>, report: &mut Report) {
        let problem =
            format!("but implements \"{demanded}\", which clients see: hide both, or neither");
        self.report_of(
            ErrorCode::ImplementedByInaccessible,
            place,
            &problem,
            report,
        );
    }

    fn report_empty(&self, ty: &Name, what: &str, report: &mut Report) {
        let (subgraphs, places) = Place::ty(ty).had(self.merger);
        let message = format!(
            "All {what} of \"{ty}\" in {subgraphs} are @inaccessible, but clients see the type itself: hide it, too, or show one of \
             them"
        );
        report.error(ErrorCode::OnlyInaccessibleChildren, message, places);
    }

    /// An error about something hidden.
    pub(super) fn report_of(
        &self,
        code: ErrorCode,
        hidden: Place<'_>,
        problem: &str,
        report: &mut Report,
    ) {
        let (subgraphs, places) = hidden.said("federation__inaccessible", self.merger);
        let by = if subgraphs.is_empty() {
            String::new()
        } else {
            format!(" in {subgraphs}")
        };
        let message = format!("\"{hidden}\" is @inaccessible{by}, {problem}");
        report.error(code, message, places);
    }
}
