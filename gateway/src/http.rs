//! GraphQL over HTTP (<https://graphql.github.io/graphql-over-http/draft/>).
//!
//! POST with a JSON body, GET for queries, subscriptions and `@defer` as Apollo's multipart protocols. Every refusal has a
//! GraphQL-shaped body. Batches, file uploads and persisted queries are deliberately absent.

mod multipart;
mod negotiate;
mod reply;
mod request;

use std::sync::Arc;

use axum::{body::Body, extract::State, response::Response};
use http::{HeaderMap, Method, header, request::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::{Instant, timeout_at};

use self::{
    negotiate::{Accept, Format},
    reply::Refusal,
};
use crate::{
    admission::{self, Answer},
    auth,
    engine::{Context, Request},
    explorer, headers,
    server::Shared,
    websocket,
};

/// The GraphQL endpoint, for every method.
pub(crate) async fn handle(
    State(shared): State<Arc<Shared>>,
    request: axum::extract::Request,
) -> Response {
    let (parts, body) = request.into_parts();
    if websocket::is_upgrade(&parts.headers) {
        return websocket::upgrade(shared, parts).await;
    }
    if shared.config.explorer.enabled && wants_page(&parts) {
        return explorer::page();
    }
    match Accept::parse(&parts.headers) {
        Some(accept) => match graphql(&shared, &parts, body, accept).await {
            Ok(response) => response,
            Err(refusal) => refusal.into_response(accept.format),
        },
        None => Refusal::not_acceptable().into_response(Format::Json),
    }
}

/// A person looking with a browser, as opposed to a program.
fn wants_page(parts: &Parts) -> bool {
    parts.method == Method::GET
        && !parts
            .uri
            .query()
            .is_some_and(|query| query.split('&').any(|pair| pair.starts_with("query=")))
        && negotiate::accepts_html(&parts.headers)
}

async fn graphql(
    shared: &Shared,
    parts: &Parts,
    body: Body,
    accept: Accept,
) -> Result<Response, Refusal> {
    let deadline = Instant::now() + shared.config.traffic_shaping.router.timeout;
    if !matches!(parts.method, Method::GET | Method::POST) {
        return Err(Refusal::method("GET, POST"));
    }
    check_csrf(shared, &parts.headers)?;
    let caller = shared
        .authenticator
        .caller(&parts.headers)
        .await
        .map_err(refuse_caller)?;
    let read_only = parts.method == Method::GET;
    let request = if read_only {
        request::from_query(parts.uri.query().unwrap_or_default())?
    } else {
        request::check_content(&parts.headers)?;
        let limit = shared.config.limits.http_max_request_bytes;
        let bytes = timeout_at(deadline, read(parts, body, limit))
            .await
            .map_err(|_| Refusal::slow_body())??;
        request::from_json(&bytes)?
    };
    let mut context = context(shared, &parts.headers, read_only);
    context.incremental = accept.defer;
    match timeout_at(deadline, shared.admission.run("http", request, context)).await {
        Err(_) => Err(Refusal::timeout()),
        Ok(Answer::Overload) => Err(Refusal::overload()),
        Ok(Answer::Response(response)) => Ok(reply::response(&response, accept.format)),
        Ok(Answer::Parts(payloads)) => Ok(multipart::parts(payloads)),
        Ok(Answer::Stream(_)) if read_only => Err(Refusal::method("POST")),
        Ok(Answer::Stream(stream)) if accept.subscriptions => Ok(multipart::subscription(
            admission::until_expiry(stream, caller),
            shared.stop.clone(),
        )),
        Ok(Answer::Stream(_)) => Err(Refusal::subscription_not_acceptable()),
    }
}

fn context(shared: &Shared, client: &HeaderMap, read_only: bool) -> Context {
    let upstream = shared.propagation.apply(client);
    Context {
        init_payload: headers::to_init_payload(&upstream),
        headers: upstream,
        read_only,
        incremental: false,
        timeout: shared.config.traffic_shaping.router.timeout,
        rolled: None,
    }
}

fn refuse_caller(refusal: auth::Refusal) -> Refusal {
    match refusal {
        auth::Refusal::Unauthenticated(_) => {
            Refusal::unauthenticated(refusal.code(), refusal.message())
        }
        auth::Refusal::Unavailable => Refusal::unavailable(refusal.message()),
    }
}

/// A page of another origin can send "simple" requests without asking first (the Fetch standard's CORS protocol), with
/// whatever the browser adds to them. A content type that is not simple, or one of the named headers, proves that it
/// was no such request.
fn check_csrf(shared: &Shared, headers: &HeaderMap) -> Result<(), Refusal> {
    let csrf = &shared.config.csrf;
    let vouched = csrf.unsafe_disabled
        || headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|value| value.to_str().is_ok_and(request::needs_preflight))
        || csrf
            .required_headers
            .iter()
            .any(|name| headers.get(name).is_some_and(|value| !value.is_empty()));
    if vouched {
        Ok(())
    } else {
        Err(Refusal::csrf(&csrf.required_headers))
    }
}

async fn read(parts: &Parts, body: Body, limit: usize) -> Result<bytes::Bytes, Refusal> {
    let announced = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > limit) {
        return Err(Refusal::too_large(limit));
    }
    match Limited::new(body, limit).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::too_large(limit)),
        Err(_) => Err(Refusal::malformed("the body ended early")),
    }
}

/// What other parts need of a request in this shape: the payload of a WebSocket `subscribe`.
pub(crate) fn read_payload(payload: &[u8]) -> Result<Request, String> {
    request::from_json(payload).map_err(|refusal| refusal.message().to_owned())
}
