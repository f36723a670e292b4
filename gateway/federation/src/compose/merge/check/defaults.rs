//! Default values that clients see are of what they see.

use apollo_compiler::{ast, schema::ExtendedType};

use super::{places::Place, visibility::Visibility};
use crate::compose::{ErrorCode, report::Report};

/// Reports the hidden input fields and enum values in the default value of a visible element.
pub(super) fn check(
    visibility: Visibility<'_>,
    place: Place<'_>,
    ty: &ast::Type,
    value: &ast::Value,
    report: &mut Report,
) {
    let ty = ty.inner_named_type();
    let hidden = match (value, visibility.merged.types.get(ty)) {
        (ast::Value::List(values), _) => {
            let ty = ast::Type::Named(ty.clone());
            for value in values {
                check(visibility, place, &ty, value, report);
            }
            return;
        }
        (ast::Value::Object(values), Some(ExtendedType::InputObject(definition))) => {
            for (name, value) in values {
                match definition.fields.get(name) {
                    Some(field) if visibility.hides(&field.directives) => {
                        report_use(visibility, place, Place::member(ty, name), report);
                    }
                    Some(field) => check(visibility, place, &field.ty, value, report),
                    None => {}
                }
            }
            return;
        }
        (ast::Value::Enum(name), Some(ExtendedType::Enum(definition))) => {
            let value = definition.values.get(name);
            value
                .filter(|value| visibility.hides(&value.directives))
                .map(|_| name)
        }
        _ => None,
    };
    if let Some(name) = hidden {
        report_use(visibility, place, Place::member(ty, name), report);
    }
}

fn report_use(
    visibility: Visibility<'_>,
    place: Place<'_>,
    hidden: Place<'_>,
    report: &mut Report,
) {
    let problem = format!(
        "but is in the default value of \"{place}\", which clients see: choose another default value, or hide both"
    );
    visibility.report_of(
        ErrorCode::DefaultValueUsesInaccessible,
        hidden,
        &problem,
        report,
    );
}
