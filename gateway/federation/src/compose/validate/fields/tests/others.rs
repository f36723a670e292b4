use super::{codes, codes_in};

#[test]
fn refuses_external_fields_that_nothing_uses() {
    let unused = |ty: &str| codes(&format!("type Query {{ book: Book }} {ty}"));
    for ty in [
        r#"type Book @key(fields: "id") { id: ID title: String @external }"#,
        r#"type Book @key(fields: "id") @external { id: ID title: String }"#,
        r#"type Book @key(fields: "id") { id: ID } extend type Book { title: String @external }"#,
        "extend type Book { title: String @external }",
    ] {
        assert_eq!(unused(ty), ["EXTERNAL_UNUSED"], "{ty}");
    }
}

#[test]
fn knows_what_uses_external_fields() {
    for ty in [
        r#"type Book @key(fields: "id") { id: ID @external title: String }"#,
        r#"type Book @key(fields: "work { id }") { work: Work } type Work { id: ID @external }"#,
        r#"type Book @key(fields: "id") { id: ID title: String @external label: String @requires(fields: "title") }"#,
        r#"type Book @key(fields: "id") { id: ID work: Work @provides(fields: "title") } type Work { title: String @external }"#,
        "type Book implements Work { id: ID title: String @external } interface Work { title: String }",
        r#"type Book @key(fields: "id") { id: ID work: Work @external label: String @requires(fields: "work { title }") }
        interface Work { title: String } type Novel implements Work { title: String @external }"#,
        r#"type Book @key(fields: "id") @context(name: "book") { id: ID title: String @external page: Page }
        type Page @key(fields: "id") { id: ID text(of: String @fromContext(field: "$book { title }")): String }"#,
        r#"extend type Book @key(fields: "id") { id: ID @external title: String }"#,
    ] {
        let told = codes(&format!("type Query {{ book: Book }} {ty}"));
        assert_eq!(told, [""; 0], "{ty}");
    }
}

#[test]
fn counts_uses_up_to_the_mistake_in_a_field_set() {
    let book = |fields: &str| {
        codes(&format!(
            r#"type Query {{ book: Book }}
            type Book @key(fields: "id") {{
                id: ID
                title: Title @external
                label: String @requires(fields: "{fields}")
            }}
            type Title {{ short: String }}"#
        ))
    };
    let unused = ["EXTERNAL_UNUSED", "REQUIRES_INVALID_FIELDS"];
    assert_eq!(book("text title { short }"), unused);
    assert_eq!(book("title { short"), unused);
    assert_eq!(book("title { short } text"), ["REQUIRES_INVALID_FIELDS"]);
    assert_eq!(book("title { text }"), ["REQUIRES_INVALID_FIELDS"]);
}

#[test]
fn refuses_external_fields_of_interfaces() {
    let told = codes("type Query { work: Work } interface Work { id: ID @external }");
    assert_eq!(told, ["EXTERNAL_ON_INTERFACE"]);
}

#[test]
fn refuses_merged_directives_on_external_fields() {
    let title = |directives: &str| {
        codes(&format!(
            r#"type Query {{ book: Book }}
            type Book @key(fields: "id") {{ id: ID title: String @external {directives} label: String @requires(fields: "title") }}"#
        ))
    };
    for merged in [
        r#"@tag(name: "x")"#,
        "@inaccessible",
        "@deprecated",
        "@cost(weight: 3)",
        "@authenticated",
    ] {
        assert!(
            title(merged).contains(&"MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL".to_owned()),
            "{merged}"
        );
    }
    assert_eq!(title("@shareable"), [""; 0]);
    let key_of_extension = codes(
        r#"type Query { book: Book }
        extend type Book @key(fields: "id") { id: ID @external @tag(name: "x") }"#,
    );
    assert_eq!(key_of_extension, [""; 0]);
}

#[test]
fn allows_shareable_once_in_a_declaration_of_an_object() {
    let code = ["INVALID_SHAREABLE_USAGE"];
    let book = |sdl: &str| codes(&format!("type Query {{ book: Book }} {sdl}"));
    assert_eq!(
        book(
            "type Book @shareable { id: ID } extend type Book @shareable { title: String @shareable }"
        ),
        [""; 0]
    );
    assert_eq!(book("type Book @shareable @shareable { id: ID }"), code);
    assert_eq!(
        book(
            "type Book @shareable { id: ID } extend type Book @shareable @shareable { title: String }"
        ),
        code
    );
    assert_eq!(book("type Book { id: ID @shareable @shareable }"), code);
    assert_eq!(book("interface Book { id: ID @shareable }"), code);
}

#[test]
fn wants_a_key_on_interface_objects() {
    let work = |key: &str| {
        codes_in(
            "v2.3",
            &format!("type Query {{ work: Work }} type Work @interfaceObject {key} {{ id: ID }}"),
        )
    };
    assert_eq!(work(r#"@key(fields: "id")"#), [""; 0]);
    assert_eq!(work(r#"@key(fields: "id", resolvable: false)"#), [""; 0]);
    assert_eq!(work(""), ["INTERFACE_OBJECT_USAGE_ERROR"]);
}

#[test]
fn refuses_overrides_where_nothing_is_resolved() {
    assert_eq!(
        codes(r#"type Query { work: Work } interface Work { id: ID @override(from: "b") }"#),
        ["OVERRIDE_ON_INTERFACE"]
    );
    assert_eq!(
        codes(
            r#"type Query { work: Work }
            type Work @interfaceObject @key(fields: "id") { id: ID title: String @override(from: "b") }"#
        ),
        ["OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE"]
    );
}

#[test]
fn survives_an_extension_marked_as_one() {
    let told = codes(
        r#"type Query { book: Book }
        extend type Book @extends @key(fields: "id") { id: ID @external title: String }"#,
    );
    assert_eq!(told, [""; 0]);
}
