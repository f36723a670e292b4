//! `@override` with a label: whoever resolves the field, the query has to be answered.

use super::{accept, refuse};

fn one(v: &str) -> String {
    format!("type Query {{ t: T }} type T @key(fields: \"id\") {{ id: ID! v: V }} type V {{ {v} }}")
}

fn other(v: &str) -> String {
    format!(
        "type T @key(fields: \"id\") {{ id: ID! v: V @override(from: \"a\", label: \"percent(10)\") }} type V {{ {v} }}"
    )
}

#[test]
fn both_values_are_walked() {
    let both = "x: Int @shareable y: Int @shareable";
    accept(&[&one(both), &other(both)]);
    refuse(&[&one("x: Int @shareable"), &other(both)], &["V.y"]);
    refuse(&[&one(both), &other("x: Int @shareable")], &["V.y"]);
}

#[test]
fn a_label_keeps_its_value_on_the_way() {
    // Below v, the label is on in b and off in a: so w is where v was.
    let one = "type Query { t: T } type T @key(fields: \"id\") { id: ID! v: V } type V { x: Int @shareable w: Int }";
    let other = "type T @key(fields: \"id\") { id: ID! v: V @override(from: \"a\", label: \"percent(10)\") }
        type V { x: Int @shareable w: Int @override(from: \"a\", label: \"percent(10)\") }";
    accept(&[one, other]);
    refuse(
        &[
            one,
            &other.replace(
                "w: Int @override(from: \"a\", label: \"percent(10)\")",
                "w: Int @override(from: \"a\", label: \"percent(20)\")",
            ),
        ],
        &["V.w"],
    );
}

#[test]
fn a_requirement_does_not_rest_on_an_undecided_label() {
    // A plan would exist whichever value it has; but both peers refuse.
    let third =
        "type T @key(fields: \"id\") { id: ID! x: Int @external f: Int @requires(fields: \"x\") }";
    let one = "type Query { t: T } type T @key(fields: \"id\") { id: ID! x: Int }";
    let other = "type T @key(fields: \"id\") { id: ID! x: Int @override(from: \"a\", label: \"percent(10)\") }";
    refuse(&[one, other, third], &["T.f"]);
    accept(&[one, &other.replace(", label: \"percent(10)\"", ""), third]);
}

#[test]
fn a_label_counts_only_where_there_is_something_to_override() {
    // The oracle refuses this.
    accept(&[
        "type Query { t: T } type T @key(fields: \"id\") { id: ID! }",
        "type T @key(fields: \"id\") { id: ID! x: Int @override(from: \"a\", label: \"percent(10)\") }",
    ]);
}

#[test]
fn an_interface_does_not_know_of_labels() {
    // So both peers have it. A plan exists for either value of the label.
    accept(&[
        "type Query { i: I } interface I @key(fields: \"id\") { id: ID! x: Int }
         type A implements I @key(fields: \"id\") { id: ID! x: Int }",
        "type I @interfaceObject @key(fields: \"id\") { id: ID! x: Int @external f: Int @requires(fields: \"x\") }",
        "type A @key(fields: \"id\") { id: ID! x: Int @override(from: \"a\", label: \"percent(10)\") }",
    ]);
    refuse(
        &[
            "type Query { i: I } interface I @key(fields: \"id\") { id: ID! x: Int }
             type A implements I @key(fields: \"id\") { id: ID! x: Int @external }",
            "type I @interfaceObject @key(fields: \"id\") { id: ID! x: Int @external f: Int @requires(fields: \"x\") }",
            "type A @key(fields: \"id\", resolvable: false) { id: ID! x: Int @shareable
               y: Int @override(from: \"b\", label: \"percent(10)\") }",
        ],
        &["A.f", "A.x", "A.y"],
    );
}
