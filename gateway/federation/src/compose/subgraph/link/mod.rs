//! `@link`: which specifications a subgraph uses, in which version, under which names.
//!
//! Source of the rules: <https://specs.apollo.dev/link/v1.0>.

mod check;
mod import;
mod spelling;
mod url;

use apollo_compiler::{Name, Node, ast, name, parser::SourceSpan};

use super::{specification, text::Problems};
use crate::compose::ErrorCode;
use url::Url;

pub(in crate::compose) use import::Import;
pub(in crate::compose) use spelling::Spelling;
pub(super) use spelling::shared;

/// Where the specifications that gateways know are.
const APOLLO: &str = "https://specs.apollo.dev/";
const FEDERATION: &str = "https://specs.apollo.dev/federation";
const LINK: &str = "https://specs.apollo.dev/link";

/// One `@link`, or one `@core`, its predecessor.
#[derive(Debug, Clone)]
pub(in crate::compose) struct Link {
    /// As written.
    pub(in crate::compose) url: String,
    /// The URL without its version.
    pub(in crate::compose) identity: String,
    /// `as`, or the URL's last part before the version: what names of elements that are not imported begin with.
    pub(in crate::compose) name: String,
    pub(in crate::compose) version: Option<String>,
    pub(in crate::compose) imports: Vec<Import>,
    pub(in crate::compose) span: Option<SourceSpan>,
}

impl Link {
    /// The specification's name, if it is one of Apollo's: `tag`, say.
    pub(super) fn apollo_name(&self) -> Option<&str> {
        self.identity.strip_prefix(APOLLO)
    }

    /// How a directive of the specification is written here: as imported, or with the link's name in front; the directive
    /// that is named as the specification goes by the link's own name.
    fn spell(&self, directive: &str) -> String {
        let import = self
            .imports
            .iter()
            .find(|import| import.element.strip_prefix('@') == Some(directive));
        match import {
            Some(import) => import.alias.trim_start_matches('@').to_owned(),
            None if self.identity.rsplit('/').next() == Some(directive) => self.name.clone(),
            None => format!("{}__{directive}", self.name),
        }
    }

    /// The major and the minor version.
    pub(super) fn numbers(&self) -> Option<(u32, u32)> {
        url::numbers(self.version.as_deref()?)
    }

    /// Whether it is the one of the federation specification.
    pub(super) fn is_federation(&self) -> bool {
        self.identity == FEDERATION
    }
}

/// What a document's links say.
#[derive(Debug)]
pub(super) struct Links {
    pub(super) all: Vec<Link>,
    /// What `@link` itself is named: `link`, mostly.
    pub(super) directive: Name,
    /// Whether there is any, be it one that says nothing.
    pub(super) is_used: bool,
}

impl Links {
    /// The one of the federation specification.
    pub(super) fn federation(&self) -> Option<&Link> {
        self.all.iter().find(|link| link.is_federation())
    }

    /// The directives of Apollo's connectors, if these are linked: their names as written, and the specification's.
    pub(super) fn connectors(&self) -> Vec<(String, &'static str)> {
        let mut links = self.all.iter();
        let Some(link) = links.find(|link| specification::is_connectors(link)) else {
            return Vec::new();
        };
        let names = specification::CONNECTORS.into_iter();
        names.map(|name| (link.spell(name), name)).collect()
    }

    /// The type of the link specification that a name, as written, stands for.
    pub(super) fn type_of_link(&self, written: &str) -> Option<LinkType> {
        let link = self.all.iter().find(|link| link.identity == LINK);
        let mut imports = link.into_iter().flat_map(|link| &link.imports);
        if let Some(import) = imports.find(|import| import.alias == written) {
            return LinkType::of(&import.element);
        }
        let name = written.strip_prefix(self.directive.as_str())?;
        LinkType::of(name.strip_prefix("__")?)
    }
}

/// A type of the link specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LinkType {
    Import,
    Purpose,
}

impl LinkType {
    /// By its name, without a prefix.
    pub(super) fn of(name: &str) -> Option<Self> {
        match name {
            "Import" => Some(Self::Import),
            "Purpose" => Some(Self::Purpose),
            _ => None,
        }
    }
}

/// The links of a document, in their order; what is wrong with them is told.
pub(super) fn read(document: &ast::Document, problems: &mut Problems<'_>) -> Links {
    let directive = name_of_link(document);
    let links: Vec<_> = schema_directives(document)
        .filter(|one| one.name == directive || one.name == "core")
        .filter_map(|one| read_one(one, problems))
        .collect();
    check::check(&links, problems);
    let is_used = schema_directives(document).any(|one| one.name == directive);
    Links {
        all: links,
        directive,
        is_used,
    }
}

/// Whatever is applied to the schema.
fn schema_directives(document: &ast::Document) -> impl Iterator<Item = &Node<ast::Directive>> {
    document
        .definitions
        .iter()
        .filter_map(|definition| match definition {
            ast::Definition::SchemaDefinition(schema) => Some(&schema.directives),
            ast::Definition::SchemaExtension(schema) => Some(&schema.directives),
            _ => None,
        })
        .flat_map(|directives| directives.iter())
}

/// A link to the link specification itself may give another name: `@core(url: ".../link/v1.0", as: "core")`.
fn name_of_link(document: &ast::Document) -> Name {
    schema_directives(document)
        .find(|one| {
            let identity = text(one, "url").map(|url| Url::parse(url).identity);
            identity.as_deref() == Some(LINK) && text(one, "as") == Some(one.name.as_str())
        })
        .map_or(name!("link"), |one| one.name.clone())
}

fn text<'a>(directive: &'a ast::Directive, argument: &str) -> Option<&'a str> {
    directive.specified_argument_by_name(argument)?.as_str()
}

/// Nothing for a link without a URL: that says nothing.
fn read_one(directive: &Node<ast::Directive>, problems: &mut Problems<'_>) -> Option<Link> {
    let written = text(directive, "url").or_else(|| text(directive, "feature"))?;
    let url = Url::parse(written);
    let imports = directive
        .specified_argument_by_name("import")
        .map(|imports| import::read(imports, problems))
        .unwrap_or_default();
    let link = Link {
        url: written.to_owned(),
        name: text(directive, "as").map_or(url.name, str::to_owned),
        version: url.version,
        identity: url.identity,
        imports,
        span: directive.location(),
    };
    let is_apollo = link.identity.starts_with(APOLLO.trim_end_matches('/'));
    if is_apollo && link.numbers().is_none() {
        problems.error(
            ErrorCode::InvalidLinkIdentifier,
            format_args!(
                "the url \"{written}\" of @{} names no version: write it as \"{APOLLO}federation/v2.3\" is written",
                directive.name
            ),
            directive.location(),
        );
        return None;
    }
    Some(link)
}
