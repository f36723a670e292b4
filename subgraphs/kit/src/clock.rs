//! Time and fresh ids, passed in rather than reached for, so that tests decide what day it is.
//!
//! Two clocks in one: `now` is the machine's, for leases, deadlines, tokens and timeouts; `business_now` is the
//! library's calendar, which tests and demos may move to see a loan fall overdue. Nothing else ever follows the latter.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::{ContextV7, Timestamp, Uuid};

use crate::ids::Id;

/// The source of time and ids of one service.
#[derive(Clone)]
pub struct Clock {
    /// Seconds by which the business clock is ahead; `None` where it may not be moved.
    offset: Option<Arc<AtomicI64>>,
    ids: Arc<std::sync::Mutex<ContextV7>>,
}

impl Clock {
    /// A clock whose business time is the machine's time.
    pub fn real() -> Self {
        Self {
            offset: None,
            ids: Arc::default(),
        }
    }

    /// A clock whose business time can be moved: for tests and demos.
    pub fn settable() -> Self {
        Self {
            offset: Some(Arc::default()),
            ids: Arc::default(),
        }
    }

    /// The machine's time.
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the machine for the time"
    )]
    pub fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    /// The machine's time in microseconds since 1970.
    pub fn micros(&self) -> i64 {
        self.now().timestamp_micros()
    }

    /// The library's time: what due dates and lateness are reckoned by.
    pub fn business_now(&self) -> DateTime<Utc> {
        let offset = self
            .offset
            .as_ref()
            .map_or(0, |seconds| seconds.load(Ordering::Relaxed));
        self.now() + TimeDelta::seconds(offset)
    }

    /// Moves the business clock to `offset` ahead of the machine's; false when this clock may not be moved.
    pub fn set_offset(&self, offset: TimeDelta) -> bool {
        match &self.offset {
            Some(seconds) => {
                seconds.store(offset.num_seconds(), Ordering::Relaxed);
                true
            }
            None => false,
        }
    }

    /// Whether `set_offset` is allowed.
    pub fn is_settable(&self) -> bool {
        self.offset.is_some()
    }

    /// A fresh id (UUIDv7: ids made later sort later within a process).
    pub fn id<T>(&self) -> Id<T> {
        let now = self.now();
        let ids = self
            .ids
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let timestamp = Timestamp::from_unix(
            &*ids,
            now.timestamp().unsigned_abs(),
            now.timestamp_subsec_nanos(),
        );
        Id::from_uuid(Uuid::new_v7(timestamp))
    }
}

/// An instant as the databases and messages hold it.
pub fn to_micros(instant: DateTime<Utc>) -> i64 {
    instant.timestamp_micros()
}

/// The instant that the databases and messages hold as microseconds.
pub fn from_micros(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::UNIX_EPOCH)
}
