use super::*;

/// A field of `b` that requires `x` of `a`, as it is protected there; and the types that both have.
fn requiring(x: &str, f: &str, selection: &str, t: &str, both: &str) -> [String; 2] {
    let ty = x.split('@').next().unwrap_or_default();
    [
        format!(r#"type Query {{ t: T }} type T @key(fields: "id") {{ id: ID! x: {x} }} {both}"#),
        format!(
            r#"type T @key(fields: "id") {t} {{ id: ID! x: {ty} @external f: Int @requires(fields: "{selection}") {f} }} {}"#,
            both.replace("@authenticated", "")
        ),
    ]
}

#[track_caller]
fn is_refused(is_refused: bool, subgraphs: &[String]) {
    let subgraphs: Vec<_> = subgraphs.iter().map(String::as_str).collect();
    if is_refused {
        refuses(&[MissingTransitiveAuthRequirements], &subgraphs);
    } else {
        accepts(&subgraphs);
    }
}

#[test]
fn a_field_demands_what_the_fields_demand_that_it_requires() {
    let scopes = |scopes: &str| format!("@requiresScopes(scopes: {scopes})");
    let policies = |policies: &str| format!("@policy(policies: {policies})");
    let authenticated = "@authenticated".to_owned();
    let nothing = String::new();
    for (refused, x, f, t) in [
        (true, &authenticated, &nothing, &nothing),
        (false, &authenticated, &authenticated, &nothing),
        (false, &authenticated, &nothing, &authenticated),
        (true, &scopes(r#"[["a"]]"#), &authenticated, &nothing),
        (true, &scopes(r#"[["a"]]"#), &scopes(r#"[["b"]]"#), &nothing),
        (
            false,
            &scopes(r#"[["a"]]"#),
            &scopes(r#"[["b", "a"]]"#),
            &nothing,
        ),
        (
            true,
            &scopes(r#"[["a", "b"]]"#),
            &scopes(r#"[["a"]]"#),
            &nothing,
        ),
        (
            false,
            &scopes(r#"[["a"], ["b"]]"#),
            &scopes(r#"[["a"]]"#),
            &nothing,
        ),
        (
            true,
            &scopes(r#"[["a"]]"#),
            &scopes(r#"[["a"], ["b"]]"#),
            &nothing,
        ),
        (
            false,
            &scopes(r#"[["a"], ["b"]]"#),
            &scopes(r#"[["a", "c"], ["b", "d"]]"#),
            &nothing,
        ),
        (true, &policies(r#"[["a"]]"#), &nothing, &nothing),
        (
            true,
            &policies(r#"[["a"]]"#),
            &scopes(r#"[["a"]]"#),
            &nothing,
        ),
        (
            false,
            &policies(r#"[["a", "b"]]"#),
            &policies(r#"[["a"]]"#),
            &policies(r#"[["b"]]"#),
        ),
    ] {
        is_refused(refused, &requiring(&format!("Int {x}"), f, "x", t, ""));
    }
}

#[test]
fn a_field_demands_what_the_types_demand_that_it_requires() {
    let object = |of_type: &str, of_field: &str| {
        format!("type X @shareable {of_type} {{ y: Int {of_field} }}")
    };
    let x = |both: &str, selection: &str| requiring("X", "", selection, "", both);
    is_refused(false, &x(&object("", ""), "x { y }"));
    is_refused(true, &x(&object("@authenticated", ""), "x { y }"));
    is_refused(true, &x(&object("", "@authenticated"), "x { y }"));
    is_refused(true, &x("scalar X @authenticated", "x"));
    is_refused(true, &x("enum X @authenticated { A }", "x"));
    let protected = requiring(
        "X",
        "@authenticated",
        "x { y }",
        "",
        &object("@authenticated", ""),
    );
    is_refused(false, &protected);
}

#[test]
fn whoever_requires_an_interface_may_get_any_implementation() {
    let interface = |of_type: &str, of_field: &str| {
        format!(
            "interface X {{ y: Int }} type X1 implements X @shareable {of_type} {{ y: Int {of_field} }}
             type X2 implements X @shareable {{ y: Int }}"
        )
    };
    let x = |both: &str, selection: &str| requiring("X", "", selection, "", both);
    is_refused(true, &x(&interface("", "@authenticated"), "x { y }"));
    is_refused(true, &x(&interface("@authenticated", ""), "x { y }"));
    is_refused(
        true,
        &x(&interface("@authenticated", ""), "x { __typename }"),
    );
    is_refused(
        true,
        &x(&interface("", "@authenticated"), "x { ... on X1 { y } }"),
    );
    is_refused(
        false,
        &x(&interface("", "@authenticated"), "x { ... on X2 { y } }"),
    );
    let union = "union X = X1 | X2 type X1 @shareable @authenticated { y: Int } type X2 @shareable { y: Int }";
    is_refused(true, &x(union, "x { ... on X1 { y } }"));
    is_refused(false, &x(union, "x { ... on X2 { y } }"));
}

#[test]
fn interface_objects_require_and_are_required() {
    let interface = |x: &str| {
        format!(
            r#"type Query {{ t: I }} interface I @key(fields: "id") {{ id: ID! x: Int }}
               type T implements I @key(fields: "id") {{ id: ID! x: Int {x} }}"#
        )
    };
    let object = |f: &str| {
        format!(
            r#"type I @key(fields: "id") @interfaceObject {{ id: ID! x: Int @external f: Int @requires(fields: "x") {f} }}"#
        )
    };
    is_refused(true, &[interface("@authenticated"), object("")]);
    is_refused(
        false,
        &[interface("@authenticated"), object("@authenticated")],
    );
    is_refused(
        true,
        &[
            r#"type Query { t: I } interface I @key(fields: "id") { id: ID! } type T implements I @key(fields: "id") { id: ID! }"#
                .to_owned(),
            r#"type I @key(fields: "id") @interfaceObject { id: ID! x: Int @authenticated }"#.to_owned(),
            r#"type T @key(fields: "id") { id: ID! x: Int @external f: Int @requires(fields: "x") }"#.to_owned(),
        ],
    );
}

#[test]
fn a_field_demands_what_its_contexts_demand() {
    let context = |of_type: &str, of_field: &str, f: &str, selection: &str| {
        [format!(
            r#"type Query {{ t: T t2: T2 }}
               type T @key(fields: "id") @context(name: "c") {of_type} {{ id: ID! p: String {of_field} u: U }}
               type T2 @key(fields: "id") @context(name: "c") {{ id: ID! p: String u: U }}
               type U @key(fields: "id") {{ id: ID! f(x: String @fromContext(field: "$c {selection}")): Int {f} }}"#
        )]
    };
    is_refused(false, &context("", "", "", "{ p }"));
    is_refused(true, &context("", "@authenticated", "", "{ p }"));
    is_refused(true, &context("@authenticated", "", "", "{ p }"));
    is_refused(
        true,
        &context(
            "",
            "@authenticated",
            "",
            "{ ... on T { p } ... on T2 { p } }",
        ),
    );
    is_refused(
        false,
        &context("", "@authenticated", "@authenticated", "{ p }"),
    );
}

#[test]
fn a_lacking_demand_is_told_with_its_coordinate() {
    let [a, b] = requiring("Int @authenticated", "", "x", "", "");
    assert_eq!(
        messages(&[&a, &b]),
        [
            "[b] \"T.f\" is open to clients who may not see \"T.x\", which it reads by @requires: protect the field, or its type, \
          with at least the same @authenticated, @requiresScopes and @policy"
        ]
    );
}
