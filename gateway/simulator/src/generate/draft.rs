//! The subgraphs while they are being made, and their SDL.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use super::domain::Shape;
use crate::agreement::corpus::link;

/// What every federation 2 subgraph imports.
const LINK: &str = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.8\", import: [\"@key\", \
\"@requires\", \"@provides\", \"@external\", \"@shareable\", \"@override\", \"@inaccessible\", \"@interfaceObject\", \
\"@context\", \"@fromContext\"])\n";

/// One subgraph.
#[derive(Debug, Clone, Default)]
pub(super) struct Sub {
    pub(super) name: String,
    pub(super) fed1: bool,
    pub(super) types: BTreeMap<String, Ty>,
    /// Object types that may not be here, as an interface object stands for them.
    pub(super) forbidden: BTreeSet<String>,
    /// Another version of federation 2, by its minor number, with everything imported.
    pub(super) minor: Option<u32>,
    /// Further definitions, as text.
    pub(super) more: String,
}

/// What kind of type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Kind {
    #[default]
    Object,
    Interface,
    Union,
    Enum,
    Scalar,
}

/// A type in one subgraph.
#[derive(Debug, Clone, Default)]
pub(super) struct Ty {
    pub(super) kind: Kind,
    /// Field set, and whether it is resolvable.
    pub(super) keys: Vec<(String, bool)>,
    pub(super) directives: Vec<String>,
    pub(super) implements: Vec<String>,
    pub(super) fields: Vec<Fd>,
    /// Members of a union, or values of an enum with what stands beside them.
    pub(super) members: Vec<String>,
    pub(super) description: Option<String>,
}

/// A field in one subgraph.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools)] // Each is a directive that is there or not.
pub(super) struct Fd {
    pub(super) shape: Shape,
    pub(super) in_key: bool,
    pub(super) external: bool,
    pub(super) shareable: bool,
    pub(super) requires: Option<String>,
    pub(super) provides: Option<String>,
    pub(super) overrides: Option<(String, Option<String>)>,
    pub(super) inaccessible: bool,
    /// Further arguments, as text.
    pub(super) context: Option<String>,
    /// Further directives, as text.
    pub(super) directives: Vec<String>,
    pub(super) description: Option<String>,
}

impl Fd {
    pub(super) fn new(shape: Shape) -> Self {
        Self {
            shape,
            in_key: false,
            external: false,
            shareable: false,
            requires: None,
            provides: None,
            overrides: None,
            inaccessible: false,
            context: None,
            directives: Vec::new(),
            description: None,
        }
    }
}

impl Ty {
    pub(super) fn field(&self, name: &str) -> Option<&Fd> {
        self.fields.iter().find(|one| one.shape.name == name)
    }

    pub(super) fn field_mut(&mut self, name: &str) -> Option<&mut Fd> {
        self.fields.iter_mut().find(|one| one.shape.name == name)
    }

    pub(super) fn is_resolvable(&self) -> bool {
        self.keys.iter().any(|(_, resolvable)| *resolvable)
    }
}

impl Sub {
    pub(super) fn sdl(&self) -> String {
        let mut text = String::new();
        match self.minor {
            _ if self.fed1 => {}
            Some(minor) => text = link(minor),
            None => text.push_str(LINK),
        }
        for (name, ty) in &self.types {
            self.write_type(&mut text, name, ty);
        }
        text.push_str(&self.more);
        text
    }

    fn write_type(&self, text: &mut String, name: &str, ty: &Ty) {
        let keyword = match ty.kind {
            Kind::Object => "type",
            Kind::Interface => "interface",
            Kind::Union => "union",
            Kind::Enum => "enum",
            Kind::Scalar => "scalar",
        };
        text.push('\n');
        if let Some(description) = &ty.description {
            let _ = writeln!(text, "{description:?}");
        }
        if self.fed1
            && !ty.keys.is_empty()
            && ty.fields.iter().any(|one| one.in_key && one.external)
        {
            text.push_str("extend ");
        }
        let _ = write!(text, "{keyword} {name}");
        if !ty.implements.is_empty() {
            let _ = write!(text, " implements {}", ty.implements.join(" & "));
        }
        for (fields, resolvable) in &ty.keys {
            let unresolvable = if *resolvable {
                ""
            } else {
                ", resolvable: false"
            };
            let _ = write!(text, " @key(fields: \"{fields}\"{unresolvable})");
        }
        for directive in &ty.directives {
            let _ = write!(text, " {directive}");
        }
        match ty.kind {
            Kind::Union => {
                let _ = writeln!(text, " = {}", ty.members.join(" | "));
            }
            Kind::Enum => {
                let _ = writeln!(text, " {{ {} }}", ty.members.join(" "));
            }
            Kind::Scalar => text.push('\n'),
            Kind::Object | Kind::Interface => {
                text.push_str(" {\n");
                for field in &ty.fields {
                    self.write_field(text, ty, field);
                }
                text.push_str("}\n");
            }
        }
    }

    fn write_field(&self, text: &mut String, ty: &Ty, field: &Fd) {
        if let Some(description) = &field.description {
            let _ = write!(text, "  {description:?}");
        }
        let _ = write!(text, "  {}", field.shape.name);
        let mut arguments: Vec<_> = field
            .shape
            .arguments
            .iter()
            .map(|(name, ty, default)| match default {
                Some(default) => format!("{name}: {ty} = {default}"),
                None => format!("{name}: {ty}"),
            })
            .collect();
        arguments.extend(field.context.clone());
        if !arguments.is_empty() {
            let _ = write!(text, "({})", arguments.join(", "));
        }
        let _ = write!(text, ": {}", field.shape.ty());
        if field.external {
            text.push_str(" @external");
        }
        if let Some(fields) = &field.requires {
            let _ = write!(text, " @requires(fields: {fields:?})");
        }
        if let Some(fields) = &field.provides {
            let _ = write!(text, " @provides(fields: {fields:?})");
        }
        if let Some((from, label)) = &field.overrides {
            let label = label
                .as_ref()
                .map(|label| format!(", label: {label:?}"))
                .unwrap_or_default();
            let _ = write!(text, " @override(from: {from:?}{label})");
        }
        if field.shareable && !field.external && !self.fed1 && ty.kind == Kind::Object {
            text.push_str(" @shareable");
        }
        if field.inaccessible {
            text.push_str(" @inaccessible");
        }
        for directive in &field.directives {
            let _ = write!(text, " {directive}");
        }
        text.push('\n');
    }
}
