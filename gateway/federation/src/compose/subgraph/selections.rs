//! Field sets with their names looked up: what a selection means in one subgraph's schema.

use std::fmt;

use apollo_compiler::{
    Name, Schema, ast,
    schema::{Component, ExtendedType, ObjectType},
};

/// One selection of a field set.
#[derive(Debug)]
pub(in crate::compose) enum Selection<'a> {
    Field(SelectedField<'a>),
    Fragment(SelectedFragment<'a>),
}

/// A field that a field set names.
#[derive(Debug)]
pub(in crate::compose) struct SelectedField<'a> {
    pub(in crate::compose) node: &'a ast::Field,
    /// The type that has the field.
    pub(in crate::compose) parent: &'a ExtendedType,
    /// Nothing for `__typename`.
    pub(in crate::compose) definition: Option<&'a Component<ast::FieldDefinition>>,
    /// The type that the field leads to, without lists and `!`. Nothing for `__typename`.
    pub(in crate::compose) ty: Option<&'a ExtendedType>,
    /// Empty for leaves, and for what must not be empty: an error of [`validate`](crate::compose::validate).
    pub(in crate::compose) selections: Vec<Selection<'a>>,
}

/// An inline fragment.
#[derive(Debug)]
pub(in crate::compose) struct SelectedFragment<'a> {
    pub(in crate::compose) node: &'a ast::InlineFragment,
    pub(in crate::compose) selections: Vec<Selection<'a>>,
}

/// Why a field set means nothing in a schema. Displays as the end of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::compose) enum Unresolved<'a> {
    UnknownType(&'a str),
    UnknownField {
        ty: &'a Name,
        field: &'a Name,
    },
    /// Selections in a field that has none.
    SelectedInLeaf {
        ty: &'a Name,
        field: &'a Name,
    },
    FragmentSpread(&'a Name),
    /// A type condition that is no composite type of the schema.
    UnknownCondition(&'a Name),
    /// A type condition that no object of the type around it can meet.
    ImpossibleCondition {
        ty: &'a Name,
        condition: &'a Name,
    },
}

/// Looks up the names of types and fields in a field set of a type: all of them, or the first that is not there. Arguments,
/// aliases and directives are left as they are.
pub(in crate::compose) fn resolve<'a>(
    schema: &'a Schema,
    ty: &'a str,
    selections: &'a [ast::Selection],
) -> Result<Vec<Selection<'a>>, Unresolved<'a>> {
    resolve_noting(schema, ty, selections, &mut |_, _| ())
}

/// The same; tells of each field, by type and name, as soon as it is found: also of those before the first that is not there.
pub(in crate::compose) fn resolve_noting<'a>(
    schema: &'a Schema,
    ty: &'a str,
    selections: &'a [ast::Selection],
    found: &mut impl FnMut(&'a Name, &'a Name),
) -> Result<Vec<Selection<'a>>, Unresolved<'a>> {
    let parent = schema.types.get(ty).ok_or(Unresolved::UnknownType(ty))?;
    resolve_all(schema, parent, selections, found)
}

/// Calls `visit` with each field of a resolved field set, at any depth, in the order of the text.
pub(in crate::compose) fn for_each_field<'s, 'a>(
    selections: &'s [Selection<'a>],
    visit: &mut impl FnMut(&'s SelectedField<'a>),
) {
    for selection in selections {
        match selection {
            Selection::Field(field) => {
                visit(field);
                for_each_field(&field.selections, visit);
            }
            Selection::Fragment(fragment) => for_each_field(&fragment.selections, visit),
        }
    }
}

fn resolve_all<'a>(
    schema: &'a Schema,
    parent: &'a ExtendedType,
    selections: &'a [ast::Selection],
    found: &mut impl FnMut(&'a Name, &'a Name),
) -> Result<Vec<Selection<'a>>, Unresolved<'a>> {
    selections
        .iter()
        .map(|selection| match selection {
            ast::Selection::Field(node) => {
                resolve_field(schema, parent, node, found).map(Selection::Field)
            }
            ast::Selection::InlineFragment(node) => {
                resolve_fragment(schema, parent, node, found).map(Selection::Fragment)
            }
            ast::Selection::FragmentSpread(spread) => {
                Err(Unresolved::FragmentSpread(&spread.fragment_name))
            }
        })
        .collect()
}

fn resolve_field<'a>(
    schema: &'a Schema,
    parent: &'a ExtendedType,
    node: &'a ast::Field,
    found: &mut impl FnMut(&'a Name, &'a Name),
) -> Result<SelectedField<'a>, Unresolved<'a>> {
    let (ty, field) = (parent.name(), &node.name);
    if field == "__typename" {
        if !node.selection_set.is_empty() {
            return Err(Unresolved::SelectedInLeaf { ty, field });
        }
        return Ok(SelectedField {
            node,
            parent,
            definition: None,
            ty: None,
            selections: Vec::new(),
        });
    }
    let definition = field_of(parent, field).ok_or(Unresolved::UnknownField { ty, field })?;
    found(ty, field);
    let leads_to = schema.types.get(definition.ty.inner_named_type());
    let composite = leads_to.filter(|ty| is_composite(ty));
    let selections = match (composite, node.selection_set.as_slice()) {
        (Some(leads_to), inner) => resolve_all(schema, leads_to, inner, found)?,
        (None, []) => Vec::new(),
        (None, _) => return Err(Unresolved::SelectedInLeaf { ty, field }),
    };
    Ok(SelectedField {
        node,
        parent,
        definition: Some(definition),
        ty: leads_to,
        selections,
    })
}

fn resolve_fragment<'a>(
    schema: &'a Schema,
    parent: &'a ExtendedType,
    node: &'a ast::InlineFragment,
    found: &mut impl FnMut(&'a Name, &'a Name),
) -> Result<SelectedFragment<'a>, Unresolved<'a>> {
    let ty = match &node.type_condition {
        None => parent,
        Some(condition) => {
            let ty = schema
                .types
                .get(condition)
                .filter(|ty| is_composite(ty))
                .ok_or(Unresolved::UnknownCondition(condition))?;
            if !can_meet(schema, parent, ty) {
                let ty = parent.name();
                return Err(Unresolved::ImpossibleCondition { ty, condition });
            }
            ty
        }
    };
    Ok(SelectedFragment {
        node,
        selections: resolve_all(schema, ty, &node.selection_set, found)?,
    })
}

/// Whether an object can be of both types.
fn can_meet(schema: &Schema, one: &ExtendedType, other: &ExtendedType) -> bool {
    one.name() == other.name()
        || match (one, other) {
            (ExtendedType::Object(object), abstract_type)
            | (abstract_type, ExtendedType::Object(object)) => is_a(object, abstract_type),
            _ => schema.types.values().any(|ty| match ty {
                ExtendedType::Object(object) => is_a(object, one) && is_a(object, other),
                _ => false,
            }),
        }
}

fn is_a(object: &ObjectType, abstract_type: &ExtendedType) -> bool {
    match abstract_type {
        ExtendedType::Interface(interface) => {
            object.implements_interfaces.contains(&interface.name)
        }
        ExtendedType::Union(union) => union.members.contains(&object.name),
        _ => false,
    }
}

fn is_composite(ty: &ExtendedType) -> bool {
    ty.is_object() || ty.is_interface() || ty.is_union()
}

fn field_of<'a>(ty: &'a ExtendedType, field: &Name) -> Option<&'a Component<ast::FieldDefinition>> {
    match ty {
        ExtendedType::Object(object) => object.fields.get(field),
        ExtendedType::Interface(interface) => interface.fields.get(field),
        _ => None,
    }
}

impl fmt::Display for Unresolved<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownType(ty) => write!(formatter, "there is no type \"{ty}\""),
            Self::UnknownField { ty, field } => {
                write!(formatter, "type \"{ty}\" has no field \"{field}\"")
            }
            Self::SelectedInLeaf { ty, field } => {
                write!(
                    formatter,
                    "\"{ty}.{field}\" has no fields to select in braces"
                )
            }
            Self::FragmentSpread(fragment) => write!(
                formatter,
                "there are no named fragments such as \"{fragment}\"; write its fields instead"
            ),
            Self::UnknownCondition(condition) => write!(
                formatter,
                "the type condition \"{condition}\" is no object, interface or union of this subgraph"
            ),
            Self::ImpossibleCondition { ty, condition } => write!(
                formatter,
                "no \"{ty}\" is a \"{condition}\" in this subgraph, so that the type condition never holds"
            ),
        }
    }
}
