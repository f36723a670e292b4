//! What loading makes of texts, and what it refuses.

mod definitions;
mod facts;
mod federation_1;
mod forms;
mod links;
mod names;
mod told;
mod validity;

use super::{Subgraph, load};
use crate::compose::{CompositionError, ErrorCode, Hint, SubgraphSchema, report::Report};

/// What loading makes of subgraphs, by their names and texts.
struct Loaded {
    subgraphs: Vec<Subgraph>,
    errors: Vec<CompositionError>,
    hints: Vec<Hint>,
}

fn load_all(subgraphs: &[(&str, &str)]) -> Loaded {
    let sources: Vec<_> = subgraphs
        .iter()
        .map(|(name, sdl)| SubgraphSchema {
            name: (*name).to_owned(),
            url: String::new(),
            sdl: (*sdl).to_owned(),
            origin: format!("{name}.graphql"),
        })
        .collect();
    let mut report = Report::default();
    let subgraphs = load(&sources, &mut report);
    let errors = match report.check() {
        Ok(()) => Vec::new(),
        Err(errors) => errors.errors().to_vec(),
    };
    Loaded {
        subgraphs,
        errors,
        hints: report.into_hints(),
    }
}

impl Loaded {
    fn codes(&self) -> Vec<ErrorCode> {
        self.errors.iter().map(|error| error.code).collect()
    }

    fn subgraph(&self, name: &str) -> &Subgraph {
        self.subgraphs
            .iter()
            .find(|one| one.name == name)
            .expect("the subgraph is loaded")
    }
}

/// The one error of a subgraph.
#[track_caller]
fn refused(sdl: &str) -> CompositionError {
    let loaded = load_all(&[("books", sdl)]);
    assert_eq!(loaded.errors.len(), 1, "{:#?}\n{sdl}", loaded.errors);
    loaded.errors.into_iter().next().expect("there is one")
}

#[track_caller]
fn refuses(code: ErrorCode, sdl: &str) {
    assert_eq!(refused(sdl).code, code, "{sdl}");
}

/// A subgraph without errors.
#[track_caller]
fn accepted(sdl: &str) -> Subgraph {
    let mut loaded = load_all(&[("books", sdl)]);
    assert_eq!(loaded.errors, [], "{sdl}");
    loaded.subgraphs.pop().expect("it is loaded")
}

/// A link to a version of the federation specification.
fn federation(version: &str, imports: &str) -> String {
    format!(
        "extend schema @link(url: \"https://specs.apollo.dev/federation/{version}\", import: [{imports}])\n"
    )
}
