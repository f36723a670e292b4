//! Merging answers: data into the tree, errors to their places in the response.

use std::borrow::Borrow;

use apollo_compiler::{Schema, validation::Valid};
use serde_json::Value;

use super::{
    Inner,
    decode::{Decoded, Shape, SubgraphError, decode},
    error::{GraphQLError, PathItem},
    execute::{Run, State},
    fetch::{self, FetchError},
    keys::Keys,
    program::{EntityFetch, Path, PathStep, RootFetch, Template},
    representations::{self, Representations},
    tree::{Data, Merge, ObjectId, Tree},
};

impl Run<'_> {
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
            let relative = match (error.path.as_deref(), fetch.response_keys.as_slice()) {
                (Some(path), _) if !path.is_empty() => {
                    response_path(&fetch.shape, &self.prepared.keys, path)
                }
                // It can only be about the one field that was asked for.
                (_, [key]) => vec![PathItem::Key(key.as_str().into())],
                _ => Vec::new(),
            };
            for (_, place) in &places {
                let mut path = place.clone();
                path.extend(relative.iter().cloned());
                state
                    .errors
                    .push(self.client_error(&fetch.template, error).at(path));
            }
        }
    }

    pub(super) fn root_places(
        &self,
        state: &State,
        fetch: &RootFetch,
    ) -> Vec<(ObjectId, Vec<PathItem>)> {
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

    pub(super) fn merge_entities<R: Borrow<Representations>>(
        &self,
        state: &mut State,
        fetch: &EntityFetch,
        collected: &[R],
        decoded: &Decoded,
    ) {
        for (part, representations) in fetch.parts.iter().zip(collected) {
            let representations = representations.borrow();
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
                        let error = self.fetch_error(&fetch.template, &reason);
                        state.errors.push(error.at(self.outer_path(path)));
                    }
                }
                continue;
            }
            // Objects at one path share an entity's children, where they may; another path gets a copy of its own.
            let mut used: Vec<Vec<(usize, ObjectId)>> = vec![Vec::new(); entities.len()];
            for target in &representations.targets {
                let Data::Object(entity) = entities[target.entity] else {
                    continue;
                };
                let copies = &mut used[target.entity];
                let known = copies
                    .iter()
                    .find(|(path, _)| part.shares && *path == target.path);
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
    fn place_entity_error<R: Borrow<Representations>>(
        &self,
        state: &mut State,
        fetch: &EntityFetch,
        collected: &[R],
        error: &SubgraphError,
    ) {
        let client_error = self.client_error(&fetch.template, error);
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
                collected[index].borrow().targets.iter().any(|target| {
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

    /// Decodes an answer into the tree. An answer that is GraphQL but says that it failed counts, with its errors.
    pub(super) fn decoded(
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
        result.map_err(|error| self.fetch_error(template, &error))
    }

    pub(super) fn fetch_error(&self, template: &Template, error: &FetchError) -> GraphQLError {
        let service = template.service.as_str();
        tracing::warn!(service, %error, "a subgraph did not answer");
        let message = if self.engine.upstreams.errors.passes(service) {
            format!("HTTP fetch failed from '{service}': {error}")
        } else {
            format!("HTTP fetch failed from '{service}'")
        };
        let coded = GraphQLError::coded("SUBREQUEST_HTTP_ERROR", message)
            .with("service", service)
            .of(template.scope);
        match error.status() {
            Some(status) => coded.with("http", serde_json::json!({ "status": status })),
            None => coded,
        }
    }

    fn client_error(&self, template: &Template, error: &SubgraphError) -> GraphQLError {
        client_error(self.engine, &template.service, error).of(template.scope)
    }

    /// A path without what is different for every object: up to the first list.
    pub(super) fn outer_path(&self, path: &Path) -> Vec<PathItem> {
        path.iter()
            .take_while(|step| **step != PathStep::List)
            .filter_map(|step| match step {
                PathStep::Key(key) => Some(PathItem::Key(self.prepared.keys.name(*key).into())),
                _ => None,
            })
            .collect()
    }

    pub(super) fn schema(&self) -> &Valid<Schema> {
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
                shape = field.and_then(|field| field.child.as_deref());
                let name = field.map_or(name.as_str(), |field| keys.name(field.key));
                Some(PathItem::Key(name.into()))
            }
            Value::Number(index) => Some(PathItem::Index(index.as_u64()? as usize)),
            _ => None,
        })
        .collect()
}
