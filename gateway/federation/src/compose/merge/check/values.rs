//! Default values are of their types also when these have lost enum values or input fields by merging, or have become stricter.

use apollo_compiler::{Name, Schema, ast, schema::ExtendedType};

use super::{Merger, places::Place};
use crate::compose::{ErrorCode, report::Report};

/// Reports default values in the merged schema that are not of their types.
pub(super) fn check(merged: &Schema, merger: &Merger<'_>, report: &mut Report) {
    let check = Check { merged, merger };
    for (name, ty) in &merged.types {
        let fields = match ty {
            ExtendedType::Object(ty) => &ty.fields,
            ExtendedType::Interface(ty) => &ty.fields,
            ExtendedType::InputObject(ty) => {
                for field in ty.fields.values() {
                    check.input(Place::member(name, &field.name), field, report);
                }
                continue;
            }
            _ => continue,
        };
        for field in fields.values() {
            for argument in &field.arguments {
                let place = Place::member(name, &field.name).argument(&argument.name);
                check.input(place, argument, report);
            }
        }
    }
    for definition in merged.directive_definitions.values() {
        for argument in &definition.arguments {
            if argument.default_value.is_some() {
                let name = format!("@{}", definition.name);
                check.input(Place::ty(&name).argument(&argument.name), argument, report);
            }
        }
    }
}

struct Check<'a> {
    merged: &'a Schema,
    merger: &'a Merger<'a>,
}

impl Check<'_> {
    fn input(&self, place: Place<'_>, input: &ast::InputValueDefinition, report: &mut Report) {
        let Some(value) = &input.default_value else {
            return;
        };
        let Some(fault) = self.fault(&input.ty, value) else {
            return;
        };
        let (subgraphs, places) = place.had(self.merger);
        let of = if subgraphs.is_empty() {
            String::new()
        } else {
            format!(" of {subgraphs}")
        };
        let message = format!(
            "The default value of \"{place}\"{of} does not fit its type \"{}\", as merged: {fault}",
            input.ty
        );
        report.error(ErrorCode::InvalidGraphql, message, places);
    }

    /// What merging has made wrong with a value. Scalars stay as they were, so they are not looked at; nor is what is missing,
    /// as Apollo lets default values leave out required fields.
    fn fault(&self, ty: &ast::Type, value: &ast::Value) -> Option<String> {
        match (ty, value) {
            (ast::Type::NonNullNamed(_) | ast::Type::NonNullList(_), ast::Value::Null) => {
                Some(format!("null is no \"{ty}\"; give it a value"))
            }
            (_, ast::Value::Null) => None,
            (ast::Type::List(item) | ast::Type::NonNullList(item), ast::Value::List(values)) => {
                values.iter().find_map(|value| self.fault(item, value))
            }
            (ast::Type::List(item) | ast::Type::NonNullList(item), _) => self.fault(item, value),
            (ast::Type::Named(name) | ast::Type::NonNullNamed(name), _) => {
                self.named_fault(name, value)
            }
        }
    }

    fn named_fault(&self, ty: &Name, value: &ast::Value) -> Option<String> {
        match (self.merged.types.get(ty)?, value) {
            (ExtendedType::Enum(definition), ast::Value::Enum(name)) => {
                let is_known = definition.values.contains_key(name);
                (!is_known).then(|| vanished(ty, name))
            }
            (ExtendedType::InputObject(definition), ast::Value::Object(values)) => {
                let mut values = values.iter();
                values.find_map(|(name, value)| match definition.fields.get(name) {
                    Some(field) => self.fault(&field.ty, value),
                    None => Some(vanished(ty, name)),
                })
            }
            _ => None,
        }
    }
}

fn vanished(ty: &Name, name: &Name) -> String {
    format!(
        "\"{ty}.{name}\" is not in all subgraphs, and so not in the supergraph; add it to the others"
    )
}
