//! Each rule, accepting and refusing. What is right was asked of Apollo's composition (2.14).

mod composed;
mod contexts;
mod placement;

use crate::compose::{
    ErrorCode::{self, *},
    HintCode, SubgraphSchema,
    report::Report,
    subgraph, validate,
};

const ALL: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
    "@authenticated" "@composeDirective" "@context" "@cost" "@fromContext" "@inaccessible" "@interfaceObject" "@key"
    "@listSize" "@policy" "@requiresScopes" "@shareable" "@tag"
])
"#;

/// The report on subgraphs that are written without the link, unless they have one.
fn report(sdls: &[&str]) -> Report {
    let names = ["a", "b", "c"].into_iter();
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
    validate::check(&subgraphs, &mut report);
    report
}

fn codes(sdls: &[&str]) -> Vec<ErrorCode> {
    match report(sdls).check() {
        Ok(()) => Vec::new(),
        Err(errors) => errors.errors().iter().map(|error| error.code).collect(),
    }
}

fn message(sdl: &str) -> String {
    let errors = report(&[sdl]).check().expect_err("refused");
    errors.errors()[0].message.clone()
}

#[track_caller]
fn accepts(sdl: &str) {
    assert_eq!(codes(&[sdl]), [], "{sdl}");
}

#[track_caller]
fn refuses(code: ErrorCode, sdl: &str) {
    assert_eq!(codes(&[sdl]), [code], "{sdl}");
}

fn hints(sdls: &[&str]) -> Vec<HintCode> {
    let mut report = report(sdls);
    assert_eq!(report.check(), Ok(()));
    report.into_hints().iter().map(|hint| hint.code).collect()
}
