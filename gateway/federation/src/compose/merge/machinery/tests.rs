use crate::{Supergraph, compose::testing::merge};

fn federation(version: &str) -> String {
    format!(
        "extend schema @link(url: \"https://specs.apollo.dev/federation/{version}\") type Query {{ a: Int }}"
    )
}

#[test]
fn the_join_specification_is_as_new_as_the_newest_subgraph() {
    for (versions, join) in [
        (["v2.0", "v2.6"], "v0.3"),
        (["v2.7", "v2.0"], "v0.4"),
        (["v2.8", "v2.3"], "v0.5"),
        (["v2.0", "v2.12"], "v0.5"),
    ] {
        let schemas = versions.map(federation);
        let outcome = merge(&[
            ("a", &schemas[0]),
            ("b", &schemas[1].replace("a: Int", "b: Int")),
        ]);
        assert_eq!(
            outcome.header(),
            format!(
                "@link(url: \"https://specs.apollo.dev/link/v1.0\")\n\
                 @link(url: \"https://specs.apollo.dev/join/{join}\", for: EXECUTION)"
            )
        );
        let field = outcome.directive("join__field").unwrap();
        assert_eq!(field.contains("overrideLabel"), join > "v0.3");
        assert_eq!(field.contains("contextArguments"), join > "v0.4");
    }
}

#[test]
fn all_that_is_used_is_linked_and_defined() {
    let outcome = merge(&[
        (
            "a",
            "type Query @authenticated { a: [Int] @tag(name: \"x\") @cost(weight: 1) @listSize(assumedSize: 1) t: T
               b: Int @requiresScopes(scopes: [[\"x\"]]) @policy(policies: [[\"x\"]]) c: Int @inaccessible }
             type T @context(name: \"c\") { a: Int } type Mutation { m: Int }",
        ),
        ("b-2", "# Federation 1\ntype Query { d: Int @tag(name: \"y\") } type Subscription { s: Int }"),
    ]);
    assert_eq!(
        outcome.header(),
        "@link(url: \"https://specs.apollo.dev/link/v1.0\")
@link(url: \"https://specs.apollo.dev/join/v0.5\", for: EXECUTION)
@link(url: \"https://specs.apollo.dev/context/v0.1\", for: SECURITY)
@link(url: \"https://specs.apollo.dev/tag/v0.3\")
@link(url: \"https://specs.apollo.dev/inaccessible/v0.2\", for: SECURITY)
@link(url: \"https://specs.apollo.dev/authenticated/v0.1\", for: SECURITY)
@link(url: \"https://specs.apollo.dev/requiresScopes/v0.1\", for: SECURITY)
@link(url: \"https://specs.apollo.dev/policy/v0.1\", for: SECURITY)
@link(url: \"https://specs.apollo.dev/cost/v0.1\", import: [\"@listSize\"])"
    );
    assert_eq!(
        outcome.ty("join__Graph"),
        "enum join__Graph { A @join__graph(name: \"a\", url: \"\") B_2_ @join__graph(name: \"b-2\", url: \"\") }"
    );
    let supergraph = Supergraph::parse(&outcome.sdl()).unwrap();
    let definition = &supergraph.schema().schema_definition;
    assert_eq!(definition.query.as_ref().unwrap(), "Query");
    assert_eq!(definition.mutation.as_ref().unwrap(), "Mutation");
    assert_eq!(definition.subscription.as_ref().unwrap(), "Subscription");
}

#[test]
fn connectors_are_carried_along() {
    let link = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.10\")
        @link(url: \"https://specs.apollo.dev/connect/v0.1\", import: [\"@connect\"])
        directive @connect(selection: String) on FIELD_DEFINITION
        directive @connect__source(name: String) on SCHEMA";
    let outcome = merge(&[
        (
            "a",
            &format!(
                "{link} extend schema @connect__source(name: \"s\") type Query {{ a: Int @connect(selection: \"x\") }}"
            ),
        ),
        ("b", "type Query { b: Int }"),
    ]);
    assert_eq!(
        outcome.header(),
        "@link(url: \"https://specs.apollo.dev/link/v1.0\")
@link(url: \"https://specs.apollo.dev/join/v0.5\", for: EXECUTION)
@link(url: \"https://specs.apollo.dev/connect/v0.1\", for: EXECUTION)
@join__directive(graphs: [A], name: \"link\", args: {url: \"https://specs.apollo.dev/connect/v0.1\", import: [\"@connect\"]})
@join__directive(graphs: [A], name: \"connect__source\", args: {name: \"s\"})"
    );
    assert!(outcome.ty("Query").contains(
        "a: Int @join__field(graph: A) @join__directive(graphs: [A], name: \"connect\", args: {selection: \"x\"})"
    ));
    Supergraph::parse(&outcome.sdl()).unwrap();
}

#[test]
fn the_schemas_description_is_merged() {
    let outcome = merge(&[
        ("a", "type Query { a: Int }"),
        (
            "b",
            "\"of b\" schema { query: Query } type Query { b: Int }",
        ),
    ]);
    assert!(outcome.sdl().starts_with("\"\"\"of b\"\"\"\nschema @link"));
}

#[test]
fn cache_tags_are_carried_along() {
    let link = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.12\", import: [
        \"@shareable\", { name: \"@cacheTag\", as: \"@ct\" }])";
    let outcome = merge(&[
        (
            "a",
            &format!("{link} type Query {{ a: Int @shareable @ct(format: \"x\") }}"),
        ),
        (
            "b",
            &format!(
                "{link} type Query {{ a: Int @shareable @ct(format: \"x\") @ct(format: \"y\") }}"
            ),
        ),
    ]);
    assert!(outcome.ty("Query").contains(
        "a: Int @join__directive(graphs: [A, B], name: \"federation__cacheTag\", args: {format: \"x\"}) \
         @join__directive(graphs: [B], name: \"federation__cacheTag\", args: {format: \"y\"})"
    ));
    assert!(
        outcome
            .header()
            .ends_with("@link(url: \"https://specs.apollo.dev/cacheTag/v0.1\", for: EXECUTION)")
    );
    Supergraph::parse(&outcome.sdl()).unwrap();
}
