//! A suite's files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use apollo_compiler::ExecutableDocument;
use federation::{PlanOptions, Planner, Supergraph};
use serde::Deserialize;
use serde_json::Value;

/// One suite of the audit.
pub(crate) struct Suite {
    pub(crate) name: String,
    /// SDL.
    pub(crate) supergraph: String,
    /// Name and SDL.
    pub(crate) subgraphs: Vec<(String, String)>,
    /// YAML.
    pub(crate) records: String,
    pub(crate) cases: Vec<Case>,
}

/// One query.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// Its place in the suite, from 1.
    #[serde(skip)]
    pub(crate) number: usize,
    pub(crate) query: String,
    pub(crate) expected: Expected,
}

/// What comes out.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    /// Left out is null: the operation does not run.
    #[serde(default)]
    pub(crate) data: Value,
    /// Whether there are any.
    #[serde(default)]
    pub(crate) errors: bool,
}

/// All suites, sorted by name.
pub(crate) fn all() -> Vec<Suite> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audit/suites");
    let mut suites: Vec<_> = entries(&folder)
        .into_iter()
        .filter(|path| path.is_dir())
        .map(|path| Suite::read(&path))
        .collect();
    assert!(!suites.is_empty(), "no suites in {}", folder.display());
    suites.sort_by(|one, other| one.name.cmp(&other.name));
    suites
}

impl Suite {
    fn read(folder: &Path) -> Self {
        let mut subgraphs: Vec<_> = entries(&folder.join("subgraphs"))
            .into_iter()
            .map(|path| (name(&path), text(&path)))
            .collect();
        subgraphs.sort();
        let mut cases: Vec<Case> =
            serde_json::from_str(&text(&folder.join("tests.json"))).expect("tests.json");
        for (index, case) in cases.iter_mut().enumerate() {
            case.number = index + 1;
        }
        Self {
            name: name(folder),
            supergraph: text(&folder.join("supergraph.graphql")),
            subgraphs,
            records: text(&folder.join("records.yaml")),
            cases,
        }
    }

    /// A query's plan for a reader, or why there is none.
    pub(crate) fn plan(supergraph: &str, query: &str) -> String {
        let supergraph = match Supergraph::parse(supergraph) {
            Ok(supergraph) => supergraph,
            Err(error) => return error.to_string(),
        };
        let schema = supergraph.api_schema();
        let document = match ExecutableDocument::parse_and_validate(schema, query, "query") {
            Ok(document) => document,
            Err(error) => return error.errors.to_string(),
        };
        let operation = document.operations.get(None).expect("one operation");
        match Planner::new(&supergraph).plan(&document, operation, &PlanOptions::default()) {
            Ok(plan) => serde_json::to_string_pretty(&plan.to_json()).expect("JSON"),
            Err(error) => error.to_string(),
        }
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .collect()
}

fn name(path: &Path) -> String {
    let stem = path.file_stem().expect("a name");
    stem.to_string_lossy().into_owned()
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
