//! Subscriptions: listen to one subgraph, ask the others about every event.

use std::sync::Arc;

use apollo_compiler::{response::JsonMap, validation::Valid};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::StatusCode;
use serde_json::json;

use super::{
    Context, Inner, Outcome,
    error::GraphQLError,
    execute::Run,
    fetch::Answer,
    merge::client_error,
    operation::Prepared,
    program::RootFetch,
    response::Response,
    upstream,
    upstream_ws::{ListenError, Upstream},
};

/// A running subscription of one client.
struct Listening {
    engine: Arc<Inner>,
    prepared: Arc<Prepared>,
    context: Context,
    variables: Valid<JsonMap>,
    upstream: Upstream,
}

/// Starts a subscription. What keeps it from starting is a response.
pub(crate) async fn start(
    engine: Arc<Inner>,
    prepared: Arc<Prepared>,
    context: Context,
    variables: Valid<JsonMap>,
) -> Outcome {
    let Some(primary) = &prepared.program.primary else {
        return Outcome::Response(Response::request_error(
            "SUBSCRIPTION_FAILED",
            "This subscription listens to nothing",
        ));
    };
    match subscribe(&engine, &prepared, primary, &context, &variables).await {
        Ok(upstream) => {
            let listening = Listening {
                engine,
                prepared,
                context,
                variables,
                upstream,
            };
            Outcome::Stream(
                stream::unfold(Some(listening), |listening| async move {
                    listening?.next().await
                })
                .boxed(),
            )
        }
        Err(error) => Outcome::Response(failure(&engine, primary, error)),
    }
}

async fn subscribe(
    engine: &Inner,
    prepared: &Prepared,
    primary: &RootFetch,
    context: &Context,
    variables: &Valid<JsonMap>,
) -> Result<Upstream, ListenError> {
    let service = engine.services.get(&primary.template.service);
    let url = service
        .and_then(|service| service.websocket_url.as_deref())
        .ok_or_else(|| ListenError::Connect("the subgraph has no WebSocket URL".to_owned()))?;
    let mut init_payload = context.init_payload.clone();
    if let Some(traceparent) = ops::trace::traceparent() {
        init_payload.insert(ops::trace::TRACEPARENT.to_owned(), traceparent.into());
    }
    let request = Run::new(engine, prepared, context, variables).body(&primary.template, &[]);
    let headers = upstream::forwarded(&context.headers);
    Upstream::subscribe(
        url,
        headers,
        &init_payload,
        &request,
        engine.upstreams.timeout,
    )
    .await
}

impl Listening {
    /// The next response, and what comes after it: nothing, after a failure.
    async fn next(mut self) -> Option<(Response, Option<Self>)> {
        match self.upstream.next().await {
            Ok(Some(payload)) => {
                let response = self.bounded_event(payload).await;
                Some((response, Some(self)))
            }
            Ok(None) => None,
            Err(error) => {
                let primary = self.prepared.program.primary.as_ref()?;
                Some((failure(&self.engine, primary, error), None))
            }
        }
    }

    /// One event within the caller's bound. A late one costs its data, not the subscription.
    async fn bounded_event(&self, payload: Bytes) -> Response {
        let timeout = self.context.timeout;
        if timeout.is_zero() {
            return self.event(payload).await;
        }
        tokio::time::timeout(timeout, self.event(payload))
            .await
            .unwrap_or_else(|_| {
                Response::failure(vec![GraphQLError::coded(
                    "GATEWAY_TIMEOUT",
                    "The event took too long to complete",
                )])
            })
    }

    /// One event: its own data, and what the other subgraphs add.
    async fn event(&self, payload: Bytes) -> Response {
        let run = Run::new(&self.engine, &self.prepared, &self.context, &self.variables);
        if let Some(primary) = &self.prepared.program.primary {
            run.merge_root(
                primary,
                Ok(Answer {
                    status: StatusCode::OK,
                    body: payload,
                }),
            );
        }
        run.program().await;
        self.engine
            .project(&self.prepared, &self.variables, run.into_state())
    }
}

/// What a client reads when its subscription cannot go on.
fn failure(engine: &Inner, primary: &RootFetch, error: ListenError) -> Response {
    let service = primary.template.service.as_str();
    tracing::warn!(service, ?error, "a subscription failed");
    let passes = engine.upstreams.errors.passes(service);
    let coded = |code: &str, message: &str, detail: &str| {
        let message = if passes && !detail.is_empty() {
            format!("{message}: {detail}")
        } else {
            message.to_owned()
        };
        GraphQLError::coded(code, message).with("service", service)
    };
    let errors = match error {
        ListenError::Refused(errors) if !errors.is_empty() => errors
            .iter()
            .map(|error| client_error(engine, service, error))
            .collect(),
        ListenError::Refused(_) => {
            vec![coded(
                "SUBSCRIPTION_FAILED",
                "The subgraph refused the subscription",
                "",
            )]
        }
        ListenError::Connect(reason) => {
            vec![coded(
                "WEBSOCKET_CONNECTION_ERROR",
                "The subgraph could not be reached",
                &reason,
            )]
        }
        ListenError::Protocol(reason) => {
            vec![coded(
                "WEBSOCKET_MESSAGE_ERROR",
                "The subgraph sent something unexpected",
                &reason,
            )]
        }
        ListenError::Closed { code, reason } => {
            let known = match code {
                Some(4401) => "UNAUTHENTICATED",
                Some(4403) => "FORBIDDEN",
                _ => "WEBSOCKET_CLOSE_ERROR",
            };
            let error = coded(known, "The subgraph ended the subscription", &reason);
            vec![match code {
                Some(code) => error.with("closeCode", json!(code)),
                None => error,
            }]
        }
    };
    Response::failure(errors)
}
