//! The slicing arguments of `@listSize` that some subgraph lacks are not in the supergraph; at least one must be.

use apollo_compiler::{Node, Schema, ast, collections::IndexMap, schema::ExtendedType};

use super::{Merger, places::Place};
use crate::compose::{ErrorCode, merge::features::Spec, report::Report};

/// Reports fields none of whose slicing arguments are in the supergraph.
pub(super) fn check(merged: &Schema, merger: &Merger<'_>, report: &mut Report) {
    if merger.features.name(Spec::ListSize).is_none() {
        return;
    }
    let mut slicing: IndexMap<(&str, &str), Vec<&str>> = IndexMap::default();
    for subgraph in merger.subgraphs {
        for (name, ty) in &subgraph.schema.types {
            let fields = match ty {
                ExtendedType::Object(ty) => &ty.fields,
                ExtendedType::Interface(ty) => &ty.fields,
                _ => continue,
            };
            for field in fields.values() {
                for argument in slicing_arguments(field) {
                    let known = slicing.entry((name.as_str(), field.name.as_str()));
                    known.or_default().push(argument);
                }
            }
        }
    }
    for ((ty, field), arguments) in slicing {
        let Ok(definition) = merged.type_field(ty, field) else {
            continue;
        };
        let is_there = |argument: &&str| definition.argument_by_name(argument).is_some();
        if arguments.iter().any(is_there) {
            continue;
        }
        let place = Place::member(ty, field);
        let (subgraphs, places) = place.said("federation__listSize", merger);
        let message = format!(
            "@listSize on \"{place}\" in {subgraphs} has the slicing arguments \"{}\", none of which all subgraphs with the field \
             have: add one of them where it is missing",
            arguments.join("\", \"")
        );
        report.error(ErrorCode::ListSizeInvalidSlicingArgument, message, places);
    }
}

fn slicing_arguments(field: &ast::FieldDefinition) -> impl Iterator<Item = &str> {
    let directive = field.directives.get("federation__listSize");
    let value = directive.and_then(|one| one.specified_argument_by_name("slicingArguments"));
    let values: &[Node<ast::Value>] = match value {
        None => &[],
        Some(value) => value.as_list().unwrap_or(std::slice::from_ref(value)),
    };
    values.iter().filter_map(|value| value.as_str())
}
