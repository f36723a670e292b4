//! Enums. Values that only some subgraphs know: an enum of answers has them, an enum of questions does not, and an enum of
//! both must not have any; unless they are `@inaccessible`, which keeps them from clients anyway.

#[cfg(test)]
mod tests;

use apollo_compiler::{
    Name, Node, ast,
    collections::IndexMap,
    name,
    schema::{Component, EnumType, ExtendedType},
};

use super::{
    Merger, annotations, differences::names, joins::Maker, sources::Source, type_joins, usage::Use,
};
use crate::compose::{ErrorCode, HintCode, report::Report, subgraph::Subgraph};

/// What one subgraph says of a value.
type ValueSource<'a> = (&'a Subgraph, &'a ast::EnumValueDefinition);

/// Merges an enum, with its directives; none, and an error, if no value remains.
pub(super) fn merge<'a>(
    name: &Name,
    sources: &[Source<'a, EnumType>],
    merger: &Merger<'_>,
    report: &mut Report,
) -> Option<ExtendedType> {
    let said = |ty: &'a EnumType| (ty.description.as_ref(), &ty.directives);
    let said = annotations::of_type(name, sources, said, merger, report);
    let usage = merger.usage.get(name);
    if usage.input.is_none() && usage.output.is_none() {
        let message =
            format!("Enum \"{name}\" is used by nothing: the supergraph has all its values.");
        let places = sources
            .iter()
            .map(|source| source.subgraph.at(source.node.name.location()));
        report.hint(HintCode::UnusedEnumType, message, places);
    }
    let mut values: IndexMap<&Name, Vec<ValueSource<'_>>> = IndexMap::default();
    for source in sources {
        for (value, definition) in &source.node.values {
            let known = values.entry(value).or_default();
            known.push((source.subgraph, definition));
        }
    }
    let mut merged: IndexMap<Name, Component<ast::EnumValueDefinition>> = IndexMap::default();
    for (value, present) in values {
        let is_kept = present.len() == sources.len()
            || keeps_partial(name, value, &present, sources, usage, report);
        if is_kept {
            let one = merge_value(name, value, &present, merger, report);
            merged.insert(value.clone(), Component::new(one));
        }
    }
    if merged.is_empty() {
        report_empty(name, sources, report);
        return None;
    }
    Some(ExtendedType::Enum(Node::new(EnumType {
        description: said.description,
        name: name.clone(),
        directives: type_joins::with(sources, said.directives),
        values: merged,
    })))
}

/// Whether the supergraph has a value that only some subgraphs have.
fn keeps_partial(
    ty: &Name,
    value: &Name,
    present: &[ValueSource<'_>],
    sources: &[Source<'_, EnumType>],
    usage: Use<'_>,
    report: &mut Report,
) -> bool {
    let is_inaccessible = present
        .iter()
        .any(|(_, one)| one.directives.has("federation__inaccessible"));
    if is_inaccessible && usage.input.is_some() {
        return true;
    }
    let absent = sources
        .iter()
        .filter(|source| !source.node.values.contains_key(value));
    let presence = format!(
        "Enum value \"{ty}.{value}\" is in {}, but not in {}",
        names(present.iter().map(|(subgraph, _)| *subgraph)),
        names(absent.clone().map(|source| source.subgraph)),
    );
    let places = present
        .iter()
        .map(|(subgraph, one)| subgraph.at(one.value.location()))
        .chain(absent.map(|source| source.subgraph.at(source.node.name.location())));
    match (usage.input, usage.output) {
        (Some(input), Some(output)) => {
            let message = format!(
                "{presence}, and the enum is used both as input (by \"{input}\") and as output (by \"{output}\"). \
                 Add the value where it is missing, or mark it as @inaccessible until it is everywhere."
            );
            report.error(ErrorCode::EnumValueMismatch, message, places);
            true
        }
        (Some(_), None) => {
            let message = format!("{presence}: the supergraph leaves it out.");
            let code = HintCode::InconsistentEnumValueForInputEnum;
            report.hint(code, message, places);
            false
        }
        (None, _) => {
            let message = format!("{presence}: the supergraph has it.");
            let code = HintCode::InconsistentEnumValueForOutputEnum;
            report.hint(code, message, places);
            true
        }
    }
}

fn merge_value(
    ty: &Name,
    value: &Name,
    sources: &[ValueSource<'_>],
    merger: &Merger<'_>,
    report: &mut Report,
) -> ast::EnumValueDefinition {
    let coordinate = || format!("{ty}.{value}");
    let said = sources.iter().map(|(subgraph, one)| {
        (
            *subgraph,
            one.description.as_ref(),
            (&one.directives).into(),
        )
    });
    let said = annotations::merge(&coordinate, said, merger, report);
    let joins = sources
        .iter()
        .map(|(subgraph, _)| Maker::of(name!("join__enumValue"), subgraph).make());
    ast::EnumValueDefinition {
        description: said.description,
        value: value.clone(),
        directives: ast::DirectiveList(joins.chain(said.directives).collect()),
    }
}

fn report_empty(name: &Name, sources: &[Source<'_, EnumType>], report: &mut Report) {
    let message = format!(
        "Enum \"{name}\" is used as input only, so the supergraph has the values that all subgraphs have; but {} have none \
         in common. Give them one.",
        names(sources.iter().map(|source| source.subgraph)),
    );
    let places = sources
        .iter()
        .map(|source| source.subgraph.at(source.node.name.location()));
    report.error(ErrorCode::EmptyMergedEnumType, message, places);
}
