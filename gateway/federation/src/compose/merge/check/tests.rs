//! Each rule, accepting and refusing. What is right was asked of Apollo's composition (2.14).

use crate::compose::{
    CompositionErrors,
    ErrorCode::{self, *},
    SubgraphSchema, merge,
    report::Report,
    subgraph, validate,
};

const ALL: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
    "@authenticated" "@composeDirective" "@context" "@cost" "@external" "@fromContext" "@inaccessible" "@interfaceObject" "@key"
    "@listSize" "@override" "@policy" "@provides" "@requires" "@requiresScopes" "@shareable" "@tag"
])
"#;

/// Merges subgraphs that are written without the link, unless they have one.
fn merge(sdls: &[&str]) -> Result<(), CompositionErrors> {
    let names = ["a", "b", "c", "d"].into_iter();
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
    report.check()?;
    validate::check(&subgraphs, &mut report);
    report.check()?;
    merge::merge(&subgraphs, &mut report);
    report.check()
}

#[track_caller]
fn accepts(sdls: &[&str]) {
    let errors = merge(sdls).err().map(|errors| errors.to_string());
    assert_eq!(errors.as_deref(), None, "{sdls:#?}");
}

#[track_caller]
fn refuses(codes: &[ErrorCode], sdls: &[&str]) {
    let errors = merge(sdls).expect_err("refused");
    let found: Vec<_> = errors.errors().iter().map(|error| error.code).collect();
    assert_eq!(found, codes, "{sdls:#?}\n{errors}");
}

#[track_caller]
fn messages(sdls: &[&str]) -> Vec<String> {
    let errors = merge(sdls).expect_err("refused");
    let errors = errors.errors().iter();
    errors.map(|error| error.message.clone()).collect()
}

mod inaccessible {
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
            &[
                "type Query { a(x: In): Int } input In { h: H y: Int } input H @inaccessible { x: Int }",
            ],
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
        let errors = merge(&subgraphs).expect_err("refused");
        let error = &errors.errors()[0];
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
}

mod interfaces {
    use super::*;

    #[test]
    fn what_implements_an_interface_has_the_fields_that_other_subgraphs_add() {
        let more = "type Query { b: I } interface I { x: Int y: Int } type U implements I { x: Int y: Int }";
        let without = "type Query { a: I } interface I { x: Int } type T implements I { x: Int }";
        refuses(&[InterfaceFieldNoImplem], &[without, more]);
        assert_eq!(
            messages(&[without, more]),
            [
                "\"T\", which implements \"I\" in \"a\", does not have the field \"y\" that the interface has in \"b\": add it to a \
              subgraph"
            ]
        );
        let with = r#"type Query { a: I } interface I { x: Int } type T implements I @key(fields: "id") { id: ID! x: Int }"#;
        let third = r#"type T @key(fields: "id") { id: ID! y: Int }"#;
        accepts(&[with, more, third]);
    }

    #[test]
    fn an_interface_that_implements_another_has_its_fields() {
        let sub = "type Query { a: I } interface I { x: Int } interface J implements I { x: Int }";
        let more = "type Query { b: I } interface I { x: Int y: Int }";
        refuses(&[InterfaceFieldNoImplem], &[sub, more]);
        accepts(&[sub, "type Query { b: I } interface I { x: Int }"]);
    }

    #[test]
    fn interface_objects_give_fields_to_types_and_not_to_interfaces() {
        let object = r#"type I @interfaceObject @key(fields: "id") { id: ID! x: Int }"#;
        let a = r#"type Query { a: I } interface I @key(fields: "id") { id: ID! }
                   type T implements I @key(fields: "id") { id: ID! }"#;
        accepts(&[a, object]);
        let sub = r#"type Query { a: I } interface I @key(fields: "id") { id: ID! } interface J implements I { id: ID! }
                     type T implements I & J @key(fields: "id") { id: ID! }"#;
        refuses(&[InterfaceFieldNoImplem], &[sub, object]);
    }

    #[test]
    fn merged_fields_fit_the_interface() {
        let typed = |interface: &str, field: &str| {
            format!(
                r#"type Query {{ a: I }} interface I {{ {interface} }}
                   type T implements I @key(fields: "id") {{ id: ID! {field} @shareable }}"#
            )
        };
        let other = |field: &str| {
            format!(
                r#"type Query {{ b: T }} type T @key(fields: "id") {{ id: ID! {field} @shareable }}"#
            )
        };
        let code = [InvalidGraphql];
        let (a, b) = (typed("x: String!", "x: String!"), other("x: String"));
        refuses(&code, &[&a, &b]);
        assert_eq!(
            messages(&[&a, &b]),
            [
                "\"T.x\" of \"a\" and \"b\", merged, is of type \"String\", which is no \"String!\", as \"I.x\" is: make the \
              subgraphs agree"
            ]
        );
        refuses(
            &code,
            &[&typed("x(a: Int): Int", "x(a: Int): Int"), &other("x: Int")],
        );
        refuses(
            &code,
            &[
                &typed("x(a: Int): Int", "x(a: Int): Int"),
                &other("x(a: Int!): Int"),
            ],
        );
        accepts(&[&typed("x: String", "x: String!"), &other("x: String")]);
        accepts(&[
            &typed("x(a: Int): Int", "x(a: Int): Int"),
            &other("x(a: Int): Int"),
        ]);
    }

    #[test]
    fn merged_fields_may_be_of_subtypes() {
        accepts(&[
            "type Query { a: I } interface I { x: [S] } interface S { n: Int } type A implements S @shareable { n: Int }
             type T implements I { x: [A!]! }",
            "type Query { b: I } interface I { x: [S] } interface S { n: Int } type A implements S @shareable { n: Int }
             type U implements I { x: [S!] }",
        ]);
        refuses(
            &[InvalidGraphql],
            &[
                r#"type Query { a: I } interface I { x: A } type A @key(fields: "id") { id: ID! }
                   type T implements I @key(fields: "id") { id: ID! x: A @shareable }"#,
                r#"type Query { b: T } union U = A | B type A @key(fields: "id") { id: ID! } type B @key(fields: "id") { id: ID! }
                   type T @key(fields: "id") { id: ID! x: U @shareable }"#,
            ],
        );
    }

    #[test]
    fn inherited_interfaces_are_implemented() {
        let inherits =
            "type Query { a: I } interface I { x: Int } interface J implements I { x: Int }
                        type T implements I & J { x: Int }";
        refuses(
            &[InvalidGraphql],
            &[
                inherits,
                "interface J { x: Int } type U implements J { x: Int }",
            ],
        );
        accepts(&[
            inherits,
            "interface I { x: Int } interface J { x: Int } type U implements I & J { x: Int }",
        ]);
    }
}

mod interface_objects {
    use super::*;

    const KEYED: &str = r#"type Query { i: I } interface I @key(fields: "id") { id: ID! }
                           type T implements I @key(fields: "id") { id: ID! }"#;
    const OBJECT: &str = r#"type I @interfaceObject @key(fields: "id") { id: ID! x: Int }"#;

    #[test]
    fn an_interface_object_is_an_interface_somewhere() {
        let alone = format!("type Query {{ a: Int }} {OBJECT}");
        refuses(&[InterfaceObjectUsageError], &[&alone]);
        refuses(
            &[InterfaceObjectUsageError],
            &[&alone, &OBJECT.replace("x: Int", "y: Int")],
        );
        accepts(&[KEYED, OBJECT]);
    }

    #[test]
    fn an_interface_object_is_not_beside_its_implementations() {
        let beside =
            format!(r#"{OBJECT} type T @key(fields: "id", resolvable: false) {{ id: ID! }}"#);
        refuses(&[InterfaceObjectUsageError], &[KEYED, &beside]);
        let other =
            format!(r#"{OBJECT} type Z @key(fields: "id", resolvable: false) {{ id: ID! }}"#);
        accepts(&[KEYED, &other, r#"type Z @key(fields: "id") { id: ID! }"#]);
    }

    #[test]
    fn a_keyed_interface_is_with_all_its_implementations() {
        let another =
            r#"interface I { id: ID! } type U implements I @key(fields: "id") { id: ID! }"#;
        refuses(&[InterfaceKeyMissingImplementationType], &[KEYED, another]);
        assert_eq!(
            messages(&[KEYED, another]),
            [
                "[a] the interface \"I\" has the key \"id\", so the subgraph can be asked for any of its implementations, but does \
              not have \"U\": define what is missing there, with the interface, or say \"resolvable: false\""
            ]
        );
        refuses(
            &[InterfaceKeyMissingImplementationType],
            &[KEYED, another, OBJECT],
        );
        let unimplemented = format!(r#"{KEYED} type U @key(fields: "id") {{ id: ID! }}"#);
        refuses(
            &[InterfaceKeyMissingImplementationType],
            &[&unimplemented, another],
        );
        let unresolvable =
            KEYED.replacen(r#"fields: "id""#, r#"fields: "id", resolvable: false"#, 1);
        accepts(&[&unresolvable, another]);
    }
}

mod contexts {
    use super::*;

    #[test]
    fn an_argument_from_a_context_is_required_of_nobody() {
        let contextual = r#"type Query { t: T } type T @key(fields: "id") @context(name: "c") { id: ID! p: String! u: U! }
            type U @key(fields: "id") { id: ID! f(x: String @fromContext(field: "$c { p }")): Int @shareable }"#;
        let given = |argument: &str| {
            format!(
                r#"type Query {{ u: U }} type U @key(fields: "id") {{ id: ID! f{argument}: Int @shareable }}"#
            )
        };
        refuses(
            &[ContextualArgumentNotContextualInAllSubgraphs],
            &[contextual, &given("(x: String!)")],
        );
        accepts(&[contextual, &given("(x: String)")]);
        accepts(&[contextual, &given("(x: String! = \"x\")")]);
        accepts(&[contextual, &given("")]);
    }
}

mod list_sizes {
    use super::*;

    #[test]
    fn some_slicing_argument_is_in_the_supergraph() {
        let sized = r#"type Query { a(first: Int, last: Int): [Int] @shareable
            @listSize(slicingArguments: ["first", "last"], requireOneSlicingArgument: false) }"#;
        let other = |argument: &str| format!("type Query {{ a{argument}: [Int] @shareable }}");
        refuses(&[ListSizeInvalidSlicingArgument], &[sized, &other("")]);
        accepts(&[sized, &other("(last: Int)")]);
    }
}

mod access {
    use super::*;

    /// A field of `b` that requires `x` of `a`, as it is protected there; and the types that both have.
    fn requiring(x: &str, f: &str, selection: &str, t: &str, both: &str) -> [String; 2] {
        let ty = x.split('@').next().unwrap_or_default();
        [
            format!(
                r#"type Query {{ t: T }} type T @key(fields: "id") {{ id: ID! x: {x} }} {both}"#
            ),
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
}
