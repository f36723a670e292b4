//! A type of a supergraph, and how it is written.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

/// What a definition defines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Object,
    Interface,
    Union,
    Enum,
    Input,
}

/// A type, and in which subgraphs it is.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    /// Subgraph → what it is there.
    pub(crate) at: BTreeMap<usize, At>,
    /// The interfaces, by subgraph.
    pub(crate) implements: BTreeSet<(String, usize)>,
    /// A union's members, by subgraph.
    pub(crate) members: BTreeSet<(String, usize)>,
    /// An object's, an interface's or an input's fields.
    pub(crate) fields: Vec<Field>,
    /// An enum's values; they are known wherever the enum is.
    pub(crate) values: Vec<String>,
}

/// What a type is in one subgraph.
#[derive(Debug, Default)]
pub(crate) struct At {
    pub(crate) keys: BTreeSet<&'static str>,
    pub(crate) interface_object: bool,
}

/// A field, and which subgraphs resolve it.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// With their parentheses, or nothing.
    pub(crate) arguments: String,
    pub(crate) ty: String,
    pub(crate) at: BTreeMap<usize, FieldAt>,
    /// On an implementer: known only through an interface object.
    pub(crate) by_interface_object: bool,
}

/// What a field is in one subgraph.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldAt {
    pub(crate) external: bool,
    pub(crate) requires: Option<&'static str>,
}

impl Definition {
    pub(crate) fn new(kind: Kind, name: String) -> Self {
        Self {
            kind,
            name,
            at: BTreeMap::new(),
            implements: BTreeSet::new(),
            members: BTreeSet::new(),
            fields: Vec::new(),
            values: Vec::new(),
        }
    }

    /// Says that the type is in this subgraph.
    pub(crate) fn put(&mut self, subgraph: usize) -> &mut At {
        self.at.entry(subgraph).or_default()
    }

    /// Says that the field is resolved there, defining it if it is new.
    pub(crate) fn field(&mut self, name: &str, ty: &str, subgraph: usize) -> &mut Field {
        let index = self.fields.iter().position(|field| field.name == name);
        let index = index.unwrap_or_else(|| {
            self.fields.push(Field {
                name: name.to_owned(),
                arguments: String::new(),
                ty: ty.to_owned(),
                at: BTreeMap::new(),
                by_interface_object: false,
            });
            self.fields.len() - 1
        });
        let field = &mut self.fields[index];
        field.at.entry(subgraph).or_default();
        field
    }

    pub(crate) fn write(&self, sdl: &mut String) {
        let keyword = match self.kind {
            Kind::Object => "type",
            Kind::Interface => "interface",
            Kind::Union => "union",
            Kind::Enum => "enum",
            Kind::Input => "input",
        };
        let _ = write!(sdl, "\n{keyword} {}", self.name);
        let interfaces: BTreeSet<&str> = self
            .implements
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        for (index, interface) in interfaces.iter().enumerate() {
            let joint = if index == 0 { "implements" } else { "&" };
            let _ = write!(sdl, " {joint} {interface}");
        }
        self.write_joins(sdl);
        match self.kind {
            Kind::Union => self.write_members(sdl),
            Kind::Enum => self.write_values(sdl),
            Kind::Object | Kind::Interface | Kind::Input => self.write_fields(sdl),
        }
    }

    fn write_joins(&self, sdl: &mut String) {
        for (subgraph, at) in &self.at {
            let tail = if at.interface_object {
                ", isInterfaceObject: true"
            } else {
                ""
            };
            if at.keys.is_empty() {
                let _ = write!(sdl, "\n  @join__type(graph: S{subgraph}{tail})");
            }
            for key in &at.keys {
                let _ = write!(
                    sdl,
                    "\n  @join__type(graph: S{subgraph}, key: \"{key}\"{tail})"
                );
            }
        }
        for (interface, subgraph) in &self.implements {
            let _ = write!(
                sdl,
                "\n  @join__implements(graph: S{subgraph}, interface: \"{interface}\")"
            );
        }
    }

    fn write_members(&self, sdl: &mut String) {
        for (member, subgraph) in &self.members {
            let _ = write!(
                sdl,
                "\n  @join__unionMember(graph: S{subgraph}, member: \"{member}\")"
            );
        }
        let members: BTreeSet<&str> = self.members.iter().map(|(name, _)| name.as_str()).collect();
        let members: Vec<&str> = members.into_iter().collect();
        let _ = writeln!(sdl, "\n  = {}", members.join(" | "));
    }

    fn write_values(&self, sdl: &mut String) {
        sdl.push_str("\n{\n");
        for value in &self.values {
            let _ = write!(sdl, "  {value}");
            for subgraph in self.at.keys() {
                let _ = write!(sdl, " @join__enumValue(graph: S{subgraph})");
            }
            sdl.push('\n');
        }
        sdl.push_str("}\n");
    }

    fn write_fields(&self, sdl: &mut String) {
        sdl.push_str("\n{\n");
        for field in &self.fields {
            let _ = write!(sdl, "  {}{}: {}", field.name, field.arguments, field.ty);
            if field.by_interface_object {
                sdl.push_str(" @join__field");
            } else if !self.everywhere(field) {
                for (subgraph, at) in &field.at {
                    let _ = write!(sdl, " @join__field(graph: S{subgraph}");
                    if let Some(requires) = at.requires {
                        let _ = write!(sdl, ", requires: \"{requires}\"");
                    }
                    if at.external {
                        sdl.push_str(", external: true");
                    }
                    sdl.push(')');
                }
            }
            sdl.push('\n');
        }
        sdl.push_str("}\n");
    }

    /// Whether every subgraph that has the type resolves the field without conditions: then it needs no `@join__field`.
    fn everywhere(&self, field: &Field) -> bool {
        field.at.len() == self.at.len() && field.at.values().all(|at| *at == FieldAt::default())
    }
}

impl Definition {
    /// Whether a subgraph knows of the type, but has no field of it.
    pub(crate) fn is_empty_in(&self, subgraph: usize) -> bool {
        self.kind == Kind::Object
            && !self
                .fields
                .iter()
                .any(|field| field.at.contains_key(&subgraph))
    }

    /// The type as one of its subgraphs defines it.
    pub(crate) fn write_in(&self, subgraph: usize, sdl: &mut String) {
        let Some(at) = self.at.get(&subgraph) else {
            return;
        };
        let keyword = match self.kind {
            Kind::Interface if !at.interface_object => "interface",
            Kind::Object | Kind::Interface => "type",
            Kind::Union => "union",
            Kind::Enum => "enum",
            Kind::Input => "input",
        };
        let _ = write!(sdl, "\n{keyword} {}", self.name);
        let interfaces = self.implements.iter().filter(|(_, at)| *at == subgraph);
        for (index, (interface, _)) in interfaces.enumerate() {
            let joint = if index == 0 { "implements" } else { "&" };
            let _ = write!(sdl, " {joint} {interface}");
        }
        for key in &at.keys {
            let _ = write!(sdl, " @key(fields: \"{key}\")");
        }
        if at.interface_object {
            sdl.push_str(" @interfaceObject");
        }
        match self.kind {
            Kind::Union => {
                let members = self.members.iter().filter(|(_, at)| *at == subgraph);
                let members: Vec<_> = members.map(|(name, _)| name.as_str()).collect();
                let _ = writeln!(sdl, " = {}", members.join(" | "));
            }
            Kind::Enum => {
                let _ = writeln!(sdl, " {{ {} }}", self.values.join(" "));
            }
            Kind::Object | Kind::Interface | Kind::Input => self.write_fields_in(subgraph, sdl),
        }
    }

    fn write_fields_in(&self, subgraph: usize, sdl: &mut String) {
        let is_object = self.kind == Kind::Object;
        sdl.push_str(" {\n");
        for field in &self.fields {
            let Some(at) = field.at.get(&subgraph) else {
                continue;
            };
            let _ = write!(sdl, "  {}{}: {}", field.name, field.arguments, field.ty);
            if at.external {
                sdl.push_str(" @external");
            }
            if let Some(requires) = at.requires {
                let _ = write!(sdl, " @requires(fields: \"{requires}\")");
            }
            // A key is shared without saying so.
            let is_key = self
                .at
                .values()
                .any(|at| at.keys.contains(field.name.as_str()));
            let resolvers = field.at.values().filter(|at| !at.external).count();
            if is_object && resolvers > 1 && !at.external && !is_key {
                sdl.push_str(" @shareable");
            }
            sdl.push('\n');
        }
        sdl.push_str("}\n");
    }
}

/// What every subgraph begins with.
pub(crate) const SUBGRAPH_HEAD: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@external", "@interfaceObject", "@key", "@requires", "@shareable"])
"#;

/// What every supergraph begins with.
pub(crate) const HEAD: &str = r#"schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
{
  query: Query
  mutation: Mutation
  subscription: Subscription
}

directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA

scalar join__FieldSet
scalar link__Import

enum link__Purpose {
  SECURITY
  EXECUTION
}
"#;
