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
    Merger, annotations,
    differences::names,
    input_values::{self, INPUT_FIELD, InputSource},
    joins::Maker,
    sources::Source,
    type_joins,
};
use crate::compose::{ErrorCode, HintCode, report::Report};

/// Merges an input object, with its directives; none, and an error, if no field remains.
pub(super) fn merge<'a>(
    name: &Name,
    sources: &[Source<'a, InputObjectType>],
    merger: &Merger<'_>,
    report: &mut Report,
) -> Option<ExtendedType> {
    let said = |ty: &'a InputObjectType| (ty.description.as_ref(), &ty.directives);
    let said = annotations::of_type(name, sources, said, merger, report);
    let mut fields: IndexMap<&Name, Vec<InputSource<'_>>> = IndexMap::default();
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
        description: said.description,
        name: name.clone(),
        directives: type_joins::with(sources, said.directives),
        fields: merged,
    })))
}

/// Whether the supergraph has a field that only some subgraphs have: clients do not see what is `@inaccessible`.
fn keeps_partial(
    ty: &Name,
    field: &Name,
    present: &[InputSource<'_>],
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
    let required = input_values::requiring(present);
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
    sources: &[InputSource<'_>],
    is_everywhere: bool,
    merger: &Merger<'_>,
    report: &mut Report,
) -> Option<ast::InputValueDefinition> {
    let coordinate = || format!("{ty}.{field}");
    let merged = input_values::merge(&coordinate, field, sources, INPUT_FIELD, merger, report)?;
    let mut definition = merged.definition;
    if !merged.is_same_type || !is_everywhere {
        let joins = sources.iter().map(|(subgraph, one)| {
            let ty = (!merged.is_same_type).then(|| one.ty.to_string());
            Maker::of(name!("join__field"), subgraph)
                .text(name!("type"), ty.as_deref())
                .make()
        });
        definition.directives.0.splice(..0, joins);
    }
    Some(definition)
}

/// GraphQL wants the fields of a `@oneOf` input object to be nullable, and without defaults.
fn check_one_of(
    ty: &Name,
    field: &ast::InputValueDefinition,
    sources: &[InputSource<'_>],
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
