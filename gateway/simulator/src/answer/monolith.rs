//! One schema that knows everything: what a federated answer is compared with.

use std::{
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use apollo_compiler::{
    ExecutableDocument, Name, Schema,
    executable::{Field, Operation, SelectionSet},
    response::{JsonMap, JsonValue},
    validation::Valid,
};

use super::{
    Collector, Execution, Place, Refusal, Resolved, Resolver, arguments, execute, required,
};
use crate::{
    sdl::ContextUse,
    world::{Object, World},
};

/// The API schema, answered as one.
pub struct Monolith {
    world: Arc<World>,
    schema: Valid<Schema>,
    epoch: AtomicU64,
    no_document: ExecutableDocument,
    no_variables: JsonMap,
}

impl Monolith {
    /// Over a world, with the API schema of its composition.
    pub fn new(world: Arc<World>, schema: Valid<Schema>) -> Self {
        Self {
            world,
            schema,
            epoch: AtomicU64::new(0),
            no_document: ExecutableDocument::new(),
            no_variables: JsonMap::new(),
        }
    }

    /// The data that answers an operation. `event` tells a subscription's events apart; it is 0 for others.
    pub fn answer(
        &self,
        document: &Valid<ExecutableDocument>,
        operation: &Operation,
        variables: &JsonMap,
        event: u64,
    ) -> Result<JsonMap, Refusal> {
        self.epoch.store(0, Ordering::Relaxed);
        let root = Object {
            ty: operation.object_type().clone(),
            number: event,
        };
        execute(self, document, operation, variables, root)
    }

    /// A field set's values for one object, with the types of all objects in it.
    fn evaluate<'a>(
        &'a self,
        place: &Rc<Place<'a>>,
        set: &'a SelectionSet,
    ) -> Result<JsonMap, Refusal> {
        let execution = Execution {
            resolver: self,
            collector: Collector {
                document: &self.no_document,
                variables: &self.no_variables,
            },
            with_types: true,
        };
        execution.set(place, &[set], false)
    }

    fn context<'a>(
        &'a self,
        subgraph: usize,
        place: &Rc<Place<'a>>,
        wanted: &'a ContextUse,
    ) -> Result<JsonValue, Refusal> {
        let subgraph = &self.world.subgraphs()[subgraph];
        let mut above = place.parent.as_ref();
        while let Some(place) = above {
            let carrier = subgraph
                .context_types(&wanted.context)
                .into_iter()
                .flatten()
                .find(|carrier| self.world.is_subtype(&place.object.ty, carrier));
            if let Some(set) = carrier.and_then(|carrier| wanted.selections.get(carrier)) {
                return Ok(only_value(JsonValue::Object(self.evaluate(place, set)?)));
            }
            above = place.parent.as_ref();
        }
        Err(Refusal::NotHere(format!(
            "nothing around {} carries the context {}",
            place.object.ty, wanted.context
        )))
    }
}

/// The one leaf of a selection of one field with one field below it, and so on.
fn only_value(value: JsonValue) -> JsonValue {
    match value {
        JsonValue::Object(map) => map
            .into_iter()
            .find(|(name, _)| name.as_str() != "__typename")
            .map_or(JsonValue::Null, |(_, value)| only_value(value)),
        JsonValue::Array(items) => items.into_iter().map(only_value).collect(),
        leaf => leaf,
    }
}

impl Resolver for Monolith {
    fn schema(&self) -> &Valid<Schema> {
        &self.schema
    }

    fn type_name(&self, object: &Object) -> Result<Name, Refusal> {
        Ok(object.ty.clone())
    }

    fn applies(&self, object: &Object, condition: &str) -> bool {
        self.world.is_subtype(&object.ty, condition)
    }

    fn resolve<'a>(
        &'a self,
        place: &Rc<Place<'a>>,
        field: &'a Field,
        variables: &'a JsonMap,
    ) -> Result<Resolved<'a>, Refusal> {
        let object = &place.object;
        let mut arguments =
            arguments::coerce(&self.schema, &field.definition, &field.arguments, variables);
        let Some(known) = self.world.field(&object.ty, &field.name) else {
            let missing = format!("{}.{} is in no subgraph", object.ty, field.name);
            return Err(Refusal::NotHere(missing));
        };
        if let Some((subgraph, local)) = &known.contexts
            && let Some(info) = self.world.subgraphs()[*subgraph].field_info(local, &field.name)
        {
            for wanted in &info.contexts {
                let value = self.context(*subgraph, place, wanted)?;
                arguments.insert(wanted.argument.to_string(), value);
            }
        }
        let required = match &known.requires {
            Some((subgraph, local)) => self.world.subgraphs()[*subgraph]
                .field_info(local, &field.name)
                .and_then(|info| info.requires.as_ref()),
            None => None,
        };
        let required = required
            .map(|set| {
                let values = self.evaluate(place, set)?;
                required::project(&self.world, &object.ty, set, &values).map_err(Refusal::NotHere)
            })
            .transpose()?;
        let epoch = self.epoch.load(Ordering::Relaxed);
        let found = self
            .world
            .value(object, &field.name, &arguments, required.as_ref(), epoch)?;
        Ok(Resolved {
            found,
            provided: Vec::new(),
            representations: Vec::new(),
        })
    }

    fn mutated(&self) {
        self.epoch.fetch_add(1, Ordering::Relaxed);
    }
}
