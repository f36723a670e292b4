//! `@link`: which specifications a subgraph uses, in which version, under which names.

use std::collections::HashMap;

use apollo_compiler::{Name, Node, ast, parser::SourceSpan};

use super::FederationVersion;

const FEDERATION: &str = "https://specs.apollo.dev/federation";

/// The directives of the federation specification, without their prefix.
const DIRECTIVES: [&str; 19] = [
    "authenticated",
    "composeDirective",
    "context",
    "cost",
    "extends",
    "external",
    "fromContext",
    "inaccessible",
    "interfaceObject",
    "key",
    "listSize",
    "override",
    "policy",
    "provides",
    "requires",
    "requiresScopes",
    "shareable",
    "tag",
    "link",
];

/// The directives that Federation 1 knows without any `@link`.
const FEDERATION_1: [&str; 7] = [
    "extends",
    "external",
    "inaccessible",
    "key",
    "provides",
    "requires",
    "tag",
];

/// One `@link`.
#[derive(Debug, Clone)]
pub(in crate::compose) struct Link {
    /// As written.
    pub(in crate::compose) url: String,
    /// The URL without its version.
    pub(in crate::compose) identity: String,
    /// The URL's last part before the version, or `as`.
    pub(in crate::compose) name: String,
    pub(in crate::compose) version: Option<String>,
    pub(in crate::compose) imports: Vec<Import>,
    pub(in crate::compose) span: Option<SourceSpan>,
}

/// An element that a `@link` imports; directives with their `@`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::compose) struct Import {
    pub(in crate::compose) element: String,
    /// Its name in this subgraph.
    pub(in crate::compose) alias: String,
}

/// How a subgraph spells the federation specification's directives.
#[derive(Debug, Clone, Default)]
pub(in crate::compose) struct Spelling {
    /// Names as written (without `@`) → canonical ones (`federation__key`).
    canonical: HashMap<Name, Name>,
}

impl Spelling {
    /// The version and the names that a subgraph's links make.
    pub(super) fn of(links: &[Link]) -> (FederationVersion, Self) {
        let Some(link) = links.iter().find(|link| link.identity == FEDERATION) else {
            let canonical = FEDERATION_1
                .iter()
                .map(|name| (known(name), canonical(name)));
            return (
                FederationVersion::V1,
                Self {
                    canonical: canonical.collect(),
                },
            );
        };
        let minor = link
            .version
            .as_deref()
            .and_then(|version| version.strip_prefix("v2.")?.parse().ok())
            .unwrap_or_default();
        let mut names: HashMap<Name, Name> = DIRECTIVES
            .iter()
            .map(|name| (known(&format!("{}__{name}", link.name)), canonical(name)))
            .collect();
        for import in &link.imports {
            let (Some(element), Some(alias)) = (
                import.element.strip_prefix('@'),
                import.alias.strip_prefix('@'),
            ) else {
                continue;
            };
            if let Ok(alias) = Name::new(alias) {
                names.insert(alias, canonical(element));
            }
        }
        (FederationVersion::V2 { minor }, Self { canonical: names })
    }

    /// A directive's canonical name, if it is one of federation's.
    pub(in crate::compose) fn canonical(&self, written: &str) -> Option<&Name> {
        self.canonical.get(written)
    }

    /// How a message names a federation directive (`key`, say): as this subgraph writes it, with its `@`.
    pub(in crate::compose) fn written(&self, directive: &str) -> String {
        let canonical = canonical(directive);
        let names = self.canonical.iter();
        let shortest = names
            .filter(|(_, name)| **name == canonical)
            .map(|(written, _)| written.as_str())
            .min_by_key(|written| (written.contains("__"), written.len(), *written));
        format!("@{}", shortest.unwrap_or(directive))
    }
}

fn known(name: &str) -> Name {
    Name::new(name).expect("a name of the specification, with a prefix at most")
}

fn canonical(directive: &str) -> Name {
    known(&format!("federation__{directive}"))
}

/// The links of a document, in their order.
pub(super) fn read(document: &ast::Document) -> Vec<Link> {
    document
        .definitions
        .iter()
        .filter_map(|definition| match definition {
            ast::Definition::SchemaDefinition(schema) => Some(&schema.directives),
            ast::Definition::SchemaExtension(schema) => Some(&schema.directives),
            _ => None,
        })
        .flat_map(|directives| directives.get_all("link"))
        .filter_map(read_one)
        .collect()
}

fn read_one(directive: &Node<ast::Directive>) -> Option<Link> {
    let url = directive.specified_argument_by_name("url")?.as_str()?;
    let (identity, version) = match url.rsplit_once('/') {
        Some((identity, version)) if version.starts_with('v') => (identity, Some(version)),
        _ => (url, None),
    };
    let alias = directive
        .specified_argument_by_name("as")
        .and_then(|alias| alias.as_str());
    let imports = directive
        .specified_argument_by_name("import")
        .and_then(|imports| imports.as_list())
        .unwrap_or_default();
    Some(Link {
        url: url.to_owned(),
        identity: identity.to_owned(),
        name: alias
            .or_else(|| identity.rsplit('/').next())
            .unwrap_or_default()
            .to_owned(),
        version: version.map(str::to_owned),
        imports: imports.iter().filter_map(|one| read_import(one)).collect(),
        span: directive.location(),
    })
}

fn read_import(value: &ast::Value) -> Option<Import> {
    if let Some(element) = value.as_str() {
        return Some(Import {
            element: element.to_owned(),
            alias: element.to_owned(),
        });
    }
    let fields = value.as_object()?;
    let text = |name: &str| {
        fields
            .iter()
            .find(|(key, _)| key == name)
            .and_then(|(_, value)| value.as_str())
    };
    let element = text("name")?;
    Some(Import {
        element: element.to_owned(),
        alias: text("as").unwrap_or(element).to_owned(),
    })
}
