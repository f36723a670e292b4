//! The directives that `@composeDirective` brings into the supergraph.

use std::collections::{BTreeMap, HashMap, HashSet};

use apollo_compiler::{Name, Node, ast};

use crate::compose::subgraph::{Link, Subgraph};

/// A directive that `@composeDirective` names.
#[derive(Debug)]
pub(super) struct Composed {
    /// The same in all subgraphs, and in the supergraph.
    pub(super) name: Name,
    /// Its name in its specification, with its `@`.
    pub(super) element: String,
    /// Of its specification: the URL without the version.
    pub(super) identity: String,
    /// The newest version of the specification among the subgraphs that compose from it, as written.
    pub(super) version: Option<String>,
    /// As the last of the subgraphs with that version has it.
    pub(super) definition: Node<ast::DirectiveDefinition>,
    /// The subgraphs that compose it, as values of `join__Graph`.
    composers: HashSet<Name>,
}

/// A directive that one subgraph composes.
struct Wish<'a> {
    name: Name,
    element: String,
    link: &'a Link,
    subgraph: &'a Subgraph,
}

impl Composed {
    /// Of all subgraphs, by name. What is wrong with `@composeDirective` was refused before; it is left out here.
    pub(super) fn of(subgraphs: &[Subgraph]) -> Vec<Self> {
        let wishes: Vec<_> = subgraphs.iter().flat_map(wishes).collect();
        let mut newest: HashMap<&str, &Link> = HashMap::new();
        for Wish { link, .. } in &wishes {
            let known = newest.entry(&link.identity).or_insert(link);
            if version(link) > version(known) {
                *known = link;
            }
        }
        let mut composed: BTreeMap<Name, Self> = BTreeMap::new();
        for wish in &wishes {
            if let Some(known) = composed.get_mut(&wish.name) {
                known.composers.insert(wish.subgraph.graph.clone());
                continue;
            }
            let Some(newest) = newest.get(wish.link.identity.as_str()) else {
                continue;
            };
            let Some(definition) = definition(&wish.name, newest, subgraphs) else {
                continue;
            };
            let one = Self {
                name: wish.name.clone(),
                element: wish.element.clone(),
                identity: wish.link.identity.clone(),
                version: newest.version.clone(),
                definition: definition.clone(),
                composers: HashSet::from([wish.subgraph.graph.clone()]),
            };
            composed.insert(wish.name.clone(), one);
        }
        composed.into_values().collect()
    }

    /// Whether a subgraph composes it. It stays on an element if such a subgraph applies it there; then what other subgraphs say
    /// with it there counts as much, as Apollo has it.
    pub(super) fn is_composed_by(&self, subgraph: &Subgraph) -> bool {
        self.composers.contains(&subgraph.graph)
    }
}

/// A directive's definition in the last subgraph that links this version of its specification.
fn definition<'a>(
    name: &Name,
    newest: &Link,
    subgraphs: &'a [Subgraph],
) -> Option<&'a Node<ast::DirectiveDefinition>> {
    let links = |subgraph: &Subgraph| {
        let mut links = subgraph.links.iter();
        links.any(|link| link.identity == newest.identity && version(link) == version(newest))
    };
    let mut users = subgraphs.iter().rev().filter(|one| links(one));
    users.find_map(|subgraph| subgraph.schema.directive_definitions.get(name))
}

/// What a subgraph's `@composeDirective`s name.
fn wishes(subgraph: &Subgraph) -> impl Iterator<Item = Wish<'_>> {
    let directives = &subgraph.schema.schema_definition.directives;
    let names = directives.get_all("federation__composeDirective");
    names.filter_map(|directive| {
        let written = directive.specified_argument_by_name("name")?.as_str()?;
        let name = Name::new(written.strip_prefix('@')?).ok()?;
        let (link, element) = origin(subgraph, &name, written)?;
        Some(Wish {
            name,
            element,
            link,
            subgraph,
        })
    })
}

/// The link that a directive comes from, and the directive's name there: imported, or with the link's name in front, or
/// named as the link is.
fn origin<'a>(subgraph: &'a Subgraph, name: &str, written: &str) -> Option<(&'a Link, String)> {
    let links = || {
        let links = subgraph.links.iter();
        links.filter(|link| !link.identity.starts_with("https://specs.apollo.dev/"))
    };
    let imported = links().find_map(|link| {
        let mut imports = link.imports.iter();
        let import = imports.find(|import| import.alias == written)?;
        Some((link, import.element.clone()))
    });
    imported.or_else(|| {
        links().find_map(|link| {
            if let Some(element) = name
                .strip_prefix(&link.name)
                .and_then(|rest| rest.strip_prefix("__"))
            {
                return Some((link, format!("@{element}")));
            }
            let own = link.identity.rsplit('/').next().unwrap_or_default();
            (name == link.name).then(|| (link, format!("@{own}")))
        })
    })
}

/// Major and minor.
pub(super) fn version(link: &Link) -> (u32, u32) {
    let text = link.version.as_deref().unwrap_or_default();
    let mut parts = text.trim_start_matches('v').split('.');
    let mut number = || parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
    (number(), number())
}
