use super::merge;
use crate::compose::{ErrorCode, testing::Found};

fn merge_marked(one: &str, other: &str) -> Found {
    merge(&[
        &format!("type Query {{ v: V }} type V {{ n: Int {one} }}"),
        &format!("type Query {{ w: V }} type V {{ n: Int {other} }}"),
    ])
}

#[test]
fn what_two_resolve_must_be_shareable_in_both() {
    let merged = merge_marked("@shareable", "@shareable");
    assert_eq!(merged.codes(), []);
    for (one, other) in [("", ""), ("@shareable", ""), ("", "@shareable")] {
        let merged = merge_marked(one, other);
        assert_eq!(merged.codes(), [ErrorCode::InvalidFieldSharing]);
    }
    let merged = merge_marked("@shareable", "");
    let message = &merged.told()[0];
    assert!(message.contains(r#""V.n" is resolved in "a" and "b", but is not shareable in "b""#));
}

#[test]
fn keys_are_shareable_at_any_depth() {
    let sdl = r#"type T @key(fields: "o { id }") { o: O } type O { id: ID }"#;
    let merged = merge(&[&format!("type Query {{ t: T }} {sdl}"), sdl]);
    assert_eq!(merged.codes(), []);
}

#[test]
fn what_is_provided_is_resolved() {
    let provide = |mark: &str| {
        merge(&[
            r#"type Query { t: T @provides(fields: "n") }
            type T @key(fields: "id") { id: ID n: Int @external }"#,
            &format!(r#"type T @key(fields: "id") {{ id: ID n: Int {mark} }}"#),
        ])
    };
    assert_eq!(provide("@shareable").codes(), []);
    assert_eq!(provide("").codes(), [ErrorCode::InvalidFieldSharing]);
}

#[test]
fn subscriptions_are_not_shareable() {
    let query = "type Query { n: Int }";
    let merged = merge(&[&format!("{query} type Subscription {{ n: Int }}")]);
    assert_eq!(merged.codes(), []);
    let merged = merge(&[&format!(
        "{query} type Subscription {{ n: Int @shareable }}"
    )]);
    assert_eq!(merged.codes(), [ErrorCode::InvalidFieldSharing]);
}
