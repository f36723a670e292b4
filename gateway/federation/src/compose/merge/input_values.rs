//! What a client gives: arguments of fields and directives, and fields of input objects.

use apollo_compiler::{Name, Node, ast};

use super::{
    Merger, annotations, defaults,
    types::{self, Codes, Position},
};
use crate::compose::{ErrorCode, HintCode, report::Report, subgraph::Subgraph};

/// What one subgraph says of an input value.
pub(super) type InputSource<'a> = (&'a Subgraph, &'a ast::InputValueDefinition);

/// Codes for what [`merge`] finds.
#[derive(Debug, Clone, Copy)]
pub(super) struct InputCodes {
    types: Codes,
    defaults: ErrorCode,
}

pub(super) const ARGUMENT: InputCodes = InputCodes {
    types: Codes {
        mismatch: ErrorCode::FieldArgumentTypeMismatch,
        compatible: HintCode::InconsistentButCompatibleArgumentType,
    },
    defaults: ErrorCode::FieldArgumentDefaultMismatch,
};

pub(super) const INPUT_FIELD: InputCodes = InputCodes {
    types: Codes {
        mismatch: ErrorCode::FieldTypeMismatch,
        compatible: HintCode::InconsistentButCompatibleFieldType,
    },
    defaults: ErrorCode::InputFieldDefaultMismatch,
};

/// A merged input value.
#[derive(Debug)]
pub(super) struct MergedInput {
    pub(super) definition: ast::InputValueDefinition,
    /// Whether all subgraphs give it this very type.
    pub(super) is_same_type: bool,
}

/// Merges an input value of those subgraphs that have it.
pub(super) fn merge(
    coordinate: &dyn Fn() -> String,
    name: &Name,
    sources: &[InputSource<'_>],
    codes: InputCodes,
    merger: &Merger<'_>,
    report: &mut Report,
) -> Option<MergedInput> {
    let typed = sources
        .iter()
        .map(|(subgraph, one)| (*subgraph, &*one.ty, one.name.location()));
    let types = &merger.types;
    let position = Position::Input;
    let ty = types::merge(coordinate, position, codes.types, typed, types, report)?;
    let all = sources.iter().copied();
    let default_value = defaults::merge(coordinate, all, codes.defaults, report);
    let said = sources.iter().map(|(subgraph, one)| {
        (
            *subgraph,
            one.description.as_ref(),
            (&one.directives).into(),
        )
    });
    let said = annotations::merge(coordinate, said, merger, report);
    Some(MergedInput {
        definition: ast::InputValueDefinition {
            description: said.description,
            name: name.clone(),
            ty: Node::new(ty.ty.clone()),
            default_value,
            directives: ast::DirectiveList(said.directives),
        },
        is_same_type: ty.is_same,
    })
}

/// The subgraphs that demand the value.
pub(super) fn requiring<'a>(sources: &[InputSource<'a>]) -> Vec<&'a Subgraph> {
    let required = sources.iter().filter(|(_, one)| one.is_required());
    required.map(|(subgraph, _)| *subgraph).collect()
}
