//! Whether each query that the supergraph allows can be answered.

use super::{report::Report, subgraph::Subgraph};
use crate::Supergraph;

/// Reports the paths of queries at whose end no subgraph can be asked.
pub(super) fn check(_subgraphs: &[Subgraph], _supergraph: &Supergraph, _report: &mut Report) {}
