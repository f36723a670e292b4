//! Whether what the supergraph says with composed directives is allowed by its definition of them, which is the one of the
//! newest version.

use std::collections::HashMap;

use apollo_compiler::{Node, Schema, ast};

use super::{
    Merger, composed::Composed, differences::names, elements, elements::Element, features::Role,
};
use crate::compose::{
    ErrorCode,
    report::Report,
    subgraph::{Subgraph, fits},
};

/// Reports what is not allowed, in what merged without an error.
pub(super) fn check(merged: &Schema, merger: &Merger<'_>, report: &mut Report) {
    let composed = &merger.features.composed;
    if composed.is_empty() || report.has_errors() {
        return;
    }
    let mut problems = Vec::new();
    elements::each(merged, |element, directives| {
        for directive in directives.iter() {
            let Ok(index) = composed.binary_search_by(|one| one.name.cmp(&directive.name)) else {
                continue;
            };
            let Some(composed) = composed.get(index) else {
                continue;
            };
            if let Some(problem) = problem(element, directive, composed, merged) {
                problems.push((element.to_string(), directive, problem));
            }
        }
    });
    // Only now it is worth to look who says what.
    if !problems.is_empty() {
        let speakers = speakers(merger);
        for (coordinate, directive, problem) in problems {
            let said = speakers.get(&coordinate).map_or(&[][..], Vec::as_slice);
            report_problem(&coordinate, directive, &problem, said, report);
        }
    }
}

/// What one subgraph says at an element.
type Said<'a> = (&'a Subgraph, &'a Node<ast::Directive>);

/// What subgraphs say with composed directives, by the element's coordinate.
fn speakers<'a>(merger: &Merger<'a>) -> HashMap<String, Vec<Said<'a>>> {
    let features = &merger.features;
    let mut speakers: HashMap<String, Vec<Said<'a>>> = HashMap::new();
    for subgraph in merger.subgraphs {
        elements::each(&subgraph.schema, |element, directives| {
            for directive in directives.iter() {
                if let Some(Role::Composed(_)) = features.role(subgraph, &directive.name) {
                    let said = speakers.entry(element.to_string()).or_default();
                    said.push((subgraph, directive));
                }
            }
        });
    }
    speakers
}

fn problem(
    element: Element<'_>,
    directive: &ast::Directive,
    composed: &Composed,
    merged: &Schema,
) -> Option<String> {
    let definition = &composed.definition;
    if !definition.locations.contains(&element.location()) {
        return Some(format!("it is not allowed on {}", element.location()));
    }
    for argument in &directive.arguments {
        let name = &argument.name;
        let Some(defined) = definition.argument_by_name(name) else {
            return Some(format!("it has no argument \"{name}\""));
        };
        if !fits(merged, &defined.ty, &argument.value) {
            return Some(format!(
                "the argument \"{name}\" has the type \"{}\"",
                defined.ty
            ));
        }
    }
    let mut required = definition.arguments.iter().filter(|one| one.is_required());
    let missing = required.find(|one| {
        directive
            .specified_argument_by_name(&one.name)
            .is_none_or(|value| value.is_null())
    });
    missing.map(|one| format!("it needs the argument \"{}\"", one.name))
}

fn report_problem(
    coordinate: &str,
    directive: &Node<ast::Directive>,
    problem: &str,
    said: &[Said<'_>],
    report: &mut Report,
) {
    let said: Vec<_> = said.iter().filter(|(_, one)| *one == directive).collect();
    let message = format!(
        "@{} on \"{coordinate}\" in {} does not fit the definition that the supergraph has, from the newest version of its \
         specification: {problem}. Use that version's definition everywhere.",
        directive.name,
        names(said.iter().map(|(subgraph, _)| *subgraph)),
    );
    let code = ErrorCode::DirectiveCompositionError;
    let places = said
        .iter()
        .map(|(subgraph, one)| subgraph.at(one.location()));
    report.error(code, message, places);
}
