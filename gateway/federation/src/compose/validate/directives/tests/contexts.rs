use super::*;

/// A subgraph whose `U.f(x:)` takes `arguments`.
fn with_arguments(arguments: &str) -> String {
    format!(
        r#"
        type Query {{ t: T two: T2 any: Any }}
        type T @key(fields: "id") @context(name: "c") {{
          id: ID! p: String! o: O! l: [String!]! e: [O] u: U! m(x: Int): String r(x: Int!): String i: I n: N object: IO
        }}
        type O {{ q: String! r: Int! }}
        interface I {{ p: String }}
        type Q1 implements I {{ p: String }}
        union N = O | Q1
        type IO @interfaceObject @key(fields: "id") {{ id: ID! p: String }}
        type T2 @context(name: "two") {{ s: String u: U }}
        type T3 @context(name: "two") {{ t: String u: U }}
        interface Any @context(name: "any") {{ p: String u: U }}
        type A1 implements Any {{ p: String own: String u: U }}
        type A2 implements Any {{ p: String u: U }}
        union Either @context(name: "either") = A1 | A2
        type U @key(fields: "id") {{ id: ID! f({arguments}): Int }}
        "#
    )
}

#[test]
fn an_argument_takes_what_the_context_selects() {
    for (ty, field) in [
        ("String", "$c { p }"),
        ("String", "$c p"),
        ("String", " # which\n $ c { p }"),
        ("String", "$c { o { q } }"),
        ("String", "$c { o { q q } }"),
        ("[String]", "$c { l }"),
        ("[String]", "$c { e { q } }"),
        ("String", "$c { m(x: 1) }"),
        ("String", "$c { m }"),
        ("String", "$c { __typename }"),
        ("String", "$c { n { __typename } }"),
        ("String", "$c { ... on T { p } }"),
        ("String", "$c { ... on T { p m } }"),
        ("String", "$two { ... on T2 { s } ... on T3 { t } }"),
        ("String", "$any { p }"),
        ("String", "$any { ... on A1 { own } }"),
        ("String", "$either { ... on A1 { own } ... on A2 { p } }"),
    ] {
        let argument = format!("x: {ty} @fromContext(field: {field:?})");
        accepts(&with_arguments(&argument));
    }
}

#[test]
fn a_selection_from_a_context_is_one_value_of_the_arguments_type() {
    for (ty, field) in [
        ("String!", "$c { p }"),
        ("Int", "$c { p }"),
        ("String", "$c { z }"),
        ("String", "$c { p m }"),
        ("String", "$c { o { q r } }"),
        ("String", "$c { o }"),
        ("String", "$c { p { q } }"),
        ("[String!]", "$c { l }"),
        ("String", "$c { l }"),
        ("[String]", "$c { p }"),
        ("String", "$c { x: p }"),
        ("String", "$c { o { x: q } }"),
        ("String", "$c { p @skip(if: true) }"),
        ("String", "$c { ...F }"),
        ("String", "$c { m(z: 1) }"),
        ("String", "$c { m(x: $x) }"),
        ("String", "$c { m(x: \"x\") }"),
        ("String", "$c { ... on T { m(x: true) } }"),
        ("String", "$c { r }"),
        ("String", "$c { ... on T { p } ... on O { q } }"),
        ("String", "$c { ... on T { p } ... on T { m } }"),
        ("String", "$c { ... on T { p } p }"),
        ("String", "$c { ... { p } }"),
        ("String", "$c { ... on O { q } }"),
        ("String", "$c { i { ... on Q1 { p } } }"),
        ("String", "$c { object { p } }"),
        ("String", "$c { }"),
        ("String", "$c "),
        ("String", "$c { p "),
        ("String", "$two { s }"),
        ("String", "$two { ... on T2 { s } }"),
        ("String", "$any { ... on Any { p } }"),
        ("String", "$either { p }"),
        ("String", "$either { ... on T { p } }"),
    ] {
        let argument = format!("x: {ty} @fromContext(field: {field:?})");
        refuses(ContextInvalidSelection, &with_arguments(&argument));
    }
}

#[test]
fn a_wrong_selection_is_told_with_both_types() {
    let sdl = with_arguments(r#"x: [Int] @fromContext(field: "$c { l }")"#);
    assert_eq!(
        found(&[&sdl]).messages(),
        [
            "[a] \"U.f(x:)\" cannot be taken from a context: its selection from the context \"c\" gives \"[String]\" on \"T\", but \
         the argument is of type \"[Int]\": make them agree"
        ]
    );
}

#[test]
fn a_contextual_argument_names_a_context_that_is_set() {
    for field in ["c { p }", "", "$c", "$1 { p }", "$ { p }"] {
        let argument = format!("x: String @fromContext(field: {field:?})");
        refuses(NoContextInSelection, &with_arguments(&argument));
    }
    refuses(
        ContextNotSet,
        &with_arguments(r#"x: String @fromContext(field: "$d { p }")"#),
    );
    refuses(
        ContextNotSet,
        &with_arguments(r#"x: String = "p" @fromContext(field: "$c { p }")"#),
    );
}

#[test]
fn contextual_arguments_are_of_object_types_fields_that_only_they_have() {
    let placed = |user: &str| {
        format!(
            r#"type Query {{ t: T }} type T @key(fields: "id") @context(name: "c") {{ id: ID! p: String! u: U! }} {user}"#
        )
    };
    let argument = r#"(x: String @fromContext(field: "$c { p }"))"#;
    refuses(
        ContextNotSet,
        &placed(&format!(
            r#"interface U {{ f{argument}: Int }} type V implements U @key(fields: "id") {{ id: ID! f(x: String): Int }}"#
        )),
    );
    refuses(
        ContextNotSet,
        &placed(&format!(
            r#"interface W {{ f(x: String): Int }} type U implements W @key(fields: "id") {{ id: ID! f{argument}: Int }}"#
        )),
    );
    refuses(
        ContextNotSet,
        &placed(&format!(
            "type U {{ f: Int }} directive @d{argument} on FIELD"
        )),
    );
    accepts(&placed(&format!(
        r#"interface W {{ id: ID! }} type U implements W @key(fields: "id") {{ id: ID! f{argument}: Int }}"#
    )));
}

#[test]
fn a_type_with_contextual_arguments_can_be_asked_for_again() {
    let keyed = |keys: &str| {
        let argument = r#"(x: String @fromContext(field: "$c { p }"))"#;
        format!(
            r#"type Query {{ t: T }} type T @context(name: "c") {{ p: String! u: U! }} type U {keys} {{ id: ID! k: ID! f{argument}: Int }}"#
        )
    };
    accepts(&keyed(
        r#"@key(fields: "id", resolvable: false) @key(fields: "k")"#,
    ));
    refuses(ContextNoResolvableKey, &keyed(""));
    refuses(
        ContextNoResolvableKey,
        &keyed(r#"@key(fields: "id", resolvable: false)"#),
    );
}

#[test]
fn contexts_have_names_of_letters_and_digits() {
    let named = |name: &str| format!(r#"type Query @context(name: "{name}") {{ a: Int }}"#);
    accepts(&named("c1"));
    for refused in ["c_d", "1c", "", "ä", "c d"] {
        refuses(ContextNameInvalid, &named(refused));
    }
}
