//! A subgraph's schema, brought to one form.
//!
//! [`load`] parses, understands `@link`, gives every federation directive its full name (`federation__key`, however it was
//! imported), names root types Query, Mutation and Subscription, merges extensions into their types, takes out the
//! specification's own definitions, and upgrades Federation 1 to what it means in Federation 2. The later stages never ask
//! which version a subgraph was written in.

mod canonical;
mod contexts;
mod definitions;
mod facts;
mod field_set;
mod link;
mod machinery;
mod names;
mod roots;
mod selections;
mod specification;
#[cfg(test)]
mod tests;
mod text;
mod upgrade;
mod usage;
mod validity;

use std::{collections::HashSet, fmt};

use apollo_compiler::{Name, Schema, ast, ast::Definition, parser::SourceSpan};

use super::{ErrorCode, HintCode, Location, SubgraphSchema, report::Report};
use roots::Roots;
use specification::Definitions;
use text::{Problems, Text};

pub(super) use contexts::{ContextReference, context_setters, contextual_arguments};
pub(super) use facts::{Facts, FieldFacts, Key, Override, TypeFacts};
pub(super) use field_set::{FieldSet, parse_field_set};
pub(super) use link::{Link, Spelling};
pub(super) use selections::{
    SelectedField, Selection, Unresolved, for_each_field, resolve, resolve_noting,
};
pub(super) use validity::fits;

/// One subgraph.
#[derive(Debug)]
pub(super) struct Subgraph {
    pub(super) name: String,
    pub(super) url: String,
    /// Its value in `join__Graph`.
    pub(super) graph: Name,
    pub(super) version: FederationVersion,
    /// Its types and own directives, in canonical form.
    pub(super) schema: Schema,
    /// What its `@link`s say, federation's included.
    pub(super) links: Vec<Link>,
    /// How it spells the federation directives.
    pub(super) spelling: Spelling,
    /// What its federation directives say.
    pub(super) facts: Facts,
    origin: String,
}

/// A version of the federation specification: 2.`minor`, or 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FederationVersion {
    V1,
    V2 { minor: u8 },
}

impl fmt::Display for FederationVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V1 => formatter.write_str("v1.0"),
            Self::V2 { minor } => write!(formatter, "v2.{minor}"),
        }
    }
}

impl Subgraph {
    /// Where something stands in this subgraph's text, if it does.
    pub(super) fn at(&self, span: Option<SourceSpan>) -> Option<Location> {
        let text = Text {
            subgraph: &self.name,
            origin: &self.origin,
            sources: &self.schema.sources,
        };
        text.at(span)
    }
}

/// Brings the subgraphs to one form, in the order of their names in `join__Graph`. Those with errors are missing.
pub(super) fn load(sources: &[SubgraphSchema], report: &mut Report) -> Vec<Subgraph> {
    if sources.is_empty() {
        let message = "there are no subgraphs, and so no queries: a supergraph needs at least one";
        report.error(ErrorCode::NoQueries, message, []);
    }
    names::check(sources, report);
    let specified = Definitions::new();
    let graphs = names::assign(sources);
    let mut ordered: Vec<_> = sources.iter().zip(graphs).collect();
    ordered.sort_by(|(_, a), (_, b)| a.cmp(b));
    let mut subgraphs: Vec<_> = ordered
        .into_iter()
        .filter_map(|(source, graph)| load_one(source, graph, &specified, report))
        .collect();
    if subgraphs.len() == sources.len() {
        for subgraph in &mut subgraphs {
            raise_version(subgraph, report);
        }
        upgrade::upgrade(&mut subgraphs, report);
    }
    subgraphs
}

fn load_one(
    source: &SubgraphSchema,
    graph: Name,
    specified: &Definitions,
    report: &mut Report,
) -> Option<Subgraph> {
    let origin = match source.origin.as_str() {
        "" => source.name.clone(),
        origin => origin.to_owned(),
    };
    let (mut document, errors) = match ast::Document::parse(source.sdl.as_str(), &origin) {
        Ok(document) => (document, None),
        Err(broken) => (broken.partial, Some(broken.errors)),
    };
    let sources = document.sources.clone();
    let text = Text {
        subgraph: &source.name,
        origin: &origin,
        sources: &sources,
    };
    let mut problems = Problems::new(text, report);
    if let Some(errors) = errors {
        problems.syntax_errors(&errors);
        return None;
    }
    let links = link::read(&document, &mut problems);
    if problems.found() {
        return None;
    }
    let (version, spelling) = Spelling::of(&links.all);
    let roots = Roots::of(&document, &mut problems);
    machinery::remove_queried(&mut document, &roots);
    let context = validity::Context {
        version,
        spelling: &spelling,
        links: &links,
        roots: &roots,
        specified,
    };
    definitions::check(&document, context, &mut problems);
    if problems.found() {
        return None;
    }
    let mut schema = validity::build(&document, context, &mut problems)?;
    let defined = defined(&document, &roots);
    // From here on the schema's nodes are its own, so that rewriting them copies nothing.
    drop(document);
    let names = canonical::Names {
        spelling: &spelling,
        roots: &roots,
        links: &links,
    };
    canonical::rewrite(&mut schema, names);
    roots::check(&schema, &mut problems);
    machinery::check_types(&schema, &mut problems);
    if problems.found() {
        return None;
    }
    if version == FederationVersion::V1 {
        upgrade::normalize_field_sets(&mut schema);
    }
    let mut facts = Facts::of(defined, &schema);
    usage::mark(&schema, &mut facts);
    Some(Subgraph {
        name: source.name.clone(),
        url: source.url.clone(),
        graph,
        version,
        schema,
        links: links.all,
        spelling,
        facts,
        origin,
    })
}

/// The types that a document defines rather than only extends, by their names from now on.
fn defined(document: &ast::Document, roots: &Roots) -> HashSet<Name> {
    document
        .definitions
        .iter()
        .filter(|one| !one.is_extension_definition() && one.as_directive_definition().is_none())
        .filter_map(Definition::name)
        .map(|name| {
            let mut name = name.clone();
            roots.rename(&mut name);
            name
        })
        .collect()
}

/// A specification that is linked apart from federation's may need a newer version of that than is linked.
fn raise_version(subgraph: &mut Subgraph, report: &mut Report) {
    let FederationVersion::V2 { minor } = subgraph.version else {
        return;
    };
    let implied = subgraph
        .links
        .iter()
        .filter_map(|link| Some((link::shared(link)?.implies, link)))
        .max_by_key(|(implied, _)| *implied);
    if let Some((implied, link)) = implied
        && implied > minor
    {
        let raised = FederationVersion::V2 { minor: implied };
        report.hint(
            HintCode::ImplicitlyUpgradedFederationVersion,
            format!(
                "[{}] the subgraph links {} of the federation specification and is composed as {raised}, which \"{}\" \
                 needs: link {raised}",
                subgraph.name, subgraph.version, link.url
            ),
            [subgraph.at(link.span)],
        );
        subgraph.version = raised;
    }
}
