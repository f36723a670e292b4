//! Each rule, accepting and refusing. What is right was asked of Apollo's composition (2.14).

mod access;
mod contexts;
mod inaccessible;
mod interface_objects;
mod interfaces;
mod list_sizes;
mod validity;

use crate::compose::{
    CompositionErrors,
    ErrorCode::{self, *},
    SubgraphSchema, merge,
    report::Report,
    subgraph, validate,
};

const ALL: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
    "@authenticated" "@composeDirective" "@context" "@cost" "@external" "@fromContext" "@inaccessible" "@interfaceObject" "@key"
    "@listSize" "@override" "@policy" "@provides" "@requires" "@requiresScopes" "@shareable" "@tag"
])
"#;

/// Merges subgraphs that are written without the link, unless they have one.
fn merge(sdls: &[&str]) -> Result<(), CompositionErrors> {
    let names = ["a", "b", "c", "d"].into_iter();
    let sources: Vec<_> = names
        .zip(sdls)
        .map(|(name, sdl)| SubgraphSchema {
            name: name.to_owned(),
            url: String::new(),
            sdl: if sdl.contains("@link") {
                (*sdl).to_owned()
            } else {
                format!("{ALL}{sdl}")
            },
            origin: String::new(),
        })
        .collect();
    let mut report = Report::default();
    let subgraphs = subgraph::load(&sources, &mut report);
    report.check()?;
    validate::check(&subgraphs, &mut report);
    report.check()?;
    merge::merge(&subgraphs, &mut report);
    report.check()
}

#[track_caller]
fn accepts(sdls: &[&str]) {
    let errors = merge(sdls).err().map(|errors| errors.to_string());
    assert_eq!(errors.as_deref(), None, "{sdls:#?}");
}

#[track_caller]
fn refuses(codes: &[ErrorCode], sdls: &[&str]) {
    let errors = merge(sdls).expect_err("refused");
    let found: Vec<_> = errors.errors().iter().map(|error| error.code).collect();
    assert_eq!(found, codes, "{sdls:#?}\n{errors}");
}

#[track_caller]
fn messages(sdls: &[&str]) -> Vec<String> {
    let errors = merge(sdls).expect_err("refused");
    let errors = errors.errors().iter();
    errors.map(|error| error.message.clone()).collect()
}
