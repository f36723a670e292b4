//! What the subgraphs of a suite know (`records.yaml`), and the small language in which it is written.
//!
//! - `entities`: by type and by a name of our own; their fields' values.
//! - `interfaces`: which of those types an interface has, for the subgraphs that know it only as an interface object.
//! - `fields`: by subgraph and `Type.field`; these come before what the entity itself says, so that subgraphs may differ, and are
//!   the only place for fields with `@requires`, which a subgraph computes.
//!
//! A value is a literal or an object literal (a value object, `__typename` where its field's type is abstract), or it is
//! computed: an object with one key that begins with `$` (see [`Formula`]), or a string that begins with `$.` (a path into
//! the representation's required values) or with `$arg.` (into the field's arguments). A path's numbers are places in lists,
//! negative ones from the end. Nothing depends on what a query looks like.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

/// An object's fields.
pub(crate) type Record = Map<String, Value>;

/// A suite's `records.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Records {
    pub(crate) entities: BTreeMap<String, BTreeMap<String, Record>>,
    #[serde(default)]
    pub(crate) interfaces: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(crate) fields: BTreeMap<String, BTreeMap<String, Value>>,
}

/// What a value may depend on.
pub(crate) struct Scope<'a> {
    /// The representation that the object came from.
    pub(crate) representation: Option<&'a Record>,
    pub(crate) arguments: &'a Record,
    /// Whether a `@provides` covers the field here.
    pub(crate) provided: bool,
}

/// A computed value.
#[derive(Deserialize)]
enum Formula {
    /// An entity, `Type/name`.
    #[serde(rename = "$ref")]
    Ref(String),
    /// All entities of a type, by name.
    #[serde(rename = "$all")]
    All(String),
    /// The entities with these values; `first`: the first of them, or null.
    #[serde(rename = "$find")]
    Find(Find),
    /// The table's entry for the value; null, when there is none.
    #[serde(rename = "$by")]
    By(Value, BTreeMap<String, Value>),
    /// The first so many items.
    #[serde(rename = "$take")]
    Take(Value, Value),
    #[serde(rename = "$product")]
    Product(Vec<Value>),
    #[serde(rename = "$greater")]
    Greater(Value, Value),
    #[serde(rename = "$not")]
    Not(Value),
    /// One text after the other.
    #[serde(rename = "$text")]
    Text(Vec<Value>),
    /// Known only where a `@provides` covers the field.
    #[serde(rename = "$provided")]
    Provided(Value),
    /// A field that must not be asked for.
    #[serde(rename = "$error")]
    Error(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Find {
    #[serde(rename = "type")]
    ty: String,
    #[serde(rename = "where")]
    wanted: Record,
    #[serde(default)]
    first: bool,
}

/// The entity that a value refers to, as type and name.
pub(crate) fn reference(value: &Value) -> Option<(&str, &str)> {
    let object = value.as_object()?;
    object.get("$ref")?.as_str()?.split_once('/')
}

impl Records {
    pub(crate) fn parse(yaml: &str) -> Result<Self, String> {
        serde_saphyr::from_str(yaml).map_err(|error| format!("records.yaml: {error}"))
    }

    /// The entity of a reference.
    pub(crate) fn entity(&self, ty: &str, name: &str) -> Result<&Record, String> {
        let entity = self.entities.get(ty).and_then(|all| all.get(name));
        entity.ok_or_else(|| format!("the records have no {ty}/{name}"))
    }

    /// What a value is. References stay references, and so do value objects, whose fields are evaluated when they are asked
    /// for.
    pub(crate) fn evaluate(&self, value: &Value, scope: &Scope<'_>) -> Result<Value, String> {
        match value {
            Value::String(text) if text.starts_with("$.") => {
                let representation = scope
                    .representation
                    .ok_or_else(|| format!("{text}: there is no representation"))?;
                Ok(at(representation, &text[2..]))
            }
            Value::String(text) if text.starts_with("$arg.") => Ok(at(scope.arguments, &text[5..])),
            Value::Array(items) => {
                let items = items.iter().map(|item| self.evaluate(item, scope));
                items.collect::<Result<_, _>>().map(Value::Array)
            }
            Value::Object(object) if object.keys().any(|key| key.starts_with('$')) => {
                let formula = Formula::deserialize(value);
                let formula = formula.map_err(|error| format!("{value}: {error}"))?;
                self.compute(formula, scope)
            }
            _ => Ok(value.clone()),
        }
    }

    fn compute(&self, formula: Formula, scope: &Scope<'_>) -> Result<Value, String> {
        let number = |value: &Value| {
            let value = self.evaluate(value, scope)?;
            value.as_f64().ok_or_else(|| format!("{value}: no number"))
        };
        Ok(match formula {
            Formula::Ref(to) => json!({ "$ref": to }),
            Formula::All(ty) => self.find(&ty, &Record::new(), scope)?.into(),
            Formula::Find(find) => {
                let found = self.find(&find.ty, &find.wanted, scope)?;
                if find.first {
                    found.into_iter().next().unwrap_or_default()
                } else {
                    found.into()
                }
            }
            Formula::By(value, table) => match table.get(&text(&self.evaluate(&value, scope)?)) {
                Some(entry) => self.evaluate(entry, scope)?,
                None => Value::Null,
            },
            Formula::Take(count, list) => {
                let (count, list) = (number(&count)?, self.evaluate(&list, scope)?);
                let items = list.as_array().into_iter().flatten();
                items.take(count as usize).cloned().collect()
            }
            Formula::Product(factors) => {
                let product: f64 = factors.iter().map(number).product::<Result<_, _>>()?;
                if product.fract() == 0.0 {
                    Value::from(product as i64)
                } else {
                    Value::from(product)
                }
            }
            Formula::Greater(one, other) => Value::from(number(&one)? > number(&other)?),
            Formula::Not(value) => match self.evaluate(&value, scope)? {
                Value::Bool(value) => Value::from(!value),
                other => return Err(format!("{other}: neither true nor false")),
            },
            Formula::Text(parts) => {
                let parts = parts.iter().map(|part| self.evaluate(part, scope));
                let parts: Vec<_> = parts.collect::<Result<_, _>>()?;
                parts.iter().map(text).collect::<String>().into()
            }
            Formula::Provided(value) if scope.provided => self.evaluate(&value, scope)?,
            Formula::Provided(_) => return Err("known only where it is provided".to_owned()),
            Formula::Error(message) => return Err(message),
        })
    }

    fn find(&self, ty: &str, wanted: &Record, scope: &Scope<'_>) -> Result<Vec<Value>, String> {
        let mut found = Vec::new();
        for (name, entity) in self.entities.get(ty).into_iter().flatten() {
            let mut fits = true;
            for (field, value) in wanted {
                fits &= entity.get(field) == Some(&self.evaluate(value, scope)?);
            }
            if fits {
                found.push(json!({ "$ref": format!("{ty}/{name}") }));
            }
        }
        Ok(found)
    }
}

/// What is at a path; null, when it leads nowhere.
fn at(root: &Record, path: &str) -> Value {
    let mut steps = path.split('.');
    let first = steps.next().and_then(|key| root.get(key));
    let found = first.and_then(|first| {
        steps.try_fold(first, |value, step| match value {
            Value::Array(items) => {
                let index: isize = step.parse().ok()?;
                let index = match usize::try_from(index) {
                    Ok(index) => index,
                    Err(_) => items.len().checked_add_signed(index)?,
                };
                items.get(index)
            }
            _ => value.get(step),
        })
    });
    found.cloned().unwrap_or_default()
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
