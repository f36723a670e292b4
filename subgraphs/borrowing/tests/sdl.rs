//! The committed schema is the one that the program has.

#[test]
fn the_committed_schema_is_fresh() {
    let committed = include_str!("../../../schema/borrowing.graphql");
    assert!(
        committed == borrowing::schema::sdl(),
        "schema/borrowing.graphql is stale: `cargo run -p borrowing -- sdl > schema/borrowing.graphql`, then schema/compose.sh"
    );
}
