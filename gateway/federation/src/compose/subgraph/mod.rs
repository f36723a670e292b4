//! A subgraph's schema, brought to one form.
//!
//! [`load`] parses, understands `@link`, gives every federation directive its full name (`federation__key`, however it was
//! imported), names root types Query, Mutation and Subscription, merges extensions into their types, takes out the
//! specification's own definitions, and upgrades Federation 1 to what it means in Federation 2. The later stages never ask
//! which version a subgraph was written in.

mod canonical;
mod contexts;
mod facts;
mod field_set;
mod graph_name;
mod link;
mod selections;
mod usage;

use apollo_compiler::{
    Name, Schema, ast,
    parser::{LineColumn, SourceMap, SourceSpan},
    validation::DiagnosticList,
};

use super::{ErrorCode, Location, SubgraphSchema, report::Report};

pub(super) use contexts::{ContextReference, context_setters, contextual_arguments};
pub(super) use facts::{Facts, FieldFacts, Key, Override, TypeFacts};
pub(super) use field_set::{FieldSet, parse_field_set};
pub(super) use link::{Link, Spelling};
pub(super) use selections::{
    SelectedField, Selection, Unresolved, for_each_field, resolve,
};

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

impl Subgraph {
    /// Where something stands in this subgraph's text, if it does.
    pub(super) fn at(&self, span: Option<SourceSpan>) -> Option<Location> {
        locate(&self.name, &self.origin, &self.schema.sources, span)
    }
}

fn locate(
    subgraph: &str,
    origin: &str,
    sources: &SourceMap,
    span: Option<SourceSpan>,
) -> Option<Location> {
    let span = span?;
    let text = sources.get(&span.file_id())?.source_text();
    Some(location(subgraph, origin, text, span.line_column(sources)?))
}

fn location(subgraph: &str, origin: &str, text: &str, place: LineColumn) -> Location {
    Location {
        subgraph: subgraph.to_owned(),
        origin: origin.to_owned(),
        line: place.line,
        column: place.column,
        excerpt: text
            .lines()
            .nth(place.line - 1)
            .unwrap_or_default()
            .to_owned(),
    }
}

/// Reports what the parser or the schema builder found.
fn report_invalid(
    source: &SubgraphSchema,
    origin: &str,
    errors: &DiagnosticList,
    report: &mut Report,
) {
    for one in errors.iter() {
        let place = one
            .line_column_range()
            .map(|range| location(&source.name, origin, &source.sdl, range.start));
        let message = format!("[{}] {}", source.name, one.error);
        report.error(ErrorCode::InvalidGraphql, message, [place]);
    }
}

/// Brings the subgraphs to one form, in the order of their names in `join__Graph`.
pub(super) fn load(sources: &[SubgraphSchema], report: &mut Report) -> Vec<Subgraph> {
    let graphs = graph_name::assign(sources);
    let mut subgraphs: Vec<_> = sources
        .iter()
        .zip(graphs)
        .filter_map(|(source, graph)| load_one(source, graph, report))
        .collect();
    subgraphs.sort_by(|a, b| a.graph.cmp(&b.graph));
    subgraphs
}

fn load_one(source: &SubgraphSchema, graph: Name, report: &mut Report) -> Option<Subgraph> {
    let origin = if source.origin.is_empty() {
        source.name.clone()
    } else {
        source.origin.clone()
    };
    let mut document = match ast::Document::parse(source.sdl.as_str(), &origin) {
        Ok(document) => document,
        Err(errors) => {
            report_invalid(source, &origin, &errors.errors, report);
            return None;
        }
    };
    let links = link::read(&document);
    let (version, spelling) = Spelling::of(&links);
    canonical::rewrite(&mut document, &spelling);
    let schema = match Schema::builder()
        .adopt_orphan_extensions()
        .ignore_builtin_redefinitions()
        .add_ast(&document)
        .build()
    {
        Ok(schema) => schema,
        Err(errors) => {
            report_invalid(source, &origin, &errors.errors, report);
            return None;
        }
    };
    let mut facts = Facts::of(&document, &schema);
    usage::mark(&schema, &mut facts);
    Some(Subgraph {
        name: source.name.clone(),
        url: source.url.clone(),
        graph,
        version,
        schema,
        links,
        spelling,
        facts,
        origin,
    })
}
