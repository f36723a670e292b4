//! The canonical form: roots, directives, machinery.

use super::{accepted, federation, refuses};
use crate::compose::ErrorCode;

#[test]
fn roots_get_their_usual_names() {
    for schema in [
        "schema { query: Root mutation: Change subscription: Watch }",
        "extend schema { query: Root mutation: Change subscription: Watch }",
        "schema { query: Root } extend schema { mutation: Change } extend schema { subscription: Watch }",
    ] {
        let subgraph = accepted(&format!(
            "{schema}
            type Root {{ root: Root! many: [[Root!]] item: Item _service: String }}
            extend type Root {{ change: Change }}
            type Change {{ root: Root }}
            type Watch {{ a: Int }}
            union Item = Root | Change
            interface I {{ root: Root }}"
        ));
        let schema = &subgraph.schema;
        for name in ["Query", "Mutation", "Subscription"] {
            assert_eq!(schema.types[name].name(), name);
        }
        assert!(!schema.types.contains_key("Root"));
        let ty = |ty, field| {
            schema
                .type_field(ty, field)
                .expect("it is there")
                .ty
                .to_string()
        };
        assert_eq!(ty("Query", "root"), "Query!");
        assert_eq!(ty("Query", "many"), "[[Query!]]");
        assert_eq!(ty("Query", "change"), "Mutation");
        assert_eq!(ty("I", "root"), "Query");
        let members = &schema.get_union("Item").expect("it is there").members;
        assert_eq!(
            members.iter().map(|one| one.as_str()).collect::<Vec<_>>(),
            ["Query", "Mutation"]
        );
        assert!(schema.type_field("Query", "_service").is_err());
        let definition = &schema.schema_definition;
        assert_eq!(
            definition.query.as_ref().map(|name| name.as_str()),
            Some("Query")
        );
        assert_eq!(
            definition.subscription.as_ref().map(|name| name.as_str()),
            Some("Subscription")
        );
    }
}

#[test]
fn usual_names_are_for_roots() {
    for (operation, ty, code) in [
        ("query", "Query", ErrorCode::RootQueryUsed),
        ("mutation", "Mutation", ErrorCode::RootMutationUsed),
        (
            "subscription",
            "Subscription",
            ErrorCode::RootSubscriptionUsed,
        ),
    ] {
        let schema = format!("schema {{ {operation}: Root }} type Root {{ a: Int }}");
        accepted(&schema);
        refuses(code, &format!("{schema} type {ty} {{ a: Int }}"));
        refuses(code, &format!("{schema} extend type {ty} {{ a: Int }}"));
        refuses(code, &format!("extend {schema} enum {ty} {{ A }}"));
    }
    refuses(
        ErrorCode::RootQueryUsed,
        "schema { query: Mutation } type Mutation { a: Int } type Query { a: Int }",
    );
    // Whatever the schema definition leaves out is a root by its name.
    let subgraph =
        accepted("schema { query: Query } type Query { a: Int } type Mutation { a: Int }");
    assert!(subgraph.schema.schema_definition.mutation.is_some());
}

#[test]
fn a_subgraph_without_queries_has_no_query() {
    let subgraph = accepted(&format!(
        "{} type Book @key(fields: \"id\") {{ id: ID }}",
        federation("v2.3", "\"@key\"")
    ));
    assert!(!subgraph.schema.types.contains_key("Query"));
    assert!(subgraph.schema.schema_definition.query.is_none());
}

#[test]
fn directives_get_their_full_names_everywhere() {
    let imports = "{name: \"@tag\", as: \"@mark\"}, \"@composeDirective\"";
    let subgraph = accepted(&format!(
        "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.3\", import: [{imports}])
            @link(url: \"https://example.com/own/v1.0\", import: [\"@own\"])
            @composeDirective(name: \"@own\") @mark(name: \"a\") @own
        directive @own on SCHEMA | ENUM_VALUE
        directive @other(a: Int @mark(name: \"a\")) on OBJECT
        type Query @mark(name: \"a\") {{ a(x: Int @mark(name: \"a\")): Int @mark(name: \"a\") }}
        interface I @mark(name: \"a\") {{ a(x: Int @mark(name: \"a\")): Int @mark(name: \"a\") }}
        union U @mark(name: \"a\") = Query
        scalar S @mark(name: \"a\")
        enum E @mark(name: \"a\") {{ A @mark(name: \"a\") @own }}
        input N @mark(name: \"a\") {{ a: Int @mark(name: \"a\") }}
        extend input N @mark(name: \"b\")"
    ));
    let text = subgraph.schema.to_string();
    assert_eq!(text.matches("@federation__tag(").count(), 15, "{text}");
    assert!(!text.contains("@mark") && !text.contains("@link"), "{text}");
    let directives = &subgraph.schema.schema_definition.directives;
    let names: Vec<_> = directives.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(
        names,
        ["federation__composeDirective", "federation__tag", "own"]
    );
    assert!(subgraph.schema.directive_definitions.contains_key("own"));
}

#[test]
fn places_are_told() {
    let link = federation("v2.3", "\"@key\"");
    let subgraph = accepted(&format!(
        "{link}type Query {{ a: Int }}\n\ttype Book @key(fields: \"id\") {{ id: ID }}"
    ));
    let key = &subgraph.facts.ty("Book").expect("it is there").keys[0];
    let place = subgraph.at(key.span).expect("it is there");
    assert_eq!((place.line, place.column), (3, 12));
    assert_eq!(place.to_json()["origin"], "books.graphql");
    assert!(
        place.to_string().ends_with("  | \t          ^\n"),
        "{place}"
    );
    assert_eq!(subgraph.at(None), None);
}
