//! Which fields a subgraph's directives and interfaces stand on.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use apollo_compiler::{Name, Schema, ast, schema::ExtendedType};

use super::{
    Facts,
    contexts::{context_setters, contextual_arguments},
    parse_field_set,
    selections::resolve_noting,
};

/// What a field is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Key,
    /// A key that stands on an extension of its type.
    KeyOfExtension,
    Provides,
    /// `@requires`, a context, or an interface that demands the field.
    Other,
}

/// Says in the facts which fields are used, and what of that follows for `@external`.
///
/// Field sets that do not fit the schema are errors of [`validate`](crate::compose::validate).
pub(super) fn mark(schema: &Schema, facts: &mut Facts) {
    let mut uses = Vec::new();
    gather_field_sets(schema, facts, &mut uses);
    gather_contexts(schema, &mut uses);
    gather_interfaces(schema, &mut uses);
    spread_to_implementations(schema, &mut uses);
    for (ty, field, usage) in uses {
        let Some(field) = facts
            .types
            .get_mut(&ty)
            .and_then(|ty| ty.fields.get_mut(&field))
        else {
            continue;
        };
        field.is_used = true;
        match usage {
            Use::Key => field.is_key_field = true,
            Use::KeyOfExtension => {
                field.is_key_field = true;
                // Federation 1 had `@external` there, which never meant that the subgraph cannot resolve it.
                field.is_external_key_of_extension |= field.is_external;
                field.is_external = false;
            }
            Use::Provides => field.is_provided = true,
            Use::Other => {}
        }
    }
}

type Uses = Vec<(Name, Name, Use)>;

fn gather(schema: &Schema, ty: &str, selections: &[ast::Selection], usage: Use, uses: &mut Uses) {
    // What comes before a mistake is used all the same; the mistake is told by the rules.
    let _ = resolve_noting(schema, ty, selections, &mut |ty, field| {
        uses.push((ty.clone(), field.clone(), usage));
    });
}

fn gather_field_sets(schema: &Schema, facts: &Facts, uses: &mut Uses) {
    for (name, ty) in &facts.types {
        for key in &ty.keys {
            let usage = if key.is_of_extension {
                Use::KeyOfExtension
            } else {
                Use::Key
            };
            gather(schema, name, &key.fields.selections, usage, uses);
        }
        for (field, facts) in &ty.fields {
            if let Some(requires) = &facts.requires {
                gather(schema, name, &requires.selections, Use::Other, uses);
            }
            if let Some(provides) = &facts.provides
                && let Ok(field) = schema.type_field(name, field)
            {
                let provided = field.ty.inner_named_type();
                gather(schema, provided, &provides.selections, Use::Provides, uses);
            }
        }
    }
}

fn gather_contexts(schema: &Schema, uses: &mut Uses) {
    let setters = context_setters(schema);
    if setters.is_empty() {
        return;
    }
    let fields = schema.types.values().flat_map(fields_of);
    for (_, reference) in fields.flat_map(|field| contextual_arguments(field)) {
        let (Some(types), Ok(set)) = (
            setters.get(reference.context),
            parse_field_set(reference.selection),
        ) else {
            continue;
        };
        for ty in types {
            gather(schema, ty, &set.selections, Use::Other, uses);
        }
    }
}

/// The fields of objects that an interface of theirs demands.
fn gather_interfaces(schema: &Schema, uses: &mut Uses) {
    for ty in schema.types.values() {
        let ExtendedType::Object(object) = ty else {
            continue;
        };
        for interface in &object.implements_interfaces {
            let Some(interface) = schema.get_interface(interface) else {
                continue;
            };
            let demanded = interface
                .fields
                .keys()
                .filter(|field| object.fields.contains_key(*field));
            uses.extend(demanded.map(|field| (object.name.clone(), field.clone(), Use::Other)));
        }
    }
}

/// What is used of an interface is used of the objects that implement it.
fn spread_to_implementations(schema: &Schema, uses: &mut Uses) {
    let of_interfaces: Vec<_> = uses
        .iter()
        .filter(|(ty, ..)| schema.get_interface(ty).is_some())
        .cloned()
        .collect();
    if of_interfaces.is_empty() {
        return;
    }
    let mut implementations: HashMap<&Name, Vec<&Name>> = HashMap::new();
    for ty in schema.types.values() {
        if let ExtendedType::Object(object) = ty {
            for interface in &object.implements_interfaces {
                let of_interface = implementations.entry(&interface.name).or_default();
                of_interface.push(&object.name);
            }
        }
    }
    for (interface, field, usage) in of_interfaces {
        let objects = implementations.get(&interface).into_iter().flatten();
        // That an interface is extended says nothing about its implementations.
        let usage = match usage {
            Use::KeyOfExtension => Use::Key,
            other => other,
        };
        uses.extend(objects.map(|object| ((*object).clone(), field.clone(), usage)));
    }
}

fn fields_of(
    ty: &ExtendedType,
) -> impl Iterator<Item = &apollo_compiler::schema::Component<ast::FieldDefinition>> {
    let fields = match ty {
        ExtendedType::Object(object) => Some(&object.fields),
        ExtendedType::Interface(interface) => Some(&interface.fields),
        _ => None,
    };
    fields.into_iter().flat_map(|fields| fields.values())
}
