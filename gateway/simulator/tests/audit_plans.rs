//! The plan of every operation of the federation audit passes the checker, and none is cheaper.

use std::{fmt::Write as _, fs, path::Path};

use apollo_compiler::ExecutableDocument;
use federation::{PlanOptions, Planner, Supergraph};
use serde_json::Value;
use simulator::{
    check::{Cheapest, Checker},
    sdl::Subgraph,
};

const SUITES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/audit/suites");

#[test]
fn every_plan_of_the_audit_is_right() {
    let mut wrong = String::new();
    let (mut checked, mut refused, mut compared) = (0, 0, 0);
    let mut suites: Vec<_> = fs::read_dir(SUITES)
        .expect("the audit's suites")
        .map(|one| one.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    suites.sort();
    for suite in suites {
        let sdl = fs::read_to_string(suite.join("supergraph.graphql")).expect("a supergraph");
        let supergraph = Supergraph::parse(&sdl).expect("a supergraph");
        let subgraphs = subgraphs(&suite.join("subgraphs"));
        let checker = Checker::new(&supergraph, &subgraphs);
        let planner = Planner::new(&supergraph);
        let tests = fs::read_to_string(suite.join("tests.json")).expect("tests");
        let tests: Vec<Value> = serde_json::from_str(&tests).expect("JSON");
        for test in tests {
            let query = test["query"].as_str().expect("a query");
            let schema = supergraph.api_schema();
            // Some are there to be refused.
            let parsed = ExecutableDocument::parse_and_validate(schema, query, "query.graphql");
            let Ok(document) = parsed else {
                assert_eq!(test["expected"]["errors"], true, "{query}");
                refused += 1;
                continue;
            };
            let operation = document.operations.get(None).expect("one operation");
            let options = PlanOptions::default();
            let plan = planner
                .plan(&document, operation, &options)
                .expect("a plan");
            checked += 1;
            let name = suite.file_name().unwrap_or_default().to_string_lossy();
            let found = match checker.check(&document, operation, &options, &plan) {
                Err(faults) => {
                    let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
                    faults.join("\n  ")
                }
                Ok(_) => match checker.cheapest(&document, operation, &options, &plan) {
                    Cheapest::Same => {
                        compared += 1;
                        continue;
                    }
                    Cheapest::OutOfBounds => continue,
                    Cheapest::Cheaper(rounds) => format!("cheaper: {rounds:?}"),
                    Cheapest::Unanswerable => "the search has found no plan".to_owned(),
                },
            };
            let plan = plan.to_text();
            let _ = writeln!(wrong, "{name}: {query}\n{plan}\n  {found}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    println!(
        "{checked} plans are right, {compared} of them the cheapest that trying everything finds"
    );
    assert_eq!(checked + refused, 98);
    // One has more ways to read shared fields than the search tries.
    assert_eq!(compared, 95);
}

fn subgraphs(folder: &Path) -> Vec<Subgraph> {
    let files = fs::read_dir(folder).expect("subgraphs");
    files
        .map(|one| {
            let path = one.expect("an entry").path();
            let name = path
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            let sdl = fs::read_to_string(&path).expect("SDL");
            Subgraph::parse(&name, &sdl).expect("a subgraph")
        })
        .collect()
}
