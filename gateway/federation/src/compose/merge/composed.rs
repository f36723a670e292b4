//! The directives that `@composeDirective` brings into the supergraph.

use std::collections::{BTreeMap, HashMap};

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
    /// As a subgraph with that version has it; the last, if there are several.
    pub(super) definition: Node<ast::DirectiveDefinition>,
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
        // The subgraphs that compose from a specification, the newest version first, and of the same the last.
        let mut users: HashMap<&str, Vec<(&Link, &Subgraph)>> = HashMap::new();
        for wish in &wishes {
            let users = users.entry(&wish.link.identity).or_default();
            users.push((wish.link, wish.subgraph));
        }
        for users in users.values_mut() {
            users.reverse();
            users.sort_by_key(|(link, _)| std::cmp::Reverse(version(link)));
        }
        let mut composed = BTreeMap::new();
        for wish in &wishes {
            if composed.contains_key(&wish.name) {
                continue;
            }
            let users = users.get(wish.link.identity.as_str());
            let users = users.map(Vec::as_slice).unwrap_or_default();
            let definition = users
                .iter()
                .find_map(|(_, subgraph)| subgraph.schema.directive_definitions.get(&wish.name));
            let (Some(definition), Some((newest, _))) = (definition, users.first()) else {
                continue;
            };
            let one = Self {
                name: wish.name.clone(),
                element: wish.element.clone(),
                identity: wish.link.identity.clone(),
                version: newest.version.clone(),
                definition: definition.clone(),
            };
            composed.insert(wish.name.clone(), one);
        }
        composed.into_values().collect()
    }
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
