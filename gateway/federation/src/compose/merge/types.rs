//! The types of fields and arguments, where subgraphs give them different ones.

use apollo_compiler::{ast::Type, parser::SourceSpan};

use super::{differences::differences, sources::Types};
use crate::compose::{ErrorCode, HintCode, report::Report, subgraph::Subgraph};

/// Which of two types wins: what a field answers may be the wider one, what an argument takes the narrower one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    Output,
    Input,
}

/// A merged type.
#[derive(Debug, Clone, Copy)]
pub(super) struct MergedType<'a> {
    pub(super) ty: &'a Type,
    /// Whether all subgraphs have this very type.
    pub(super) is_same: bool,
}

/// Codes for what [`merge`] finds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Codes {
    pub(super) mismatch: ErrorCode,
    pub(super) compatible: HintCode,
}

/// Merges the types that subgraphs give a field (or argument, or input field). None if there are none.
pub(super) fn merge<'a>(
    coordinate: &dyn Fn() -> String,
    position: Position,
    codes: Codes,
    sources: impl Iterator<Item = (&'a Subgraph, &'a Type, Option<SourceSpan>)> + Clone,
    types: &Types<'_>,
    report: &mut Report,
) -> Option<MergedType<'a>> {
    let mut all = sources.clone().map(|(_, ty, _)| ty);
    let mut merged = all.next()?;
    let (mut is_same, mut is_compatible) = (true, true);
    for ty in all {
        if ty == merged {
            continue;
        }
        is_same = false;
        if types.is_subtype(merged, ty) {
            if position == Position::Input {
                merged = ty;
            }
        } else if types.is_subtype(ty, merged) {
            if position == Position::Output {
                merged = ty;
            }
        } else {
            is_compatible = false;
        }
    }
    if !is_same {
        let said = sources.clone().map(|(subgraph, ty, _)| (subgraph, ty));
        let said = differences(said, |ty| format!("\"{ty}\""));
        let places = sources.map(|(subgraph, _, span)| subgraph.at(span));
        let coordinate = coordinate();
        if is_compatible {
            let message = format!(
                "\"{coordinate}\" has different types that go together: {said}. The supergraph has \"{merged}\"."
            );
            report.hint(codes.compatible, message, places);
        } else {
            let message = format!(
                "\"{coordinate}\" has types that do not go together: {said}. Give it one type in all of them."
            );
            report.error(codes.mismatch, message, places);
        }
    }
    Some(MergedType {
        ty: merged,
        is_same,
    })
}

impl Types<'_> {
    /// Whether every value of the second type is one of the first (GraphQL's covariance), by what all subgraphs together say of
    /// unions and interfaces.
    pub(super) fn is_subtype(&self, wider: &Type, narrower: &Type) -> bool {
        match (wider, narrower) {
            (Type::NonNullNamed(wider), Type::NonNullNamed(narrower))
            | (Type::Named(wider), Type::Named(narrower) | Type::NonNullNamed(narrower)) => {
                wider == narrower || self.is_possible(wider, narrower)
            }
            (Type::NonNullList(wider), Type::NonNullList(narrower))
            | (Type::List(wider), Type::List(narrower) | Type::NonNullList(narrower)) => {
                self.is_subtype(wider, narrower)
            }
            _ => false,
        }
    }
}
