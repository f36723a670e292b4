//! Answers in parts (`@defer`): the primary first, then each deferred fragment as soon as what it needs is there.
//!
//! Everything runs in the one future behind the answers: whoever drops them ends it, upstream requests included.

mod delivery;
#[cfg(test)]
mod tests;

use std::{pin::pin, sync::Arc};

use apollo_compiler::{response::JsonMap, validation::Valid};
use futures_util::{
    FutureExt, StreamExt,
    future::ready,
    stream::{self, FuturesUnordered},
};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

use self::delivery::Delivery;
use super::{
    Context, Inner, Outcome,
    execute::Run,
    operation::Prepared,
    program::{DeferredStep, Scope},
    response::Response,
};

/// Answers an operation in parts, or at once when nothing is left to be deferred.
pub(crate) async fn start(
    engine: Arc<Inner>,
    prepared: Arc<Prepared>,
    context: Context,
    variables: Valid<JsonMap>,
) -> Outcome {
    let (answers, answered) = mpsc::unbounded_channel();
    let work = async move { work(&engine, &prepared, &context, &variables, &answers).await };
    let answers = stream::unfold(answered, |mut answered| async move {
        Some((answered.recv().await?, answered))
    });
    let work = stream::once(work).filter_map(|()| ready(None));
    let mut answers = stream::select(answers, work).boxed();
    match answers.next().await {
        Some(first) if first.has_next() => {
            Outcome::Parts(stream::once(ready(first)).chain(answers).boxed())
        }
        Some(only) => Outcome::Response(only),
        None => Outcome::Response(Response::request_error(
            "INTERNAL_SERVER_ERROR",
            "The operation was not answered",
        )),
    }
}

/// Executes and delivers, within the caller's bound.
async fn work(
    engine: &Inner,
    prepared: &Prepared,
    context: &Context,
    variables: &Valid<JsonMap>,
    answers: &mpsc::UnboundedSender<Response>,
) {
    let deadline = (!context.timeout.is_zero()).then(|| Instant::now() + context.timeout);
    let introspection = match prepared.introspect(&engine.supergraph, variables) {
        Ok(introspection) => introspection,
        Err(error) => return send(answers, Response::refusal(&[error])),
    };
    let (launches, launched) = mpsc::unbounded_channel();
    let run = Run::new(engine, prepared, context, variables).deferring(launches);
    let mut delivery = Delivery::new(&run, introspection.as_deref());
    let conducted = conduct(&run, launched, &mut delivery, answers);
    let is_late = if let Some(deadline) = deadline {
        timeout_at(deadline, conducted).await.is_err()
    } else {
        conducted.await;
        false
    };
    if is_late {
        send(answers, delivery.give_up());
    }
}

/// What has happened.
enum Event<'a> {
    Launched(&'a DeferredStep),
    /// What is answered first is there.
    Primary,
    Done(Scope),
}

/// Runs the primary and the parts side by side, and delivers what is ready, until nothing is left to be delivered.
async fn conduct<'a>(
    run: &Run<'a>,
    mut launched: mpsc::UnboundedReceiver<&'a DeferredStep>,
    delivery: &mut Delivery<'_, 'a>,
    answers: &mpsc::UnboundedSender<Response>,
) {
    let mut primary = pin!(run.program());
    let mut has_begun = false;
    let mut parts = FuturesUnordered::new();
    loop {
        let event = tokio::select! {
            biased;
            Some(part) = launched.recv() => Event::Launched(part),
            () = &mut primary, if !has_begun => Event::Primary,
            Some(scope) = parts.next() => Event::Done(scope),
        };
        let mut launch = |part: &'a DeferredStep| {
            delivery.launched(part.scope);
            parts.push(run.part(part));
        };
        let is_primary = matches!(event, Event::Primary);
        if let Event::Launched(part) = event {
            launch(part);
        }
        // What is done may have launched something in the same breath.
        while let Ok(part) = launched.try_recv() {
            launch(part);
        }
        if let Event::Done(scope) = event {
            delivery.done(scope);
            while let Some(Some(scope)) = parts.next().now_or_never() {
                delivery.done(scope);
            }
            while let Ok(part) = launched.try_recv() {
                delivery.launched(part.scope);
                parts.push(run.part(part));
            }
        }
        if is_primary {
            has_begun = true;
            send(answers, delivery.first());
        }
        if has_begun {
            if let Some(payload) = delivery.ready() {
                send(answers, payload);
            }
            if !delivery.has_pending() {
                return;
            }
        }
    }
}

/// A client that is gone needs no answer; its going ends all this anyway.
fn send(answers: &mpsc::UnboundedSender<Response>, response: Response) {
    let _ = answers.send(response);
}
