//! All places in a schema that can have directives.

use std::fmt;

use apollo_compiler::{
    Name, Schema, ast,
    ast::DirectiveLocation,
    schema::{Component, ExtendedType},
};

use super::applied::Directives;

/// A place in a schema; displays as its coordinate.
#[derive(Debug, Clone, Copy)]
pub(super) enum Element<'a> {
    Schema,
    /// An argument of a directive.
    OfDirective(&'a Name, &'a Name),
    Type(&'a ExtendedType),
    /// A field, or an enum's value.
    Inner(&'a Name, &'a Name, DirectiveLocation),
    Argument(&'a Name, &'a Name, &'a Name),
}

impl Element<'_> {
    pub(super) fn location(self) -> DirectiveLocation {
        match self {
            Self::Schema => DirectiveLocation::Schema,
            Self::OfDirective(..) | Self::Argument(..) => DirectiveLocation::ArgumentDefinition,
            Self::Inner(_, _, location) => location,
            Self::Type(ExtendedType::Scalar(_)) => DirectiveLocation::Scalar,
            Self::Type(ExtendedType::Object(_)) => DirectiveLocation::Object,
            Self::Type(ExtendedType::Interface(_)) => DirectiveLocation::Interface,
            Self::Type(ExtendedType::Union(_)) => DirectiveLocation::Union,
            Self::Type(ExtendedType::Enum(_)) => DirectiveLocation::Enum,
            Self::Type(ExtendedType::InputObject(_)) => DirectiveLocation::InputObject,
        }
    }
}

impl fmt::Display for Element<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schema => formatter.write_str("schema"),
            Self::OfDirective(directive, argument) => {
                write!(formatter, "@{directive}({argument}:)")
            }
            Self::Type(ty) => formatter.write_str(ty.name()),
            Self::Inner(ty, inner, _) => write!(formatter, "{ty}.{inner}"),
            Self::Argument(ty, field, argument) => write!(formatter, "{ty}.{field}({argument}:)"),
        }
    }
}

/// Shows each place, with its directives.
pub(super) fn each<'a>(schema: &'a Schema, mut see: impl FnMut(Element<'a>, Directives<'a>)) {
    let directives = &schema.schema_definition.directives;
    see(Element::Schema, directives.into());
    for (directive, definition) in &schema.directive_definitions {
        for argument in &definition.arguments {
            let element = Element::OfDirective(directive, &argument.name);
            see(element, (&argument.directives).into());
        }
    }
    for (name, ty) in &schema.types {
        if ty.is_built_in() {
            continue;
        }
        see(Element::Type(ty), ty.directives().into());
        match ty {
            ExtendedType::Object(ty) => fields(name, ty.fields.values(), &mut see),
            ExtendedType::Interface(ty) => fields(name, ty.fields.values(), &mut see),
            ExtendedType::Enum(ty) => {
                for value in ty.values.values() {
                    let location = DirectiveLocation::EnumValue;
                    let element = Element::Inner(name, &value.value, location);
                    see(element, (&value.directives).into());
                }
            }
            ExtendedType::InputObject(ty) => {
                for field in ty.fields.values() {
                    let location = DirectiveLocation::InputFieldDefinition;
                    let element = Element::Inner(name, &field.name, location);
                    see(element, (&field.directives).into());
                }
            }
            ExtendedType::Scalar(_) | ExtendedType::Union(_) => {}
        }
    }
}

fn fields<'a>(
    ty: &'a Name,
    fields: impl Iterator<Item = &'a Component<ast::FieldDefinition>>,
    see: &mut impl FnMut(Element<'a>, Directives<'a>),
) {
    for field in fields {
        let location = DirectiveLocation::FieldDefinition;
        let element = Element::Inner(ty, &field.name, location);
        see(element, (&field.directives).into());
        for argument in &field.arguments {
            let element = Element::Argument(ty, &field.name, &argument.name);
            see(element, (&argument.directives).into());
        }
    }
}
