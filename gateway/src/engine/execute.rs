//! Running a program: ask the subgraphs, merge their answers.
//!
//! A step that fails leaves an error behind and the rest goes on; what is missing then shows as null, or travels up to
//! where null is allowed, when the response is projected.

use std::{
    borrow::Borrow,
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use apollo_compiler::response::{JsonMap, JsonValue};
use futures_util::future::{BoxFuture, FutureExt, join_all};
use tokio::sync::{mpsc, watch};
use tracing::Instrument;

use super::{
    Context, Inner,
    error::Errors,
    fetch::{self, FetchError},
    operation::Prepared,
    program::{ContextFetch, Defer, DeferredStep, EntityFetch, RootFetch, Scope, Step, Template},
    representations::{self, Representations},
    tree::{ObjectId, Tree},
    upstream,
};

/// One execution of a program.
pub(crate) struct Run<'a> {
    pub(crate) engine: &'a Inner,
    pub(crate) prepared: &'a Prepared,
    pub(crate) context: &'a Context,
    pub(crate) variables: &'a JsonMap,
    state: Mutex<State>,
    deferral: Option<Deferral<'a>>,
}

/// What an execution in parts knows besides.
struct Deferral<'a> {
    /// Takes parts as soon as the plan reaches them.
    launches: mpsc::UnboundedSender<&'a DeferredStep>,
    /// The fetches that were answered, as far as parts may wait for them.
    answered: watch::Sender<HashSet<u32>>,
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
            deferral: None,
        }
    }

    /// Hands parts over instead of running them after what encloses them.
    pub(crate) fn deferring(self, launches: mpsc::UnboundedSender<&'a DeferredStep>) -> Self {
        let deferral = Some(Deferral {
            launches,
            answered: watch::Sender::default(),
        });
        Self { deferral, ..self }
    }

    /// The state is only locked between awaits, by one task; a panic in between is that task's end.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn into_state(self) -> State {
        self.state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs the whole program, but for what is deferred.
    pub(crate) async fn program(&self) {
        if let Some(step) = &self.prepared.program.step {
            self.step(step).await;
        }
    }

    pub(crate) fn step<'s>(&'s self, step: &'a Step) -> BoxFuture<'s, ()> {
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
                Step::Root(fetch) => {
                    self.root(fetch).await;
                    self.answered(&fetch.template.ids);
                }
                Step::Entities(fetch) => {
                    self.entities(fetch).await;
                    self.answered(&fetch.template.ids);
                }
                Step::InContext(fetch) => {
                    self.in_context(fetch).await;
                    self.answered(&fetch.template.ids);
                }
                Step::Defer(defer) => self.defer(defer).await,
            }
        }
        .boxed()
    }

    /// Runs what is answered first; launches the rest.
    async fn defer(&self, defer: &'a Defer) {
        for part in &defer.parts {
            if let Some(deferral) = &self.deferral {
                // Nobody is listening any more once all is answered.
                let _ = deferral.launches.send(part);
            }
        }
        if let Some(primary) = &defer.primary {
            self.step(primary).await;
        }
        self.answered(&defer.ids);
        if self.deferral.is_none() {
            for part in &defer.parts {
                self.step(&part.step).await;
            }
        }
    }

    /// Runs a deferred part, once what it depends on is there.
    pub(crate) async fn part(&self, part: &'a DeferredStep) -> Scope {
        if let Some(deferral) = &self.deferral {
            let mut answered = deferral.answered.subscribe();
            // The sender is our own and does not go away.
            let _ = answered
                .wait_for(|ids| part.depends.iter().all(|id| ids.contains(id)))
                .await;
        }
        self.step(&part.step).await;
        part.scope
    }

    fn answered(&self, ids: &[u32]) {
        if let Some(deferral) = &self.deferral
            && !ids.is_empty()
        {
            deferral.answered.send_modify(|all| all.extend(ids));
        }
    }

    async fn root(&self, fetch: &RootFetch) {
        if !fetch.path.is_empty() && self.root_places(&self.state(), fetch).is_empty() {
            return;
        }
        let body = self.body(&fetch.template, &[]);
        let answer = self.ask(&fetch.template, body).await;
        self.merge_root(fetch, answer);
    }

    async fn entities(&self, fetch: &EntityFetch) {
        let collected: Vec<_> = {
            let state = self.state();
            let collect =
                |part| representations::collect(&state.tree, self.schema(), state.root, part);
            fetch.parts.iter().map(collect).collect()
        };
        if collected.iter().any(|one| one.count > 0) {
            self.ask_entities(fetch, &collected, &[]).await;
        }
    }

    /// Asks for entities with values of what encloses them.
    async fn in_context(&self, fetch: &ContextFetch) {
        let groups = {
            let state = self.state();
            representations::collect_in_context(&state.tree, self.schema(), state.root, fetch)
        };
        if groups.is_empty() {
            return;
        }
        let (request, values) = fetch.request(&groups, &self.prepared.keys);
        let values: Vec<_> = values
            .iter()
            .map(|(name, json)| (name.as_str(), *json))
            .collect();
        let collected: Vec<_> = groups.iter().map(|group| &group.representations).collect();
        self.ask_entities(&request, &collected, &values).await;
    }

    async fn ask_entities<R: Borrow<Representations>>(
        &self,
        fetch: &EntityFetch,
        collected: &[R],
        values: &[(&str, &[u8])],
    ) {
        let inputs = fetch
            .parts
            .iter()
            .zip(collected)
            .map(|(part, one)| (part.variable.as_str(), one.borrow().json.as_slice()));
        let inputs: Vec<_> = inputs.chain(values.iter().copied()).collect();
        let body = self.body(&fetch.template, &inputs);
        let answer = self.ask(&fetch.template, body).await;
        let mut state = self.state();
        match self.decoded(&mut state, &fetch.template, &fetch.shape, answer) {
            Ok(decoded) => self.merge_entities(&mut state, fetch, collected, &decoded),
            Err(error) => {
                let paths = fetch.parts.iter().flat_map(|part| &part.paths);
                let mut places: Vec<_> = paths.map(|path| self.outer_path(path)).collect();
                places.dedup();
                for place in places {
                    state.errors.push(error.clone().at(place));
                }
            }
        }
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
}
