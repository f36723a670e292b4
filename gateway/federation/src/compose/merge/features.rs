//! The directives that the supergraph has besides `join`'s, and their names there.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use apollo_compiler::Name;

use super::{composed::Composed, directives, elements};
use crate::compose::{
    report::Report,
    subgraph::{FederationVersion, Subgraph},
};

/// A directive of a specification of Apollo's that the supergraph says on its elements as subgraphs do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spec {
    Context,
    Tag,
    Inaccessible,
    Authenticated,
    RequiresScopes,
    Policy,
    Cost,
    ListSize,
}

impl Spec {
    /// Its name in its specification.
    pub(super) fn directive(self) -> &'static str {
        match self {
            Self::Context => "context",
            Self::Tag => "tag",
            Self::Inaccessible => "inaccessible",
            Self::Authenticated => "authenticated",
            Self::RequiresScopes => "requiresScopes",
            Self::Policy => "policy",
            Self::Cost => "cost",
            Self::ListSize => "listSize",
        }
    }

    /// By its name in the canonical form, without `federation__`.
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "context" => Self::Context,
            "tag" => Self::Tag,
            "inaccessible" => Self::Inaccessible,
            "authenticated" => Self::Authenticated,
            "requiresScopes" => Self::RequiresScopes,
            "policy" => Self::Policy,
            "cost" => Self::Cost,
            "listSize" => Self::ListSize,
            _ => return None,
        })
    }
}

/// What becomes of a directive of a subgraph in the supergraph. The order is the one in which they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Spec(Spec),
    Deprecated,
    SpecifiedBy,
    OneOf,
    /// The index in [`Features::composed`].
    Composed(usize),
    /// Carried along in `@join__directive`, for who understands it: Apollo's connectors, `@cacheTag`.
    Carried,
}

/// Which directives of the subgraphs are in the supergraph, under which names: found once, before merging.
#[derive(Debug)]
pub(super) struct Features {
    /// The specifications' directives that are used, with their names in the supergraph.
    pub(super) specs: BTreeMap<Spec, Name>,
    /// The directives that `@composeDirective` names, by their names.
    pub(super) composed: Vec<Composed>,
    /// The executable directives that all subgraphs have, by their names.
    pub(super) executable: BTreeSet<Name>,
    /// The newest federation version among the subgraphs.
    pub(super) version: FederationVersion,
    /// Whether `@cacheTag` is used.
    pub(super) has_cache_tags: bool,
    by_name: HashMap<Name, usize>,
    /// Names of the directives that are carried along, by the subgraph's value in `join__Graph`.
    carried: HashMap<Name, HashSet<Name>>,
}

/// The specification of Apollo's connectors.
pub(super) const CONNECT: &str = "https://specs.apollo.dev/connect";

/// For caches of entities, since Federation 2.12.
const CACHE_TAG: &str = "cacheTag";

impl Features {
    /// Of all subgraphs.
    pub(super) fn of(subgraphs: &[Subgraph], report: &mut Report) -> Self {
        let composed = Composed::of(subgraphs);
        let by_name: HashMap<_, _> = composed
            .iter()
            .enumerate()
            .map(|(index, one)| (one.name.clone(), index))
            .collect();
        let executable = directives::executable(subgraphs, &by_name, report);
        let version = subgraphs.iter().map(|one| one.version).max();
        let mut features = Self {
            specs: BTreeMap::new(),
            composed,
            executable,
            version: version.unwrap_or(FederationVersion::V1),
            has_cache_tags: false,
            by_name,
            carried: HashMap::new(),
        };
        for subgraph in subgraphs {
            features.find_specs(subgraph);
            features.find_carried(subgraph);
        }
        features
    }

    /// Whether the supergraph has a definition of this directive that comes from its subgraphs.
    pub(super) fn defines(&self, name: &Name) -> bool {
        self.executable.contains(name) || self.by_name.contains_key(name)
    }

    /// A specification's directive's name in the supergraph, if it is used.
    pub(super) fn name(&self, spec: Spec) -> Option<&Name> {
        self.specs.get(&spec)
    }

    /// Whether some subgraph carries directives along.
    pub(super) fn has_carried(&self) -> bool {
        !self.carried.is_empty() || self.has_cache_tags
    }

    pub(super) fn role(&self, subgraph: &Subgraph, directive: &Name) -> Option<Role> {
        if let Some(name) = directive.strip_prefix("federation__") {
            return match name {
                CACHE_TAG => Some(Role::Carried),
                _ => Spec::named(name).map(Role::Spec),
            };
        }
        match directive.as_str() {
            "deprecated" => return Some(Role::Deprecated),
            "specifiedBy" => return Some(Role::SpecifiedBy),
            "oneOf" => return Some(Role::OneOf),
            _ => {}
        }
        if let Some(index) = self.by_name.get(directive) {
            return Some(Role::Composed(*index));
        }
        let carried = self.carried.get(&subgraph.graph)?;
        carried.contains(directive).then_some(Role::Carried)
    }

    /// Notes the specifications' directives that a subgraph uses. Subgraphs that name one differently were refused before.
    fn find_specs(&mut self, subgraph: &Subgraph) {
        elements::each(&subgraph.schema, |_, directives| {
            for directive in directives.iter() {
                let Some(name) = directive.name.strip_prefix("federation__") else {
                    continue;
                };
                let Some(spec) = Spec::named(name) else {
                    self.has_cache_tags |= name == CACHE_TAG;
                    continue;
                };
                self.specs.entry(spec).or_insert_with(|| {
                    let written = subgraph.spelling.written(spec.directive());
                    Name::new(written.trim_start_matches('@'))
                        .unwrap_or_else(|_| directive.name.clone())
                });
            }
        });
    }

    fn find_carried(&mut self, subgraph: &Subgraph) {
        for link in subgraph
            .links
            .iter()
            .filter(|link| link.identity == CONNECT)
        {
            let imported = link.imports.iter();
            let imported = imported.filter_map(|one| one.alias.strip_prefix('@')?.try_into().ok());
            let prefixed = ["connect", "source"].map(|name| format!("{}__{name}", link.name));
            let prefixed = prefixed.iter().filter_map(|name| Name::new(name).ok());
            let names = imported.chain(prefixed);
            self.carried
                .entry(subgraph.graph.clone())
                .or_default()
                .extend(names);
        }
    }
}
