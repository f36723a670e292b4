use super::*;

#[test]
fn interfaces_do_not_implement_each_other() {
    let a = "type Query { a: A } interface A implements B { x: Int } interface B { x: Int }";
    let b = "interface A { x: Int } interface B implements A { x: Int }";
    refuses(&[InvalidGraphql; 2], &[a, b]);
    accepts(&[a, "interface A { x: Int } interface B { x: Int }"]);
}

#[test]
fn merged_input_objects_do_not_need_themselves() {
    let a = "type Query { a(a: A): Int } input A { b: B! } input B { x: Int a: A }";
    let b = "type Query { b(a: A): Int } input A { b: B } input B { x: Int a: A! }";
    refuses(&[InvalidGraphql], &[a, b]);
    assert_eq!(
        messages(&[a, b]),
        [
            "The input object \"A\" needs itself, as merged, by \"A.b\" (of \"a\" and \"b\"), \"B.a\" (of \"a\" and \"b\"): make one \
          of these nullable in all subgraphs"
        ]
    );
    let list = |sdl: &str| {
        sdl.replace("a: A ", "a: [A!]! ")
            .replace("a: A! ", "a: [A!]! ")
    };
    accepts(&[&list(a), &list(b)]);
}

#[test]
fn default_values_fit_merged_types() {
    let with = |rest: &str| {
        format!("type Query {{ a(x: {rest}): Int }} enum E {{ A B }} input I {{ a: Int e: [E] }}")
    };
    let other = "type Query { b(e: E i: I): Int } enum E { B } input I { e: [E] }";
    for refused in [
        "E = A",
        "[[E]!] = [[B, A]]",
        "E! = A",
        "I = { a: 1 }",
        "I = { e: A }",
        "I = { e: [B, A] }",
    ] {
        refuses(&[InvalidGraphql], &[&with(refused), other]);
    }
    for accepted in [
        "E = B",
        "[[E]!] = [[B, null]]",
        "I = { e: B }",
        "I = null",
        "Int = 3",
    ] {
        accepts(&[&with(accepted), other]);
    }
    assert_eq!(
        messages(&[&with("E = A"), other]),
        [
            "The default value of \"Query.a(x:)\" of \"a\" does not fit its type \"E\", as merged: \"E.A\" is not in all subgraphs, \
          and so not in the supergraph; add it to the others"
        ]
    );
}

#[test]
fn default_values_fit_types_that_merging_made_stricter() {
    let a = "type Query { a(i: I = { x: null }): Int b(i: I = {}): Int } input I { x: Int }";
    let b = "type Query { c(i: I): Int } input I { x: Int! }";
    refuses(&[InvalidGraphql], &[a, b]);
    accepts(&[a, "type Query { c(i: I): Int } input I { x: Int }"]);
}

#[test]
fn default_values_of_input_fields_and_directives_fit_too() {
    let other = "type Query { b(e: E): Int } enum E { B }";
    let field = "type Query { a(j: J): Int } enum E { A B } input J { e: E = A }";
    refuses(&[InvalidGraphql], &[field, other]);
    accepts(&[&field.replace("= A", "= B"), other]);
    let directive = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@composeDirective"])
        @link(url: "https://x.dev/foo/v1.0", import: ["@foo"]) @composeDirective(name: "@foo")
        type Query { a(e: E): Int } enum E { A B } directive @foo(e: E = A) on OBJECT"#;
    refuses(&[InvalidGraphql], &[directive, other]);
    accepts(&[&directive.replace("= A", "= B"), other]);
}
