use crate::compose::testing::{Stage, compose_as_written};

mod keys;
mod others;
mod requires_and_provides;

/// The codes of the errors in a subgraph that links a version of the specification.
fn codes_in(version: &str, sdl: &str) -> Vec<String> {
    let told = errors(&format!(
        r#"extend schema @link(url: "https://specs.apollo.dev/federation/{version}", import: {})
        directive @my on FIELD | INLINE_FRAGMENT
        {sdl}"#,
        imports(version)
    ));
    told.into_iter().map(|(code, _)| code).collect()
}

/// The codes of the errors in a subgraph of a late version.
fn codes(sdl: &str) -> Vec<String> {
    codes_in("v2.9", sdl)
}

/// The codes of the errors in a subgraph of Federation 1.
fn codes_of_federation_1(sdl: &str) -> Vec<String> {
    errors(sdl).into_iter().map(|(code, _)| code).collect()
}

fn imports(version: &str) -> &'static str {
    match version {
        "v2.3" => r#"["@key", "@interfaceObject"]"#,
        "v2.2" => {
            r#"["@key", "@requires", "@provides", "@external", "@shareable", "@override", "@tag", "@inaccessible", "@extends"]"#
        }
        _ => {
            r#"["@key", "@requires", "@provides", "@external", "@shareable", "@override", "@tag", "@inaccessible", "@extends", "@interfaceObject", "@authenticated", "@cost", "@context", "@fromContext"]"#
        }
    }
}

/// The codes and messages of the errors in a subgraph named `a`.
fn errors(sdl: &str) -> Vec<(String, String)> {
    let found = compose_as_written(Stage::Validate, [sdl.to_owned()]);
    let errors = found.errors.into_iter();
    errors
        .map(|error| (error.code.to_string(), error.message))
        .collect()
}

/// That a message names the subgraph, the directive as this subgraph writes it, the coordinate, and what to do.
#[test]
fn messages_say_where_and_what_to_do() {
    let told = errors(
        r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: [{name: "@key", as: "@id"}])
        type Query { book: Book }
        type Book @id(fields: "isbn") { title: String @federation__external }"#,
    );
    let [(_, key), (_, external)] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(
        key,
        r#"[a] @id(fields: "isbn") of "Book": type "Book" has no field "isbn"; if another subgraph resolves it, add it here with @external"#
    );
    assert_eq!(
        external,
        r#"[a] "Book.title" is @federation__external, but no key, @requires, @provides, context or interface of this subgraph uses it; remove the field, or the directive"#
    );
}
