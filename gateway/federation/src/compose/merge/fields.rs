//! Fields of object types and interfaces.

use apollo_compiler::{Name, Node, ast, schema::Component};

use super::{
    Merger, applied, arguments, descriptions, external, joins,
    objects::Composite,
    overrides::Overrides,
    sharing,
    sources::Kind,
    types::{self, Codes, Position},
};
use crate::compose::{
    ErrorCode, HintCode, Location,
    report::Report,
    subgraph::{FieldFacts, Subgraph},
};

/// What one subgraph says of a field.
#[derive(Debug, Clone, Copy)]
pub(super) struct FieldSource<'a> {
    pub(super) subgraph: &'a Subgraph,
    pub(super) node: &'a Component<ast::FieldDefinition>,
    pub(super) facts: Option<&'a FieldFacts>,
}

impl FieldSource<'_> {
    pub(super) fn is_external(&self) -> bool {
        self.facts.is_some_and(|facts| facts.is_external)
    }

    pub(super) fn place(&self) -> Option<Location> {
        self.subgraph.at(self.node.location())
    }
}

/// A field of the supergraph, before it is merged.
#[derive(Debug, Clone, Copy)]
pub(super) struct FieldSources<'a, 'b> {
    pub(super) composite: &'b Composite<'a>,
    pub(super) name: &'a Name,
    /// In the subgraphs' order.
    pub(super) all: &'b [FieldSource<'a>],
}

impl<'a, 'b> FieldSources<'a, 'b> {
    pub(super) fn coordinate(&self) -> String {
        format!("{}.{}", self.composite.name, self.name)
    }

    /// Those that define the field, rather than borrow it. All if there are none: a field may be resolved by interface objects
    /// alone.
    fn defining(&self) -> impl Iterator<Item = &'b FieldSource<'a>> + Clone {
        let is_external_everywhere = self.all.iter().all(FieldSource::is_external);
        self.all
            .iter()
            .filter(move |source| is_external_everywhere || !source.is_external())
    }
}

/// Merges a field, with its arguments and directives.
pub(super) fn merge<'a>(
    composite: &Composite<'a>,
    name: &'a Name,
    all: &[FieldSource<'a>],
    merger: &Merger<'a>,
    report: &mut Report,
) -> Option<ast::FieldDefinition> {
    let sources = FieldSources {
        composite,
        name,
        all,
    };
    let coordinate = || sources.coordinate();
    let defining = sources.defining();
    let overrides = Overrides::of(&sources);
    let described = defining
        .clone()
        .map(|source| (source.subgraph, source.node.description.as_ref()));
    let description = descriptions::merge(&coordinate, described, report);
    let arguments = arguments::merge(&coordinate, defining.clone(), merger, report);
    let typed = defining
        .clone()
        .map(|source| (source.subgraph, &source.node.ty, source.node.location()));
    let codes = Codes {
        mismatch: ErrorCode::FieldTypeMismatch,
        compatible: HintCode::InconsistentButCompatibleFieldType,
    };
    let merged = types::merge(
        &coordinate,
        Position::Output,
        codes,
        typed,
        &merger.types,
        report,
    )?;
    external::check(&sources, merged, &arguments, merger, report);
    if composite.kind == Kind::Object {
        sharing::check(&sources, &overrides, report);
    }
    let is_same = all.iter().all(|source| source.node.ty == *merged.ty);
    let mut directives = joins::of_field(&sources, is_same, &overrides, merger);
    let applied = defining.map(|source| (source.subgraph, (&source.node.directives).into()));
    directives.extend(applied::merge(
        &coordinate,
        applied,
        &merger.features,
        report,
    ));
    Some(ast::FieldDefinition {
        description,
        name: name.clone(),
        arguments: arguments.into_iter().map(Node::new).collect(),
        ty: merged.ty.clone(),
        directives: ast::DirectiveList(directives),
    })
}
