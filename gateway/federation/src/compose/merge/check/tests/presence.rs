use super::*;
use crate::compose::testing::compose_as_written;

const FED2: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@extends", "@key", "@tag"]) "#;

/// The codes for subgraphs as they are written.
fn codes(sdls: &[String]) -> Vec<ErrorCode> {
    compose_as_written(Stage::Merge, sdls.iter().cloned()).codes()
}

fn fed2(sdl: &str) -> String {
    format!("{FED2}{sdl}")
}

#[test]
fn there_is_something_to_ask_for() {
    let code = [ErrorCode::NoQueries];
    assert_eq!(codes(&[fed2("type T { a: Int }")]), code);
    assert_eq!(codes(&[fed2("type Mutation { a: Int }")]), code);
    assert_eq!(
        codes(&[fed2(
            "type Query { _service: _Service! } type _Service { sdl: String! } type T { a: Int }"
        )]),
        code
    );
    let query = fed2("extend type Query { a: Int }");
    assert_eq!(codes(&[fed2("type T { a: Int }"), query]), []);
}

#[test]
fn a_type_of_any_kind_that_is_extended_is_defined_somewhere() {
    for (extension, definition) in [
        ("extend type T { x: Int }", "type T { y: Int }"),
        ("extend interface T { x: Int }", "interface T { y: Int }"),
        ("extend input T { x: Int }", "input T { x: Int }"),
        ("extend enum T { X }", "enum T { X }"),
        ("extend union T = Query", "union T = Query"),
        (r#"extend scalar T @tag(name: "t")"#, "scalar T"),
    ] {
        let extension = fed2(&format!("type Query {{ a: Int }} {extension}"));
        let definition = fed2(&format!("type Query {{ b: Int }} {definition}"));
        assert_eq!(codes(&[extension.clone(), definition]), [], "{extension}");
        let without = fed2("type Query { b: Int }");
        let code = ErrorCode::ExtensionWithNoBase;
        assert_eq!(codes(&[extension.clone(), without]), [code], "{extension}");
    }
}

#[test]
fn root_types_need_no_definition() {
    let sdl = "extend type Query { a: Int } extend type Mutation { a: Int } extend type Subscription { a: Int }";
    assert_eq!(codes(&[fed2(sdl)]), []);
}

#[test]
fn extends_defines_in_federation_2_and_not_in_federation_1() {
    let sdl = r#"type Query { t: T } type T @extends @key(fields: "id") { id: ID! x: Int }"#;
    let defined = r#"type T @key(fields: "id") { id: ID! }"#;
    let extended = r#"extend type T @key(fields: "id") { id: ID! @external y: Int }"#;
    let code = ErrorCode::ExtensionWithNoBase;
    assert_eq!(codes(&[fed2(sdl)]), []);
    assert_eq!(codes(&[sdl.to_owned()]), [code]);
    assert_eq!(codes(&[sdl.to_owned(), defined.to_owned()]), []);
    assert_eq!(codes(&[sdl.to_owned(), sdl.to_owned()]), []);
    assert_eq!(codes(&[sdl.to_owned(), extended.to_owned()]), [code, code]);
}

#[test]
fn an_extension_without_base_is_told_where_it_is() {
    let sdl = fed2("\ntype Query { t: T }\nextend type T { x: Int }");
    let found = compose_as_written(Stage::Merge, [sdl]);
    let error = &found.errors[0];
    assert_eq!(
        error.message,
        "[a] \"T\" is extended, but no subgraph defines it: define it in one, or remove \"extend\" here"
    );
    assert_eq!(
        (error.locations[0].line, error.locations[0].column),
        (3, 13)
    );
}
