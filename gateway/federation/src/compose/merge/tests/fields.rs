use super::merge;
use crate::compose::{ErrorCode, HintCode};

#[test]
fn a_field_of_one_type_keeps_it() {
    let merged = merge(&[
        "type Query { n: Int @shareable }",
        "type Query { n: Int @shareable }",
    ]);
    assert_eq!(merged.field("Query.n"), "n: Int");
    assert!(merged.hint_codes().is_empty());
}

#[test]
fn the_nullable_type_wins() {
    let merged = merge(&[
        "type Query { n: [Int!]! @shareable }",
        "type Query { n: [Int] @shareable }",
    ]);
    assert_eq!(
        merged.field("Query.n"),
        r#"n: [Int] @join__field(graph: A, type: "[Int!]!") @join__field(graph: B, type: "[Int]")"#
    );
    assert_eq!(
        merged.hint_codes(),
        [HintCode::InconsistentButCompatibleFieldType]
    );
}

#[test]
fn the_abstract_type_wins() {
    let merged = merge(&[
        "type Query { i: A @shareable u: A @shareable } type A @shareable { n: Int }",
        "type Query { i: I @shareable u: U @shareable }
         interface I { n: Int } type A implements I @shareable { n: Int } union U = A",
    ]);
    assert!(merged.field("Query.i").starts_with("i: I @"));
    assert!(merged.field("Query.u").starts_with("u: U @"));
}

#[test]
fn types_that_do_not_go_together_are_refused() {
    let pairs = [
        ("Int", "String"),
        ("Int", "[Int]"),
        ("[Int]!", "[Int!]"),
        ("A", "B"),
    ];
    for (one, other) in pairs {
        let types = "type A @shareable { n: Int } type B @shareable { n: Int }";
        let merged = merge(&[
            &format!("type Query {{ n: {one} @shareable }} {types}"),
            &format!("type Query {{ n: {other} @shareable }} {types}"),
        ]);
        assert_eq!(
            merged.codes(),
            [ErrorCode::FieldTypeMismatch],
            "{one}, {other}"
        );
    }
}

#[test]
fn a_mismatch_says_who_says_what() {
    let merged = merge(&[
        "type Query { n: Int @shareable }",
        "type Query { n: String @shareable }",
        "type Query { n: Int @shareable }",
    ]);
    assert_eq!(
        merged.told()[0],
        r#"FIELD_TYPE_MISMATCH: "Query.n" has types that do not go together: "Int" in "a" and "c", but "String" in "b". Give it one type in all of them."#
    );
}

#[test]
fn a_type_is_of_one_kind() {
    let merged = merge(&[
        "type Query { t: T } type T { n: Int }",
        "type Query { u: T } scalar T",
    ]);
    assert_eq!(merged.codes(), [ErrorCode::TypeKindMismatch]);
    assert!(merged.told()[0].contains(r#"an object type in "a", but a scalar in "b""#));
}

#[test]
fn the_order_is_that_of_first_appearance() {
    let merged = merge(&[
        "type Query { t: T } type T @shareable { b: Int a: Int }",
        "type T @shareable { c: Int a: Int b: Int }",
    ]);
    let ty = merged.ty("T");
    let (_, fields) = ty.split_once('{').expect("fields");
    assert_eq!(fields, " b: Int a: Int c: Int @join__field(graph: B) }");
}

#[test]
fn what_is_not_everywhere_is_hinted_at() {
    let merged = merge(&[
        "type Query { t: V i: I } type V @shareable { n: Int m: Int } interface I { n: Int m: Int }",
        "type Query { u: V j: I } type V @shareable { n: Int } interface I { n: Int }",
    ]);
    assert_eq!(
        merged.hint_codes(),
        [
            HintCode::InconsistentInterfaceValueTypeField,
            HintCode::InconsistentObjectValueTypeField
        ]
    );
}

#[test]
fn fields_of_entities_may_be_anywhere() {
    let merged = merge(&[
        r#"type Query { t: T } type T @key(fields: "id") { id: ID n: Int }"#,
        r#"type T @key(fields: "id") { id: ID m: Int }"#,
    ]);
    assert!(merged.hint_codes().is_empty());
}

#[test]
fn what_is_an_entity_in_some_subgraphs_only_is_hinted_at() {
    let merged = merge(&[
        r#"type Query { t: T } type T @key(fields: "id") @shareable { id: ID }"#,
        "type T @shareable { id: ID }",
    ]);
    assert_eq!(merged.hint_codes(), [HintCode::InconsistentEntity]);
}
