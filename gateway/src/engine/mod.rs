//! The engine: one GraphQL request in, one response or a stream of responses out.
//!
//! `operation → plan → execute → fetch → response`. It knows nothing about HTTP servers, tokens or configuration
//! files; the server around it turns those into [`Context`] and [`Upstreams`].

mod alike;
mod compile;
mod contexts;
mod counts;
mod decode;
mod defer;
mod error;
mod execute;
pub(crate) mod fetch;
#[cfg(test)]
mod handmade;
mod keys;
mod merge;
mod operation;
mod overrides;
mod plan_cache;
#[cfg(test)]
mod plans;
mod program;
mod project;
mod representations;
mod response;
mod selection;
mod subscription;
mod tree;
mod upstream;
mod upstream_ws;
mod warm_up;

use std::{collections::HashMap, sync::Arc, time::Duration};

use apollo_compiler::{ast::OperationType, response::JsonMap, validation::Valid};
use federation::Supergraph;
use futures_util::stream::BoxStream;
use http::HeaderMap;
use serde_json::{Map, Value};

pub(crate) use counts::Counts;
use execute::Run;
use operation::{Planned, Prepared};
pub use overrides::{Overrides, Roll};
pub(crate) use plan_cache::Key;
use plan_cache::{PlanCache, Variant};
use program::Scope;
pub use response::Response;
pub use upstream::{ErrorPolicy, Limits, Upstreams};

/// Operations that are kept ready; a deployment's clients send far fewer.
pub(crate) const PLANS: usize = 2_048;

/// A GraphQL request as a client sent it, before any checking.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The document text.
    pub query: String,
    /// Which of the document's operations to run.
    pub operation_name: Option<String>,
    /// Raw variable values; the engine coerces them.
    pub variables: Map<String, Value>,
    /// The protocol's `extensions` entry.
    pub extensions: Map<String, Value>,
}

/// What surrounds a request: what goes upstream with it, and its bounds.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// Headers for every upstream request, already selected by the propagation rules.
    pub headers: HeaderMap,
    /// `connection_init` payload for upstream WebSockets; carries at least the caller's `Authorization`.
    pub init_payload: Map<String, Value>,
    /// Whether mutations and subscriptions are refused (an HTTP GET).
    pub read_only: bool,
    /// Whether the client takes an answer in parts, for operations with `@defer`; otherwise it gets it whole.
    pub incremental: bool,
    /// Bound on the whole request; zero means the upstreams' own bounds only. Subscriptions apply it per event.
    pub timeout: Duration,
    /// The roll for the labels `percent(N)` of `@override`, from 0 to 1, without 1; none: the engine rolls.
    pub rolled: Option<f64>,
}

/// What came of a request.
pub enum Outcome {
    /// The answer of a query or a mutation, or a refusal.
    Response(Response),
    /// A subscription's answers; it ends when upstream completes or fails (a failure is a last response with errors).
    Stream(BoxStream<'static, Response>),
    /// The payloads of a query or a mutation with `@defer`, two or more; [`Response::has_next`] tells the last.
    Parts(BoxStream<'static, Response>),
}

/// The engine; clones share everything.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) supergraph: Supergraph,
    pub(crate) upstreams: Upstreams,
    pub(crate) services: HashMap<String, upstream::Service>,
    labels: overrides::Labels,
    plans: PlanCache<Prepared>,
    share: counts::Share,
}

impl Engine {
    /// An engine for a supergraph, with no label of `@override` on.
    pub fn new(supergraph: Supergraph, upstreams: Upstreams) -> Self {
        Self::with_overrides(supergraph, upstreams, Overrides::default())
    }

    /// An engine that follows progressive overrides.
    pub fn with_overrides(
        supergraph: Supergraph,
        upstreams: Upstreams,
        overrides: Overrides,
    ) -> Self {
        Self::counted(supergraph, upstreams, overrides, None)
    }

    /// An engine that has a share in counts.
    pub(crate) fn counted(
        supergraph: Supergraph,
        upstreams: Upstreams,
        overrides: Overrides,
        counts: Option<Counts>,
    ) -> Self {
        let services = upstream::services(&supergraph, &upstreams);
        Self {
            inner: Arc::new(Inner {
                labels: overrides::Labels::new(&supergraph, overrides),
                supergraph,
                upstreams,
                services,
                plans: PlanCache::new(PLANS),
                share: counts::Share::new(counts),
            }),
        }
    }

    /// Runs a request.
    pub async fn execute(&self, request: Request, context: Context) -> Outcome {
        let variant = Variant {
            defers: context.incremental && request.query.contains("defer"),
            labels: self.inner.labels.on(context.rolled),
        };
        let name = request.operation_name.as_deref();
        let prepared = match self.prepare(&request.query, name, variant).await {
            Ok(prepared) => prepared,
            Err(refusal) => return Outcome::Response(refusal),
        };
        if let Some(refusal) = self.refuse(&prepared, &context) {
            return Outcome::Response(refusal);
        }
        let variables = match prepared.coerce(&self.inner.supergraph, request.variables) {
            Ok(variables) => variables,
            Err(error) => return Outcome::Response(Response::refusal(&[error])),
        };
        if prepared.kind() == OperationType::Subscription {
            return subscription::start(Arc::clone(&self.inner), prepared, context, variables)
                .await;
        }
        if prepared.defers() {
            return defer::start(Arc::clone(&self.inner), prepared, context, variables).await;
        }
        let answer = self.inner.answer(&prepared, &context, &variables);
        Outcome::Response(within(context.timeout, answer).await)
    }

    /// Finds the operation, or prepares it away from the threads that serve requests.
    async fn prepare(
        &self,
        query: &str,
        operation_name: Option<&str>,
        variant: Variant,
    ) -> Result<Arc<Prepared>, Response> {
        let key = Key::new(query, operation_name, variant);
        let known = self.inner.plans.get(&key);
        self.inner.share.looked_up(known.is_some());
        if let Some(prepared) = known {
            return Ok(prepared);
        }
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || inner.make(key, 1))
            .await
            .unwrap_or_else(|error| {
                tracing::error!(%error, "preparing an operation panicked");
                Err(Response::request_error(
                    "INTERNAL_SERVER_ERROR",
                    "The operation could not be prepared",
                ))
            })
    }

    fn refuse(&self, prepared: &Prepared, context: &Context) -> Option<Response> {
        if context.read_only && prepared.kind() != OperationType::Query {
            return Some(Response::request_error(
                "METHOD_NOT_ALLOWED",
                "Only queries may be sent with GET",
            ));
        }
        if prepared.has_introspection() && !self.inner.upstreams.introspection {
            return Some(Response::request_error(
                "INTROSPECTION_DISABLED",
                "Introspection is disabled",
            ));
        }
        None
    }
}

impl Inner {
    /// Prepares an operation and keeps it, as one that was used so often.
    fn make(&self, key: Key, uses: u64) -> Result<Arc<Prepared>, Response> {
        let planned = Planned::new(&self.supergraph, &self.upstreams.limits, &key)
            .map_err(|errors| Response::refusal(&errors))?;
        let prepared = Arc::new(Prepared::new(&self.supergraph, planned));
        self.plans.insert(key, Arc::clone(&prepared), uses);
        Ok(prepared)
    }

    /// Answers a query or a mutation.
    async fn answer(
        &self,
        prepared: &Prepared,
        context: &Context,
        variables: &Valid<JsonMap>,
    ) -> Response {
        let run = Run::new(self, prepared, context, variables);
        run.program().await;
        self.project(prepared, variables, run.into_state())
    }

    /// The client's view of what was gathered.
    pub(crate) fn project(
        &self,
        prepared: &Prepared,
        variables: &Valid<JsonMap>,
        state: execute::State,
    ) -> Response {
        let execute::State {
            tree,
            root,
            mut errors,
        } = state;
        let introspection = match prepared.introspect(&self.supergraph, variables) {
            Ok(introspection) => introspection,
            Err(error) => return Response::refusal(&[error]),
        };
        let source = project::Source {
            compiler: prepared.compiler(&self.supergraph),
            tree: &tree,
            variables,
            introspection: introspection.as_deref(),
        };
        let view = project::View {
            set: &prepared.set,
            object: root,
            path: &[],
            scope: Scope::PRIMARY,
        };
        let mut data = Vec::with_capacity(1024);
        project::project(&source, view, &mut errors, &mut data, &mut Vec::new());
        Response::data(&data, &errors)
    }
}

/// Bounds an answer; zero is no bound.
async fn within(timeout: Duration, answer: impl Future<Output = Response>) -> Response {
    if timeout.is_zero() {
        return answer.await;
    }
    tokio::time::timeout(timeout, answer)
        .await
        .unwrap_or_else(|_| Response::request_error("GATEWAY_TIMEOUT", "The request took too long"))
}
