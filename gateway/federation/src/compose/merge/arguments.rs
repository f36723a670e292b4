//! Arguments of fields.

use apollo_compiler::{Name, Node, ast, collections::IndexMap};

use super::{
    Merger, applied, defaults, descriptions,
    differences::names,
    fields::FieldSource,
    types::{self, Codes, Position},
};
use crate::compose::{ErrorCode, HintCode, report::Report, subgraph::Subgraph};

/// What one subgraph says of an argument.
type ArgumentSource<'a> = (&'a Subgraph, &'a Node<ast::InputValueDefinition>);

/// Merges the arguments that all sources of a field have; others vanish, if that is possible. So do contextual ones: no
/// operation gives them.
pub(super) fn merge<'a: 'b, 'b>(
    field: &dyn Fn() -> String,
    sources: impl Iterator<Item = &'b FieldSource<'a>> + Clone,
    merger: &Merger<'a>,
    report: &mut Report,
) -> Vec<ast::InputValueDefinition> {
    let mut arguments: IndexMap<&'a Name, Vec<ArgumentSource<'a>>> = IndexMap::default();
    let mut count = 0;
    for source in sources.clone() {
        count += 1;
        for argument in &source.node.arguments {
            let known = arguments.entry(&argument.name).or_default();
            known.push((source.subgraph, argument));
        }
    }
    let mut merged = Vec::with_capacity(arguments.len());
    for (name, said) in arguments {
        let coordinate = || format!("{}({name}:)", field());
        if said.iter().any(|(_, argument)| is_contextual(argument)) {
            hint_contextual(&coordinate, &said, report);
            continue;
        }
        if said.len() < count {
            report_missing(&coordinate, name, &said, sources.clone(), report);
            continue;
        }
        merged.extend(merge_one(&coordinate, name, &said, merger, report));
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
    sources: &[ArgumentSource<'_>],
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
        .map(|(subgraph, argument)| subgraph.at(argument.location()));
    let code = HintCode::ContextualArgumentNotContextualInAllSubgraphs;
    report.hint(code, message, places);
}

fn merge_one(
    coordinate: &dyn Fn() -> String,
    name: &Name,
    sources: &[ArgumentSource<'_>],
    merger: &Merger<'_>,
    report: &mut Report,
) -> Option<ast::InputValueDefinition> {
    let described = sources
        .iter()
        .map(|(subgraph, argument)| (*subgraph, argument.description.as_ref()));
    let description = descriptions::merge(coordinate, described, report);
    let typed = sources
        .iter()
        .map(|(subgraph, argument)| (*subgraph, &*argument.ty, argument.location()));
    let codes = Codes {
        mismatch: ErrorCode::FieldArgumentTypeMismatch,
        compatible: HintCode::InconsistentButCompatibleArgumentType,
    };
    let ty = types::merge(
        coordinate,
        Position::Input,
        codes,
        typed,
        &merger.types,
        report,
    )?
    .ty;
    let defaults = sources.iter().map(|(subgraph, one)| (*subgraph, &***one));
    let mismatch = ErrorCode::FieldArgumentDefaultMismatch;
    let default_value = defaults::merge(coordinate, defaults, mismatch, report);
    let applied = sources
        .iter()
        .map(|(subgraph, argument)| (*subgraph, (&argument.directives).into()));
    let directives = applied::merge(coordinate, applied, &merger.features, report);
    Some(ast::InputValueDefinition {
        description,
        name: name.clone(),
        ty: Node::new(ty.clone()),
        default_value,
        directives: ast::DirectiveList(directives),
    })
}

fn report_missing<'a: 'b, 'b>(
    coordinate: &dyn Fn() -> String,
    name: &Name,
    said: &[ArgumentSource<'_>],
    sources: impl Iterator<Item = &'b FieldSource<'a>>,
    report: &mut Report,
) {
    let missing: Vec<_> = sources
        .filter(|source| source.node.argument_by_name(name).is_none())
        .collect();
    let missing_in = names(missing.iter().map(|source| source.subgraph));
    let places = missing.iter().map(|source| source.place());
    let required: Vec<_> = said
        .iter()
        .filter(|(_, argument)| argument.is_required())
        .collect();
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
            names(required.iter().map(|(subgraph, _)| *subgraph)),
        );
        let code = ErrorCode::RequiredArgumentMissingInSomeSubgraph;
        report.error(code, message, places);
    }
}
