//! `@link` on the supergraph's schema: which specifications it uses, and what it calls their directives.

use apollo_compiler::{
    Name, Node,
    ast::{self, Value},
    collections::IndexMap,
    name,
};

use super::{
    applied, composed,
    features::{CONNECT, Features, Spec},
    groups,
    joins::Maker,
};
use crate::compose::subgraph::{FederationVersion, Subgraph};

impl Spec {
    /// The specification's URL, the part of it that is its name, and whether what it says matters for security.
    fn specification(self) -> (&'static str, &'static str, bool) {
        match self {
            Self::Context => ("https://specs.apollo.dev/context/v0.1", "context", true),
            Self::Tag => ("https://specs.apollo.dev/tag/v0.3", "tag", false),
            Self::Inaccessible => (
                "https://specs.apollo.dev/inaccessible/v0.2",
                "inaccessible",
                true,
            ),
            Self::Authenticated => (
                "https://specs.apollo.dev/authenticated/v0.1",
                "authenticated",
                true,
            ),
            Self::RequiresScopes => (
                "https://specs.apollo.dev/requiresScopes/v0.1",
                "requiresScopes",
                true,
            ),
            Self::Policy => ("https://specs.apollo.dev/policy/v0.1", "policy", true),
            Self::Cost | Self::ListSize => ("https://specs.apollo.dev/cost/v0.1", "cost", false),
        }
    }
}

/// All links of the supergraph.
pub(super) fn all(features: &Features, subgraphs: &[Subgraph]) -> Vec<Node<ast::Directive>> {
    let join = match features.version {
        FederationVersion::V2 { minor: 8.. } => "https://specs.apollo.dev/join/v0.5",
        FederationVersion::V2 { minor: 7 } => "https://specs.apollo.dev/join/v0.4",
        _ => "https://specs.apollo.dev/join/v0.3",
    };
    let mut links = vec![
        link("https://specs.apollo.dev/link/v1.0", None, Vec::new()),
        link(join, Some(name!("EXECUTION")), Vec::new()),
    ];
    let mut specifications: IndexMap<&str, (Option<Name>, Vec<Value>)> = IndexMap::default();
    for (spec, name) in &features.specs {
        let (url, own, is_security) = spec.specification();
        let (_, imports) = specifications
            .entry(url)
            .or_insert_with(|| (is_security.then(|| name!("SECURITY")), Vec::new()));
        if spec.directive() != own || name != own {
            imports.push(import(&format!("@{}", spec.directive()), name));
        }
    }
    let specifications = specifications.into_iter();
    links.extend(specifications.map(|(url, (purpose, imports))| link(url, purpose, imports)));
    if features.has_cache_tags {
        let url = "https://specs.apollo.dev/cacheTag/v0.1";
        links.push(link(url, Some(name!("EXECUTION")), Vec::new()));
    }
    links.extend(of_connectors(subgraphs));
    let mut composed: IndexMap<String, Vec<Value>> = IndexMap::default();
    for one in &features.composed {
        let url = match &one.version {
            Some(version) => format!("{}/{version}", one.identity),
            None => one.identity.clone(),
        };
        let imports = composed.entry(url).or_default();
        imports.push(import(&one.element, &one.name));
    }
    let composed = composed.into_iter();
    links.extend(composed.map(|(url, imports)| link(&url, None, imports)));
    links
}

fn link(url: &str, purpose: Option<Name>, imports: Vec<Value>) -> Node<ast::Directive> {
    let mut maker = Maker::new(name!("link")).text(name!("url"), Some(url));
    if let Some(purpose) = purpose {
        maker = maker.argument(name!("for"), Value::Enum(purpose));
    }
    if !imports.is_empty() {
        let imports = imports.into_iter().map(Node::new).collect();
        maker = maker.argument(name!("import"), Value::List(imports));
    }
    maker.make()
}

/// `"@element"`, or with its alias: both with their `@`.
fn import(element: &str, name: &str) -> Value {
    if element.strip_prefix('@') == Some(name) {
        return Value::String(element.to_owned());
    }
    aliased(element, &format!("@{name}"))
}

fn aliased(element: &str, alias: &str) -> Value {
    let text = |text: &str| Node::new(Value::String(text.to_owned()));
    Value::Object(vec![
        (name!("name"), text(element)),
        (name!("as"), text(alias)),
    ])
}

/// Connectors: the newest version is linked, and what each subgraph links is carried along.
fn of_connectors(subgraphs: &[Subgraph]) -> Vec<Node<ast::Directive>> {
    let links = subgraphs.iter().flat_map(|subgraph| {
        let links = subgraph.links.iter();
        links
            .filter(|link| link.identity == CONNECT)
            .map(move |link| (subgraph, link))
    });
    let groups = groups::group(links, |a, b| a.url == b.url && a.imports == b.imports);
    let newest = groups.iter().map(|group| group.value);
    let Some(newest) = newest.max_by_key(|link| composed::version(link)) else {
        return Vec::new();
    };
    let purpose = Some(name!("EXECUTION"));
    let mut links = vec![link(&newest.url, purpose, Vec::new())];
    links.extend(groups.iter().map(|group| {
        let one = group.value;
        let imports = one.imports.iter().map(|import| {
            if import.element == import.alias {
                Value::String(import.element.clone())
            } else {
                aliased(&import.element, &import.alias)
            }
        });
        let original = link(&one.url, None, imports.collect());
        let graphs = group.subgraphs.iter().map(|one| one.graph.clone());
        applied::carry(graphs, &original)
    }));
    links
}
