//! Interfaces that subgraphs have a `@key` of, or know only as `@interfaceObject`: the one needs all implementations, the other
//! none.

use apollo_compiler::{Name, Schema, schema::ExtendedType};
use rustc_hash::FxHashMap;

use super::Merger;
use crate::compose::{
    ErrorCode,
    merge::{differences::names, objects::Part, sources::TypeSources},
    report::Report,
};

/// Reports interfaces that are interface objects everywhere, and subgraphs that have too few or too many implementations.
pub(super) fn check(merged: &Schema, merger: &Merger<'_>, report: &mut Report) {
    let implementations = implementations(merged);
    for ty in merger.types.iter() {
        // What is of several kinds is not merged.
        if merged.get_interface(ty.name).is_none() {
            continue;
        }
        let sources = ty.sources.iter();
        let parts: Vec<_> = sources
            .filter_map(|source| Part::of(ty.name, *source))
            .collect();
        if parts.iter().all(|part| part.is_interface_object) {
            report_objects_only(ty, report);
            continue;
        }
        let implementations = implementations.get(ty.name.as_str());
        let implementations = implementations.map(Vec::as_slice).unwrap_or_default();
        for part in &parts {
            if part.is_interface_object {
                check_interface_object(ty, part, implementations, report);
            } else {
                check_keyed(ty, part, implementations, report);
            }
        }
    }
}

/// The object types that implement each interface, in the order of their names.
fn implementations(merged: &Schema) -> FxHashMap<&str, Vec<&Name>> {
    let mut implementations: FxHashMap<&str, Vec<&Name>> = FxHashMap::default();
    for (name, ty) in &merged.types {
        if let ExtendedType::Object(object) = ty {
            for interface in &object.implements_interfaces {
                let known = implementations.entry(interface.as_str()).or_default();
                known.push(name);
            }
        }
    }
    implementations
}

fn report_objects_only(ty: &TypeSources<'_>, report: &mut Report) {
    let subgraphs = names(ty.sources.iter().map(|source| source.subgraph));
    let message = format!(
        "\"{}\" is an interface object in {subgraphs}, and an interface nowhere: define the interface in a subgraph that knows \
         its implementations",
        ty.name
    );
    let places = ty
        .sources
        .iter()
        .map(|one| one.subgraph.at(one.node.location()));
    report.error(ErrorCode::InterfaceObjectUsageError, message, places);
}

/// A subgraph with an interface object knows none of the implementations.
fn check_interface_object(
    ty: &TypeSources<'_>,
    part: &Part<'_>,
    implementations: &[&Name],
    report: &mut Report,
) {
    let types = &part.subgraph.schema.types;
    let known: Vec<_> = implementations
        .iter()
        .filter_map(|name| types.get(*name))
        .collect();
    if known.is_empty() {
        return;
    }
    let message = format!(
        "[{}] \"{}\" is an interface object, which stands for all its implementations, so the subgraph cannot have any of them, \
         and has {}: remove them, or make it an interface",
        part.subgraph.name,
        ty.name,
        listed(known.iter().map(|ty| ty.name()))
    );
    let places = known.iter().map(|ty| part.subgraph.at(ty.location()));
    report.error(ErrorCode::InterfaceObjectUsageError, message, places);
}

/// A subgraph that resolves an interface by key can be asked for any of its implementations.
fn check_keyed(
    ty: &TypeSources<'_>,
    part: &Part<'_>,
    implementations: &[&Name],
    report: &mut Report,
) {
    let keys = part.facts.map(|facts| facts.keys.as_slice());
    let mut keys = keys.unwrap_or_default().iter();
    let Some(key) = keys.find(|key| key.is_resolvable) else {
        return;
    };
    let is_implemented = |name: &Name| {
        let object = part.subgraph.schema.get_object(name);
        object.is_some_and(|object| object.implements_interfaces.contains(ty.name))
    };
    let missing: Vec<_> = implementations
        .iter()
        .copied()
        .filter(|name| !is_implemented(name))
        .collect();
    if missing.is_empty() {
        return;
    }
    let message = format!(
        "[{}] the interface \"{}\" has the key \"{}\", so the subgraph can be asked for any of its implementations, but does not \
         have {}: define what is missing there, with the interface, or say \"resolvable: false\"",
        part.subgraph.name,
        ty.name,
        key.fields.text,
        listed(missing.into_iter())
    );
    report.error(
        ErrorCode::InterfaceKeyMissingImplementationType,
        message,
        [part.subgraph.at(key.span)],
    );
}

fn listed<'a>(names: impl Iterator<Item = &'a Name>) -> String {
    let names: Vec<_> = names.map(|name| format!("\"{name}\"")).collect();
    names.join(", ")
}
