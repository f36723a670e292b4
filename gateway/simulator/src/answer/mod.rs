//! Answers operations: as one subgraph, which refuses what it should not be asked, or as one schema over all.

mod arguments;
mod collect;
mod monolith;
mod required;
mod subgraph;

use std::{rc::Rc, sync::atomic::AtomicU64};

use apollo_compiler::{
    ExecutableDocument, Name, Schema,
    ast::OperationType,
    executable::{Field, Operation, SelectionSet},
    request::coerce_variable_values,
    response::{JsonMap, JsonValue},
    validation::Valid,
};

use crate::world::{Found, Object, Unanswerable};
use collect::Collector;
pub use monolith::Monolith;
pub use subgraph::Server;

/// Why there is no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refusal {
    /// The document is not valid.
    #[error("invalid: {0}")]
    Invalid(String),
    /// A plan should not ask this.
    #[error("should not be asked: {0}")]
    NotHere(String),
    /// The schemas allow no answer.
    #[error(transparent)]
    Unanswerable(#[from] Unanswerable),
}

/// Mutations so far. Everything but keys depends on it, so that what is fetched too early or too late differs.
pub(crate) type Epoch = AtomicU64;

/// Who answers.
trait Resolver {
    fn schema(&self) -> &Valid<Schema>;

    /// An object's `__typename`, as it is known here.
    fn type_name(&self, object: &Object) -> Result<Name, Refusal>;

    fn applies(&self, object: &Object, condition: &str) -> bool;

    /// A field's value, and what its objects are to know.
    fn resolve<'a>(
        &'a self,
        place: &Rc<Place<'a>>,
        field: &'a Field,
        variables: &'a JsonMap,
    ) -> Result<Resolved<'a>, Refusal>;

    /// One mutation more.
    fn mutated(&self);
}

/// Where an object was found.
struct Place<'a> {
    object: Object,
    parent: Option<Rc<Place<'a>>>,
    /// What `@provides` on the way here allows.
    provided: Vec<&'a SelectionSet>,
    /// What an entity fetch sent.
    representation: Option<JsonMap>,
}

/// A value, and for the objects in it what is provided and what was sent for each.
struct Resolved<'a> {
    found: Found,
    provided: Vec<&'a SelectionSet>,
    representations: Vec<JsonMap>,
}

/// One operation's execution.
struct Execution<'a> {
    resolver: &'a dyn Resolver,
    collector: Collector<'a>,
    /// Whether objects tell their type unasked.
    with_types: bool,
}

/// Executes a valid operation.
fn execute(
    resolver: &dyn Resolver,
    document: &Valid<ExecutableDocument>,
    operation: &Operation,
    variables: &JsonMap,
    root: Object,
) -> Result<JsonMap, Refusal> {
    let variables = coerce_variable_values(resolver.schema(), operation, variables)
        .map_err(|error| Refusal::Invalid(error.message().to_string()))?;
    let execution = Execution {
        resolver,
        collector: Collector {
            document,
            variables: &variables,
        },
        with_types: false,
    };
    let place = Rc::new(Place::of(root));
    execution.set(
        &place,
        &[&operation.selection_set],
        operation.operation_type == OperationType::Mutation,
    )
}

impl Place<'_> {
    fn of(object: Object) -> Self {
        Self {
            object,
            parent: None,
            provided: Vec::new(),
            representation: None,
        }
    }
}

impl<'a> Execution<'a> {
    fn set(
        &self,
        place: &Rc<Place<'a>>,
        sets: &[&'a SelectionSet],
        mutation: bool,
    ) -> Result<JsonMap, Refusal> {
        let applies = |condition: &str| self.resolver.applies(&place.object, condition);
        let mut answer = JsonMap::new();
        if self.with_types {
            answer.insert("__typename", place.object.ty.as_str().into());
        }
        for (key, fields) in self.collector.collect(sets, &applies) {
            let field = fields[0];
            if field.name == "__typename" {
                let name = self.resolver.type_name(&place.object)?;
                answer.insert(key.as_str(), name.as_str().into());
                continue;
            }
            if mutation {
                self.resolver.mutated();
            }
            let resolved = self
                .resolver
                .resolve(place, field, self.collector.variables)?;
            let below: Vec<_> = fields.iter().map(|one| &one.selection_set).collect();
            let mut sent = resolved.representations.into_iter();
            let below = Below {
                parent: place,
                provided: resolved.provided,
                sets: below,
            };
            let value = self.complete(resolved.found, &below, &mut sent)?;
            answer.insert(key.as_str(), value);
        }
        Ok(answer)
    }

    fn complete(
        &self,
        found: Found,
        below: &Below<'_, 'a>,
        sent: &mut dyn Iterator<Item = JsonMap>,
    ) -> Result<JsonValue, Refusal> {
        Ok(match found {
            Found::Null => JsonValue::Null,
            Found::Leaf(value) => value,
            Found::List(items) => JsonValue::Array(
                items
                    .into_iter()
                    .map(|item| self.complete(item, below, sent))
                    .collect::<Result<_, _>>()?,
            ),
            Found::Object(object) => {
                let place = Rc::new(Place {
                    object,
                    parent: Some(Rc::clone(below.parent)),
                    provided: below.provided.clone(),
                    representation: sent.next(),
                });
                JsonValue::Object(self.set(&place, &below.sets, false)?)
            }
        })
    }
}

/// What is common to all objects of one field.
struct Below<'p, 'a> {
    parent: &'p Rc<Place<'a>>,
    provided: Vec<&'a SelectionSet>,
    sets: Vec<&'a SelectionSet>,
}
