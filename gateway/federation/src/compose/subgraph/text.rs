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
        self.location(text, line, span.offset())
    }

    /// Behind the last that the text says.
    fn end(self) -> Option<Location> {
        let (_, file) = self.sources.first()?;
        let text = file.source_text();
        let end = text.trim_end().len();
        let line = text.get(..end)?.matches('\n').count() + 1;
        self.location(text, line, end)
    }

    fn location(self, text: &str, line: usize, offset: usize) -> Option<Location> {
        let (before, after) = text.split_at_checked(offset)?;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let end = after.find('\n').unwrap_or(after.len());
        let whole = &text[start..offset + end];
        Some(Location {
            subgraph: self.subgraph.to_owned(),
            origin: self.origin.to_owned(),
            line,
            column: before[start..].chars().count() + 1,
            excerpt: if whole.len() <= LONG {
                whole.trim_end_matches('\r').to_owned()
            } else {
                let shown = after.chars().take_while(|letter| *letter != '\n');
                std::iter::once('…').chain(shown.take(SHOWN)).collect()
            },
        })
    }
}

/// Lines of more bytes are cut: whole schemas may be on one.
const LONG: usize = 500;
/// To so many letters.
const SHOWN: usize = 100;

/// So many errors of one subgraph are told in loading: hardly anyone reads more, and a text may have any number.
const MOST: usize = 100;

/// What is wrong with one subgraph, while it is being loaded.
#[derive(Debug)]
pub(super) struct Problems<'a> {
    text: Text<'a>,
    report: &'a mut Report,
    found: usize,
}

impl<'a> Problems<'a> {
    pub(super) fn new(text: Text<'a>, report: &'a mut Report) -> Self {
        Self {
            text,
            report,
            found: 0,
        }
    }

    /// An error; its message is made to name the subgraph.
    pub(super) fn error(
        &mut self,
        code: ErrorCode,
        message: impl Display,
        span: Option<SourceSpan>,
    ) {
        if self.has_room(code) {
            let message = format!("[{}] {message}", self.text.subgraph);
            self.report.error(code, message, [self.text.at(span)]);
        }
    }

    /// Counts an error; whether it is to be told.
    fn has_room(&mut self, code: ErrorCode) -> bool {
        self.found += 1;
        if self.found == MOST + 1 {
            let message = format!("[{}] more errors are left out", self.text.subgraph);
            self.report.error(code, message, []);
        }
        self.found <= MOST
    }

    /// What the parser found.
    pub(super) fn syntax_errors(&mut self, errors: &DiagnosticList) {
        for one in errors.iter() {
            if !self.has_room(ErrorCode::InvalidGraphql) {
                return;
            }
            let message = one.error.to_string();
            let place = if message.contains("EOF") {
                self.text.end()
            } else {
                self.text.at(one.error.location())
            };
            let message = format!("[{}] {}", self.text.subgraph, legible(&message));
            self.report
                .error(ErrorCode::InvalidGraphql, message, [place]);
        }
    }

    /// What the schema builder found.
    pub(super) fn diagnostics(&mut self, errors: &DiagnosticList) {
        for one in errors.iter() {
            self.error(ErrorCode::InvalidGraphql, one.error, one.error.location());
        }
    }

    /// Whether there was any.
    pub(super) fn found(&self) -> bool {
        self.found > 0
    }
}

/// The parser's names of tokens, and how people write them.
const TOKENS: [(&str, &str); 16] = [
    ("AMP", "`&`"),
    ("AT", "`@`"),
    ("BANG", "`!`"),
    ("COLON", "`:`"),
    ("COMMA", "`,`"),
    ("DOLLAR", "`$`"),
    ("EOF", "the end of the text"),
    ("EQ", "`=`"),
    ("L_BRACK", "`[`"),
    ("L_CURLY", "`{`"),
    ("L_PAREN", "`(`"),
    ("PIPE", "`|`"),
    ("R_BRACK", "`]`"),
    ("R_CURLY", "`}`"),
    ("R_PAREN", "`)`"),
    ("SPREAD", "`...`"),
];

/// A message of the parser with tokens as people write them.
fn legible(message: &str) -> String {
    let message = message
        .replace("<EOF>", "EOF")
        .replace(", got ", ", found ");
    let words: Vec<_> = message
        .split(' ')
        .map(|word| {
            let name = word.trim_end_matches([',', '.']);
            let sign = TOKENS.iter().find(|(token, _)| *token == name);
            match sign {
                Some((_, sign)) => format!("{sign}{}", &word[name.len()..]),
                None => word.to_owned(),
            }
        })
        .collect();
    words.join(" ")
}
