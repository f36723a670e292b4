//! `@interfaceObject`: fields that a subgraph adds to all implementations of an interface without knowing them.

use apollo_compiler::{
    Schema, ast,
    schema::{Component, ExtendedType, ObjectType},
};

use super::{
    Merger,
    fields::FieldSources,
    joins,
    objects::Composite,
    overrides::Overrides,
    sharing,
    sources::{Kind, TypeSources},
};
use crate::compose::report::Report;

/// Adds to merged object types what interface objects resolve for them.
pub(super) fn add_fields(merged: &mut Schema, merger: &Merger<'_>, report: &mut Report) {
    if merger.interface_objects.is_empty() {
        return;
    }
    for ty in merger.types.iter() {
        let Some(object) = merged.get_object(ty.name) else {
            continue;
        };
        let fields = missing_fields(object, merged, merger);
        if fields.is_empty() {
            continue;
        }
        check_sharing(ty, &fields, merger, report);
        if let Some(ExtendedType::Object(object)) = merged.types.get_mut(ty.name) {
            let fields = fields.into_iter();
            let fields = fields.map(|field| (field.name.clone(), Component::new(field)));
            object.make_mut().fields.extend(fields);
        }
    }
}

/// The fields of an object's interfaces that it lacks, and that an interface object resolves.
fn missing_fields(
    object: &ObjectType,
    merged: &Schema,
    merger: &Merger<'_>,
) -> Vec<ast::FieldDefinition> {
    let mut missing: Vec<ast::FieldDefinition> = Vec::new();
    for interface in &object.implements_interfaces {
        let Some(parts) = merger.interface_objects.get(interface.as_str()) else {
            continue;
        };
        let Some(definition) = merged.get_interface(interface) else {
            continue;
        };
        for (name, field) in &definition.fields {
            let is_known =
                object.fields.contains_key(name) || missing.iter().any(|field| field.name == *name);
            let mut sources = parts.iter().filter_map(|part| part.field(name));
            if !is_known && sources.any(|source| !source.is_external()) {
                missing.push(copy(field));
            }
        }
    }
    missing
}

fn copy(field: &ast::FieldDefinition) -> ast::FieldDefinition {
    let mut field = field.clone();
    let directives = &mut field.directives.0;
    directives.retain(|directive| directive.name != "join__field");
    directives.insert(0, joins::of_nobody());
    field
}

fn check_sharing<'a>(
    ty: &TypeSources<'a>,
    fields: &[ast::FieldDefinition],
    merger: &Merger<'a>,
    report: &mut Report,
) {
    let composite = Composite::of(ty, Kind::Object, merger);
    for field in fields {
        let sources = FieldSources {
            composite: &composite,
            name: &field.name,
            all: &[],
        };
        sharing::check(&sources, &Overrides::default(), report);
    }
}
