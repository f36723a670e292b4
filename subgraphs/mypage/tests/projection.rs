//! The fold: whatever the order, repetition and delay of delivery, it comes to what the versions in order say.

mod common;

use std::collections::{BTreeMap, VecDeque};

use common::{DAY_ONE, Ending, Story, Version, expected_desk, expected_members, stories};
use kit::ids::{BookId, BorrowingId, UserId};
use mypage::projection::{Announcement, EventKind, Known, Step, event_kind, on_event, on_snapshot};
use proptest::prelude::*;

/// The projection in memory: what the tables hold.
#[derive(Default)]
struct Folded {
    loans: BTreeMap<BorrowingId, Known>,
    members: BTreeMap<UserId, (i64, i64)>,
    told: BTreeMap<BorrowingId, Vec<Announcement>>,
}

#[derive(Clone, Debug)]
enum News {
    Event(Version),
    Snapshot(Version),
}

impl Folded {
    /// Takes one message; false when it must wait.
    fn take(&mut self, news: &News) -> bool {
        let step = match news {
            News::Event(Version {
                number,
                kind,
                state,
                ..
            }) => {
                let kind = event_kind(kind, state.status).expect("an event's kind");
                on_event(self.loans.get(&state.id), *number, kind, state, DAY_ONE)
            }
            News::Snapshot(Version { number, state, .. }) => {
                on_snapshot(self.loans.get(&state.id), *number, state)
            }
        };
        let change = match step {
            Step::Ignore => return true,
            Step::Wait => return false,
            Step::Take(change) => *change,
        };
        let loan = &change.known.loan;
        let member = self.members.entry(loan.user).or_default();
        member.0 += change.on_loan;
        member.1 += change.late_fees;
        assert!(
            member.0 >= 0 && member.1 >= 0,
            "the tables would refuse {member:?}"
        );
        self.told
            .entry(loan.id)
            .or_default()
            .extend(change.announce);
        self.loans.insert(loan.id, change.known);
        true
    }

    /// Takes messages in the order given; those that must wait are offered again after the others.
    fn deliver(&mut self, news: Vec<News>) {
        let mut queue = VecDeque::from(news);
        let mut refused = 0;
        while let Some(next) = queue.pop_front() {
            if self.take(&next) {
                refused = 0;
            } else {
                refused += 1;
                queue.push_back(next);
                assert!(refused <= queue.len(), "these wait for ever: {queue:?}");
            }
        }
    }

    fn desk(&self, book: BookId) -> (Option<(UserId, i64)>, Option<i64>) {
        let loans = || {
            self.loans
                .values()
                .map(|known| &known.loan)
                .filter(|loan| loan.book == book)
        };
        let recent = loans()
            .filter_map(|loan| Some((loan.rented_at?, loan.id, loan.user)))
            .max()
            .map(|(at, _, user)| (user, at));
        (recent, loans().filter_map(|loan| loan.due_at).min())
    }

    fn agrees_with(&self, stories: &[Story]) {
        assert_eq!(self.members, expected_members(stories));
        for number in 0..common::BOOKS {
            let book = common::book(number);
            assert_eq!(self.desk(book), expected_desk(stories, book));
        }
        for story in stories {
            let last = story.last();
            let known = &self.loans[&last.state.id];
            assert_eq!(known.version, last.number);
            assert_eq!(known.loan.status, last.state.status);
            assert_eq!(known.loan.returned, last.state.returned_quantity);
        }
    }
}

fn events(stories: &[Story]) -> Vec<News> {
    stories
        .iter()
        .flat_map(Story::versions)
        .map(News::Event)
        .collect()
}

/// Stories, and every one of their events once or twice, in any order.
fn delivered() -> impl Strategy<Value = (Vec<Story>, Vec<News>)> {
    stories().prop_flat_map(|stories| {
        let once = events(&stories);
        let copies = prop::collection::vec(1_usize..3, once.len());
        let shuffled = copies
            .prop_map(move |copies| {
                let repeated = once.iter().zip(copies);
                repeated
                    .flat_map(|(news, copies)| vec![news.clone(); copies])
                    .collect::<Vec<_>>()
            })
            .prop_shuffle();
        (Just(stories), shuffled)
    })
}

proptest! {
    #[test]
    fn any_order_and_repetition_comes_to_the_same((stories, news) in delivered()) {
        let mut folded = Folded::default();
        folded.deliver(news);
        folded.agrees_with(&stories);
        let mut in_order = Folded::default();
        in_order.deliver(events(&stories));
        prop_assert_eq!(&folded.loans, &in_order.loans);
        for story in &stories {
            let told: Vec<_> = folded.told[&story.last().state.id].iter().map(|told| (told.kind, told.status)).collect();
            let happened: Vec<_> = story.versions().iter().map(|version| (version.event, version.state.status)).collect();
            prop_assert_eq!(told, happened, "each event once, in order");
        }
    }

    #[test]
    fn snapshots_alone_come_to_the_same(stories in stories(), repeated in any::<bool>()) {
        let mut snapshots: Vec<_> = stories.iter().map(|story| News::Snapshot(story.last())).collect();
        if repeated {
            snapshots.extend(snapshots.clone());
        }
        let mut rebuilt = Folded::default();
        rebuilt.deliver(snapshots);
        rebuilt.agrees_with(&stories);
        let mut folded = Folded::default();
        folded.deliver(events(&stories));
        let loans = |of: &Folded| of.loans.values().map(|known| (known.loan.clone(), known.version)).collect::<Vec<_>>();
        prop_assert_eq!(loans(&rebuilt), loans(&folded));
        prop_assert!(rebuilt.told.values().all(Vec::is_empty), "a snapshot is not news to the member");
    }

    /// A rebuild while borrowing goes on: each loan's snapshot is of any version, later events are still on their way,
    /// earlier ones may come once more.
    #[test]
    fn snapshots_among_events_come_to_the_same(
        (stories, news) in stories().prop_flat_map(|stories| {
            let cuts = stories.iter().map(|story| 0..story.versions().len()).collect::<Vec<_>>();
            (Just(stories), cuts)
        }).prop_flat_map(|(stories, cuts)| {
            let mut news = Vec::new();
            for (story, cut) in stories.iter().zip(cuts) {
                let versions = story.versions();
                news.push(News::Snapshot(versions[cut].clone()));
                news.extend(versions[cut.saturating_sub(1)..].iter().cloned().map(News::Event));
            }
            (Just(stories), Just(news).prop_shuffle())
        })
    ) {
        let mut folded = Folded::default();
        folded.deliver(news);
        folded.agrees_with(&stories);
        for (id, told) in &folded.told {
            let kinds: Vec<_> = told.iter().map(|told| told.kind).collect();
            let story = stories.iter().find(|story| story.last().state.id == *id).expect("a told story");
            let happened: Vec<_> = story.versions().iter().map(|version| version.event).collect();
            prop_assert!(happened.ends_with(&kinds), "{kinds:?} of {happened:?}");
        }
    }
}

#[test]
fn a_snapshot_that_overtakes_an_event_does_not_swallow_it() {
    let story = Story {
        number: 0,
        user: 0,
        book: 0,
        quantity: 1,
        requested: DAY_ONE,
        ending: Ending::Approved(Vec::new()),
    };
    let [requested, approved] = story.versions().try_into().expect("two versions");
    let mut folded = Folded::default();
    folded.deliver(vec![
        News::Event(requested),
        News::Snapshot(approved.clone()),
        News::Event(approved.clone()),
        News::Event(approved),
    ]);
    let kinds: Vec<_> = folded.told[&story.last().state.id]
        .iter()
        .map(|told| told.kind)
        .collect();
    assert_eq!(kinds, [EventKind::Requested, EventKind::Approved]);
    assert_eq!(folded.members[&common::user(0)], (1, 0));
}

#[test]
fn four_borrowed_and_three_late() {
    let story = Story {
        number: 0,
        user: 0,
        book: 0,
        quantity: 4,
        requested: DAY_ONE,
        ending: Ending::Approved(vec![(3, 500)]),
    };
    let mut folded = Folded::default();
    folded.deliver(events(&[story]));
    assert_eq!(folded.members[&common::user(0)], (1, 500));
}

#[test]
fn a_rejected_loan_leaves_no_trace_on_the_desks_list() {
    let story = |number, ending| Story {
        number,
        user: number,
        book: 0,
        quantity: 1,
        requested: DAY_ONE + i64::from(number),
        ending,
    };
    let mut folded = Folded::default();
    folded.deliver(events(&[
        story(0, Ending::Approved(vec![(1, 0)])),
        story(1, Ending::Rejected),
        story(2, Ending::Canceled),
    ]));
    let (recent, due) = folded.desk(common::book(0));
    assert_eq!(recent.map(|(user, _)| user), Some(common::user(0)));
    assert_eq!(due, None, "a return clears its due date");
}
