//! stub
use super::Subgraph;
use crate::compose::report::Report;
use apollo_compiler::Schema;
pub(super) fn upgrade(_subgraphs: &mut [Subgraph], _report: &mut Report) {}
pub(super) fn normalize_field_sets(_schema: &mut Schema) {}
