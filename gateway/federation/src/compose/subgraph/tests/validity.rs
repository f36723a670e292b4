//! What GraphQL refuses.

use super::{accepted, federation, load_all, refused, refuses};
use crate::compose::ErrorCode;

#[test]
fn malformed_text_is_told_with_its_place() {
    let loaded = load_all(&[("books", "type Query {\n  a: Int\n  b Int\n}")]);
    let error = &loaded.errors[0];
    assert_eq!(error.code, ErrorCode::InvalidGraphql);
    let place = &error.locations[0];
    assert_eq!(
        (place.line, place.column, place.excerpt.as_str()),
        (3, 5, "  b Int")
    );
    assert_eq!(place.origin, "books.graphql");
    assert_eq!(
        error.to_string().lines().last(),
        Some("  |     ^"),
        "{error}"
    );
    for sdl in [
        "",
        "   ",
        "# nothing",
        "}",
        "type",
        "\u{0}",
        "type Query { a: Int } \u{1F4DA}",
    ] {
        let loaded = load_all(&[("books", sdl)]);
        assert!(
            loaded.codes().contains(&ErrorCode::InvalidGraphql),
            "{sdl:?}"
        );
    }
}

#[test]
fn a_text_that_ends_too_early_is_told_at_its_end() {
    let error = refused("type Query {\n  a: Int \n\n");
    assert_eq!(
        error.message,
        "[books] syntax error: expected `}`, found the end of the text"
    );
    let place = &error.locations[0];
    assert_eq!(
        (place.line, place.column, place.excerpt.as_str()),
        (2, 9, "  a: Int ")
    );
    let error = refused("");
    assert_eq!(error.locations[0].line, 1);
    let loaded = load_all(&[("books", "type Query { a(x: Int = ]): Int }")]);
    let messages: Vec<_> = loaded.errors.iter().map(ToString::to_string).collect();
    let messages = messages.join("");
    assert!(
        messages.contains("`)`") && !messages.contains("R_PAREN"),
        "{messages}"
    );
}

#[test]
fn columns_count_characters() {
    let error = refused("type Query { \"größe\" a: Nix }");
    let place = &error.locations[0];
    assert_eq!((place.line, place.column), (1, 25));
}

#[test]
fn schemas_are_valid() {
    for sdl in [
        "type Query { a: Nothing }",
        "type Query implements Nothing { a: Int }",
        "type Query { a: U } union U = Nothing",
        "type Query { a: Int } type Query { b: Int }",
        "type Query { a: X } type X { a: Int } enum X { A }",
        "type Query { a: X } extend interface X { b: Int } type X { a: Int }",
        "type Query { a: X } type X { a: Int } extend interface X { b: Int }",
        "type Query { a: Int a: Int }",
        "type Query { a: Int } extend type Query { a: Int }",
        "type Query { a(x: Int, x: Int): Int }",
        "type Query { a: E } enum E { A A }",
        "directive @foo on OBJECT directive @foo on OBJECT type Query { a: Int }",
        "directive @foo on OBJECT type Query @foo @foo { a: Int }",
        "directive @foo on OBJECT type Query { a: Int @foo }",
        "directive @foo on OBJECT type Query @foo(a: 1) { a: Int }",
        "directive @foo(a: Int!) on OBJECT type Query @foo { a: Int }",
        "directive @foo(a: Int!) on OBJECT type Query @foo(a: \"x\") { a: Int }",
        "directive @foo(a: Query) on OBJECT type Query { a: Int }",
        "type Query @foo { a: Int }",
        "schema { query: Query } schema { query: Query } type Query { a: Int }",
        "schema { query: Q } type Query { a: Int }",
        "schema { query: Q } interface Q { a: Int }",
        "schema { query: Q mutation: Q } type Q { a: Int }",
        "type Query { a: Int } interface Mutation { a: Int }",
        "schema { query: Query } enum Subscription { A } type Query { a: Int }",
        "scalar Query type Mutation { a: Int }",
        "type Query { a: X } type X",
        "type Query { a: X } enum X",
        "type Query { a: X } union X",
        "type Query { a(a: X): Int } input X",
        "type Query { a: Int } type Mutation",
        "type Query implements I { a: Int } interface I { b: Int }",
        "type Query implements I { b: String } interface I { b: Int }",
        "type Query implements I { b: Int } interface I { b(x: Int): Int }",
        "type Query implements I { a: Int } interface I implements J { a: Int } interface J { a: Int }",
        "type Query { a: I } interface I implements I { a: Int }",
        "type Query { a: X } input X { a: Int }",
        "type Query { a(x: Query): Int }",
        "type Query { a(x: X): Int } input X { x: X! }",
        "type Query { a: __X } type __X { a: Int }",
        "type Query { __a: Int }",
        "type Query { a: U } union U = Query | Query",
        "type Query implements I & I { a: Int } interface I { a: Int }",
        "type Query { a: U } union U = I interface I { a: Int }",
        "type Query { a: Int } query { a }",
        "type Query { a: Int @deprecated(why: \"so\") }",
        "extend scalar String @tag(name: \"a\") type Query { a: Int }",
        "directive @foo(a: X) on OBJECT scalar X type Query @foo(a: {b: 1, b: 2}) { a: Int }",
        "type Query { a(x: X = {b: 1, b: 2}): Int } scalar X",
    ] {
        refuses(ErrorCode::InvalidGraphql, sdl);
    }
}

#[test]
fn what_libraries_write_is_valid() {
    for sdl in [
        "type Query",
        "type Mutation { a: Int }",
        "type Query { a: Int } scalar Int scalar String",
        "directive @deprecated(reason: String = \"No longer supported\") on FIELD_DEFINITION | ENUM_VALUE
            type Query { a: Int @deprecated }",
        "directive @defer(label: String, if: Boolean! = true) on FRAGMENT_SPREAD | INLINE_FRAGMENT type Query { a: Int }",
        "type Query { a: X } scalar X @specifiedBy(url: \"https://example.com\")",
        "type Query { a(x: X): Int } input X @oneOf { a: Int b: Int }",
        "type Query { a: I } interface I { a: Int }",
        "\"Books\" schema { query: Query } type Query { a: Int }",
        "extend type Query { a: Int }",
        "extend enum E { A } type Query { a: E }",
        "type Query { a: P _entities(representations: [_Any!]!): [_Entity]! _service: _Service! }
            scalar _Any union _Entity = P type _Service { sdl: String } type P @key(fields: \"id\") { id: ID }",
        "type Query { _service: _Service } type _Service { sdl: String }",
    ] {
        let subgraph = accepted(sdl);
        for name in ["_Any", "_Entity", "_Service"] {
            assert!(!subgraph.schema.types.contains_key(name));
        }
        assert!(subgraph.schema.type_field("Query", "_service").is_err());
        assert!(!subgraph.schema.directive_definitions.contains_key("oneOf"));
    }
}

#[test]
fn default_values_are_of_their_types() {
    for (ty, value) in [
        ("Int", "1"),
        ("Float", "1"),
        ("Float", "1.5"),
        ("ID", "1"),
        ("ID", "\"a\""),
        ("[Int]", "1"),
        ("[[Int]]", "[1]"),
        ("[Int!]!", "[1, 2]"),
        ("Int", "null"),
        ("E", "A"),
        ("[E!]!", "[A, B]"),
        ("S", "{a: [1, \"b\"]}"),
        ("I", "{a: 1}"),
        ("I", "{}"),
    ] {
        accepted(&defaulting(ty, value));
    }
    for (ty, value) in [
        ("Int", "\"a\""),
        ("Int", "1.5"),
        ("Int", "3000000000"),
        ("Int!", "null"),
        ("Int", "$a"),
        ("Boolean", "1"),
        ("ID", "1.5"),
        ("String", "1"),
        ("Float", "\"1\""),
        ("[Int]", "[\"a\"]"),
        ("E", "C"),
        ("[E!]!", "[A, C]"),
        ("I", "{b: 1}"),
        ("I", "{a: \"b\"}"),
        ("I", "1"),
    ] {
        refuses(ErrorCode::InvalidGraphql, &defaulting(ty, value));
    }
}

fn defaulting(ty: &str, value: &str) -> String {
    format!(
        "type Query {{ a(x: {ty} = {value}): Int }} enum E {{ A B }} scalar S input I {{ a: Int }}"
    )
}

#[test]
fn default_values_count_everywhere() {
    for sdl in [
        "type Query { a: I } interface I { a(x: Int = \"s\"): Int }",
        "type Query { a(i: I): Int } input I { a: Int = \"s\" }",
        "directive @foo(x: Int = \"s\") on OBJECT type Query { a: Int }",
    ] {
        let error = refused(sdl);
        assert!(error.message.contains("\"s\""), "{}", error.message);
    }
}

#[test]
fn what_is_required_is_not_deprecated() {
    accepted("type Query { a(x: Int! = 1 @deprecated, y: Int @deprecated): Int }");
    refuses(
        ErrorCode::InvalidGraphql,
        "type Query { a(x: Int! @deprecated): Int }",
    );
    refuses(
        ErrorCode::InvalidGraphql,
        "type Query { a(i: I): Int } input I { a: Int! @deprecated b: Int }",
    );
}

#[test]
fn messages_use_the_names_of_the_text() {
    let link = federation("v2.3", "{name: \"@tag\", as: \"@mark\"}");
    let error = refused(&format!("{link} type Query {{ a: Int @mark }}"));
    assert!(
        error.message.contains("`@mark(name:)`"),
        "{}",
        error.message
    );
    let error = refused("schema { query: Root } type Root { a: Root b: [Nothing] }");
    assert!(error.message.contains("`Nothing`"), "{}", error.message);
    let error = refused(&format!(
        "{link} @link(url: \"https://example.com/a/v1.0\", for: SOMETHING) type Query {{ a: Int }}"
    ));
    assert!(!error.message.contains("specified."), "{}", error.message);
}

#[test]
fn field_sets_are_left_to_their_own_rules() {
    let link = federation("v2.3", "\"@key\", \"@requires\", \"@provides\"");
    for value in ["1", "true", "null", "id", "[\"id\"]", "{a: 1}", "\"a { b\""] {
        accepted(&format!(
            "{link} type Query {{ a: P }} type P @key(fields: {value}) {{ id: ID }}"
        ));
        accepted(&format!(
            "{link} type Query {{ a: Query @provides(fields: {value}) @requires(fields: {value}) }}"
        ));
    }
    refuses(
        ErrorCode::InvalidGraphql,
        &format!("{link} type Query {{ a: P }} type P @key {{ id: ID }}"),
    );
    refuses(
        ErrorCode::InvalidGraphql,
        &format!("{link} type Query {{ a: Query @provides }}"),
    );
}

#[test]
fn nothing_is_too_deep() {
    let nested = |open: &str, close: &str, depth: usize| {
        format!("{}1{}", open.repeat(depth), close.repeat(depth))
    };
    for depth in [10, 1_000, 10_000] {
        let value = nested("[", "]", depth);
        let loaded = load_all(&[(
            "books",
            &format!("type Query {{ a(x: S = {value}): Int }} scalar S"),
        )]);
        assert_eq!(loaded.errors.is_empty(), depth == 10);
        let value = nested("{a:", "}", depth);
        let loaded = load_all(&[(
            "books",
            &format!("type Query {{ a(x: S = {value}): Int }} scalar S"),
        )]);
        assert_eq!(loaded.errors.is_empty(), depth == 10);
        let ty = format!("{}Int{}", "[".repeat(depth), "]".repeat(depth));
        let loaded = load_all(&[("books", &format!("type Query {{ a: {ty} }}"))]);
        assert_eq!(loaded.errors.is_empty(), depth == 10);
        let key = format!("{}id{}", "a { ".repeat(depth), " }".repeat(depth));
        load_all(&[(
            "books",
            &format!("type Query {{ a: P }} type P @key(fields: \"{key}\") {{ id: ID a: P }}"),
        )]);
    }
}

#[test]
fn chains_of_inputs_are_not_too_long() {
    for length in [10, 300] {
        let inputs: Vec<_> = (0..length)
            .map(|index| format!("input I{index} {{ next: I{}! }}", index + 1))
            .collect();
        let inputs = inputs.join(" ");
        let sdl = format!("type Query {{ a(x: I0): Int }} {inputs} input I{length} {{ a: Int }}");
        // Either way, it is decided.
        let loaded = load_all(&[("books", &sdl)]);
        assert!(loaded.errors.is_empty() || loaded.codes().contains(&ErrorCode::InvalidGraphql));
    }
}

#[test]
fn inputs_are_not_nested_in_too_many_ways() {
    let diamonds = |count: usize, bang: &str| {
        let inputs: Vec<_> = (0..count)
            .map(|index| {
                format!(
                    "input I{index} {{ a: I{0}{bang} b: I{0}{bang} }}",
                    index + 1
                )
            })
            .collect();
        format!(
            "type Query {{ a(x: I0): Int }} input I{count} {{ a: Int }} {}",
            inputs.join(" ")
        )
    };
    accepted(&diamonds(10, "!"));
    accepted(&diamonds(30, ""));
    refuses(ErrorCode::InvalidGraphql, &diamonds(30, "!"));
    let directive = "directive @where(x: I0) on OBJECT ";
    accepted(&format!("{directive}{}", diamonds(10, "")));
    refuses(
        ErrorCode::InvalidGraphql,
        &format!("{directive}{}", diamonds(30, "")),
    );
    // Cycles are not many ways.
    accepted(
        "directive @where(x: Where) on OBJECT type Query { a(x: Where): Int }
        input Where { and: [Where] or: [Where] not: Where a: Int }",
    );
}

#[test]
fn not_all_errors_of_a_text_are_told() {
    let fields: Vec<_> = (0..5_000)
        .map(|index| format!("f{index}: X{index}"))
        .collect();
    let loaded = load_all(&[("books", &format!("type Query {{ {} }}", fields.join(" ")))]);
    assert_eq!(loaded.errors.len(), 101);
    assert!(loaded.errors[100].message.contains("left out"));
    let last = &loaded.errors[99];
    assert!(last.locations[0].excerpt.chars().count() <= 101);
    let text = last.to_string();
    assert!(text.contains("1 | …X99 f100: X100"), "{text}");
    assert_eq!(text.lines().last(), Some("  |  ^"));
}
