//! Composing small subgraphs up to a stage, for tests of that stage.

use super::{
    CompositionError, ErrorCode, Hint, HintCode, SubgraphSchema, merge, report::Report, subgraph,
    validate,
};

/// All of Federation 2.9, under its own names.
pub(super) const FEDERATION_2_9: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
    "@authenticated" "@composeDirective" "@context" "@cost" "@extends" "@external" "@fromContext" "@inaccessible"
    "@interfaceObject" "@key" "@listSize" "@override" "@policy" "@provides" "@requires" "@requiresScopes" "@shareable" "@tag"
])
"#;

/// The last stage to go through, if none before finds errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Validate,
    Merge,
}

/// What the stages found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) errors: Vec<CompositionError>,
    pub(super) hints: Vec<Hint>,
}

/// Subgraphs named "a", "b", "c" and so on: with the header above, unless they have a link of their own.
pub(super) fn compose(stage: Stage, sdls: &[&str]) -> Found {
    let sdls = sdls.iter().map(|sdl| {
        let header = if sdl.contains("@link(") {
            ""
        } else {
            FEDERATION_2_9
        };
        format!("{header}{sdl}")
    });
    compose_as_written(stage, sdls)
}

/// Subgraphs named "a", "b", "c" and so on, as they are: of Federation 1, if they have no link.
pub(super) fn compose_as_written(stage: Stage, sdls: impl IntoIterator<Item = String>) -> Found {
    let sources: Vec<_> = ('a'..='z')
        .zip(sdls)
        .map(|(name, sdl)| SubgraphSchema {
            name: name.to_string(),
            url: String::new(),
            sdl,
            origin: String::new(),
        })
        .collect();
    let mut report = Report::default();
    let errors = match run(stage, &sources, &mut report) {
        Ok(()) => Vec::new(),
        Err(errors) => errors.errors().to_vec(),
    };
    Found {
        errors,
        hints: report.into_hints(),
    }
}

fn run(
    stage: Stage,
    sources: &[SubgraphSchema],
    report: &mut Report,
) -> Result<(), super::CompositionErrors> {
    let subgraphs = subgraph::load(sources, report);
    report.check()?;
    validate::check(&subgraphs, report);
    report.check()?;
    if stage == Stage::Merge {
        merge::merge(&subgraphs, report);
    }
    report.check()
}

impl Found {
    pub(super) fn codes(&self) -> Vec<ErrorCode> {
        self.errors.iter().map(|error| error.code).collect()
    }

    pub(super) fn messages(&self) -> Vec<&str> {
        let errors = self.errors.iter();
        errors.map(|error| error.message.as_str()).collect()
    }

    pub(super) fn hint_codes(&self) -> Vec<HintCode> {
        self.hints.iter().map(|hint| hint.code).collect()
    }
}
