//! Where things are in a document.

use apollo_compiler::{
    Name, Node,
    ast::{
        Definition, DirectiveList, DirectiveLocation, Document, EnumValueDefinition,
        FieldDefinition, InputValueDefinition, Type,
    },
};

/// An element that directives can be on: definition, member, argument, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) document: usize,
    pub(super) definition: usize,
    pub(super) member: Option<usize>,
    pub(super) argument: Option<usize>,
    pub(super) location: DirectiveLocation,
}

/// All elements of all documents; not those of directive definitions.
pub(super) fn all(documents: &mut [Document]) -> Vec<Place> {
    let mut places = Vec::new();
    for (document, one) in documents.iter_mut().enumerate() {
        for (index, definition) in one.definitions.iter_mut().enumerate() {
            let Some(location) = location(definition) else {
                continue;
            };
            let place = Place {
                document,
                definition: index,
                member: None,
                argument: None,
                location,
            };
            places.push(place);
            members(place, definition, &mut places);
        }
    }
    places
}

fn members(place: Place, definition: &mut Definition, places: &mut Vec<Place>) {
    for (member, field) in fields(definition).into_iter().flatten().enumerate() {
        let place = Place {
            member: Some(member),
            location: DirectiveLocation::FieldDefinition,
            ..place
        };
        places.push(place);
        places.extend((0..field.arguments.len()).map(|argument| Place {
            argument: Some(argument),
            location: DirectiveLocation::ArgumentDefinition,
            ..place
        }));
    }
    let inputs = inputs(definition).map_or(0, |one| one.len());
    places.extend((0..inputs).map(|member| Place {
        member: Some(member),
        location: DirectiveLocation::InputFieldDefinition,
        ..place
    }));
    let values = values(definition).map_or(0, |one| one.len());
    places.extend((0..values).map(|member| Place {
        member: Some(member),
        location: DirectiveLocation::EnumValue,
        ..place
    }));
}

fn location(definition: &Definition) -> Option<DirectiveLocation> {
    Some(match definition {
        Definition::SchemaDefinition(_) | Definition::SchemaExtension(_) => {
            DirectiveLocation::Schema
        }
        Definition::ScalarTypeDefinition(_) | Definition::ScalarTypeExtension(_) => {
            DirectiveLocation::Scalar
        }
        Definition::ObjectTypeDefinition(_) | Definition::ObjectTypeExtension(_) => {
            DirectiveLocation::Object
        }
        Definition::InterfaceTypeDefinition(_) | Definition::InterfaceTypeExtension(_) => {
            DirectiveLocation::Interface
        }
        Definition::UnionTypeDefinition(_) | Definition::UnionTypeExtension(_) => {
            DirectiveLocation::Union
        }
        Definition::EnumTypeDefinition(_) | Definition::EnumTypeExtension(_) => {
            DirectiveLocation::Enum
        }
        Definition::InputObjectTypeDefinition(_) | Definition::InputObjectTypeExtension(_) => {
            DirectiveLocation::InputObject
        }
        _ => return None,
    })
}

/// The directives at a place.
pub(super) fn directives(documents: &mut [Document], place: Place) -> Option<&mut DirectiveList> {
    let document = documents.get_mut(place.document)?;
    let definition = document.definitions.get_mut(place.definition)?;
    let Some(member) = place.member else {
        return of_definition(definition);
    };
    if place.location == DirectiveLocation::EnumValue {
        let value = values(definition)?.get_mut(member)?;
        return Some(&mut value.make_mut().directives);
    }
    if place.location == DirectiveLocation::InputFieldDefinition {
        let field = inputs(definition)?.get_mut(member)?;
        return Some(&mut field.make_mut().directives);
    }
    let field = fields(definition)?.get_mut(member)?.make_mut();
    match place.argument {
        None => Some(&mut field.directives),
        Some(argument) => Some(&mut field.arguments.get_mut(argument)?.make_mut().directives),
    }
}

fn of_definition(definition: &mut Definition) -> Option<&mut DirectiveList> {
    Some(match definition {
        Definition::SchemaDefinition(one) => &mut one.make_mut().directives,
        Definition::SchemaExtension(one) => &mut one.make_mut().directives,
        Definition::ScalarTypeDefinition(one) => &mut one.make_mut().directives,
        Definition::ScalarTypeExtension(one) => &mut one.make_mut().directives,
        Definition::ObjectTypeDefinition(one) => &mut one.make_mut().directives,
        Definition::ObjectTypeExtension(one) => &mut one.make_mut().directives,
        Definition::InterfaceTypeDefinition(one) => &mut one.make_mut().directives,
        Definition::InterfaceTypeExtension(one) => &mut one.make_mut().directives,
        Definition::UnionTypeDefinition(one) => &mut one.make_mut().directives,
        Definition::UnionTypeExtension(one) => &mut one.make_mut().directives,
        Definition::EnumTypeDefinition(one) => &mut one.make_mut().directives,
        Definition::EnumTypeExtension(one) => &mut one.make_mut().directives,
        Definition::InputObjectTypeDefinition(one) => &mut one.make_mut().directives,
        Definition::InputObjectTypeExtension(one) => &mut one.make_mut().directives,
        _ => return None,
    })
}

/// The fields of an object type or an interface.
pub(super) fn fields(definition: &mut Definition) -> Option<&mut Vec<Node<FieldDefinition>>> {
    Some(match definition {
        Definition::ObjectTypeDefinition(one) => &mut one.make_mut().fields,
        Definition::ObjectTypeExtension(one) => &mut one.make_mut().fields,
        Definition::InterfaceTypeDefinition(one) => &mut one.make_mut().fields,
        Definition::InterfaceTypeExtension(one) => &mut one.make_mut().fields,
        _ => return None,
    })
}

/// The fields of an input object.
pub(super) fn inputs(definition: &mut Definition) -> Option<&mut Vec<Node<InputValueDefinition>>> {
    Some(match definition {
        Definition::InputObjectTypeDefinition(one) => &mut one.make_mut().fields,
        Definition::InputObjectTypeExtension(one) => &mut one.make_mut().fields,
        _ => return None,
    })
}

/// The values of an enum.
pub(super) fn values(definition: &mut Definition) -> Option<&mut Vec<Node<EnumValueDefinition>>> {
    Some(match definition {
        Definition::EnumTypeDefinition(one) => &mut one.make_mut().values,
        Definition::EnumTypeExtension(one) => &mut one.make_mut().values,
        _ => return None,
    })
}

/// The members of a union.
pub(super) fn union_members(definition: &mut Definition) -> Option<&mut Vec<Name>> {
    Some(match definition {
        Definition::UnionTypeDefinition(one) => &mut one.make_mut().members,
        Definition::UnionTypeExtension(one) => &mut one.make_mut().members,
        _ => return None,
    })
}

/// The interfaces that an object type or an interface implements.
pub(super) fn interfaces(definition: &mut Definition) -> Option<&mut Vec<Name>> {
    Some(match definition {
        Definition::ObjectTypeDefinition(one) => &mut one.make_mut().implements_interfaces,
        Definition::ObjectTypeExtension(one) => &mut one.make_mut().implements_interfaces,
        Definition::InterfaceTypeDefinition(one) => &mut one.make_mut().implements_interfaces,
        Definition::InterfaceTypeExtension(one) => &mut one.make_mut().implements_interfaces,
        _ => return None,
    })
}

/// The type of a field, an argument or an input field.
pub(super) fn ty(documents: &mut [Document], place: Place) -> Option<&mut Type> {
    let document = documents.get_mut(place.document)?;
    let definition = document.definitions.get_mut(place.definition)?;
    let member = place.member?;
    match (place.location, place.argument) {
        (DirectiveLocation::FieldDefinition, _) => {
            let field = fields(definition)?.get_mut(member)?;
            Some(&mut field.make_mut().ty)
        }
        _ => Some(input_value(definition, place)?.ty.make_mut()),
    }
}

/// The argument or input field at a place.
pub(super) fn input_value(
    definition: &mut Definition,
    place: Place,
) -> Option<&mut InputValueDefinition> {
    let member = place.member?;
    match (place.location, place.argument) {
        (DirectiveLocation::ArgumentDefinition, Some(argument)) => {
            let field = fields(definition)?.get_mut(member)?;
            let argument = field.make_mut().arguments.get_mut(argument)?;
            Some(argument.make_mut())
        }
        (DirectiveLocation::InputFieldDefinition, None) => {
            Some(inputs(definition)?.get_mut(member)?.make_mut())
        }
        _ => None,
    }
}
