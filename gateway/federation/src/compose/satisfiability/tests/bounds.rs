//! Work.

use super::{check, check_within, codes};
use crate::{
    Supergraph,
    compose::{ErrorCode, report::Report},
};

/// Value types of which each subgraph has another part, one within the other in all orders.
fn maze(subgraphs: usize, types: usize) -> Vec<String> {
    (0..subgraphs)
        .map(|place| {
            let mut sdl = "type Query { v0: V0 @shareable }".to_owned();
            for ty in 0..types {
                let fields: Vec<_> = (0..types)
                    .filter(|other| (ty * 7 + other * 3 + place) % subgraphs != 0)
                    .map(|other| format!("to{other}: V{other} @shareable"))
                    .collect();
                sdl.extend([
                    &format!(" type V{ty} {{ x: Int @shareable "),
                    &fields.join(" "),
                    " }",
                ]);
            }
            sdl
        })
        .collect()
}

/// Subgraphs whose keys are nested: of two types, each within the other.
fn ring(subgraphs: usize) -> Vec<String> {
    (0..subgraphs)
        .map(|place| {
            let root = if place == 0 { "type Query { t: T }" } else { "" };
            let next = (place + 1) % subgraphs;
            format!(
                "{root} type T @key(fields: \"u {{ k{next} }}\") {{ u: U @shareable x{place}: Int x{next}: Int @external }}
                 type U @key(fields: \"t {{ x{next} }}\") {{ t: T @shareable k{place}: ID! k{next}: ID! @external }}"
            )
        })
        .collect()
}

#[test]
fn when_the_steps_run_out_it_is_said() {
    let sdls = [
        "type Query { t: T } type T @key(fields: \"id\") { id: ID! }",
        "type T @key(fields: \"id\") { id: ID! x: Int }",
    ];
    assert!(check(&sdls, 1_000).is_ok());
    let codes = codes(check(&sdls, 3));
    assert_eq!(codes, [ErrorCode::MaxValidationSubgraphPathsExceeded]);
}

#[test]
fn a_place_with_more_ways_is_not_walked_again() {
    let maze = maze(6, 12);
    let sdls: Vec<_> = maze.iter().map(String::as_str).collect();
    let codes = codes(check(&sdls, 30_000));
    assert_eq!(codes, [ErrorCode::SatisfiabilityError]);
}

#[test]
fn keys_within_keys_are_found_without_trying_all_orders() {
    // To each next subgraph's key the one before it leads, through a type of another subgraph each time.
    let sdls = ring(8);
    let sdls: Vec<_> = sdls.iter().map(String::as_str).collect();
    assert!(check(&sdls, 120_000).is_ok());
}

#[test]
fn a_large_schema_takes_few_steps() {
    let shape = federation_testing::Shape {
        subgraphs: 20,
        types: 400,
        seed: 1,
    };
    let supergraph = Supergraph::parse(&shape.make().sdl).expect("a supergraph");
    let mut report = Report::default();
    check_within(40_000, &[], &supergraph, &mut report);
    assert_eq!(report.check(), Ok(()));
}

#[test]
fn what_is_too_deep_is_not_called_unsatisfiable() {
    let chain = |length: usize| {
        [0, 1].map(|place| {
            let fields: Vec<_> = (0..length)
                .map(|field| match (field % 2 == place, field + 1 == length) {
                    (true, true) => format!("f{field}: Int"),
                    (true, false) => format!("f{field}: Int @requires(fields: \"f{}\")", field + 1),
                    (false, _) if field > 0 => format!("f{field}: Int @external"),
                    (false, _) => String::new(),
                })
                .collect();
            let root = if place == 0 {
                "type Query { t: T }"
            } else {
                ""
            };
            format!(
                "{root} type T @key(fields: \"id\") {{ id: ID! {} }}",
                fields.join(" ")
            )
        })
    };
    assert!(check(&chain(40).each_ref().map(String::as_str), 100_000).is_ok());
    let codes = codes(check(&chain(200).each_ref().map(String::as_str), 100_000));
    assert_eq!(codes, [ErrorCode::MaxValidationSubgraphPathsExceeded]);
}
