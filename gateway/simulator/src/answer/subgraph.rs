//! One subgraph's server, without the transport.

use std::{
    rc::Rc,
    sync::{Arc, atomic::Ordering},
};

use apollo_compiler::{
    ExecutableDocument, Name, Schema,
    executable::{Field, Selection, SelectionSet},
    response::{JsonMap, JsonValue},
    validation::Valid,
};

use super::{Epoch, Place, Refusal, Resolved, Resolver, arguments, execute, required};
use crate::{
    sdl::{Subgraph, TypeInfo},
    world::{Arguments, Found, Object, World},
};

/// Answers as one subgraph. Clones share the count of mutations.
#[derive(Clone)]
pub struct Server {
    world: Arc<World>,
    /// What clients know of all subgraphs together.
    api: Arc<Valid<Schema>>,
    index: usize,
    epoch: Arc<Epoch>,
}

impl Server {
    /// The servers of all subgraphs of a world, in order. What a field computes depends on its arguments as the API schema
    /// knows them: others, and other defaults, are only known to some of the subgraphs that resolve it.
    pub fn all(world: &Arc<World>, api: &Valid<Schema>) -> Vec<Self> {
        let api = Arc::new(api.clone());
        let epoch = Arc::new(Epoch::new(0));
        (0..world.subgraphs().len())
            .map(|index| Self {
                world: Arc::clone(world),
                api: Arc::clone(&api),
                index,
                epoch: Arc::clone(&epoch),
            })
            .collect()
    }

    /// The subgraph's name.
    pub fn name(&self) -> &str {
        self.subgraph().name()
    }

    /// Forgets the mutations so far, here and in all the world's servers.
    pub fn reset(&self) {
        self.epoch.store(0, Ordering::Relaxed);
    }

    /// Answers a request, as a GraphQL response. `event` tells a subscription's events apart; it is 0 for others.
    pub fn answer(&self, query: &str, variables: &JsonMap, event: u64) -> JsonValue {
        let mut response = JsonMap::new();
        match self.data(query, variables, event) {
            Ok(data) => {
                response.insert("data", JsonValue::Object(data));
            }
            Err(refusal) => {
                let mut error = JsonMap::new();
                let message = format!("{}: {refusal}", self.name());
                error.insert("message", message.into());
                response.insert("errors", JsonValue::Array(vec![error.into()]));
                response.insert("data", JsonValue::Null);
            }
        }
        JsonValue::Object(response)
    }

    fn data(&self, query: &str, variables: &JsonMap, event: u64) -> Result<JsonMap, Refusal> {
        let document = ExecutableDocument::parse_and_validate(self.schema(), query, "fetch")
            .map_err(|error| Refusal::Invalid(error.errors.to_string()))?;
        let operation = document
            .operations
            .get(None)
            .map_err(|error| Refusal::Invalid(error.message().to_string()))?;
        let root = Object {
            ty: operation.object_type().clone(),
            number: event,
        };
        execute(self, &document, operation, variables, root)
    }

    fn subgraph(&self) -> &Subgraph {
        &self.world.subgraphs()[self.index]
    }

    fn local(&self, object: &Object) -> Result<&Name, Refusal> {
        let types = self.world.local_types(self.subgraph(), &object.ty);
        let none = || Refusal::NotHere(format!("{} is not known here", object.ty));
        types.first().copied().ok_or_else(none)
    }

    fn entities<'a>(&self, arguments: &Arguments) -> Result<Resolved<'a>, Refusal> {
        let mut found = Vec::new();
        let mut representations = Vec::new();
        let given = arguments
            .get("representations")
            .and_then(JsonValue::as_array);
        for given in given.into_iter().flatten() {
            let JsonValue::Object(given) = given else {
                return Err(Refusal::NotHere(format!("{given} is no representation")));
            };
            found.push(Found::Object(self.entity(given)?));
            representations.push(given.clone());
        }
        Ok(Resolved {
            found: Found::List(found),
            provided: Vec::new(),
            representations,
        })
    }

    fn entity(&self, given: &JsonMap) -> Result<Object, Refusal> {
        let refuse = |why: &str| {
            let given = JsonValue::Object(given.clone());
            Err(Refusal::NotHere(format!("the entity {given}: {why}")))
        };
        let Some(ty) = given.get("__typename").and_then(JsonValue::as_str) else {
            return refuse("it has no __typename");
        };
        let Some(info) = self.subgraph().type_info(ty) else {
            return refuse("no such type here");
        };
        let told = info
            .keys
            .iter()
            .filter(|key| key.resolvable || info.may_return())
            .find_map(|key| self.world.decode(ty, &key.set, given));
        match told {
            Some(object) if self.world.is_subtype(&object.ty, ty) => Ok(object),
            Some(_) => refuse("its key is of another type"),
            None => refuse("it has no key that is resolvable here"),
        }
    }

    /// Refuses a field that this subgraph has, but should not be asked; otherwise what it requires.
    fn guard(
        &self,
        place: &Place<'_>,
        local: &Name,
        field: &Field,
        arguments: &Arguments,
    ) -> Result<Option<JsonValue>, Refusal> {
        let refuse = |why: &str| {
            let why = format!("{local}.{} {why}", field.name);
            Err(Refusal::NotHere(why))
        };
        let Some(info) = self.subgraph().field_info(local, &field.name) else {
            return refuse("is not known here");
        };
        let is_free = info.in_key || self.is_provided(place, &field.name);
        if info.external && !is_free {
            return refuse("is external and not provided");
        }
        if self.is_overridden(local, &field.name) && !is_free {
            return refuse("is overridden");
        }
        for wanted in &info.contexts {
            if !arguments.contains_key(wanted.argument.as_str()) {
                return refuse("comes without its context");
            }
        }
        let Some(set) = &info.requires else {
            let returned = self.subgraph().type_info(local);
            let returned = returned.filter(|_| place.representation.is_some() && !is_free);
            if returned.is_some_and(TypeInfo::may_return) {
                return refuse("cannot be asked by a key that is not resolvable");
            }
            return Ok(None);
        };
        let Some(sent) = &place.representation else {
            return refuse("requires what only an entity fetch can send");
        };
        required::project(&self.world, &place.object.ty, set, sent)
            .map(Some)
            .or_else(|why| refuse(&why))
    }

    fn is_provided(&self, place: &Place<'_>, field: &str) -> bool {
        let mut below = Vec::new();
        self.provided_below(place, field, &mut below)
    }

    /// Whether the field is provided here; `below` is what is provided in its objects.
    fn provided_below<'a>(
        &self,
        place: &Place<'a>,
        field: &str,
        below: &mut Vec<&'a SelectionSet>,
    ) -> bool {
        let before = below.len();
        for set in &place.provided {
            self.find_provided(&place.object, set, field, below);
        }
        below.len() > before
    }

    fn find_provided<'a>(
        &self,
        object: &Object,
        set: &'a SelectionSet,
        field: &str,
        below: &mut Vec<&'a SelectionSet>,
    ) {
        for selection in &set.selections {
            match selection {
                Selection::Field(one) if one.name == field => below.push(&one.selection_set),
                Selection::InlineFragment(inline)
                    if inline
                        .type_condition
                        .as_ref()
                        .is_none_or(|ty| self.applies(object, ty)) =>
                {
                    self.find_provided(object, &inline.selection_set, field, below);
                }
                _ => {}
            }
        }
    }

    /// Whether another subgraph has taken the field over, or this one has not yet.
    fn is_overridden(&self, local: &str, field: &str) -> bool {
        let is_on = |label: &Option<String>| {
            label
                .as_ref()
                .is_none_or(|label| self.world.is_label_active(label))
        };
        let own = self.subgraph().field_info(local, field);
        if own
            .and_then(|info| info.overrides.as_ref())
            .is_some_and(|one| !is_on(&one.label))
        {
            return true;
        }
        self.world
            .subgraphs()
            .iter()
            .filter_map(|one| one.field_info(local, field)?.overrides.as_ref())
            .any(|one| one.from == self.name() && is_on(&one.label))
    }
}

impl Resolver for Server {
    fn schema(&self) -> &Valid<Schema> {
        self.subgraph().schema()
    }

    fn type_name(&self, object: &Object) -> Result<Name, Refusal> {
        self.local(object).cloned()
    }

    fn applies(&self, object: &Object, condition: &str) -> bool {
        self.local(object).is_ok_and(|local| {
            local == condition || self.subgraph().possible_types(condition).contains(local)
        })
    }

    fn resolve<'a>(
        &'a self,
        place: &Rc<Place<'a>>,
        field: &'a Field,
        variables: &'a JsonMap,
    ) -> Result<Resolved<'a>, Refusal> {
        let object = &place.object;
        let mut arguments = arguments::coerce(
            self.schema(),
            &field.definition,
            &field.arguments,
            variables,
        );
        match field.name.as_str() {
            "_entities" => return self.entities(&arguments),
            "_service" => {
                let mut service = JsonMap::new();
                service.insert("sdl", self.subgraph().sdl().into());
                return Ok(Resolved {
                    found: Found::Leaf(service.into()),
                    provided: Vec::new(),
                    representations: Vec::new(),
                });
            }
            _ => {}
        }
        let local = self.local(object)?;
        let required = self.guard(place, local, field, &arguments)?;
        if let Ok(definition) = self.api.type_field(local, &field.name) {
            let known = arguments::coerce(&self.api, definition, &field.arguments, variables);
            let info = self.subgraph().field_info(local, &field.name);
            let contexts = info.into_iter().flat_map(|info| &info.contexts);
            let contexts: Vec<_> = contexts.map(|used| used.argument.as_str()).collect();
            arguments.retain(|name, _| contexts.contains(&name.as_str()));
            arguments.extend(known);
        }
        let mut provided = Vec::new();
        self.provided_below(place, &field.name, &mut provided);
        provided.extend(
            self.subgraph()
                .field_info(local, &field.name)
                .and_then(|info| info.provides.as_ref()),
        );
        let epoch = self.epoch.load(Ordering::Relaxed);
        let found = self
            .world
            .value(object, &field.name, &arguments, required.as_ref(), epoch)?;
        Ok(Resolved {
            found,
            provided,
            representations: Vec::new(),
        })
    }

    fn mutated(&self) {
        self.epoch.fetch_add(1, Ordering::Relaxed);
    }
}
