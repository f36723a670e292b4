//! The saga against model participants, over every interleaving, repetition and loss of messages there is.
//!
//! A message once sent may arrive at any time, any number of times, or never. So the network is the set of all that was
//! ever sent, and every reachable state of saga, book and user together can be visited.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use borrowing::{
    domain::{Decision, RejectionReason},
    saga::{self, Command, Message, Outcome, Reaction, State, Transition, Undo, UndoStep},
};
use proptest::prelude::*;

const COST: i64 = 300;

/// What a participant has done for one borrowing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Part {
    Unasked,
    Granted,
    Refused,
    /// Undone for good: what is undone stays undone, even if it was never done.
    Tombstone,
}

impl Part {
    /// Asked to grant: what it answers, `None` for silence.
    fn ask(&mut self, grants: bool) -> Option<bool> {
        if *self == Self::Unasked {
            *self = if grants { Self::Granted } else { Self::Refused };
        }
        match self {
            Self::Granted => Some(true),
            Self::Refused => Some(false),
            Self::Tombstone | Self::Unasked => None,
        }
    }
}

/// A message on the network, as something that can be ordered and kept in a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Sent {
    Reserve,
    Charge,
    Release,
    Refund,
    Reserved,
    NotReserved,
    Charged,
    NotCharged,
    Released,
    Refunded,
}

/// Saga, book, user and everything ever sent between them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    saga: State,
    book: Part,
    user: Part,
    sent: BTreeSet<Sent>,
    decided: Option<Outcome>,
    book_grants: bool,
    user_grants: bool,
}

impl World {
    fn new(book_grants: bool, user_grants: bool) -> Self {
        let mut world = Self {
            saga: State::Reserving,
            book: Part::Unasked,
            user: Part::Unasked,
            sent: BTreeSet::new(),
            decided: None,
            book_grants,
            user_grants,
        };
        world.take(saga::start());
        world
    }

    fn take(&mut self, transition: Transition) {
        self.saga = transition.next;
        if let Some(decision) = transition.decide {
            let outcome = match decision {
                Decision::Approved { rental_cost } => {
                    assert_eq!(rental_cost, COST);
                    Outcome::Approved
                }
                Decision::Rejected(reason) => Outcome::Rejected(reason),
                Decision::Canceled => Outcome::Canceled,
            };
            assert_eq!(self.decided, None, "decided twice: {self:?}");
            self.decided = Some(outcome);
        }
        for command in transition.send {
            self.sent.insert(match command {
                Command::ReserveCopies => Sent::Reserve,
                Command::ChargePoints { rental_cost } => {
                    assert_eq!(rental_cost, COST);
                    Sent::Charge
                }
                Command::ReleaseCopies => Sent::Release,
                Command::RefundPoints => Sent::Refund,
            });
        }
        self.check();
    }

    /// Tells the saga; panics on what must never happen.
    fn tell(&mut self, message: Message) {
        match saga::on(self.saga, message) {
            Ok(Reaction::Move(transition)) => self.take(transition),
            Ok(Reaction::Ignore(_) | Reaction::Unfit(_)) => {}
            Err(illegal) => panic!("{illegal}: {self:?}"),
        }
    }

    fn deliver(&mut self, message: Sent) {
        match message {
            Sent::Reserve => {
                let answer = self.book.ask(self.book_grants);
                self.answer(answer, Sent::Reserved, Sent::NotReserved);
            }
            Sent::Charge => {
                let answer = self.user.ask(self.user_grants);
                self.answer(answer, Sent::Charged, Sent::NotCharged);
            }
            Sent::Release => {
                self.book = Part::Tombstone;
                self.sent.insert(Sent::Released);
            }
            Sent::Refund => {
                self.user = Part::Tombstone;
                self.sent.insert(Sent::Refunded);
            }
            Sent::Reserved => self.tell(Message::CopiesReserved { rental_cost: COST }),
            Sent::NotReserved => {
                self.tell(Message::ReservationRefused(RejectionReason::BookOnLoan));
            }
            Sent::Charged => self.tell(Message::PointsCharged),
            Sent::NotCharged => {
                self.tell(Message::ChargeRefused(RejectionReason::NotEnoughPoints));
            }
            Sent::Released => self.tell(Message::CopiesReleased),
            Sent::Refunded => self.tell(Message::PointsRefunded),
        }
        self.check();
    }

    fn answer(&mut self, answer: Option<bool>, yes: Sent, no: Sent) {
        if let Some(granted) = answer {
            self.sent.insert(if granted { yes } else { no });
        }
    }

    /// What holds at every instant.
    fn check(&self) {
        if let State::Settled { outcome } = self.saga {
            assert_eq!(self.decided, Some(outcome), "{self:?}");
        }
        if self.decided == Some(Outcome::Approved) {
            assert_eq!(
                (self.book, self.user),
                (Part::Granted, Part::Granted),
                "{self:?}"
            );
        }
        // For a hot title only the winner is charged.
        if self.user == Part::Granted {
            assert_ne!(self.book, Part::Unasked, "{self:?}");
            assert_ne!(self.book, Part::Refused, "{self:?}");
        }
    }

    /// What holds once everything sent has arrived and the saga is over.
    fn check_quiescent(&self) {
        assert!(matches!(self.saga, State::Settled { .. }), "{self:?}");
        let held = (self.book == Part::Granted, self.user == Part::Granted);
        match self.decided {
            Some(Outcome::Approved) => assert_eq!(held, (true, true), "{self:?}"),
            Some(Outcome::Rejected(_) | Outcome::Canceled) => {
                assert_eq!(held, (false, false), "{self:?}");
            }
            None => panic!("never decided: {self:?}"),
        }
    }

    /// Everything arrives until nothing changes any more.
    fn settle_network(&mut self) {
        loop {
            let before = self.clone();
            for message in before.sent.clone() {
                self.deliver(message);
            }
            if *self == before {
                return;
            }
        }
    }

    /// All that may happen next. Operators' shortcuts, which count on work done by hand, are left out unless wanted.
    fn successors(&self, shortcuts: bool) -> Vec<Self> {
        let mut next = Vec::new();
        for &message in &self.sent {
            let mut world = self.clone();
            world.deliver(message);
            next.push(world);
        }
        let mut messages = vec![Message::CancelRequested, Message::Retry];
        messages.extend(self.saga.time_is_over());
        if shortcuts {
            messages.extend([Message::Skip, Message::ForceClose]);
        }
        for message in messages {
            // As the service does: a decided borrowing is not canceled.
            if message == Message::CancelRequested && self.decided.is_some() {
                continue;
            }
            let mut world = self.clone();
            world.tell(message);
            next.push(world);
        }
        next
    }
}

fn every_world(book_grants: bool, user_grants: bool, shortcuts: bool) -> HashSet<World> {
    let start = World::new(book_grants, user_grants);
    let mut seen = HashSet::from([start.clone()]);
    let mut queue = VecDeque::from([start]);
    while let Some(world) = queue.pop_front() {
        for next in world.successors(shortcuts) {
            if seen.insert(next.clone()) {
                queue.push_back(next);
            }
        }
    }
    seen
}

#[test]
fn whatever_arrives_whenever_a_loan_is_both_or_nothing() {
    for (book_grants, user_grants) in [(true, true), (true, false), (false, true), (false, false)] {
        let worlds = every_world(book_grants, user_grants, false);
        let mut outcomes: HashMap<String, usize> = HashMap::new();
        for mut world in worlds {
            // However far it has come: once the network delivers, timers fire and the operator retries, it ends well.
            for _ in 0..3 {
                world.settle_network();
                if let Some(message) = world.saga.time_is_over() {
                    world.tell(message);
                }
                if matches!(world.saga, State::Stuck(_)) {
                    world.tell(Message::Retry);
                }
            }
            world.settle_network();
            world.check_quiescent();
            *outcomes.entry(format!("{:?}", world.decided)).or_default() += 1;
        }
        assert_eq!(
            outcomes.contains_key("Some(Approved)"),
            book_grants && user_grants
        );
        assert!(outcomes.contains_key("Some(Canceled)"));
        assert!(outcomes.contains_key("Some(Rejected(TimedOut))"));
        assert_eq!(
            outcomes.contains_key("Some(Rejected(BookOnLoan))"),
            !book_grants
        );
        assert_eq!(
            outcomes.contains_key("Some(Rejected(NotEnoughPoints))"),
            book_grants && !user_grants
        );
    }
}

#[test]
fn an_operators_shortcuts_hold_nothing_back_either() {
    for (book_grants, user_grants) in [(true, true), (true, false), (false, true), (false, false)] {
        for mut world in every_world(book_grants, user_grants, true) {
            for _ in 0..3 {
                world.settle_network();
                if let Some(message) = world.saga.time_is_over() {
                    world.tell(message);
                }
                if matches!(world.saga, State::Stuck(_)) {
                    world.tell(Message::ForceClose);
                }
            }
            world.settle_network();
            world.check_quiescent();
        }
    }
}

#[test]
fn a_loan_is_decided_by_its_deadline_whatever_is_down() {
    for (book_grants, user_grants) in [(true, true), (true, false), (false, true), (false, false)] {
        for mut world in every_world(book_grants, user_grants, false) {
            // Not one more message gets through.
            if let Some(message) = world.saga.time_is_over() {
                world.tell(message);
            }
            assert!(world.decided.is_some(), "{world:?}");
        }
    }
}

#[test]
fn an_abandoned_saga_is_closed_safely() {
    for book in [Part::Unasked, Part::Granted, Part::Refused] {
        for user in [Part::Unasked, Part::Granted, Part::Refused] {
            let mut world = World {
                saga: State::Abandoned { decided: None },
                book,
                user,
                sent: BTreeSet::from([Sent::Reserve, Sent::Charge]),
                decided: None,
                book_grants: true,
                user_grants: true,
            };
            let closed = saga::on(world.saga, Message::ForceClose).expect("closed");
            let Reaction::Move(transition) = closed else {
                panic!("not closed: {closed:?}");
            };
            world.saga = transition.next;
            world.decided = Some(Outcome::Rejected(RejectionReason::TimedOut));
            world.sent.extend([Sent::Release, Sent::Refund]);
            assert_eq!(
                transition.decide,
                Some(Decision::Rejected(RejectionReason::TimedOut))
            );
            for message in [Sent::Release, Sent::Refund, Sent::Reserve, Sent::Charge] {
                world.deliver(message);
            }
            world.deliver(Sent::Released);
            world.deliver(Sent::Refunded);
            world.check_quiescent();
        }
    }
}

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
enum Happening {
    /// One of the messages under way arrives, and is gone.
    Arrives(usize),
    /// One of them arrives, and will arrive again.
    Repeats(usize),
    /// One of them is lost.
    Lost(usize),
    Cancel,
    TimeIsOver,
    Retry,
}

fn happening() -> impl Strategy<Value = Happening> {
    let index = 0_usize..8;
    prop_oneof![
        8 => index.clone().prop_map(Happening::Arrives),
        2 => index.clone().prop_map(Happening::Repeats),
        1 => index.prop_map(Happening::Lost),
        1 => Just(Happening::Cancel),
        1 => Just(Happening::TimeIsOver),
        1 => Just(Happening::Retry),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// The same on a network that forgets what it has delivered or lost, as a real one does.
    #[test]
    fn a_lossy_network_gives_both_or_nothing(
        book_grants: bool, user_grants: bool, happenings in prop::collection::vec(happening(), 0..40),
    ) {
        let mut world = World::new(book_grants, user_grants);
        for happening in happenings {
            let pick = |index: usize| world.sent.iter().nth(index % world.sent.len().max(1)).copied();
            match happening {
                Happening::Arrives(index) => if let Some(message) = pick(index) {
                    world.sent.remove(&message);
                    world.deliver(message);
                },
                Happening::Repeats(index) => if let Some(message) = pick(index) {
                    world.deliver(message);
                },
                Happening::Lost(index) => if let Some(message) = pick(index) {
                    world.sent.remove(&message);
                },
                Happening::Cancel => if world.decided.is_none() {
                    world.tell(Message::CancelRequested);
                },
                Happening::TimeIsOver => if let Some(message) = world.saga.time_is_over() {
                    world.tell(message);
                },
                Happening::Retry => world.tell(Message::Retry),
            }
        }
        for _ in 0..3 {
            world.settle_network();
            if let Some(message) = world.saga.time_is_over() {
                world.tell(message);
            }
            if matches!(world.saga, State::Stuck(_)) {
                world.tell(Message::Retry);
            }
        }
        world.settle_network();
        world.check_quiescent();
    }
}

/// Every state, by what tells it from the others.
fn states() -> Vec<State> {
    let reason = RejectionReason::NotEnoughPoints;
    let outcomes = [
        Outcome::Canceled,
        Outcome::Rejected(reason),
        Outcome::Rejected(RejectionReason::TimedOut),
    ];
    let parts = [
        (UndoStep::Pending, UndoStep::NotNeeded),
        (UndoStep::Pending, UndoStep::Pending),
        (UndoStep::Done, UndoStep::Pending),
        (UndoStep::Pending, UndoStep::Done),
    ];
    let mut states = vec![State::Reserving, State::Charging { rental_cost: COST }];
    for outcome in outcomes {
        for (release, refund) in parts {
            for decided in [false, true] {
                let undo = Undo {
                    outcome,
                    release,
                    refund,
                    decided,
                };
                states.push(State::Undoing(undo));
                if decided {
                    states.push(State::Stuck(undo));
                }
            }
        }
        states.push(State::Settled { outcome });
        states.push(State::Abandoned {
            decided: Some(outcome),
        });
    }
    states.extend([
        State::Settled {
            outcome: Outcome::Approved,
        },
        State::Abandoned {
            decided: Some(Outcome::Approved),
        },
        State::Abandoned { decided: None },
    ]);
    states
}

const MESSAGES: [Message; 12] = [
    Message::CopiesReserved { rental_cost: COST },
    Message::ReservationRefused(RejectionReason::BookOnLoan),
    Message::PointsCharged,
    Message::ChargeRefused(RejectionReason::NotEnoughPoints),
    Message::CopiesReleased,
    Message::PointsRefunded,
    Message::CancelRequested,
    Message::DeadlinePassed,
    Message::UndoOverdue,
    Message::Retry,
    Message::Skip,
    Message::ForceClose,
];

/// The protocol as a table, for a person to review.
#[test]
fn every_pair_has_its_answer() {
    let mut table = Vec::new();
    for state in states() {
        table.push(serde_json::json!(state).to_string());
        for message in MESSAGES {
            let answer = match saga::on(state, message) {
                Ok(Reaction::Move(to)) => format!(
                    "{} → {} send {:?} decide {:?} timer {:?}",
                    to.step,
                    serde_json::json!(to.next),
                    to.send,
                    to.decide,
                    to.timer
                ),
                Ok(Reaction::Ignore(why)) => format!("ignored: {why}"),
                Ok(Reaction::Unfit(why)) => format!("unfit: {why}"),
                Err(_) => "ILLEGAL".to_owned(),
            };
            table.push(format!("    {message:?}: {answer}"));
        }
    }
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn states_are_stored_and_read_back() {
    for state in states() {
        let text = serde_json::json!(state).to_string();
        let read: State = serde_json::from_str(&text).expect("what was written");
        assert_eq!(read, state, "{text}");
    }
}
