//! `@composeDirective`, as far as one subgraph can tell: it names a directive of its own that belongs to a linked feature.

use apollo_compiler::{Node, ast};

use crate::compose::{
    ErrorCode, HintCode,
    report::Report,
    subgraph::{Link, Subgraph},
};

/// The directives that get into the supergraph without being composed.
pub(super) const MERGED: [&str; 8] = [
    "authenticated",
    "context",
    "cost",
    "inaccessible",
    "listSize",
    "policy",
    "requiresScopes",
    "tag",
];

/// The directives that get into the supergraph without being composed, and of which Apollo says so rather than refuse them.
const NEEDLESS: [&str; 6] = [
    "authenticated",
    "context",
    "inaccessible",
    "policy",
    "requiresScopes",
    "tag",
];

/// Reports directives that cannot be composed.
pub(super) fn check(subgraph: &Subgraph, report: &mut Report) {
    for (directive, name) in composed(subgraph) {
        check_one(subgraph, directive, name, report);
    }
}

/// The directives of a subgraph that it wants composed, by their names as they are written.
pub(super) fn composed(subgraph: &Subgraph) -> impl Iterator<Item = (&Node<ast::Directive>, &str)> {
    let schema = &subgraph.schema.schema_definition;
    schema
        .directives
        .iter()
        .filter(|directive| directive.name == "federation__composeDirective")
        .filter_map(|directive| {
            let name = directive.specified_argument_by_name("name")?.as_str()?;
            Some((&directive.node, name))
        })
}

/// The link that a directive (without its `@`) comes by, and its name in that feature: it is imported, or it is in the
/// feature's name space.
pub(super) fn origin<'a>(subgraph: &'a Subgraph, written: &'a str) -> Option<(&'a Link, &'a str)> {
    let imported = subgraph.links.iter().find_map(|link| {
        let mut imports = link.imports.iter();
        let import = imports.find(|one| one.alias.strip_prefix('@') == Some(written))?;
        Some((link, import.element.strip_prefix('@')?))
    });
    let spaced = || {
        let (space, name) = written.split_once("__").unwrap_or((written, written));
        let link = subgraph.links.iter().find(|link| link.name == space)?;
        Some((link, name))
    };
    imported.or_else(spaced)
}

fn check_one(
    subgraph: &Subgraph,
    directive: &Node<ast::Directive>,
    composed: &str,
    report: &mut Report,
) {
    let Some(name) = composed.strip_prefix('@') else {
        report_at(
            subgraph,
            directive,
            format!(
                "composes \"{composed}\", which is no directive's name: write it with its \"@\""
            ),
            report,
        );
        return;
    };
    let known = subgraph.spelling.canonical(name);
    let known = known.and_then(|known| known.strip_prefix("federation__"));
    if let Some(known) = known.filter(|known| NEEDLESS.contains(known)) {
        let written = subgraph.spelling.written(known);
        report.hint(
            HintCode::DirectiveCompositionInfo,
            format!(
                "[{}] {written} is composed by itself: remove it from {}",
                subgraph.name,
                subgraph.spelling.written("composeDirective")
            ),
            [subgraph.at(directive.location())],
        );
        return;
    }
    if known.is_some() || name == "link" {
        let problem =
            format!("composes \"@{name}\", which means something to federation only: remove it");
        report_at(subgraph, directive, problem, report);
        return;
    }
    let is_defined = subgraph.schema.directive_definitions.contains_key(name);
    let problem = if !is_defined {
        format!(
            "composes \"@{name}\", which the subgraph does not define: define it, or correct the name"
        )
    } else if origin(subgraph, name).is_none() {
        format!("composes \"@{name}\", which belongs to no linked feature: import it with @link")
    } else {
        return;
    };
    report_at(subgraph, directive, problem, report);
}

fn report_at(
    subgraph: &Subgraph,
    directive: &Node<ast::Directive>,
    problem: String,
    report: &mut Report,
) {
    let written = subgraph.spelling.written("composeDirective");
    report.subgraph_error(
        subgraph,
        ErrorCode::DirectiveCompositionError,
        format!("{written} {problem}"),
        directive.location(),
    );
}
