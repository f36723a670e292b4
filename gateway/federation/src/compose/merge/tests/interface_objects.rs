use super::merge;
use crate::compose::ErrorCode;

const INTERFACE: &str = r#"
    type Query { i: I }
    interface I @key(fields: "id") { id: ID }
    type A implements I @key(fields: "id") { id: ID }
"#;

#[test]
fn its_fields_are_in_all_implementations() {
    let merged = merge(&[
        INTERFACE,
        r#"type I @interfaceObject @key(fields: "id") { id: ID "text" n(a: Int = 1): Int @tag(name: "t") }"#,
    ]);
    assert_eq!(
        merged.heading("I"),
        r#"interface I @join__type(graph: A, key: "id") @join__type(graph: B, key: "id", isInterfaceObject: true)"#
    );
    let text = r#""text" n(a: Int = 1): Int"#;
    assert_eq!(
        merged.field("I.n"),
        format!(r#"{text} @join__field(graph: B) @tag(name: "t")"#)
    );
    assert_eq!(
        merged.field("A.n"),
        format!(r#"{text} @join__field @tag(name: "t")"#)
    );
}

#[test]
fn what_it_borrows_it_does_not_add() {
    let merged = merge(&[
        INTERFACE,
        r#"type I @interfaceObject @key(fields: "id") {
            id: ID n: Int @external m: Int @requires(fields: "n")
        }"#,
    ]);
    assert_eq!(merged.codes(), [ErrorCode::ExternalMissingOnBase]);
}

#[test]
fn it_may_define_what_an_implementation_borrows() {
    let merged = merge(&[
        r#"type Query { i: I }
        interface I @key(fields: "id") { id: ID n: Int }
        type A implements I @key(fields: "id") {
            id: ID n: Int @external m: Int @requires(fields: "n")
        }"#,
        r#"type I @interfaceObject @key(fields: "id") { id: ID n: Int }"#,
    ]);
    assert_eq!(
        merged.field("A.n"),
        "n: Int @join__field(graph: A, external: true)"
    );
}

#[test]
fn what_only_it_defines_has_its_directives() {
    let merged = merge(&[
        r#"type Query { i: I }
        interface I @key(fields: "id") { id: ID n(a: Int): Int }
        type A implements I @key(fields: "id") { id: ID "text" n(a: Int): Int @external }"#,
        r#"type I @interfaceObject @key(fields: "id") { id: ID n(a: Int): Int @tag(name: "t") }"#,
    ]);
    assert_eq!(
        merged.field("A.n"),
        r#"n(a: Int): Int @join__field(graph: A, external: true) @tag(name: "t")"#
    );
}

#[test]
fn it_shares_with_implementations_and_with_others() {
    let add = |mark: &str| {
        format!(r#"type I @interfaceObject @key(fields: "id") {{ id: ID n: Int {mark} }}"#)
    };
    let twice = |mark: &str| merge(&[INTERFACE, &add(mark), &add(mark)]);
    assert_eq!(twice("@shareable").codes(), []);
    assert_eq!(twice("").codes(), [ErrorCode::InvalidFieldSharing]);
    let merged = merge(&[
        r#"type Query { i: I }
        interface I @key(fields: "id") { id: ID n: Int }
        type A implements I @key(fields: "id") { id: ID n: Int }"#,
        &add(""),
    ]);
    assert_eq!(merged.codes(), [ErrorCode::InvalidFieldSharing]);
    let message = &merged.told()[0];
    assert!(
        message.contains(r#""A.n" is resolved in "a", "b" (as interface object "I")"#),
        "{message}"
    );
}

#[test]
fn an_object_type_and_an_interface_need_it() {
    let merged = merge(&[INTERFACE, r#"type I @key(fields: "id") { id: ID }"#]);
    assert_eq!(merged.codes(), [ErrorCode::TypeKindMismatch]);
}
