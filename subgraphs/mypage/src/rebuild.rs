//! Making the projection anew: empty, with a new epoch, from the owners' snapshots. Reads go on meanwhile and see it
//! grow; open streams end with `CURSOR_EXPIRED`, as the events they counted are gone.

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use kit::{Clock, Mailbox, admin};
use serde_json::json;

/// Asks the owners for everything when this database has never been filled: what was sent before it existed would be
/// missing otherwise.
///
/// The epoch is the time, so that a database made anew does not take the lost one's cursors for its own.
pub async fn begin_if_new(mailbox: &Mailbox, clock: &Clock) -> Result<(), sqlx::Error> {
    let mut tx = mailbox.begin().await?;
    let inserted = sqlx::query(
        "INSERT INTO projection (id, epoch) VALUES (1, $1) ON CONFLICT (id) DO NOTHING",
    )
    .bind(clock.micros())
    .execute(tx.conn())
    .await?;
    if inserted.rows_affected() == 1 {
        mailbox.request_replay(&mut tx).await?;
    }
    tx.commit().await
}

/// Empties the projection, begins a new epoch, and asks the owners for everything.
pub async fn rebuild(mailbox: &Mailbox, clock: &Clock) -> Result<(), sqlx::Error> {
    let mut tx = mailbox.begin().await?;
    // A message being handled must be wholly in the old projection or wholly in the new one.
    if let Some(lock) = tx.dialect().lock_table("loan") {
        sqlx::query(lock).execute(tx.conn()).await?;
    }
    for delete in [
        "DELETE FROM loan",
        "DELETE FROM member",
        "DELETE FROM stream_event",
        "DELETE FROM book",
    ] {
        sqlx::query(delete).execute(tx.conn()).await?;
    }
    sqlx::query(
        "UPDATE projection SET epoch = CASE WHEN epoch < $1 THEN $1 ELSE epoch + 1 END WHERE id = 1",
    )
    .bind(clock.micros())
    .execute(tx.conn())
    .await?;
    mailbox.request_replay(&mut tx).await?;
    tx.commit().await
}

/// `POST /admin/rebuild`.
pub(crate) fn routes(mailbox: Mailbox, clock: Clock) -> Router {
    Router::new()
        .route("/admin/rebuild", post(answer))
        .with_state((mailbox, clock))
}

async fn answer(State((mailbox, clock)): State<(Mailbox, Clock)>) -> Response {
    match rebuild(&mailbox, &clock).await {
        Ok(()) => {
            tracing::warn!("the projection is being rebuilt: an operator asked for it");
            (
                StatusCode::ACCEPTED,
                Json(json!({ "rebuilding": mailbox.service() })),
            )
                .into_response()
        }
        Err(problem) => {
            tracing::error!(error = %problem, "the projection could not be emptied");
            admin::error(StatusCode::SERVICE_UNAVAILABLE, &problem.to_string())
        }
    }
}
