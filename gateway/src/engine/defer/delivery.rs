//! What an answer in parts has delivered, and what it still owes.

use std::{borrow::Cow, collections::HashSet};

use apollo_compiler::response::JsonMap;

use crate::engine::{
    error::{Errors, GraphQLError, PathItem},
    execute::{Run, State},
    program::{Scope, Scopes},
    project::{Pending, Source, Step, View, project},
    response::{Response, errors_json},
    selection::{DeferredSet, Output, Set, takes},
    tree::{Data, ObjectId},
};

/// One operation's payloads.
pub(super) struct Delivery<'r, 'a> {
    run: &'r Run<'a>,
    introspection: Option<&'r JsonMap>,
    scopes: Scopes,
    /// Parts whose fetches are not all answered.
    running: HashSet<Scope>,
    /// What was left out of the payloads so far.
    pending: Vec<Pending<'a>>,
    /// Errors that were told without saying which object they are about.
    told: HashSet<usize>,
    has_begun: bool,
    /// Whether the last payload said that another will follow.
    owes: bool,
}

impl<'r, 'a> Delivery<'r, 'a> {
    pub(super) fn new(run: &'r Run<'a>, introspection: Option<&'r JsonMap>) -> Self {
        Self {
            run,
            introspection,
            scopes: run.prepared.program.scopes.clone(),
            running: HashSet::new(),
            pending: Vec::new(),
            told: HashSet::new(),
            has_begun: false,
            owes: false,
        }
    }

    pub(super) fn launched(&mut self, part: Scope) {
        self.running.insert(part);
    }

    pub(super) fn done(&mut self, part: Scope) {
        self.running.remove(&part);
    }

    /// Whether anything remains to be delivered.
    pub(super) fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// The first payload; a whole response, if it leaves nothing out.
    pub(super) fn first(&mut self) -> Response {
        self.has_begun = true;
        let state = self.run.state();
        let source = source(self.run, self.introspection, &state);
        let set = &self.run.prepared.set;
        let mut errors = Errors::default();
        for error in state.errors.as_slice() {
            if error.scope == Scope::PRIMARY
                && locate(&source, set, state.root, &error.path) != Place::Later
            {
                errors.push(error.clone());
            }
        }
        let view = View {
            set,
            object: state.root,
            path: &[],
            scope: Scope::PRIMARY,
        };
        let mut data = Vec::with_capacity(1024);
        project(&source, view, &mut errors, &mut data, &mut self.pending);
        self.owes = !self.pending.is_empty();
        if self.pending.is_empty() {
            Response::data(&data, &errors)
        } else {
            Response::first(&data, &errors)
        }
    }

    /// A payload with every part that is ready, if any is, or with the news that nothing follows.
    pub(super) fn ready(&mut self) -> Option<Response> {
        let mut items = Vec::new();
        loop {
            let mut waiting = Vec::new();
            let mut ready = Vec::new();
            for pending in std::mem::take(&mut self.pending) {
                let part = self.part(&pending);
                if self.running.contains(&part) {
                    waiting.push(pending);
                } else {
                    ready.push((part, pending));
                }
            }
            self.pending = waiting;
            if ready.is_empty() {
                break;
            }
            // Each may leave parts behind, which may be ready too.
            for (part, pending) in &ready {
                self.item(*part, pending, &mut items);
            }
        }
        if items.is_empty() && (self.has_pending() || !self.owes) {
            return None;
        }
        self.owes = self.has_pending();
        Some(Response::incremental(&items, self.owes))
    }

    /// The last payload of an answer that took too long.
    pub(super) fn give_up(&mut self) -> Response {
        const CODE: &str = "GATEWAY_TIMEOUT";
        if !self.has_begun {
            return Response::request_error(CODE, "The request took too long");
        }
        let mut items = Vec::new();
        for pending in std::mem::take(&mut self.pending) {
            begin_item(&pending, &mut items);
            let path = pending.path.iter().map(PathItem::from).collect();
            let error = GraphQLError::coded(CODE, "The request took too long").at(path);
            items.extend_from_slice(b"null");
            end_item(&[error], &mut items);
        }
        Response::incremental(&items, false)
    }

    fn part(&mut self, pending: &Pending<'_>) -> Scope {
        let keys = pending.path.iter().filter_map(|step| match step {
            Step::Key(key) => Some(*key),
            Step::Index(_) => None,
        });
        let label = pending.deferred.label.as_deref();
        self.scopes.resolve(pending.parent, label, keys)
    }

    /// Writes one item of `incremental`: a part of one object.
    fn item(&mut self, part: Scope, pending: &Pending<'a>, items: &mut Vec<u8>) {
        let state = self.run.state();
        let source = source(self.run, self.introspection, &state);
        let Some(deferred) = pending.now(&source) else {
            return;
        };
        let mut errors = Errors::default();
        for (index, error) in state.errors.as_slice().iter().enumerate() {
            let is_told = match concern(&source, &self.scopes, (part, deferred), pending, error) {
                Concern::None => false,
                Concern::Object => true,
                Concern::Around => self.told.insert(index),
            };
            if is_told {
                errors.push(error.clone());
            }
        }
        begin_item(pending, items);
        let view = View {
            set: &deferred.set,
            object: pending.object,
            path: &pending.path,
            scope: part,
        };
        project(&source, view, &mut errors, items, &mut self.pending);
        end_item(errors.as_slice(), items);
    }
}

/// What an error has to do with a part of an object.
enum Concern {
    None,
    Object,
    /// It is about everything there: told once, as there may be many objects.
    Around,
}

/// An error is told with a part of an object when it comes from the part's own fetches, there or above, or from earlier
/// ones, in a field that the part selects.
fn concern(
    source: &Source<'_>,
    scopes: &Scopes,
    (part, deferred): (Scope, &DeferredSet),
    pending: &Pending<'_>,
    error: &GraphQLError,
) -> Concern {
    let is_own = error.scope == part;
    let is_same_way = pending
        .path
        .iter()
        .zip(&error.path)
        .all(|(step, item)| is_step(*step, item));
    if !is_same_way || !scopes.encloses(error.scope, part) {
        return Concern::None;
    }
    let below = error.path.get(pending.path.len()..).unwrap_or_default();
    if below.is_empty() {
        return if is_own {
            Concern::Around
        } else {
            Concern::None
        };
    }
    match locate(source, &deferred.set, pending.object, below) {
        Place::Here => Concern::Object,
        Place::Nowhere if is_own => Concern::Object,
        Place::Nowhere | Place::Later => Concern::None,
    }
}

fn source<'s>(
    run: &'s Run<'_>,
    introspection: Option<&'s JsonMap>,
    state: &'s State,
) -> Source<'s> {
    Source {
        compiler: run.prepared.compiler(&run.engine.supergraph),
        tree: &state.tree,
        variables: run.variables,
        introspection,
    }
}

fn is_step(step: Step<'_>, item: &PathItem) -> bool {
    match (step, item) {
        (Step::Key(key), PathItem::Key(other)) => *key == **other,
        (Step::Index(index), PathItem::Index(other)) => index == *other,
        _ => false,
    }
}

/// `{"label":…,"path":…,"data":`
fn begin_item(pending: &Pending<'_>, items: &mut Vec<u8>) {
    items.extend_from_slice(if items.is_empty() { b"{" } else { b",{" });
    if let Some(label) = &pending.deferred.label {
        items.extend_from_slice(b"\"label\":");
        items.extend_from_slice(json(label).as_bytes());
        items.push(b',');
    }
    let path: Vec<_> = pending.path.iter().map(PathItem::from).collect();
    items.extend_from_slice(b"\"path\":");
    items.extend_from_slice(json(&path).as_bytes());
    items.extend_from_slice(b",\"data\":");
}

/// `,"errors":…}`
fn end_item(errors: &[GraphQLError], items: &mut Vec<u8>) {
    if !errors.is_empty() {
        items.extend_from_slice(b",\"errors\":");
        items.extend_from_slice(errors_json(errors).as_bytes());
    }
    items.push(b'}');
}

/// Strings and numbers always serialize.
fn json<T: serde::Serialize + ?Sized>(value: &T) -> Cow<'static, str> {
    serde_json::to_string(value).map_or(Cow::Borrowed("null"), Cow::Owned)
}

/// Where a set takes what is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Here,
    /// In a fragment that it defers.
    Later,
    /// Nowhere: only the plan needs it.
    Nowhere,
}

/// Follows a path as far as there are objects.
fn locate(source: &Source<'_>, set: &Set, object: ObjectId, path: &[PathItem]) -> Place {
    let Some((PathItem::Key(key), below)) = path.split_first() else {
        return Place::Here;
    };
    let type_name = source.tree.type_name(object);
    let Some((_, taken)) = set.taken(&source.compiler, type_name) else {
        return Place::Here;
    };
    let field = taken
        .fields
        .iter()
        .find(|field| field.response_key == *key && takes(source.variables, &field.conditions));
    let place = field.map_or(Place::Nowhere, |field| match &field.output {
        Output::Object(set) => locate_in(source, set, source.tree.get(object, field.key), below),
        _ => Place::Here,
    });
    if place == Place::Here {
        return Place::Here;
    }
    let later = |deferred: &DeferredSet| {
        takes(source.variables, &deferred.conditions)
            && locate(source, &deferred.set, object, path) != Place::Nowhere
    };
    if taken.deferred.iter().any(later) {
        Place::Later
    } else {
        place
    }
}

fn locate_in(source: &Source<'_>, set: &Set, data: Option<Data>, path: &[PathItem]) -> Place {
    match (data, path) {
        (Some(Data::Object(object)), path) => locate(source, set, object, path),
        (Some(Data::List(list)), [PathItem::Index(index), below @ ..]) => {
            let item = source.tree.items(list).get(*index).copied();
            locate_in(source, set, item, below)
        }
        _ => Place::Here,
    }
}
