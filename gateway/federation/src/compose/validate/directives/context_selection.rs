//! What `@fromContext` selects: one value, whichever type sets the context, and of the argument's type.

use std::fmt;

use apollo_compiler::{
    Name, Schema, ast,
    collections::{HashSet, IndexMap},
    executable::FieldSet,
    name,
    schema::ExtendedType,
    validation::{DiagnosticList, Valid},
};

use crate::compose::subgraph::{
    SelectedField, Selection as Resolved, for_each_field, parse_field_set, resolve,
};

/// A selection, by its form.
pub(super) enum Selection {
    /// One field, that all types that set the context have.
    Field(Vec<ast::Selection>),
    /// A selection for each of some object types.
    ByType(IndexMap<Name, Vec<ast::Selection>>),
}

impl Selection {
    /// The error says what is wrong with the text alone, as the end of a sentence.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let parsed = parse_field_set(text).map_err(|error| format!("is malformed: {error}"))?;
        check_form(&parsed.selections)?;
        let mut by_type: IndexMap<Name, Vec<ast::Selection>> = IndexMap::default();
        for selection in &parsed.selections {
            let ast::Selection::InlineFragment(fragment) = selection else {
                return if parsed.selections.len() == 1 {
                    Ok(Self::Field(parsed.selections))
                } else {
                    Err("is of several fields: select a single one".to_owned())
                };
            };
            let Some(condition) = &fragment.type_condition else {
                return Err("has a fragment without a type: write \"... on\" and a type".to_owned());
            };
            let earlier = by_type.insert(condition.clone(), fragment.selection_set.clone());
            if earlier.is_some() {
                return Err(format!(
                    "has several fragments on \"{condition}\": write a single one"
                ));
            }
        }
        if by_type.is_empty() {
            return Err("is empty: select a field".to_owned());
        }
        Ok(Self::ByType(by_type))
    }
}

/// What no part of a selection may have.
fn check_form(selections: &[ast::Selection]) -> Result<(), String> {
    for selection in selections {
        let (directives, inner) = match selection {
            ast::Selection::Field(field) if field.alias.is_some() => {
                return Err(format!(
                    "gives \"{}\" an alias: select it under its own name",
                    field.name
                ));
            }
            ast::Selection::Field(field) => (&field.directives, &field.selection_set),
            ast::Selection::InlineFragment(fragment) => {
                (&fragment.directives, &fragment.selection_set)
            }
            ast::Selection::FragmentSpread(spread) => {
                return Err(format!(
                    "spreads the fragment \"{}\": write its fields instead",
                    spread.fragment_name
                ));
            }
        };
        if let Some(directive) = directives.first() {
            return Err(format!(
                "has the directive \"@{}\": remove it",
                directive.name
            ));
        }
        check_form(inner)?;
    }
    Ok(())
}

/// Whether a selection gives a value of the argument's type on each of the types that set the context. The error is the end
/// of a sentence.
pub(super) fn check(
    schema: &Schema,
    setters: &[&Name],
    selection: &Selection,
    argument: &ast::Type,
) -> Result<(), String> {
    let branches = match selection {
        Selection::Field(field) => {
            return setters
                .iter()
                .try_for_each(|setter| check_type(schema, setter, field, argument));
        }
        Selection::ByType(branches) => branches,
    };
    let mut used = HashSet::default();
    for setter in setters {
        let before = used.len();
        for (ty, selections) in branches {
            if is_possible(schema, setter, ty) {
                used.insert(ty);
                check_type(schema, ty, selections, argument)?;
            }
        }
        let applies =
            used.len() > before || branches.keys().any(|ty| is_possible(schema, setter, ty));
        if !applies {
            return Err(format!(
                "has no fragment for \"{setter}\", which sets the context: add one on an object type that it can be"
            ));
        }
    }
    match branches.keys().find(|ty| !used.contains(*ty)) {
        Some(unused) => Err(format!(
            "has a fragment on \"{unused}\", which is no object type that sets the context: remove it"
        )),
        None => Ok(()),
    }
}

/// Whether a value of a type can be of that object type.
fn is_possible(schema: &Schema, of: &Name, object: &Name) -> bool {
    match schema.types.get(of) {
        Some(ExtendedType::Object(ty)) => ty.name == *object,
        Some(ExtendedType::Union(ty)) => ty.members.contains(object),
        Some(ExtendedType::Interface(ty)) => schema
            .get_object(object)
            .is_some_and(|object| object.implements_interfaces.contains(&ty.name)),
        _ => false,
    }
}

fn check_type(
    schema: &Schema,
    on: &Name,
    selections: &[ast::Selection],
    argument: &ast::Type,
) -> Result<(), String> {
    let resolved =
        resolve(schema, on, selections).map_err(|unresolved| format!("is wrong: {unresolved}"))?;
    let Some(setter) = schema.types.get(on) else {
        return Ok(());
    };
    let selected = selected_type(setter, &resolved)?;
    check_arguments(schema, on, selections, &resolved)?;
    if selected.fits(argument) {
        return Ok(());
    }
    let why = if argument.to_string().contains('!') {
        " (whatever comes from a context may be null)"
    } else {
        ""
    };
    Err(format!(
        "gives \"{selected}\" on \"{on}\", but the argument is of type \"{argument}\": make them agree{why}"
    ))
}

/// The type of what a selection gives: lists around a scalar or enum, all nullable (as Apollo has it, `__typename`, too).
#[derive(Debug, Clone, PartialEq, Eq)]
struct Selected {
    lists: usize,
    name: Name,
}

impl Selected {
    fn fits(&self, argument: &ast::Type) -> bool {
        let mut inner = argument;
        for _ in 0..self.lists {
            let ast::Type::List(item) = inner else {
                return false;
            };
            inner = item;
        }
        matches!(inner, ast::Type::Named(name) if *name == self.name)
    }
}

impl fmt::Display for Selected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lists, name } = self;
        write!(formatter, "{:[<lists$}{name}{:]<lists$}", "", "")
    }
}

fn selected_type(on: &ExtendedType, selections: &[Resolved<'_>]) -> Result<Selected, String> {
    let name = on.name();
    if on.directives().has("federation__interfaceObject") {
        return Err(format!(
            "is on \"{name}\", which is an interface object: select from types that the subgraph knows"
        ));
    }
    let mut common: Option<Selected> = None;
    for selection in selections {
        let Resolved::Field(field) = selection else {
            return Err(format!(
                "has a fragment inside \"{name}\": fragments may only be at the top"
            ));
        };
        let selected = selected_field(field)?;
        match &common {
            Some(common) if *common != selected => {
                return Err(format!(
                    "is of several fields of \"{name}\", of the types \"{common}\" and \"{selected}\": select a single one"
                ));
            }
            _ => common = Some(selected),
        }
    }
    common.ok_or_else(|| format!("is empty on \"{name}\": select a field"))
}

fn selected_field(field: &SelectedField<'_>) -> Result<Selected, String> {
    let (Some(definition), Some(ty)) = (field.definition, field.ty) else {
        return Ok(Selected {
            lists: 0,
            name: name!("String"),
        });
    };
    let lists = depth(&definition.ty);
    if ty.is_leaf() {
        return Ok(Selected {
            lists,
            name: ty.name().clone(),
        });
    }
    if field.selections.is_empty() {
        return Err(format!(
            "ends at \"{}.{}\", which has fields of its own: select one of them",
            field.parent.name(),
            definition.name
        ));
    }
    let selected = selected_type(ty, &field.selections)?;
    Ok(Selected {
        lists: selected.lists + lists,
        ..selected
    })
}

/// Arguments are rare here, and the compiler knows all about them.
fn check_arguments(
    schema: &Schema,
    on: &Name,
    selections: &[ast::Selection],
    resolved: &[Resolved<'_>],
) -> Result<(), String> {
    let mut has_arguments = false;
    for_each_field(resolved, &mut |field| {
        let definition = field.definition;
        has_arguments |= !field.node.arguments.is_empty()
            || definition.is_some_and(|definition| !definition.arguments.is_empty());
    });
    if !has_arguments {
        return Ok(());
    }
    let texts = selections.iter().map(|one| one.serialize().no_indent());
    let texts: Vec<_> = texts.map(|text| text.to_string()).collect();
    let schema = Valid::assume_valid_ref(schema);
    let parsed = FieldSet::parse_and_validate(schema, on.clone(), texts.join(" "), "selection");
    match parsed.err().and_then(|faults| first(&faults.errors)) {
        Some(fault) => Err(format!("is wrong: {fault}")),
        None => Ok(()),
    }
}

fn first(faults: &DiagnosticList) -> Option<String> {
    let fault = faults.iter().next()?;
    Some(fault.error.to_string())
}

/// How many lists are around the named type.
fn depth(ty: &ast::Type) -> usize {
    match ty {
        ast::Type::Named(_) | ast::Type::NonNullNamed(_) => 0,
        ast::Type::List(inner) | ast::Type::NonNullList(inner) => 1 + depth(inner),
    }
}
