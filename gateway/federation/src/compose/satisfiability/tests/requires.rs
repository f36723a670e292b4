//! `@requires` and `@fromContext`.

use super::{accept, refuse};

const OTHER: &str = "type Query { q: Int } type T @key(fields: \"id\") { id: ID! x: Int }";

#[test]
fn what_is_required_has_to_be_obtainable_from_where_it_is_required() {
    let one = "type Query { t: T } type T @key(fields: \"id\") { id: ID! x: Int @external f: Int @requires(fields: \"x\") }";
    accept(&[one, OTHER]);
    let unresolvable = OTHER.replace("\"id\")", "\"id\", resolvable: false)");
    refuse(&[one, &unresolvable], &["T.f", "T.x"]);
    // Having come from there is not enough.
    refuse(
        &[
            "type T @key(fields: \"id\") { id: ID! x: Int @external f: Int @requires(fields: \"x\") }",
            &unresolvable.replace("q: Int", "t: T"),
        ],
        &["T.f"],
    );
}

#[test]
fn the_subgraph_has_to_be_asked_again() {
    // Its key need not be resolvable, says Apollo.
    accept(&[
        "type Query { t: T } type T @key(fields: \"id\", resolvable: false) { id: ID! x: Int @external f: Int @requires(fields: \"x\") }",
        OTHER,
    ]);
    // The oracle accepts the next two.
    refuse(
        &[
            "type Query { t: T } type T { id: ID! @shareable x: Int @external f: Int @requires(fields: \"x\") }",
            &OTHER.replace("id: ID!", "id: ID! @shareable"),
        ],
        &["T.f"],
    );
    refuse(
        &[
            "type Query { t: T } type T @key(fields: \"k { n }\") { id: ID! @shareable k: K @shareable x: Int @external
               f: Int @requires(fields: \"x\") } type K @key(fields: \"kid\") { kid: ID! n: Int @external }",
            "type T @key(fields: \"id\") { id: ID! x: Int k: K @shareable } type K @key(fields: \"kid\") { kid: ID! n: Int }",
        ],
        &["T.f"],
    );
    refuse(
        &[
            "type Query { w: Int @external c: Int @requires(fields: \"w\") }",
            "type Query { w: Int }",
        ],
        &["Query.c"],
    );
}

#[test]
fn requirements_in_a_circle_lead_nowhere() {
    // Both peers overflow their stacks here.
    let [one, other] = [("x", "y"), ("y", "x")].map(|(own, needed)| {
        format!(
            "type Query {{ t{own}: T }} type T @key(fields: \"id\") {{ id: ID! {needed}: Int @external
              {own}: Int @requires(fields: \"{needed}\") }}"
        )
    });
    refuse(&[&one, &other], &["T.x", "T.y"]);
}

#[test]
fn requirements_of_requirements_are_obtained() {
    let one = "type Query { t: T } type T @key(fields: \"id\") { id: ID! x: Int @external f: Int @requires(fields: \"x\") }";
    let middle =
        "type T @key(fields: \"id\") { id: ID! y: Int @external x: Int @requires(fields: \"y\") }";
    accept(&[
        one,
        middle,
        "type T @key(fields: \"id\") { id: ID! y: Int }",
    ]);
    refuse(
        &[
            one,
            middle,
            "type T @key(fields: \"id\", resolvable: false) { id: ID! y: Int }",
        ],
        &["T.f", "T.x", "T.y"],
    );
}

#[test]
fn a_fragment_of_a_requirement_has_to_be_of_a_type_that_may_be_there() {
    let with = |union: &str| {
        format!(
            "union Item = {union} type Item1 @key(fields: \"id\") {{ id: ID! n: Int }} type Item2 @key(fields: \"id\") {{ id: ID! }}
             type T @key(fields: \"id\") {{ id: ID! item: Item }}"
        )
    };
    let one = "type Query { t: T } union Item = Item1 type Item1 @key(fields: \"id\") { id: ID! n: Int @external }
        type T @key(fields: \"id\") { id: ID! item: Item @external f: Int @requires(fields: \"item { ... on Item1 { n } }\") }";
    accept(&[one, &with("Item1 | Item2")]);
    refuse(&[one, &with("Item2")], &["T.f"]);
}

#[test]
fn a_context_comes_from_above() {
    let with = |roots: &str, p: &str| {
        format!(
            "type Query {{ {roots} }} type T @key(fields: \"id\") @context(name: \"c\") {{ id: ID! p: Int {p} u: U }}
             type U @key(fields: \"id\") {{ id: ID! f(a: Int @fromContext(field: \"$c {{ p }}\")): Int }}"
        )
    };
    let other = "type Query { q: Int }";
    accept(&[&with("t: T", ""), other]);
    refuse(&[&with("t: T u: U", ""), other], &["U.f"]);
    let p = "type T @key(fields: \"id\", resolvable: false) { id: ID! p: Int }";
    refuse(&[&with("t: T", "@external"), p], &["T.p", "U.f"]);
}

#[test]
fn a_context_may_have_another_name() {
    accept(&[
        "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.9\", import: [\"@key\", {name: \"@context\", as: \"@around\"}])
         type Query { t: T } type T @around(name: \"c\") { id: ID! p: Int u: U }
         type U @key(fields: \"id\") { id: ID! f(a: Int @federation__fromContext(field: \"$c { p }\")): Int }",
        "type Query { q: Int }",
    ]);
}
