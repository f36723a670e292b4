//! Arguments of fields and directives.

use apollo_compiler::{Name, Node, ast, collections::IndexMap, parser::SourceSpan};

use super::{
    Merger,
    differences::names,
    input_values::{self, ARGUMENT, InputSource},
};
use crate::compose::{ErrorCode, HintCode, report::Report, subgraph::Subgraph};

/// What one subgraph says of the arguments of a field or a directive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signature<'a> {
    pub(super) subgraph: &'a Subgraph,
    pub(super) arguments: &'a [Node<ast::InputValueDefinition>],
    /// Where the field or directive is.
    pub(super) span: Option<SourceSpan>,
}

/// Merges the arguments that all sources of a field or a directive have; others vanish, if that is possible. So do
/// contextual ones: no operation gives them.
pub(super) fn merge<'a>(
    owner: &dyn Fn() -> String,
    sources: impl Iterator<Item = Signature<'a>> + Clone,
    merger: &Merger<'_>,
    report: &mut Report,
) -> Vec<ast::InputValueDefinition> {
    let mut arguments: IndexMap<&'a Name, Vec<InputSource<'a>>> = IndexMap::default();
    let mut count = 0;
    for source in sources.clone() {
        count += 1;
        for argument in source.arguments {
            let known = arguments.entry(&argument.name).or_default();
            known.push((source.subgraph, argument));
        }
    }
    let mut merged = Vec::with_capacity(arguments.len());
    for (name, said) in arguments {
        let coordinate = || format!("{}({name}:)", owner());
        if said.iter().any(|(_, argument)| is_contextual(argument)) {
            hint_contextual(&coordinate, &said, report);
            continue;
        }
        if said.len() < count {
            report_missing(&coordinate, name, &said, sources.clone(), report);
            continue;
        }
        let one = input_values::merge(&coordinate, name, &said, ARGUMENT, merger, report);
        merged.extend(one.map(|one| one.definition));
    }
    merged
}

/// Whether the argument's value comes from a context, rather than from operations.
pub(super) fn is_contextual(argument: &ast::InputValueDefinition) -> bool {
    argument.directives.has("federation__fromContext")
}

/// A required argument, which nobody could give, is an error elsewhere: a rule on the merged schema.
fn hint_contextual(
    coordinate: &dyn Fn() -> String,
    sources: &[InputSource<'_>],
    report: &mut Report,
) {
    let (contextual, given): (Vec<_>, Vec<_>) = sources
        .iter()
        .partition(|(_, argument)| is_contextual(argument));
    if given.is_empty() || given.iter().any(|(_, argument)| argument.is_required()) {
        return;
    }
    let message = format!(
        "Argument \"{}\" has @fromContext in {}, but not in {}: the supergraph leaves it out.",
        coordinate(),
        names(contextual.iter().map(|(subgraph, _)| *subgraph)),
        names(given.iter().map(|(subgraph, _)| *subgraph)),
    );
    let places = given
        .iter()
        .map(|(subgraph, argument)| subgraph.at(argument.name.location()));
    let code = HintCode::ContextualArgumentNotContextualInAllSubgraphs;
    report.hint(code, message, places);
}

fn report_missing<'a>(
    coordinate: &dyn Fn() -> String,
    name: &Name,
    said: &[InputSource<'a>],
    sources: impl Iterator<Item = Signature<'a>>,
    report: &mut Report,
) {
    let missing: Vec<_> = sources
        .filter(|source| !source.arguments.iter().any(|one| one.name == *name))
        .collect();
    let missing_in = names(missing.iter().map(|source| source.subgraph));
    let places = missing.iter().map(|source| source.subgraph.at(source.span));
    let required = input_values::requiring(said);
    let coordinate = coordinate();
    if required.is_empty() {
        let message = format!(
            "Argument \"{coordinate}\" is in {}, but not in {missing_in}: the supergraph leaves it out.",
            names(said.iter().map(|(subgraph, _)| *subgraph)),
        );
        report.hint(HintCode::InconsistentArgumentPresence, message, places);
    } else {
        let message = format!(
            "Argument \"{coordinate}\" is required in {}, but not in {missing_in}. Add it there, or make it optional.",
            names(required),
        );
        let code = ErrorCode::RequiredArgumentMissingInSomeSubgraph;
        report.error(code, message, places);
    }
}
