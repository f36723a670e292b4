//! Changes of the types and defaults of fields and arguments.

use apollo_compiler::{
    Name, Node,
    ast::{DirectiveLocation, Document, Type, Value},
    name,
};
use fastrand::Rng;

use super::{index, places};

pub(super) fn change(rng: &mut Rng, documents: &mut [Document]) -> bool {
    let mut places = places::all(documents);
    places.retain(|place| {
        matches!(
            place.location,
            DirectiveLocation::FieldDefinition
                | DirectiveLocation::ArgumentDefinition
                | DirectiveLocation::InputFieldDefinition
        )
    });
    let Some(at) = index(rng, places.len()) else {
        return false;
    };
    let names = type_names(&documents[places[at].document]);
    let how = rng.u8(..10);
    let name = index(rng, names.len()).map(|at| names[at].clone());
    let Some(ty) = places::ty(documents, places[at]) else {
        return false;
    };
    let old = std::mem::replace(ty, Type::Named(name!("Int")));
    *ty = match how {
        0..=3 => nullability(old),
        4..=5 => item_nullability(old),
        6 => Type::List(Box::new(old)),
        7 => match old {
            Type::List(item) | Type::NonNullList(item) => *item,
            named => named,
        },
        _ => match name {
            Some(name) => renamed(old, name),
            None => old,
        },
    };
    true
}

fn type_names(document: &Document) -> Vec<Name> {
    let mut names: Vec<_> = document
        .definitions
        .iter()
        .filter(|definition| definition.as_directive_definition().is_none())
        .filter_map(|definition| definition.name().cloned())
        .collect();
    names.extend([name!("Int"), name!("String"), name!("ID")]);
    names
}

fn nullability(ty: Type) -> Type {
    match ty {
        Type::Named(name) => Type::NonNullNamed(name),
        Type::NonNullNamed(name) => Type::Named(name),
        Type::List(item) => Type::NonNullList(item),
        Type::NonNullList(item) => Type::List(item),
    }
}

fn item_nullability(ty: Type) -> Type {
    match ty {
        Type::List(item) => Type::List(Box::new(item_nullability(*item))),
        Type::NonNullList(item) => Type::NonNullList(Box::new(item_nullability(*item))),
        named => nullability(named),
    }
}

fn renamed(ty: Type, to: Name) -> Type {
    match ty {
        Type::Named(_) => Type::Named(to),
        Type::NonNullNamed(_) => Type::NonNullNamed(to),
        Type::List(item) => Type::List(Box::new(renamed(*item, to))),
        Type::NonNullList(item) => Type::NonNullList(Box::new(renamed(*item, to))),
    }
}

pub(super) fn change_default(rng: &mut Rng, documents: &mut [Document]) -> bool {
    let mut places = places::all(documents);
    places.retain(|place| {
        matches!(
            place.location,
            DirectiveLocation::ArgumentDefinition | DirectiveLocation::InputFieldDefinition
        )
    });
    let Some(at) = index(rng, places.len()) else {
        return false;
    };
    let place = places[at];
    let definition = &mut documents[place.document].definitions[place.definition];
    let Some(value) = places::input_value(definition, place) else {
        return false;
    };
    let old = value.default_value.take();
    let named = value.ty.inner_named_type().as_str();
    let new = match (rng.u8(..6), named) {
        (0, _) => None,
        (1, _) => Some(Value::Null),
        (2, _) => Some(Value::String("new".to_owned())),
        (3, _) => Some(Value::List(Vec::new())),
        (_, "String" | "ID") => Some(Value::String("changed".to_owned())),
        (_, "Boolean") => Some(Value::Boolean(rng.bool())),
        (_, "Color") => Some(Value::Enum(name!("RED"))),
        _ => Some(Value::Int(rng.i32(..3).into())),
    };
    value.default_value = new.map(Node::new);
    old != value.default_value
}
