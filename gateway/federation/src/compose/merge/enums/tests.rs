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

const OUTPUT: &str = "type O { e: E }";
const INPUT: &str = "input I { e: E }";

#[test]
fn an_enum_of_answers_has_all_values() {
    let merged = sides(
        &format!("enum E {{ A B }} {OUTPUT}"),
        "enum E { \"said\" A C }",
    );
    assert_eq!(
        merged.ty("E"),
        "enum E @join__type(graph: A) @join__type(graph: B) { \
         \"said\" A @join__enumValue(graph: A) @join__enumValue(graph: B) \
         B @join__enumValue(graph: A) C @join__enumValue(graph: B) }"
    );
    assert_eq!(
        merged.hinted(HintCode::InconsistentEnumValueForOutputEnum),
        [
            "Enum value \"E.B\" is in \"a\", but not in \"b\": the supergraph has it.",
            "Enum value \"E.C\" is in \"b\", but not in \"a\": the supergraph has it.",
        ]
    );
}

#[test]
fn an_enum_of_questions_has_the_common_values() {
    let merged = sides(
        &format!("enum E {{ A B H @inaccessible }} {INPUT}"),
        "enum E { C A }",
    );
    assert_eq!(
        merged.ty("E"),
        "enum E @join__type(graph: A) @join__type(graph: B) { \
         A @join__enumValue(graph: A) @join__enumValue(graph: B) \
         H @join__enumValue(graph: A) @inaccessible }"
    );
    assert_eq!(
        merged.hinted(HintCode::InconsistentEnumValueForInputEnum),
        [
            "Enum value \"E.B\" is in \"a\", but not in \"b\": the supergraph leaves it out.",
            "Enum value \"E.C\" is in \"b\", but not in \"a\": the supergraph leaves it out.",
        ]
    );
}

#[test]
fn an_enum_of_questions_needs_a_common_value() {
    let merged = sides(&format!("enum E {{ A }} {INPUT}"), "enum E { B }");
    assert_eq!(
        merged.told(),
        [
            "EMPTY_MERGED_ENUM_TYPE: Enum \"E\" is used as input only, so the supergraph has the values that all subgraphs \
             have; but \"a\" and \"b\" have none in common. Give them one."
        ]
    );
}

#[test]
fn an_enum_of_both_is_the_same_everywhere() {
    let both = format!("{INPUT} {OUTPUT}");
    let merged = sides(
        &format!("enum E {{ A B }} {both}"),
        "enum E { A C @inaccessible }",
    );
    assert_eq!(
        merged.told(),
        [
            "ENUM_VALUE_MISMATCH: Enum value \"E.B\" is in \"a\", but not in \"b\", and the enum is used both as input \
             (by \"I.e\") and as output (by \"O.e\"). Add the value where it is missing, or mark it as @inaccessible until \
             it is everywhere."
        ]
    );
    let merged = sides(&format!("enum E {{ A B }} {both}"), "enum E { B A }");
    assert_eq!(merged.errors, []);
}

#[test]
fn usage_counts_over_all_subgraphs_and_places() {
    for (input, coordinate) in [
        ("input I { e: [E!]! }", "I.e"),
        ("type P { f(e: E): Int }", "P.f(e:)"),
        ("interface P { f(e: E): Int }", "P.f(e:)"),
    ] {
        let merged = sides(
            &format!("enum E {{ A B }} {OUTPUT}"),
            &format!("enum E {{ A }} {input}"),
        );
        let [error] = merged.told().try_into().unwrap();
        assert!(error.starts_with("ENUM_VALUE_MISMATCH"), "{error}");
        assert!(error.contains(&format!("(by \"{coordinate}\")")), "{error}");
    }
    // A directive of operations counts only if the supergraph has it.
    let directive = "directive @d(e: E) on FIELD";
    let merged = sides(
        &format!("enum E {{ A B }} {OUTPUT} {directive}"),
        "enum E { A }",
    );
    assert_eq!(merged.errors, []);
    let merged = sides(
        &format!("enum E {{ A B }} {OUTPUT} {directive}"),
        &format!("enum E {{ A }} {directive}"),
    );
    let [error] = merged.told().try_into().unwrap();
    assert!(error.contains("(by \"@d(e:)\")"), "{error}");
}

#[test]
fn an_enum_of_nothing_has_all_values() {
    let merged = sides("enum E { A }", "enum E { B }");
    assert_eq!(
        merged.hinted(HintCode::UnusedEnumType),
        ["Enum \"E\" is used by nothing: the supergraph has all its values."]
    );
    assert!(merged.ty("E").contains("A @join__enumValue(graph: A) B"));
    let merged = sides(&format!("enum E {{ A }} {OUTPUT}"), "enum E { A }");
    assert_eq!(merged.hinted(HintCode::UnusedEnumType), [""; 0]);
}
