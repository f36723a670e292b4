//! The one resolver: any field of any subgraph, from the records.

use std::sync::Arc;

use apollo_compiler::{
    Name,
    executable::{Selection, SelectionSet},
    resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue},
};
use serde_json::{Map, Value};

use super::Subgraph;
use crate::records::{Record, Scope, reference};

/// An object of one subgraph.
pub(super) struct Object {
    subgraph: Arc<Subgraph>,
    /// As the subgraph knows it.
    ty: Name,
    record: Record,
    /// What the gateway sent for it.
    representation: Option<Record>,
    /// What `@provides` covers here.
    provided: Vec<SelectionSet>,
}

impl ObjectValue for Object {
    fn type_name(&self) -> &str {
        &self.ty
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        self.resolve(info).map_err(|message| FieldError {
            message: format!("{}.{}: {message}", self.ty, info.field_name()),
        })
    }
}

impl Object {
    /// Where operations begin.
    pub(super) fn root(subgraph: Arc<Subgraph>) -> Self {
        Self {
            subgraph,
            ty: apollo_compiler::name!("Query"),
            record: Map::new(),
            representation: None,
            provided: Vec::new(),
        }
    }

    fn resolve<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, String> {
        let arguments =
            serde_json::to_value(info.arguments()).map_err(|error| error.to_string())?;
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        match info.field_name() {
            "_entities" => Ok(self.entities(&arguments)),
            "_service" => {
                let record = Map::from_iter([("sdl".to_owned(), self.subgraph.sdl.clone().into())]);
                Ok(ResolvedValue::object(Self {
                    ty: apollo_compiler::name!("_Service"),
                    ..self.child(record)
                }))
            }
            _ => self.field(info, &arguments),
        }
    }

    fn field<'v>(
        &self,
        info: &ResolveInfo<'_>,
        arguments: &Record,
    ) -> Result<ResolvedValue<'v>, String> {
        let definition = info.field_definition();
        let (schema, field) = (&self.subgraph.schema, &definition.name);
        let mut below = Vec::new();
        let provided = self.covered(&self.provided, field, &mut below);
        if schema.is_external(&self.ty, field) && !provided {
            return Err("external, and not provided here".to_owned());
        }
        let coordinate = (self.ty.clone(), field.clone());
        let required = schema.requires.get(&coordinate);
        if let Some(required) = required {
            let representation = self.representation.as_ref();
            let representation = representation.ok_or("requires values of other subgraphs")?;
            schema
                .holds(required, representation)
                .map_err(|missing| format!("{missing} is required, and was not sent"))?;
        }
        below.extend(schema.provides.get(&coordinate).cloned());
        let own = self.subgraph.records.fields.get(&self.subgraph.name);
        let own = own.and_then(|fields| fields.get(&format!("{}.{field}", self.ty)));
        let value = match own {
            Some(value) => value,
            None if required.is_some() => return Err("the records do not compute it".to_owned()),
            None => self
                .record
                .get(field.as_str())
                .ok_or("the records have no value")?,
        };
        let scope = Scope {
            representation: self.representation.as_ref(),
            arguments,
            provided,
        };
        let value = self.subgraph.records.evaluate(value, &scope)?;
        self.complete(&value, definition.ty.inner_named_type(), &below)
    }

    fn entities<'v>(&self, arguments: &Record) -> ResolvedValue<'v> {
        let representations = arguments["representations"].as_array().cloned();
        let subgraph = Arc::clone(&self.subgraph);
        let entities = representations.into_iter().flatten().map(move |sent| {
            let sent = sent.as_object().cloned().unwrap_or_default();
            let message = |message| FieldError { message };
            let Some((ty, name)) = subgraph.decode(&sent).map_err(message)? else {
                return Ok(ResolvedValue::null());
            };
            let record = subgraph.records.entity(&ty, &name).map_err(message)?;
            Ok(ResolvedValue::object(Self {
                ty: subgraph.type_of(&ty).map_err(message)?,
                representation: Some(sent),
                ..Self::root(Arc::clone(&subgraph)).child(record.clone())
            }))
        });
        ResolvedValue::List(Box::new(entities))
    }

    fn child(&self, record: Record) -> Self {
        Self {
            subgraph: Arc::clone(&self.subgraph),
            ty: self.ty.clone(),
            record,
            representation: None,
            provided: Vec::new(),
        }
    }

    /// A value as the executor takes it.
    fn complete<'v>(
        &self,
        value: &Value,
        ty: &Name,
        provided: &[SelectionSet],
    ) -> Result<ResolvedValue<'v>, String> {
        let (record, name) = match value {
            Value::Array(items) => {
                let items = items.iter().map(|item| self.complete(item, ty, provided));
                return Ok(ResolvedValue::list(items.collect::<Result<Vec<_>, _>>()?));
            }
            Value::Object(inline) => {
                if let Some((ty, name)) = reference(value) {
                    (self.subgraph.records.entity(ty, name)?, ty)
                } else {
                    let named = inline.get("__typename").and_then(Value::as_str);
                    (inline, named.unwrap_or(ty))
                }
            }
            // The executor takes no other number for a Float.
            Value::Number(number) if ty == "Float" => {
                return Ok(ResolvedValue::leaf(number.as_f64().unwrap_or_default()));
            }
            _ => return Ok(ResolvedValue::leaf(value.clone())),
        };
        Ok(ResolvedValue::object(Self {
            ty: self.subgraph.type_of(name)?,
            provided: provided.to_vec(),
            ..self.child(record.clone())
        }))
    }

    /// Whether `@provides` covers a field of this object; `below` gets what it covers under it.
    fn covered(
        &self,
        provided: &[SelectionSet],
        field: &Name,
        below: &mut Vec<SelectionSet>,
    ) -> bool {
        let mut covered = false;
        for selection in provided.iter().flat_map(|set| &set.selections) {
            match selection {
                Selection::Field(one) if one.name == *field => {
                    covered = true;
                    below.push(one.selection_set.clone());
                }
                Selection::InlineFragment(inline) => {
                    let condition = inline.type_condition.as_ref();
                    if condition.is_none_or(|ty| self.subgraph.schema.is(&self.ty, ty)) {
                        let set = std::slice::from_ref(&inline.selection_set);
                        covered |= self.covered(set, field, below);
                    }
                }
                _ => {}
            }
        }
        covered
    }
}

impl Subgraph {
    /// The type by which this subgraph knows the objects of a type of the records: that type, or an interface object.
    fn type_of(&self, concrete: &str) -> Result<Name, String> {
        if let Some((name, _)) = self.schema.schema.types.get_key_value(concrete) {
            return Ok(name.clone());
        }
        let interfaces = &self.schema.interface_objects;
        let interface = interfaces.iter().find(|interface| {
            let implementers = self.records.interfaces.get(interface.as_str());
            implementers.is_some_and(|all| all.iter().any(|one| one == concrete))
        });
        interface
            .cloned()
            .ok_or_else(|| format!("{} knows no {concrete}", self.name))
    }
}
