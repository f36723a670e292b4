//! Fields of object types and interfaces.

use apollo_compiler::{Name, Node, ast, schema::Component};

use super::{
    Merger, applied,
    arguments::{self, Signature},
    descriptions, external, joins,
    objects::Composite,
    overrides::Overrides,
    sharing,
    sources::Kind,
    types::{self, Codes, MergedType, Position},
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

    /// Those that define the field, rather than borrow it. None if only interface objects resolve it.
    fn defining(&self) -> impl Iterator<Item = &'b FieldSource<'a>> + Clone {
        self.all.iter().filter(|source| !source.is_external())
    }

    /// Those that give the field its type and arguments: all if nobody defines it.
    fn shaping(&self) -> impl Iterator<Item = &'b FieldSource<'a>> + Clone {
        let is_external_everywhere = self.defining().next().is_none();
        self.all
            .iter()
            .filter(move |source| is_external_everywhere || !source.is_external())
    }

    /// Those that give the field its directives: if nobody defines it, the interface objects that resolve it.
    fn describing(&self) -> impl Iterator<Item = FieldSource<'a>> {
        let is_external_everywhere = self.defining().next().is_none();
        let stand_ins = self.composite.stand_ins_of(self.name);
        let stand_ins =
            stand_ins.filter(move |(_, field)| is_external_everywhere && !field.is_external());
        let stand_ins = stand_ins.map(|(_, field)| field);
        self.defining().copied().chain(stand_ins)
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
    let overrides = Overrides::of(&sources);
    let described = sources
        .defining()
        .map(|source| (source.subgraph, source.node.description.as_ref()));
    let description = descriptions::merge(&coordinate, described, report);
    let signatures = sources.shaping().map(|source| Signature {
        subgraph: source.subgraph,
        arguments: &source.node.arguments,
        span: source.node.location(),
    });
    let arguments = arguments::merge(&coordinate, signatures, merger, report);
    let merged = merge_type(&sources, merger, report)?;
    external::check(&sources, merged, &arguments, merger, report);
    if composite.kind == Kind::Object {
        sharing::check(&sources, &overrides, report);
    }
    let is_same = all.iter().all(|source| source.node.ty == *merged.ty);
    let mut directives = joins::of_field(&sources, is_same, &overrides, merger);
    let applied = sources
        .describing()
        .map(|source| (source.subgraph, (&source.node.directives).into()));
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

fn merge_type<'a>(
    sources: &FieldSources<'a, '_>,
    merger: &Merger<'a>,
    report: &mut Report,
) -> Option<MergedType<'a>> {
    let typed = sources
        .shaping()
        .map(|source| (source.subgraph, &source.node.ty, source.node.location()));
    let codes = Codes {
        mismatch: ErrorCode::FieldTypeMismatch,
        compatible: HintCode::InconsistentButCompatibleFieldType,
    };
    types::merge(
        &|| sources.coordinate(),
        Position::Output,
        codes,
        typed,
        &merger.types,
        report,
    )
}
