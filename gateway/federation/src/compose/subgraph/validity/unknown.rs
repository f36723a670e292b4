//! Errors of validation, and for unknown directives what to do about them: nearly always an import is missing.

use apollo_compiler::{Schema, diagnostic::ToCliReport, validation::DiagnosticList};

use super::{Context, HIDDEN};
use crate::compose::{
    ErrorCode,
    subgraph::{FederationVersion, specification, text::Problems},
};

/// Tells all errors.
pub(super) fn diagnostics(
    errors: &DiagnosticList,
    schema: &Schema,
    context: Context<'_>,
    problems: &mut Problems<'_>,
) {
    for one in errors.iter() {
        let span = one.error.location();
        let directive = span.and_then(|span| {
            let text = schema.sources.get(&span.file_id())?.source_text();
            let name = text.get(span.offset()..)?.strip_prefix('@')?;
            let is_end = |letter: char| !letter.is_ascii_alphanumeric() && letter != '_';
            name.split(is_end).next()
        });
        let unknown = directive.filter(|name| !schema.directive_definitions.contains_key(*name));
        match unknown {
            Some(name) => problems.error(
                ErrorCode::InvalidGraphql,
                format_args!("the directive @{name} is unknown: {}", help(name, context)),
                span,
            ),
            None => problems.error(
                ErrorCode::InvalidGraphql,
                one.error.to_string().replace(HIDDEN, ""),
                span,
            ),
        }
    }
}

fn help(written: &str, context: Context<'_>) -> String {
    let prefix = context
        .links
        .federation()
        .map_or("federation", |link| link.name.as_str());
    let name = written
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix("__"))
        .or_else(|| written.strip_prefix("federation__"))
        .unwrap_or(written);
    let knows = |version| specification::directives(version).any(|known| known == name);
    if !knows(specification::newest()) {
        return "define it, or correct its name".to_owned();
    }
    if context.version == FederationVersion::V1 {
        return format!(
            "@{name} is of Federation 2, and the subgraph is one of Federation 1. Link the federation specification: \
             extend schema @link(url: \"https://specs.apollo.dev/federation/{}\", import: [\"@{name}\"])",
            specification::newest()
        );
    }
    if !knows(context.version) {
        return format!(
            "{} of the federation specification does not have it. Link a newer version",
            context.version
        );
    }
    let spelled = context.spelling.written(name);
    if spelled.contains("__") {
        format!(
            "import \"@{name}\" with the @link to the federation specification, or write {spelled}"
        )
    } else {
        format!("the subgraph imports it as {spelled}, so write that")
    }
}
