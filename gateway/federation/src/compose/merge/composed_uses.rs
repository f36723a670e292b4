//! Whether what subgraphs say with composed directives is allowed by the definition that the supergraph has of them, which
//! may be another subgraph's.

use apollo_compiler::{Node, Schema, ast};

use super::{Merger, elements, elements::Element, features::Role};
use crate::compose::{ErrorCode, report::Report, subgraph::Subgraph};

/// Reports what is not allowed.
pub(super) fn check(merged: &Schema, merger: &Merger<'_>, report: &mut Report) {
    let features = &merger.features;
    if features.composed.is_empty() {
        return;
    }
    for subgraph in merger.subgraphs {
        elements::each(subgraph, |element, directives| {
            for directive in directives.iter() {
                let role = features.role(subgraph, &directive.name);
                let Some(Role::Composed(_)) = role else {
                    continue;
                };
                if let Some(definition) = merged.directive_definitions.get(&directive.name) {
                    let problem = problem(element, directive, definition);
                    if let Some(problem) = problem {
                        report_problem(subgraph, element, directive, &problem, report);
                    }
                }
            }
        });
    }
}

fn problem(
    element: Element<'_>,
    directive: &ast::Directive,
    definition: &ast::DirectiveDefinition,
) -> Option<String> {
    if !definition.locations.contains(&element.location()) {
        return Some(format!("it is not allowed on {}", element.location()));
    }
    for argument in &directive.arguments {
        if definition.argument_by_name(&argument.name).is_none() {
            return Some(format!("it has no argument \"{}\"", argument.name));
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
    subgraph: &Subgraph,
    element: Element<'_>,
    directive: &Node<ast::Directive>,
    problem: &str,
    report: &mut Report,
) {
    let message = format!(
        "@{} on \"{element}\" does not fit the definition that the supergraph has, from the newest version of its \
         specification: {problem}. Use that version's definition here, too.",
        directive.name,
    );
    let code = ErrorCode::DirectiveCompositionError;
    report.subgraph_error(subgraph, code, message, directive.location());
}
