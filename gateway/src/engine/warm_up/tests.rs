use std::cell::Cell;

use crate::engine::{
    Engine,
    handmade::{LABELS, labelled},
};

const QUERIES: [&str; 4] = [
    "{ product { id } }",
    "{ product { price } }",
    "{ product { weight } }",
    "{ product { stock } }",
];

/// An engine that was asked for the first of the queries once, for the second twice, and so on.
fn used() -> Engine {
    let engine = labelled(LABELS, &[]);
    for (query, uses) in QUERIES.into_iter().zip(1..) {
        assert!(
            engine
                .inner
                .make(engine.key(query, None, 0.5), uses)
                .is_ok()
        );
    }
    engine
}

/// Those of the queries that are planned already.
fn planned(engine: &Engine) -> Vec<&'static str> {
    let is_planned = |query: &&str| engine.inner.plans.contains(&engine.key(query, None, 0.5));
    QUERIES.into_iter().filter(is_planned).collect()
}

#[test]
fn the_most_used_are_planned_up_to_a_number() {
    for (count, expected) in [(0, &[][..]), (2, &QUERIES[2..]), (9, &QUERIES)] {
        let new = labelled(LABELS, &[]);
        assert_eq!(new.warm_up(&used(), count, || true), expected.len());
        assert_eq!(planned(&new), expected);
    }
}

#[test]
fn no_more_are_planned_when_the_time_is_over() {
    for (left, expected) in [(0_u32, &[][..]), (1, &QUERIES[3..])] {
        let left = Cell::new(left);
        let may_go_on = || left.replace(left.get().saturating_sub(1)) > 0;
        let new = labelled(LABELS, &[]);
        assert_eq!(new.warm_up(&used(), 4, may_go_on), expected.len());
        assert_eq!(planned(&new), expected);
    }
}

#[test]
fn what_is_refused_now_is_left_out() {
    let new = labelled(&LABELS.replace("stock:", "supply:"), &[]);
    assert_eq!(new.warm_up(&used(), 4, || true), 3);
    assert_eq!(planned(&new), QUERIES[..3]);
}

#[test]
fn what_was_used_before_counts_half() {
    let new = labelled(LABELS, &[]);
    new.warm_up(&used(), 4, || true);
    let uses: Vec<_> = new.inner.plans.most_used(2);
    let uses: Vec<_> = uses.iter().map(|(_, uses)| *uses).collect();
    assert_eq!(uses, [2, 1]);
}

#[test]
fn it_is_planned_for_those_who_asked() {
    let price = QUERIES[1];
    for rolled in [0.1, 0.5] {
        let old = labelled(LABELS, &[]);
        assert!(old.inner.make(old.key(price, None, rolled), 1).is_ok());
        // One more label: whoever is among the 25 % is among these, and most of the others are not.
        let new = labelled(&LABELS.replace("beta", "percent(30)"), &[]);
        new.warm_up(&old, 1, || true);
        let is_planned = |rolled| new.inner.plans.contains(&new.key(price, None, rolled));
        assert_eq!([0.1, 0.5].map(is_planned), [rolled < 0.25, rolled > 0.25]);
    }
}

#[test]
fn labels_that_are_gone_are_no_reason_to_plan_twice() {
    let price = QUERIES[1];
    let old = labelled(LABELS, &[]);
    for rolled in [0.1, 0.5] {
        assert!(old.inner.make(old.key(price, None, rolled), 1).is_ok());
    }
    let new = labelled(&LABELS.replace("percent(25)", "percent(75)"), &[]);
    assert_eq!(new.warm_up(&old, 2, || true), 1);
}
