use super::{codes, codes_of_federation_1};

/// The codes for a field that requires something of a type with external fields of all kinds.
fn requires(fields: &str) -> Vec<String> {
    codes(&format!(
        r#"type Query {{ parcel: Parcel }}
        type Parcel @key(fields: "id") {{
            id: ID
            own: Int
            weight(unit: Unit, exact: Boolean): Float @external
            cost(rate: Int!): Float @external
            box: Box @external
            label: Label
            content: Content
            thing: Thing @external
            price: Int @requires(fields: {fields})
            all: Int @requires(fields: "weight cost(rate: 1) box {{ size }} thing {{ __typename }}")
        }}
        enum Unit {{ KG LB }}
        type Box {{ size: Int }}
        type Label @key(fields: "id") {{ id: ID text: String @external }}
        interface Content {{ value: Int maker: Maker }}
        type Book implements Content @key(fields: "id") {{ id: ID value: Int @external maker: Maker @external }}
        type Maker {{ name: String }}
        union Thing = Box | Label
        type Bin {{ label: Label @provides(fields: "text") }}"#
    ))
}

#[test]
fn accepts_what_is_external_somewhere_on_the_way() {
    for fields in [
        r#""weight""#,
        r#""weight(unit: KG)""#,
        r#""box { size }""#,
        r#""label { text }""#,
        r#""box { size } label { text } weight(unit: LB, exact: true)""#,
        r#""content { ... on Book { value } }""#,
        r#""content { maker { name } }""#,
        r#""thing { __typename ... on Box { size } }""#,
        r#""cost(rate: 3)""#,
    ] {
        assert_eq!(requires(fields), [""; 0], "{fields}");
    }
}

#[test]
fn refuses_to_require_what_the_subgraph_resolves() {
    for fields in [
        r#""own""#,
        r#""id""#,
        r#""__typename""#,
        r#""label { id }""#,
        r#""content { value }""#,
        r#""content { __typename ... on Book { value } }""#,
        r#""content { ... on Book { id } }""#,
    ] {
        assert_eq!(
            requires(fields),
            ["REQUIRES_FIELDS_MISSING_EXTERNAL"],
            "{fields}"
        );
    }
}

#[test]
fn refuses_malformed_requirements() {
    for fields in ["1", "weight", "null", r#"["weight"]"#] {
        assert_eq!(
            requires(fields),
            ["REQUIRES_INVALID_FIELDS_TYPE"],
            "{fields}"
        );
    }
    for fields in [
        r#""weight {""#,
        r#""size""#,
        r#""box { weight }""#,
        r#""box""#,
        r#""w: weight""#,
        r#""weight @unknown""#,
        r#""thing { size }""#,
        r#""weight(rate: 1)""#,
        r#""weight(unit: GRAM)""#,
        r#""weight(exact: \"yes\")""#,
        r#""weight(unit: $unit)""#,
        r#""cost""#,
    ] {
        assert_eq!(requires(fields), ["REQUIRES_INVALID_FIELDS"], "{fields}");
    }
    assert_eq!(
        requires(r#""weight @my""#),
        ["REQUIRES_DIRECTIVE_IN_FIELDS_ARG"]
    );
}

#[test]
fn knows_key_fields_of_extensions_as_resolved() {
    let told = codes(
        r#"type Query { parcels: [Parcel] @provides(fields: "id") }
        extend type Parcel @key(fields: "id { code }") {
            id: Id @external
            size: Int @requires(fields: "id { code }")
        }
        extend type Id { code: Int @external }"#,
    );
    assert_eq!(
        told,
        [
            "PROVIDES_INVALID_FIELDS",
            "REQUIRES_FIELDS_MISSING_EXTERNAL"
        ]
    );
}

#[test]
fn refuses_requirements_and_provisions_of_interfaces() {
    let told = codes(
        r#"type Query { content: Content }
        interface Content { value: Int @requires(fields: "weight") weight: Int box: Box @provides(fields: "size") }
        type Box { size: Int }"#,
    );
    assert_eq!(
        told,
        [
            "REQUIRES_UNSUPPORTED_ON_INTERFACE",
            "PROVIDES_UNSUPPORTED_ON_INTERFACE"
        ]
    );
}

/// The codes for a field that provides something of a type.
fn provides(ty: &str, fields: &str) -> Vec<String> {
    codes(&format!(
        r#"type Query {{ one: {ty} @provides(fields: {fields}) all: Parcel @provides(fields: "weight box {{ size }}") }}
        type Parcel implements Content @key(fields: "id") {{
            id: ID
            weight: Float @external
            box: Box @external
            volume(unit: Int): Float @external
            value: Int @external
        }}
        type Box {{ size: Int }}
        enum Unit {{ KG LB }}
        interface Content {{ value: Int volume(unit: Int): Float }}
        union Thing = Box | Parcel"#
    ))
}

#[test]
fn accepts_provisions_of_external_fields() {
    for (ty, fields) in [
        ("Parcel", r#""weight""#),
        ("[Parcel!]!", r#""{ weight box { size } }""#),
        ("Content", r#""... on Parcel { value }""#),
        ("Thing", r#""... on Parcel { weight }""#),
    ] {
        assert_eq!(provides(ty, fields), [""; 0], "{ty} {fields}");
    }
}

#[test]
fn refuses_provisions_that_cannot_be() {
    for (ty, fields, code) in [
        ("Parcel", "1", "PROVIDES_INVALID_FIELDS_TYPE"),
        ("Parcel", r#"["weight"]"#, "PROVIDES_INVALID_FIELDS_TYPE"),
        ("Parcel", r#""size""#, "PROVIDES_INVALID_FIELDS"),
        ("Parcel", r#""weight {""#, "PROVIDES_INVALID_FIELDS"),
        ("Parcel", r#""box""#, "PROVIDES_INVALID_FIELDS"),
        ("Thing", r#""weight""#, "PROVIDES_INVALID_FIELDS"),
        (
            "Parcel",
            r#""weight @my""#,
            "PROVIDES_DIRECTIVE_IN_FIELDS_ARG",
        ),
        ("Parcel", r#""volume""#, "PROVIDES_FIELDS_HAS_ARGS"),
        ("Parcel", r#""id""#, "PROVIDES_FIELDS_MISSING_EXTERNAL"),
        (
            "Parcel",
            r#""__typename""#,
            "PROVIDES_FIELDS_MISSING_EXTERNAL",
        ),
        ("Content", r#""value""#, "PROVIDES_FIELDS_MISSING_EXTERNAL"),
        ("Int", r#""value""#, "PROVIDES_ON_NON_OBJECT_FIELD"),
        ("Unit", r#""value""#, "PROVIDES_ON_NON_OBJECT_FIELD"),
    ] {
        let told = provides(ty, fields);
        assert!(
            told.iter().all(|one| one == code) && !told.is_empty(),
            "{ty} {fields}: {told:?}"
        );
    }
}

#[test]
fn refuses_to_provide_in_an_external_field() {
    let told = codes(
        r#"type Query { parcel: Parcel }
        type Parcel @key(fields: "id") { id: ID box: Box @external @provides(fields: "size") }
        type Box { size: Int @external }"#,
    );
    assert_eq!(told, ["EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE"]);
}

#[test]
fn leaves_alone_what_federation_1_ignored() {
    let told = codes_of_federation_1(
        r#"type Query { parcel: Parcel @provides(fields: "weight") count: Int @provides(fields: "x") }
        type Parcel @key(fields: "id") { id: ID weight: Int price: Int @requires(fields: "weight") }
        interface Content { value: Int @requires(fields: "x") parcel: Parcel @provides(fields: "x") }"#,
    );
    assert_eq!(told, [""; 0]);
    let told = codes_of_federation_1(
        r#"type Query { parcel: Parcel @provides(fields: "size") }
        type Parcel @key(fields: "id") { id: ID price: Int @requires(fields: "weight") }"#,
    );
    assert_eq!(told, ["PROVIDES_INVALID_FIELDS", "REQUIRES_INVALID_FIELDS"]);
}
