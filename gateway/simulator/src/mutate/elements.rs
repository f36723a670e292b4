//! Changes of definitions and their members.

use apollo_compiler::{
    Name, Node,
    ast::{
        Definition, Document, InputValueDefinition, InterfaceTypeDefinition, ObjectTypeDefinition,
        ObjectTypeExtension, Type, Value,
    },
    name,
};
use fastrand::Rng;

use super::{
    index,
    places::{fields, inputs, interfaces, union_members, values},
};

/// A random definition for which the function gives something.
fn definition<'d>(
    rng: &mut Rng,
    documents: &'d mut [Document],
    wanted: impl Fn(&mut Definition) -> bool,
) -> Option<&'d mut Definition> {
    let mut found = Vec::new();
    for (document, one) in documents.iter_mut().enumerate() {
        for (index, definition) in one.definitions.iter_mut().enumerate() {
            if wanted(definition) {
                found.push((document, index));
            }
        }
    }
    let (document, at) = found[index(rng, found.len())?];
    documents[document].definitions.get_mut(at)
}

fn members(definition: &mut Definition) -> usize {
    fields(definition).map_or(0, |all| all.len())
        + inputs(definition).map_or(0, |all| all.len())
        + values(definition).map_or(0, |all| all.len())
        + union_members(definition).map_or(0, |all| all.len())
}

pub(super) fn remove_member(rng: &mut Rng, documents: &mut [Document]) -> bool {
    let Some(definition) = definition(rng, documents, |one| members(one) > 0) else {
        return false;
    };
    let Some(at) = index(rng, members(definition)) else {
        return false;
    };
    if let Some(all) = fields(definition) {
        all.remove(at);
    } else if let Some(all) = inputs(definition) {
        all.remove(at);
    } else if let Some(all) = values(definition) {
        all.remove(at);
    } else if let Some(all) = union_members(definition) {
        all.remove(at);
    }
    true
}

pub(super) fn remove_argument(rng: &mut Rng, documents: &mut [Document]) -> bool {
    let has = |one: &mut Definition| {
        fields(one).is_some_and(|all| all.iter().any(|field| !field.arguments.is_empty()))
    };
    let Some(all) = definition(rng, documents, has).and_then(fields) else {
        return false;
    };
    let mut with: Vec<_> = all
        .iter_mut()
        .filter(|field| !field.arguments.is_empty())
        .collect();
    let Some(at) = index(rng, with.len()) else {
        return false;
    };
    let field = with[at].make_mut();
    let at = rng.usize(..field.arguments.len());
    field.arguments.remove(at);
    true
}

pub(super) fn add_argument(rng: &mut Rng, documents: &mut [Document]) -> bool {
    let has = |one: &mut Definition| fields(one).is_some_and(|all| !all.is_empty());
    let Some(all) = definition(rng, documents, has).and_then(fields) else {
        return false;
    };
    let at = rng.usize(..all.len());
    let is_required = rng.bool();
    let default = rng.bool().then(|| Node::new(Value::Int(3.into())));
    all[at].make_mut().arguments.push(
        InputValueDefinition {
            description: None,
            name: name!("added"),
            ty: Node::new(if is_required {
                Type::NonNullNamed(name!("Int"))
            } else {
                Type::Named(name!("Int"))
            }),
            default_value: default,
            directives: apollo_compiler::ast::DirectiveList::new(),
        }
        .into(),
    );
    true
}

pub(super) fn remove_interface(rng: &mut Rng, documents: &mut [Document]) -> bool {
    let has = |one: &mut Definition| interfaces(one).is_some_and(|all| !all.is_empty());
    let Some(all) = definition(rng, documents, has).and_then(interfaces) else {
        return false;
    };
    all.remove(rng.usize(..all.len()));
    true
}

pub(super) fn add_interface(rng: &mut Rng, documents: &mut [Document]) -> bool {
    let names: Vec<_> = documents
        .iter()
        .flat_map(|document| &document.definitions)
        .filter(|one| matches!(one, Definition::InterfaceTypeDefinition(_)))
        .filter_map(|one| one.name().cloned())
        .collect();
    let Some(at) = index(rng, names.len()) else {
        return false;
    };
    let has = |one: &mut Definition| interfaces(one).is_some();
    let Some(all) = definition(rng, documents, has).and_then(interfaces) else {
        return false;
    };
    all.push(names[at].clone());
    true
}

pub(super) fn remove_definition(rng: &mut Rng, documents: &mut [Document]) -> bool {
    let Some(at) = index(rng, documents.len()) else {
        return false;
    };
    let definitions = &mut documents[at].definitions;
    let Some(at) = index(rng, definitions.len()) else {
        return false;
    };
    definitions.remove(at);
    true
}

/// A type comes to be in another subgraph, too.
pub(super) fn copy_definition(rng: &mut Rng, documents: &mut [Document]) -> bool {
    let Some(copied) = definition(rng, documents, |one| one.name().is_some()).cloned() else {
        return false;
    };
    let at = rng.usize(..documents.len());
    let document = &mut documents[at];
    let is_there = document
        .definitions
        .iter()
        .any(|one| one.name() == copied.name());
    if is_there {
        return false;
    }
    document.definitions.push(copied);
    true
}

/// A field or value comes to be in another subgraph that has its type.
pub(super) fn copy_member(rng: &mut Rng, documents: &mut [Document]) -> bool {
    let Some(from) = definition(rng, documents, |one| members(one) > 0).cloned() else {
        return false;
    };
    let mut from = from;
    let Some(at) = index(rng, members(&mut from)) else {
        return false;
    };
    let name = from.name().cloned();
    let there = |one: &mut Definition| one.name() == name.as_ref();
    let Some(to) = definition(rng, documents, there) else {
        return false;
    };
    if let (Some(from), Some(to)) = (fields(&mut from), fields(to)) {
        let field = &from[at];
        let is_new = to.iter().all(|one| one.name != field.name);
        if is_new {
            to.push(field.clone());
        }
        return is_new;
    }
    if let (Some(from), Some(to)) = (inputs(&mut from), inputs(to)) {
        let field = &from[at];
        let is_new = to.iter().all(|one| one.name != field.name);
        if is_new {
            to.push(field.clone());
        }
        return is_new;
    }
    if let (Some(from), Some(to)) = (values(&mut from), values(to)) {
        let value = &from[at];
        let is_new = to.iter().all(|one| one.value != value.value);
        if is_new {
            to.push(value.clone());
        }
        return is_new;
    }
    false
}

pub(super) fn rename_member(rng: &mut Rng, documents: &mut [Document]) -> bool {
    let has = |one: &mut Definition| fields(one).is_some_and(|all| !all.is_empty());
    let Some(all) = definition(rng, documents, has).and_then(fields) else {
        return false;
    };
    let at = rng.usize(..all.len());
    all[at].make_mut().name = name!("renamed");
    true
}

/// `type` becomes `extend type`, or the other way round.
pub(super) fn toggle_extension(rng: &mut Rng, documents: &mut [Document]) -> bool {
    let is_object = |one: &mut Definition| {
        matches!(
            one,
            Definition::ObjectTypeDefinition(_) | Definition::ObjectTypeExtension(_)
        )
    };
    let Some(found) = definition(rng, documents, is_object) else {
        return false;
    };
    *found = match found {
        Definition::ObjectTypeDefinition(one) => Definition::ObjectTypeExtension(
            ObjectTypeExtension {
                name: one.name.clone(),
                implements_interfaces: one.implements_interfaces.clone(),
                directives: one.directives.clone(),
                fields: one.fields.clone(),
            }
            .into(),
        ),
        Definition::ObjectTypeExtension(one) => Definition::ObjectTypeDefinition(
            ObjectTypeDefinition {
                description: None,
                name: one.name.clone(),
                implements_interfaces: one.implements_interfaces.clone(),
                directives: one.directives.clone(),
                fields: one.fields.clone(),
            }
            .into(),
        ),
        _ => return false,
    };
    true
}

/// An object type becomes an interface, or the other way round.
pub(super) fn change_kind(rng: &mut Rng, documents: &mut [Document]) -> bool {
    let is_composite = |one: &mut Definition| {
        matches!(
            one,
            Definition::ObjectTypeDefinition(_) | Definition::InterfaceTypeDefinition(_)
        )
    };
    let Some(found) = definition(rng, documents, is_composite) else {
        return false;
    };
    *found = match found {
        Definition::ObjectTypeDefinition(one) => Definition::InterfaceTypeDefinition(
            InterfaceTypeDefinition {
                description: one.description.clone(),
                name: one.name.clone(),
                implements_interfaces: one.implements_interfaces.clone(),
                directives: one.directives.clone(),
                fields: one.fields.clone(),
            }
            .into(),
        ),
        Definition::InterfaceTypeDefinition(one) => Definition::ObjectTypeDefinition(
            ObjectTypeDefinition {
                description: one.description.clone(),
                name: one.name.clone(),
                implements_interfaces: one.implements_interfaces.clone(),
                directives: one.directives.clone(),
                fields: one.fields.clone(),
            }
            .into(),
        ),
        _ => return false,
    };
    true
}

/// Gives an object type another name.
pub(super) fn rename(definition: &mut Definition, to: Name) -> bool {
    match definition {
        Definition::ObjectTypeDefinition(one) => one.make_mut().name = to,
        Definition::ObjectTypeExtension(one) => one.make_mut().name = to,
        _ => return false,
    }
    true
}
