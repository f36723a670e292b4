//! Running a program: ask the subgraphs, merge their answers.
//!
//! A step that fails leaves an error behind and the rest goes on; what is missing then shows as null, or travels up to
//! where null is allowed, when the response is projected.

use std::sync::{Mutex, MutexGuard, PoisonError};

use apollo_compiler::{
    Schema,
    response::{JsonMap, JsonValue},
    validation::Valid,
};
use futures_util::future::{BoxFuture, FutureExt, join_all};
use serde_json::Value;
use tracing::Instrument;

use super::{
    Context, Inner,
    decode::{Decoded, Shape, SubgraphError, decode},
    error::{Errors, GraphQLError, PathItem},
    fetch::{self, FetchError},
    keys::Keys,
    operation::Prepared,
    program::{EntityFetch, Path, PathStep, RootFetch, Step, Template},
    representations::{self, Representations},
    tree::{Data, Merge, ObjectId, Tree},
    upstream,
};

/// One execution of a program.
pub(crate) struct Run<'a> {
    pub(crate) engine: &'a Inner,
    pub(crate) prepared: &'a Prepared,
    pub(crate) context: &'a Context,
    pub(crate) variables: &'a JsonMap,
    state: Mutex<State>,
}

/// What has been gathered so far.
pub(crate) struct State {
    pub(crate) tree: Tree,
    pub(crate) root: ObjectId,
    pub(crate) errors: Errors,
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        engine: &'a Inner,
        prepared: &'a Prepared,
        context: &'a Context,
        variables: &'a JsonMap,
    ) -> Self {
        let (tree, root) = Tree::new();
        let state = Mutex::new(State {
            tree,
            root,
            errors: Errors::default(),
        });
        Self {
            engine,
            prepared,
            context,
            variables,
            state,
        }
    }

    /// The state is only locked between awaits, by one task; a panic in between is that task's end.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn into_state(self) -> State {
        self.state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn step(&'a self, step: &'a Step) -> BoxFuture<'a, ()> {
        async move {
            match step {
                Step::Sequence(steps) => {
                    for step in steps {
                        self.step(step).await;
                    }
                }
                Step::Parallel(steps) => {
                    join_all(steps.iter().map(|step| self.step(step))).await;
                }
                Step::Condition {
                    variable,
                    then,
                    otherwise,
                } => {
                    let holds = self
                        .variables
                        .get(variable.as_str())
                        .and_then(JsonValue::as_bool);
                    let chosen = if holds == Some(true) { then } else { otherwise };
                    if let Some(step) = chosen {
                        self.step(step).await;
                    }
                }
                Step::Root(fetch) => self.root(fetch).await,
                Step::Entities(fetch) => self.entities(fetch).await,
            }
        }
        .boxed()
    }

    async fn root(&self, fetch: &RootFetch) {
        let body = self.body(&fetch.template, &[]);
        let answer = self.ask(&fetch.template, body).await;
        self.merge_root(fetch, answer);
    }

    /// Merges an answer with root fields: of a request, or an event of a subscription.
    pub(crate) fn merge_root(&self, fetch: &RootFetch, answer: Result<fetch::Answer, FetchError>) {
        let mut state = self.state();
        let places = self.root_places(&state, fetch);
        let decoded = match self.decoded(&mut state, &fetch.template, &fetch.shape, answer) {
            Ok(decoded) => decoded,
            Err(error) => {
                for (_, place) in &places {
                    for key in &fetch.response_keys {
                        let mut path = place.clone();
                        path.push(PathItem::Key(key.as_str().into()));
                        state.errors.push(error.clone().at(path));
                    }
                }
                return;
            }
        };
        if let Some(data) = decoded.data {
            for (index, (target, _)) in places.iter().enumerate() {
                let source = if index == 0 {
                    data
                } else {
                    state.tree.copy(data)
                };
                self.merge(&mut state.tree, *target, source, false);
            }
        }
        for error in &decoded.errors {
            let relative = error
                .path
                .as_deref()
                .map(|path| response_path(&fetch.shape, &self.prepared.keys, path));
            for (_, place) in &places {
                let mut path = place.clone();
                path.extend(relative.clone().unwrap_or_default());
                state
                    .errors
                    .push(self.client_error(&fetch.template.service, error).at(path));
            }
        }
    }

    fn root_places(&self, state: &State, fetch: &RootFetch) -> Vec<(ObjectId, Vec<PathItem>)> {
        if fetch.path.is_empty() {
            return vec![(state.root, Vec::new())];
        }
        let mut places = Vec::new();
        representations::places(
            &state.tree,
            self.schema(),
            state.root,
            &fetch.path,
            &self.prepared.keys,
            |id, path| {
                places.push((id, path));
            },
        );
        places
    }

    async fn entities(&self, fetch: &EntityFetch) {
        let collected: Vec<_> = {
            let state = self.state();
            let collect =
                |part| representations::collect(&state.tree, self.schema(), state.root, part);
            fetch.parts.iter().map(collect).collect()
        };
        if collected.iter().all(|one| one.count == 0) {
            return;
        }
        let inputs: Vec<_> = fetch
            .parts
            .iter()
            .zip(&collected)
            .map(|(part, one)| (part.variable.as_str(), one.json.as_slice()))
            .collect();
        let body = self.body(&fetch.template, &inputs);
        let answer = self.ask(&fetch.template, body).await;
        let mut state = self.state();
        match self.decoded(&mut state, &fetch.template, &fetch.shape, answer) {
            Ok(decoded) => self.merge_entities(&mut state, fetch, &collected, &decoded),
            Err(error) => {
                for path in fetch.parts.iter().flat_map(|part| &part.paths) {
                    state.errors.push(error.clone().at(self.outer_path(path)));
                }
            }
        }
    }

    fn merge_entities(
        &self,
        state: &mut State,
        fetch: &EntityFetch,
        collected: &[Representations],
        decoded: &Decoded,
    ) {
        for (part, representations) in fetch.parts.iter().zip(collected) {
            if representations.count == 0 {
                continue;
            }
            let entities = match decoded.data.and_then(|data| state.tree.get(data, part.key)) {
                Some(Data::List(list)) => state.tree.items(list).to_vec(),
                _ => Vec::new(),
            };
            if entities.len() != representations.count {
                if decoded.errors.is_empty() {
                    let reason =
                        FetchError::Malformed("not one entity for each representation".to_owned());
                    for path in &part.paths {
                        let error = self.fetch_error(&fetch.template.service, &reason);
                        state.errors.push(error.at(self.outer_path(path)));
                    }
                }
                continue;
            }
            // Objects at one path share an entity's children; another path gets a copy of its own.
            let mut used: Vec<Vec<(usize, ObjectId)>> = vec![Vec::new(); entities.len()];
            for target in &representations.targets {
                let Data::Object(entity) = entities[target.entity] else {
                    continue;
                };
                let copies = &mut used[target.entity];
                let known = copies.iter().find(|(path, _)| *path == target.path);
                let shares = known.is_some();
                let source = if let Some((_, copy)) = known {
                    *copy
                } else {
                    let copy = if copies.is_empty() {
                        entity
                    } else {
                        state.tree.copy(entity)
                    };
                    copies.push((target.path, copy));
                    copy
                };
                self.merge(&mut state.tree, target.object, source, shares);
            }
        }
        for error in &decoded.errors {
            self.place_entity_error(state, fetch, collected, error);
        }
    }

    /// `["_entities", 3, "name"]` is about every object that sent the fourth representation.
    fn place_entity_error(
        &self,
        state: &mut State,
        fetch: &EntityFetch,
        collected: &[Representations],
        error: &SubgraphError,
    ) {
        let client_error = self.client_error(&fetch.template.service, error);
        let path = error.path.as_deref().unwrap_or_default();
        let part = path
            .first()
            .and_then(Value::as_str)
            .and_then(|alias| fetch.parts.iter().position(|part| part.alias == alias));
        let entity = path.get(1).and_then(Value::as_u64);
        let (Some(index), Some(entity)) = (part, entity) else {
            let parts = part.map_or(fetch.parts.as_slice(), |index| &fetch.parts[index..=index]);
            for path in parts.iter().flat_map(|part| &part.paths) {
                state
                    .errors
                    .push(client_error.clone().at(self.outer_path(path)));
            }
            return;
        };
        let part = &fetch.parts[index];
        let below = match &fetch.shape.fields[index].child {
            Some(shape) => response_path(shape, &self.prepared.keys, &path[2..]),
            None => Vec::new(),
        };
        let State { tree, root, errors } = state;
        for (path_index, path) in part.paths.iter().enumerate() {
            let is_meant = |object: ObjectId| {
                collected[index].targets.iter().any(|target| {
                    target.object == object
                        && target.path == path_index
                        && target.entity as u64 == entity
                })
            };
            representations::places(
                tree,
                self.schema(),
                *root,
                path,
                &self.prepared.keys,
                |object, mut place| {
                    if is_meant(object) {
                        place.extend(below.iter().cloned());
                        errors.push(client_error.clone().at(place));
                    }
                },
            );
        }
    }

    fn merge(&self, tree: &mut Tree, target: ObjectId, source: ObjectId, shares: bool) {
        let schema = self.schema();
        // An interface object's subgraph says the interface's name, which must not hide the object's own.
        let keeps_type = |old: &str, new: &str| {
            schema.get_object(old).is_some() && schema.get_object(new).is_none()
        };
        let how = Merge {
            shares,
            keeps_type: &keeps_type,
        };
        tree.merge(target, source, &how);
    }

    async fn ask(&self, template: &Template, body: Vec<u8>) -> Result<fetch::Answer, FetchError> {
        let url = self
            .engine
            .services
            .get(&template.service)
            .and_then(|service| service.url.as_ref());
        let url = url.ok_or(FetchError::NoUrl)?;
        let span = tracing::info_span!("subgraph", service = %template.service);
        let upstreams = &self.engine.upstreams;
        async {
            let headers = upstream::forwarded(&self.context.headers);
            fetch::post(&upstreams.client, url, headers, body, upstreams.timeout).await
        }
        .instrument(span)
        .await
    }

    /// The request's JSON text.
    pub(crate) fn body(&self, template: &Template, inputs: &[(&str, &[u8])]) -> Vec<u8> {
        let mut body = Vec::with_capacity(
            template.query.len() + 64 + inputs.iter().map(|(_, json)| json.len()).sum::<usize>(),
        );
        body.extend_from_slice(b"{\"query\":");
        body.extend_from_slice(template.query.as_bytes());
        body.extend_from_slice(b",\"variables\":{");
        let mut is_first = true;
        let mut entry = |body: &mut Vec<u8>, name: &str, json: &[u8]| {
            if !std::mem::take(&mut is_first) {
                body.push(b',');
            }
            body.push(b'"');
            body.extend_from_slice(name.as_bytes());
            body.extend_from_slice(b"\":");
            body.extend_from_slice(json);
        };
        for (name, json) in inputs {
            entry(&mut body, name, json);
        }
        for name in &template.variables {
            if let Some(json) = self
                .variables
                .get(name.as_str())
                .and_then(|value| serde_json::to_vec(value).ok())
            {
                entry(&mut body, name, &json);
            }
        }
        body.extend_from_slice(b"}}");
        body
    }

    /// Decodes an answer into the tree. An answer that is GraphQL but says that it failed counts, with its errors.
    fn decoded(
        &self,
        state: &mut State,
        template: &Template,
        shape: &Shape,
        answer: Result<fetch::Answer, FetchError>,
    ) -> Result<Decoded, GraphQLError> {
        let result = answer.and_then(|answer| {
            let fails = !answer.status.is_success();
            decode(&mut state.tree, answer.body, shape).map_err(|reason| {
                if fails {
                    FetchError::Status(answer.status)
                } else {
                    FetchError::Malformed(reason)
                }
            })
        });
        result.map_err(|error| self.fetch_error(&template.service, &error))
    }

    fn fetch_error(&self, service: &str, error: &FetchError) -> GraphQLError {
        tracing::warn!(service, %error, "a subgraph did not answer");
        let message = if self.engine.upstreams.errors.passes(service) {
            format!("HTTP fetch failed from '{service}': {error}")
        } else {
            format!("HTTP fetch failed from '{service}'")
        };
        let coded = GraphQLError::coded("SUBREQUEST_HTTP_ERROR", message).with("service", service);
        match error.status() {
            Some(status) => coded.with("http", serde_json::json!({ "status": status })),
            None => coded,
        }
    }

    fn client_error(&self, service: &str, error: &SubgraphError) -> GraphQLError {
        client_error(self.engine, service, error)
    }

    /// A path without what is different for every object: up to the first list.
    fn outer_path(&self, path: &Path) -> Vec<PathItem> {
        path.iter()
            .take_while(|step| **step != PathStep::List)
            .filter_map(|step| match step {
                PathStep::Key(key) => Some(PathItem::Key(self.prepared.keys.name(*key).into())),
                _ => None,
            })
            .collect()
    }

    fn schema(&self) -> &Valid<Schema> {
        self.engine.supergraph.schema()
    }
}

/// A subgraph's error, as far as clients may read it.
pub(crate) fn client_error(engine: &Inner, service: &str, error: &SubgraphError) -> GraphQLError {
    if engine.upstreams.errors.passes(service) {
        let mut passed = GraphQLError::new(error.message.clone());
        passed.extensions = error.extensions.clone().unwrap_or_default();
        return passed.with("service", service);
    }
    tracing::info!(service, message = %error.message, path = ?error.path, "a subgraph's error is masked");
    GraphQLError::new("Subgraph errors redacted").with("service", service)
}

/// A subgraph's error path, in the client's words.
fn response_path(shape: &Shape, keys: &Keys, path: &[Value]) -> Vec<PathItem> {
    let mut shape = Some(shape);
    path.iter()
        .filter_map(|element| match element {
            Value::String(name) => {
                let field =
                    shape.and_then(|shape| shape.fields.iter().find(|field| *field.name == **name));
                shape = field.and_then(|field| field.child.as_ref());
                let name = field.map_or(name.as_str(), |field| keys.name(field.key));
                Some(PathItem::Key(name.into()))
            }
            Value::Number(index) => Some(PathItem::Index(index.as_u64()? as usize)),
            _ => None,
        })
        .collect()
}
