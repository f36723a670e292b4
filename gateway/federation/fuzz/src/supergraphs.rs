//! The fixed supergraphs that the `operation` target plans over, and operations over them to begin with.

macro_rules! suites {
    ($($name:literal),*) => {
        &[$((
            include_str!(concat!("../../../tests/audit/suites/", $name, "/supergraph.graphql")),
            include_str!(concat!("../../../tests/audit/suites/", $name, "/tests.json")),
        )),*]
    };
}

const FIXTURES: &[&str] = &[
    include_str!("../../tests/fixtures/shop.graphql"),
    include_str!("../../tests/fixtures/catalog.graphql"),
    include_str!("../../../../schema/supergraph.graphql"),
];

/// The federation audit's supergraphs, each with its test cases (JSON).
const SUITES: &[(&str, &str)] = suites![
    "child-type-mismatch",
    "complex-entity-call",
    "enum-intersection",
    "fed1-external-extends",
    "fed2-external-extension",
    "include-skip",
    "interface-object-indirect-extension",
    "mysterious-external",
    "nested-provides",
    "node",
    "override-type-interface",
    "parent-entity-call",
    "partial-union",
    "provides-on-union",
    "requires-interface",
    "requires-requires",
    "requires-with-argument",
    "shared-root",
    "simple-entity-call",
    "simple-inaccessible",
    "simple-interface-object",
    "simple-override",
    "simple-requires-provides",
    "union-intersection"
];

/// All of them; the first byte of the target's input is an index into this.
pub fn all() -> impl Iterator<Item = &'static str> {
    let suites = SUITES.iter().map(|(sdl, _)| *sdl);
    FIXTURES.iter().copied().chain(suites)
}

/// Operations, each with the index of its supergraph.
pub fn operations() -> Vec<(usize, String)> {
    let mut all = Vec::new();
    for (index, (_, tests)) in SUITES.iter().enumerate() {
        let tests: serde_json::Value = serde_json::from_str(tests).unwrap_or_default();
        let queries = tests.as_array().into_iter().flatten();
        for query in queries.filter_map(|test| test["query"].as_str()) {
            all.push((FIXTURES.len() + index, query.to_owned()));
        }
    }
    all
}
