//! What operators do to sagas, below `/admin`: see the stuck ones, and send again, skip or close. The kit lets nobody
//! but an operator through.

use axum::{
    Json, Router,
    extract::{Path, Query, State as Given},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use kit::{admin::error, ids::BorrowingId};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    lending::Lending,
    saga::Message,
    steps::{StepError, Stepped},
    store::{self, Stored},
};

const LISTED: i64 = 200;
const STATES: [&str; 6] = [
    "RESERVING",
    "CHARGING",
    "UNDOING",
    "STUCK",
    "SETTLED",
    "ABANDONED",
];

/// The operators' routes.
pub fn routes(lending: Lending) -> Router {
    Router::new()
        .route("/admin/sagas", get(list))
        .route("/admin/sagas/{id}/{action}", post(act))
        .route("/admin/replay", post(replay))
        .with_state(lending)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    state: Option<String>,
}

async fn list(Given(lending): Given<Lending>, Query(listed): Query<Listed>) -> Response {
    let state = listed
        .state
        .map_or("STUCK".to_owned(), |state| state.to_ascii_uppercase());
    if !STATES.contains(&state.as_str()) {
        let message = format!(
            "there is no state {state}; there are: {}",
            STATES.join(", ")
        );
        return error(StatusCode::BAD_REQUEST, &message);
    }
    match store::sagas(lending.mailbox().db().pool(), &state, LISTED).await {
        Ok(sagas) => Json(sagas.iter().map(shown).collect::<Vec<_>>()).into_response(),
        Err(problem) => unavailable(&problem),
    }
}

async fn act(
    Given(lending): Given<Lending>,
    Path((id, action)): Path<(String, String)>,
) -> Response {
    let message = match action.as_str() {
        "retry" => Message::Retry,
        "skip" => Message::Skip,
        "force-close" => Message::ForceClose,
        _ => {
            return error(StatusCode::NOT_FOUND, "there are: retry, skip, force-close");
        }
    };
    let Ok(id) = id.parse::<BorrowingId>() else {
        return error(StatusCode::NOT_FOUND, "there is no such borrowing");
    };
    match perform(&lending, id, message).await {
        Ok(Some(Stepped::Moved(stored))) => {
            tracing::info!(borrowing = %id, action, "an operator moved a saga");
            Json(shown(&stored)).into_response()
        }
        Ok(Some(Stepped::Ignored(why) | Stepped::Unfit(why))) => error(StatusCode::CONFLICT, why),
        Ok(None) => error(StatusCode::NOT_FOUND, "there is no such borrowing"),
        Err(problem) => unavailable(&problem),
    }
}

async fn perform(
    lending: &Lending,
    id: BorrowingId,
    message: Message,
) -> Result<Option<Stepped>, StepError> {
    let mut tx = lending.mailbox().begin().await?;
    let stepped = lending.tell(&mut tx, id, message, None).await?;
    tx.commit().await?;
    Ok(stepped)
}

/// Asks the owners for what the desk needs to know of books and users.
async fn replay(Given(lending): Given<Lending>) -> Response {
    let mailbox = lending.mailbox();
    let asked = async {
        let mut tx = mailbox.begin().await?;
        mailbox.request_replay(&mut tx).await?;
        tx.commit().await
    };
    match asked.await {
        Ok(()) => (StatusCode::ACCEPTED, Json(json!({ "asked": "book, user" }))).into_response(),
        Err(problem) => unavailable(&problem),
    }
}

fn unavailable(problem: &dyn std::error::Error) -> Response {
    error(StatusCode::SERVICE_UNAVAILABLE, &problem.to_string())
}

fn shown(stored: &Stored) -> Value {
    json!({
        "borrowing": stored.borrowing.id,
        "status": stored.borrowing.status,
        "state": stored.saga.name(),
        "saga": stored.saga,
        "dueAt": stored.due,
    })
}
