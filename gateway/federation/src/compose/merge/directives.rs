//! Definitions of directives: those for operations, and those that `@composeDirective` names.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use apollo_compiler::{Name, Node, Schema, ast, ast::DirectiveLocation};

use super::{
    Merger, applied,
    arguments::{self, Signature},
    descriptions,
    differences::names,
    groups, values,
};
use crate::compose::{ErrorCode, HintCode, report::Report, subgraph::Subgraph};

/// A definition, and whose it is.
type Definition<'a> = (&'a Subgraph, &'a ast::DirectiveDefinition);

const BUILT_IN: [&str; 5] = ["deprecated", "include", "oneOf", "skip", "specifiedBy"];

fn is_executable(location: DirectiveLocation) -> bool {
    matches!(
        location,
        DirectiveLocation::Query
            | DirectiveLocation::Mutation
            | DirectiveLocation::Subscription
            | DirectiveLocation::Field
            | DirectiveLocation::FragmentDefinition
            | DirectiveLocation::FragmentSpread
            | DirectiveLocation::InlineFragment
            | DirectiveLocation::VariableDefinition
    )
}

/// The names of the directives that an operation may use on the supergraph: those that all subgraphs define, for a common
/// place. An operation with one of them may go to any subgraph. Composed directives are left out.
pub(super) fn executable(
    subgraphs: &[Subgraph],
    composed: &HashMap<Name, usize>,
    report: &mut Report,
) -> BTreeSet<Name> {
    let mut directives: BTreeMap<&Name, Vec<Definition<'_>>> = BTreeMap::new();
    for subgraph in subgraphs {
        for (name, definition) in &subgraph.schema.directive_definitions {
            let is_ours = !definition.is_built_in()
                && !BUILT_IN.contains(&name.as_str())
                && !composed.contains_key(name);
            if is_ours && definition.locations.iter().any(|one| is_executable(*one)) {
                let known = directives.entry(name).or_default();
                known.push((subgraph, definition));
            }
        }
    }
    let common = directives.into_iter().filter(|(name, definitions)| {
        if definitions.len() < subgraphs.len() {
            hint_missing(name, definitions, subgraphs, report);
            return false;
        }
        let is_common = !common_locations(definitions).is_empty();
        if !is_common {
            hint_no_location(name, definitions, report);
        }
        is_common
    });
    common.map(|(name, _)| name.clone()).collect()
}

/// The executable locations that all definitions have, in the order of the first.
fn common_locations(definitions: &[Definition<'_>]) -> Vec<DirectiveLocation> {
    let Some(((_, first), others)) = definitions.split_first() else {
        return Vec::new();
    };
    let locations = first.locations.iter().copied();
    locations
        .filter(|one| is_executable(*one))
        .filter(|one| {
            let mut others = others.iter();
            others.all(|(_, other)| other.locations.contains(one))
        })
        .collect()
}

fn hint_missing(
    name: &Name,
    definitions: &[Definition<'_>],
    subgraphs: &[Subgraph],
    report: &mut Report,
) {
    let absent = subgraphs.iter().filter(|subgraph| {
        let mut present = definitions.iter();
        !present.any(|(one, _)| one.graph == subgraph.graph)
    });
    let message = format!(
        "Directive \"@{name}\" of operations is in {}, but not in {}: operations on the supergraph cannot use it.",
        names(definitions.iter().map(|(subgraph, _)| *subgraph)),
        names(absent),
    );
    let code = HintCode::InconsistentExecutableDirectivePresence;
    report.hint(code, message, places(definitions));
}

fn hint_no_location(name: &Name, definitions: &[Definition<'_>], report: &mut Report) {
    let message = format!(
        "Directive \"@{name}\" has no place in operations that is common to all subgraphs: {}. Operations on the supergraph \
         cannot use it.",
        say_locations(definitions),
    );
    let code = HintCode::NoExecutableDirectiveLocationsIntersection;
    report.hint(code, message, places(definitions));
}

fn say_locations(definitions: &[Definition<'_>]) -> String {
    let locations = definitions
        .iter()
        .map(|(subgraph, one)| (*subgraph, executable_locations(one)));
    let groups = groups::group(locations, |a, b| a == b);
    groups::differences(&groups, |locations| {
        let names: Vec<_> = locations.iter().map(ToString::to_string).collect();
        names.join(" | ")
    })
}

fn executable_locations(definition: &ast::DirectiveDefinition) -> BTreeSet<&'static str> {
    let locations = definition.locations.iter();
    locations
        .filter(|one| is_executable(**one))
        .map(|one| one.name())
        .collect()
}

fn places(definitions: &[Definition<'_>]) -> Vec<Option<crate::compose::Location>> {
    definitions
        .iter()
        .map(|(subgraph, one)| subgraph.at(one.name.location()))
        .collect()
}

/// Adds the merged definitions.
pub(super) fn add(merged: &mut Schema, merger: &Merger<'_>, report: &mut Report) {
    let subgraphs = merger.subgraphs;
    let mut definitions = Vec::new();
    for name in &merger.features.executable {
        let sources: Vec<_> = subgraphs
            .iter()
            .filter_map(|subgraph| {
                let definition = subgraph.schema.directive_definitions.get(name)?;
                Some((subgraph, &**definition))
            })
            .collect();
        definitions.push(merge_executable(name, &sources, merger, report));
    }
    for composed in &merger.features.composed {
        definitions.push(merge_composed(
            &composed.definition,
            subgraphs,
            merger,
            merged,
            report,
        ));
    }
    for definition in definitions {
        if has_its_types(&definition, merged, report) {
            let name = definition.name.clone();
            merged
                .directive_definitions
                .insert(name, Node::new(definition));
        }
    }
}

/// Whether the supergraph has the types of the arguments; an error, if not.
fn has_its_types(
    definition: &ast::DirectiveDefinition,
    merged: &Schema,
    report: &mut Report,
) -> bool {
    let missing = definition
        .arguments
        .iter()
        .find(|argument| !merged.types.contains_key(argument.ty.inner_named_type()));
    if let Some(argument) = missing {
        let message = format!(
            "\"@{}({}:)\" has the type \"{}\", which the supergraph does not have. Give it a type of your own.",
            definition.name, argument.name, argument.ty,
        );
        report.error(ErrorCode::DirectiveCompositionError, message, []);
    }
    missing.is_none()
}

fn merge_executable(
    name: &Name,
    sources: &[Definition<'_>],
    merger: &Merger<'_>,
    report: &mut Report,
) -> ast::DirectiveDefinition {
    let coordinate = || format!("@{name}");
    let described = sources
        .iter()
        .map(|(subgraph, one)| (*subgraph, one.description.as_ref()));
    let description = descriptions::merge(&coordinate, described, report);
    let locations = common_locations(sources);
    let wider = |(_, one): &Definition<'_>| executable_locations(one).len() > locations.len();
    if sources.iter().any(wider) {
        let message = format!(
            "Directive \"@{name}\" has different places in operations: {}. The supergraph has the common ones.",
            say_locations(sources),
        );
        let code = HintCode::InconsistentExecutableDirectiveLocations;
        report.hint(code, message, places(sources));
    }
    let repeatable = sources.iter().all(|(_, one)| one.repeatable);
    if !repeatable && sources.iter().any(|(_, one)| one.repeatable) {
        let (yes, no): (Vec<_>, Vec<_>) = sources.iter().partition(|(_, one)| one.repeatable);
        let message = format!(
            "Directive \"@{name}\" is repeatable in {}, but not in {}: in the supergraph, it is not.",
            names(yes.iter().map(|(subgraph, _)| *subgraph)),
            names(no.iter().map(|(subgraph, _)| *subgraph)),
        );
        let code = HintCode::InconsistentExecutableDirectiveRepeatable;
        report.hint(code, message, places(sources));
    }
    let signatures = sources.iter().map(|(subgraph, one)| Signature {
        subgraph,
        arguments: &one.arguments,
        span: one.name.location(),
    });
    let arguments = arguments::merge(&coordinate, signatures, merger, report);
    ast::DirectiveDefinition {
        description,
        name: name.clone(),
        arguments: arguments.into_iter().map(Node::new).collect(),
        repeatable,
        locations,
    }
}

/// As the subgraph with the newest version has it.
fn merge_composed(
    definition: &ast::DirectiveDefinition,
    subgraphs: &[Subgraph],
    merger: &Merger<'_>,
    merged: &Schema,
    report: &mut Report,
) -> ast::DirectiveDefinition {
    let name = &definition.name;
    let sources: Vec<_> = subgraphs
        .iter()
        .filter_map(|subgraph| {
            let one = subgraph.schema.directive_definitions.get(name)?;
            Some((subgraph, &**one))
        })
        .collect();
    let arguments = definition.arguments.iter().map(|argument| {
        let coordinate = || format!("@{name}({}:)", argument.name);
        let same = sources.iter().filter_map(|(subgraph, one)| {
            let same = one.argument_by_name(&argument.name)?;
            Some((*subgraph, (&same.directives).into()))
        });
        let applied = applied::merge(&coordinate, same, &merger.features, report);
        let mut argument = (**argument).clone();
        argument.directives = ast::DirectiveList(applied);
        let default = argument.default_value.as_ref();
        argument.default_value = default.map(|one| values::coerced(one, &argument.ty, merged));
        Node::new(argument)
    });
    ast::DirectiveDefinition {
        arguments: arguments.collect(),
        ..definition.clone()
    }
}
