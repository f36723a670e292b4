use super::*;

const OPTIONAL: &str = "x(a: Int): Int @external";

/// Subgraphs that resolve `T.x`, one that requires it, and perhaps a third one.
fn subgraphs(resolved: &str, declared: &str, fields: &str, third: &str) -> Vec<String> {
    let entity = |fields: &str| format!("type T @key(fields: \"id\") {{ id: ID {fields} }}");
    let requiring = format!("{declared} y: Int @requires(fields: \"{fields}\")");
    let mut all = vec![
        format!("type Query {{ t: T }} {}", entity(resolved)),
        entity(&requiring),
    ];
    if !third.is_empty() {
        all.push(entity(third));
    }
    all
}

fn strings(all: &[String]) -> Vec<&str> {
    all.iter().map(String::as_str).collect()
}

#[test]
fn what_is_needed_is_given() {
    for (resolved, fields) in [
        ("x(a: Int): Int", "x"),
        ("x(a: Int): Int", "x(a: 1)"),
        ("x(a: Int!): Int", "x(a: 1)"),
        ("x: Int", "x"),
    ] {
        accepts(&strings(&subgraphs(resolved, OPTIONAL, fields, "")));
    }
    let default = subgraphs(
        "x(a: Int! = 3): Int",
        "x(a: Int = 3): Int @external",
        "x",
        "",
    );
    accepts(&strings(&default));
    refuses(
        &[RequiresInvalidFields],
        &strings(&subgraphs("x(a: Int!): Int", OPTIONAL, "x", "")),
    );
}

#[test]
fn what_is_given_is_known() {
    refuses(
        &[RequiresInvalidFields],
        &strings(&subgraphs("x: Int", OPTIONAL, "x(a: 1)", "")),
    );
    let resolved = "x(a: Int): Int @shareable";
    refuses(
        &[RequiresInvalidFields],
        &strings(&subgraphs(
            resolved,
            OPTIONAL,
            "x(a: 1)",
            "x: Int @shareable",
        )),
    );
    accepts(&strings(&subgraphs(
        resolved,
        OPTIONAL,
        "x",
        "x: Int @shareable",
    )));
}

#[test]
fn deeper_fields_count() {
    let resolving = r#"type Query { t: T } type T @key(fields: "id") { id: ID o: O }
        type O @shareable { x(a: Int!): Int }"#;
    let requiring = |fields: &str| {
        format!(
            r#"type T @key(fields: "id") {{ id: ID o: O @external y: Int @requires(fields: "o {{ {fields} }}") }}
            type O @shareable {{ x(a: Int): Int }}"#
        )
    };
    accepts(&[resolving, &requiring("x(a: 2)")]);
    refuses(&[RequiresInvalidFields], &[resolving, &requiring("x")]);
}
