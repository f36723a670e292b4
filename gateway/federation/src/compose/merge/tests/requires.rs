use super::merge;
use crate::compose::{ErrorCode, testing::Found};

/// What `b` requires of a field of `a`, which it declares with an optional argument.
fn require(defined: &str, required: &str) -> Found {
    merge(&[
        &format!(r#"type Query {{ t: T }} type T @key(fields: "id") {{ id: ID {defined} }}"#),
        &format!(
            r#"type T @key(fields: "id") {{
                id: ID n(a: Int, b: Int): Int @external m: Int @requires(fields: "{required}")
            }}"#
        ),
    ])
}

#[test]
fn arguments_are_those_of_the_others() {
    for required in ["n", "n(a: 1)", "n(a: 1, b: 2)"] {
        let merged = require("n(a: Int, b: Int): Int", required);
        assert_eq!(merged.codes(), [], "{required}");
    }
    let merged = require("n(a: Int): Int", "n(a: 1, b: 2)");
    assert_eq!(merged.codes(), [ErrorCode::RequiresInvalidFields]);
    assert!(merged.told()[0].contains(r#"of "T.m" gives a value for "T.n(b:)""#));
}

#[test]
fn required_arguments_are_given() {
    for (defined, required) in [("a: Int!", "n(a: 1)"), ("a: Int! = 1", "n")] {
        let merged = require(&format!("n({defined}): Int"), required);
        assert!(!merged.codes().contains(&ErrorCode::RequiresInvalidFields));
    }
    let merged = require("n(a: Int!, b: Int): Int", "n(b: 1)");
    assert_eq!(merged.codes(), [ErrorCode::RequiresInvalidFields]);
    assert!(merged.told()[0].contains(r#"of "T.m" gives no value for "T.n(a:)""#));
}
