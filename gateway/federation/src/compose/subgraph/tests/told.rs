//! How errors and hints are told, to people and to programs.

use serde_json::json;

use super::{federation, load_all, refused};
use crate::compose::{CompositionErrors, HintCode, Location};

#[test]
fn errors_are_text_with_the_lines_they_are_about() {
    let error = refused("type Query {\n\ta: Int\n\tb: [Nothing!]!\n}");
    let expected = "\
INVALID_GRAPHQL: [books] cannot find type `Nothing` in this document
 --> books.graphql:3:6
  |
3 | \tb: [Nothing!]!
  | \t    ^
";
    assert_eq!(error.to_string(), expected);
    let both = CompositionErrors {
        errors: vec![error.clone(), error],
    };
    assert_eq!(both.to_string(), format!("{expected}\n{expected}"));
}

#[test]
fn errors_are_json() {
    let loaded = load_all(&[
        ("books", "type Query { a: Nothing }"),
        ("_", "type Query { a: Int }"),
    ]);
    let errors = CompositionErrors {
        errors: loaded.errors,
    };
    assert_eq!(
        errors.to_json(),
        json!([
            {
                "code": "INVALID_SUBGRAPH_NAME",
                "message": "[_] a subgraph cannot be named \"_\", which is reserved: give it another name",
                "locations": [],
            },
            {
                "code": "INVALID_GRAPHQL",
                "message": "[books] cannot find type `Nothing` in this document",
                "locations": [{ "subgraph": "books", "origin": "books.graphql", "line": 1, "column": 17 }],
            },
        ])
    );
}

#[test]
fn hints_are_both() {
    let sdl = format!(
        "{}@link(url: \"https://specs.apollo.dev/cost/v0.1\") type Query {{ a: Int }}",
        federation("v2.3", "")
    );
    let loaded = load_all(&[("books", &sdl)]);
    let [hint] = loaded.hints.as_slice() else {
        panic!("one hint, not {:?}", loaded.hints);
    };
    assert_eq!(hint.code, HintCode::ImplicitlyUpgradedFederationVersion);
    assert!(
        hint.to_string()
            .starts_with("IMPLICITLY_UPGRADED_FEDERATION_VERSION: [books] ")
    );
    let json = hint.to_json();
    assert_eq!(json["code"], "IMPLICITLY_UPGRADED_FEDERATION_VERSION");
    assert_eq!(json["locations"][0]["line"], 2);
}

#[test]
fn a_mark_stands_under_its_column_whatever_is_before_it() {
    let place = Location {
        subgraph: "books".to_owned(),
        origin: "books.graphql".to_owned(),
        line: 120,
        column: 7,
        excerpt: "\t\"ü\" a: Nothing".to_owned(),
    };
    let text = place.to_string();
    assert_eq!(text.lines().last(), Some("    | \t     ^"));
    // A column behind the line's end is no reason to panic.
    let place = Location {
        column: 1_000,
        excerpt: String::new(),
        ..place
    };
    assert!(place.to_string().ends_with("| ^\n"));
}
