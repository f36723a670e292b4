//! Where the elements of the merged schema come from: an index of all subgraphs' types, built once.

use apollo_compiler::{Name, schema::ExtendedType};
use rustc_hash::FxHashMap;

use super::differences::differences;
use crate::compose::{ErrorCode, report::Report, subgraph::Subgraph};

/// What one subgraph says of an element.
#[derive(Debug)]
pub(super) struct Source<'a, T: ?Sized> {
    pub(super) subgraph: &'a Subgraph,
    /// The subgraph's place in the order of `join__Graph`.
    pub(super) index: usize,
    pub(super) node: &'a T,
}

impl<T: ?Sized> Clone for Source<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Source<'_, T> {}

/// What a type is in the supergraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Scalar,
    Object,
    Interface,
    Union,
    Enum,
    InputObject,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Scalar => "a scalar",
            Self::Object => "an object type",
            Self::Interface => "an interface",
            Self::Union => "a union",
            Self::Enum => "an enum",
            Self::InputObject => "an input object",
        }
    }
}

impl Source<'_, ExtendedType> {
    fn kind(&self) -> Kind {
        match self.node {
            ExtendedType::Scalar(_) => Kind::Scalar,
            ExtendedType::Object(object) => {
                if object.directives.has("federation__interfaceObject") {
                    Kind::Interface
                } else {
                    Kind::Object
                }
            }
            ExtendedType::Interface(_) => Kind::Interface,
            ExtendedType::Union(_) => Kind::Union,
            ExtendedType::Enum(_) => Kind::Enum,
            ExtendedType::InputObject(_) => Kind::InputObject,
        }
    }
}

/// One type of the supergraph: what each subgraph that has it says of it, in the subgraphs' order.
#[derive(Debug)]
pub(super) struct TypeSources<'a> {
    pub(super) name: &'a Name,
    pub(super) sources: Vec<Source<'a, ExtendedType>>,
}

impl<'a> TypeSources<'a> {
    /// What the type is everywhere; none, and an error, if subgraphs differ about it.
    pub(super) fn kind(&self, report: &mut Report) -> Option<Kind> {
        let kind = self.sources.first()?.kind();
        if self.sources.iter().all(|source| source.kind() == kind) {
            return Some(kind);
        }
        let kinds = self.sources.iter().map(|one| (one.subgraph, one.kind()));
        let message = format!(
            "Type \"{}\" must be of one kind in all subgraphs: it is {}. Rename it in one of them, or make them agree.",
            self.name,
            differences(kinds, |kind| kind.name().to_owned()),
        );
        let places = self
            .sources
            .iter()
            .map(|source| source.subgraph.at(source.node.location()));
        report.error(ErrorCode::TypeKindMismatch, message, places);
        None
    }

    /// The sources of one kind, by [`ExtendedType::as_scalar`] and its like.
    pub(super) fn of_kind<T>(
        &self,
        select: impl Fn(&'a ExtendedType) -> Option<&'a T>,
    ) -> Vec<Source<'a, T>> {
        let selected = self.sources.iter().filter_map(|source| {
            Some(Source {
                subgraph: source.subgraph,
                index: source.index,
                node: select(source.node)?,
            })
        });
        selected.collect()
    }
}

/// All types of all subgraphs, in the order of their names.
#[derive(Debug)]
pub(super) struct Types<'a> {
    all: Vec<TypeSources<'a>>,
    by_name: FxHashMap<&'a str, usize>,
}

impl<'a> Types<'a> {
    /// Built-in types left out.
    pub(super) fn of(subgraphs: &'a [Subgraph]) -> Self {
        let mut all: Vec<TypeSources<'a>> = Vec::new();
        let mut by_name: FxHashMap<&'a str, usize> = FxHashMap::default();
        for (index, subgraph) in subgraphs.iter().enumerate() {
            for (name, node) in &subgraph.schema.types {
                if node.is_built_in() {
                    continue;
                }
                let place = *by_name.entry(name.as_str()).or_insert_with(|| {
                    all.push(TypeSources {
                        name,
                        sources: Vec::new(),
                    });
                    all.len() - 1
                });
                all[place].sources.push(Source {
                    subgraph,
                    index,
                    node,
                });
            }
        }
        all.sort_unstable_by_key(|ty| ty.name);
        let by_name = all
            .iter()
            .enumerate()
            .map(|(place, ty)| (ty.name.as_str(), place))
            .collect();
        Self { all, by_name }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &TypeSources<'a>> {
        self.all.iter()
    }

    pub(super) fn get(&self, name: &str) -> Option<&TypeSources<'a>> {
        self.by_name
            .get(name)
            .and_then(|place| self.all.get(*place))
    }

    /// Whether one type is among another's possible ones: a member of a union, or an implementation of an interface.
    pub(super) fn is_possible(&self, of: &str, name: &str) -> bool {
        let sources = |name| self.get(name).into_iter().flat_map(|ty| &ty.sources);
        sources(of).any(|source| match source.node {
            ExtendedType::Union(union) => union.members.contains(name),
            _ => false,
        }) || sources(name).any(|source| match source.node {
            ExtendedType::Object(object) => object.implements_interfaces.contains(of),
            ExtendedType::Interface(interface) => interface.implements_interfaces.contains(of),
            _ => false,
        })
    }
}
