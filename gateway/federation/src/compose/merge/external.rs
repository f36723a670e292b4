//! `@external`: what a subgraph borrows must be as the others define it.

use apollo_compiler::ast;

use super::{
    Merger,
    differences::{differences, names},
    fields::{FieldSource, FieldSources},
    types::MergedType,
};
use crate::compose::{ErrorCode, report::Report};

/// Holds the external sources of a field against the merged rest.
pub(super) fn check(
    sources: &FieldSources<'_, '_>,
    merged: MergedType<'_>,
    arguments: &[ast::InputValueDefinition],
    merger: &Merger<'_>,
    report: &mut Report,
) {
    let external: Vec<_> = sources
        .all
        .iter()
        .filter(|source| source.is_external())
        .collect();
    if external.is_empty() {
        return;
    }
    if external.len() == sources.all.len() {
        check_base(sources, report);
        return;
    }
    let differs = |source: &&FieldSource<'_>| {
        source.node.ty != *merged.ty
            && (merged.is_same || !merger.types.is_subtype(merged.ty, &source.node.ty))
    };
    if external.iter().any(differs) {
        let said = sources.all.iter().map(|one| (one.subgraph, &one.node.ty));
        let message = format!(
            "Field \"{}\" is @external in {}, with another type than where it is defined: {}. Use one type.",
            sources.coordinate(),
            names(external.iter().map(|one| one.subgraph)),
            differences(said, |ty| format!("\"{ty}\"")),
        );
        let places = external.iter().map(|one| one.place());
        report.error(ErrorCode::ExternalTypeMismatch, message, places);
    }
    for argument in arguments {
        check_argument(sources, &external, argument, merger, report);
    }
}

/// Somebody must define the field: if not of the type itself, then an interface object in its place.
fn check_base(sources: &FieldSources<'_, '_>, report: &mut Report) {
    let stand_ins = sources.composite.stand_ins_of(sources.name);
    if stand_ins.into_iter().any(|(_, field)| !field.is_external()) {
        return;
    }
    let message = format!(
        "Field \"{}\" is @external in {}, and no other subgraph defines it. Remove @external where it is resolved.",
        sources.coordinate(),
        names(sources.all.iter().map(|one| one.subgraph)),
    );
    let places = sources.all.iter().map(FieldSource::place);
    report.error(ErrorCode::ExternalMissingOnBase, message, places);
}

fn check_argument(
    sources: &FieldSources<'_, '_>,
    external: &[&FieldSource<'_>],
    merged: &ast::InputValueDefinition,
    merger: &Merger<'_>,
    report: &mut Report,
) {
    let mut tell = |code, what: &str, wrong: &[&FieldSource<'_>]| {
        if wrong.is_empty() {
            return;
        }
        let message = format!(
            "Argument \"{}({}:)\" {what} in {}, where the field is @external. Make it agree with where the field is defined.",
            sources.coordinate(),
            merged.name,
            names(wrong.iter().map(|one| one.subgraph)),
        );
        report.error(code, message, wrong.iter().map(|one| one.place()));
    };
    let (mut missing, mut types, mut defaults) = (Vec::new(), Vec::new(), Vec::new());
    for source in external {
        let Some(argument) = source.node.argument_by_name(&merged.name) else {
            missing.push(*source);
            continue;
        };
        if !merger.types.is_subtype(&argument.ty, &merged.ty) {
            types.push(*source);
        }
        if argument.default_value != merged.default_value {
            defaults.push(*source);
        }
    }
    tell(ErrorCode::ExternalArgumentMissing, "is missing", &missing);
    let code = ErrorCode::ExternalArgumentTypeMismatch;
    tell(code, "has another type", &types);
    let code = ErrorCode::ExternalArgumentDefaultMismatch;
    tell(code, "has another default value", &defaults);
}
