use super::*;

#[test]
fn what_implements_an_interface_has_the_fields_that_other_subgraphs_add() {
    let more =
        "type Query { b: I } interface I { x: Int y: Int } type U implements I { x: Int y: Int }";
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
    let inherits = "type Query { a: I } interface I { x: Int } interface J implements I { x: Int }
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
