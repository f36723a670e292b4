//! Bombs in operations.

use std::fmt::Write as _;

use federation::{PlanError, PlanOptions, plan::Plan};

use crate::world::{TYPES, fetches, plan, world};

const DEFER: PlanOptions = PlanOptions {
    override_labels: std::collections::BTreeSet::new(),
    defer: true,
};

/// The selection of a number.
type OneOf = fn(usize) -> String;

fn planned(text: &str) -> Plan {
    plan(&world(), text, &PlanOptions::default()).expect("a plan")
}

/// Whether the planner's own count of size or work ended it.
fn refused_by_budget(error: &PlanError) -> bool {
    matches!(
        error,
        PlanError::TooDeep { .. }
            | PlanError::TooLarge { .. }
            | PlanError::TooComplex
            | PlanError::TooManyDeferrals { .. }
    )
}

/// Ends by the planner's count of size or work.
fn too_large(text: &str, options: &PlanOptions) {
    let error = plan(&world(), text, options).expect_err("no plan");
    assert!(refused_by_budget(&error), "{error}");
}

fn too_deep(text: &str) {
    let error = plan(&world(), text, &PlanOptions::default()).expect_err("no plan");
    assert!(matches!(error, PlanError::TooDeep { .. }), "{error}");
}

fn nested(levels: usize, field: &str, inner: &str) -> String {
    let (open, close) = (format!("{field} {{ "), "} ".repeat(levels));
    format!("{{ {}{inner} {close}}}", open.repeat(levels))
}

#[test]
fn a_thousand_levels_are_too_deep() {
    too_deep(&format!("{{ zero {} }}", nested(1000, "next", "id")));
    too_deep(&format!("{{ node {} }}", nested(1000, "back", "id")));
}

#[test]
fn fragments_in_fragments_are_no_levels() {
    // As many as validation lets through.
    for fragment in ["... on Query { ", "... { ", "... @include(if: true) { "] {
        let open = fragment.repeat(400);
        let plan = planned(&format!("{{ {open} zero {{ id }} {} }}", "} ".repeat(400)));
        assert_eq!(fetches(&plan), 1);
    }
    let mut text = "{ ...F0 }".to_owned();
    for one in 0..99 {
        let _ = write!(text, " fragment F{one} on Query {{ ...F{} }}", one + 1);
    }
    text.push_str(" fragment F99 on Query { zero { id } }");
    assert_eq!(fetches(&planned(&text)), 1);
}

#[test]
fn a_hundred_levels_to_and_fro_are_a_hundred_fetches() {
    // `back` is in S1, and below it `peer` is in S0: each level is another request.
    let text = format!("{{ zero {{ back {} }} }}", {
        let mut inner = "{ id }".to_owned();
        for level in 0..100 {
            let field = if level % 2 == 0 { "peer" } else { "back" };
            inner = format!("{{ {field} {inner} }}");
        }
        inner
    });
    let plan = planned(&text);
    assert!(fetches(&plan) >= 100, "{}", fetches(&plan));
}

#[test]
fn fragments_that_double_within_a_set_are_seen_once() {
    let mut text = "{ zero { ...F0 } }".to_owned();
    for level in 0..90 {
        let next = level + 1;
        let _ = write!(text, " fragment F{level} on T0 {{ ...F{next} ...F{next} }}");
    }
    text.push_str(" fragment F90 on T0 { id }");
    assert_eq!(fetches(&planned(&text)), 1);
}

#[test]
fn fragments_that_double_from_level_to_level_are_too_large() {
    let mut text = "{ node { ...F0 } }".to_owned();
    for level in 0..60 {
        let next = level + 1;
        let _ = write!(
            text,
            " fragment F{level} on Node {{ a{level}: peer {{ ...F{next} }} b{level}: back {{ ...F{next} }} }}"
        );
    }
    text.push_str(" fragment F60 on Node { id }");
    too_large(&text, &PlanOptions::default());
}

#[test]
fn fragments_under_all_combinations_of_conditions_are_too_large() {
    let variables: String = (0..60).map(|one| format!("$v{one}: Boolean! ")).collect();
    let mut text = format!("query({variables}) {{ zero {{ ...F0 }} }}");
    for level in 0..60 {
        let next = level + 1;
        let _ = write!(
            text,
            " fragment F{level} on T0 {{ ...F{next} @include(if: $v{level}) ...F{next} @skip(if: $v{level}) }}"
        );
    }
    text.push_str(" fragment F60 on T0 { far0 }");
    too_large(&text, &PlanOptions::default());
}

#[test]
fn thousands_of_conditions_are_planned_or_too_large() {
    // Each of another variable, around a field of the other subgraph and around one of this.
    let mut text = "query(".to_owned();
    for one in 0..3000 {
        let _ = write!(text, "$v{one}: Boolean! ");
    }
    text.push_str(") { zero { ");
    for one in 0..3000 {
        let _ = write!(text, "... @include(if: $v{one}) {{ near far(of: 1) }} ");
    }
    text.push_str("} }");
    if let Ok(plan) = plan(&world(), &text, &PlanOptions::default()) {
        assert!(fetches(&plan) <= 3001, "{}", fetches(&plan));
    }
}

#[test]
fn ten_thousand_aliases_are_two_fetches() {
    let mut text = "{ zero { ".to_owned();
    for one in 0..10_000 {
        let _ = write!(text, "a{one}: near ");
    }
    assert_eq!(fetches(&planned(&format!("{text} }} }}"))), 1);
    for one in 0..10_000 {
        let _ = write!(text, "b{one}: far(of: {one}) ");
    }
    assert_eq!(fetches(&planned(&format!("{text} }} }}"))), 2);
}

#[test]
fn thousands_of_aliased_objects_are_planned_or_too_large() {
    // Each is at a path of its own: with a field of the other subgraph below it, a fetch of its own.
    let mut text = "{ ".to_owned();
    for one in 0..2000 {
        let _ = write!(text, "a{one}: zero {{ far0 }} ");
    }
    let plan = planned(&format!("{text} }}"));
    assert_eq!(fetches(&plan), 2001);
    for one in 0..60_000 {
        let _ = write!(text, "b{one}: zero {{ far0 }} ");
    }
    too_large(&format!("{text} }}"), &PlanOptions::default());
}

#[test]
fn thousands_of_objects_to_fetch_for_are_planned_or_refused() {
    // None is more urgent than another, and each is read or fetched in its own way.
    let around: [(&str, OneOf); 3] = [
        ("", |one| format!("a{one}: back {{ near far }} ")),
        ("", |one| {
            format!("... on T{} {{ a{one}: back {{ near far }} }} ", one % TYPES)
        }),
        ("($yes: Boolean!)", |one| {
            format!("a{one}: back @include(if: $yes) {{ near peer {{ far }} }} ")
        }),
    ];
    for (variables, selection) in around {
        let all: String = (0..20_000).map(selection).collect();
        let text = format!("query{variables} {{ nodes {{ {all} }} }}");
        match plan(&world(), &text, &PlanOptions::default()) {
            Ok(plan) => assert!(fetches(&plan) <= 40_002, "{}", fetches(&plan)),
            Err(error) => assert!(refused_by_budget(&error), "{error}"),
        }
    }
}

#[test]
fn wide_abstract_types_nested_are_planned_or_too_large() {
    // Thirty types at each level, each with fields of its own in the other subgraph, and the next level below each.
    let mut text = "{ nodes { ...F0 } }".to_owned();
    for level in 0..20 {
        let next = level + 1;
        let _ = write!(text, " fragment F{level} on Node {{ __typename near far");
        for one in 0..TYPES {
            let _ = write!(
                text,
                " ... on T{one} {{ far{one} p{one}: peer {{ ...F{next} }} b{one}: back {{ ...F{next} }} }}"
            );
        }
        text.push_str(" }");
    }
    text.push_str(" fragment F20 on Node { id }");
    too_large(&text, &PlanOptions::default());
}

#[test]
fn fields_of_thirty_types_at_each_of_many_levels_do_not_multiply() {
    // `far` has to be fetched from S1 for thirty types, and `peer` and `back` lead to thirty types again.
    for (levels, field) in [(60, "peer"), (60, "back"), (6, "next")] {
        let mut inner = "{ near far }".to_owned();
        for _ in 0..levels {
            inner = if field == "next" {
                let all = (0..TYPES).map(|one| format!("... on T{one} {{ peer {{ near }} }} "));
                format!("{{ near far {} peer {inner} }}", all.collect::<String>())
            } else {
                format!("{{ near far {field} {inner} }}")
            };
        }
        let plan = plan(
            &world(),
            &format!("{{ nodes {inner} }}"),
            &PlanOptions::default(),
        );
        let plan = plan.expect("a plan");
        assert!(
            fetches(&plan) <= 2 * levels + 2,
            "{field}: {}",
            fetches(&plan)
        );
    }
}

#[test]
fn a_union_of_thirty_nested_is_planned_or_too_large() {
    let mut text = "{ any { ...F0 } }".to_owned();
    for level in 0..12 {
        let _ = write!(text, " fragment F{level} on Any {{ __typename");
        for one in 0..TYPES {
            let next = level + 1;
            let _ = write!(
                text,
                " ... on T{one} {{ far{one} peer {{ ... on Any {{ ...F{next} }} }} }}"
            );
        }
        text.push_str(" }");
    }
    text.push_str(" fragment F12 on Any { __typename }");
    match plan(&world(), &text, &PlanOptions::default()) {
        Ok(plan) => assert!(fetches(&plan) <= 12 * (TYPES + 1) + 1, "{}", fetches(&plan)),
        Err(error) => assert!(refused_by_budget(&error), "{error}"),
    }
}

#[test]
fn thousands_of_deferred_fragments_are_planned_or_too_large() {
    for labelled in [true, false] {
        let mut text = "{ zero { id ".to_owned();
        for one in 0..3000 {
            let label = if labelled {
                format!("(label: \"d{one}\")")
            } else {
                String::new()
            };
            let _ = write!(
                text,
                "... @defer{label} {{ a{one}: near b{one}: far(of: 1) }} "
            );
        }
        match plan(&world(), &format!("{text} }} }}"), &DEFER) {
            Ok(plan) => assert!(fetches(&plan) <= 6001, "{}", fetches(&plan)),
            Err(error) => assert!(refused_by_budget(&error), "{error}"),
        }
    }
}

#[test]
fn deferred_fragments_in_deferred_fragments_are_planned_or_refused() {
    for levels in [40, 100] {
        let mut inner = "id".to_owned();
        for level in 0..levels {
            let field = if level % 2 == 0 { "peer" } else { "back" };
            inner = format!("... @defer(label: \"d{level}\") {{ {field} {{ near {inner} }} }}");
        }
        match plan(&world(), &format!("{{ zero {{ {inner} }} }}"), &DEFER) {
            Ok(plan) => assert!(fetches(&plan) <= 2 * levels + 1, "{}", fetches(&plan)),
            Err(error) => assert!(refused_by_budget(&error), "{error}"),
        }
    }
}

#[test]
fn defers_with_variables_do_not_double_for_each_of_them() {
    // `@defer(if: $v)` is a plan with and a plan without: two to the thirtieth would be too many.
    let variables: String = (0..30).map(|one| format!("$v{one}: Boolean! ")).collect();
    let mut text = format!("query({variables}) {{ zero {{ id ");
    for one in 0..30 {
        let _ = write!(
            text,
            "... @defer(label: \"d{one}\", if: $v{one}) {{ a{one}: far(of: {one}) }} "
        );
    }
    match plan(&world(), &format!("{text} }} }}"), &DEFER) {
        Ok(plan) => assert!(fetches(&plan) <= 10_000, "{}", fetches(&plan)),
        Err(error) => assert!(refused_by_budget(&error), "{error}"),
    }
}
