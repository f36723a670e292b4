//! Each rule, accepting and refusing. What is right was asked of Apollo's composition (2.14).

use crate::compose::{
    ErrorCode::{self, *},
    HintCode, SubgraphSchema,
    report::Report,
    subgraph, validate,
};

const ALL: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
    "@authenticated" "@composeDirective" "@context" "@cost" "@fromContext" "@inaccessible" "@interfaceObject" "@key"
    "@listSize" "@policy" "@requiresScopes" "@shareable" "@tag"
])
"#;

/// The report on subgraphs that are written without the link, unless they have one.
fn report(sdls: &[&str]) -> Report {
    let names = ["a", "b", "c"].into_iter();
    let sources: Vec<_> = names
        .zip(sdls)
        .map(|(name, sdl)| SubgraphSchema {
            name: name.to_owned(),
            url: String::new(),
            sdl: if sdl.contains("@link") {
                (*sdl).to_owned()
            } else {
                format!("{ALL}{sdl}")
            },
            origin: String::new(),
        })
        .collect();
    let mut report = Report::default();
    let subgraphs = subgraph::load(&sources, &mut report);
    validate::check(&subgraphs, &mut report);
    report
}

fn codes(sdls: &[&str]) -> Vec<ErrorCode> {
    match report(sdls).check() {
        Ok(()) => Vec::new(),
        Err(errors) => errors.errors().iter().map(|error| error.code).collect(),
    }
}

fn message(sdl: &str) -> String {
    let errors = report(&[sdl]).check().expect_err("refused");
    errors.errors()[0].message.clone()
}

#[track_caller]
fn accepts(sdl: &str) {
    assert_eq!(codes(&[sdl]), [], "{sdl}");
}

#[track_caller]
fn refuses(code: ErrorCode, sdl: &str) {
    assert_eq!(codes(&[sdl]), [code], "{sdl}");
}

#[test]
fn protection_is_for_types_that_implement_and_not_for_interfaces() {
    let placed = |interface, field, ty| {
        format!(
            "type Query {{ i: I }} interface I {interface} {{ x: Int {field} }} type T implements I {ty} {{ x: Int {ty} }}"
        )
    };
    accepts(&placed("", "", "@authenticated"));
    accepts(&placed("", "", r#"@policy(policies: [["p"]])"#));
    refuses(
        AuthRequirementsAppliedOnInterface,
        &placed("@authenticated", "", ""),
    );
    refuses(
        AuthRequirementsAppliedOnInterface,
        &placed("", r#"@requiresScopes(scopes: [["s"]])"#, ""),
    );
    let extended = placed("", "", "") + r#"extend interface I @policy(policies: [["p"]])"#;
    refuses(AuthRequirementsAppliedOnInterface, &extended);
}

#[test]
fn protection_may_be_on_fields_of_interface_objects_only() {
    let placed = |ty, field| {
        format!(
            r#"type Query {{ a: Int }} type I @interfaceObject @key(fields: "id") {ty} {{ id: ID! n: Int {field} }}"#
        )
    };
    accepts(&placed("", "@authenticated"));
    refuses(
        AuthRequirementsAppliedOnInterface,
        &placed("@authenticated", ""),
    );
}

#[test]
fn a_refused_protection_is_told_by_its_coordinate_and_its_name_here() {
    let sdl = r#"
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [{ name: "@authenticated", as: "@login" }])
        type Query { i: I }
        interface I { x: Int @login }
        type T implements I { x: Int }
    "#;
    assert_eq!(
        message(sdl),
        "[a] @login is on the interface's field \"I.x\": protect that field in the types that implement the interface instead"
    );
    let errors = report(&[sdl]).check().expect_err("refused");
    assert_eq!(errors.errors()[0].locations[0].line, 4);
}

#[test]
fn costs_are_those_of_types_that_implement() {
    accepts(
        "type Query { i: I a: Int @cost(weight: 3) } interface I { x(y: Int @cost(weight: 1)): Int }
         type T implements I @cost(weight: 2) { x(y: Int): Int @cost(weight: 5) }",
    );
    refuses(
        CostAppliedToInterfaceField,
        "type Query { i: I } interface I { x: Int @cost(weight: 5) } type T implements I { x: Int }",
    );
}

#[test]
fn list_sizes_fit_their_field() {
    let field = |field: &str| {
        format!(
            "type Query {{ {field} }} type Page {{ items: [Int!]! total: Int }} union U = Page interface I {{ items: [Int] }}"
        )
    };
    for accepted in [
        "a: [Int] @listSize(assumedSize: 0)",
        "a(first: Int!, x: Int): [[Int]!]! @listSize(slicingArguments: [\"first\", \"x\"])",
        "a(first: Int): [Int] @listSize(slicingArguments: \"first\")",
        "a: Page @listSize(sizedFields: [\"items\"])",
        "a: [I!] @listSize(assumedSize: 3, sizedFields: [\"items\"], requireOneSlicingArgument: false)",
    ] {
        accepts(&field(accepted));
    }
    for (code, refused) in [
        (ListSizeAppliedToNonList, "a: Int @listSize(assumedSize: 3)"),
        (
            ListSizeAppliedToNonList,
            "a: Page @listSize(sizedFields: [])",
        ),
        (
            ListSizeInvalidAssumedSize,
            "a: [Int] @listSize(assumedSize: -1)",
        ),
        (
            ListSizeInvalidSlicingArgument,
            "a: [Int] @listSize(slicingArguments: [\"first\"])",
        ),
        (
            ListSizeInvalidSlicingArgument,
            "a(first: ID): [Int] @listSize(slicingArguments: [\"first\"])",
        ),
        (
            ListSizeInvalidSlicingArgument,
            "a(first: [Int]): [Int] @listSize(slicingArguments: [\"first\"])",
        ),
        (
            ListSizeInvalidSizedField,
            "a: Page @listSize(sizedFields: [\"pages\"])",
        ),
        (
            ListSizeAppliedToNonList,
            "a: Page @listSize(sizedFields: [\"total\"])",
        ),
        (
            ListSizeInvalidSizedField,
            "a: Int @listSize(sizedFields: [\"items\"])",
        ),
        (
            ListSizeInvalidSizedField,
            "a: U @listSize(sizedFields: [\"items\"])",
        ),
    ] {
        refuses(code, &field(refused));
    }
}

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
        message(&sdl),
        "[a] \"U.f(x:)\" cannot be taken from a context: its selection from the context \"c\" gives \"[String]\" on \"T\", but \
         the argument is of type \"[Int]\": make them agree"
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

/// A subgraph that links `https://x.dev/foo`.
fn linking(version: &str, import: &str, composed: &str, rest: &str) -> String {
    format!(
        r#"extend schema
          @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@composeDirective", "@key", "@shareable", "@tag"])
          @link(url: "https://x.dev/foo/{version}", import: [{import}])
          {composed}
        {rest}"#
    )
}

const FOO: &str = "directive @foo on FIELD_DEFINITION type Query { a: Int @shareable @foo }";
const COMPOSE_FOO: &str = r#"@composeDirective(name: "@foo")"#;

#[test]
fn a_composed_directive_is_defined_and_linked() {
    accepts(&linking("v1.0", r#""@foo""#, COMPOSE_FOO, FOO));
    accepts(&linking("v1.0", "", COMPOSE_FOO, FOO));
    accepts(&linking(
        "v1.0",
        "",
        r#"@composeDirective(name: "@foo__bar")"#,
        "directive @foo__bar on FIELD_DEFINITION type Query { a: Int @foo__bar }",
    ));
    accepts(&linking(
        "v1.0",
        r#"{ name: "@foo", as: "@baz" }"#,
        r#"@composeDirective(name: "@baz")"#,
        "directive @baz on FIELD_DEFINITION type Query { a: Int @baz }",
    ));
    for (import, composed) in [
        (r#""@foo""#, "foo"),
        (r#""@foo""#, "@"),
        (r#""@foo""#, "@fooz"),
        (r#""@foo""#, "@key"),
        (r#""@foo""#, "@link"),
        (r#""@foo""#, "@federation__cost"),
        (r#""@foo""#, "@skip"),
        (r#""@foo""#, "@bar"),
    ] {
        let composed = format!(r#"@composeDirective(name: "{composed}")"#);
        let rest = format!("directive @bar on FIELD_DEFINITION {FOO}");
        refuses(
            DirectiveCompositionError,
            &linking("v1.0", import, &composed, &rest),
        );
    }
}

fn hints(sdls: &[&str]) -> Vec<HintCode> {
    let mut report = report(sdls);
    assert_eq!(report.check(), Ok(()));
    report.into_hints().iter().map(|hint| hint.code).collect()
}

#[test]
fn what_is_merged_anyway_need_not_be_composed() {
    let sdl = linking(
        "v1.0",
        "",
        r#"@composeDirective(name: "@tag")"#,
        r#"type Query { a: Int @tag(name: "t") }"#,
    );
    assert_eq!(hints(&[&sdl]), [HintCode::DirectiveCompositionInfo]);
}

#[test]
fn a_composed_feature_has_one_major_version() {
    let one = linking("v1.0", r#""@foo""#, COMPOSE_FOO, FOO);
    let minor = linking("v1.3", r#""@foo""#, COMPOSE_FOO, FOO);
    let major = linking("v2.0", r#""@foo""#, COMPOSE_FOO, FOO);
    let only_linked = linking("v2.0", r#""@foo""#, "", FOO);
    assert_eq!(hints(&[&one, &minor]), []);
    assert_eq!(codes(&[&one, &major]), [DirectiveCompositionError]);
    assert_eq!(
        hints(&[&one, &only_linked]),
        [HintCode::DirectiveCompositionInfo]
    );
}

#[test]
fn the_highest_version_of_a_composed_feature_has_all_directives() {
    let one = linking("v1.0", r#""@foo""#, COMPOSE_FOO, FOO);
    let bar = "directive @bar on FIELD_DEFINITION type Query { b: Int @bar }";
    let compose_bar = r#"@composeDirective(name: "@bar")"#;
    let without = linking("v1.3", r#""@bar""#, compose_bar, bar);
    let with = linking(
        "v1.3",
        r#""@bar""#,
        compose_bar,
        &format!("{bar} directive @foo on FIELD_DEFINITION"),
    );
    let beside = linking("v1.0", r#""@bar""#, compose_bar, bar);
    assert_eq!(codes(&[&one, &without]), [DirectiveCompositionError]);
    assert_eq!(codes(&[&one, &with]), []);
    assert_eq!(codes(&[&one, &beside]), []);
}

#[test]
fn a_composed_directive_has_one_name() {
    let one = linking("v1.0", r#""@foo""#, COMPOSE_FOO, FOO);
    let renamed = |composed| {
        linking(
            "v1.0",
            r#"{ name: "@foo", as: "@baz" }"#,
            composed,
            "directive @baz on FIELD_DEFINITION type Query { b: Int @baz }",
        )
    };
    let composed = renamed(r#"@composeDirective(name: "@baz")"#);
    assert_eq!(codes(&[&one, &composed]), [DirectiveCompositionError]);
    assert_eq!(
        hints(&[&one, &renamed("")]),
        [HintCode::DirectiveCompositionWarn]
    );
}

#[test]
fn a_composed_name_means_one_directive() {
    let one = linking("v1.0", r#""@foo""#, COMPOSE_FOO, FOO);
    let other = one.replace("x.dev/foo", "x.dev/other");
    assert_eq!(codes(&[&one, &other]), [DirectiveCompositionError]);
    assert_eq!(codes(&[&one, &other.replace(COMPOSE_FOO, "")]), []);
    let tag = linking(
        "v1.0",
        r#"{ name: "@foo", as: "@tag" }"#,
        r#"@composeDirective(name: "@tag")"#,
        "",
    )
    .replace(r#", "@tag"]"#, "]")
        + "directive @tag on FIELD_DEFINITION type Query { a: Int @tag }";
    assert_eq!(
        codes(&[&tag, "type Query { b: Int }"]),
        [DirectiveCompositionError]
    );
    let without = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9") type Query { b: Int }"#;
    assert_eq!(codes(&[&tag, without]), []);
}

#[test]
fn directives_of_the_supergraph_are_spelled_alike() {
    let import = |import: &str, rest: &str| {
        format!(
            r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable", {import}]) {rest}"#
        )
    };
    let usual = import(r#""@tag""#, r#"type Query { a: Int @tag(name: "t") }"#);
    let renamed = |rest: &str| import(r#"{ name: "@tag", as: "@label" }"#, rest);
    assert_eq!(
        codes(&[
            &usual,
            &renamed(r#"type Query { b: Int @label(name: "t") }"#)
        ]),
        [LinkImportNameMismatch]
    );
    assert_eq!(codes(&[&usual, &renamed("type Query { b: Int }")]), []);
    assert_eq!(
        codes(&[
            &usual,
            &import("", r#"type Query { b: Int @federation__tag(name: "t") }"#)
        ]),
        [LinkImportNameMismatch]
    );
    let shareable = usual.replace("\"@shareable\"", r#"{ name: "@shareable", as: "@common" }"#);
    assert_eq!(codes(&[&usual, &shareable]), []);
}
