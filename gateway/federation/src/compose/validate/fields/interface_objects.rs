//! `@interfaceObject`: an interface of other subgraphs, seen as one object type.

use super::{Checked, Composite};
use crate::compose::{ErrorCode, report::Report};

/// An interface object is reached by its keys only.
pub(super) fn check(checked: &Checked<'_>, ty: &Composite<'_>, report: &mut Report) {
    let Some(directive) = ty.directives.get("federation__interfaceObject") else {
        return;
    };
    if ty.directives.has("federation__key") {
        return;
    }
    let spelling = &checked.subgraph.spelling;
    let message = format!(
        "\"{}\" has {}, but no {}; give it a key of the interface",
        ty.name,
        spelling.written("interfaceObject"),
        spelling.written("key"),
    );
    report.subgraph_error(
        checked.subgraph,
        ErrorCode::InterfaceObjectUsageError,
        message,
        directive.location(),
    );
}
