//! Where the stages put what they find.

use apollo_compiler::parser::SourceSpan;

use super::{
    CompositionError, CompositionErrors, ErrorCode, Hint, HintCode, Location, subgraph::Subgraph,
};
use crate::SupergraphError;

/// Errors and hints, gathered over a composition.
#[derive(Debug, Default)]
pub(super) struct Report {
    errors: Vec<CompositionError>,
    hints: Vec<Hint>,
}

impl Report {
    /// An error of subgraphs, at places in them (`subgraph.at(&node)`; those that are nowhere are left out).
    pub(super) fn error(
        &mut self,
        code: ErrorCode,
        message: impl Into<String>,
        places: impl IntoIterator<Item = Option<Location>>,
    ) {
        self.errors.push(CompositionError {
            code,
            message: message.into(),
            locations: places.into_iter().flatten().collect(),
        });
    }

    /// An error of one subgraph, which the message is made to name.
    pub(super) fn subgraph_error(
        &mut self,
        subgraph: &Subgraph,
        code: ErrorCode,
        message: impl std::fmt::Display,
        span: Option<SourceSpan>,
    ) {
        let message = format!("[{}] {message}", subgraph.name);
        self.error(code, message, [subgraph.at(span)]);
    }

    /// A hint, at places in subgraphs.
    pub(super) fn hint(
        &mut self,
        code: HintCode,
        message: impl Into<String>,
        places: impl IntoIterator<Item = Option<Location>>,
    ) {
        self.hints.push(Hint {
            code,
            message: message.into(),
            locations: places.into_iter().flatten().collect(),
        });
    }

    /// Whether there is an error already.
    pub(super) fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    /// Whether the next stage may begin.
    pub(super) fn check(&mut self) -> Result<(), CompositionErrors> {
        if self.errors.is_empty() {
            return Ok(());
        }
        Err(CompositionErrors {
            errors: std::mem::take(&mut self.errors),
        })
    }

    /// That what was made of subgraphs without fault is no supergraph.
    pub(super) fn defect(&mut self, error: &SupergraphError) -> CompositionErrors {
        let message = format!(
            "The subgraphs were merged to something that is no supergraph, which no rule foresees: {error}. This is a \
             defect of the composition; please report it with the subgraphs' schemas."
        );
        self.error(ErrorCode::InvalidGraphql, message, []);
        CompositionErrors {
            errors: std::mem::take(&mut self.errors),
        }
    }

    /// The hints, when all stages are done.
    pub(super) fn into_hints(self) -> Vec<Hint> {
        self.hints
    }
}
