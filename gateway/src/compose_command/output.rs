//! What `gateway compose` tells.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use federation::{
    Supergraph,
    compose::{Composition, Hint},
};
use gateway::sources::Sources;
use serde_json::{Value, json};

use super::{ComposeArguments, ComposeCommandError, Format, check::Findings};

/// What the command made.
#[derive(Debug)]
pub(crate) struct Output {
    pub(super) supergraph: Supergraph,
    hints: Vec<Hint>,
    warnings: Vec<String>,
    pub(super) findings: Option<Findings>,
}

impl Output {
    pub(super) fn of(composition: Composition) -> Self {
        Self {
            supergraph: composition.supergraph,
            hints: composition.hints,
            warnings: Vec::new(),
            findings: None,
        }
    }

    pub(super) fn warn_of_urls(&mut self, sources: &Sources) {
        self.warnings.extend(sources.without_routing_url().map(|name| {
            format!(
                "nothing says where the subgraph {name} answers: the gateway will need override_subgraph_url.{name}"
            )
        }));
    }

    /// 3 when a check has failed.
    pub(crate) fn exit_code(&self) -> u8 {
        match &self.findings {
            Some(findings) if findings.failed() => 3,
            _ => 0,
        }
    }
}

/// Tells the result: on standard output what was asked for, on standard error what is to be known beside it.
pub(crate) fn print(
    arguments: &ComposeArguments,
    result: &Result<Output, ComposeCommandError>,
) -> io::Result<()> {
    let text = match (arguments.format, result) {
        (Format::Json, result) => format!("{:#}\n", as_json(arguments, result)),
        (Format::Text, Err(error)) => {
            eprintln!("gateway: {error}");
            return Ok(());
        }
        (Format::Text, Ok(output)) => {
            for warning in &output.warnings {
                eprintln!("warning: {warning}");
            }
            for hint in &output.hints {
                // Where it lies is in the JSON; there can be many.
                eprintln!("hint: {}: {}", hint.code, hint.message);
            }
            match &output.findings {
                Some(findings) => findings_as_text(findings),
                None if arguments.output.is_some() => String::new(),
                None => output.supergraph.sdl().to_owned(),
            }
        }
    };
    io::stdout().write_all(text.as_bytes())
}

fn findings_as_text(findings: &Findings) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write_findings(findings, &mut text);
    text
}

fn write_findings(findings: &Findings, text: &mut String) -> std::fmt::Result {
    for finding in &findings.changes {
        writeln!(text, "{}", finding.change)?;
        for operation in &finding.operations {
            writeln!(text, "    used by {operation}")?;
        }
    }
    for broken in &findings.broken {
        writeln!(
            text,
            "{} would be refused:\n{}",
            broken.operation, broken.errors
        )?;
    }
    let judged = findings.operations.is_some();
    let breaking = findings
        .changes
        .iter()
        .filter(|one| one.breaks(judged))
        .count();
    if let Some(path) = &findings.stale {
        let path = path.display();
        writeln!(
            text,
            "{path} is stale: compose again without --check, and commit the result"
        )?;
    }
    write!(
        text,
        "the subgraphs compose; {} changes, {breaking} of them break",
        findings.changes.len()
    )?;
    match findings.operations {
        Some(count) => writeln!(text, " one of {count} operations"),
        None => writeln!(text, " clients"),
    }
}

fn as_json(arguments: &ComposeArguments, result: &Result<Output, ComposeCommandError>) -> Value {
    let output = match result {
        Ok(output) => output,
        Err(ComposeCommandError::Composition(errors)) => {
            return json!({ "composed": false, "errors": errors.to_json() });
        }
        Err(error) => {
            let error = json!({ "message": error.to_string(), "locations": [] });
            return json!({ "composed": false, "errors": [error] });
        }
    };
    let hints: Vec<_> = output.hints.iter().map(Hint::to_json).collect();
    let mut told = json!({ "composed": true, "hints": hints, "warnings": output.warnings });
    if let Some(findings) = &output.findings {
        told["check"] = findings_as_json(findings);
    } else if arguments.output.is_none() {
        told["supergraph"] = output.supergraph.sdl().into();
    }
    told
}

fn findings_as_json(findings: &Findings) -> Value {
    let judged = findings.operations.is_some();
    let changes = findings.changes.iter().map(|finding| {
        json!({
            "coordinate": finding.change.coordinate,
            "severity": finding.change.severity.to_string(),
            "what": finding.change.what,
            "operations": finding.operations,
            "breaks": finding.breaks(judged),
        })
    });
    let broken = findings
        .broken
        .iter()
        .map(|one| json!({ "operation": one.operation, "errors": one.errors }));
    json!({
        "failed": findings.failed(),
        "stale": findings.stale.is_some(),
        "changes": changes.collect::<Vec<_>>(),
        "refused": broken.collect::<Vec<_>>(),
        "operations": findings.operations,
    })
}
