use super::merge;
use crate::compose::{ErrorCode, testing::Found};

/// A field of an entity that `a` defines and `b` borrows.
fn borrow(defined: &str, borrowed: &str) -> Found {
    merge(&[
        &format!(r#"type Query {{ t: T }} type T @key(fields: "id") {{ id: ID {defined} }}"#),
        &format!(
            r#"type T @key(fields: "id") {{
                id: ID {borrowed} @external y: Int @requires(fields: "x")
            }}"#
        ),
    ])
}

#[test]
fn what_is_borrowed_is_said_to_be_so() {
    let merged = borrow("x: Int", "x: Int");
    assert_eq!(
        merged.field("T.x"),
        "x: Int @join__field(graph: A) @join__field(graph: B, external: true)"
    );
    assert_eq!(
        merged.field("T.y"),
        r#"y: Int @join__field(graph: B, requires: "x")"#
    );
}

#[test]
fn it_must_have_the_type_of_the_definition() {
    for (defined, borrowed) in [("Int", "String"), ("Int", "Int!"), ("Int!", "Int")] {
        let merged = borrow(&format!("x: {defined}"), &format!("x: {borrowed}"));
        assert_eq!(merged.codes(), [ErrorCode::ExternalTypeMismatch]);
    }
}

#[test]
fn it_may_have_one_of_several_types_that_merge() {
    let merged = merge(&[
        r#"type Query { t: T } type T @key(fields: "id") { id: ID x: Int! @shareable }"#,
        r#"type T @key(fields: "id") { id: ID x: Int! @external y: Int @requires(fields: "x") }"#,
        r#"type T @key(fields: "id") { id: ID x: Int @shareable }"#,
    ]);
    assert_eq!(
        merged.field("T.x"),
        r#"x: Int @join__field(graph: A, type: "Int!") @join__field(graph: B, type: "Int!", external: true) @join__field(graph: C, type: "Int")"#
    );
}

#[test]
fn it_must_have_the_arguments_of_the_definition() {
    let merged = borrow("x(a: [Int!]): Int", "x(a: [Int]): Int");
    assert_eq!(merged.codes(), []);
    let wrong = [
        ("x(a: Int)", "x", ErrorCode::ExternalArgumentMissing),
        (
            "x(a: Int)",
            "x(a: [Int])",
            ErrorCode::ExternalArgumentTypeMismatch,
        ),
        (
            "x(a: Int = 1)",
            "x(a: Int! = 1)",
            ErrorCode::ExternalArgumentTypeMismatch,
        ),
        (
            "x(a: Int = 1)",
            "x(a: Int = 2)",
            ErrorCode::ExternalArgumentDefaultMismatch,
        ),
    ];
    for (defined, borrowed, code) in wrong {
        let merged = borrow(&format!("{defined}: Int"), &format!("{borrowed}: Int"));
        assert_eq!(merged.codes(), [code], "{borrowed}");
    }
}

#[test]
fn somebody_must_define_it() {
    let merged = borrow("n: Int", "x: Int");
    assert_eq!(merged.codes(), [ErrorCode::ExternalMissingOnBase]);
    assert!(merged.told()[0].contains(r#""T.x" is @external in "b""#));
}

#[test]
fn its_description_and_directives_do_not_count() {
    let merged = borrow(
        r#""real" x: Int @tag(name: "real")"#,
        r#""borrowed" x: Int"#,
    );
    let field = merged.field("T.x");
    assert!(field.starts_with(r#""real" x: Int"#), "{field}");
    assert!(field.ends_with(r#"@tag(name: "real")"#), "{field}");
}
