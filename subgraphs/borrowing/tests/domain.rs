//! The rules of lending, by the examples of the specification.

use borrowing::domain::{
    Borrowing, Decision, LateFees, RejectionReason, Return, Rules, Status, checked_quantity,
};
use chrono::{DateTime, TimeDelta, Utc};
use kit::Clock;
use proptest::prelude::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant in RFC 3339")
}

fn rules() -> Rules {
    Rules {
        loan_days: 7,
        zone: chrono_tz::Asia::Seoul,
        late_fees: "7:500,14:1000,:2000".parse().expect("tiers"),
    }
}

fn requested(quantity: i64) -> Borrowing {
    let ids = Clock::real();
    Borrowing::request(
        ids.id(),
        ids.id(),
        ids.id(),
        quantity,
        at("2026-03-02T10:00:00+09:00"),
    )
}

/// A loan of `quantity` copies at 300 points each, due on 9 March in Seoul.
fn on_loan(quantity: i64) -> Borrowing {
    requested(quantity)
        .decide(
            Decision::Approved { rental_cost: 300 },
            at("2026-03-02T10:00:05+09:00"),
            &rules(),
        )
        .expect("it was pending")
}

/// Noon in Seoul, so many days after the due day.
fn days_after_due(days: i64) -> DateTime<Utc> {
    at("2026-03-09T12:00:00+09:00") + TimeDelta::days(days)
}

#[test]
fn an_approved_loan_is_charged_and_due_in_seven_days() {
    let loan = on_loan(4);
    assert_eq!(loan.status, Status::Approved);
    assert_eq!(loan.points(), Some(1200));
    assert_eq!(loan.due_at, Some(at("2026-03-09T23:59:59+09:00")));
    assert_eq!(loan.decided_at, Some(at("2026-03-02T10:00:05+09:00")));
    assert_eq!(loan.on_loan(), 4);
}

#[test]
fn a_refused_or_canceled_request_holds_nothing() {
    let now = at("2026-03-02T10:00:05+09:00");
    let reason = RejectionReason::BookOnLoan;
    let rejected = requested(1).decide(Decision::Rejected(reason), now, &rules());
    let rejected = rejected.expect("it was pending");
    assert_eq!(rejected.status, Status::Rejected);
    assert_eq!(rejected.rejection_reason, Some(reason));
    let canceled = requested(1).decide(Decision::Canceled, now, &rules());
    let canceled = canceled.expect("it was pending");
    assert_eq!(canceled.status, Status::Canceled);
    for decided in [rejected, canceled] {
        assert_eq!(
            (decided.points(), decided.due_at, decided.on_loan()),
            (None, None, 0)
        );
        assert!(decided.decide(Decision::Canceled, now, &rules()).is_err());
    }
}

#[test]
fn three_of_four_seven_days_late_leave_one_on_loan_and_cost_500() {
    let (after, returned) = on_loan(4)
        .give_back(3, days_after_due(7), &rules())
        .expect("three of four are on loan");
    assert_eq!(after.on_loan(), 1);
    assert_eq!(after.status, Status::Approved);
    assert_eq!(after.late_fee, 500);
    assert_eq!(
        returned,
        Return {
            number: 1,
            quantity: 3,
            credit_points: 0,
            late_fee: 500
        }
    );
}

#[test]
fn lateness_costs_by_tier_once_per_return() {
    for (days, fee) in [
        (-7, 0),
        (0, 0),
        (1, 500),
        (7, 500),
        (8, 1000),
        (14, 1000),
        (15, 2000),
        (400, 2000),
    ] {
        let (after, returned) = on_loan(2)
            .give_back(2, days_after_due(days), &rules())
            .expect("two of two are on loan");
        assert_eq!(returned.late_fee, fee, "{days} days late");
        assert_eq!(after.late_fee, fee, "{days} days late");
        let credit = if days > 0 { 0 } else { 600 };
        assert_eq!(returned.credit_points, credit, "{days} days late");
    }
}

#[test]
fn the_last_minute_of_the_due_day_is_on_time_and_the_next_is_late() {
    let loan = on_loan(1);
    let last = at("2026-03-09T23:59:59.999+09:00");
    let (_, returned) = loan.give_back(1, last, &rules()).expect("on loan");
    assert_eq!((returned.credit_points, returned.late_fee), (300, 0));
    let next = at("2026-03-10T00:00:00+09:00");
    let (_, returned) = loan.give_back(1, next, &rules()).expect("on loan");
    assert_eq!((returned.credit_points, returned.late_fee), (0, 500));
}

#[test]
fn copies_come_back_one_by_one_each_with_its_own_fee() {
    let (first, one) = on_loan(3)
        .give_back(1, days_after_due(0), &rules())
        .expect("on loan");
    let (second, two) = first
        .give_back(1, days_after_due(3), &rules())
        .expect("on loan");
    let (third, three) = second
        .give_back(1, days_after_due(10), &rules())
        .expect("on loan");
    assert_eq!(
        [one.number, two.number, three.number],
        [1, 2, 3],
        "returns are counted"
    );
    assert_eq!([one.late_fee, two.late_fee, three.late_fee], [0, 500, 1000]);
    assert_eq!([second.late_fee, third.late_fee], [500, 1500]);
    assert_eq!(second.status, Status::Approved);
    assert_eq!(third.status, Status::Returned);
    assert_eq!(third.returned_at, Some(days_after_due(10)));
}

#[test]
fn no_more_comes_back_than_was_borrowed() {
    let code = |outcome: Result<(Borrowing, Return), kit::Refusal>| {
        outcome.expect_err("to be refused").code
    };
    let now = days_after_due(-1);
    assert_eq!(
        code(on_loan(2).give_back(3, now, &rules())),
        "TOO_MANY_RETURNED"
    );
    for quantity in [0, -1, 1001] {
        assert_eq!(
            code(on_loan(2).give_back(quantity, now, &rules())),
            "BAD_USER_INPUT"
        );
    }
    let (returned, _) = on_loan(2).give_back(2, now, &rules()).expect("on loan");
    assert_eq!(code(returned.give_back(1, now, &rules())), "NOT_ON_LOAN");
    assert_eq!(
        code(requested(2).give_back(1, now, &rules())),
        "NOT_ON_LOAN"
    );
    let (partly, _) = on_loan(2).give_back(1, now, &rules()).expect("on loan");
    assert_eq!(
        code(partly.give_back(2, now, &rules())),
        "TOO_MANY_RETURNED"
    );
}

#[test]
fn overdue_is_what_is_still_out() {
    let zone = rules().zone;
    assert_eq!(requested(1).overdue_days(days_after_due(9), zone), 0);
    assert_eq!(on_loan(1).overdue_days(days_after_due(0), zone), 0);
    assert_eq!(on_loan(1).overdue_days(days_after_due(9), zone), 9);
    let (returned, _) = on_loan(1)
        .give_back(1, days_after_due(9), &rules())
        .expect("on loan");
    assert_eq!(returned.overdue_days(days_after_due(10), zone), 0);
}

#[test]
fn quantities_have_bounds() {
    assert_eq!(checked_quantity(1), Ok(1));
    assert_eq!(checked_quantity(1000), Ok(1000));
    for quantity in [i64::MIN, -1, 0, 1001, i64::MAX] {
        assert_eq!(
            checked_quantity(quantity).expect_err("out of bounds").code,
            "BAD_USER_INPUT"
        );
    }
}

#[test]
fn tiers_are_read_strictly() {
    let fees: LateFees = " 3:100 , 10:200 ,: 900 ".parse().expect("tiers");
    assert_eq!(
        [0, 1, 3, 4, 10, 11].map(|days| fees.of(days)),
        [0, 100, 100, 200, 200, 900]
    );
    let flat: LateFees = ":50".parse().expect("one tier");
    assert_eq!(flat.of(1), 50);
    for wrong in [
        "",
        "7",
        "7:500",
        "7:500,7:1000,:1",
        "14:1,7:2,:3",
        ":1,7:2",
        "x:1,:2",
        "0:1,:2",
        "7:-1,:2",
        "7:500,,:2000",
    ] {
        assert!(
            wrong.parse::<LateFees>().is_err(),
            "{wrong:?} must not pass"
        );
    }
}

proptest! {
    /// Whatever comes back in whatever portions and whenever: copies are neither lost nor made, what was charged is
    /// never exceeded by what is credited, and fees only rise.
    #[test]
    fn returns_add_up(quantity in 1_i64..=20, returns in prop::collection::vec((-1_i64..=8, -8_i64..=30), 0..12)) {
        let mut loan = on_loan(quantity);
        let (mut back, mut credited, mut fees, mut number) = (0, 0, 0, 0);
        for (copies, days) in returns {
            let before = loan.clone();
            match loan.give_back(copies, days_after_due(days), &rules()) {
                Ok((after, returned)) => {
                    back += copies;
                    credited += returned.credit_points;
                    fees += returned.late_fee;
                    number += 1;
                    prop_assert_eq!(returned.number, number);
                    prop_assert!(returned.credit_points == 0 || returned.late_fee == 0);
                    loan = after;
                }
                Err(refusal) => {
                    let on_loan = before.on_loan();
                    prop_assert!(copies < 1 || copies > on_loan, "{copies} of {on_loan} refused: {refusal}");
                    prop_assert_eq!(&loan, &before);
                }
            }
            prop_assert_eq!(loan.returned_quantity, back);
            prop_assert_eq!(loan.on_loan(), quantity - back);
            prop_assert_eq!(loan.status == Status::Returned, back == quantity);
            prop_assert_eq!(loan.returned_at.is_some(), back == quantity);
            prop_assert_eq!(loan.late_fee, fees);
            prop_assert!(credited <= loan.points().expect("approved"));
        }
    }
}
