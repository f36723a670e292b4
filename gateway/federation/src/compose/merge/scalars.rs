//! Scalars.

use apollo_compiler::{
    Name, Node,
    schema::{ExtendedType, ScalarType},
};

use super::{Merger, applied, descriptions, sources::Source, type_joins};
use crate::compose::report::Report;

/// Merges a scalar, with its directives.
pub(super) fn merge(
    name: &Name,
    sources: &[Source<'_, ScalarType>],
    merger: &Merger<'_>,
    report: &mut Report,
) -> ExtendedType {
    let coordinate = || name.to_string();
    let described = sources
        .iter()
        .map(|source| (source.subgraph, source.node.description.as_ref()));
    let description = descriptions::merge(&coordinate, described, report);
    let applied = sources
        .iter()
        .map(|source| (source.subgraph, (&source.node.directives).into()));
    let applied = applied::merge(&coordinate, applied, &merger.features, report);
    ExtendedType::Scalar(Node::new(ScalarType {
        description,
        name: name.clone(),
        directives: type_joins::with(sources, applied),
    }))
}
