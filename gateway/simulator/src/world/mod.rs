//! What is true, whoever is asked: the one function from objects, fields and arguments to values.
//!
//! An object is its concrete type and a number. An entity has one of a few numbers, and each of its keys tells it
//! (`key`); any other object's number is a hash of where it was found. A field's value is a hash of the object, the
//! field, its arguments, and of what it requires. So each subgraph comes to the same value without asking another.
//! What subgraphs differ in is settled here: a value is null only where all allow it, an enum's value and an object's
//! type are such as all subgraphs with that field know.

mod digest;
pub(crate) mod key;
mod merge;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use apollo_compiler::{Name, ast::Type, response::JsonValue};

use crate::sdl::Subgraph;
use digest::Digest;

/// Entities of one type. Few, so that the same one is met twice.
const ENTITIES: u64 = 6;

/// Other objects of one type; bounded so that an `Int` can tell them.
const OBJECTS: u64 = 100_000;

/// An object: all that its fields' values depend on, besides arguments and what they require.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Object {
    pub(crate) ty: Name,
    pub(crate) number: u64,
}

/// Coerced arguments, by name.
pub(crate) type Arguments = BTreeMap<String, JsonValue>;

/// A value before selection.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Found {
    Null,
    Leaf(JsonValue),
    Object(Object),
    List(Vec<Found>),
}

/// No value fits: the schemas leave no type or enum value that all subgraphs know.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0} {text}", text = Self::TEXT)]
pub struct Unanswerable(String);

impl Unanswerable {
    /// How its text ends.
    pub(crate) const TEXT: &str = "has no value that all subgraphs know";
}

/// Everything that is true of a set of subgraphs, for one seed.
#[derive(Debug)]
pub struct World {
    seed: u64,
    subgraphs: Vec<Subgraph>,
    active_labels: BTreeSet<String>,
    objects: HashMap<Name, ObjectType>,
    abstracts: HashMap<Name, HashSet<Name>>,
    enums: HashMap<Name, Vec<Name>>,
}

/// An object type, over all subgraphs.
#[derive(Debug)]
pub(crate) struct ObjectType {
    index: u64,
    entity: bool,
    fields: HashMap<Name, Field>,
}

/// A field of an object type, over all subgraphs.
#[derive(Debug)]
pub(crate) struct Field {
    /// Non-null where it is so in any subgraph.
    pub(crate) ty: Type,
    /// Whether it leads to objects.
    pub(crate) composite: bool,
    /// The object types that it may lead to, sorted; none, where the subgraphs agree on none.
    pub(crate) runtime: Vec<Name>,
    /// Whether some key tells the object by it.
    pub(crate) in_key: bool,
    /// Where `@requires` is said: a subgraph, and the type that says it there.
    pub(crate) requires: Option<(usize, Name)>,
    /// Subgraphs that resolve it by themselves, and with `@requires`: with both, its value would depend on who is asked.
    pub(crate) resolvers: (usize, usize),
    /// Where `@fromContext` is said.
    pub(crate) contexts: Option<(usize, Name)>,
}

impl World {
    /// The world of these subgraphs. The labels are those of `@override` that are on.
    pub fn new(seed: u64, subgraphs: Vec<Subgraph>, active_labels: BTreeSet<String>) -> Self {
        let mut world = Self {
            seed,
            subgraphs,
            active_labels,
            objects: HashMap::new(),
            abstracts: HashMap::new(),
            enums: HashMap::new(),
        };
        world.merge();
        world
    }

    /// The subgraphs.
    pub fn subgraphs(&self) -> &[Subgraph] {
        &self.subgraphs
    }

    pub(crate) fn is_label_active(&self, label: &str) -> bool {
        self.active_labels.contains(label)
    }

    pub(crate) fn field(&self, ty: &str, field: &str) -> Option<&Field> {
        self.objects.get(ty)?.fields.get(field)
    }

    /// Whether objects of this type are of that one too, according to any subgraph.
    pub(crate) fn is_subtype(&self, ty: &str, of: &str) -> bool {
        ty == of || self.abstracts.get(of).is_some_and(|all| all.contains(ty))
    }

    /// The object that an operation begins with.
    pub(crate) fn root(ty: Name) -> Object {
        Object { ty, number: 0 }
    }

    /// A field's value. `required` is what it depends on besides, `epoch` how many mutations there have been.
    pub(crate) fn value(
        &self,
        object: &Object,
        name: &str,
        arguments: &Arguments,
        required: Option<&JsonValue>,
        epoch: u64,
    ) -> Result<Found, Unanswerable> {
        let field = self
            .field(&object.ty, name)
            .ok_or_else(|| Unanswerable(format!("{}.{name}", object.ty)))?;
        if field.in_key {
            return self.key_value(object, name, field);
        }
        if matches!(field.resolvers, (1.., 1..) | (_, 2..)) {
            return Err(Unanswerable(format!("{}.{name}", object.ty)));
        }
        let mut digest = Digest::new(self.seed)
            .text(&object.ty)
            .number(object.number)
            .text(name)
            .number(epoch);
        for (argument, value) in arguments {
            digest = digest.text(argument).text(&value.to_string());
        }
        if let Some(required) = required {
            digest = digest.text(&required.to_string());
        }
        self.build(name, &field.ty, field, digest)
            .ok_or_else(|| Unanswerable(format!("{}.{name}", object.ty)))
    }

    fn build(&self, name: &str, ty: &Type, field: &Field, digest: Digest) -> Option<Found> {
        if !ty.is_non_null() && digest.text("null").below(8) == 0 {
            return Some(Found::Null);
        }
        if ty.is_list() {
            let length = digest.text("length").below(4);
            let item = ty.item_type();
            let items = (0..length)
                .map(|index| self.build(name, item, field, digest.number(index)))
                .collect::<Option<Vec<_>>>();
            return match items {
                None if !ty.is_non_null() => Some(Found::Null),
                None => Some(Found::List(Vec::new())),
                Some(items) => Some(Found::List(items)),
            };
        }
        let found = if !field.composite {
            self.leaf(name, ty.inner_named_type(), digest)
                .map(Found::Leaf)
        } else if field.runtime.is_empty() {
            None
        } else {
            let index = digest.text("type").below(field.runtime.len() as u64);
            let ty = field.runtime[index as usize].clone();
            Some(Found::Object(self.object(ty, digest)))
        };
        found.or((!ty.is_non_null()).then_some(Found::Null))
    }

    fn object(&self, ty: Name, digest: Digest) -> Object {
        if matches!(ty.as_str(), "Query" | "Mutation" | "Subscription") {
            return Self::root(ty);
        }
        let is_entity = self.objects.get(&ty).is_some_and(|one| one.entity);
        let bound = if is_entity { ENTITIES } else { OBJECTS };
        Object {
            ty,
            number: digest.text("number").below(bound),
        }
    }

    fn leaf(&self, name: &str, ty: &str, digest: Digest) -> Option<JsonValue> {
        let value = digest.text("leaf").value();
        Some(match ty {
            "Int" => JsonValue::from(value % 1_000),
            "Float" => JsonValue::from((value % 1_000) as f64 + 0.5),
            "Boolean" => JsonValue::from(value.is_multiple_of(2)),
            "String" | "ID" => JsonValue::from(format!("{name}-{:05x}", value % 0x10_0000)),
            _ if self.enums.contains_key(ty) => {
                let values = &self.enums[ty];
                let index = value.checked_rem(values.len() as u64)?;
                JsonValue::from(values[index as usize].as_str())
            }
            _ => custom_scalar(name, value),
        })
    }
}

/// A custom scalar may be any JSON.
fn custom_scalar(name: &str, value: u64) -> JsonValue {
    let number = JsonValue::from(value % 1_000);
    match value % 3 {
        0 => number,
        1 => JsonValue::from(format!("{name}-{:05x}", value % 0x10_0000)),
        _ => {
            let mut map = apollo_compiler::response::JsonMap::new();
            map.insert("of", name.into());
            map.insert("number", number);
            JsonValue::Object(map)
        }
    }
}
