//! Rules on what subgraphs make together, most of them on the merged schema.
//!
//! They go in steps, the next if the one before found nothing, so that nobody reads errors that follow from others: whether
//! subgraphs fit together, what comes of their parts' demands, whether their whole is a valid schema, and whether it is when
//! hidden elements are taken away.

mod access;
mod contexts;
mod cycles;
mod defaults;
mod interface_objects;
mod interfaces;
mod list_sizes;
mod places;
mod presence;
#[cfg(test)]
mod tests;
mod values;
mod visibility;

use apollo_compiler::Schema;

use super::Merger;
use crate::compose::report::Report;

/// Reports what is wrong with the subgraphs together. The merged schema may have gaps where merging failed.
pub(super) fn check(merged: &Schema, merger: &Merger<'_>, report: &mut Report) {
    presence::check(merger.subgraphs, report);
    interface_objects::check(merged, merger, report);
    contexts::check(merger, report);
    if report.has_errors() {
        return;
    }
    interfaces::check_presence(merged, merger, report);
    access::check(merged, merger, report);
    if report.has_errors() {
        return;
    }
    interfaces::check_types(merged, merger, report);
    cycles::check(merged, merger, report);
    values::check(merged, merger, report);
    if report.has_errors() {
        return;
    }
    visibility::check(merged, merger, report);
    if report.has_errors() {
        return;
    }
    list_sizes::check(merged, merger, report);
}
