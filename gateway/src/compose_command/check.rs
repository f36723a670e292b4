//! `gateway compose --check`: whether what is written is what the subgraphs make, and what would break.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use apollo_compiler::ExecutableDocument;
use federation::{
    Supergraph,
    changes::{Change, Severity, Uses, compare},
};

use super::{
    ComposeArguments, ComposeCommandError, Output,
    operations::{self, OperationFile},
    read,
};

/// What a check found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// The file that is not what the subgraphs make.
    pub(super) stale: Option<PathBuf>,
    /// The changes of the API since the published supergraph.
    pub(super) changes: Vec<Finding>,
    /// The operations that are no longer valid, each with what validation says.
    pub(super) broken: Vec<Broken>,
    /// How many operations were looked at; none: there is no folder of them.
    pub(super) operations: Option<usize>,
}

/// A change, and the operations that it concerns.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) change: Change,
    pub(super) operations: BTreeSet<String>,
}

/// An operation that would be refused.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) operation: String,
    pub(super) errors: String,
}

impl Finding {
    /// Whether a client would suffer: with operations to judge by, one that uses what has changed.
    pub(super) fn breaks(&self, judged_by_operations: bool) -> bool {
        self.change.severity == Severity::Breaking
            && !(judged_by_operations && self.operations.is_empty())
    }
}

impl Findings {
    /// Whether the check has failed.
    pub(crate) fn failed(&self) -> bool {
        let judged = self.operations.is_some();
        self.stale.is_some()
            || !self.broken.is_empty()
            || self.changes.iter().any(|one| one.breaks(judged))
    }
}

pub(super) fn check(
    arguments: &ComposeArguments,
    output: &mut Output,
) -> Result<(), ComposeCommandError> {
    let mut findings = Findings::default();
    if let Some(path) = &arguments.output {
        // A file that is not there yet is as stale as one that is old.
        let written = fs::read_to_string(path).unwrap_or_default();
        findings.stale = (written != output.supergraph.sdl()).then(|| path.clone());
    }
    if let Some(published) = &arguments.published {
        let folder = arguments.operations.as_deref();
        against(published, folder, &output.supergraph, &mut findings)?;
    }
    output.findings = Some(findings);
    Ok(())
}

fn against(
    published: &Path,
    folder: Option<&Path>,
    supergraph: &Supergraph,
    findings: &mut Findings,
) -> Result<(), ComposeCommandError> {
    let published = Supergraph::parse(&read(published)?).map_err(ComposeCommandError::Published)?;
    let (old, new) = (published.api_schema(), supergraph.api_schema());
    findings.changes = compare(old, new)
        .into_iter()
        .map(|change| Finding {
            change,
            operations: BTreeSet::new(),
        })
        .collect();
    let Some(folder) = folder else {
        return Ok(());
    };
    let mut count = 0;
    for OperationFile {
        path,
        text,
        document,
    } in operations::load(folder, old)?
    {
        for operation in document.operations.iter() {
            count += 1;
            let name = match &operation.name {
                Some(name) => format!("{} ({name})", path.display()),
                None => path.display().to_string(),
            };
            let uses = Uses::of(old, &document, operation);
            for finding in &mut findings.changes {
                if uses.concerns(&finding.change) {
                    finding.operations.insert(name.clone());
                }
            }
        }
        if let Err(error) = ExecutableDocument::parse_and_validate(new, text, &path) {
            findings.broken.push(Broken {
                operation: path.display().to_string(),
                errors: error.errors.to_string(),
            });
        }
    }
    findings.operations = Some(count);
    Ok(())
}
