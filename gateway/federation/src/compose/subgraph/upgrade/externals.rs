//! `@external` where it meant nothing, and fields that were there for nothing.

use std::collections::HashSet;

use apollo_compiler::{
    Name,
    schema::{ExtendedType, InterfaceType, ObjectType},
};

use crate::compose::{
    ErrorCode,
    report::Report,
    subgraph::{Facts, Subgraph},
};

/// Takes `@external` off an object, where Federation 1 ignored it, and off fields of keys.
pub(super) fn remove_from_object(object: &mut ObjectType, resolved: Option<&HashSet<Name>>) {
    let directives = &mut object.directives;
    directives
        .0
        .retain(|one| one.name != "federation__external");
    for name in resolved.into_iter().flatten() {
        if let Some(field) = object.fields.get_mut(name)
            && field.directives.has("federation__external")
        {
            let directives = &mut field.make_mut().directives;
            directives
                .0
                .retain(|one| one.name != "federation__external");
        }
    }
}

/// Takes everything off an interface that Federation 1 ignored there.
pub(super) fn remove_from_interface(interface: &mut InterfaceType) {
    let directives = &mut interface.directives;
    directives.0.retain(|one| one.name != "federation__key");
    for field in interface.fields.values_mut() {
        let is_ignored = |name: &str| {
            matches!(
                name,
                "federation__external" | "federation__provides" | "federation__requires"
            )
        };
        if field.directives.iter().any(|one| is_ignored(&one.name)) {
            let directives = &mut field.make_mut().directives;
            directives.0.retain(|one| !is_ignored(&one.name));
        }
    }
}

/// Takes out external fields that nothing uses, and types that have no other.
pub(super) fn remove_unused(facts: &mut Facts, subgraph: &mut Subgraph, report: &mut Report) {
    let mut emptied = Vec::new();
    for (name, ty) in &mut subgraph.schema.types {
        let (ExtendedType::Object(object), Some(facts)) = (ty, facts.types.get_mut(name)) else {
            continue;
        };
        let is_unused = |field: &Name| {
            let facts = facts.fields.get(field);
            facts.is_some_and(|facts| facts.is_external && !facts.is_used)
        };
        if !object.fields.keys().any(is_unused) {
            continue;
        }
        object
            .make_mut()
            .fields
            .retain(|field, _| !is_unused(field));
        facts
            .fields
            .retain(|_, one| !one.is_external || one.is_used);
        if object.fields.is_empty() {
            emptied.push(name.clone());
        }
    }
    if emptied.is_empty() {
        return;
    }
    let referenced = referenced(subgraph);
    for name in emptied {
        let ty = subgraph.schema.types.get(&name);
        // An entity is a member of the union of all entities.
        let is_entity = ty.is_some_and(|ty| ty.directives().has("federation__key"));
        if is_entity || referenced.contains(&name) {
            report.error(
                ErrorCode::TypeWithOnlyUnusedExternal,
                format!(
                    "[{}] {name} has nothing but @external fields that no @key, @requires or @provides names: remove the \
                     type, or give it fields that the subgraph resolves",
                    subgraph.name
                ),
                [subgraph.at(ty.and_then(|ty| ty.name().location()))],
            );
        } else {
            subgraph.schema.types.shift_remove(&name);
            facts.types.remove(&name);
        }
    }
}

/// The types that fields lead to, and members of unions.
fn referenced(subgraph: &Subgraph) -> HashSet<Name> {
    let mut referenced = HashSet::new();
    for ty in subgraph.schema.types.values() {
        match ty {
            ExtendedType::Object(object) => {
                let fields = object.fields.values();
                referenced.extend(fields.map(|field| field.ty.inner_named_type().clone()));
            }
            ExtendedType::Interface(interface) => {
                let fields = interface.fields.values();
                referenced.extend(fields.map(|field| field.ty.inner_named_type().clone()));
            }
            ExtendedType::Union(union) => {
                referenced.extend(union.members.iter().map(|member| member.name.clone()));
            }
            _ => {}
        }
    }
    referenced
}
