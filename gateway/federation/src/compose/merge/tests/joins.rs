use super::merge;

#[test]
fn every_subgraph_has_the_query_root() {
    let merged = merge(&["type Query { n: Int }", "type Mutation { m: Int }"]);
    assert_eq!(
        merged.heading("Query"),
        "type Query @join__type(graph: A) @join__type(graph: B)"
    );
    assert_eq!(merged.field("Query.n"), "n: Int @join__field(graph: A)");
    assert_eq!(
        merged.heading("Mutation"),
        "type Mutation @join__type(graph: B)"
    );
    assert_eq!(merged.field("Mutation.m"), "m: Int");
}

#[test]
fn keys_are_written_one_by_one() {
    let merged = merge(&[
        r#"type Query { t: T }
        type T @key(fields: "id", resolvable: false) @key(fields: "o { n }") { id: ID o: O }
        type O { n: Int }"#,
        r#"extend type T @key(fields: "id") { id: ID @external m: Int }"#,
    ]);
    assert_eq!(
        merged.heading("T"),
        r#"type T @join__type(graph: A, key: "id", resolvable: false) @join__type(graph: A, key: "o { n }") @join__type(graph: B, key: "id", extension: true)"#
    );
    assert_eq!(merged.field("T.id"), "id: ID");
    assert_eq!(merged.field("T.m"), "m: Int @join__field(graph: B)");
}

#[test]
fn federation_1_extends_what_others_own() {
    let merged = merge(&[
        r#"# Federation 1
        type Query { t: T } type T @key(fields: "id") { id: ID n: Int }"#,
        r#"# Federation 1
        extend type T @key(fields: "id") { id: ID @external m: Int }"#,
        r#"# Federation 1
        type T @extends @key(fields: "id") { id: ID @external l: Int }"#,
    ]);
    assert_eq!(
        merged.heading("T"),
        r#"type T @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") @join__type(graph: C, key: "id", extension: true)"#
    );
    assert_eq!(merged.field("T.id"), "id: ID");
}

#[test]
fn interfaces_are_implemented_by_subgraph() {
    let merged = merge(&[
        "type Query { i: I }
         interface I implements J { n: Int } interface J { n: Int }
         type A implements I & J @shareable { n: Int }",
        "interface J { n: Int } type A implements J @shareable { n: Int }",
    ]);
    assert_eq!(
        merged.heading("A"),
        r#"type A implements I & J @join__implements(graph: A, interface: "I") @join__implements(graph: A, interface: "J") @join__implements(graph: B, interface: "J") @join__type(graph: A) @join__type(graph: B)"#
    );
    assert_eq!(
        merged.heading("I"),
        r#"interface I implements J @join__implements(graph: A, interface: "J") @join__type(graph: A)"#
    );
}

#[test]
fn what_all_subgraphs_resolve_needs_no_join() {
    let merged = merge(&[
        "type Query { v: V @shareable } type V @shareable { n: Int m: Int }",
        "type Query { v: V @shareable } type V @shareable { n: Int }",
    ]);
    assert_eq!(merged.field("Query.v"), "v: V");
    assert_eq!(merged.field("V.n"), "n: Int");
    assert_eq!(merged.field("V.m"), "m: Int @join__field(graph: A)");
}

#[test]
fn what_is_provided_is_written() {
    let merged = merge(&[
        r#"type Query { t: T @provides(fields: "n") }
        type T @key(fields: "id") { id: ID n: Int @external }"#,
        r#"type T @key(fields: "id") { id: ID n: Int @shareable }"#,
    ]);
    assert_eq!(
        merged.field("Query.t"),
        r#"t: T @join__field(graph: A, provides: "n")"#
    );
    assert_eq!(
        merged.field("T.n"),
        "n: Int @join__field(graph: A, external: true) @join__field(graph: B)"
    );
}

#[test]
fn the_query_root_may_have_keys() {
    let merged = merge(&[
        r#"type Query @key(fields: "n") { n: Int }"#,
        "type Mutation { m: Int }",
    ]);
    assert_eq!(
        merged.heading("Query"),
        r#"type Query @join__type(graph: A, key: "n") @join__type(graph: B)"#
    );
}
