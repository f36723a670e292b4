//! The specification's rules on one subgraph, a file for each group of directives.

use super::{report::Report, subgraph::Subgraph};

/// Reports what is wrong with each subgraph on its own.
pub(super) fn check(_subgraphs: &[Subgraph], _report: &mut Report) {}
