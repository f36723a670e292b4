//! Representations: which entity they mean, and whether they hold what a `@requires` asks for.

use apollo_compiler::{
    Name,
    executable::{Selection, SelectionSet},
    schema::ExtendedType,
};
use serde_json::{Map, Value};

use super::{Subgraph, schema::SubgraphSchema};
use crate::records::{Record, Scope, reference};

impl Subgraph {
    /// The type and the name of the entity that a representation means; none, when it is not known.
    pub(super) fn decode(
        &self,
        representation: &Record,
    ) -> Result<Option<(String, String)>, String> {
        let ty = representation.get("__typename").and_then(Value::as_str);
        let ty = ty.ok_or("a representation without __typename")?;
        let keys = self.schema.keys.get(ty);
        let keys = keys.ok_or_else(|| format!("{ty} has no resolvable key"))?;
        self.schema.check(ty, representation)?;
        let keys: Vec<_> = keys
            .iter()
            .filter(|key| is_complete(key, representation))
            .collect();
        if keys.is_empty() {
            return Err(format!("no key of {ty} in {representation:?}"));
        }
        for concrete in self.concrete(ty) {
            for (name, entity) in self.records.entities.get(&concrete).into_iter().flatten() {
                let mut fits = true;
                for key in &keys {
                    fits &= self.matches(key, representation, entity)?;
                }
                if fits {
                    return Ok(Some((concrete, name.clone())));
                }
            }
        }
        Ok(None)
    }

    /// The types of the records that a type of this subgraph stands for.
    fn concrete(&self, ty: &str) -> Vec<String> {
        if self.schema.interface_objects.contains(ty) {
            return self.records.interfaces.get(ty).cloned().unwrap_or_default();
        }
        match self.schema.implementers.get(ty) {
            Some(implementers) => implementers.objects.iter().map(Name::to_string).collect(),
            None => vec![ty.to_owned()],
        }
    }

    fn matches(
        &self,
        key: &SelectionSet,
        representation: &Record,
        entity: &Record,
    ) -> Result<bool, String> {
        for selection in &key.selections {
            let Selection::Field(field) = selection else {
                return Err("a key with a fragment".to_owned());
            };
            let nowhere = Scope {
                representation: None,
                arguments: &Map::new(),
                provided: false,
            };
            let known = entity.get(field.name.as_str()).unwrap_or(&Value::Null);
            let known = self.records.evaluate(known, &nowhere)?;
            let sent = &representation[field.name.as_str()];
            if !self.matches_value(&field.selection_set, sent, &known)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn matches_value(
        &self,
        key: &SelectionSet,
        sent: &Value,
        known: &Value,
    ) -> Result<bool, String> {
        match (sent, known) {
            (Value::Array(sent), Value::Array(known)) => {
                let mut fits = sent.len() == known.len();
                for (sent, known) in sent.iter().zip(known) {
                    fits = fits && self.matches_value(key, sent, known)?;
                }
                Ok(fits)
            }
            (Value::Object(sent), Value::Object(inline)) => {
                let known = match reference(known) {
                    Some((ty, name)) => self.records.entity(ty, name)?,
                    None => inline,
                };
                self.matches(key, sent, known)
            }
            _ => Ok(sent == known),
        }
    }
}

impl SubgraphSchema {
    /// Refuses what the subgraph does not define.
    fn check(&self, ty: &str, object: &Record) -> Result<(), String> {
        let named = object.get("__typename").and_then(Value::as_str);
        let ty = named.unwrap_or(ty);
        for (key, value) in object.iter().filter(|(key, _)| *key != "__typename") {
            let field = self.field(ty, key);
            let field = field.ok_or_else(|| format!("there is no {ty}.{key}"))?;
            self.check_value(field.ty.inner_named_type(), value)?;
        }
        Ok(())
    }

    fn check_value(&self, ty: &str, value: &Value) -> Result<(), String> {
        match value {
            Value::Array(items) => items.iter().try_for_each(|item| self.check_value(ty, item)),
            Value::Object(object) => self.check(ty, object),
            _ => Ok(()),
        }
    }

    /// Whether a representation holds all that a field set selects; the error says what is missing.
    pub(super) fn holds(&self, set: &SelectionSet, object: &Record) -> Result<(), String> {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => {
                    let value = object.get(field.name.as_str());
                    let value = value.ok_or_else(|| format!("{}.{}", set.ty, field.name))?;
                    self.holds_value(&field.selection_set, value)?;
                }
                Selection::InlineFragment(inline) => {
                    let ty = self.run_time_type(&set.ty, object)?;
                    let condition = inline.type_condition.as_ref().unwrap_or(&set.ty);
                    if self.is(ty, condition) {
                        self.holds(&inline.selection_set, object)?;
                    }
                }
                Selection::FragmentSpread(_) => {}
            }
        }
        Ok(())
    }

    fn holds_value(&self, set: &SelectionSet, value: &Value) -> Result<(), String> {
        match value {
            Value::Array(items) => items
                .iter()
                .try_for_each(|item| self.holds_value(set, item)),
            Value::Object(object) => self.holds(set, object),
            _ => Ok(()),
        }
    }

    fn run_time_type<'a>(&self, ty: &'a Name, object: &'a Record) -> Result<&'a str, String> {
        match object.get("__typename").and_then(Value::as_str) {
            Some(ty) => Ok(ty),
            None if matches!(self.schema.types.get(ty), Some(ExtendedType::Object(_))) => Ok(ty),
            None => Err(format!("{ty}.__typename")),
        }
    }
}

/// Whether a representation has a value for every field of a key.
fn is_complete(key: &SelectionSet, object: &Record) -> bool {
    key.selections.iter().all(|selection| match selection {
        Selection::Field(field) => object
            .get(field.name.as_str())
            .is_some_and(|value| is_complete_value(&field.selection_set, value)),
        _ => false,
    })
}

fn is_complete_value(key: &SelectionSet, value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => items.iter().all(|item| is_complete_value(key, item)),
        Value::Object(object) => is_complete(key, object),
        _ => key.selections.is_empty(),
    }
}
