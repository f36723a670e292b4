//! Two schemas, element by element.

use apollo_compiler::{
    Name, Node, Schema,
    ast::{DirectiveDefinition, Type},
    collections::IndexMap,
    schema::{
        Component, EnumType, ExtendedType, FieldDefinition, InputObjectType, InputValueDefinition,
        InterfaceType, ObjectType, UnionType,
    },
};

use super::{Change, Severity};

/// The changes from one schema to another, in the order of the old one's text, what is new after what was there.
pub fn compare(old: &Schema, new: &Schema) -> Vec<Change> {
    let mut changes = Changes::default();
    let is_ours = |ty: &ExtendedType| !ty.is_built_in();
    for (name, before) in old.types.iter().filter(|(_, ty)| is_ours(ty)) {
        match new.types.get(name) {
            None => changes.breaking(name, "was removed"),
            Some(after) => changes.types(name, before, after),
        }
    }
    for (name, _) in new.types.iter().filter(|(_, ty)| is_ours(ty)) {
        if !old.types.contains_key(name) {
            changes.add(Severity::Safe, name, "was added");
        }
    }
    for (name, before) in &old.directive_definitions {
        match new.directive_definitions.get(name) {
            None => changes.breaking(format!("@{name}"), "was removed"),
            Some(after) => changes.directive(before, after),
        }
    }
    for name in new.directive_definitions.keys() {
        if !old.directive_definitions.contains_key(name) {
            changes.add(Severity::Safe, format!("@{name}"), "was added");
        }
    }
    changes.found
}

#[derive(Default)]
struct Changes {
    found: Vec<Change>,
}

impl Changes {
    fn add(&mut self, severity: Severity, coordinate: impl ToString, what: impl Into<String>) {
        let coordinate = coordinate.to_string();
        self.add_for(severity, coordinate.clone(), what, vec![coordinate]);
    }

    fn add_for(
        &mut self,
        severity: Severity,
        coordinate: String,
        what: impl Into<String>,
        concerns: Vec<String>,
    ) {
        self.found.push(Change {
            coordinate,
            severity,
            what: what.into(),
            concerns,
        });
    }

    fn breaking(&mut self, coordinate: impl ToString, what: impl Into<String>) {
        self.add(Severity::Breaking, coordinate, what);
    }

    fn types(&mut self, name: &Name, before: &ExtendedType, after: &ExtendedType) {
        match (before, after) {
            (ExtendedType::Object(before), ExtendedType::Object(after)) => {
                self.objects(name, before, after);
            }
            (ExtendedType::Interface(before), ExtendedType::Interface(after)) => {
                self.interfaces(name, before, after);
            }
            (ExtendedType::Union(before), ExtendedType::Union(after)) => {
                self.unions(name, before, after);
            }
            (ExtendedType::Enum(before), ExtendedType::Enum(after)) => {
                self.enums(name, before, after);
            }
            (ExtendedType::InputObject(before), ExtendedType::InputObject(after)) => {
                self.inputs(name, before, after);
            }
            (ExtendedType::Scalar(_), ExtendedType::Scalar(_)) => {}
            _ => self.breaking(name, format!("was {} and is {}", kind(before), kind(after))),
        }
    }

    fn objects(&mut self, name: &Name, before: &ObjectType, after: &ObjectType) {
        self.fields(name, &before.fields, &after.fields);
        let names = |ty: &ObjectType| names(ty.implements_interfaces.iter().map(|one| &one.name));
        self.members(name, &names(before), &names(after), Membership::Interface);
    }

    fn interfaces(&mut self, name: &Name, before: &InterfaceType, after: &InterfaceType) {
        self.fields(name, &before.fields, &after.fields);
        let names =
            |ty: &InterfaceType| names(ty.implements_interfaces.iter().map(|one| &one.name));
        self.members(name, &names(before), &names(after), Membership::Interface);
    }

    fn unions(&mut self, name: &Name, before: &UnionType, after: &UnionType) {
        let names = |ty: &UnionType| names(ty.members.iter().map(|one| &one.name));
        self.members(name, &names(before), &names(after), Membership::Union);
    }

    /// Interfaces of a type, or members of a union.
    fn members(&mut self, name: &Name, before: &[Name], after: &[Name], membership: Membership) {
        for gone in before.iter().filter(|one| !after.contains(one)) {
            // A fragment that was possible may be no more.
            let (what, concerns) = match membership {
                Membership::Interface => (
                    format!("no longer implements {gone}"),
                    vec![format!("{gone} as {name}")],
                ),
                Membership::Union => (
                    format!("has no member {gone} any more"),
                    vec![format!("{name} as {gone}")],
                ),
            };
            self.add_for(Severity::Breaking, name.to_string(), what, concerns);
        }
        for come in after.iter().filter(|one| !before.contains(one)) {
            let (what, concerns) = match membership {
                Membership::Interface => (format!("implements {come} now"), vec![come.to_string()]),
                Membership::Union => (format!("has the member {come} now"), vec![name.to_string()]),
            };
            self.add_for(Severity::Dangerous, name.to_string(), what, concerns);
        }
    }

    fn enums(&mut self, name: &Name, before: &EnumType, after: &EnumType) {
        for value in before.values.keys() {
            if !after.values.contains_key(value) {
                self.breaking(format!("{name}.{value}"), "was removed");
            }
        }
        for value in after.values.keys() {
            if !before.values.contains_key(value) {
                let concerns = vec![name.to_string()];
                let coordinate = format!("{name}.{value}");
                self.add_for(Severity::Dangerous, coordinate, "was added", concerns);
            }
        }
    }

    fn inputs(&mut self, name: &Name, before: &InputObjectType, after: &InputObjectType) {
        for (field, before) in &before.fields {
            let coordinate = format!("{name}.{field}");
            match after.fields.get(field) {
                None => self.breaking(coordinate, "was removed"),
                Some(after) => self.input(coordinate, name.to_string(), before, after),
            }
        }
        for (field, after) in &after.fields {
            if !before.fields.contains_key(field) {
                self.new_input(format!("{name}.{field}"), name.to_string(), after);
            }
        }
    }

    fn fields(
        &mut self,
        ty: &Name,
        before: &IndexMap<Name, Component<FieldDefinition>>,
        after: &IndexMap<Name, Component<FieldDefinition>>,
    ) {
        for (name, before) in before {
            let coordinate = format!("{ty}.{name}");
            match after.get(name) {
                None => self.breaking(coordinate, "was removed"),
                Some(after) => self.field(&coordinate, before, after),
            }
        }
        for name in after.keys().filter(|name| !before.contains_key(*name)) {
            self.add(Severity::Safe, format!("{ty}.{name}"), "was added");
        }
    }

    fn field(&mut self, coordinate: &str, before: &FieldDefinition, after: &FieldDefinition) {
        if before.ty != after.ty {
            let severity = if answers(&before.ty, &after.ty) {
                Severity::Safe
            } else {
                Severity::Breaking
            };
            self.add(severity, coordinate, was_and_is(&before.ty, &after.ty));
        }
        self.arguments(coordinate, &before.arguments, &after.arguments);
    }

    fn directive(&mut self, before: &DirectiveDefinition, after: &DirectiveDefinition) {
        let coordinate = format!("@{}", before.name);
        for location in &before.locations {
            if !after.locations.contains(location) {
                self.breaking(&coordinate, format!("may no longer be on {location}"));
            }
        }
        if before.repeatable && !after.repeatable {
            self.breaking(&coordinate, "is no longer repeatable");
        }
        self.arguments(&coordinate, &before.arguments, &after.arguments);
    }

    fn arguments(
        &mut self,
        owner: &str,
        before: &[Node<InputValueDefinition>],
        after: &[Node<InputValueDefinition>],
    ) {
        for old in before {
            let coordinate = format!("{owner}({}:)", old.name);
            match after.iter().find(|new| new.name == old.name) {
                None => self.breaking(coordinate, "was removed"),
                Some(new) => self.input(coordinate, owner.to_owned(), old, new),
            }
        }
        for new in after {
            if !before.iter().any(|old| old.name == new.name) {
                self.new_input(format!("{owner}({}:)", new.name), owner.to_owned(), new);
            }
        }
    }

    /// An argument or an input field; `owner` is what has it.
    fn input(
        &mut self,
        coordinate: String,
        owner: String,
        before: &InputValueDefinition,
        after: &InputValueDefinition,
    ) {
        if before.ty != after.ty {
            let what = was_and_is(&before.ty, &after.ty);
            // What could be given before still can be: the new type says of the old one what an answer would.
            if answers(&after.ty, &before.ty) {
                self.add(Severity::Safe, &coordinate, what);
            } else {
                // Also who leaves it out is concerned, if it has become necessary.
                let concerns = vec![coordinate.clone(), owner.clone()];
                let necessary = after.is_required() && !before.is_required();
                let concerns = if necessary {
                    concerns
                } else {
                    concerns[..1].to_vec()
                };
                self.add_for(Severity::Breaking, coordinate.clone(), what, concerns);
            }
        } else if after.is_required() && !before.is_required() {
            let concerns = vec![owner.clone()];
            let what = "has lost its default value and is required";
            self.add_for(Severity::Breaking, coordinate, what, concerns);
            return;
        }
        if before.default_value != after.default_value {
            let text = |value: Option<&Node<apollo_compiler::ast::Value>>| {
                value.map_or_else(|| "none".to_owned(), ToString::to_string)
            };
            let before = text(before.default_value.as_ref());
            let after = text(after.default_value.as_ref());
            let what = format!("had the default value {before} and has {after}");
            self.add_for(Severity::Dangerous, coordinate, what, vec![owner]);
        }
    }

    fn new_input(&mut self, coordinate: String, owner: String, new: &InputValueDefinition) {
        if new.is_required() {
            let what = "was added and is required";
            self.add_for(Severity::Breaking, coordinate, what, vec![owner]);
        } else {
            self.add(Severity::Safe, coordinate, "was added");
        }
    }
}

#[derive(Clone, Copy)]
enum Membership {
    Interface,
    Union,
}

fn names<'a>(names: impl Iterator<Item = &'a Name>) -> Vec<Name> {
    names.cloned().collect()
}

fn was_and_is(before: &Type, after: &Type) -> String {
    format!("was of type {before} and is of type {after}")
}

fn kind(ty: &ExtendedType) -> &'static str {
    match ty {
        ExtendedType::Scalar(_) => "a scalar",
        ExtendedType::Object(_) => "an object type",
        ExtendedType::Interface(_) => "an interface",
        ExtendedType::Union(_) => "a union",
        ExtendedType::Enum(_) => "an enum",
        ExtendedType::InputObject(_) => "an input object",
    }
}

/// Whether who expects one type is content with answers of another: the same, or non-null where null was possible.
fn answers(expected: &Type, given: &Type) -> bool {
    match (expected, given) {
        (Type::Named(a), Type::Named(b) | Type::NonNullNamed(b))
        | (Type::NonNullNamed(a), Type::NonNullNamed(b)) => a == b,
        (Type::List(a), Type::List(b) | Type::NonNullList(b))
        | (Type::NonNullList(a), Type::NonNullList(b)) => answers(a, b),
        _ => false,
    }
}
