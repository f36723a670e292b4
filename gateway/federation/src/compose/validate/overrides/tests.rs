use crate::compose::testing::{Stage, compose};

const ENTITY: &str = "type T @key(fields: \"id\")";

/// The codes of errors, or else of hints, of subgraphs `a`, `b`, ….
fn codes<const N: usize>(sdl: [&str; N]) -> Vec<String> {
    let (errors, hints) = check(sdl);
    if errors.is_empty() {
        hints.into_iter().map(|(code, _)| code).collect()
    } else {
        errors.into_iter().map(|(code, _)| code).collect()
    }
}

type Told = Vec<(String, String)>;

fn check<const N: usize>(sdl: [&str; N]) -> (Told, Told) {
    let sdl: Vec<_> = sdl
        .iter()
        .zip('a'..)
        .map(|(sdl, name)| format!("type Query {{ {name}: Int }} {sdl}"))
        .collect();
    let sdl: Vec<_> = sdl.iter().map(String::as_str).collect();
    let found = compose(Stage::Validate, &sdl);
    let errors = found.errors.into_iter();
    let hints = found.hints.into_iter();
    (
        errors
            .map(|error| (error.code.to_string(), error.message))
            .collect(),
        hints
            .map(|hint| (hint.code.to_string(), hint.message))
            .collect(),
    )
}

fn entity(fields: &str) -> String {
    format!("{ENTITY} {{ id: ID {fields} }}")
}

/// Of an override in `a` and another field in `b`.
fn pair(overriding: &str, source: &str) -> Vec<String> {
    codes([&entity(overriding), &entity(source)])
}

#[test]
fn tells_what_is_left_over() {
    let overriding = r#"w: Int @override(from: "b")"#;
    assert_eq!(
        pair(overriding, "w: Int"),
        ["OVERRIDDEN_FIELD_CAN_BE_REMOVED"]
    );
    assert_eq!(pair(overriding, ""), ["OVERRIDE_DIRECTIVE_CAN_BE_REMOVED"]);
    assert_eq!(
        pair(
            overriding,
            r#"w: Int @external c: Int @requires(fields: "w")"#
        ),
        ["OVERRIDE_DIRECTIVE_CAN_BE_REMOVED"]
    );
    assert_eq!(
        pair(r#"w: Int @override(from: "b", label: "x")"#, "w: Int"),
        ["OVERRIDE_MIGRATION_IN_PROGRESS"]
    );
}

#[test]
fn says_whether_the_source_still_needs_the_field() {
    let key = |overriding: &str| {
        let overriding = format!("{ENTITY} {{ {overriding} }}");
        check([&overriding, &entity("")]).1.remove(0).1
    };
    assert!(key(r#"id: ID @override(from: "b")"#).contains("still use it"));
    let (_, hints) = check([&entity(r#"w: Int @override(from: "b")"#), &entity("w: Int")]);
    assert_eq!(
        hints[0].1,
        r#"[a] @override of "T.w" has replaced the field of subgraph "b"; remove it from there"#
    );
}

#[test]
fn suggests_a_subgraph_for_an_unknown_one() {
    let (errors, hints) = check([&entity(r#"w: Int @override(from: "B")"#), &entity("")]);
    assert_eq!(errors, []);
    assert_eq!(hints[0].0, "FROM_SUBGRAPH_DOES_NOT_EXIST");
    assert!(
        hints[0].1.ends_with("did you mean \"b\"?"),
        "{}",
        hints[0].1
    );
    let (_, hints) = check([&entity(r#"w: Int @override(from: "inventory")"#)]);
    assert!(
        hints[0].1.ends_with("or correct the name"),
        "{}",
        hints[0].1
    );
}

#[test]
fn refuses_to_override_itself() {
    let sdl = entity(r#"w: Int @override(from: "a")"#);
    assert_eq!(codes([&sdl]), ["OVERRIDE_FROM_SELF_ERROR"]);
}

#[test]
fn refuses_chains_and_circles() {
    let code = "OVERRIDE_SOURCE_HAS_OVERRIDE";
    assert_eq!(
        pair(
            r#"w: Int @override(from: "b")"#,
            r#"w: Int @override(from: "a")"#
        ),
        [code, code]
    );
    let chain = codes([
        &entity(r#"w: Int @override(from: "b")"#),
        &entity(r#"w: Int @override(from: "c")"#),
        &entity("w: Int"),
    ]);
    assert_eq!(chain, [code]);
}

#[test]
fn refuses_what_does_not_go_together() {
    let code = ["OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE"];
    let overriding = r#"w: Int v: Int @override(from: "b")"#;
    let requiring = r#"w: Int @external v: Int @requires(fields: "w")"#;
    assert_eq!(pair(overriding, requiring), code);
    let own_requiring = r#"w: Int @external v: Int @override(from: "b") @requires(fields: "w")"#;
    assert_eq!(
        pair(own_requiring, "v: Int"),
        ["OVERRIDDEN_FIELD_CAN_BE_REMOVED"]
    );
    let external = r#"w: Int @override(from: "b") @external c: Int @requires(fields: "w")"#;
    assert_eq!(pair(external, "w: Int"), code);
    let providing = format!(
        "{} type V {{ x: Int @external }}",
        entity(r#"v: V @provides(fields: "x")"#)
    );
    let provided = format!(
        "{} type V {{ y: Int }}",
        entity(r#"v: V @override(from: "b")"#)
    );
    assert_eq!(codes([&provided, &providing]), code);
}

#[test]
fn refuses_to_override_one_implementation_of_an_interface_object() {
    let implementation = r#"
        interface I @key(fields: "id") { id: ID }
        type T implements I @key(fields: "id") { id: ID w: Int @override(from: "b") }"#;
    let object = |field: &str| {
        format!(r#"type I @interfaceObject @key(fields: "id") {{ id: ID {field}: Int }}"#)
    };
    assert_eq!(
        codes([implementation, &object("w")]),
        ["OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE"]
    );
    assert_eq!(
        codes([implementation, &object("v")]),
        ["OVERRIDE_DIRECTIVE_CAN_BE_REMOVED"]
    );
}

#[test]
fn knows_the_forms_of_labels() {
    let label = |label: &str| {
        let overriding = format!(r#"w: Int @override(from: "b", label: "{label}")"#);
        pair(&overriding, "w: Int").remove(0)
    };
    for good in [
        "x",
        "foo.bar-x:1/2_3",
        "percent(0)",
        "percent(05)",
        "percent(99.99999999)",
        "percent(100)",
    ] {
        assert_eq!(label(good), "OVERRIDE_MIGRATION_IN_PROGRESS", "{good}");
    }
    for bad in [
        "1a",
        "a b",
        "ä",
        "percent(101)",
        "percent(100.0)",
        "percent(.5)",
        "percent(1.)",
        "percent(1.123456789)",
        "percent(-1)",
        "percent()",
        "percent(5",
    ] {
        assert_eq!(label(bad), "OVERRIDE_LABEL_INVALID", "{bad}");
    }
    assert_eq!(label(""), "OVERRIDDEN_FIELD_CAN_BE_REMOVED");
}
