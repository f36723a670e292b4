//! Keeps time for the sagas: tells those that are due that time is over. It follows the machine's clock; the library's
//! calendar, which tests may move, has no say in how long answers are waited for.

use std::time::Duration;

use ops::metrics::Metrics;
use tokio_util::sync::CancellationToken;

use crate::{lending::Lending, store};

const EVERY: Duration = Duration::from_millis(500);
const AT_ONCE: i64 = 100;
/// Polls between two looks at the sagas that need an operator.
const LOOK_EVERY: u32 = 20;

/// Keeps time until `stop`. Any number of replicas may do so at once.
pub async fn run(lending: Lending, metrics: Metrics, stop: CancellationToken) {
    let troubled = metrics.gauge(
        "sagas_in_trouble",
        "Sagas that need an operator, by state",
        &["state"],
    );
    let mut polls = 0_u32;
    let mut failing = false;
    let mut abandoned_before = 0;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        match lending.fire_due(lending.clock().micros(), AT_ONCE).await {
            Ok(_) => failing = false,
            Err(error) if !failing => {
                tracing::warn!(%error, "deadlines cannot be kept at the moment; trying until they can");
                failing = true;
            }
            Err(_) => {}
        }
        polls = polls.wrapping_add(1);
        if polls % LOOK_EVERY != 1 {
            continue;
        }
        if let Ok((stuck, abandoned)) = store::troubled(lending.mailbox().db().pool()).await {
            troubled.with_label_values(&["STUCK"]).set(stuck);
            troubled.with_label_values(&["ABANDONED"]).set(abandoned);
            if abandoned > abandoned_before {
                tracing::error!(
                    abandoned,
                    "sagas of another version of this program are waiting: start that version, or see GET /admin/sagas?state=abandoned"
                );
            }
            abandoned_before = abandoned;
        }
    }
}
