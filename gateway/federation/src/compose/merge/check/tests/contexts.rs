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
