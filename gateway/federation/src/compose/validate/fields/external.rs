//! `@external`: what a subgraph names, but does not resolve.

use super::{Checked, Field};
use crate::compose::{ErrorCode, report::Report};

/// The directives that are merged into the supergraph; a subgraph has no say in a field that it does not resolve.
const MERGED: [&str; 8] = [
    "federation__tag",
    "federation__inaccessible",
    "federation__authenticated",
    "federation__requiresScopes",
    "federation__policy",
    "federation__cost",
    "federation__listSize",
    "deprecated",
];

pub(super) fn check(checked: &Checked<'_>, field: &Field<'_>, report: &mut Report) {
    if !field.facts.is_external {
        return;
    }
    if field.parent.is_interface {
        report_on_interface(checked, field, report);
        return;
    }
    check_merged(checked, field, report);
    let collides = field.definition.directives.has("federation__provides");
    if !field.facts.is_used && !collides {
        let message = format!(
            "\"{}\" is {}, but no key, @requires, @provides, context or interface of this subgraph uses it; remove the field, or the directive",
            field.coordinate(),
            checked.subgraph.spelling.written("external"),
        );
        report.subgraph_error(
            checked.subgraph,
            ErrorCode::ExternalUnused,
            message,
            field.definition.location(),
        );
    }
}

fn report_on_interface(checked: &Checked<'_>, field: &Field<'_>, report: &mut Report) {
    let message = format!(
        "\"{}\" cannot be {}, as interfaces resolve nothing; say it in the types that implement the interface",
        field.coordinate(),
        checked.subgraph.spelling.written("external"),
    );
    report.subgraph_error(
        checked.subgraph,
        ErrorCode::ExternalOnInterface,
        message,
        field.definition.location(),
    );
}

fn check_merged(checked: &Checked<'_>, field: &Field<'_>, report: &mut Report) {
    for directive in &field.definition.directives {
        if !MERGED.contains(&directive.name.as_str()) {
            continue;
        }
        let spelling = &checked.subgraph.spelling;
        let name = match directive.name.strip_prefix("federation__") {
            Some(name) => spelling.written(name),
            None => format!("@{}", directive.name),
        };
        let message = format!(
            "\"{}\" is {} here and cannot have {name}; say it where the field is resolved",
            field.coordinate(),
            spelling.written("external"),
        );
        report.subgraph_error(
            checked.subgraph,
            ErrorCode::MergedDirectiveApplicationOnExternal,
            message,
            directive.location(),
        );
    }
}
