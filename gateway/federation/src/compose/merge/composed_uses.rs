//! Whether what the supergraph says with composed directives is allowed by its definition of them, which is the one of the
//! newest version.

use apollo_compiler::{Node, Schema, ast};

use super::{Merger, composed::Composed, differences::names, elements, elements::Element};
use crate::compose::{ErrorCode, report::Report, subgraph::fits};

/// Reports what is not allowed.
pub(super) fn check(merged: &Schema, merger: &Merger<'_>, report: &mut Report) {
    let composed = &merger.features.composed;
    if composed.is_empty() {
        return;
    }
    elements::each(merged, |element, directives| {
        for directive in directives.iter() {
            let Ok(index) = composed.binary_search_by(|one| one.name.cmp(&directive.name)) else {
                continue;
            };
            let Some(composed) = composed.get(index) else {
                continue;
            };
            if let Some(problem) = problem(element, directive, composed, merged) {
                report_problem(element, directive, &problem, merger, report);
            }
        }
    });
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

/// Only now it is worth to look who says it.
fn report_problem(
    element: Element<'_>,
    directive: &Node<ast::Directive>,
    problem: &str,
    merger: &Merger<'_>,
    report: &mut Report,
) {
    let coordinate = element.to_string();
    let mut speakers = Vec::new();
    for subgraph in merger.subgraphs {
        elements::each(&subgraph.schema, |element, directives| {
            let mut same = directives
                .iter()
                .filter(|one| one.name == directive.name && one.arguments == directive.arguments);
            if let Some(one) = same.next()
                && element.to_string() == coordinate
            {
                speakers.push((subgraph, one.location()));
            }
        });
    }
    let message = format!(
        "@{} on \"{coordinate}\" in {} does not fit the definition that the supergraph has, from the newest version of its \
         specification: {problem}. Use that version's definition everywhere.",
        directive.name,
        names(speakers.iter().map(|(subgraph, _)| *subgraph)),
    );
    let code = ErrorCode::DirectiveCompositionError;
    let places = speakers.iter().map(|(subgraph, span)| subgraph.at(*span));
    report.error(code, message, places);
}
