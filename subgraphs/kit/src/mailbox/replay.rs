//! Replay: a service that is new, or makes its view anew, asks; each owner sends its aggregates again, as snapshots with
//! their versions, to that service alone, page by page.

use serde::{Deserialize, Serialize};

use super::Mailbox;
use crate::{db::Tx, envelope::Outgoing};

/// Aggregates sent by one transaction.
pub const REPLAY_PAGE: i64 = 200;
const KIND: &str = "ReplayRequested";

/// Asks the owners to send everything again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplayRequested {
    /// To this service alone.
    pub consumer: String,
    /// Those after this id only: what an owner asks itself for the next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

impl ReplayRequested {
    /// The id after which the page begins; empty for the first.
    pub fn after(&self) -> &str {
        self.after.as_deref().unwrap_or_default()
    }
}

impl Mailbox {
    /// Asks every owner to send this service what it owns.
    pub async fn request_replay(&self, tx: &mut Tx) -> Result<(), sqlx::Error> {
        let consumer = self.service().to_owned();
        let request = ReplayRequested {
            consumer,
            after: None,
        };
        self.send(tx, Outgoing::new(KIND, self.service(), 0, request))
            .await
    }

    /// Answers `request` with one page of snapshots, ordered by id; a full one is followed by the next.
    pub async fn replay(
        &self,
        tx: &mut Tx,
        request: ReplayRequested,
        page: Vec<Outgoing>,
    ) -> Result<(), sqlx::Error> {
        let last = page.last().map(|snapshot| snapshot.aggregate_id.clone());
        let is_full = page.len() as i64 >= REPLAY_PAGE;
        for snapshot in page {
            self.send(tx, snapshot.only_to(&request.consumer)).await?;
        }
        if is_full {
            let next = ReplayRequested {
                after: last,
                ..request
            };
            let next = Outgoing::new(KIND, next.consumer.clone(), 0, next);
            self.send(tx, next.only_to(self.service())).await?;
        }
        Ok(())
    }
}
