//! Supergraphs in which keys, requirements and types lead round in circles, or are simply many.

use std::fmt::Write as _;

use federation::{PlanOptions, Supergraph};

use crate::world::{fetches, head, plan};

fn load(subgraphs: usize, types: &str) -> Supergraph {
    Supergraph::parse(&format!("{}{types}", head(subgraphs))).expect("it loads")
}

#[test]
fn keys_that_each_need_the_next_are_a_chain() {
    // S0 knows k0; S1 is entered by k0 and knows k1; and so on: the last field is as many fetches away.
    const LONG: usize = 40;
    let mut entity = "type E".to_owned();
    for graph in 0..LONG {
        let key = graph.saturating_sub(1);
        let _ = write!(entity, " @join__type(graph: S{graph}, key: \"k{key}\")");
    }
    entity.push_str(" {");
    for graph in 0..LONG {
        let _ = write!(entity, " k{graph}: ID! @join__field(graph: S{graph})");
        if graph + 1 < LONG {
            let _ = write!(entity, " @join__field(graph: S{})", graph + 1);
        }
    }
    let _ = write!(entity, " last: Int @join__field(graph: S{}) }}", LONG - 1);
    let types = format!("type Query @join__type(graph: S0) {{ e: E }} {entity}");
    let plan = plan(
        &load(LONG, &types),
        "{ e { last } }",
        &PlanOptions::default(),
    );
    let plan = plan.expect("a plan");
    assert_eq!(fetches(&plan), LONG);
}

#[test]
fn keys_that_need_each_other_are_no_way() {
    // S1 is entered by what only S2 knows, and S2 by what only S1 knows.
    let supergraph = load(
        3,
        r#"type Query @join__type(graph: S0) { e: E }
        type E @join__type(graph: S0, key: "id") @join__type(graph: S1, key: "b") @join__type(graph: S2, key: "a") {
          id: ID! @join__field(graph: S0)
          a: ID! @join__field(graph: S1) @join__field(graph: S2)
          b: ID! @join__field(graph: S1) @join__field(graph: S2)
          last: Int @join__field(graph: S2) }"#,
    );
    plan(&supergraph, "{ e { last } }", &PlanOptions::default()).expect_err("there is no way");
}

#[test]
fn nested_keys_that_contain_each_other_end() {
    let supergraph = load(
        2,
        r#"type Query @join__type(graph: S0) { e: E }
        type E @join__type(graph: S0, key: "f { e { f { id } } }") @join__type(graph: S1, key: "f { e { f { id } } }") {
          f: F
          last: Int @join__field(graph: S1) }
        type F @join__type(graph: S0, key: "e { f { e { last } } }") @join__type(graph: S1, key: "e { f { id } }") {
          e: E
          id: ID @join__field(graph: S1) }"#,
    );
    let planned = plan(
        &supergraph,
        "{ e { last f { id e { last } } } }",
        &PlanOptions::default(),
    );
    if let Ok(plan) = planned {
        assert!(fetches(&plan) < 100, "{}", fetches(&plan));
    }
}

#[test]
fn requirements_that_require_each_other_are_no_way() {
    let supergraph = load(
        2,
        r#"type Query @join__type(graph: S0) @join__type(graph: S1) { e: E @join__field(graph: S0) }
        type E @join__type(graph: S0, key: "id") @join__type(graph: S1, key: "id") {
          id: ID!
          a: Int @join__field(graph: S0, requires: "b") @join__field(graph: S1, external: true)
          b: Int @join__field(graph: S1, requires: "a") @join__field(graph: S0, external: true) }"#,
    );
    plan(&supergraph, "{ e { a } }", &PlanOptions::default()).expect_err("there is no way");
}

#[test]
fn a_hundred_subgraphs_that_all_know_everything_are_one_fetch() {
    // Each field could be taken from any of them: what is chosen must not be chosen for each field apart.
    const MANY: usize = 100;
    let joins = |key: &str| -> String {
        (0..MANY)
            .map(|graph| format!(" @join__type(graph: S{graph}{key})"))
            .collect()
    };
    let mut types = format!(
        "type Query {} {{ e: E }} type E {} {{ id: ID! next: E",
        joins(""),
        joins(", key: \"id\"")
    );
    for field in 0..50 {
        let _ = write!(types, " f{field}: Int");
    }
    types.push_str(" }");
    let mut text = "id".to_owned();
    for _ in 0..10 {
        let all: String = (0..50).map(|field| format!("f{field} ")).collect();
        text = format!("{all} next {{ {text} }}");
    }
    let plan = plan(
        &load(MANY, &types),
        &format!("{{ e {{ {text} }} }}"),
        &PlanOptions::default(),
    );
    assert_eq!(fetches(&plan.expect("a plan")), 1);
}

#[test]
fn fields_spread_over_overlapping_subgraphs_are_planned() {
    // Twenty subgraphs, each of which knows half of forty fields: which of them to ask is a set cover.
    const MANY: usize = 20;
    let keys: String = (0..=MANY)
        .map(|graph| format!(" @join__type(graph: S{graph}, key: \"id\")"))
        .collect();
    let mut types =
        format!("type Query @join__type(graph: S0) {{ e: E }} type E {keys} {{ id: ID!");
    for field in 0..40_usize {
        let _ = write!(types, " f{field}: Int");
        for graph in 1..=MANY {
            if (field * 7 + graph * graph * 3 + field * graph) % 5 < 2 || field % MANY + 1 == graph
            {
                let _ = write!(types, " @join__field(graph: S{graph})");
            }
        }
    }
    types.push_str(" }");
    let all: String = (0..40).map(|field| format!("f{field} ")).collect();
    let plan = plan(
        &load(MANY + 1, &types),
        &format!("{{ e {{ {all} }} }}"),
        &PlanOptions::default(),
    );
    assert!(fetches(&plan.expect("a plan")) <= MANY + 1);
}

#[test]
fn field_sets_of_any_depth_load_or_are_refused() {
    for levels in [50, 5000, 200_000] {
        let set = format!("{}id{}", "e { ".repeat(levels), " }".repeat(levels));
        let types = format!(
            r#"type Query @join__type(graph: S0) {{ e: E @join__field(graph: S0) }}
            type E @join__type(graph: S0, key: "id") @join__type(graph: S1, key: "{set}") {{ id: ID! e: E last: Int @join__field(graph: S1) }}"#
        );
        if let Ok(supergraph) = Supergraph::parse(&format!("{}{types}", head(2))) {
            let planned = plan(&supergraph, "{ e { last } }", &PlanOptions::default());
            assert_eq!(planned.is_ok(), levels == 50, "{levels}: {planned:?}");
        }
    }
}

#[test]
fn lists_of_lists_of_any_depth_load_or_are_refused() {
    for levels in [10, 400, 100_000] {
        let ty = format!("{}Int{}", "[".repeat(levels), "]".repeat(levels));
        let types = format!("type Query @join__type(graph: S0) {{ e: {ty} }}");
        if let Ok(supergraph) = Supergraph::parse(&format!("{}{types}", head(1))) {
            let planned = plan(&supergraph, "{ e }", &PlanOptions::default());
            assert_eq!(fetches(&planned.expect("a plan")), 1);
        }
    }
}
