//! Rules on the merged schema, and on subgraphs as far as only the merged schema tells what they mean for each other.
//!
//! They go in three steps, so that nobody reads errors that follow from others: whether subgraphs fit together, whether their
//! whole is a valid schema, and whether clients can see and get what they are promised.

mod access;
mod contexts;
mod cycles;
mod defaults;
mod interface_objects;
mod interfaces;
mod list_sizes;
mod places;
#[cfg(test)]
mod tests;
mod values;
mod visibility;

use apollo_compiler::Schema;

use super::Merger;
use crate::compose::report::Report;

/// Reports what is wrong with the merged schema. It must be whole: no errors were found while merging.
pub(super) fn check(merged: &Schema, merger: &Merger<'_>, report: &mut Report) {
    interface_objects::check(merged, merger, report);
    contexts::check(merger, report);
    list_sizes::check(merged, merger, report);
    if report.has_errors() {
        return;
    }
    interfaces::check(merged, merger, report);
    cycles::check(merged, merger, report);
    values::check(merged, merger, report);
    if report.has_errors() {
        return;
    }
    visibility::check(merged, merger, report);
    access::check(merged, merger, report);
}
