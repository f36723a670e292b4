//! The committed schema is the one the code has.

#[test]
fn the_committed_schema_is_fresh() {
    assert_eq!(
        user::schema::sdl(),
        include_str!("../../../schema/user.graphql"),
        "schema/user.graphql is stale; refresh it: cargo run -p user -- sdl > schema/user.graphql"
    );
}
