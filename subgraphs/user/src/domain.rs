//! What may happen to a user's points: decided here, performed by the store.
//!
//! A borrowing's charge is a small state machine of its own, because its two commands may come in any order and any
//! number of times. Deliberately absent: time, ids, SQL.

use kit::Refusal;

/// The most a librarian may grant at once, and the most a grant may bring a balance to: well inside GraphQL's `Int`.
pub const GRANT_LIMIT: i64 = 1_000_000_000;

/// What of a user decides a change of points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// The balance.
    pub points: i64,
    /// Whether librarians have blocked the user from borrowing.
    pub blocked: bool,
}

/// Why a charge is refused, as the borrowing's rejection reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChargeRefusal {
    /// There is no such user.
    UserNotFound,
    /// The user is blocked.
    UserBlocked,
    /// The balance is too small.
    NotEnoughPoints,
}

impl ChargeRefusal {
    /// The reason's name in messages and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserNotFound => "USER_NOT_FOUND",
            Self::UserBlocked => "USER_BLOCKED",
            Self::NotEnoughPoints => "NOT_ENOUGH_POINTS",
        }
    }

    /// The reason of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::UserNotFound, Self::UserBlocked, Self::NotEnoughPoints]
            .into_iter()
            .find(|reason| reason.as_str() == name)
    }
}

/// What has become of a borrowing's charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charge {
    /// Nothing has been heard of it.
    New,
    /// The points were taken.
    Charged {
        /// How many.
        points: i64,
    },
    /// It was refused.
    Refused(ChargeRefusal),
    /// It was undone, or must never happen: a refund that overtook its charge leaves this behind.
    Refunded,
}

/// What the borrowing service is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// `PointsCharged`.
    Charged,
    /// `ChargeRefused`.
    Refused(ChargeRefusal),
    /// `PointsRefunded`.
    Refunded,
}

/// The outcome of a command about a borrowing's charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The charge from now on.
    pub charge: Charge,
    /// The ledger entry to make: its amount.
    pub entry: Option<i64>,
    /// The answer. None where the undo's own acknowledgement is the answer.
    pub answer: Option<Answer>,
}

impl Settled {
    fn repeated(charge: Charge, answer: Option<Answer>) -> Self {
        Self {
            charge,
            entry: None,
            answer,
        }
    }
}

/// Decides `ChargePoints`: a repetition gets the answer of the first time, and takes nothing.
pub fn charge(state: Charge, account: Option<Account>, points: i64) -> Settled {
    match state {
        Charge::New => match affordable(account, points) {
            Ok(()) => Settled {
                charge: Charge::Charged { points },
                entry: Some(-points),
                answer: Some(Answer::Charged),
            },
            Err(reason) => {
                Settled::repeated(Charge::Refused(reason), Some(Answer::Refused(reason)))
            }
        },
        Charge::Charged { .. } => Settled::repeated(state, Some(Answer::Charged)),
        Charge::Refused(reason) => Settled::repeated(state, Some(Answer::Refused(reason))),
        Charge::Refunded => Settled::repeated(state, None),
    }
}

fn affordable(account: Option<Account>, points: i64) -> Result<(), ChargeRefusal> {
    match account {
        None => Err(ChargeRefusal::UserNotFound),
        Some(account) if account.blocked => Err(ChargeRefusal::UserBlocked),
        Some(account) if account.points < points => Err(ChargeRefusal::NotEnoughPoints),
        Some(_) => Ok(()),
    }
}

/// Decides `RefundPoints`: whatever was taken is given back, once; always acknowledged.
pub fn refund(state: Charge) -> Settled {
    Settled {
        charge: Charge::Refunded,
        entry: match state {
            Charge::Charged { points } => Some(points),
            Charge::New | Charge::Refused(_) | Charge::Refunded => None,
        },
        answer: Some(Answer::Refunded),
    }
}

/// Checks a librarian's grant.
pub fn grant(account: Account, points: i64) -> Result<(), Refusal> {
    if !(1..=GRANT_LIMIT).contains(&points) {
        return Err(Refusal::bad_input(format!(
            "points must be between 1 and {GRANT_LIMIT}; {points} is not"
        )));
    }
    if account.points + points > GRANT_LIMIT {
        return Err(Refusal::bad_input(format!(
            "a balance may be at most {GRANT_LIMIT}: this user has {} points already",
            account.points
        )));
    }
    Ok(())
}

/// Checks and tidies a user's name.
pub fn name(name: &str) -> Result<String, Refusal> {
    let name = name.trim();
    let length = name.chars().count();
    if !(1..=100).contains(&length) || name.chars().any(char::is_control) {
        return Err(Refusal::bad_input(
            "a name has 1 to 100 characters, and no line breaks",
        ));
    }
    Ok(name.to_owned())
}

/// Checks a client's idempotency key.
pub fn request_id(request_id: &str) -> Result<(), Refusal> {
    if (1..=100).contains(&request_id.chars().count()) {
        Ok(())
    } else {
        Err(Refusal::bad_input(
            "requestId has 1 to 100 characters: make up a fresh one for every new request, and repeat it when you retry",
        ))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RICH: Account = Account {
        points: 1000,
        blocked: false,
    };

    #[test]
    fn a_charge_takes_what_is_there() {
        let settled = charge(Charge::New, Some(RICH), 1000);
        assert_eq!(settled.entry, Some(-1000));
        assert_eq!(settled.answer, Some(Answer::Charged));
    }

    #[test]
    fn a_charge_is_refused_with_its_reason() {
        let blocked = Account {
            blocked: true,
            points: 0,
        };
        for (account, reason) in [
            (None, ChargeRefusal::UserNotFound),
            (Some(blocked), ChargeRefusal::UserBlocked),
            (Some(RICH), ChargeRefusal::NotEnoughPoints),
        ] {
            let settled = charge(Charge::New, account, 1001);
            assert_eq!(settled.entry, None);
            assert_eq!(settled.answer, Some(Answer::Refused(reason)));
            assert_eq!(ChargeRefusal::parse(reason.as_str()), Some(reason));
        }
    }

    #[test]
    fn a_refund_that_overtakes_its_charge_makes_it_void() {
        let tombstone = refund(Charge::New);
        assert_eq!(
            (tombstone.entry, tombstone.answer),
            (None, Some(Answer::Refunded))
        );
        let late = charge(tombstone.charge, Some(RICH), 10);
        assert_eq!((late.entry, late.answer), (None, None));
    }

    #[test]
    fn a_grant_is_positive_and_bounded() {
        assert!(grant(RICH, 1).is_ok());
        assert!(grant(RICH, GRANT_LIMIT - 1000).is_ok());
        for points in [
            0,
            -1,
            i64::MIN,
            GRANT_LIMIT - 999,
            GRANT_LIMIT + 1,
            i64::MAX,
        ] {
            assert_eq!(grant(RICH, points).unwrap_err().code, "BAD_USER_INPUT");
        }
    }

    #[test]
    fn a_name_is_tidied() {
        assert_eq!(name("  Ada ").unwrap(), "Ada");
        for bad in ["", "  ", "a\nb", &"x".repeat(101)] {
            assert!(name(bad).is_err(), "{bad:?}");
        }
    }

    #[derive(Clone, Copy, Debug)]
    enum Command {
        Charge { borrowing: usize, points: i64 },
        Refund { borrowing: usize },
        Grant { points: i64 },
        Block(bool),
    }

    fn command() -> impl Strategy<Value = Command> {
        prop_oneof![
            // A borrowing's price does not change between repetitions.
            (0..4_usize).prop_map(|borrowing| Command::Charge {
                borrowing,
                points: 40 * (borrowing as i64)
            }),
            (0..4_usize).prop_map(|borrowing| Command::Refund { borrowing }),
            (1..100_i64).prop_map(|points| Command::Grant { points }),
            any::<bool>().prop_map(Command::Block),
        ]
    }

    proptest! {
        /// Charges and refunds in any order and any repetition: the balance is the ledger's sum and never negative,
        /// each (borrowing, step) is at most once in it, and a refunded borrowing costs nothing.
        #[test]
        fn the_ledger_stays_consistent(commands in prop::collection::vec(command(), 0..60)) {
            let mut account = Account { points: 0, blocked: false };
            let mut charges = [Charge::New; 4];
            let mut ledger: Vec<(Option<(usize, &str)>, i64)> = Vec::new();
            for command in commands {
                let (borrowing, step, settled) = match command {
                    Command::Charge { borrowing, points } =>
                        (borrowing, "CHARGE", charge(charges[borrowing], Some(account), points)),
                    Command::Refund { borrowing } => (borrowing, "REFUND", refund(charges[borrowing])),
                    Command::Grant { points } => {
                        prop_assert!(grant(account, points).is_ok());
                        account.points += points;
                        ledger.push((None, points));
                        continue;
                    }
                    Command::Block(blocked) => {
                        account.blocked = blocked;
                        continue;
                    }
                };
                charges[borrowing] = settled.charge;
                if let Some(amount) = settled.entry {
                    account.points += amount;
                    ledger.push((Some((borrowing, step)), amount));
                }
                prop_assert!(account.points >= 0);
            }
            prop_assert_eq!(account.points, ledger.iter().map(|(_, amount)| amount).sum::<i64>());
            let mut steps: Vec<_> = ledger.iter().filter_map(|(step, _)| *step).collect();
            let all = steps.len();
            steps.sort_unstable();
            steps.dedup();
            prop_assert_eq!(steps.len(), all);
            for (borrowing, state) in charges.into_iter().enumerate() {
                let net: i64 = ledger.iter()
                    .filter(|(step, _)| step.is_some_and(|(of, _)| of == borrowing))
                    .map(|(_, amount)| amount)
                    .sum();
                let cost = match state { Charge::Charged { points } => -points, _ => 0 };
                prop_assert_eq!(net, cost);
            }
        }

        /// Whatever has happened, the last refund is acknowledged, and everything after it is silent and free.
        #[test]
        fn a_refund_is_final(before in prop::collection::vec(any::<bool>(), 0..6), after in prop::collection::vec(any::<bool>(), 0..6)) {
            let on = |state, is_charge| if is_charge { charge(state, Some(RICH), 7) } else { refund(state) };
            let state = before.into_iter().fold(Charge::New, |state, is_charge| on(state, is_charge).charge);
            let undone = refund(state);
            prop_assert_eq!(undone.answer, Some(Answer::Refunded));
            let mut state = undone.charge;
            for is_charge in after {
                let settled = on(state, is_charge);
                prop_assert_eq!(settled.entry, None);
                prop_assert_eq!(settled.answer, (!is_charge).then_some(Answer::Refunded));
                state = settled.charge;
            }
        }
    }
}
