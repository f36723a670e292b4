//! Ways through the schema: roots, value types that several subgraphs have, what is provided and what is inaccessible.

use super::{accept, refuse};

#[test]
fn a_field_of_the_subgraph_that_was_asked_is_resolved_there() {
    accept(&[
        "type Query { t: T } type T { x: Int }",
        "type Query { y: Int }",
    ]);
}

#[test]
fn a_value_type_is_only_what_the_subgraph_has_of_it() {
    refuse(
        &[
            "type Query { v: V } type V { x: Int @shareable }",
            "type Query { w: V } type V { x: Int @shareable y: Int }",
        ],
        &["V.y"],
    );
}

#[test]
fn a_shared_value_is_what_all_its_subgraphs_have_of_it() {
    let other = "type Query { v: V @shareable } type V { y: Int @shareable z: Int }";
    accept(&[
        "type Query { v: V @shareable } type V { x: Int y: Int @shareable }",
        other,
    ]);
    // The same value type, reached in one subgraph only.
    refuse(
        &[
            "type Query { v: V @shareable w: V } type V { x: Int y: Int @shareable }",
            other,
        ],
        &["V.z"],
    );
}

#[test]
fn root_types_are_entered_again() {
    // The oracle refuses this: it thinks that Query needs a key.
    accept(&[
        "type Query { t: T } type T { q: Query }",
        "type Query { b: Int }",
    ]);
    accept(&[
        "type Query { t: Int } type Mutation { m: P } type P { query: Query }",
        "type Query { b: Int } type Mutation { n: Int }",
    ]);
}

#[test]
fn mutations_and_subscriptions_are_walked_too() {
    let other = "type T @key(fields: \"id\", resolvable: false) { id: ID! x: Int }";
    let plain = "type T @key(fields: \"id\") { id: ID! }";
    refuse(
        &[
            &format!("type Query {{ q: Int }} type Mutation {{ m: T }} {plain}"),
            other,
        ],
        &["T.x"],
    );
    refuse(
        &[
            &format!("type Query {{ q: Int }} type Subscription {{ s: T }} {plain}"),
            other,
        ],
        &["T.x"],
    );
}

#[test]
fn a_type_that_no_path_leads_to_needs_nothing() {
    accept(&[
        "type Query { q: Int } type T @key(fields: \"id\") { id: ID! }",
        "type T @key(fields: \"id\", resolvable: false) { id: ID! x: Int }",
    ]);
}

#[test]
fn what_is_provided_is_there() {
    let other = "type T @key(fields: \"id\", resolvable: false) { id: ID! n: Int @shareable v: V @shareable }
        type V @shareable { w: Int }";
    let with = |root: &str| {
        format!(
            "type Query {{ {root} }} type T @key(fields: \"id\") {{ id: ID! n: Int @external v: V @external }}
             type V {{ w: Int @external }}"
        )
    };
    accept(&[&with("t: T @provides(fields: \"n v { w }\")"), other]);
    refuse(
        &[&with("t: T @provides(fields: \"n v { w }\") u: T"), other],
        &["T.n", "T.v"],
    );
    refuse(
        &[
            &with("t: T @provides(fields: \"n\") u: T @provides(fields: \"v { w }\")"),
            other,
        ],
        &["T.n", "T.v"],
    );
}

#[test]
fn what_is_inaccessible_takes_part_but_is_not_asked_for() {
    let other = "type T @key(fields: \"id\") { id: ID! @inaccessible m: Int }";
    accept(&[
        "type Query { t: T } type T @key(fields: \"id\") { id: ID! @inaccessible n: Int }",
        other,
    ]);
    let nowhere = "type T @key(fields: \"id\", resolvable: false) { id: ID! m: Int @inaccessible }";
    accept(&[
        "type Query { t: T } type T @key(fields: \"id\") { id: ID! }",
        nowhere,
    ]);
    refuse(
        &[
            "type Query { t: T } type T @key(fields: \"id\") { id: ID! }",
            &nowhere.replace("@inaccessible", ""),
        ],
        &["T.m"],
    );
}

#[test]
fn types_that_contain_each_other_end() {
    let one = "type Query { t: T } type T @key(fields: \"id\") { id: ID! u: [U] t: T }
        type U @key(fields: \"id\") { id: ID! t: T! u: U }";
    accept(&[
        one,
        "type T @key(fields: \"id\") { id: ID! x: U } type U @key(fields: \"id\") { id: ID! y: T }",
    ]);
}
