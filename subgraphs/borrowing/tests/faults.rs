//! Faults by loop: at each step of each kind of loan, each fault there is; then the same must hold as without.
//!
//! Book and user are models that keep to the protocol. The fault hits one of the messages that borrowing receives, or
//! one of those that it sends.

mod support;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::atomic::{AtomicBool, Ordering},
};

use borrowing::{MIGRATIONS, domain::Status, handlers::Handlers};
use chrono::TimeDelta;
use futures_util::future::BoxFuture;
use kit::{Db, Envelope, Handled, Handler, HandlerError, Tx, ids::BorrowingId};
use kit_testing::{TestDb, on_each_database};
use serde_json::{Value, json};
use support::{DEADLINE, UNDO_OVERDUE, World};

/// How the loan would go without faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Story {
    Approved,
    NotReserved,
    NotCharged,
    CanceledWhileReserving,
    CanceledWhileCharging,
}

/// What goes wrong, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Nothing: the story as it should be.
    None,
    /// The handler's transaction fails after its work is done.
    Fail,
    /// The message comes twice.
    Repeat,
    /// What it says comes again, much later, as another message.
    Echo,
    /// The process dies after its commit: the message comes again, to another process.
    CrashAfterCommit,
    /// The answer never comes: the deadline has its say, then the answer comes after all.
    TimeOut,
    /// The participant does what it was asked twice.
    ParticipantRepeats,
}

const STORIES: [Story; 5] = [
    Story::Approved,
    Story::NotReserved,
    Story::NotCharged,
    Story::CanceledWhileReserving,
    Story::CanceledWhileCharging,
];
const FAULTS: [Fault; 7] = [
    Fault::None,
    Fault::Fail,
    Fault::Repeat,
    Fault::Echo,
    Fault::CrashAfterCommit,
    Fault::TimeOut,
    Fault::ParticipantRepeats,
];
/// No story has more messages to borrowing than this.
const STEPS: usize = 4;

/// Fails once, after the real handler has done its work in the transaction.
struct FailsOnce {
    handlers: Handlers,
    armed: AtomicBool,
}

impl Handler for FailsOnce {
    fn handle<'a>(
        &'a self,
        tx: &'a mut Tx,
        message: &'a Envelope,
    ) -> BoxFuture<'a, Result<Handled, HandlerError>> {
        Box::pin(async move {
            let handled = Handler::handle(&self.handlers, tx, message).await?;
            if self.armed.swap(false, Ordering::SeqCst) {
                return Err(HandlerError::Store(sqlx::Error::WorkerCrashed));
            }
            Ok(handled)
        })
    }
}

/// Book and user, as far as one borrowing goes.
#[derive(Default)]
struct Participants {
    reserved: Option<bool>,
    charged: Option<bool>,
    released: bool,
    refunded: bool,
    reservations: usize,
    charges: usize,
}

impl Participants {
    /// What is answered to a command.
    fn answer(&mut self, story: Story, command: &str) -> Option<(&'static str, Value)> {
        match command {
            "ReserveCopies" if self.released => None,
            "ReserveCopies" => {
                let granted = story != Story::NotReserved;
                if self.reserved.replace(granted).is_none() && granted {
                    self.reservations += 1;
                }
                Some(if granted {
                    ("CopiesReserved", json!({ "rentalCost": 300 }))
                } else {
                    ("ReservationRefused", json!({ "reason": "BOOK_ON_LOAN" }))
                })
            }
            "ChargePoints" if self.refunded => None,
            "ChargePoints" => {
                let granted = story != Story::NotCharged;
                if self.charged.replace(granted).is_none() && granted {
                    self.charges += 1;
                }
                Some(if granted {
                    ("PointsCharged", json!({}))
                } else {
                    ("ChargeRefused", json!({ "reason": "NOT_ENOUGH_POINTS" }))
                })
            }
            "ReleaseCopies" => {
                self.released = true;
                Some(("CopiesReleased", json!({})))
            }
            "RefundPoints" => {
                self.refunded = true;
                Some(("PointsRefunded", json!({})))
            }
            _ => None,
        }
    }

    fn held(&self) -> (bool, bool) {
        (
            self.reserved == Some(true) && !self.released,
            self.charged == Some(true) && !self.refunded,
        )
    }
}

/// One loan under one fault.
struct Play {
    db: Db,
    world: World,
    story: Story,
    fault: Fault,
    step: usize,
    at: usize,
    id: BorrowingId,
    participants: Participants,
    carried: HashSet<kit::ids::MessageId>,
    to_borrowing: VecDeque<Envelope>,
    late: Vec<Envelope>,
}

impl Play {
    async fn begin(db: &Db, story: Story, fault: Fault, step: usize) -> Self {
        let world = World::on(db);
        let patron = world.patron();
        let asked = world.request(&patron, 2).await;
        let mut play = Self {
            db: db.clone(),
            world,
            story,
            fault,
            step,
            at: 0,
            id: asked.id,
            participants: Participants::default(),
            carried: HashSet::new(),
            to_borrowing: VecDeque::new(),
            late: Vec::new(),
        };
        if story == Story::CanceledWhileReserving {
            let canceled = play.world.lending.cancel(asked.id, &patron).await;
            canceled.expect("pending");
        }
        play.carry().await;
        if story == Story::CanceledWhileCharging {
            let reserved = play.to_borrowing.pop_front().expect("a reservation");
            play.receive(reserved).await;
            let canceled = play.world.lending.cancel(asked.id, &patron).await;
            // Under a time-out it may be decided before the user thinks of it.
            assert!(canceled.is_ok() || fault == Fault::TimeOut);
            play.carry().await;
        }
        play
    }

    /// Carries what borrowing has sent to the participants, and their answers onto the way back.
    async fn carry(&mut self) {
        for message in self.world.outbox().await {
            if message.aggregate_id != self.id.to_string() || !self.carried.insert(message.id) {
                continue;
            }
            let repeats = self.fault == Fault::ParticipantRepeats && self.at == self.step;
            for _ in 0..=usize::from(repeats) {
                if let Some((kind, mut payload)) =
                    self.participants.answer(self.story, &message.kind)
                {
                    payload["borrowingId"] = json!(self.id);
                    let answer = self.world.envelope(kind, self.id, 0, payload);
                    self.to_borrowing.push_back(answer);
                }
            }
        }
    }

    async fn receive(&mut self, message: Envelope) {
        let hit = self.at == self.step;
        self.at += 1;
        match self.fault {
            Fault::Fail if hit => self.fail(&message).await,
            Fault::Repeat if hit => {
                self.world.receive(&message).await;
                self.world.receive(&message).await;
            }
            Fault::Echo if hit => {
                self.world.receive(&message).await;
                let id = self.world.clock.id();
                self.late.push(Envelope { id, ..message });
            }
            Fault::CrashAfterCommit if hit => {
                self.world.receive(&message).await;
                self.world = World::on(&self.db);
                self.world.receive(&message).await;
            }
            Fault::TimeOut if hit => {
                self.world
                    .time_passes(DEADLINE + TimeDelta::seconds(1))
                    .await;
                let decided = self.world.borrowing(self.id).await;
                assert!(decided.is_decided(), "{self}");
                self.late.push(message);
            }
            _ => self.world.receive(&message).await,
        }
    }

    /// The first attempt fails, whole; the worker makes the second.
    async fn fail(&mut self, message: &Envelope) {
        let before = self.world.stored(self.id).await;
        let sent = self.world.outbox().await.len();
        let failing = World::with(&self.db, |handlers| FailsOnce {
            handlers,
            armed: AtomicBool::new(true),
        });
        failing.receive(message).await;
        assert_eq!(self.world.stored(self.id).await, before, "{self}");
        assert_eq!(self.world.outbox().await.len(), sent, "{self}");
        // Due at once, so that the test need not wait for the second attempt.
        sqlx::query("UPDATE inbox SET next_attempt_at = 0 WHERE done_at IS NULL")
            .execute(self.db.pool())
            .await
            .expect("updated");
        let stop = tokio_util::sync::CancellationToken::new();
        let work = tokio::spawn(failing.inbox.clone().work(stop.clone()));
        let handled = async {
            while self.parked().await > 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), handled)
            .await
            .unwrap_or_else(|_| panic!("never handled: {self}"));
        stop.cancel();
        work.await.expect("the worker ends");
    }

    async fn parked(&self) -> i64 {
        sqlx::query_scalar("SELECT COUNT(*) FROM inbox WHERE done_at IS NULL")
            .fetch_one(self.db.pool())
            .await
            .expect("counted")
    }

    async fn end(mut self) {
        while let Some(message) = self.to_borrowing.pop_front() {
            self.receive(message).await;
            self.carry().await;
        }
        for message in std::mem::take(&mut self.late) {
            self.world.receive(&message).await;
            self.carry().await;
            while let Some(message) = self.to_borrowing.pop_front() {
                self.world.receive(&message).await;
                self.carry().await;
            }
        }
        let overdue = UNDO_OVERDUE + TimeDelta::seconds(1);
        assert_eq!(
            self.world.time_passes(overdue).await,
            0,
            "nothing waits: {self}"
        );
        self.check().await;
    }

    async fn check(&self) {
        let stored = self.world.stored(self.id).await;
        assert_eq!(stored.saga.name(), "SETTLED", "{self}");
        let status = stored.borrowing.status;
        let approved = status == Status::Approved;
        assert_eq!(self.participants.held(), (approved, approved), "{self}");
        if approved {
            let counted = (self.participants.reservations, self.participants.charges);
            assert_eq!(counted, (1, 1), "{self}");
        }
        // Only time may turn the story.
        let expected = match self.story {
            Story::Approved => Status::Approved,
            Story::NotReserved | Story::NotCharged => Status::Rejected,
            Story::CanceledWhileReserving | Story::CanceledWhileCharging => Status::Canceled,
        };
        if self.fault == Fault::TimeOut && self.step < self.at {
            assert!(stored.borrowing.is_decided(), "{self}");
        } else {
            assert_eq!(status, expected, "{self}");
        }
        let versions: Vec<i64> = self
            .world
            .events(self.id)
            .await
            .iter()
            .map(|event| event.1)
            .collect();
        assert_eq!(versions, [1, 2], "asked once, decided once: {self}");
        let mut sent: HashMap<String, usize> = HashMap::new();
        for kind in self.world.sent(self.id).await {
            *sent.entry(kind).or_default() += 1;
        }
        assert!(sent.values().all(|count| *count == 1), "{self}: {sent:?}");
        assert_eq!(
            self.world.dead_letters().await,
            Vec::<String>::new(),
            "{self}"
        );
    }
}

impl std::fmt::Display for Play {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:?} with {:?} at step {}",
            self.story, self.fault, self.step
        )
    }
}

#[tokio::test]
async fn each_fault_at_each_step_of_each_story() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        for story in STORIES {
            for fault in FAULTS {
                for step in 0..STEPS {
                    Play::begin(&db, story, fault, step).await.end().await;
                }
            }
        }
    })
    .await;
}
