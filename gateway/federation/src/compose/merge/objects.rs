//! Object types and interfaces.

use apollo_compiler::{
    Name, Node, ast,
    collections::{IndexMap, IndexSet},
    parser::SourceSpan,
    schema::{Component, ComponentName, DirectiveList, ExtendedType, InterfaceType, ObjectType},
};

use super::{
    Merger, annotations,
    differences::names,
    fields::{self, FieldSource},
    joins,
    sources::{Kind, Source, TypeSources},
};
use crate::compose::{
    HintCode,
    report::Report,
    subgraph::{Subgraph, TypeFacts},
};

/// What one subgraph says of an object type or interface.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) subgraph: &'a Subgraph,
    /// The subgraph's place in the order of `join__Graph`.
    pub(super) index: usize,
    pub(super) facts: Option<&'a TypeFacts>,
    pub(super) description: Option<&'a Node<str>>,
    pub(super) directives: &'a DirectiveList,
    pub(super) implements: &'a IndexSet<ComponentName>,
    pub(super) fields: &'a IndexMap<Name, Component<ast::FieldDefinition>>,
    pub(super) is_interface_object: bool,
    span: Option<SourceSpan>,
}

impl<'a> Part<'a> {
    pub(super) fn of(name: &str, source: Source<'a, ExtendedType>) -> Option<Self> {
        let (description, directives, implements, fields) = match source.node {
            ExtendedType::Object(object) => (
                object.description.as_ref(),
                &object.directives,
                &object.implements_interfaces,
                &object.fields,
            ),
            ExtendedType::Interface(interface) => (
                interface.description.as_ref(),
                &interface.directives,
                &interface.implements_interfaces,
                &interface.fields,
            ),
            _ => return None,
        };
        let is_object = source.node.is_object();
        Some(Self {
            subgraph: source.subgraph,
            index: source.index,
            facts: source.subgraph.facts.ty(name),
            description,
            directives,
            implements,
            fields,
            is_interface_object: is_object && directives.has("federation__interfaceObject"),
            span: source.node.location(),
        })
    }

    pub(super) fn field(&self, name: &str) -> Option<FieldSource<'a>> {
        let (name, node) = self.fields.get_key_value(name)?;
        Some(self.source(name, node))
    }

    fn source(&self, name: &str, node: &'a Component<ast::FieldDefinition>) -> FieldSource<'a> {
        FieldSource {
            subgraph: self.subgraph,
            node,
            facts: self.facts.and_then(|facts| facts.fields.get(name)),
        }
    }

    pub(super) fn has_key(&self) -> bool {
        self.directives.has("federation__key")
    }
}

/// An object type or interface of the supergraph, before it is merged.
#[derive(Debug)]
pub(super) struct Composite<'a> {
    pub(super) name: &'a Name,
    pub(super) kind: Kind,
    /// In the subgraphs' order.
    pub(super) parts: Vec<Part<'a>>,
    /// The interfaces that any subgraph says it implements, in the order of their appearance.
    pub(super) interfaces: IndexSet<&'a Name>,
    /// Of an object type: what its interfaces are in subgraphs that know it only through them (`@interfaceObject`).
    pub(super) stand_ins: Vec<StandIn<'a>>,
}

/// An interface object that answers for an implementation which its subgraph does not know.
#[derive(Debug, Clone, Copy)]
pub(super) struct StandIn<'a> {
    pub(super) interface: &'a Name,
    pub(super) part: Part<'a>,
}

impl<'a> Composite<'a> {
    pub(super) fn of(ty: &TypeSources<'a>, kind: Kind, merger: &Merger<'a>) -> Self {
        let parts: Vec<_> = ty
            .sources
            .iter()
            .filter_map(|source| Part::of(ty.name, *source))
            .collect();
        let interfaces: IndexSet<&'a Name> = parts
            .iter()
            .flat_map(|part| part.implements)
            .map(|interface| &interface.name)
            .collect();
        let mut stand_ins: Vec<_> = if kind == Kind::Object {
            interfaces
                .iter()
                .flat_map(|interface| {
                    let parts = merger.interface_objects.get(interface.as_str());
                    let parts = parts.map_or(&[][..], Vec::as_slice);
                    parts.iter().map(|part| StandIn {
                        interface,
                        part: *part,
                    })
                })
                .filter(|one| !one.part.subgraph.schema.types.contains_key(ty.name))
                .collect()
        } else {
            Vec::new()
        };
        stand_ins.sort_by_key(|one| one.part.index);
        Self {
            name: ty.name,
            kind,
            parts,
            interfaces,
            stand_ins,
        }
    }

    /// In how many subgraphs the type is: the query root is in all of them.
    pub(super) fn owners(&self, merger: &Merger<'_>) -> usize {
        if self.name == "Query" {
            merger.subgraphs.len()
        } else {
            self.parts.len()
        }
    }

    pub(super) fn is_root(&self) -> bool {
        matches!(self.name.as_str(), "Query" | "Mutation" | "Subscription")
    }

    /// What interface objects say of a field in place of this type, in the subgraphs' order.
    pub(super) fn stand_ins_of(
        &self,
        field: &str,
    ) -> impl Iterator<Item = (&'a Name, FieldSource<'a>)> {
        self.stand_ins
            .iter()
            .filter_map(move |one| Some((one.interface, one.part.field(field)?)))
    }

    fn fields(&self) -> IndexMap<&'a Name, Vec<FieldSource<'a>>> {
        let mut fields: IndexMap<&'a Name, Vec<FieldSource<'a>>> = IndexMap::default();
        for part in &self.parts {
            for (name, node) in part.fields {
                let sources = fields.entry(name).or_default();
                sources.push(part.source(name, node));
            }
        }
        fields
    }
}

/// Merges an object type or interface, with its directives.
pub(super) fn merge<'a>(
    ty: &TypeSources<'a>,
    kind: Kind,
    merger: &Merger<'a>,
    report: &mut Report,
) -> ExtendedType {
    let composite = Composite::of(ty, kind, merger);
    let is_entity = hint_entity(&composite, report);
    let said = composite.parts.iter().map(|part| {
        let directives = part.directives.into();
        (part.subgraph, part.description, directives)
    });
    let coordinate = || composite.name.to_string();
    let said = annotations::merge(&coordinate, said, merger, report);
    let mut directives = joins::of_type(&composite, merger);
    directives.extend(said.directives);
    let mut fields: IndexMap<Name, Component<ast::FieldDefinition>> = IndexMap::default();
    for (name, sources) in composite.fields() {
        if !is_entity && !composite.is_root() {
            hint_missing(&composite, name, &sources, report);
        }
        let field = fields::merge(&composite, name, &sources, merger, report);
        fields.extend(field.map(|field| (name.clone(), field.into())));
    }
    let name = composite.name.clone();
    let implements_interfaces = composite
        .interfaces
        .iter()
        .map(|name| ComponentName::from((*name).clone()))
        .collect();
    let directives = DirectiveList(directives.into_iter().map(Component::from).collect());
    if kind == Kind::Interface {
        ExtendedType::Interface(Node::new(InterfaceType {
            description: said.description,
            name,
            implements_interfaces,
            directives,
            fields,
        }))
    } else {
        ExtendedType::Object(Node::new(ObjectType {
            description: said.description,
            name,
            implements_interfaces,
            directives,
            fields,
        }))
    }
}

/// Whether the type is an entity; a hint if it is one in some subgraphs only.
fn hint_entity(composite: &Composite<'_>, report: &mut Report) -> bool {
    let (with, without): (Vec<&Part<'_>>, Vec<&Part<'_>>) =
        composite.parts.iter().partition(|part| part.has_key());
    if !with.is_empty() && !without.is_empty() && composite.kind == Kind::Object {
        let message = format!(
            "Type \"{}\" has a @key in {}, but none in {}: the latter cannot be asked for more of it.",
            composite.name,
            names(with.iter().map(|part| part.subgraph)),
            names(without.iter().map(|part| part.subgraph)),
        );
        let places = without.iter().map(|part| part.subgraph.at(part.span));
        report.hint(HintCode::InconsistentEntity, message, places);
    }
    !with.is_empty()
}

/// A hint if a field of a type without keys is not in all of its subgraphs.
fn hint_missing(
    composite: &Composite<'_>,
    field: &Name,
    sources: &[FieldSource<'_>],
    report: &mut Report,
) {
    if sources.len() == composite.parts.len() {
        return;
    }
    let missing: Vec<_> = composite
        .parts
        .iter()
        .filter(|part| !part.fields.contains_key(field))
        .filter(|part| {
            // A subgraph that only borrows the type has what it needs.
            let facts = part.facts.map(|facts| facts.fields.values());
            facts.into_iter().flatten().any(|field| !field.is_external)
        })
        .collect();
    if missing.is_empty() {
        return;
    }
    let (code, kind) = match composite.kind {
        Kind::Interface => (HintCode::InconsistentInterfaceValueTypeField, "interface"),
        _ => (HintCode::InconsistentObjectValueTypeField, "type"),
    };
    let message = format!(
        "Field \"{}.{field}\" of a {kind} without @key is in {}, but not in {}.",
        composite.name,
        names(sources.iter().map(|source| source.subgraph)),
        names(missing.iter().map(|part| part.subgraph)),
    );
    let places = missing.iter().map(|part| part.subgraph.at(part.span));
    report.hint(code, message, places);
}
