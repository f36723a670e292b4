//! An argument that a context gives in one subgraph cannot be one that clients must give in another.

use std::collections::BTreeSet;

use apollo_compiler::{ast, schema::ExtendedType};

use super::Merger;
use crate::compose::{
    ErrorCode,
    merge::{differences::names, objects::Part},
    report::Report,
    subgraph::contextual_arguments,
};

/// Reports contextual arguments that are required where they are not contextual: the supergraph has neither.
pub(super) fn check(merger: &Merger<'_>, report: &mut Report) {
    let mut contextual = BTreeSet::new();
    for subgraph in merger.subgraphs {
        for ty in subgraph.schema.types.values() {
            let ExtendedType::Object(object) = ty else {
                continue;
            };
            for field in object.fields.values() {
                for (argument, _) in contextual_arguments(field) {
                    contextual.insert((&*object.name, &*field.name, &*argument.name));
                }
            }
        }
    }
    for (ty, field, argument) in contextual {
        check_one(ty, field, argument, merger, report);
    }
}

fn check_one(ty: &str, field: &str, argument: &str, merger: &Merger<'_>, report: &mut Report) {
    let sources = merger.types.get(ty).into_iter().flat_map(|ty| &ty.sources);
    let arguments = sources.filter_map(|source| {
        let field = Part::of(ty, *source)?.field(field)?;
        Some((field.subgraph, field.node.argument_by_name(argument)?))
    });
    let is_contextual =
        |argument: &ast::InputValueDefinition| argument.directives.has("federation__fromContext");
    let (contextual, given): (Vec<_>, Vec<_>) =
        arguments.partition(|(_, argument)| is_contextual(argument));
    let required: Vec<_> = given
        .iter()
        .filter(|(_, argument)| argument.is_required())
        .collect();
    if required.is_empty() {
        return;
    }
    let message = format!(
        "\"{ty}.{field}({argument}:)\" comes from a context in {}, but must be given in {}: take it from a context there, too, or \
         make it nullable",
        names(contextual.iter().map(|(subgraph, _)| *subgraph)),
        names(required.iter().map(|(subgraph, _)| *subgraph)),
    );
    let places = required
        .iter()
        .map(|(subgraph, argument)| subgraph.at(argument.location()));
    report.error(
        ErrorCode::ContextualArgumentNotContextualInAllSubgraphs,
        message,
        places,
    );
}
