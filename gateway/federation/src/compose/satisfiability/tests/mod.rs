//! Accepted and refused by the same verdict that Apollo's composition gives, if not said otherwise.

mod abstract_types;
mod bounds;
mod keys;
mod labels;
mod messages;
mod paths;
mod requires;

use super::check_within;
use crate::{
    Supergraph,
    compose::{
        CompositionErrors, ErrorCode, Hint, SubgraphSchema, compose, merge, report::Report,
        subgraph,
    },
};

const LINK: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requires",
    "@provides", "@external", "@shareable", "@override", "@inaccessible", "@interfaceObject", "@context", "@fromContext"])"#;

/// Subgraphs a, b, c, …, with the usual link if they have none.
fn sources(sdls: &[&str]) -> Vec<SubgraphSchema> {
    ('a'..)
        .zip(sdls)
        .map(|(name, sdl)| SubgraphSchema {
            name: name.to_string(),
            url: format!("http://{name}.invalid"),
            sdl: if sdl.starts_with("extend schema") {
                (*sdl).to_owned()
            } else {
                format!("{LINK}\n{sdl}")
            },
            origin: format!("{name}.graphql"),
        })
        .collect()
}

fn errors(sdls: &[&str]) -> CompositionErrors {
    compose(&sources(sdls)).expect_err("this is not satisfiable")
}

/// Whether they compose; the hints of this stage.
fn accept(sdls: &[&str]) -> Vec<Hint> {
    match compose(&sources(sdls)) {
        Ok(composition) => composition.hints,
        Err(errors) => panic!("{errors}"),
    }
}

/// Whether exactly these fields (or types) cannot be resolved.
fn refuse(sdls: &[&str], coordinates: &[&str]) {
    let errors = errors(sdls);
    let mut found = Vec::new();
    for error in errors.errors() {
        assert_eq!(error.code, ErrorCode::SatisfiabilityError, "{errors}");
        let coordinate = error.message.split('"').nth(1);
        found.push(coordinate.expect("a coordinate in quotes"));
    }
    found.sort_unstable();
    found.dedup();
    assert_eq!(found, coordinates, "{errors}");
}

/// Only this stage, with as many steps as are given.
fn check(sdls: &[&str], steps: u64) -> Result<(), CompositionErrors> {
    let mut report = Report::default();
    let subgraphs = subgraph::load(&sources(sdls), &mut report);
    let merged = merge::merge(&subgraphs, &mut report);
    report.check()?;
    let supergraph = Supergraph::parse(&merged.to_string()).expect("a supergraph");
    check_within(steps, &subgraphs, &supergraph, &mut report);
    report.check()
}

fn codes(result: Result<(), CompositionErrors>) -> Vec<ErrorCode> {
    let errors = result.expect_err("errors");
    let mut codes: Vec<_> = errors.errors().iter().map(|one| one.code).collect();
    codes.dedup();
    codes
}
