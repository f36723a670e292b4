//! Scalars.

use apollo_compiler::{
    Name, Node,
    schema::{ExtendedType, ScalarType},
};

use super::{Merger, annotations, sources::Source, type_joins};
use crate::compose::report::Report;

/// Merges a scalar, with its directives.
pub(super) fn merge<'a>(
    name: &Name,
    sources: &[Source<'a, ScalarType>],
    merger: &Merger<'_>,
    report: &mut Report,
) -> ExtendedType {
    let said = |ty: &'a ScalarType| (ty.description.as_ref(), &ty.directives);
    let said = annotations::of_type(name, sources, said, merger, report);
    ExtendedType::Scalar(Node::new(ScalarType {
        description: said.description,
        name: name.clone(),
        directives: type_joins::with(sources, said.directives),
    }))
}
