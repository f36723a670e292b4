use crate::compose::{
    HintCode,
    testing::{Found, merge},
};

fn sides(a: &str, b: &str) -> Found {
    merge(&[
        ("a", &format!("{a} type Query {{ a: Int }}")),
        ("b", &format!("{b} type Query {{ b: Int }}")),
    ])
}

#[test]
fn a_directive_of_operations_is_in_all_subgraphs() {
    let merged = sides("directive @d on FIELD", "");
    assert_eq!(merged.directive("d"), None);
    assert_eq!(
        merged.hinted(HintCode::InconsistentExecutableDirectivePresence),
        [
            "Directive \"@d\" of operations is in \"a\", but not in \"b\": operations on the supergraph cannot use it."
        ]
    );
    let merged = sides("directive @d on FIELD", "directive @d on FIELD");
    assert_eq!(merged.directive("d").unwrap(), "directive @d on FIELD");
    // One of types only is no business of the supergraph's.
    let merged = sides("directive @d on OBJECT", "directive @d on OBJECT");
    assert_eq!(merged.directive("d"), None);
}

#[test]
fn it_has_the_common_locations() {
    let merged = sides(
        "directive @d repeatable on QUERY | FIELD | OBJECT",
        "directive @d on FIELD | MUTATION",
    );
    assert_eq!(merged.directive("d").unwrap(), "directive @d on FIELD");
    assert_eq!(
        merged.hinted(HintCode::InconsistentExecutableDirectiveLocations),
        [
            "Directive \"@d\" has different places in operations: FIELD | QUERY in \"a\", but FIELD | MUTATION in \"b\". The \
          supergraph has the common ones."
        ]
    );
    assert_eq!(
        merged
            .hinted(HintCode::InconsistentExecutableDirectiveRepeatable)
            .len(),
        1
    );
    let merged = sides("directive @d on QUERY", "directive @d on FIELD");
    assert_eq!(merged.directive("d"), None);
    assert_eq!(
        merged
            .hinted(HintCode::NoExecutableDirectiveLocationsIntersection)
            .len(),
        1
    );
}

#[test]
fn it_has_the_common_arguments() {
    let merged = sides(
        "directive @d(a: Int!, b: [Int!] = [1], only: Int) on FIELD",
        "directive @d(b: [Int!]! = [1], a: Int) on FIELD",
    );
    assert_eq!(
        merged.directive("d").unwrap(),
        "directive @d(a: Int!, b: [Int!]! = [1]) on FIELD"
    );
    assert_eq!(
        merged.hinted(HintCode::InconsistentArgumentPresence),
        ["Argument \"@d(only:)\" is in \"a\", but not in \"b\": the supergraph leaves it out."]
    );
}

#[test]
fn its_arguments_agree() {
    let merged = sides(
        "directive @d(a: Int, b: Int = 1, c: Int!) on FIELD",
        "directive @d(a: String, b: Int = 2) on FIELD",
    );
    assert_eq!(
        merged.told(),
        [
            "FIELD_ARGUMENT_TYPE_MISMATCH: \"@d(a:)\" has types that do not go together: \"Int\" in \"a\", but \"String\" in \
             \"b\". Give it one type in all of them.",
            "FIELD_ARGUMENT_DEFAULT_MISMATCH: \"@d(b:)\" has different default values: 1 in \"a\", but 2 in \"b\". Give it \
             the same one in all of them.",
            "REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH: Argument \"@d(c:)\" is required in \"a\", but not in \"b\". Add it \
             there, or make it optional.",
        ]
    );
}

fn link(version: &str, composed: &str) -> String {
    format!(
        "extend schema @link(url: \"https://example.com/specs/{version}\", import: [\
         \"@one\", {{ name: \"@two\", as: \"@zwei\" }}]) {composed}"
    )
}

const ONE: &str = "@composeDirective(name: \"@one\")";
const BOTH: &str = "@composeDirective(name: \"@one\") @composeDirective(name: \"@zwei\")";

#[test]
fn composed_directives_are_those_of_the_newest_version() {
    let merged = merge(&[
        (
            "a",
            &format!(
                "{} directive @one(a: Int) repeatable on OBJECT directive @zwei(a: Int) on OBJECT
                 type Query @one(a: 1) @one(a: 2) @zwei(a: 1) @other {{ a: Int }} directive @other on OBJECT",
                link("v1.2", BOTH)
            ),
        ),
        (
            "b",
            &format!(
                "{} directive @one(a: Int, b: E = X) repeatable on OBJECT | SCHEMA directive @zwei(a: Int) on OBJECT
                 enum E {{ X }} type Query @one(a: 2) @one(a: 3) @zwei(a: 2) {{ b: Int }}",
                link("v1.10", &format!("{ONE} @one(a: 7)"))
            ),
        ),
        (
            "c",
            &format!(
                "{} directive @one(a: Int) repeatable on OBJECT directive @zwei(a: Int) on OBJECT
                 type Query @zwei(a: 2) @one(a: 9) {{ c: Int }}",
                link("v1.20", "")
            ),
        ),
    ]);
    assert_eq!(merged.errors, []);
    assert_eq!(
        merged.directive("one").unwrap(),
        "directive @one(a: Int, b: E = X) repeatable on OBJECT | SCHEMA"
    );
    assert_eq!(merged.directive("other"), None);
    assert!(
        merged
            .ty("Query")
            .contains("@one(a: 1) @one(a: 2) @one(a: 3) @one(a: 9) @zwei(a: 2) {"),
        "{}",
        merged.ty("Query")
    );
    assert!(
        merged.header().ends_with(
            "@link(url: \"https://example.com/specs/v1.10\", import: [\"@one\", {name: \"@two\", as: \"@zwei\"}])\n@one(a: 7)"
        ),
        "{}",
        merged.header()
    );
}

#[test]
fn composed_directives_may_have_their_links_name() {
    let merged = merge(&[(
        "a",
        "extend schema @link(url: \"https://example.com/specs/v1.2\", as: \"s\") @composeDirective(name: \"@s\")
           @composeDirective(name: \"@s__one\")
         directive @s on OBJECT directive @s__one on OBJECT type Query @s @s__one { a: Int }",
    )]);
    assert!(
        merged.header().ends_with(
            "@link(url: \"https://example.com/specs/v1.2\", import: [{name: \"@specs\", as: \"@s\"}, \
             {name: \"@one\", as: \"@s__one\"}])"
        ),
        "{}",
        merged.header()
    );
    assert!(merged.ty("Query").contains("@s @s__one"));
}

#[test]
fn composed_directives_fit_the_newest_definition() {
    let newest = format!(
        "{} directive @one(a: Int!) on OBJECT type Query {{ b: Int }}",
        link("v1.2", ONE)
    );
    for (definition, applied, problem) in [
        (
            "@one(a: Int)",
            "type Query { a: Int @one(a: 1) }",
            "\"Query.a\" in \"a\" does not fit",
        ),
        (
            "@one(a: Int)",
            "type Query { a: Int @one(a: 1) }",
            "it is not allowed on FIELD_DEFINITION",
        ),
        (
            "@one(a: Int, b: Int)",
            "type Query @one(a: 1, b: 2) { a: Int }",
            "it has no argument \"b\"",
        ),
        (
            "@one(a: String)",
            "type Query @one(a: \"x\") { a: Int }",
            "the argument \"a\" has the type \"Int!\"",
        ),
        (
            "@one(a: Int)",
            "type Query { a: Int } extend schema @one(a: 1)",
            "it is not allowed on SCHEMA",
        ),
        (
            "@one(a: Int)",
            "type Query @one { a: Int }",
            "it needs the argument \"a\"",
        ),
    ] {
        let older = format!(
            "{} directive {definition} on OBJECT | FIELD_DEFINITION | SCHEMA {applied}",
            link("v1.1", ONE)
        );
        let merged = merge(&[("a", &older), ("b", &newest)]);
        let [error] = merged.told().try_into().unwrap();
        assert!(
            error.starts_with("DIRECTIVE_COMPOSITION_ERROR: @one on "),
            "{error}"
        );
        assert!(error.contains(problem), "{error}");
    }
    let fits = format!(
        "{} directive @one(a: Int) on OBJECT | FIELD_DEFINITION type Query @one(a: 1) {{ a: Int }}",
        link("v1.1", ONE)
    );
    assert_eq!(merge(&[("a", &fits), ("b", &newest)]).errors, []);
}

#[test]
fn a_composed_directive_stays_where_a_subgraph_applies_it_that_composes_it() {
    let merged = merge(&[
        (
            "a",
            &format!(
                "{} directive @one(a: Int) repeatable on FIELD_DEFINITION
                 type Query {{ a: Int @one(a: 1) s: Int @shareable @one(a: 1) }}",
                link("v1.2", ONE)
            ),
        ),
        (
            "b",
            "directive @one(a: Int) repeatable on FIELD_DEFINITION
             type Query { b: Int @one(a: 2) s: Int @shareable @one(a: 2) }",
        ),
    ]);
    assert_eq!(
        merged.ty("Query"),
        "type Query @join__type(graph: A) @join__type(graph: B) { a: Int @join__field(graph: A) @one(a: 1) \
         s: Int @one(a: 1) @one(a: 2) b: Int @join__field(graph: B) }"
    );
}

#[test]
fn of_the_same_version_the_last_definition_counts() {
    let definition = |definition: &str| {
        format!(
            "{} directive @one {definition} type Query {{ q: Int @shareable }}",
            link("v1.2", ONE)
        )
    };
    let merged = merge(&[
        ("a", &definition("on OBJECT")),
        ("b", &definition("repeatable on OBJECT | FIELD")),
    ]);
    assert_eq!(
        merged.directive("one").unwrap(),
        "directive @one repeatable on OBJECT | FIELD"
    );
}

#[test]
fn a_composed_enum_argument_is_input() {
    let merged = merge(&[
        (
            "a",
            &format!(
                "{} directive @one(e: E) on OBJECT enum E {{ A B }} type Query {{ a: E }}",
                link("v1.2", ONE)
            ),
        ),
        ("b", "enum E { A } type Query { b: Int }"),
    ]);
    let [error] = merged.told().try_into().unwrap();
    assert!(error.starts_with("ENUM_VALUE_MISMATCH"), "{error}");
}
