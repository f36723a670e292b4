//! Subgraph responses, decoded along the shape that was asked for.
//!
//! Nothing that was not asked for enters the tree; scalars are not decoded at all, their place in the buffer is kept.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

use super::{
    keys::Key,
    tree::{Data, ObjectId, Span, Tree},
};

/// What an object of a response may hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shape {
    pub(crate) fields: Vec<ShapeField>,
}

#[derive(Debug, Clone)]
pub(crate) struct ShapeField {
    /// In the subgraph's answer.
    pub(crate) name: Box<str>,
    /// In the tree.
    pub(crate) key: Key,
    /// None: a scalar.
    pub(crate) child: Option<Arc<Shape>>,
}

impl Shape {
    /// Subgraphs answer in the order of the request, so the guess is nearly always right.
    fn find(&self, name: &str, guess: usize) -> Option<usize> {
        match self.fields.get(guess) {
            Some(field) if *field.name == *name => Some(guess),
            _ => self.fields.iter().position(|field| *field.name == *name),
        }
    }
}

/// An error as a subgraph told it.
#[derive(Debug, Deserialize)]
pub(crate) struct SubgraphError {
    #[serde(default)]
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) path: Option<Vec<Value>>,
    #[serde(default)]
    pub(crate) extensions: Option<serde_json::Map<String, Value>>,
}

/// A subgraph's response.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// None: `data` is null or missing.
    pub(crate) data: Option<ObjectId>,
    pub(crate) errors: Vec<SubgraphError>,
}

/// Decodes a response body into the tree. The error says what is wrong with it, for operators.
pub(crate) fn decode(tree: &mut Tree, bytes: Bytes, shape: &Shape) -> Result<Decoded, String> {
    if u32::try_from(bytes.len()).is_err() {
        return Err("the response is too large".to_owned());
    }
    let text = std::str::from_utf8(&bytes).map_err(|error| error.to_string())?;
    let buffer = tree.add_buffer(bytes.clone());
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let arena = &mut Arena {
        tree,
        buffer,
        base: text.as_ptr() as usize,
    };
    let decoded = ResponseSeed { arena, shape }
        .deserialize(&mut deserializer)
        .map_err(|error| error.to_string())?;
    deserializer.end().map_err(|error| error.to_string())?;
    match decoded {
        (Some(Data::Object(object)), errors) => Ok(Decoded {
            data: Some(object),
            errors,
        }),
        (Some(Data::Null) | None, errors) if !errors.is_empty() => {
            Ok(Decoded { data: None, errors })
        }
        (Some(Data::Null) | None, _) => Err("neither data nor errors".to_owned()),
        _ => Err("data is not an object".to_owned()),
    }
}

struct Arena<'t> {
    tree: &'t mut Tree,
    buffer: u32,
    base: usize,
}

impl Arena<'_> {
    fn span(&self, raw: &str) -> Span {
        let start = (raw.as_ptr() as usize - self.base) as u32;
        Span {
            buffer: self.buffer,
            start,
            end: start + raw.len() as u32,
        }
    }
}

struct ResponseSeed<'a, 't> {
    arena: &'a mut Arena<'t>,
    shape: &'a Shape,
}

impl<'de> DeserializeSeed<'de> for ResponseSeed<'_, '_> {
    type Value = (Option<Data>, Vec<SubgraphError>);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ResponseSeed<'_, '_> {
    type Value = (Option<Data>, Vec<SubgraphError>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a GraphQL response")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut data = None;
        let mut errors = Vec::new();
        while let Some(key) = map.next_key::<&str>()? {
            match key {
                "data" => {
                    data = Some(map.next_value_seed(ObjectSeed {
                        arena: self.arena,
                        shape: self.shape,
                    })?);
                }
                "errors" => {
                    errors = map
                        .next_value::<Option<Vec<SubgraphError>>>()?
                        .unwrap_or_default();
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok((data, errors))
    }
}

/// Decodes an object of a shape, or lists of them.
struct ObjectSeed<'a, 't> {
    arena: &'a mut Arena<'t>,
    shape: &'a Shape,
}

impl<'de> DeserializeSeed<'de> for ObjectSeed<'_, '_> {
    type Value = Data;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Data, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ObjectSeed<'_, '_> {
    type Value = Data;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Data, A::Error> {
        let mut fields = Vec::with_capacity(self.shape.fields.len());
        let mut guess = 0;
        while let Some(name) = map.next_key_seed(Name {
            shape: self.shape,
            guess,
        })? {
            let Some(place) = name else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            guess = place + 1;
            let field = &self.shape.fields[place];
            let data = if let Some(shape) = &field.child {
                let arena = &mut *self.arena;
                map.next_value_seed(ObjectSeed { arena, shape })?
            } else {
                let raw = map.next_value::<&'de RawValue>()?.get();
                if raw == "null" {
                    Data::Null
                } else {
                    Data::Leaf(self.arena.span(raw))
                }
            };
            match fields.iter_mut().find(|(key, _)| *key == field.key) {
                Some((_, existing)) => *existing = data,
                None => fields.push((field.key, data)),
            }
        }
        Ok(Data::Object(self.arena.tree.add_object(fields)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Data, A::Error> {
        let mut items = Vec::with_capacity(seq.size_hint().unwrap_or(0));
        while let Some(item) = seq.next_element_seed(ObjectSeed {
            arena: &mut *self.arena,
            shape: self.shape,
        })? {
            items.push(item);
        }
        Ok(Data::List(self.arena.tree.add_list(items)))
    }

    fn visit_unit<E>(self) -> Result<Data, E> {
        Ok(Data::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Data, E> {
        Ok(Data::Wrong)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Data, E> {
        Ok(Data::Wrong)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Data, E> {
        Ok(Data::Wrong)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Data, E> {
        Ok(Data::Wrong)
    }

    fn visit_str<E>(self, _: &str) -> Result<Data, E> {
        Ok(Data::Wrong)
    }
}

/// Looks an entry's name up in the shape without keeping it.
struct Name<'a> {
    shape: &'a Shape,
    guess: usize,
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, name: &str) -> Result<Option<usize>, E> {
        Ok(self.shape.find(name, self.guess))
    }
}
