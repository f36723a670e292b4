//! Keys tell which object is meant: a key's value says type and number, and can be read back.

use apollo_compiler::{
    Name,
    ast::Type,
    executable::{Selection, SelectionSet},
    response::{JsonMap, JsonValue},
};

use super::{Arguments, Field, Found, OBJECTS, Object, Unanswerable, World, digest::Digest};

impl World {
    /// The value of a key field: it depends on nothing but the object, and is never null.
    pub(super) fn key_value(
        &self,
        object: &Object,
        name: &str,
        field: &Field,
    ) -> Result<Found, Unanswerable> {
        let digest = Digest::new(self.seed)
            .text(&object.ty)
            .number(object.number)
            .text(name);
        let ty = field.ty.inner_named_type();
        let found = match ty.as_str() {
            "ID" | "String" => Found::Leaf(encode_text(object, name).into()),
            "Int" => Found::Leaf(JsonValue::from(
                self.type_index(&object.ty) * OBJECTS + object.number,
            )),
            _ if !field.composite => self
                .leaf(name, ty, digest)
                .map(Found::Leaf)
                .ok_or_else(|| Unanswerable(format!("{}.{name}", object.ty)))?,
            // What is inside a key tells the same number.
            _ => Found::Object(Object {
                ty: field
                    .runtime
                    .first()
                    .cloned()
                    .ok_or_else(|| Unanswerable(format!("{}.{name}", object.ty)))?,
                number: object.number,
            }),
        };
        Ok(wrap(&field.ty, found))
    }

    fn type_index(&self, ty: &str) -> u64 {
        self.objects.get(ty).map_or(0, |one| one.index)
    }

    /// The object that a key's fields tell of; nothing, when they are not all there or do not fit together.
    pub(crate) fn decode(&self, ty: &str, key: &SelectionSet, values: &JsonMap) -> Option<Object> {
        let mut told = Told::default();
        self.read(key, values, true, &mut told)?;
        let number = told.number?;
        let ty = match told.ty {
            Some(told) => told,
            // A nested key alone does not tell the type; the representation has to.
            None => self.objects.get_key_value(ty)?.0.clone(),
        };
        let object = Object { ty, number };
        self.confirms(&object, key, values).then_some(object)
    }

    fn read(
        &self,
        set: &SelectionSet,
        values: &JsonMap,
        is_top: bool,
        told: &mut Told,
    ) -> Option<()> {
        for selection in &set.selections {
            let Selection::Field(field) = selection else {
                return None;
            };
            let inner = field.ty().inner_named_type();
            let value = unwrap(values.get(field.name.as_str())?);
            match value {
                JsonValue::Object(below) => {
                    self.read(&field.selection_set, below, false, told)?;
                }
                JsonValue::String(text) => {
                    if let Some((ty, number)) = decode_text(text.as_str()) {
                        told.tell(self, is_top, ty, number)?;
                    }
                }
                JsonValue::Number(number) if inner == "Int" => {
                    let number = number.as_u64()?;
                    let ty = self
                        .objects
                        .iter()
                        .find(|(_, one)| one.index == number / OBJECTS)?
                        .0;
                    told.tell(self, is_top, ty, number % OBJECTS)?;
                }
                JsonValue::Null => return None,
                _ => {}
            }
        }
        Some(())
    }

    /// Whether the object's key is really this one, in fields that do not tell the number too.
    fn confirms(&self, object: &Object, set: &SelectionSet, values: &JsonMap) -> bool {
        set.selections.iter().all(|selection| {
            let Selection::Field(field) = selection else {
                return false;
            };
            let Some(given) = values.get(field.name.as_str()) else {
                return false;
            };
            match self.value(object, &field.name, &Arguments::new(), None, 0) {
                Ok(Found::Leaf(own)) => own == *given,
                Ok(Found::Object(below)) => match given {
                    JsonValue::Object(values) => {
                        self.confirms(&below, &field.selection_set, values)
                    }
                    _ => false,
                },
                Ok(Found::List(own)) => match (own.as_slice(), given) {
                    ([Found::Leaf(own)], JsonValue::Array(given)) => {
                        given.as_slice() == [own.clone()]
                    }
                    ([Found::Object(below)], JsonValue::Array(given)) => match given.as_slice() {
                        [JsonValue::Object(values)] => {
                            self.confirms(below, &field.selection_set, values)
                        }
                        _ => false,
                    },
                    _ => false,
                },
                _ => false,
            }
        })
    }
}

#[derive(Default)]
struct Told {
    ty: Option<Name>,
    number: Option<u64>,
}

impl Told {
    /// Nothing, when this contradicts what was told before.
    fn tell(&mut self, world: &World, is_top: bool, ty: &str, number: u64) -> Option<()> {
        if self.number.is_some_and(|known| known != number) {
            return None;
        }
        self.number = Some(number);
        if is_top {
            let ty = world.objects.get_key_value(ty)?.0;
            if self.ty.as_ref().is_some_and(|known| known != ty) {
                return None;
            }
            self.ty = Some(ty.clone());
        }
        Some(())
    }
}

fn encode_text(object: &Object, field: &str) -> String {
    if field == "id" {
        format!("{}-{}", object.ty, object.number)
    } else {
        format!("{field}-{}-{}", object.ty, object.number)
    }
}

fn decode_text(text: &str) -> Option<(&str, u64)> {
    let (rest, number) = text.rsplit_once('-')?;
    let ty = rest.rsplit_once('-').map_or(rest, |(_, ty)| ty);
    Some((ty, number.parse().ok()?))
}

/// A key that is a list is a list of one.
fn wrap(ty: &Type, found: Found) -> Found {
    match ty {
        Type::List(inner) | Type::NonNullList(inner) => Found::List(vec![wrap(inner, found)]),
        Type::Named(_) | Type::NonNullNamed(_) => found,
    }
}

fn unwrap(value: &JsonValue) -> &JsonValue {
    match value {
        JsonValue::Array(items) if items.len() == 1 => unwrap(&items[0]),
        _ => value,
    }
}
