//! `@shareable`: what several subgraphs may resolve.

use apollo_compiler::{Node, ast};
use rustc_hash::FxHashSet;

use super::{Checked, Composite, Field};
use crate::compose::{ErrorCode, report::Report};

const SHAREABLE: &str = "federation__shareable";

/// On a type: once for each of its declarations.
pub(super) fn check_type(checked: &Checked<'_>, ty: &Composite<'_>, report: &mut Report) {
    let mut seen = FxHashSet::default();
    for directive in ty.directives.iter().filter(|one| one.name == SHAREABLE) {
        if !seen.insert(&directive.origin) {
            report_repeated(checked, ty.name, directive, report);
            return;
        }
    }
}

/// On a field: once, and only where something is resolved.
pub(super) fn check_field(checked: &Checked<'_>, field: &Field<'_>, report: &mut Report) {
    let mut applied = field.definition.directives.get_all(SHAREABLE);
    let Some(first) = applied.next() else {
        return;
    };
    if field.parent.is_interface {
        let message = format!(
            "\"{}\" cannot be {}, as interfaces resolve nothing; say it in the types that implement the interface",
            field.coordinate(),
            checked.subgraph.spelling.written("shareable"),
        );
        report.subgraph_error(
            checked.subgraph,
            ErrorCode::InvalidShareableUsage,
            message,
            first.location(),
        );
    } else if let Some(second) = applied.next() {
        report_repeated(checked, &field.coordinate(), second, report);
    }
}

fn report_repeated(
    checked: &Checked<'_>,
    coordinate: &str,
    directive: &Node<ast::Directive>,
    report: &mut Report,
) {
    let written = checked.subgraph.spelling.written("shareable");
    let message = format!(
        "\"{coordinate}\" has {written} twice in one declaration; once is enough (a type and an extension of it may each have one)"
    );
    report.subgraph_error(
        checked.subgraph,
        ErrorCode::InvalidShareableUsage,
        message,
        directive.location(),
    );
}
