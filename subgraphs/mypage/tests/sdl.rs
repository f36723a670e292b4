//! The committed schema is the served one.

#[test]
fn the_exported_schema_is_fresh() {
    let committed = include_str!("../../../schema/mypage.graphql");
    assert!(
        committed == mypage::sdl(),
        "schema/mypage.graphql is stale: run `cargo run -p mypage -- sdl > schema/mypage.graphql`, then schema/compose.sh"
    );
}
