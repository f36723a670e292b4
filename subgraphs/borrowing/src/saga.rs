//! The saga of a loan: the whole protocol between borrowing, book and user as one total function.
//!
//! Reserve first, charge second, so that for a hot title only the winner is charged. What was asked for is undone by a
//! message of its own, acknowledged, and safe in any order: book and user keep a tombstone of an undo that overtakes
//! what it undoes, so a late grant needs no second undo. A borrowing is decided by its deadline whatever is down; an
//! undo that is still out then goes on in the background.
//!
//! ```text
//! Reserving ── CopiesReserved ─▶ Charging ── PointsCharged ─▶ Settled(Approved)
//!     │ ReservationRefused ─▶ Settled(Rejected)  │ ChargeRefused, cancel, deadline
//!     │ cancel, deadline                         ▼
//!     └──────────────────────────────────────▶ Undoing ── acknowledged ─▶ Settled(Rejected | Canceled)
//!                                                │ ▲ retry     ▲
//!                                        overdue ▼ │           │ acknowledged late, skip, force-close
//!                                               Stuck ─────────┘
//! ```
//!
//! Every pair of state and message has its line in [`on`]: those that come late, twice or out of turn are ignored with
//! the reason; [`Illegal`] means that it cannot happen if the participants keep to the protocol.
//!
//! Deliberately absent: time, ids, storage. [`crate::steps`] performs what is decided here.

use serde::{Deserialize, Serialize};

use crate::domain::{Decision, RejectionReason};

/// The version of this protocol, kept with each saga. A saga of another version is abandoned, visibly, until a program
/// that knows it, or an operator, takes it over. Raise it whenever a stored [`State`] would mean something else.
pub const VERSION: i64 = 1;

/// How far a saga has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(
    tag = "name",
    rename_all = "SCREAMING_SNAKE_CASE",
    rename_all_fields = "camelCase"
)]
pub enum State {
    /// Book was asked to reserve.
    Reserving,
    /// Book has reserved; user was asked to charge.
    Charging {
        /// Points per copy.
        rental_cost: i64,
    },
    /// What was asked for is being undone.
    Undoing(Undo),
    /// The undo was not acknowledged in time: an operator's turn.
    Stuck(Undo),
    /// Over.
    Settled {
        /// How.
        outcome: Outcome,
    },
    /// Kept by another version of this program, which alone can read how far it is.
    Abandoned {
        /// The decision, where it has been taken.
        decided: Option<Outcome>,
    },
}

/// How a saga ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "is", content = "reason", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// One reservation, one charge.
    Approved,
    /// Nothing held.
    Rejected(RejectionReason),
    /// Nothing held, as the user wished.
    Canceled,
}

/// An undo on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Undo {
    /// What the saga ends with.
    pub outcome: Outcome,
    /// Giving the copies back.
    pub release: UndoStep,
    /// Giving the points back.
    pub refund: UndoStep,
    /// Whether the borrowing was told the outcome already, ahead of the acknowledgements.
    pub decided: bool,
}

/// One part of an undo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UndoStep {
    /// Asked for, not acknowledged.
    Pending,
    /// Acknowledged, or given up by an operator.
    Done,
    /// There was nothing to undo.
    NotNeeded,
}

/// What a saga is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// Book has reserved the copies.
    CopiesReserved {
        /// Points per copy.
        rental_cost: i64,
    },
    /// Book has refused.
    ReservationRefused(RejectionReason),
    /// User has charged the points.
    PointsCharged,
    /// User has refused.
    ChargeRefused(RejectionReason),
    /// Book holds nothing for this borrowing, and never will.
    CopiesReleased,
    /// User has charged nothing for this borrowing, and never will.
    PointsRefunded,
    /// The user takes the request back.
    CancelRequested,
    /// The time for a decision is over.
    DeadlinePassed,
    /// The time for an undo to be acknowledged is over.
    UndoOverdue,
    /// An operator: send again what is awaited.
    Retry,
    /// An operator: count the first awaited undo as done; it was seen to by hand.
    Skip,
    /// An operator: end it now.
    ForceClose,
}

/// What a saga asks of the participants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Of book.
    ReserveCopies,
    /// Of user.
    ChargePoints {
        /// Points per copy.
        rental_cost: i64,
    },
    /// Of book.
    ReleaseCopies,
    /// Of user.
    RefundPoints,
}

/// When a saga is to be told that time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// As before: at the deadline of the decision.
    Keep,
    /// When the undo is overdue, counted from now.
    Undo,
    /// Never.
    Off,
}

/// A step of a saga.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The state from now on.
    pub next: State,
    /// What to send.
    pub send: Vec<Command>,
    /// What to decide about the borrowing.
    pub decide: Option<Decision>,
    /// What becomes of the timer.
    pub timer: Timer,
    /// What happened, for the timeline.
    pub step: &'static str,
}

/// What a message does to a saga.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// A step.
    Move(Transition),
    /// Nothing, and why that is right.
    Ignore(&'static str),
    /// Nothing: the operator's action does not fit the state.
    Unfit(&'static str),
}

/// A message that cannot come in this state while everyone keeps to the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message:?} cannot come while {state:?}")]
pub struct Illegal {
    /// The state.
    pub state: State,
    /// The message.
    pub message: Message,
}

/// How a saga begins.
pub fn start() -> Transition {
    Transition {
        next: State::Reserving,
        send: vec![Command::ReserveCopies],
        decide: None,
        timer: Timer::Keep,
        step: "REQUESTED",
    }
}

/// What `message` does to a saga in `state`.
pub fn on(state: State, message: Message) -> Result<Reaction, Illegal> {
    match state {
        State::Reserving => reserving(message),
        State::Charging { rental_cost } => charging(rental_cost, message),
        State::Undoing(undo) => undoing(undo, message),
        State::Stuck(undo) => stuck(undo, message),
        State::Settled { outcome } => settled(outcome, message),
        State::Abandoned { decided } => abandoned(decided, message),
    }
    .ok_or(Illegal { state, message })
}

fn reserving(message: Message) -> Option<Reaction> {
    use Message as M;
    let undo = Undo {
        outcome: Outcome::Canceled,
        release: UndoStep::Pending,
        refund: UndoStep::NotNeeded,
        decided: false,
    };
    Some(match message {
        M::CopiesReserved { rental_cost } => Reaction::Move(Transition {
            next: State::Charging { rental_cost },
            send: vec![Command::ChargePoints { rental_cost }],
            decide: None,
            timer: Timer::Keep,
            step: "COPIES_RESERVED",
        }),
        // Book holds nothing, user was not asked: there is nothing to undo.
        M::ReservationRefused(reason) => settle(Outcome::Rejected(reason), "RESERVATION_REFUSED"),
        M::CancelRequested => begin_undo(undo, "CANCEL_REQUESTED"),
        M::DeadlinePassed => begin_undo(undo.timed_out(), "DEADLINE_PASSED"),
        M::ForceClose => begin_undo(undo.timed_out(), "FORCE_CLOSED"),
        M::Retry => again(State::Reserving, vec![Command::ReserveCopies], Timer::Keep),
        M::Skip => Reaction::Unfit("nothing is being undone; retry or force-close it"),
        // User has not been asked, and nothing has been undone.
        M::PointsCharged
        | M::ChargeRefused(_)
        | M::CopiesReleased
        | M::PointsRefunded
        | M::UndoOverdue => return None,
    })
}

fn charging(rental_cost: i64, message: Message) -> Option<Reaction> {
    use Message as M;
    let undo = Undo {
        outcome: Outcome::Canceled,
        release: UndoStep::Pending,
        refund: UndoStep::Pending,
        decided: false,
    };
    Some(match message {
        M::CopiesReserved { .. } => Reaction::Ignore("reserved already"),
        M::PointsCharged => Reaction::Move(Transition {
            next: State::Settled {
                outcome: Outcome::Approved,
            },
            send: Vec::new(),
            decide: Some(Decision::Approved { rental_cost }),
            timer: Timer::Off,
            step: "POINTS_CHARGED",
        }),
        M::ChargeRefused(reason) => {
            let refused = Undo {
                outcome: Outcome::Rejected(reason),
                refund: UndoStep::NotNeeded,
                ..undo
            };
            begin_undo(refused, "CHARGE_REFUSED")
        }
        M::CancelRequested => begin_undo(undo, "CANCEL_REQUESTED"),
        M::DeadlinePassed => begin_undo(undo.timed_out(), "DEADLINE_PASSED"),
        M::ForceClose => begin_undo(undo.timed_out(), "FORCE_CLOSED"),
        M::Retry => again(
            State::Charging { rental_cost },
            vec![Command::ChargePoints { rental_cost }],
            Timer::Keep,
        ),
        M::Skip => Reaction::Unfit("nothing is being undone; retry or force-close it"),
        // Book repeats its first answer, and nothing has been undone.
        M::ReservationRefused(_) | M::CopiesReleased | M::PointsRefunded | M::UndoOverdue => {
            return None;
        }
    })
}

fn undoing(undo: Undo, message: Message) -> Option<Reaction> {
    use Message as M;
    Some(match message {
        // The answers that the undo has crossed: it makes them void.
        M::CopiesReserved { .. } => Reaction::Ignore("its release is on the way"),
        M::ReservationRefused(_) => {
            Reaction::Ignore("the outcome is settled; the release comes back all the same")
        }
        M::PointsCharged if undo.refund != UndoStep::NotNeeded => {
            Reaction::Ignore("its refund is on the way")
        }
        M::ChargeRefused(_) if undo.refund != UndoStep::NotNeeded => {
            Reaction::Ignore("the outcome is settled; the refund comes back all the same")
        }
        M::ChargeRefused(_) if undo.outcome.is_refused_charge() => {
            Reaction::Ignore("refused already")
        }
        M::CopiesReleased => released(undo, State::Undoing),
        M::PointsRefunded if undo.refund != UndoStep::NotNeeded => refunded(undo, State::Undoing),
        M::CancelRequested => Reaction::Ignore("it is ending already"),
        M::DeadlinePassed if undo.decided => Reaction::Ignore("decided already"),
        M::DeadlinePassed => Reaction::Move(Transition {
            next: State::Undoing(Undo {
                decided: true,
                ..undo
            }),
            send: Vec::new(),
            decide: undo.outcome.decision(),
            timer: Timer::Undo,
            step: "DEADLINE_PASSED",
        }),
        M::UndoOverdue if undo.decided => Reaction::Move(Transition {
            next: State::Stuck(undo),
            send: Vec::new(),
            decide: None,
            timer: Timer::Off,
            step: "UNDO_OVERDUE",
        }),
        M::Retry => again(State::Undoing(undo), undo.awaited(), undo.timer()),
        M::Skip => skip(undo, State::Undoing),
        M::ForceClose => close(undo, "FORCE_CLOSED"),
        // User was never asked to charge; an undo becomes overdue only after the decision.
        M::PointsCharged | M::ChargeRefused(_) | M::PointsRefunded | M::UndoOverdue => return None,
    })
}

fn stuck(undo: Undo, message: Message) -> Option<Reaction> {
    use Message as M;
    Some(match message {
        M::CopiesReserved { .. } => Reaction::Ignore("its release is on the way"),
        M::ReservationRefused(_) => Reaction::Ignore("decided already"),
        M::PointsCharged if undo.refund != UndoStep::NotNeeded => {
            Reaction::Ignore("its refund is on the way")
        }
        M::ChargeRefused(_)
            if undo.refund != UndoStep::NotNeeded || undo.outcome.is_refused_charge() =>
        {
            Reaction::Ignore("decided already")
        }
        M::CopiesReleased => released(undo, State::Stuck),
        M::PointsRefunded if undo.refund != UndoStep::NotNeeded => refunded(undo, State::Stuck),
        M::CancelRequested | M::DeadlinePassed => Reaction::Ignore("decided already"),
        M::UndoOverdue => Reaction::Ignore("stuck already"),
        M::Retry => again(State::Undoing(undo), undo.awaited(), Timer::Undo),
        M::Skip => skip(undo, State::Stuck),
        M::ForceClose => close(undo, "FORCE_CLOSED"),
        // User was never asked to charge.
        M::PointsCharged | M::ChargeRefused(_) | M::PointsRefunded => return None,
    })
}

fn settled(outcome: Outcome, message: Message) -> Option<Reaction> {
    use Message as M;
    let held = outcome == Outcome::Approved;
    Some(match message {
        M::CopiesReserved { .. } | M::PointsCharged if held => {
            Reaction::Ignore("approved on it already")
        }
        // Late or repeated, and void: the undo has been acknowledged, or an operator has closed the saga.
        M::CopiesReserved { .. }
        | M::ReservationRefused(_)
        | M::PointsCharged
        | M::ChargeRefused(_)
        | M::CopiesReleased
        | M::PointsRefunded
            if !held =>
        {
            Reaction::Ignore("nothing is held any more")
        }
        // A timer or a cancel that lost its race against the decision.
        M::CancelRequested | M::DeadlinePassed | M::UndoOverdue => {
            Reaction::Ignore("decided already")
        }
        M::Retry | M::Skip | M::ForceClose => Reaction::Unfit("it is over"),
        // Both have granted, and nothing was to be undone.
        M::CopiesReserved { .. }
        | M::PointsCharged
        | M::ReservationRefused(_)
        | M::ChargeRefused(_)
        | M::CopiesReleased
        | M::PointsRefunded => return None,
    })
}

fn abandoned(decided: Option<Outcome>, message: Message) -> Option<Reaction> {
    use Message as M;
    let outcome = decided.unwrap_or(Outcome::Rejected(RejectionReason::TimedOut));
    Some(match message {
        // What it had asked for is unknown, but undoing is safe either way: it makes anything asked for void.
        M::ForceClose if outcome != Outcome::Approved => {
            let undo = Undo {
                outcome,
                release: UndoStep::Pending,
                refund: UndoStep::Pending,
                decided: true,
            };
            Reaction::Move(Transition {
                next: State::Undoing(undo),
                send: undo.awaited(),
                decide: match decided {
                    None => outcome.decision(),
                    Some(_) => None,
                },
                timer: Timer::Undo,
                step: "FORCE_CLOSED",
            })
        }
        M::ForceClose => Reaction::Move(Transition {
            next: State::Settled { outcome },
            send: Vec::new(),
            decide: None,
            timer: Timer::Off,
            step: "FORCE_CLOSED",
        }),
        M::Retry | M::Skip => Reaction::Unfit(
            "another version of this program keeps it; start that, or force-close it",
        ),
        M::CancelRequested => {
            Reaction::Unfit("another version of this program keeps it; try again later")
        }
        // A dead letter keeps them for the version that can read this saga.
        M::CopiesReserved { .. }
        | M::ReservationRefused(_)
        | M::PointsCharged
        | M::ChargeRefused(_)
        | M::CopiesReleased
        | M::PointsRefunded
        | M::DeadlinePassed
        | M::UndoOverdue => return None,
    })
}

fn settle(outcome: Outcome, step: &'static str) -> Reaction {
    Reaction::Move(Transition {
        next: State::Settled { outcome },
        send: Vec::new(),
        decide: outcome.decision(),
        timer: Timer::Off,
        step,
    })
}

fn begin_undo(undo: Undo, step: &'static str) -> Reaction {
    Reaction::Move(Transition {
        next: State::Undoing(undo),
        send: undo.awaited(),
        decide: if undo.decided {
            undo.outcome.decision()
        } else {
            None
        },
        timer: undo.timer(),
        step,
    })
}

fn again(next: State, send: Vec<Command>, timer: Timer) -> Reaction {
    Reaction::Move(Transition {
        next,
        send,
        decide: None,
        timer,
        step: "RETRIED",
    })
}

fn released(undo: Undo, state: fn(Undo) -> State) -> Reaction {
    match undo.release {
        UndoStep::Done | UndoStep::NotNeeded => Reaction::Ignore("released already"),
        UndoStep::Pending => progress(
            Undo {
                release: UndoStep::Done,
                ..undo
            },
            state,
            "COPIES_RELEASED",
        ),
    }
}

fn refunded(undo: Undo, state: fn(Undo) -> State) -> Reaction {
    match undo.refund {
        UndoStep::Done | UndoStep::NotNeeded => Reaction::Ignore("refunded already"),
        UndoStep::Pending => progress(
            Undo {
                refund: UndoStep::Done,
                ..undo
            },
            state,
            "POINTS_REFUNDED",
        ),
    }
}

fn skip(undo: Undo, state: fn(Undo) -> State) -> Reaction {
    let skipped = match (undo.release, undo.refund) {
        (UndoStep::Pending, _) => Undo {
            release: UndoStep::Done,
            ..undo
        },
        _ => Undo {
            refund: UndoStep::Done,
            ..undo
        },
    };
    progress(skipped, state, "SKIPPED")
}

/// Part of an undo is done: over, if that was the last.
fn progress(undo: Undo, state: fn(Undo) -> State, step: &'static str) -> Reaction {
    if undo.awaited().is_empty() {
        return close(undo, step);
    }
    let next = state(undo);
    Reaction::Move(Transition {
        next,
        send: Vec::new(),
        decide: None,
        timer: match next {
            State::Stuck(_) => Timer::Off,
            _ => Timer::Keep,
        },
        step,
    })
}

fn close(undo: Undo, step: &'static str) -> Reaction {
    Reaction::Move(Transition {
        next: State::Settled {
            outcome: undo.outcome,
        },
        send: Vec::new(),
        decide: if undo.decided {
            None
        } else {
            undo.outcome.decision()
        },
        timer: Timer::Off,
        step,
    })
}

impl State {
    /// The state's name, as operators ask for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Reserving => "RESERVING",
            Self::Charging { .. } => "CHARGING",
            Self::Undoing(_) => "UNDOING",
            Self::Stuck(_) => "STUCK",
            Self::Settled { .. } => "SETTLED",
            Self::Abandoned { .. } => "ABANDONED",
        }
    }

    /// What the saga is to be told when its timer fires; `None` when it waits for nothing.
    pub fn time_is_over(&self) -> Option<Message> {
        match self {
            Self::Reserving | Self::Charging { .. } => Some(Message::DeadlinePassed),
            Self::Undoing(undo) if undo.decided => Some(Message::UndoOverdue),
            Self::Undoing(_) => Some(Message::DeadlinePassed),
            Self::Stuck(_) | Self::Settled { .. } | Self::Abandoned { .. } => None,
        }
    }
}

impl Outcome {
    fn decision(self) -> Option<Decision> {
        match self {
            // Approval carries a price: it is decided only where that is known.
            Self::Approved => None,
            Self::Rejected(reason) => Some(Decision::Rejected(reason)),
            Self::Canceled => Some(Decision::Canceled),
        }
    }

    fn is_refused_charge(self) -> bool {
        matches!(self, Self::Rejected(reason) if reason != RejectionReason::TimedOut)
    }
}

impl Undo {
    fn timed_out(self) -> Self {
        Self {
            outcome: Outcome::Rejected(RejectionReason::TimedOut),
            decided: true,
            ..self
        }
    }

    /// What has not been acknowledged.
    pub fn awaited(&self) -> Vec<Command> {
        let release = (self.release == UndoStep::Pending).then_some(Command::ReleaseCopies);
        let refund = (self.refund == UndoStep::Pending).then_some(Command::RefundPoints);
        release.into_iter().chain(refund).collect()
    }

    fn timer(self) -> Timer {
        if self.decided {
            Timer::Undo
        } else {
            Timer::Keep
        }
    }
}
