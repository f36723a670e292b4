//! The specification's rules on one subgraph, a file for each group of directives; then those on several that need no merged
//! schema.

mod directives;
mod fields;
mod overrides;

use super::{report::Report, subgraph::Subgraph};

/// Reports what is wrong with each subgraph on its own, or else with what they say of each other.
pub(super) fn check(subgraphs: &[Subgraph], report: &mut Report) {
    for subgraph in subgraphs {
        fields::check(subgraph, report);
        directives::check(subgraph, report);
    }
    if report.has_errors() {
        return;
    }
    overrides::check(subgraphs, report);
    directives::check_together(subgraphs, report);
}
