//! A subgraph's schema, from the SDL that it publishes (federation 1 and 2), with what its server adds to it.

mod definitions;

use std::collections::{HashMap, HashSet};

use apollo_compiler::{
    Name, Schema,
    ast::{self, DirectiveList},
    executable::{FieldSet, Selection, SelectionSet},
    schema::{ExtendedType, FieldDefinition, Implementers},
    validation::{DiagnosticList, Valid},
};

/// An SDL that is no subgraph's.
#[derive(Debug, thiserror::Error)]
#[error("subgraph {subgraph}: {message}")]
pub struct SdlError {
    subgraph: String,
    message: String,
}

/// One subgraph's schema, and what federation's directives say in it.
#[derive(Debug)]
pub struct Subgraph {
    name: String,
    sdl: String,
    schema: Valid<Schema>,
    implementers: HashMap<Name, HashSet<Name>>,
    types: HashMap<Name, TypeInfo>,
    contexts: HashMap<String, HashSet<Name>>,
}

/// What is said of a composite type.
#[derive(Debug, Default)]
pub(crate) struct TypeInfo {
    pub(crate) keys: Vec<Key>,
    pub(crate) interface_object: bool,
    pub(crate) fields: HashMap<Name, FieldInfo>,
}

impl TypeInfo {
    /// Whether its entities are only asked about for what their own subgraph requires of others: no key is resolvable.
    pub(crate) fn may_return(&self) -> bool {
        let mut keys = self.keys.iter();
        let mut fields = self.fields.values();
        keys.all(|key| !key.resolvable) && fields.any(|field| field.requires.is_some())
    }
}

/// One `@key`.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) set: SelectionSet,
    pub(crate) resolvable: bool,
}

/// What is said of a field.
#[derive(Debug, Default)]
pub(crate) struct FieldInfo {
    pub(crate) external: bool,
    /// Part of some key of this subgraph, directly or inside another type's.
    pub(crate) in_key: bool,
    pub(crate) requires: Option<SelectionSet>,
    pub(crate) provides: Option<SelectionSet>,
    pub(crate) overrides: Option<Override>,
    pub(crate) contexts: Vec<ContextUse>,
}

/// `@override`.
#[derive(Debug)]
pub(crate) struct Override {
    pub(crate) from: String,
    pub(crate) label: Option<String>,
}

/// An argument with `@fromContext`.
#[derive(Debug)]
pub(crate) struct ContextUse {
    pub(crate) argument: Name,
    pub(crate) context: String,
    /// What it selects, by the type that carries the context.
    pub(crate) selections: HashMap<Name, SelectionSet>,
}

impl Subgraph {
    /// Reads a subgraph's SDL.
    pub fn parse(name: &str, sdl: &str) -> Result<Self, SdlError> {
        let refuse = |message: String| SdlError {
            subgraph: name.to_owned(),
            message,
        };
        let schema = parse_schema(name, sdl).map_err(refuse)?;
        let mut subgraph = Self {
            name: name.to_owned(),
            sdl: sdl.to_owned(),
            implementers: implementers(&schema),
            types: HashMap::new(),
            contexts: HashMap::new(),
            schema,
        };
        subgraph.read_types().map_err(refuse)?;
        subgraph.mark_keys();
        Ok(subgraph)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// As it was published.
    pub fn sdl(&self) -> &str {
        &self.sdl
    }

    /// With federation's definitions, `_entities` and `_service`: what operations sent to this subgraph are valid over.
    pub fn schema(&self) -> &Valid<Schema> {
        &self.schema
    }

    pub(crate) fn type_info(&self, ty: &str) -> Option<&TypeInfo> {
        self.types.get(ty)
    }

    pub(crate) fn types(&self) -> &HashMap<Name, TypeInfo> {
        &self.types
    }

    pub(crate) fn field_info(&self, ty: &str, field: &str) -> Option<&FieldInfo> {
        self.types.get(ty)?.fields.get(field)
    }

    pub(crate) fn field_definition(&self, ty: &str, field: &str) -> Option<&FieldDefinition> {
        match self.schema.types.get(ty)? {
            ExtendedType::Object(object) => object.fields.get(field).map(|one| &***one),
            ExtendedType::Interface(interface) => interface.fields.get(field).map(|one| &***one),
            _ => None,
        }
    }

    /// The types that carry a context.
    pub(crate) fn context_types(&self, context: &str) -> Option<&HashSet<Name>> {
        self.contexts.get(context)
    }

    /// The object types of this subgraph that a value of this type may have.
    pub(crate) fn possible_types(&self, ty: &str) -> HashSet<Name> {
        match self.schema.types.get(ty) {
            Some(ExtendedType::Object(object)) => HashSet::from([object.name.clone()]),
            Some(ExtendedType::Union(union)) => {
                union.members.iter().map(|one| one.name.clone()).collect()
            }
            Some(ExtendedType::Interface(_)) => {
                self.implementers.get(ty).cloned().unwrap_or_default()
            }
            _ => HashSet::new(),
        }
    }

    fn read_types(&mut self) -> Result<(), String> {
        let schema = self.schema.clone();
        for (name, ty) in &schema.types {
            let (directives, fields) = match ty {
                ExtendedType::Object(object) => (&object.directives, Some(&object.fields)),
                ExtendedType::Interface(interface) => {
                    (&interface.directives, Some(&interface.fields))
                }
                ExtendedType::Union(union) => (&union.directives, None),
                _ => continue,
            };
            for context in named(directives.iter().map(|one| &***one), "context") {
                if let Some(context) = text(context, "name") {
                    let carriers = self.contexts.entry(context.to_owned()).or_default();
                    carriers.insert(name.clone());
                }
            }
            let Some(fields) = fields else { continue };
            let mut info = TypeInfo {
                interface_object: has(directives.iter().map(|one| &***one), "interfaceObject"),
                ..TypeInfo::default()
            };
            for key in named(directives.iter().map(|one| &***one), "key") {
                info.keys.push(Key {
                    set: self.field_set(name, text(key, "fields").unwrap_or_default())?,
                    resolvable: key
                        .specified_argument_by_name("resolvable")
                        .is_none_or(|value| value.to_bool() != Some(false)),
                });
            }
            let external = has(directives.iter().map(|one| &***one), "external");
            for (field_name, field) in fields {
                let mut field_info = self.read_field(name, field)?;
                field_info.external |= external;
                info.fields.insert(field_name.clone(), field_info);
            }
            self.types.insert(name.clone(), info);
        }
        self.read_contexts()
    }

    fn read_field(&self, ty: &Name, field: &FieldDefinition) -> Result<FieldInfo, String> {
        let directives = || field.directives.iter().map(|one| &**one);
        let inner = field.ty.inner_named_type();
        let set = |name: &str, ty: &Name| {
            named(directives(), name)
                .next()
                .map(|one| self.field_set(ty, text(one, "fields").unwrap_or_default()))
                .transpose()
        };
        Ok(FieldInfo {
            external: has(directives(), "external"),
            in_key: false,
            requires: set("requires", ty)?,
            provides: set("provides", inner)?,
            overrides: named(directives(), "override").next().map(|one| Override {
                from: text(one, "from").unwrap_or_default().to_owned(),
                label: text(one, "label").map(str::to_owned),
            }),
            contexts: Vec::new(),
        })
    }

    /// `@fromContext`: a context's name and, for each type that carries it, a selection.
    fn read_contexts(&mut self) -> Result<(), String> {
        let schema = self.schema.clone();
        for (name, ty) in &schema.types {
            let ExtendedType::Object(object) = ty else {
                continue;
            };
            for (field_name, field) in &object.fields {
                for argument in &field.arguments {
                    let Some(from) = from_context(&argument.directives) else {
                        continue;
                    };
                    let one = self.context_use(&argument.name, from)?;
                    if let Some(info) = self.types.get_mut(name)
                        && let Some(info) = info.fields.get_mut(field_name)
                    {
                        info.contexts.push(one);
                    }
                }
            }
        }
        Ok(())
    }

    /// `"$context { a { b } }"` or `"$context ... on A { a } ... on B { b }"`.
    fn context_use(&self, argument: &Name, from: &str) -> Result<ContextUse, String> {
        let rest = from.trim().trim_start_matches('$');
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .ok_or_else(|| format!("a context without a selection: {from}"))?;
        let (context, selection) = (&rest[..end], rest[end..].trim());
        let mut selections = HashMap::new();
        for carrier in self.contexts.get(context).into_iter().flatten() {
            let text = selection
                .strip_prefix('{')
                .and_then(|text| text.strip_suffix('}'))
                .unwrap_or(selection);
            if let Ok(set) = self.field_set(carrier, text) {
                selections.insert(carrier.clone(), set);
            }
        }
        Ok(ContextUse {
            argument: argument.clone(),
            context: context.to_owned(),
            selections,
        })
    }

    fn field_set(&self, ty: &Name, text: &str) -> Result<SelectionSet, String> {
        FieldSet::parse_and_validate(&self.schema, ty.clone(), text, "fields")
            .map(|set| set.selection_set.clone())
            .map_err(|error| format!("{ty}: {}", messages(&error.errors)))
    }

    fn mark_keys(&mut self) {
        let mut marks = Vec::new();
        for (name, info) in &self.types {
            for key in &info.keys {
                collect_fields(name, &key.set, &mut marks);
            }
        }
        for (ty, field) in marks {
            if let Some(info) = self.types.get_mut(&ty)
                && let Some(info) = info.fields.get_mut(&field)
            {
                info.in_key = true;
            }
        }
    }
}

/// All fields of a selection, with the types that they are selected on.
pub(crate) fn collect_fields(ty: &Name, set: &SelectionSet, found: &mut Vec<(Name, Name)>) {
    for selection in &set.selections {
        match selection {
            Selection::Field(field) => {
                found.push((ty.clone(), field.name.clone()));
                let inner = field.ty().inner_named_type();
                collect_fields(inner, &field.selection_set, found);
            }
            Selection::InlineFragment(inline) => {
                let ty = inline.type_condition.as_ref().unwrap_or(ty);
                collect_fields(ty, &inline.selection_set, found);
            }
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn parse_schema(name: &str, sdl: &str) -> Result<Valid<Schema>, String> {
    let bare = build(name, sdl, "")?;
    let entities: Vec<_> = bare
        .types
        .values()
        .filter(|ty| ty.is_object() && has(ty.directives().iter().map(|one| &***one), "key"))
        .map(|ty| ty.name().as_str())
        .collect();
    let machinery = definitions::machinery(&entities);
    build(name, sdl, &machinery)?
        .validate()
        .map_err(|error| error.errors.to_string())
}

/// What is wrong, without snippets: not every schema here has a text of its own.
pub(crate) fn messages(errors: &DiagnosticList) -> String {
    let messages = errors.iter().map(|one| one.error.to_string());
    messages.collect::<Vec<_>>().join("\n")
}

fn build(name: &str, sdl: &str, machinery: &str) -> Result<Schema, String> {
    Schema::builder()
        .adopt_orphan_extensions()
        .parse(sdl, format!("{name}.graphql"))
        .parse(
            definitions::definitions(sdl) + machinery,
            "federation.graphql",
        )
        .build()
        .map_err(|error| error.errors.to_string())
}

fn implementers(schema: &Schema) -> HashMap<Name, HashSet<Name>> {
    schema
        .implementers_map()
        .into_iter()
        .map(|(name, Implementers { objects, .. })| (name, objects.into_iter().collect()))
        .collect()
}

fn named<'a>(
    directives: impl Iterator<Item = &'a ast::Directive>,
    name: &str,
) -> impl Iterator<Item = &'a ast::Directive> {
    directives.filter(move |one| one.name.trim_start_matches("federation__") == name)
}

fn has<'a>(directives: impl Iterator<Item = &'a ast::Directive>, name: &str) -> bool {
    named(directives, name).next().is_some()
}

fn text<'a>(directive: &'a ast::Directive, argument: &str) -> Option<&'a str> {
    directive.specified_argument_by_name(argument)?.as_str()
}

fn from_context(directives: &DirectiveList) -> Option<&str> {
    named(directives.iter().map(|one| &**one), "fromContext")
        .next()
        .and_then(|one| text(one, "field"))
}

/// Whether an element is hidden from clients.
pub(crate) fn is_inaccessible<'a>(directives: impl Iterator<Item = &'a ast::Directive>) -> bool {
    has(directives, "inaccessible")
}
