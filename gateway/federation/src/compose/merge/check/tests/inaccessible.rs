use super::*;

#[test]
fn what_clients_see_refers_to_nothing_hidden() {
    let code = [ReferencedInaccessible];
    refuses(
        &code,
        &["type Query { a: [T!] b: Int } type T @inaccessible { x: Int }"],
    );
    refuses(
        &code,
        &["type Query { a(x: [In!]): Int } input In @inaccessible { x: Int }"],
    );
    refuses(
        &code,
        &["type Query { a(x: S): Int } scalar S @inaccessible"],
    );
    refuses(
        &code,
        &["type Query { a(x: In): Int } input In { h: H y: Int } input H @inaccessible { x: Int }"],
    );
    refuses(
        &code,
        &["type Query { a: Int } directive @d(e: E) on FIELD enum E @inaccessible { A }"],
    );
    refuses(
        &[ReferencedInaccessible; 2],
        &[
            "type Query { i: I } interface I { x: T } type A implements I { x: T } type T @inaccessible { x: Int }",
        ],
    );
}

#[test]
fn what_is_hidden_may_refer_to_anything() {
    accepts(&["type Query { a: T @inaccessible b: Int } type T @inaccessible { x: Int }"]);
    accepts(&["type Query { a(x: In @inaccessible): Int } input In @inaccessible { x: Int }"]);
    accepts(&["type Query { a: Int } type T @inaccessible { u: T }"]);
    accepts(&[
        "type Query { u: U } union U = A | B type A @inaccessible { x: Int } type B { x: Int }",
    ]);
    accepts(&[
        "type Query { a: A } interface I @inaccessible { x: Int } type A implements I { x: Int }",
    ]);
}

#[test]
fn a_visible_type_has_something_visible() {
    let code = [OnlyInaccessibleChildren];
    refuses(&code, &["type Query { a: Int @inaccessible }"]);
    refuses(
        &code,
        &["type Query { i: I } interface I { x: Int @inaccessible }"],
    );
    refuses(
        &code,
        &["type Query { a(x: In): Int } input In { x: Int @inaccessible }"],
    );
    refuses(&code, &["type Query { e: E } enum E { A @inaccessible }"]);
    refuses(
        &code,
        &["type Query { a: Int } union U = A type A @inaccessible { x: Int }"],
    );
    accepts(&["type Query { a: Int } type T @inaccessible { x: Int @inaccessible }"]);
    accepts(&["type Query { e: E } enum E { A @inaccessible B }"]);
}

#[test]
fn the_query_type_is_visible() {
    refuses(
        &[QueryRootTypeInaccessible],
        &["type Query @inaccessible { a: Int }"],
    );
    refuses(
        &[QueryRootTypeInaccessible],
        &[
            "type Query { a: Int }",
            "extend type Query @inaccessible { b: Int }",
        ],
    );
    refuses(
        &[QueryRootTypeInaccessible],
        &["type Q @inaccessible { a: Int } extend schema { query: Q }"],
    );
    accepts(&["type Query { a: Int } type Mutation @inaccessible { a: Int }"]);
}

#[test]
fn a_visible_interface_is_implemented_visibly() {
    let code = [ImplementedByInaccessible];
    refuses(
        &code,
        &[
            "type Query { i: I } interface I { x: Int y: Int } type T implements I { x: Int @inaccessible y: Int }",
        ],
    );
    refuses(
        &code,
        &["type Query { i: I } interface I { x: Int y: Int } interface J implements I { x: Int @inaccessible y: Int }
           type T implements I & J { x: Int y: Int }"],
    );
    refuses(
        &code,
        &[
            "type Query { i: I } interface I { x(a: Int): Int } type T implements I { x(a: Int @inaccessible): Int }",
        ],
    );
    accepts(&[
        "type Query { t: T } interface I @inaccessible { x: Int y: Int }
           type T implements I { x: Int @inaccessible y: Int }",
    ]);
    accepts(&[
        "type Query { i: I } interface I { x: Int @inaccessible y: Int }
           type T implements I { x: Int @inaccessible y: Int }",
    ]);
    accepts(&[
        "type Query { i: I } interface I { x(a: Int @inaccessible): Int } type T implements I { x(a: Int): Int }",
    ]);
}

#[test]
fn what_is_required_can_be_given() {
    let code = [RequiredInaccessible];
    refuses(&code, &["type Query { a(x: Int! @inaccessible): Int }"]);
    refuses(
        &code,
        &["type Query { a(x: In): Int } input In { x: Int! @inaccessible y: Int }"],
    );
    refuses(
        &code,
        &["type Query { a: Int } directive @d(e: Int! @inaccessible) on FIELD"],
    );
    accepts(&["type Query { a(x: Int! = 3 @inaccessible): Int b(x: Int @inaccessible): Int }"]);
    accepts(&[
        "type Query { a(x: In @inaccessible): Int } input In @inaccessible { x: Int! @inaccessible }",
    ]);
}

#[test]
fn default_values_are_of_what_clients_see() {
    let with = |rest: &str| format!("{rest} enum E {{ A @inaccessible B }}");
    for refused in [
        "type Query { a(e: E = A): Int }",
        "type Query { a(e: [E] = [B, A]): Int }",
        "type Query { a(i: I = { e: A }): Int } input I { e: E }",
        "type Query { a(i: I = { x: 3 }): Int e: E } input I { x: Int @inaccessible y: Int }",
        "type Query { a(i: [[J]] = [[{ i: { x: 3 } }]]): Int e: E } input I { x: Int @inaccessible y: Int } input J { i: I }",
        "type Query { a(i: I): Int } input I { e: E = A }",
        "type Query { a: E } directive @d(e: E = A) on FIELD",
    ] {
        refuses(&[DefaultValueUsesInaccessible], &[&with(refused)]);
    }
    for accepted in [
        "type Query { a(e: E = B): Int }",
        "type Query { a(e: E = A @inaccessible): Int }",
        "type Query { a(e: E = A): Int @inaccessible b: Int }",
        "type Query { a(i: I = { y: 3 }): Int e: E } input I { x: Int @inaccessible y: Int }",
    ] {
        accepts(&[&with(accepted)]);
    }
}

#[test]
fn a_composed_feature_is_whole() {
    let composing = |rest: &str| {
        format!(
            r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@composeDirective", "@inaccessible"])
               @link(url: "https://x.dev/foo/v1.0", import: ["@foo"]) @composeDirective(name: "@foo")
               type Query {{ a: Int @foo }} {rest}"#
        )
    };
    for refused in [
        "directive @foo(a: Int @inaccessible) on FIELD_DEFINITION",
        "directive @foo(a: foo__E) on FIELD_DEFINITION enum foo__E { A @inaccessible B }",
        "directive @foo(a: foo__E) on FIELD_DEFINITION enum foo__E @inaccessible { A B }",
    ] {
        refuses(&[DisallowedInaccessible], &[&composing(refused)]);
    }
    accepts(&[&composing(
        "directive @foo(a: foo__E) on FIELD_DEFINITION enum foo__E { A B }",
    )]);
}

#[test]
fn an_error_names_those_who_hide_and_where() {
    let subgraphs = [
        "type Query { t: T }\ntype T @shareable { x: Int }",
        "type Query { b: Int }\ntype T @shareable @inaccessible { x: Int }",
    ];
    let found = found(&subgraphs);
    let error = &found.errors[0];
    assert_eq!(
        error.message,
        "\"T\" is @inaccessible in \"b\", but \"Query.t\" is of that type, and clients see it: hide both, or neither"
    );
    let places: Vec<_> = error
        .locations
        .iter()
        .map(|one| (&*one.subgraph, one.line))
        .collect();
    assert_eq!(places, [("b", 6)]);
}
