//! One schema of all subgraphs'.
//!
//! An index of all types is built once; then each type is merged from what its subgraphs say of it, field by field, and
//! argument by argument. Nobody looks through all subgraphs for anything.

mod annotations;
mod applied;
mod arguments;
mod auth;
mod check;
mod composed;
mod composed_uses;
mod defaults;
mod definitions;
mod descriptions;
mod differences;
mod directives;
mod elements;
mod enums;
mod external;
mod features;
mod fields;
mod groups;
mod input_values;
mod inputs;
mod interface_auth;
mod interface_objects;
mod joins;
mod links;
mod list_size;
mod machinery;
mod merged_arguments;
mod objects;
mod overrides;
mod requires;
mod scalars;
mod sharing;
mod sources;
#[cfg(test)]
mod tests;
mod type_joins;
mod types;
mod unions;
mod usage;
mod values;

use std::sync::Arc;

use apollo_compiler::{Schema, schema::ExtendedType};
use rustc_hash::FxHashMap;

use super::{report::Report, subgraph::Subgraph};
use features::Features;
use objects::Part;
use sources::{Kind, TypeSources, Types};
use usage::Usage;

/// Merges, and reports what does not go together.
pub(super) fn merge(subgraphs: &[Subgraph], report: &mut Report) -> Schema {
    let merger = Merger::of(subgraphs, report);
    let mut merged = Schema::new();
    // What comes from a subgraph still says where it stands there.
    let sources = subgraphs.iter().flat_map(|one| one.schema.sources.iter());
    Arc::make_mut(&mut merged.sources).extend(sources.map(|(id, file)| (*id, Arc::clone(file))));
    for ty in merger.types.iter() {
        if let Some(one) = merger.merge(ty, report) {
            merged.types.insert(ty.name.clone(), one);
        }
    }
    interface_objects::add_fields(&mut merged, &merger, report);
    interface_auth::demand(&mut merged, &merger.features, report);
    list_size::drop_vanished_arguments(&mut merged, &merger.features);
    directives::add(&mut merged, &merger, report);
    machinery::add(&mut merged, &merger, report);
    composed_uses::check(&merged, &merger, report);
    merged.types.sort_keys();
    merged.directive_definitions.sort_keys();
    if !report.has_errors() {
        requires::check(&merger, report);
    }
    check::check(&merged, &merger, report);
    merged
}

/// What merging a type needs to know of all the others.
#[derive(Debug)]
struct Merger<'a> {
    subgraphs: &'a [Subgraph],
    types: Types<'a>,
    features: Features,
    usage: Usage<'a>,
    /// The types with `@interfaceObject`, by the interface's name, in the subgraphs' order.
    interface_objects: FxHashMap<&'a str, Vec<Part<'a>>>,
}

impl<'a> Merger<'a> {
    fn of(subgraphs: &'a [Subgraph], report: &mut Report) -> Self {
        let types = Types::of(subgraphs);
        let mut interface_objects: FxHashMap<&'a str, Vec<Part<'a>>> = FxHashMap::default();
        for ty in types.iter() {
            let parts = ty.sources.iter();
            let parts: Vec<_> = parts
                .filter_map(|source| Part::of(ty.name, *source))
                .filter(|part| part.is_interface_object)
                .collect();
            if !parts.is_empty() {
                interface_objects.insert(ty.name, parts);
            }
        }
        let features = Features::of(subgraphs, report);
        Self {
            subgraphs,
            types,
            usage: Usage::of(subgraphs, &features),
            features,
            interface_objects,
        }
    }

    fn merge(&self, ty: &TypeSources<'a>, report: &mut Report) -> Option<ExtendedType> {
        let name = ty.name;
        let kind = ty.kind(report)?;
        match kind {
            Kind::Object | Kind::Interface => Some(objects::merge(ty, kind, self, report)),
            Kind::Scalar => {
                let sources = ty.of_kind(ExtendedType::as_scalar);
                Some(scalars::merge(name, &sources, self, report))
            }
            Kind::Union => {
                let sources = ty.of_kind(ExtendedType::as_union);
                Some(unions::merge(name, &sources, self, report))
            }
            Kind::Enum => {
                let sources = ty.of_kind(ExtendedType::as_enum);
                enums::merge(name, &sources, self, report)
            }
            Kind::InputObject => {
                let sources = ty.of_kind(ExtendedType::as_input_object);
                inputs::merge(name, &sources, self, report)
            }
        }
    }
}
