//! A subgraph's text, for telling where something in it stands while it is being loaded.

use std::fmt::Display;

use apollo_compiler::{
    diagnostic::ToCliReport,
    parser::{SourceMap, SourceSpan},
    validation::DiagnosticList,
};

use crate::compose::{ErrorCode, Location, report::Report};

/// Whose text it is, and where it was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) subgraph: &'a str,
    pub(super) origin: &'a str,
    pub(super) sources: &'a SourceMap,
}

impl Text<'_> {
    /// Where a span stands, if it is of this text.
    pub(super) fn at(self, span: Option<SourceSpan>) -> Option<Location> {
        let span = span?;
        let text = self.sources.get(&span.file_id())?.source_text();
        let line = span.line_column(self.sources)?.line;
        let (before, after) = text.split_at_checked(span.offset())?;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let end = after.find('\n').unwrap_or(after.len());
        Some(Location {
            subgraph: self.subgraph.to_owned(),
            origin: self.origin.to_owned(),
            line,
            column: before[start..].chars().count() + 1,
            excerpt: text[start..span.offset() + end]
                .trim_end_matches('\r')
                .to_owned(),
        })
    }
}

/// What is wrong with one subgraph, while it is being loaded.
#[derive(Debug)]
pub(super) struct Problems<'a> {
    text: Text<'a>,
    report: &'a mut Report,
    found: bool,
}

impl<'a> Problems<'a> {
    pub(super) fn new(text: Text<'a>, report: &'a mut Report) -> Self {
        Self {
            text,
            report,
            found: false,
        }
    }

    /// An error; its message is made to name the subgraph.
    pub(super) fn error(
        &mut self,
        code: ErrorCode,
        message: impl Display,
        span: Option<SourceSpan>,
    ) {
        self.found = true;
        let message = format!("[{}] {message}", self.text.subgraph);
        self.report.error(code, message, [self.text.at(span)]);
    }

    /// What the parser, the schema builder or the validation of GraphQL found.
    pub(super) fn diagnostics(&mut self, diagnostics: &DiagnosticList) {
        for one in diagnostics.iter() {
            self.error(ErrorCode::InvalidGraphql, &one.error, one.error.location());
        }
    }

    /// Whether there was any.
    pub(super) fn found(&self) -> bool {
        self.found
    }
}
