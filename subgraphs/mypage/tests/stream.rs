//! The stream's promises, on both databases: exactly 1..n wherever it is taken up again, and never a silent gap.

mod common;

use std::{sync::Arc, time::Duration};

use common::{DAY_ONE, Ending, Story, deliver, event, user};
use futures_util::StreamExt;
use kit::{
    Clock, Db, Failure, Live, Mailbox, MailboxMetrics, Refusal,
    ids::{BorrowingId, UserId},
};
use kit_testing::{Recorder, on_each_database};
use mypage::{
    MIGRATIONS,
    handlers::Messages,
    projection::EventKind,
    rebuild::{begin_if_new, rebuild},
    store::Store,
    stream::{Follower, PATIENCE, Position, StreamEvent},
};
use ops::metrics::Metrics;
use tokio_util::sync::CancellationToken;

/// One replica: its own connections, its own waiters.
struct Replica {
    db: Db,
    store: Store,
    live: Live,
    handler: Messages,
    mailbox: Mailbox,
    clock: Clock,
    stop: CancellationToken,
}

impl Replica {
    async fn start(db: Db) -> Self {
        let (clock, live) = (
            Clock::real(),
            Live::new("mypage", Arc::new(Recorder::default())),
        );
        let metrics = MailboxMetrics::new(&Metrics::new("mypage"));
        let bus = Arc::new(Recorder::default());
        let mailbox = Mailbox::new("mypage", db.clone(), clock.clone(), bus, metrics);
        begin_if_new(&mailbox, &clock).await.expect("an epoch");
        Self {
            store: Store::new(db.clone()),
            handler: Messages::new(live.clone(), clock.clone()),
            stop: CancellationToken::new(),
            db,
            live,
            mailbox,
            clock,
        }
    }

    /// Tells of whole stories, in order.
    async fn tell(&self, stories: &[Story]) {
        let versions = stories.iter().flat_map(Story::versions);
        let messages = versions.map(|version| event(&self.clock, &version));
        deliver(&self.db, &self.handler, messages.collect()).await;
    }

    async fn follow(&self, after: Option<&str>) -> Result<Follower, Failure> {
        self.follow_patiently(after, PATIENCE).await
    }

    async fn follow_patiently(
        &self,
        after: Option<&str>,
        patience: Duration,
    ) -> Result<Follower, Failure> {
        let after = after.map(Position::of_cursor).transpose()?;
        let (store, stop) = (self.store.clone(), self.stop.clone());
        Follower::begin(store, &self.live, user(0), after, stop, patience).await
    }

    /// The next `count` events behind `after`.
    async fn read(&self, after: Option<&str>, count: usize) -> Vec<StreamEvent> {
        let follower = self.follow(after).await.expect("a stream");
        let events = follower.follow().take(count).collect::<Vec<_>>().await;
        events
            .into_iter()
            .map(|event| event.expect("an event"))
            .collect()
    }

    async fn beginning(&self) -> String {
        let epoch = self
            .store
            .events(user(0), 0)
            .await
            .expect("a page")
            .latest
            .epoch;
        Position { epoch, seq: 0 }.cursor()
    }
}

/// A loan of user 0 (or another) that is requested and approved, then half returned, then returned: four events.
fn story(number: u8, of: u8) -> Story {
    Story {
        number,
        user: of,
        book: 0,
        quantity: 2,
        requested: DAY_ONE + i64::from(number),
        ending: Ending::Approved(vec![(1, 0), (1, 0)]),
    }
}

fn numbers(events: &[StreamEvent]) -> Vec<i64> {
    events.iter().map(|event| event.position.seq).collect()
}

fn refusal(failure: Option<Failure>) -> &'static str {
    match failure {
        Some(Failure::Refused(refusal)) => refusal.code,
        other => panic!("not a refusal: {other:?}"),
    }
}

#[tokio::test]
async fn taken_up_at_every_cursor_it_is_one_to_n() {
    on_each_database(MIGRATIONS, |test| async move {
        let replica = Replica::start(test.db).await;
        // Another member's events in between are neither seen nor counted. More than one page.
        let stories: Vec<_> = (0..60).map(|number| story(number, number % 2)).collect();
        replica.tell(&stories).await;
        let all = replica.read(Some(&replica.beginning().await), 120).await;
        assert_eq!(numbers(&all), (1..=120).collect::<Vec<_>>());
        let kinds: Vec<_> = all[..4].iter().map(|event| event.kind).collect();
        let told = [
            EventKind::Requested,
            EventKind::Approved,
            EventKind::PartlyReturned,
            EventKind::Returned,
        ];
        assert_eq!(kinds, told);
        for (place, event) in all.iter().enumerate().step_by(7) {
            let rest = replica
                .read(Some(&event.position.cursor()), 120 - place - 1)
                .await;
            assert_eq!(rest, all[place + 1..], "behind {}", event.position.seq);
        }
    })
    .await;
}

#[tokio::test]
async fn while_two_replicas_write_readers_of_either_see_one_to_n() {
    on_each_database(MIGRATIONS, |test| async move {
        let (one, other) = tokio::join!(Replica::start(test.db.clone()), async {
            Replica::start(
                Db::open(&test.url, MIGRATIONS)
                    .await
                    .expect("the same database"),
            )
            .await
        });
        let beginning = one.beginning().await;
        let stories: Vec<_> = (0..40).map(|number| story(number, 0)).collect();
        let (mine, theirs) = stories.split_at(20);
        // Reads a few events from one replica, drops it, and goes on at the other from the last cursor.
        let hopping = async |step: usize| {
            let (mut seen, mut cursor) = (Vec::new(), beginning.clone());
            for replica in [&one, &other].into_iter().cycle() {
                if seen.len() == 160 {
                    break;
                }
                let step = step.min(160 - seen.len());
                let events = replica.read(Some(&cursor), step).await;
                let last = events.last().expect("a step is not empty");
                cursor = last.position.cursor();
                seen.extend(events);
            }
            seen
        };
        let ((), (), small, large) =
            tokio::join!(one.tell(mine), other.tell(theirs), hopping(1), hopping(13));
        assert_eq!(numbers(&small), (1..=160).collect::<Vec<_>>());
        assert_eq!(small, large, "every reader sees the same");
        for story in &stories {
            let id: BorrowingId = story.last().state.id;
            let kinds: Vec<_> = small
                .iter()
                .filter(|event| event.borrowing == id)
                .map(|event| event.kind)
                .collect();
            let happened: Vec<_> = story
                .versions()
                .iter()
                .map(|version| version.event)
                .collect();
            assert_eq!(kinds, happened);
        }
        other.db.close().await;
    })
    .await;
}

#[tokio::test]
async fn without_a_cursor_it_starts_now() {
    on_each_database(MIGRATIONS, |test| async move {
        let replica = Replica::start(test.db).await;
        replica.tell(&[story(0, 0)]).await;
        let mut events = Box::pin(replica.follow(None).await.expect("a stream").follow());
        replica.tell(&[story(1, 0)]).await;
        let next = events.next().await.expect("an event").expect("no refusal");
        assert_eq!(
            (next.position.seq, next.borrowing),
            (5, story(1, 0).last().state.id)
        );
        // The service stops: so does the stream, once what was read is handed out.
        replica.stop.cancel();
        assert_eq!(
            events.map(|event| event.is_ok()).collect::<Vec<_>>().await,
            [true; 3]
        );
    })
    .await;
}

#[tokio::test]
async fn what_is_no_longer_kept_is_refused_and_never_passed_over() {
    on_each_database(MIGRATIONS, |test| async move {
        let replica = Replica::start(test.db).await;
        let beginning = replica.beginning().await;
        replica.tell(&[story(0, 0)]).await;
        let all = replica.read(Some(&beginning), 4).await;
        // The first two are past the retention.
        let mut tx = replica.db.begin().await.expect("a transaction");
        sqlx::query("UPDATE stream_event SET stored_at = 1 WHERE seq <= 2")
            .execute(tx.conn())
            .await
            .expect("an update");
        tx.commit().await.expect("a commit");
        assert_eq!(replica.store.forget_events(2).await.expect("a clean-up"), 2);
        for cursor in [beginning.as_str(), &all[0].position.cursor()] {
            assert_eq!(
                refusal(replica.follow(Some(cursor)).await.err()),
                "CURSOR_EXPIRED"
            );
        }
        assert_eq!(
            replica.read(Some(&all[1].position.cursor()), 2).await,
            all[2..]
        );

        // All of them: only who has seen the last may go on.
        replica
            .store
            .forget_events(i64::MAX)
            .await
            .expect("a clean-up");
        let third = all[2].position.cursor();
        assert_eq!(
            refusal(replica.follow(Some(&third)).await.err()),
            "CURSOR_EXPIRED"
        );
        let follower = replica
            .follow(Some(&all[3].position.cursor()))
            .await
            .expect("a stream");
        replica.tell(&[story(1, 0)]).await;
        let next = Box::pin(follower.follow())
            .next()
            .await
            .expect("an event")
            .expect("no refusal");
        assert_eq!(next.position.seq, 5, "numbers are never used again");
    })
    .await;
}

#[tokio::test]
async fn a_cursor_of_another_making_is_refused() {
    on_each_database(MIGRATIONS, |test| async move {
        let replica = Replica::start(test.db).await;
        replica.tell(&[story(0, 0)]).await;
        let last = replica
            .read(Some(&replica.beginning().await), 4)
            .await
            .remove(3)
            .position;
        let ahead = Position {
            seq: last.seq + 1,
            ..last
        };
        assert_eq!(
            refusal(replica.follow(Some(&ahead.cursor())).await.err()),
            "CURSOR_EXPIRED"
        );
        assert_eq!(
            refusal(replica.follow(Some("nonsense")).await.err()),
            "BAD_USER_INPUT"
        );

        let mut open = Box::pin(
            replica
                .follow(Some(&last.cursor()))
                .await
                .expect("a stream")
                .follow(),
        );
        rebuild(&replica.mailbox, &replica.clock)
            .await
            .expect("a rebuild");
        // The same number again, of another event: it must not pass for what came after the old one.
        replica.tell(&[story(1, 0), story(2, 0)]).await;
        let end = open.next().await.expect("an end that says why");
        assert_eq!(end.map_err(|refusal| refusal.code), Err("CURSOR_EXPIRED"));
        assert_eq!(open.next().await, None);
        assert_eq!(
            refusal(replica.follow(Some(&last.cursor())).await.err()),
            "CURSOR_EXPIRED"
        );
    })
    .await;
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_told_to_come_back() {
    on_each_database(MIGRATIONS, |test| async move {
        let replica = Replica::start(test.db).await;
        let beginning = replica.beginning().await;
        replica.tell(&[story(0, 0)]).await;
        let follower = replica
            .follow_patiently(Some(&beginning), Duration::ZERO)
            .await
            .expect("a stream");
        let seen: Vec<Result<StreamEvent, Refusal>> = follower.follow().collect().await;
        let [Ok(first), Err(slow)] = seen.as_slice() else {
            panic!("one event, then the end: {seen:?}");
        };
        assert_eq!(slow.code, "SLOW_CONSUMER");
        let rest = replica.read(Some(&first.position.cursor()), 3).await;
        assert_eq!(numbers(&rest), [2, 3, 4], "nothing was lost by it");
    })
    .await;
}

#[tokio::test]
async fn an_unknown_member_has_an_empty_stream() {
    on_each_database(MIGRATIONS, |test| async move {
        let replica = Replica::start(test.db).await;
        let nobody: UserId = user(200);
        let page = replica.store.events(nobody, 0).await.expect("a page");
        assert_eq!((page.latest.seq, page.events.len()), (0, 0));
        assert_eq!(page.clone().after(page.latest), Ok(Vec::new()));
    })
    .await;
}
