//! A member's durable stream of loan events: numbered 1..n without a gap, read from the database, however often and
//! wherever the reader reconnects, for 30 days.
//!
//! A reader attaches to the wake-up first and reads second; a wake-up carries nothing, so a lost or doubled one does no
//! harm. Every page is checked to follow on from the last: what the retention has removed, or a rebuild has renumbered,
//! ends the stream with `CURSOR_EXPIRED` and is never passed over in silence.

use std::{collections::VecDeque, time::Duration};

use async_graphql::connection::{CursorType, OpaqueCursor};
use futures_util::Stream;
use kit::{
    Clock, Live, Refusal, Waiter,
    ids::{BorrowingId, UserId},
};
use sqlx::Row;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    paging,
    projection::{EventKind, Status},
    store::{Store, id, named},
};

const PAGE: i64 = 100;
const RETENTION: Duration = Duration::from_hours(30 * 24);
const CLEAN_EVERY: Duration = Duration::from_mins(5);
const CHUNK: i64 = 500;
/// How long a reader may leave an event lying before it is told to come back later.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// The key of [`Live`] that a member's events wake.
pub fn live_key(user: UserId) -> String {
    format!("loans/{user}")
}

/// A place in a member's stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Which making of the projection numbered it.
    pub epoch: i64,
    /// The number of the event it is behind; 0 at the beginning.
    pub seq: i64,
}

impl Position {
    /// As the client keeps it.
    pub fn cursor(self) -> String {
        OpaqueCursor((self.epoch, self.seq)).encode_cursor()
    }

    /// The place that a client's cursor names.
    pub fn of_cursor(cursor: &str) -> Result<Self, Refusal> {
        let place: Option<(i64, i64)> = paging::position(Some(cursor))?;
        place
            .map(|(epoch, seq)| Self { epoch, seq })
            .ok_or_else(expired)
    }
}

/// What happened to one of the member's loans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamEvent {
    /// Just behind this event.
    pub position: Position,
    /// When, in microseconds since 1970 by the library's calendar.
    pub at: i64,
    /// What.
    pub kind: EventKind,
    /// Where the borrowing stood then.
    pub status: Status,
    /// Which borrowing.
    pub borrowing: BorrowingId,
}

/// Why a stream cannot go on from a cursor.
pub fn expired() -> Refusal {
    Refusal::new(
        "CURSOR_EXPIRED",
        "events after this cursor are no longer kept, or have been renumbered; read myPage, then subscribe without `after`",
    )
}

fn slow() -> Refusal {
    Refusal::new(
        "SLOW_CONSUMER",
        "events were not taken for 10 seconds; subscribe again with the last cursor to go on from there",
    )
}

/// What was read behind a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The present making of the projection, and the number of the member's latest event.
    pub latest: Position,
    /// The events, at most a page of them.
    pub events: Vec<StreamEvent>,
}

impl Page {
    /// The events, provided that they follow on from `position`.
    pub fn after(self, position: Position) -> Result<Vec<StreamEvent>, Refusal> {
        let gapless = (position.seq + 1..)
            .zip(&self.events)
            .all(|(seq, event)| event.position.seq == seq);
        let complete = !self.events.is_empty() || self.latest.seq == position.seq;
        if self.latest.epoch == position.epoch && gapless && complete {
            Ok(self.events)
        } else {
            Err(expired())
        }
    }
}

impl Store {
    /// What comes behind `seq` in a member's stream. One statement, so that it cannot fall between two states.
    pub async fn events(&self, user: UserId, seq: i64) -> Result<Page, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT projection.epoch, COALESCE(member.seq, 0), event.seq, event.at, event.kind, event.status, event.borrowing_id
             FROM projection
             LEFT JOIN member ON member.user_id = $1
             LEFT JOIN stream_event AS event ON event.user_id = $1 AND event.seq > $2
             ORDER BY event.seq LIMIT $3",
        )
        .bind(user.to_string())
        .bind(seq)
        .bind(PAGE)
        .fetch_all(self.db.pool())
        .await?;
        let first = rows.first().ok_or(sqlx::Error::RowNotFound)?;
        let latest = Position {
            epoch: first.try_get(0)?,
            seq: first.try_get(1)?,
        };
        let mut events = Vec::with_capacity(rows.len());
        for row in &rows {
            if let Some(seq) = row.try_get::<Option<i64>, _>(2)? {
                events.push(StreamEvent {
                    position: Position {
                        epoch: latest.epoch,
                        seq,
                    },
                    at: row.try_get(3)?,
                    kind: named(row, 4)?,
                    status: named(row, 5)?,
                    borrowing: id(row, 6)?,
                });
            }
        }
        Ok(Page { latest, events })
    }

    /// Removes events stored before `before`, a chunk at a time; how many there were.
    pub async fn forget_events(&self, before: i64) -> Result<u64, sqlx::Error> {
        let mut forgotten = 0;
        loop {
            let mut tx = self.db.begin().await?;
            let removed = sqlx::query(
                "DELETE FROM stream_event WHERE (user_id, seq) IN
                 (SELECT user_id, seq FROM stream_event WHERE stored_at < $1 ORDER BY stored_at, user_id, seq LIMIT $2)",
            )
            .bind(before)
            .bind(CHUNK)
            .execute(tx.conn())
            .await?
            .rows_affected();
            tx.commit().await?;
            forgotten += removed;
            if removed < CHUNK.unsigned_abs() {
                return Ok(forgotten);
            }
        }
    }
}

/// Removes events past the retention until `stop`.
pub(crate) async fn keep_bounded(store: Store, clock: Clock, stop: CancellationToken) {
    loop {
        let before = clock.micros() - RETENTION.as_micros() as i64;
        if let Err(error) = store.forget_events(before).await {
            tracing::warn!(%error, "old loan events could not be removed; trying again in a while");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(CLEAN_EVERY) => {}
        }
    }
}

/// One reader of a member's stream.
pub struct Follower {
    store: Store,
    user: UserId,
    waiter: Waiter,
    stop: CancellationToken,
    patience: Duration,
    position: Position,
    /// Read, and not handed out yet.
    ready: VecDeque<StreamEvent>,
    /// When the last event was handed out.
    handed_at: Option<Instant>,
    ended: bool,
}

impl Follower {
    /// Begins to read behind `after`, or, without it, at what happens from now on.
    pub async fn begin(
        store: Store,
        live: &Live,
        user: UserId,
        after: Option<Position>,
        stop: CancellationToken,
        patience: Duration,
    ) -> Result<Self, kit::Failure> {
        let waiter = live.attach(&live_key(user));
        let (position, ready) = match after {
            Some(position) => {
                let page = store.events(user, position.seq).await?;
                (position, page.after(position)?)
            }
            // Behind every possible number: only the latest position is wanted.
            None => (store.events(user, i64::MAX).await?.latest, Vec::new()),
        };
        Ok(Self {
            store,
            user,
            waiter,
            stop,
            patience,
            position,
            ready: ready.into(),
            handed_at: None,
            ended: false,
        })
    }

    /// The events, without end but for [`expired`], a reader that is too slow, and the service's stop.
    pub fn follow(self) -> impl Stream<Item = Result<StreamEvent, Refusal>> {
        futures_util::stream::unfold(self, |mut follower| async move {
            let next = follower.next().await?;
            follower.ended = next.is_err();
            Some((next, follower))
        })
    }

    async fn next(&mut self) -> Option<Result<StreamEvent, Refusal>> {
        if self.ended {
            return None;
        }
        // We are asked for the next event when the last has been written out.
        if self
            .handed_at
            .take()
            .is_some_and(|at| at.elapsed() > self.patience)
        {
            return Some(Err(slow()));
        }
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.position = event.position;
                self.handed_at = Some(Instant::now());
                return Some(Ok(event));
            }
            match self.store.events(self.user, self.position.seq).await {
                Ok(page) => match page.after(self.position) {
                    Ok(events) if events.is_empty() => {}
                    Ok(events) => {
                        self.ready = events.into();
                        continue;
                    }
                    Err(refusal) => return Some(Err(refusal)),
                },
                // The position is kept, so nothing is lost by trying again.
                Err(error) => {
                    tracing::warn!(%error, "a member's stream cannot be read; trying again");
                }
            }
            tokio::select! {
                () = self.stop.cancelled() => return None,
                () = self.waiter.changed() => {}
            }
        }
    }
}
