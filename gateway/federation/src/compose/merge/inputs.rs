//! Input objects: a client may say only what all subgraphs understand, so the supergraph has the fields that all have.

#[cfg(test)]
mod tests;

use apollo_compiler::{
    Name, Node, ast,
    collections::IndexMap,
    name,
    schema::{Component, ExtendedType, InputObjectType},
};

use super::{
    Merger, applied, defaults, descriptions,
    differences::names,
    joins::Maker,
    sources::Source,
    type_joins,
    types::{self, Codes, Position},
};
use crate::compose::{ErrorCode, HintCode, report::Report, subgraph::Subgraph};

/// What one subgraph says of an input field.
type FieldSource<'a> = (&'a Subgraph, &'a ast::InputValueDefinition);

/// Merges an input object, with its directives; none, and an error, if no field remains.
pub(super) fn merge(
    name: &Name,
    sources: &[Source<'_, InputObjectType>],
    merger: &Merger<'_>,
    report: &mut Report,
) -> Option<ExtendedType> {
    let coordinate = || name.to_string();
    let described = sources
        .iter()
        .map(|source| (source.subgraph, source.node.description.as_ref()));
    let description = descriptions::merge(&coordinate, described, report);
    let applied = sources
        .iter()
        .map(|source| (source.subgraph, (&source.node.directives).into()));
    let applied = applied::merge(&coordinate, applied, &merger.features, report);
    let mut fields: IndexMap<&Name, Vec<FieldSource<'_>>> = IndexMap::default();
    for source in sources {
        for (field, definition) in &source.node.fields {
            let known = fields.entry(field).or_default();
            known.push((source.subgraph, definition));
        }
    }
    let is_one_of = sources
        .iter()
        .any(|source| source.node.directives.has("oneOf"));
    let mut merged: IndexMap<Name, Component<ast::InputValueDefinition>> = IndexMap::default();
    for (field, present) in fields {
        let is_everywhere = present.len() == sources.len();
        if !is_everywhere && !keeps_partial(name, field, &present, sources, report) {
            continue;
        }
        if let Some(one) = merge_field(name, field, &present, is_everywhere, merger, report) {
            if is_one_of {
                check_one_of(name, &one, &present, report);
            }
            merged.insert(field.clone(), Component::new(one));
        }
    }
    if merged.is_empty() {
        report_empty(name, sources, report);
        return None;
    }
    Some(ExtendedType::InputObject(Node::new(InputObjectType {
        description,
        name: name.clone(),
        directives: type_joins::with(sources, applied),
        fields: merged,
    })))
}

/// Whether the supergraph has a field that only some subgraphs have: clients do not see what is `@inaccessible`.
fn keeps_partial(
    ty: &Name,
    field: &Name,
    present: &[FieldSource<'_>],
    sources: &[Source<'_, InputObjectType>],
    report: &mut Report,
) -> bool {
    let is_inaccessible = present
        .iter()
        .any(|(_, one)| one.directives.has("federation__inaccessible"));
    if is_inaccessible {
        return true;
    }
    let absent = sources
        .iter()
        .filter(|source| !source.node.fields.contains_key(field));
    let missing_in = names(absent.clone().map(|source| source.subgraph));
    let places = present
        .iter()
        .map(|(subgraph, one)| subgraph.at(one.name.location()))
        .chain(absent.map(|source| source.subgraph.at(source.node.name.location())));
    let required: Vec<_> = present
        .iter()
        .filter(|(_, one)| one.is_required())
        .map(|(subgraph, _)| *subgraph)
        .collect();
    if required.is_empty() {
        let message = format!(
            "Input field \"{ty}.{field}\" is in {}, but not in {missing_in}: the supergraph leaves it out.",
            names(present.iter().map(|(subgraph, _)| *subgraph)),
        );
        let code = HintCode::InconsistentInputObjectField;
        report.hint(code, message, places);
    } else {
        let message = format!(
            "Input field \"{ty}.{field}\" is required in {}, but not in {missing_in}. Add it there, or make it optional.",
            names(required),
        );
        let code = ErrorCode::RequiredInputFieldMissingInSomeSubgraph;
        report.error(code, message, places);
    }
    false
}

fn merge_field(
    ty: &Name,
    field: &Name,
    sources: &[FieldSource<'_>],
    is_everywhere: bool,
    merger: &Merger<'_>,
    report: &mut Report,
) -> Option<ast::InputValueDefinition> {
    let coordinate = || format!("{ty}.{field}");
    let described = sources
        .iter()
        .map(|(subgraph, one)| (*subgraph, one.description.as_ref()));
    let description = descriptions::merge(&coordinate, described, report);
    let typed = sources
        .iter()
        .map(|(subgraph, one)| (*subgraph, &*one.ty, one.name.location()));
    let codes = Codes {
        mismatch: ErrorCode::FieldTypeMismatch,
        compatible: HintCode::InconsistentButCompatibleFieldType,
    };
    let types = &merger.types;
    let merged = types::merge(&coordinate, Position::Input, codes, typed, types, report)?;
    let mismatch = ErrorCode::InputFieldDefaultMismatch;
    let default_value = defaults::merge(&coordinate, sources.iter().copied(), mismatch, report);
    let applied = sources
        .iter()
        .map(|(subgraph, one)| (*subgraph, (&one.directives).into()));
    let applied = applied::merge(&coordinate, applied, &merger.features, report);
    let mut directives = Vec::new();
    if !merged.is_same || !is_everywhere {
        directives.extend(sources.iter().map(|(subgraph, one)| {
            let ty = (!merged.is_same).then(|| one.ty.to_string());
            Maker::of(name!("join__field"), subgraph)
                .text(name!("type"), ty.as_deref())
                .make()
        }));
    }
    directives.extend(applied);
    Some(ast::InputValueDefinition {
        description,
        name: field.clone(),
        ty: Node::new(merged.ty.clone()),
        default_value,
        directives: ast::DirectiveList(directives),
    })
}

/// GraphQL wants the fields of a `@oneOf` input object to be nullable, and without defaults.
fn check_one_of(
    ty: &Name,
    field: &ast::InputValueDefinition,
    sources: &[FieldSource<'_>],
    report: &mut Report,
) {
    let places = sources
        .iter()
        .map(|(subgraph, one)| subgraph.at(one.name.location()));
    let name = &field.name;
    if field.ty.is_non_null() {
        let message = format!(
            "Input object \"{ty}\" is @oneOf in some subgraph, so \"{ty}.{name}\" must be nullable in all. Remove the `!`."
        );
        report.error(ErrorCode::FieldTypeMismatch, message, places);
    } else if field.default_value.is_some() {
        let message = format!(
            "Input object \"{ty}\" is @oneOf in some subgraph, so \"{ty}.{name}\" must have no default value in any. Remove it."
        );
        report.error(ErrorCode::InputFieldDefaultMismatch, message, places);
    }
}

fn report_empty(name: &Name, sources: &[Source<'_, InputObjectType>], report: &mut Report) {
    let message = format!(
        "The supergraph has those fields of input object \"{name}\" that all subgraphs have; but {} have none in common. \
         Give them one.",
        names(sources.iter().map(|source| source.subgraph)),
    );
    let places = sources
        .iter()
        .map(|source| source.subgraph.at(source.node.name.location()));
    report.error(ErrorCode::EmptyMergedInputType, message, places);
}
