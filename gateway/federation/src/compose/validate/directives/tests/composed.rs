use super::*;

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
