use super::*;

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
        found(&[sdl]).messages(),
        [
            "[a] @login is on the interface's field \"I.x\": protect that field in the types that implement the interface instead"
        ]
    );
    assert_eq!(found(&[sdl]).errors[0].locations[0].line, 4);
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
