use super::merge;
use crate::compose::{ErrorCode, testing::Found};

fn merge_override(from: &str, arguments: &str) -> Found {
    merge(&[
        &format!("type Query {{ t: T }} {from}"),
        &format!(
            r#"type T @key(fields: "id") {{ id: ID n: Int @override(from: "a"{arguments}) }}"#
        ),
    ])
}

#[test]
fn what_is_overridden_is_not_resolved() {
    let merged = merge_override(r#"type T @key(fields: "id") { id: ID n: Int }"#, "");
    assert_eq!(
        merged.field("T.n"),
        r#"n: Int @join__field(graph: B, override: "a")"#
    );
}

#[test]
fn what_is_overridden_and_used_stays_known() {
    let ways = [
        r#"type T @key(fields: "id") @key(fields: "n") { id: ID n: Int }"#,
        r#"interface I { n: Int } type T implements I @key(fields: "id") { id: ID n: Int }"#,
    ];
    for from in ways {
        let merged = merge_override(from, "");
        assert_eq!(
            merged.field("T.n"),
            r#"n: Int @join__field(graph: A, usedOverridden: true) @join__field(graph: B, override: "a")"#,
            "{from}"
        );
    }
}

#[test]
fn what_is_external_stays_so() {
    let merged = merge_override(
        r#"type T @key(fields: "id") { id: ID n: Int @external m: Int @requires(fields: "n") }"#,
        "",
    );
    assert_eq!(
        merged.field("T.n"),
        r#"n: Int @join__field(graph: A, external: true) @join__field(graph: B, override: "a")"#
    );
}

#[test]
fn a_label_is_on_both_sides() {
    let merged = merge_override(
        r#"type T @key(fields: "id") { id: ID n: Int }"#,
        r#", label: "percent(5)""#,
    );
    assert_eq!(
        merged.field("T.n"),
        r#"n: Int @join__field(graph: A, overrideLabel: "percent(5)") @join__field(graph: B, override: "a", overrideLabel: "percent(5)")"#
    );
}

#[test]
fn an_override_of_nothing_is_an_ordinary_field() {
    let merged = merge_override(r#"type T @key(fields: "id") { id: ID m: Int }"#, "");
    assert_eq!(
        merged.field("T.n"),
        r#"n: Int @join__field(graph: B, override: "a")"#
    );
}

#[test]
fn two_overrides_resolve_twice() {
    let merged = merge(&[
        "type Query { n: Int }",
        r#"type Query { n: Int @override(from: "a") }"#,
        r#"type Query { n: Int @override(from: "a") }"#,
    ]);
    assert_eq!(merged.codes(), [ErrorCode::InvalidFieldSharing]);
}
