//! What a subgraph's federation directives say, looked up by type and field.

use std::collections::{HashMap, HashSet};

use apollo_compiler::{
    Name, Node, Schema, ast,
    collections::IndexMap,
    parser::SourceSpan,
    schema::{Component, DirectiveList, ExtendedType},
};

use super::{FieldSet, parse_field_set};

/// What the federation directives of a whole subgraph say. What is not there says nothing.
#[derive(Debug, Default)]
pub(in crate::compose) struct Facts {
    pub(in crate::compose) types: HashMap<Name, TypeFacts>,
    /// The types, of any kind, that the text defines; the others it only extends.
    pub(in crate::compose) defined: HashSet<Name>,
}

/// Of one object type or interface.
#[derive(Debug, Default)]
pub(in crate::compose) struct TypeFacts {
    /// In the order of the text. Malformed ones are missing: they are errors of [`validate`](crate::compose::validate).
    pub(in crate::compose) keys: Vec<Key>,
    pub(in crate::compose) is_interface_object: bool,
    /// The subgraph only extends the type (`extend type`, `@extends`): it is defined elsewhere.
    pub(in crate::compose) is_extension: bool,
    pub(in crate::compose) fields: HashMap<Name, FieldFacts>,
    /// The fields that a key of this subgraph's type names at its top.
    pub(in crate::compose) key_fields: HashSet<Name>,
}

/// Of one field. `@external` on the type is said of each field, `@shareable` of each in the same definition or extension.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says something of its own"
)]
pub(in crate::compose) struct FieldFacts {
    pub(in crate::compose) is_external: bool,
    /// It is said to be `@external`, but is a key field of an extension: so it is not ([`usage`](super::usage)).
    pub(in crate::compose) is_external_key_of_extension: bool,
    /// A key, `@requires`, `@provides`, context or interface of the subgraph names it.
    pub(in crate::compose) is_used: bool,
    /// A key names it, at its top or deeper.
    pub(in crate::compose) is_key_field: bool,
    /// A `@provides` names it.
    pub(in crate::compose) is_provided: bool,
    pub(in crate::compose) is_shareable: bool,
    pub(in crate::compose) requires: Option<FieldSet>,
    pub(in crate::compose) provides: Option<FieldSet>,
    pub(in crate::compose) overrides: Option<Override>,
}

/// A `@key`.
#[derive(Debug)]
pub(in crate::compose) struct Key {
    pub(in crate::compose) fields: FieldSet,
    pub(in crate::compose) is_resolvable: bool,
    /// It stands on an extension (`extend type`, `@extends`), even if the subgraph defines the type, too.
    pub(in crate::compose) is_of_extension: bool,
    pub(in crate::compose) span: Option<SourceSpan>,
}

/// An `@override`.
#[derive(Debug)]
pub(in crate::compose) struct Override {
    /// The name of the subgraph that resolved the field.
    pub(in crate::compose) from: String,
    pub(in crate::compose) label: Option<String>,
    pub(in crate::compose) span: Option<SourceSpan>,
}

impl Facts {
    /// Of the types that the subgraph defines, and of those that it only extends.
    pub(super) fn of(defined: HashSet<Name>, schema: &Schema) -> Self {
        let mut types = HashMap::new();
        for (name, ty) in &schema.types {
            let (directives, fields) = match ty {
                ExtendedType::Object(object) => (&object.directives, &object.fields),
                ExtendedType::Interface(interface) => (&interface.directives, &interface.fields),
                _ => continue,
            };
            if ty.is_built_in() {
                continue;
            }
            let mut facts = TypeFacts::of(directives, fields);
            facts.is_extension = directives.has("federation__extends") || !defined.contains(name);
            types.insert(name.clone(), facts);
        }
        Self { types, defined }
    }

    pub(in crate::compose) fn ty(&self, name: &str) -> Option<&TypeFacts> {
        self.types.get(name)
    }

    pub(in crate::compose) fn field(&self, ty: &str, field: &str) -> Option<&FieldFacts> {
        self.ty(ty)?.fields.get(field)
    }
}

impl TypeFacts {
    fn of(
        directives: &DirectiveList,
        fields: &IndexMap<Name, Component<ast::FieldDefinition>>,
    ) -> Self {
        let is_extended = directives.has("federation__extends");
        let keys: Vec<_> = directives
            .iter()
            .filter(|directive| directive.name == "federation__key")
            .filter_map(|key| {
                Some(Key {
                    fields: field_set(key)?,
                    is_resolvable: key
                        .specified_argument_by_name("resolvable")
                        .and_then(|value| value.to_bool())
                        .unwrap_or(true),
                    is_of_extension: is_extended || key.origin.extension_id().is_some(),
                    span: key.location(),
                })
            })
            .collect();
        let key_fields = keys
            .iter()
            .flat_map(|key| &key.fields.selections)
            .filter_map(|selection| selection.as_field())
            .map(|field| field.name.clone())
            .collect();
        let is_external = directives.has("federation__external");
        let shareable: Vec<_> = directives
            .iter()
            .filter(|directive| directive.name == "federation__shareable")
            .map(|directive| &directive.origin)
            .collect();
        let fields = fields
            .iter()
            .map(|(name, field)| {
                let facts = FieldFacts {
                    is_external: is_external || field.directives.has("federation__external"),
                    is_shareable: shareable.contains(&&field.origin)
                        || field.directives.has("federation__shareable"),
                    requires: field
                        .directives
                        .get("federation__requires")
                        .and_then(field_set_of),
                    provides: field
                        .directives
                        .get("federation__provides")
                        .and_then(field_set_of),
                    overrides: field
                        .directives
                        .get("federation__override")
                        .and_then(override_of),
                    ..FieldFacts::default()
                };
                (name.clone(), facts)
            })
            .collect();
        Self {
            keys,
            is_interface_object: directives.has("federation__interfaceObject"),
            is_extension: false,
            fields,
            key_fields,
        }
    }
}

fn field_set(directive: &ast::Directive) -> Option<FieldSet> {
    let text = directive.specified_argument_by_name("fields")?.as_str()?;
    parse_field_set(text).ok()
}

fn field_set_of(directive: &Node<ast::Directive>) -> Option<FieldSet> {
    field_set(directive)
}

fn override_of(directive: &Node<ast::Directive>) -> Option<Override> {
    let text = |name: &str| {
        let value = directive.specified_argument_by_name(name)?;
        value.as_str().map(str::to_owned)
    };
    Some(Override {
        from: text("from")?,
        label: text("label").filter(|label| !label.is_empty()),
        span: directive.location(),
    })
}
