//! Definitions of the specifications' directives and types in a subgraph's text.

use super::{accepted, federation, refused, refuses};
use crate::compose::{
    ErrorCode,
    subgraph::{FederationVersion, specification},
};

/// A subgraph of 2.3 that uses one directive and defines something.
fn defining(directive: &str, definition: &str) -> String {
    format!(
        "{}{definition} type Query {{ a: Int }}",
        federation("v2.3", &format!("\"@{directive}\""))
    )
}

#[test]
fn a_definition_may_say_less() {
    for (directive, definition) in [
        (
            "key",
            "directive @key(fields: String!) repeatable on OBJECT",
        ),
        (
            "key",
            "directive @key(fields: [String!]!, resolvable: Boolean = true) on OBJECT | INTERFACE",
        ),
        (
            "key",
            "directive @key(fields: String!, resolvable: Boolean!) repeatable on OBJECT",
        ),
        (
            "key",
            "directive @key(fields: federation__FieldSet!) repeatable on OBJECT scalar federation__FieldSet",
        ),
        ("external", "directive @external on FIELD_DEFINITION"),
        (
            "external",
            "directive @external(reason: String) on FIELD_DEFINITION",
        ),
        ("inaccessible", "directive @inaccessible on ENUM_VALUE"),
        (
            "shareable",
            "directive @key(whatever: Int) on FIELD_DEFINITION",
        ),
        (
            "key",
            "directive @link(url: String!, import: [String]) repeatable on SCHEMA",
        ),
        ("key", "scalar FieldSet"),
    ] {
        let subgraph = accepted(&defining(directive, definition));
        let definitions = &subgraph.schema.directive_definitions;
        assert!(!definitions.contains_key(directive) && !definitions.contains_key("link"));
        assert!(!subgraph.schema.types.contains_key("federation__FieldSet"));
    }
}

#[test]
fn a_definition_may_not_say_more_or_something_else() {
    for (directive, definition, fault) in [
        (
            "key",
            "directive @key repeatable on OBJECT",
            "`fields` is missing",
        ),
        (
            "key",
            "directive @key(fields: String) repeatable on OBJECT",
            "of type federation__FieldSet!, not String",
        ),
        (
            "key",
            "directive @key(fields: String!, more: Int) repeatable on OBJECT",
            "no argument `more`",
        ),
        (
            "key",
            "directive @key(fields: String!) repeatable on OBJECT | UNION",
            "does not stand on UNION",
        ),
        (
            "key",
            "directive @key(fields: String!, resolvable: Boolean = false) on OBJECT",
            "has true as its default",
        ),
        (
            "key",
            "directive @key(fields: String!, resolvable: Boolean) on OBJECT",
            "has true as its default",
        ),
        (
            "key",
            "directive @key(fields: String!, resolvable: String) on OBJECT",
            "of type Boolean, not String",
        ),
        (
            "key",
            "directive @key(fields: Own!) on OBJECT scalar Own",
            "not Own!",
        ),
        (
            "tag",
            "directive @tag(name: Int!) repeatable on OBJECT",
            "of type String!, not Int!",
        ),
        (
            "tag",
            "directive @tag(name: String = \"a\") repeatable on OBJECT",
            "of type String!, not String",
        ),
        (
            "external",
            "directive @external repeatable on OBJECT",
            "not repeatable",
        ),
        (
            "key",
            "directive @link(url: Int) repeatable on SCHEMA",
            "of type String, not Int",
        ),
    ] {
        let error = refused(&defining(directive, definition));
        assert_eq!(
            error.code,
            ErrorCode::DirectiveDefinitionInvalid,
            "{definition}"
        );
        assert!(error.message.contains(fault), "{}", error.message);
        assert_eq!(error.locations[0].line, 2);
    }
}

#[test]
fn all_directives_are_defined() {
    let definitions = specification::Definitions::new();
    let newest = specification::newest();
    let names: Vec<_> = specification::directives(newest).collect();
    assert_eq!(names.len(), 19);
    for name in names {
        assert!(definitions.directive(name, newest).is_some(), "{name}");
    }
    for name in ["connect", "link", "oneOf", "source"] {
        assert!(definitions.other(name).is_some(), "{name}");
    }
    let counts: Vec<_> = [0, 1, 3, 5, 6, 8, 9, 12]
        .into_iter()
        .map(|minor| specification::directives(FederationVersion::V2 { minor }).count())
        .collect();
    assert_eq!(counts, [9, 10, 11, 13, 14, 16, 18, 19]);
}

#[test]
fn versions_differ() {
    let repeatable = |version| {
        format!(
            "{}directive @shareable repeatable on OBJECT type Query {{ a: Int }}",
            federation(version, "\"@shareable\"")
        )
    };
    refuses(ErrorCode::DirectiveDefinitionInvalid, &repeatable("v2.1"));
    accepted(&repeatable("v2.2"));

    let twice = |version| {
        format!(
            "{}type Query @shareable {{ a: Int }} extend type Query @shareable {{ b: Int }}",
            federation(version, "\"@shareable\"")
        )
    };
    refuses(ErrorCode::InvalidGraphql, &twice("v2.1"));
    accepted(&twice("v2.2"));

    let label = |version| {
        format!(
            "{}type Query {{ a: Int @override(from: \"b\", label: \"percent(5)\") }}",
            federation(version, "\"@override\"")
        )
    };
    refuses(ErrorCode::InvalidGraphql, &label("v2.6"));
    accepted(&label("v2.7"));

    let tagged = |version| {
        format!(
            "extend schema @link(url: \"https://specs.apollo.dev/federation/{version}\", import: [\"@tag\"]) @tag(name: \"a\")
            type Query {{ a: Int }}"
        )
    };
    refuses(ErrorCode::InvalidGraphql, &tagged("v2.2"));
    accepted(&tagged("v2.3"));
}

#[test]
fn a_definition_uses_what_is_defined() {
    for definition in [
        "directive @key(fields: FieldSet!) repeatable on OBJECT",
        "directive @key(fields: federation__FieldSet!) repeatable on OBJECT",
    ] {
        refuses(ErrorCode::InvalidGraphql, &defining("key", definition));
    }
}

#[test]
fn types_are_as_the_specification_has_them() {
    accepted(&defining(
        "key",
        "enum link__Purpose { EXECUTION SECURITY } scalar link__Import",
    ));
    for definition in [
        "type federation__FieldSet { a: Int }",
        "enum link__Purpose { SECURITY }",
        "enum link__Purpose { SECURITY EXECUTION MORE }",
        "scalar link__Purpose",
        "type link__Import { a: Int }",
    ] {
        refuses(
            ErrorCode::TypeDefinitionInvalid,
            &defining("key", definition),
        );
    }
    let imported = format!(
        "{}enum FieldSet {{ A }} type Query {{ a: Int }}",
        federation("v2.3", "\"FieldSet\"")
    );
    refuses(ErrorCode::TypeDefinitionInvalid, &imported);
    // Not imported, it is the subgraph's own.
    let own = accepted(&defining("key", "type FieldSet { a: Int }"));
    assert!(own.schema.types.contains_key("FieldSet"));
}

#[test]
fn federation_1_was_generous() {
    for definition in [
        "directive @key(fields: String) repeatable on OBJECT",
        "directive @key(fields: _FieldSet!) on OBJECT | INTERFACE scalar _FieldSet",
        "directive @key on OBJECT",
        "directive @key(fields: [_FieldSet!]!) on OBJECT scalar _FieldSet",
        "directive @extends on OBJECT | INTERFACE",
    ] {
        let subgraph = accepted(&format!(
            "{definition} type Query @key(fields: \"a\") {{ a: Int }}"
        ));
        assert!(
            subgraph.schema.types["Query"]
                .directives()
                .has("federation__key")
        );
        assert!(!subgraph.schema.types.contains_key("_FieldSet"));
    }
    for definition in [
        "directive @key(fields: Own!) on OBJECT scalar Own",
        "directive @key(fields: String!, more: Int) on OBJECT",
        "directive @external on UNION",
        "directive @requires(fields: String!) repeatable on FIELD_DEFINITION",
        "directive @tag(name: Int!) on OBJECT",
    ] {
        refuses(
            ErrorCode::DirectiveDefinitionInvalid,
            &format!("{definition} type Query {{ a: Int }}"),
        );
    }
    refuses(
        ErrorCode::TypeDefinitionInvalid,
        "type _FieldSet { a: Int } type Query { a: Int }",
    );
    // Without a definition, @inaccessible was never of Federation 1.
    refuses(
        ErrorCode::InvalidGraphql,
        "type Query { a: Int @inaccessible }",
    );
    accepted("directive @inaccessible on FIELD_DEFINITION type Query { a: Int @inaccessible }");
}

#[test]
fn types_of_the_specifications_stay_among_them() {
    refuses(
        ErrorCode::InvalidGraphql,
        "scalar _FieldSet type Query { a: _FieldSet }",
    );
    for prefix in ["federation", "join", "link", "core"] {
        let sdl = format!("type Query {{ a: {prefix}__Book }} type {prefix}__Book {{ a: Int }}");
        refuses(ErrorCode::InvalidGraphql, &sdl);
    }
}
