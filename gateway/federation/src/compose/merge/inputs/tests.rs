use crate::compose::{
    HintCode,
    testing::{Found, merge},
};

fn sides(a: &str, b: &str) -> Found {
    merge(&[
        ("a", &format!("{a} type Query {{ a: Int }}")),
        ("b", &format!("{b} extend type Query {{ b: Int }}")),
    ])
}

#[test]
fn the_common_fields_are_merged() {
    let merged = sides(
        "\"of a\" input I { a: Int b: Int! = 3 c: [String!] @tag(name: \"x\") only: Int }",
        "input I { c: [String!]! a: Int b: Int! = 3 }",
    );
    assert_eq!(
        merged.ty("I"),
        "\"of a\" input I @join__type(graph: A) @join__type(graph: B) { a: Int b: Int! = 3 \
         c: [String!]! @join__field(graph: A, type: \"[String!]\") @join__field(graph: B, type: \"[String!]!\") \
         @tag(name: \"x\") }"
    );
    assert_eq!(
        merged.hinted(HintCode::InconsistentInputObjectField),
        ["Input field \"I.only\" is in \"a\", but not in \"b\": the supergraph leaves it out."]
    );
    assert_eq!(
        merged
            .hinted(HintCode::InconsistentButCompatibleFieldType)
            .len(),
        1
    );
}

#[test]
fn required_fields_are_in_all_subgraphs() {
    let merged = sides("input I { a: Int b: Int! }", "input I { a: Int }");
    assert_eq!(
        merged.told(),
        [
            "REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH: Input field \"I.b\" is required in \"a\", but not in \"b\". Add it \
             there, or make it optional."
        ]
    );
    // With a default it is optional.
    let merged = sides("input I { a: Int b: Int! = 3 }", "input I { a: Int }");
    assert_eq!(merged.errors, []);
    assert!(!merged.ty("I").contains("b: Int"));
}

#[test]
fn inaccessible_fields_may_be_in_some_subgraphs() {
    let merged = sides(
        "input I { a: Int b: Int @inaccessible }",
        "input I { a: Int }",
    );
    assert!(
        merged
            .ty("I")
            .contains("b: Int @join__field(graph: A) @inaccessible")
    );
}

#[test]
fn some_field_is_common() {
    let merged = sides("input I { a: Int }", "input I { b: Int }");
    assert_eq!(
        merged.told(),
        [
            "EMPTY_MERGED_INPUT_TYPE: The supergraph has those fields of input object \"I\" that all subgraphs have; but \"a\" \
             and \"b\" have none in common. Give them one."
        ]
    );
}

#[test]
fn types_go_together() {
    let merged = sides("input I { a: Int }", "input I { a: String }");
    assert_eq!(
        merged.told(),
        [
            "FIELD_TYPE_MISMATCH: \"I.a\" has types that do not go together: \"Int\" in \"a\", but \"String\" in \"b\". Give it \
             one type in all of them."
        ]
    );
}

#[test]
fn defaults_agree() {
    let merged = sides("input I { a: [Int] = [1] }", "input I { a: [Int] = [2] }");
    assert_eq!(
        merged.told(),
        [
            "INPUT_FIELD_DEFAULT_MISMATCH: \"I.a\" has different default values: [1] in \"a\", but [2] in \"b\". Give it the \
             same one in all of them."
        ]
    );
    // The order of an object's fields says nothing.
    let merged = sides(
        "input I { a: Int b: Int c: I = { a: 1, b: 2 } }",
        "input I { a: Int b: Int c: I = { b: 2, a: 1 } }",
    );
    assert_eq!(merged.errors, []);
    assert!(merged.ty("I").contains("c: I = {a: 1, b: 2}"));
}

#[test]
fn enum_values_as_strings_become_enum_values() {
    let merged = sides(
        "enum E { A } input I { e: [E] = [\"A\"] i: I = { e: \"A\" } f: Float = 1 }",
        "enum E { A } input I { e: [E] = [A] i: I = { e: A } f: Float = 1.0 }",
    );
    assert_eq!(merged.errors, []);
    assert_eq!(
        merged.ty("I"),
        "input I @join__type(graph: A) @join__type(graph: B) { e: [E] = [A] i: I = {e: A} f: Float = 1 }"
    );
}

#[test]
fn a_default_that_is_not_everywhere_vanishes() {
    let merged = sides("input I { a: Int = 1 }", "input I { a: Int }");
    assert_eq!(
        merged.ty("I"),
        "input I @join__type(graph: A) @join__type(graph: B) { a: Int }"
    );
    assert_eq!(
        merged.hinted(HintCode::InconsistentDefaultValuePresence),
        ["\"I.a\" has the default value 1 in \"a\", but none in \"b\": the supergraph has none."]
    );
}

#[test]
fn one_of_in_some_subgraph_holds_for_all() {
    let one_of = "input I @oneOf { a: Int b: Int }";
    let merged = sides(one_of, "input I { a: Int b: Int }");
    assert!(merged.ty("I").contains("@join__type(graph: B) @oneOf {"));
    assert_eq!(
        merged.directive("oneOf").unwrap(),
        "directive @oneOf on INPUT_OBJECT"
    );
    let merged = sides(one_of, "input I { a: Int! b: Int }");
    let [error] = merged.told().try_into().unwrap();
    assert!(error.starts_with("FIELD_TYPE_MISMATCH: "), "{error}");
    assert!(error.contains("\"I.a\" must be nullable"), "{error}");
}
