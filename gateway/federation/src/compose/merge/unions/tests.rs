use crate::compose::{HintCode, testing::merge};

#[test]
fn a_union_has_all_members() {
    let outcome = merge(&[
        (
            "a",
            "union U = X | Y type X @shareable { x: Int } type Y { y: Int } type Query { a: U }",
        ),
        (
            "b",
            "union U @tag(name: \"b\") = X type X @shareable { x: Int } type Query { b: U }",
        ),
    ]);
    assert_eq!(outcome.errors, []);
    assert_eq!(
        outcome.ty("U"),
        "union U @join__type(graph: A) @join__type(graph: B) @join__unionMember(graph: A, member: \"X\") \
         @join__unionMember(graph: B, member: \"X\") @join__unionMember(graph: A, member: \"Y\") @tag(name: \"b\") = X | Y"
    );
    assert_eq!(
        outcome.hinted(HintCode::InconsistentUnionMember),
        ["Union \"U\" has \"Y\" in \"a\", but not in \"b\": the supergraph has it."]
    );
}
