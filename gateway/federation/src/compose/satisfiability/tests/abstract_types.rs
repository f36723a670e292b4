//! Interfaces, unions and interface objects; shared fields of such types.

use super::{accept, errors, refuse};
use crate::compose::{ErrorCode, HintCode};

const MEDIA: &str = "interface I @key(fields: \"id\") { id: ID! x: Int }
    type A implements I @key(fields: \"id\") { id: ID! x: Int }";

#[test]
fn each_type_of_an_interface_is_walked() {
    let one = "type Query { n: N } interface N { id: ID! } type A implements N @key(fields: \"id\") { id: ID! }
        type B implements N @key(fields: \"id\") { id: ID! }";
    let other = "type A @key(fields: \"id\") { id: ID! x: Int } type B @key(fields: \"id\") { id: ID! y: Int }";
    accept(&[one, other]);
    refuse(
        &[
            one,
            &other.replace(
                "B @key(fields: \"id\")",
                "B @key(fields: \"id\", resolvable: false)",
            ),
        ],
        &["B.y"],
    );
}

#[test]
fn a_type_that_the_subgraph_never_answers_with_needs_nothing() {
    let one = "type Query { n: N } union N = A type A { id: ID! @shareable }";
    let other =
        "type Query { m: N } union N = A | B type A { id: ID! @shareable } type B { y: Int }";
    accept(&[one, other]);
    refuse(&[one, &other.replace("A {", "A { z: Int")], &["A.z"]);
}

#[test]
fn the_type_behind_an_interface_object_has_to_be_told() {
    let object =
        "type Query { i: I } type I @interfaceObject @key(fields: \"id\") { id: ID! y: Int }";
    accept(&[object, MEDIA]);
    let unresolvable = MEDIA.replace(
        "I @key(fields: \"id\")",
        "I @key(fields: \"id\", resolvable: false)",
    );
    refuse(&[object, &unresolvable], &["A"]);
}

#[test]
fn the_key_of_an_interface_object_may_come_from_another_one() {
    let object = "type Query { i: I } type I @interfaceObject @key(fields: \"k\") { k: ID! @shareable y: Int }";
    let both = "type I @interfaceObject @key(fields: \"k\") @key(fields: \"id\") { k: ID! @shareable id: ID! }";
    accept(&[object, MEDIA, both]);
    refuse(&[object, MEDIA], &["A"]);
}

#[test]
fn a_concrete_type_is_entered_once_the_interface_is_left() {
    let object =
        "type Query { i: I } type I @interfaceObject @key(fields: \"id\") { id: ID! y: Int }";
    accept(&[
        object,
        MEDIA,
        "type A @key(fields: \"id\") { id: ID! z: Int }",
    ]);
    refuse(
        &[
            object,
            MEDIA,
            "type A @key(fields: \"id\", resolvable: false) { id: ID! z: Int }",
        ],
        &["A.z"],
    );
}

#[test]
fn an_interface_object_resolves_fields_of_the_types() {
    let with_root = format!("type Query {{ a: A }} {MEDIA}");
    let object = "type I @interfaceObject @key(fields: \"id\") { id: ID! x: Int @external y: Int @requires(fields: \"x\") }";
    accept(&[&with_root, object]);
    refuse(
        &[
            &with_root,
            &object.replace("\"id\")", "\"id\", resolvable: false)"),
        ],
        &["A.y"],
    );
}

#[test]
fn shared_objects_have_a_type_in_common() {
    let one = "type Query { i: I @shareable } interface I { x: Int } type A implements I @shareable { x: Int }";
    let hints = accept(&[one, &format!("{one} type B implements I {{ x: Int }}")]);
    let codes: Vec<_> = hints.iter().map(|hint| hint.code).collect();
    assert!(codes.contains(&HintCode::InconsistentRuntimeTypesForShareableReturn));
    // A subgraph that declares just one of the types differs from nobody.
    let one_type = "type Query { i: A @shareable } type A @shareable { x: Int }";
    let hints = accept(&[one_type, &format!("{one} type B implements I {{ x: Int }}")]);
    let code = HintCode::InconsistentRuntimeTypesForShareableReturn;
    assert!(hints.iter().all(|hint| hint.code != code));
    let errors = errors(&[one, &one.replace("type A", "type B")]);
    assert_eq!(errors.errors().len(), 1);
    let error = &errors.errors()[0];
    assert_eq!(error.code, ErrorCode::ShareableHasMismatchedRuntimeTypes);
    assert!(
        error
            .message
            .contains("- in subgraph \"a\": \"A\"\n- in subgraph \"b\": \"B\"")
    );
}

#[test]
fn only_subgraphs_that_can_be_asked_for_the_same_object_have_to_agree() {
    let [one, other] = ["A", "B"].map(|ty| {
        format!(
            "type Query {{ v{ty}: V }} type V {{ i: I @shareable }} interface I {{ x: Int }} type {ty} implements I {{ x: Int }}"
        )
    });
    accept(&[&one, &other]);
    let shared = [one, other].map(|sdl| format!("{sdl} extend type Query {{ v: V @shareable }}"));
    let errors = errors(&shared.each_ref().map(String::as_str));
    let codes: Vec<_> = errors.errors().iter().map(|one| one.code).collect();
    assert_eq!(codes, [ErrorCode::ShareableHasMismatchedRuntimeTypes]);
}
