use super::merge;
use crate::compose::{ErrorCode, HintCode, testing::Found};

fn merge_arguments(one: &str, other: &str) -> Found {
    merge(&[
        &format!("type Query {{ n({one}): Int @shareable }}"),
        &format!("type Query {{ n({other}): Int @shareable }}"),
    ])
}

#[test]
fn the_stricter_type_wins() {
    let merged = merge_arguments("a: [Int!]!", "a: [Int]");
    assert_eq!(merged.field("Query.n"), "n(a: [Int!]!): Int");
    assert_eq!(
        merged.hint_codes(),
        [HintCode::InconsistentButCompatibleArgumentType]
    );
}

#[test]
fn types_that_do_not_go_together_are_refused() {
    for (one, other) in [("a: Int", "a: String"), ("a: [Int!]", "a: [Int]!")] {
        let merged = merge_arguments(one, other);
        assert_eq!(merged.codes(), [ErrorCode::FieldArgumentTypeMismatch]);
        assert!(merged.told()[0].contains(r#": "Query.n(a:)" "#));
    }
}

#[test]
fn optional_arguments_that_are_not_everywhere_are_left_out() {
    for other in ["b: Int", "b: Int! = 1"] {
        let merged = merge_arguments("a: Int", &format!("a: Int, {other}"));
        assert_eq!(merged.field("Query.n"), "n(a: Int): Int");
        assert_eq!(
            merged.hint_codes(),
            [HintCode::InconsistentArgumentPresence]
        );
    }
}

#[test]
fn required_arguments_must_be_everywhere() {
    let merged = merge_arguments("a: Int", "a: Int, b: Int!");
    assert_eq!(
        merged.codes(),
        [ErrorCode::RequiredArgumentMissingInSomeSubgraph]
    );
    let message = &merged.told()[0];
    assert!(message.contains(r#""Query.n(b:)" is required in "b", but not in "a""#));
}

#[test]
fn default_values_must_agree() {
    let merged = merge_arguments("a: Int = 1", "a: Int = 1");
    assert_eq!(merged.field("Query.n"), "n(a: Int = 1): Int");
    let merged = merge_arguments("a: Int = 1", "a: Int = 2");
    assert_eq!(merged.codes(), [ErrorCode::FieldArgumentDefaultMismatch]);
}

#[test]
fn contextual_arguments_are_for_nobody_to_give() {
    let from = |other: &str| {
        merge(&[
            r#"type Query { t: T }
            type T @key(fields: "id") @context(name: "c") { id: ID p: Int u: U }
            type U @key(fields: "id") {
                id: ID
                n(a: Int @fromContext(field: "$c { p }")): Int @shareable
            }"#,
            &format!(r#"type U @key(fields: "id") {{ id: ID {other} }}"#),
        ])
    };
    let merged = from("m: Int");
    assert_eq!(
        merged.field("U.n"),
        r#"n: Int @join__field(graph: A, contextArguments: [{context: "a__c", name: "a", type: "Int", selection: " { p }"}])"#
    );
    assert!(merged.heading("T").ends_with(r#"@context(name: "a__c")"#));
    let merged = from("n(a: Int): Int @shareable");
    assert!(merged.field("U.n").starts_with("n: Int @"));
    assert_eq!(
        merged.hint_codes(),
        [HintCode::ContextualArgumentNotContextualInAllSubgraphs]
    );
}
