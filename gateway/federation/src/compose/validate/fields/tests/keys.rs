use super::{codes, codes_in, codes_of_federation_1, errors};

/// The codes for a key on a type with some fields of all kinds.
fn key(fields: &str) -> Vec<String> {
    codes(&format!(
        "type Query {{ book: Book }}
        type Book @key(fields: {fields}) {{
            id: ID
            number(system: String): ID
            publisher: Publisher
            tags: [ID]
            rows: [Publisher]
            medium: Medium
            work: Work
        }}
        type Publisher {{ id: ID city: String place(of: Int): String }}
        type Print {{ pages: Int }}
        union Medium = Print
        interface Work {{ id: ID }}
        type Novel implements Work {{ id: ID }}"
    ))
}

#[test]
fn accepts_fields_of_objects() {
    for fields in [
        r#""id""#,
        r#""{ id }""#,
        r#""id, tags""#,
        r#""id publisher { id city }""#,
        r#""rows { id }""#,
        r#""publisher { id } publisher { city }""#,
        r#""... on Book { id }""#,
        r#""... { id __typename }""#,
        r#""""id # a comment
        tags""""#,
    ] {
        assert_eq!(key(fields), [""; 0], "{fields}");
    }
}

#[test]
fn refuses_what_is_no_string() {
    for fields in ["1", "true", "id", "null", r#"["id"]"#] {
        assert_eq!(key(fields), ["KEY_INVALID_FIELDS_TYPE"], "{fields}");
    }
}

#[test]
fn refuses_what_is_no_selection_of_existing_fields() {
    for fields in [
        r#""""#,
        r#""id {""#,
        r#""id # comment""#,
        r#""id } { id""#,
        r#""{ id } fragment F on Book { id }""#,
        r#""publisher {}""#,
        r#""title""#,
        r#""__schema""#,
        r#""publisher { name }""#,
        r#""publisher""#,
        r#""id { id }""#,
        r#""isbn: id""#,
        r#""...Identity""#,
        r#""id ... on Nothing { id }""#,
        r#""id ... on Publisher { id }""#,
        r#""id ... on ID { id }""#,
        r#""id @unknown""#,
        r#""id(of: 1)""#,
    ] {
        assert_eq!(key(fields), ["KEY_INVALID_FIELDS"], "{fields}");
    }
}

#[test]
fn refuses_directives() {
    for fields in [
        r#""id @my""#,
        r#""id @skip(if: true)""#,
        r#""id @shareable""#,
        r#""... @my { id }""#,
        r#""publisher { id @my }""#,
    ] {
        assert_eq!(key(fields), ["KEY_DIRECTIVE_IN_FIELDS_ARG"], "{fields}");
    }
}

#[test]
fn refuses_arguments() {
    for fields in [
        r#""number""#,
        r#""number(system: \"ISBN\")""#,
        r#""id publisher { place }""#,
    ] {
        assert_eq!(key(fields), ["KEY_FIELDS_HAS_ARGS"], "{fields}");
    }
}

#[test]
fn refuses_abstract_types() {
    for fields in [
        r#""medium { ... on Print { pages } }""#,
        r#""medium { __typename }""#,
        r#""work { id }""#,
        r#""medium""#,
        r#""id work { title }""#,
    ] {
        assert_eq!(key(fields), ["KEY_FIELDS_SELECT_INVALID_TYPE"], "{fields}");
    }
}

#[test]
fn reports_each_key_on_its_own() {
    let told = codes(
        r#"type Query { book: Book }
        type Book @key(fields: "id {") @key(fields: "id") @key(fields: 2) @key(fields: "id @my") { id: ID }"#,
    );
    assert_eq!(
        told,
        [
            "KEY_INVALID_FIELDS",
            "KEY_INVALID_FIELDS_TYPE",
            "KEY_DIRECTIVE_IN_FIELDS_ARG"
        ]
    );
}

#[test]
fn shortens_long_keys_in_messages() {
    let long = "title ".repeat(10_000);
    let told = errors(&format!(
        r#"type Query {{ book: Book }} type Book @key(fields: "{long}") {{ id: ID }}"#
    ));
    let [(_, message)] = told.as_slice() else {
        panic!("{} errors", told.len());
    };
    assert!(message.chars().count() < 400, "{message}");
}

#[test]
fn survives_deep_keys() {
    let depth = 2000;
    let deep = format!("{}id{}", "up { ".repeat(depth), " }".repeat(depth));
    let told = codes(&format!(
        r#"type Query {{ book: Book }} type Book @key(fields: "{deep}") {{ id: ID up: Book }}"#
    ));
    assert_eq!(told, ["KEY_INVALID_FIELDS"]);
}

const WORK: &str = r#"type Query { work: Work }
    interface Work @key(fields: "id") { id: ID }
    type Novel implements Work @key(fields: "id") { id: ID }"#;

#[test]
fn knows_since_when_interfaces_have_keys() {
    assert_eq!(codes_in("v2.3", WORK), [""; 0]);
    assert_eq!(codes_in("v2.2", WORK), ["KEY_UNSUPPORTED_ON_INTERFACE"]);
    assert_eq!(
        codes_of_federation_1(
            r#"type Query { work: Work }
            interface Work @key(fields: "isbn") { id: ID }
            type Novel implements Work { id: ID }"#
        ),
        [""; 0]
    );
}

/// The codes for a key of an interface and the directives of its implementation.
fn implementation(interface: &str, novel: &str) -> Vec<String> {
    codes(&format!(
        "type Query {{ work: Work }}
        interface Work @key(fields: {interface}) {{ id: ID place: Place }}
        type Place {{ shelf: Int row: Int }}
        type Novel implements Work {novel} {{ id: ID place: Place }}"
    ))
}

#[test]
fn wants_an_interfaces_key_on_its_implementations() {
    let code = ["INTERFACE_KEY_NOT_ON_IMPLEMENTATION"];
    let key = r#""id, place { shelf row }""#;
    for same in [
        r#"@key(fields: "id place { shelf row }")"#,
        r#"@key(fields: "place { row shelf } id")"#,
        r#"@key(fields: "id") @key(fields: "{ id place { row } place { shelf } }")"#,
    ] {
        assert_eq!(implementation(key, same), [""; 0], "{same}");
    }
    for other in [
        "",
        r#"@key(fields: "id")"#,
        r#"@key(fields: "id place { row }")"#,
    ] {
        assert_eq!(implementation(key, other), code, "{other}");
    }
}

#[test]
fn wants_a_resolvable_key_resolvable_on_implementations() {
    let unresolvable = r#"@key(fields: "id", resolvable: false)"#;
    assert_eq!(
        implementation(r#""id""#, unresolvable),
        ["INTERFACE_KEY_NOT_ON_IMPLEMENTATION"]
    );
    assert_eq!(
        implementation(r#""id", resolvable: false"#, unresolvable),
        [""; 0]
    );
}

#[test]
fn reads_keys_of_federation_1() {
    let key = |fields: &str| {
        codes_of_federation_1(&format!(
            "type Query {{ book: Book }} type Book @key(fields: {fields}) {{ id: ID title: String }}"
        ))
    };
    assert_eq!(key(r#""id title""#), [""; 0]);
    assert_eq!(key(r#""isbn""#), ["KEY_INVALID_FIELDS"]);
}
