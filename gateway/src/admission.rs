//! How much runs at once, and until when: every operation passes here on its way to the engine.

use std::sync::Arc;

use futures_util::{FutureExt, Stream, StreamExt, future::ready, stream, stream::BoxStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument;

use crate::{
    auth::Caller,
    config::Config,
    current::{Current, Operation},
    engine::{Context, Outcome, Request, Response},
    metrics::Measurements,
};

/// The engine behind its bounds; clones share them.
#[derive(Clone)]
pub(crate) struct Admission {
    engine: Current,
    /// None: unbounded.
    executions: Option<Arc<Semaphore>>,
    subscriptions: Option<Arc<Semaphore>>,
    subscriptions_enabled: bool,
    measurements: Measurements,
}

/// What came of an operation.
pub(crate) enum Answer {
    /// One response.
    Response(Response),
    /// A subscription's responses; one without data is the last.
    Stream(BoxStream<'static, Response>),
    /// The payloads of an operation with `@defer`.
    Parts(BoxStream<'static, Response>),
    /// Too much is running; the client may try again soon.
    Overload,
}

impl Admission {
    /// Bounds after the configuration.
    pub(crate) fn new(engine: Current, config: &Config, measurements: Measurements) -> Self {
        let semaphore = |limit: Option<usize>| limit.map(|limit| Arc::new(Semaphore::new(limit)));
        Self {
            engine,
            executions: semaphore(config.traffic_shaping.router.concurrency_limit),
            subscriptions: semaphore(config.subscription.max_opened_subscriptions),
            subscriptions_enabled: config.subscription.enabled,
            measurements,
        }
    }

    /// Runs an operation; `transport` is for the metrics.
    pub(crate) async fn run(
        &self,
        transport: &'static str,
        request: Request,
        context: Context,
    ) -> Answer {
        let answer = self.admit(request, context).await;
        let outcome = match &answer {
            Answer::Response(response) if response.is_request_error() => "refused",
            Answer::Response(_) => "data",
            Answer::Stream(_) => "stream",
            Answer::Parts(_) => "parts",
            Answer::Overload => "overload",
        };
        self.measurements
            .operations
            .with_label_values(&[transport, outcome])
            .inc();
        answer
    }

    async fn admit(&self, request: Request, mut context: Context) -> Answer {
        let Ok(permit) = acquire(self.executions.as_ref()) else {
            return Answer::Overload;
        };
        let current = self.engine.get();
        // Only a subscription outlives the engine that began it.
        let operation = request.query.contains("subscription").then(|| Operation {
            query: request.query.clone(),
            name: request.operation_name.clone(),
            rolled: current.engine.roll(),
        });
        context.rolled = operation.as_ref().map(|operation| operation.rolled);
        match current.engine.execute(request, context).await {
            Outcome::Response(response) => Answer::Response(response),
            Outcome::Parts(payloads) => {
                Answer::Parts(guard(payloads, tracing::Span::current(), permit))
            }
            Outcome::Stream(_) if !self.subscriptions_enabled => {
                Answer::Response(Response::request_error(
                    "SUBSCRIPTION_NOT_ENABLED",
                    "subscriptions are switched off at this gateway",
                ))
            }
            Outcome::Stream(stream) => {
                let Ok(permit) = acquire(self.subscriptions.as_ref()) else {
                    return Answer::Overload;
                };
                let open = Open::new(permit, &self.measurements);
                let stream = match operation {
                    Some(operation) => self.engine.guard(stream, current, operation),
                    None => stream,
                };
                // What an event fetches belongs to the trace of its subscription.
                Answer::Stream(guard(stream, tracing::info_span!("subscription"), open))
            }
        }
    }
}

fn acquire(semaphore: Option<&Arc<Semaphore>>) -> Result<Option<OwnedSemaphorePermit>, ()> {
    semaphore
        .map(|semaphore| Arc::clone(semaphore).try_acquire_owned())
        .transpose()
        .map_err(drop)
}

/// The stream inside a span, with what has to live as long as it does.
fn guard(
    responses: BoxStream<'static, Response>,
    span: tracing::Span,
    held: impl Send + 'static,
) -> BoxStream<'static, Response> {
    stream::unfold(
        (responses, span, held),
        |(mut responses, span, held)| async move {
            let response = responses.next().instrument(span.clone()).await?;
            Some((response, (responses, span, held)))
        },
    )
    .boxed()
}

/// Counts a subscription as long as its stream lives.
struct Open {
    _permit: Option<OwnedSemaphorePermit>,
    measurements: Measurements,
}

impl Open {
    fn new(permit: Option<OwnedSemaphorePermit>, measurements: &Measurements) -> Self {
        measurements.subscriptions.inc();
        Self {
            _permit: permit,
            measurements: measurements.clone(),
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.measurements.subscriptions.dec();
    }
}

/// The stream until the caller's token ends; then one error with the code `TOKEN_EXPIRED`, and the end.
pub(crate) fn until_expiry(
    responses: impl Stream<Item = Response> + Send + 'static,
    caller: Caller,
) -> BoxStream<'static, Response> {
    let Some(remaining) = caller.remaining() else {
        return responses.boxed();
    };
    let expired = || Response::request_error("TOKEN_EXPIRED", "the token has expired");
    if remaining.is_zero() {
        return stream::once(ready(expired())).boxed();
    }
    // `None` marks the end, whichever side brings it.
    let responses = responses.map(Some).chain(stream::once(ready(None)));
    let expiry = tokio::time::sleep(remaining)
        .map(move |()| stream::iter([Some(expired()), None]))
        .flatten_stream();
    stream::select(responses, expiry)
        .take_while(|item| ready(item.is_some()))
        .filter_map(ready)
        .boxed()
}
