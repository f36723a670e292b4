//! Ways into other subgraphs.

use super::{accept, refuse};

#[test]
fn a_key_has_to_be_resolvable() {
    let one = "type Query { t: T } type T @key(fields: \"id\") { id: ID! }";
    accept(&[one, "type T @key(fields: \"id\") { id: ID! x: Int }"]);
    refuse(
        &[
            one,
            "type T @key(fields: \"id\", resolvable: false) { id: ID! x: Int }",
        ],
        &["T.x"],
    );
    refuse(&[one, "type T { id: ID! @shareable x: Int }"], &["T.x"]);
}

#[test]
fn the_key_of_the_subgraph_that_is_left_does_not_matter() {
    accept(
        &[
            "type Query { t: T } type T { id: ID! }",
            "type T @key(fields: \"id\") { id: ID! x: Int }",
        ]
        .map(|sdl| sdl.replace("id: ID!", "id: ID! @shareable"))
        .each_ref()
        .map(String::as_str),
    );
}

#[test]
fn a_key_may_be_obtained_from_a_third_subgraph() {
    let one = "type Query { t: T } type T @key(fields: \"id\") { id: ID! }";
    let last = "type T @key(fields: \"sku\") { sku: ID! x: Int }";
    let between = "type T @key(fields: \"id\") @key(fields: \"sku\") { id: ID! sku: ID! }";
    accept(&[one, last, between]);
    refuse(
        &[
            one,
            last,
            "type T @key(fields: \"sku\") { id: ID! @shareable sku: ID! }",
        ],
        &["T.sku", "T.x"],
    );
}

#[test]
fn the_parts_of_a_key_may_come_from_different_subgraphs() {
    let one = "type Query { t: T } type T @key(fields: \"id\") { id: ID! a: Int @shareable }";
    let last = "type T @key(fields: \"a b\") { a: Int @shareable b: Int @shareable x: Int }";
    accept(&[
        one,
        last,
        "type T @key(fields: \"id\") { id: ID! b: Int @shareable }",
    ]);
    refuse(&[one, last], &["T.b", "T.x"]);
}

#[test]
fn a_key_is_obtained_from_one_subgraph_and_on_from_there() {
    // Both give an E, but neither by itself the whole key.
    let [one, other] = [("", "@external"), ("@external", "")].map(|(x, y)| {
        format!(
            "type Query {{ v: V @shareable }} type V {{ e: E @shareable }}
             type E @key(fields: \"x y\", resolvable: false) {{ x: Int {x} y: Int {y} }}"
        )
        .replace("Int  ", "Int @shareable ")
        .replace("Int  }", "Int @shareable }")
    });
    let last = "type Query { z: Int } type E @key(fields: \"x y\") { x: Int @shareable y: Int @shareable w: Int }";
    accept(&[&one.replace("@external", "@shareable"), &other, last]);
    refuse(&[&one, &other, last], &["E.w"]);
}

#[test]
fn the_parts_of_a_nested_key_may_come_from_elsewhere_but_not_from_where_it_leads() {
    let one = "type Query { t: T } type T { org: Org @shareable } type Org @key(fields: \"oid\") { oid: ID! }";
    let third = "type Org @key(fields: \"oid\") { oid: ID! id: ID! @shareable }";
    let last = "type T @key(fields: \"org { id }\") { org: Org @shareable x: Int } type Org { id: ID! @shareable }";
    accept(&[one, last, third]);
    // The third subgraph's part in the last one: a plan would exist, but Apollo's composition refuses it.
    let both = "type T @key(fields: \"org { id }\") { org: Org @shareable x: Int } type Org @key(fields: \"oid\") { oid: ID! id: ID! }";
    refuse(&[one, both], &["T.x"]);
}

#[test]
fn keys_that_need_each_other_open_nothing() {
    refuse(
        &[
            "type Query { t: T } type T @key(fields: \"id\") { id: ID! }",
            "type T @key(fields: \"k\") { k: ID! l: ID! @shareable x: Int }",
            "type T @key(fields: \"l\") { k: ID! l: ID! @shareable }",
        ]
        .map(|sdl| sdl.replace("k: ID! ", "k: ID! @shareable "))
        .each_ref()
        .map(String::as_str),
        &["T.k", "T.l", "T.x"],
    );
}
