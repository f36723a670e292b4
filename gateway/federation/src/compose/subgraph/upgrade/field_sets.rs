//! The `fields` of Federation 1: written as lists, and naming fields that are not external.

use apollo_compiler::{
    Name, Node, Schema, ast,
    schema::{Component, ExtendedType},
};

use crate::compose::subgraph::parse_field_set;

const KEY: &str = "federation__key";
const PROVIDES: &str = "federation__provides";
const REQUIRES: &str = "federation__requires";

/// Makes one string of `fields: ["id", "name"]` and of `fields: id`.
pub(in crate::compose::subgraph) fn normalize(schema: &mut Schema) {
    for ty in schema.types.values_mut().filter(|ty| !ty.is_built_in()) {
        match ty {
            ExtendedType::Object(object) => {
                let object = object.make_mut();
                for directive in &mut object.directives.0 {
                    normalize_directive(directive);
                }
                object.fields.values_mut().for_each(normalize_field);
            }
            ExtendedType::Interface(interface) => {
                let interface = interface.make_mut();
                for directive in &mut interface.directives.0 {
                    normalize_directive(directive);
                }
                interface.fields.values_mut().for_each(normalize_field);
            }
            _ => {}
        }
    }
}

fn normalize_field(field: &mut Component<ast::FieldDefinition>) {
    if field.directives.is_empty() {
        return;
    }
    for directive in &mut field.make_mut().directives.0 {
        normalize_directive(directive);
    }
}

fn normalize_directive(directive: &mut Node<ast::Directive>) {
    if !matches!(directive.name.as_str(), KEY | PROVIDES | REQUIRES) {
        return;
    }
    let text = directive
        .specified_argument_by_name("fields")
        .and_then(|fields| text(fields));
    if let Some(text) = text {
        set_fields(directive, &text);
    }
}

/// Nothing if it is a string already, or nothing that Federation 1 took.
fn text(fields: &ast::Value) -> Option<String> {
    match fields {
        ast::Value::Enum(name) => Some(name.to_string()),
        ast::Value::List(values) => {
            let texts: Option<Vec<_>> = values.iter().map(|value| value.as_str()).collect();
            Some(texts?.join(" "))
        }
        _ => None,
    }
}

fn set_fields(directive: &mut Node<ast::Directive>, text: &str) {
    let arguments = &mut directive.make_mut().arguments;
    for argument in arguments.iter_mut().filter(|one| one.name == "fields") {
        let value = argument
            .value
            .same_location(ast::Value::String(text.to_owned()));
        argument.make_mut().value = value;
    }
}

/// What becomes of a `@requires` or `@provides`.
struct Change {
    ty: Name,
    field: Name,
    directive: &'static str,
    /// Nothing: the directive goes.
    fields: Option<String>,
}

/// Takes fields that are not external out of `@requires` and `@provides`, which had no effect on them. Field sets that do
/// not fit the schema stay: they are errors of [`validate`](crate::compose::validate).
pub(super) fn remove_inactive(schema: &mut Schema) {
    let mut changes = Vec::new();
    for (ty, definition) in &schema.types {
        let ExtendedType::Object(object) = definition else {
            continue;
        };
        for (name, field) in &object.fields {
            for directive in &field.directives {
                let (directive_name, parent) = match directive.name.as_str() {
                    REQUIRES => (REQUIRES, ty),
                    PROVIDES => (PROVIDES, field.ty.inner_named_type()),
                    _ => continue,
                };
                if let Some(fields) = active_fields(schema, parent, directive) {
                    changes.push(Change {
                        ty: ty.clone(),
                        field: name.clone(),
                        directive: directive_name,
                        fields: Some(fields).filter(|fields| !fields.is_empty()),
                    });
                }
            }
        }
    }
    for change in changes {
        apply(schema, &change);
    }
}

fn apply(schema: &mut Schema, change: &Change) {
    let Some(ExtendedType::Object(object)) = schema.types.get_mut(&change.ty) else {
        return;
    };
    let Some(field) = object.make_mut().fields.get_mut(&change.field) else {
        return;
    };
    let directives = &mut field.make_mut().directives.0;
    match &change.fields {
        Some(fields) => directives
            .iter_mut()
            .filter(|one| one.name == change.directive)
            .for_each(|one| set_fields(one, fields)),
        None => directives.retain(|one| one.name != change.directive),
    }
}

/// The field set without what is inactive; nothing if all is active. A `@provides` on a leaf had no effect either.
fn active_fields(schema: &Schema, parent: &Name, directive: &ast::Directive) -> Option<String> {
    let parent = schema.types.get(parent)?;
    if parent.is_leaf() {
        return Some(String::new());
    }
    let text = directive.specified_argument_by_name("fields")?.as_str()?;
    let set = parse_field_set(text).ok()?;
    let active = active(schema, parent, &set.selections)?;
    if active == set.selections {
        return None;
    }
    let texts: Vec<_> = active
        .iter()
        .map(|selection| selection.serialize().no_indent().to_string())
        .collect();
    Some(texts.join(" "))
}

/// An external field counts with all that is selected in it, any other only for external ones in it. Nothing if a name is
/// unknown.
fn active(
    schema: &Schema,
    parent: &ExtendedType,
    selections: &[ast::Selection],
) -> Option<Vec<ast::Selection>> {
    let mut kept = Vec::new();
    for selection in selections {
        match selection {
            ast::Selection::Field(field) if field.name == "__typename" => {}
            ast::Selection::Field(field) => {
                let definition = schema.type_field(parent.name(), &field.name).ok()?;
                if is_external(schema, parent, definition) {
                    kept.push(selection.clone());
                } else if !field.selection_set.is_empty() {
                    let ty = schema.types.get(definition.ty.inner_named_type())?;
                    let inner = active(schema, ty, &field.selection_set)?;
                    if !inner.is_empty() {
                        let mut field = field.clone();
                        field.make_mut().selection_set = inner;
                        kept.push(ast::Selection::Field(field));
                    }
                }
            }
            ast::Selection::InlineFragment(fragment) => {
                let ty = match &fragment.type_condition {
                    Some(condition) => schema.types.get(condition)?,
                    None => parent,
                };
                let inner = active(schema, ty, &fragment.selection_set)?;
                if !inner.is_empty() {
                    let mut fragment = fragment.clone();
                    fragment.make_mut().selection_set = inner;
                    kept.push(ast::Selection::InlineFragment(fragment));
                }
            }
            ast::Selection::FragmentSpread(_) => return None,
        }
    }
    Some(kept)
}

/// An interface's field is external where one of its implementations has it so.
fn is_external(
    schema: &Schema,
    parent: &ExtendedType,
    field: &Component<ast::FieldDefinition>,
) -> bool {
    match parent {
        ExtendedType::Interface(interface) => schema
            .types
            .values()
            .filter_map(|ty| ty.as_object())
            .filter(|object| object.implements_interfaces.contains(&interface.name))
            .filter_map(|object| object.fields.get(&field.name))
            .any(|field| field.directives.has("federation__external")),
        _ => field.directives.has("federation__external"),
    }
}
