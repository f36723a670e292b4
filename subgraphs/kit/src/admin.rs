//! What operators do to a service, over HTTP: `GET /admin/dead-letters`, `POST /admin/dead-letters/{id}/redrive`, and
//! the service's own routes. Needs the token of an OPERATOR.

use axum::{
    Json, Router,
    extract::{Path, Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use ops::token::Verifier;
use serde_json::json;

use crate::{
    auth::{self, AuthError, Role},
    mailbox::Mailbox,
};

const LISTED: i64 = 200;

/// Guards `routes`: only an operator gets through.
pub fn operators_only(routes: Router, verifier: Verifier) -> Router {
    routes.layer(middleware::from_fn_with_state(verifier, check))
}

async fn check(State(verifier): State<Verifier>, request: Request, next: Next) -> Response {
    match auth::caller(&verifier, request.headers()).await {
        Ok(Some(caller)) if caller.role == Role::Operator => next.run(request).await,
        Ok(Some(_)) => error(StatusCode::FORBIDDEN, "only an operator may do this"),
        Ok(None) => error(
            StatusCode::UNAUTHORIZED,
            "sign in as an operator and send the token as `Authorization: Bearer …`",
        ),
        Err(problem @ AuthError::Rejected(_)) => {
            error(StatusCode::UNAUTHORIZED, &problem.to_string())
        }
        Err(problem @ AuthError::KeysUnavailable) => {
            error(StatusCode::SERVICE_UNAVAILABLE, &problem.to_string())
        }
    }
}

/// An error as operators' tools read it.
pub fn error(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "error": message }))).into_response()
}

/// The routes that every service has.
pub(crate) fn routes(mailbox: Mailbox) -> Router {
    Router::new()
        .route("/admin/dead-letters", get(list))
        .route("/admin/dead-letters/{id}/redrive", post(redrive))
        .with_state(mailbox)
}

async fn list(State(mailbox): State<Mailbox>) -> Response {
    match mailbox.dead_letters(LISTED).await {
        Ok(letters) => Json(letters).into_response(),
        Err(problem) => error(StatusCode::SERVICE_UNAVAILABLE, &problem.to_string()),
    }
}

async fn redrive(State(mailbox): State<Mailbox>, Path(id): Path<String>) -> Response {
    match mailbox.redrive(&id).await {
        Ok(true) => (StatusCode::ACCEPTED, Json(json!({ "redriven": id }))).into_response(),
        Ok(false) => error(
            StatusCode::NOT_FOUND,
            "no dead letter of that id can be redriven",
        ),
        Err(problem) => error(StatusCode::SERVICE_UNAVAILABLE, &problem.to_string()),
    }
}
