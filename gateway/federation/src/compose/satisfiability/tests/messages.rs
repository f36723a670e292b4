//! What people read.

use super::errors;

fn first(sdls: &[&str]) -> String {
    errors(sdls).errors()[0].to_string()
}

#[test]
fn the_path_is_a_query_with_what_it_needs() {
    let text = first(&[
        "type Query { find(first: Int!, by: By!, tag: String): [N] } input By { id: ID! kind: Kind! } enum Kind { ONE }
         union N = T type T { m: [U] } type U @key(fields: \"id\") { id: ID! }",
        "type U { id: ID! @shareable v: V } type V { x: Int }",
    ]);
    insta::assert_snapshot!(text);
}

#[test]
fn every_subgraph_has_its_reason() {
    let text = first(&[
        "type Query { t: T u: T @provides(fields: \"n\") } type T @key(fields: \"id\") { id: ID! n: Int @external org: Org @shareable } type Org { o: ID! @shareable }",
        "type T @key(fields: \"id\", resolvable: false) { id: ID! n: Int @shareable }",
        "type T @key(fields: \"sku org { o p }\") { sku: ID! org: Org @shareable n: Int @shareable } type Org { o: ID! @shareable p: ID! }",
        "type T @key(fields: \"id\") { id: ID! gone: Int @external n: Int @shareable @requires(fields: \"gone\") }",
        "type T @key(fields: \"id\", resolvable: false) { id: ID! gone: Int }",
        "type T { n: Int @shareable }",
    ]);
    insta::assert_snapshot!(text);
}

#[test]
fn a_hidden_type_says_what_is_missing() {
    let text = first(&[
        "type Mutation { make: I } type Query { q: Int } type I @interfaceObject @key(fields: \"id\") { id: ID! y: Int }",
        "interface I @key(fields: \"id\", resolvable: false) { id: ID! } type A implements I @key(fields: \"id\") { id: ID! }",
    ]);
    insta::assert_snapshot!(text);
}

#[test]
fn a_broken_schema_is_not_told_field_by_field() {
    let fields: Vec<_> = (0..200).map(|place| format!("f{place}: Int")).collect();
    let all = errors(&[
        "type Query { t: T } type T @key(fields: \"id\") { id: ID! }",
        &format!(
            "type T @key(fields: \"id\", resolvable: false) {{ id: ID! {} }}",
            fields.join(" ")
        ),
    ]);
    assert_eq!(all.errors().len(), 50);
    assert!(
        all.errors()[49]
            .message
            .ends_with("(150 more fields cannot be resolved.)")
    );
}
