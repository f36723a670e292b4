//! What subgraphs compose from linked features must go together: one major version, one name for each directive, and one
//! directive for each name.

use apollo_compiler::{Node, ast, collections::IndexMap};

use super::{
    compose_directive::{MERGED, composed, origin},
    spellings::listed,
};
use crate::compose::{
    ErrorCode, HintCode,
    report::Report,
    subgraph::{Link, Subgraph},
};

/// A directive that a subgraph wants composed.
struct Composed<'a> {
    subgraph: &'a Subgraph,
    /// Its name in this subgraph, without `@`.
    name: &'a str,
    /// Its name in its feature, without `@`.
    element: &'a str,
    link: &'a Link,
    /// The `@composeDirective`.
    directive: &'a Node<ast::Directive>,
}

/// Reports composed directives that subgraphs disagree about.
pub(super) fn check(subgraphs: &[Subgraph], report: &mut Report) {
    let all: Vec<_> = subgraphs.iter().flat_map(composed_of).collect();
    let mut by_feature: IndexMap<&str, Vec<&Composed<'_>>> = IndexMap::default();
    let mut by_directive: IndexMap<(&str, &str), Vec<&Composed<'_>>> = IndexMap::default();
    let mut by_name: IndexMap<&str, Vec<&Composed<'_>>> = IndexMap::default();
    for one in &all {
        let feature = one.link.identity.as_str();
        by_feature.entry(feature).or_default().push(one);
        let directive = by_directive.entry((feature, one.element));
        directive.or_default().push(one);
        by_name.entry(one.name).or_default().push(one);
    }
    for (feature, composed) in &by_feature {
        check_versions(subgraphs, feature, composed, report);
    }
    for ((feature, element), composed) in &by_directive {
        check_names(subgraphs, feature, element, composed, report);
    }
    for (name, composed) in &by_name {
        check_meaning(subgraphs, name, composed, report);
    }
}

/// Those that are right as far as the subgraph itself can tell.
fn composed_of(subgraph: &Subgraph) -> impl Iterator<Item = Composed<'_>> {
    composed(subgraph).filter_map(move |(directive, name)| {
        let name = name.strip_prefix('@')?;
        let is_own = subgraph.schema.directive_definitions.contains_key(name);
        let (link, element) = origin(subgraph, name).filter(|_| is_own)?;
        Some(Composed {
            subgraph,
            name,
            element,
            link,
            directive,
        })
    })
}

/// One major version; and the highest minor one has all directives, for that subgraph's definitions are taken.
fn check_versions(
    subgraphs: &[Subgraph],
    feature: &str,
    composed: &[&Composed<'_>],
    report: &mut Report,
) {
    let mut majors: IndexMap<u32, &Composed<'_>> = IndexMap::default();
    for one in composed {
        majors.entry(version(one.link).0).or_insert(one);
    }
    if majors.len() > 1 {
        let subgraphs: Vec<_> = majors
            .iter()
            .map(|(major, one)| format!("version {major} in \"{}\"", one.subgraph.name))
            .collect();
        report.error(
            ErrorCode::DirectiveCompositionError,
            format!(
                "Directives of \"{feature}\" are composed from several major versions: {}; link one everywhere",
                subgraphs.join(", ")
            ),
            majors.values().map(|one| one.at()),
        );
        return;
    }
    let Some(highest) = composed.iter().map(|one| version(one.link)).max() else {
        return;
    };
    let newest = || composed.iter().filter(|one| version(one.link) == highest);
    for one in composed {
        let is_defined = |newest: &&Composed<'_>| {
            let definitions = &newest.subgraph.schema.directive_definitions;
            definitions.contains_key(one.name)
        };
        if newest().any(is_defined) {
            continue;
        }
        let names: Vec<_> = newest().map(|one| one.subgraph.name.as_str()).collect();
        report.error(
            ErrorCode::DirectiveCompositionError,
            format!(
                "\"@{}\" is composed from \"{feature}\", but not defined where that has its highest version, in \"{}\": define it \
                 there, too",
                one.name,
                names.join("\", \"")
            ),
            [one.at()],
        );
    }
    hint_at_other_majors(subgraphs, feature, highest.0, report);
}

fn hint_at_other_majors(subgraphs: &[Subgraph], feature: &str, major: u32, report: &mut Report) {
    for (subgraph, link) in links_of(subgraphs, feature) {
        let other = version(link).0;
        if other != major {
            report.hint(
                HintCode::DirectiveCompositionInfo,
                format!(
                    "\"{}\" links version {other} of \"{feature}\", of which version {major} is composed; that does no harm while \
                     \"{}\" composes nothing of it",
                    subgraph.name, subgraph.name
                ),
                [subgraph.at(link.span)],
            );
        }
    }
}

/// One name for a directive.
fn check_names(
    subgraphs: &[Subgraph],
    feature: &str,
    element: &str,
    composed: &[&Composed<'_>],
    report: &mut Report,
) {
    let mut names: IndexMap<String, Vec<&str>> = IndexMap::default();
    for one in composed {
        let subgraphs = names.entry(format!("@{}", one.name)).or_default();
        subgraphs.push(&one.subgraph.name);
    }
    if names.len() > 1 {
        report.error(
            ErrorCode::DirectiveCompositionError,
            format!(
                "The composed directive \"@{element}\" of \"{feature}\" has several names: {}; import it under the same name \
                 everywhere",
                listed(&names)
            ),
            composed.iter().map(|one| one.at()),
        );
        return;
    }
    let Some(composed) = composed.first() else {
        return;
    };
    for (subgraph, link) in links_of(subgraphs, feature) {
        let import = link
            .imports
            .iter()
            .find(|import| import.element.strip_prefix('@') == Some(element));
        let Some(import) = import else { continue };
        if import.alias.strip_prefix('@') != Some(composed.name) {
            report.hint(
                HintCode::DirectiveCompositionWarn,
                format!(
                    "\"{}\" names \"@{element}\" of \"{feature}\" \"{}\", and it is composed as \"@{}\"; to compose it from there, \
                     too, import it under that name",
                    subgraph.name, import.alias, composed.name
                ),
                [subgraph.at(link.span)],
            );
        }
    }
}

/// One directive for a name.
fn check_meaning(
    subgraphs: &[Subgraph],
    name: &str,
    composed: &[&Composed<'_>],
    report: &mut Report,
) {
    let mut features: IndexMap<String, Vec<&str>> = IndexMap::default();
    for one in composed {
        let subgraphs = features.entry(one.link.identity.clone()).or_default();
        subgraphs.push(&one.subgraph.name);
    }
    if features.len() > 1 {
        report.error(
            ErrorCode::DirectiveCompositionError,
            format!(
                "The composed directive \"@{name}\" belongs to several features: {}; import them under different names",
                listed(&features)
            ),
            composed.iter().map(|one| one.at()),
        );
    }
    let clashes: Vec<_> = subgraphs
        .iter()
        .filter(|subgraph| {
            let canonical = subgraph.spelling.canonical(name);
            let canonical = canonical.and_then(|name| name.strip_prefix("federation__"));
            canonical.is_some_and(|canonical| MERGED.contains(&canonical))
        })
        .map(|subgraph| subgraph.name.as_str())
        .collect();
    if !clashes.is_empty() {
        report.error(
            ErrorCode::DirectiveCompositionError,
            format!(
                "The composed directive \"@{name}\" has the name that a directive of federation has in \"{}\": import it under \
                 another name",
                clashes.join("\", \"")
            ),
            composed.iter().map(|one| one.at()),
        );
    }
}

fn links_of<'a>(
    subgraphs: &'a [Subgraph],
    feature: &'a str,
) -> impl Iterator<Item = (&'a Subgraph, &'a Link)> {
    subgraphs.iter().flat_map(move |subgraph| {
        let links = subgraph.links.iter();
        let links = links.filter(move |link| link.identity == feature);
        links.map(move |link| (subgraph, link))
    })
}

/// The major and the minor version; 0 for what is missing.
fn version(link: &Link) -> (u32, u32) {
    let text = link.version.as_deref().unwrap_or_default();
    let mut parts = text.trim_start_matches('v').split('.');
    let mut part = || parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
    (part(), part())
}

impl Composed<'_> {
    fn at(&self) -> Option<crate::compose::Location> {
        self.subgraph.at(self.directive.location())
    }
}
