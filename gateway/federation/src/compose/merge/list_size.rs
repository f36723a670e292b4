//! `@listSize` names arguments; those that the merged field lacks are taken out of it.

use apollo_compiler::{Name, Schema, ast, schema::ExtendedType};

use super::features::{Features, Spec};

/// Goes over the merged schema.
pub(super) fn drop_vanished_arguments(merged: &mut Schema, features: &Features) {
    let Some(list_size) = features.name(Spec::ListSize) else {
        return;
    };
    for ty in merged.types.values_mut() {
        let fields = match ty {
            ExtendedType::Object(object) => &mut object.make_mut().fields,
            ExtendedType::Interface(interface) => &mut interface.make_mut().fields,
            _ => continue,
        };
        for field in fields.values_mut() {
            if has_vanished(field, list_size) {
                drop_vanished(field.make_mut(), list_size);
            }
        }
    }
}

fn has_vanished(field: &ast::FieldDefinition, list_size: &Name) -> bool {
    let Some(directive) = field.directives.get(list_size) else {
        return false;
    };
    let names = directive.specified_argument_by_name("slicingArguments");
    let mut names = names
        .and_then(|names| names.as_list())
        .unwrap_or_default()
        .iter();
    names.any(|name| !has_argument(field, name))
}

fn has_argument(field: &ast::FieldDefinition, name: &ast::Value) -> bool {
    name.as_str()
        .is_some_and(|name| field.argument_by_name(name).is_some())
}

fn drop_vanished(field: &mut ast::FieldDefinition, list_size: &Name) {
    let before = field.clone();
    let directives = field.directives.0.iter_mut();
    for directive in directives.filter(|one| one.name == *list_size) {
        for argument in &mut directive.make_mut().arguments {
            if argument.name == "slicingArguments"
                && let ast::Value::List(names) = argument.make_mut().value.make_mut()
            {
                names.retain(|name| has_argument(&before, name));
            }
        }
    }
}
