//! How a subgraph spells the federation specification's directives and scalars.

use std::collections::HashMap;

use apollo_compiler::Name;

use super::Link;
use crate::compose::subgraph::{
    FederationVersion,
    specification::{self, Shared, canonical, known},
};

/// Names as written, without `@`, and what they stand for. A directive may have several, when it is linked twice.
#[derive(Debug, Clone, Default)]
pub(in crate::compose) struct Spelling {
    /// → canonical ones (`federation__key`).
    directives: HashMap<Name, Name>,
    /// → the specification's (`FieldSet`).
    scalars: HashMap<Name, &'static str>,
}

impl Spelling {
    /// The version and the names that a subgraph's links make.
    pub(in crate::compose::subgraph) fn of(links: &[Link]) -> (FederationVersion, Self) {
        let mut spelling = Self::default();
        let federation = links.iter().find_map(|link| {
            let (major, minor) = link.is_federation().then(|| link.numbers()).flatten()?;
            Some((link, specification::version(major, minor)?))
        });
        let Some((link, version)) = federation else {
            spelling.add_federation_1();
            return (FederationVersion::V1, spelling);
        };
        for name in specification::directives(version) {
            spelling.add(&link.spell(name), name);
        }
        for name in specification::scalars(version) {
            let import = link.imports.iter().find(|import| import.element == name);
            let written = import.map_or_else(
                || format!("{}__{name}", link.name),
                |import| import.alias.clone(),
            );
            spelling.scalars.insert(known(&written), name);
        }
        for (link, shared) in links.iter().filter_map(|link| Some((link, shared(link)?))) {
            for name in shared.directives {
                spelling.add(&link.spell(name), name);
            }
        }
        (version, spelling)
    }

    fn add(&mut self, written: &str, directive: &str) {
        self.directives.insert(known(written), canonical(directive));
    }

    fn add_federation_1(&mut self) {
        for name in specification::directives(FederationVersion::V1) {
            self.add(name, name);
        }
        self.scalars.insert(known("_FieldSet"), "FieldSet");
    }

    /// A directive's canonical name, if it is one of federation's.
    pub(in crate::compose) fn canonical(&self, written: &str) -> Option<&Name> {
        self.directives.get(written)
    }

    /// The specification's name of a scalar, if it is one of federation's.
    pub(in crate::compose::subgraph) fn scalar(&self, written: &str) -> Option<&'static str> {
        self.scalars.get(written).copied()
    }

    /// How this subgraph spells a scalar of the specification (`FieldSet`, say).
    pub(in crate::compose::subgraph) fn written_scalar(&self, scalar: &str) -> Option<&str> {
        let mut names: Vec<_> = self
            .scalars
            .iter()
            .filter(|(_, known)| **known == scalar)
            .map(|(written, _)| written.as_str())
            .collect();
        names.sort_unstable();
        names.first().copied()
    }

    /// All names of directives as written, with their canonical ones; in the order of the former.
    pub(in crate::compose::subgraph) fn directives(&self) -> Vec<(&Name, &Name)> {
        let mut all: Vec<_> = self.directives.iter().collect();
        all.sort_unstable();
        all
    }

    /// How a message names a federation directive (`key`, say): as this subgraph writes it, with its `@`.
    pub(in crate::compose) fn written(&self, directive: &str) -> String {
        let canonical = canonical(directive);
        let names = self.directives.iter();
        let shortest = names
            .filter(|(_, name)| **name == canonical)
            .map(|(written, _)| written.as_str())
            .min_by_key(|written| (written.contains("__"), written.len(), *written));
        format!("@{}", shortest.unwrap_or(directive))
    }
}

/// The specification that a link names, if its directives are federation's, too.
pub(in crate::compose::subgraph) fn shared(link: &Link) -> Option<&'static Shared> {
    let version = link.version.as_deref()?;
    specification::SHARED
        .iter()
        .find(|one| link.apollo_name() == Some(one.name) && one.versions.contains(&version))
}
