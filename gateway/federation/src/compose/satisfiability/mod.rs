//! Whether each query that the supergraph allows can be answered.
//!
//! Every path of fields that clients may ask for is walked ([`walk`]), with all sites where the objects at its end can be
//! got to ([`reach`], [`sites`]); where nobody can be asked for a field, the path is told as a query ([`query`]) with the
//! reason for each subgraph ([`explain`]).
//!
//! It works on the same [`Model`](crate::model) as the planner, but not on the planner's views: those plan one operation with
//! all labels of `@override` decided, and put together what several subgraphs know; here labels are open at first, and keys
//! have to be obtainable as Apollo's composition wants it.

mod api;
mod contexts;
mod explain;
mod offers;
mod query;
mod reach;
mod settings;
mod sites;
#[cfg(test)]
mod tests;
mod walk;

use std::fmt::Write as _;

use super::{ErrorCode, HintCode, Location, report::Report, subgraph::Subgraph};
use crate::{
    Supergraph,
    model::{Model, SubgraphId, TypeId},
};
use walk::{Failure, Mismatch, Walk};

/// Steps of work for a whole supergraph: a few seconds. One of 100 subgraphs with 5,000 types takes 700,000.
const MAX_STEPS: u64 = 20_000_000;

/// Errors told in full; nobody reads more of them.
const MAX_ERRORS: usize = 50;

/// Reports the paths of queries at whose end no subgraph can be asked.
pub(super) fn check(subgraphs: &[Subgraph], supergraph: &Supergraph, report: &mut Report) {
    check_within(MAX_STEPS, subgraphs, supergraph, report);
}

fn check_within(steps: u64, subgraphs: &[Subgraph], supergraph: &Supergraph, report: &mut Report) {
    let mut walk = Walk::new(supergraph, steps);
    walk.run();
    if walk.reach.is_exhausted() {
        let message = format!(
            "Whether all queries can be answered was not decided within {steps} steps: there are too many ways through the \
             subgraphs. Let entities have simple @key fields that all their subgraphs know, and value types fewer subgraphs \
             that each resolve another part of them."
        );
        report.error(ErrorCode::MaxValidationSubgraphPathsExceeded, message, []);
        return;
    }
    if walk.reach.is_too_deep && !walk.failures.is_empty() {
        let message = "Whether all queries can be answered was not decided: some field can only be had through dozens of fields \
                       that require each other one after the other, or keys within keys. Let them require fields, and keys \
                       have fields, that a subgraph resolves by itself.";
        report.error(ErrorCode::MaxValidationSubgraphPathsExceeded, message, []);
        return;
    }
    for mismatch in &walk.mismatches {
        tell_mismatch(&walk, subgraphs, supergraph, mismatch, report);
    }
    let failures = std::mem::take(&mut walk.failures);
    let left = failures.len().saturating_sub(MAX_ERRORS);
    for (place, failure) in failures.iter().take(MAX_ERRORS).enumerate() {
        let mut message = message(&mut walk, supergraph, failure);
        if left > 0 && place + 1 == MAX_ERRORS {
            let _ = write!(message, "\n({left} more fields cannot be resolved.)");
        }
        let places = places(&walk, subgraphs, failure);
        report.error(ErrorCode::SatisfiabilityError, message, places);
    }
}

fn message(walk: &mut Walk<'_>, supergraph: &Supergraph, failure: &Failure) -> String {
    let model = supergraph.model();
    let leaf = failure.position.leaf;
    let name = &model.ty(leaf).name;
    let end = match &failure.field {
        Some(field) => query::End::Field {
            leaf,
            name: &field.name,
            is_composite: field.is_composite,
        },
        None => query::End::Type(leaf),
    };
    let steps = walk.steps(failure.position.path);
    let query = query::text(model, supergraph.api_schema(), &steps, &end);
    let filled = walk.contexts.filled(failure.position.contexts);
    let reasons = explain::reasons(&mut walk.reach, failure, &filled);
    match &failure.field {
        Some(field) => format!(
            "No subgraph can be asked for \"{name}.{field}\" in this query:\n\n{query}\n{reasons}\nLet a subgraph on this path \
             resolve \"{name}.{field}\" too (with @shareable in all), or make a subgraph that resolves it enterable: by a \
             resolvable @key on \"{name}\" whose fields can be obtained on this path.",
            field = field.name
        ),
        None => format!(
            "No subgraph can be asked whether objects are of type \"{name}\" in this query:\n\n{query}\n{reasons}\nGive the \
             interface a resolvable @key in a subgraph that defines it as an interface."
        ),
    }
}

/// Reports a shared field whose objects differ in type: an error if no type is common to all subgraphs, else a hint.
fn tell_mismatch(
    walk: &Walk<'_>,
    subgraphs: &[Subgraph],
    supergraph: &Supergraph,
    mismatch: &Mismatch,
    report: &mut Report,
) {
    let model = supergraph.model();
    let Mismatch {
        position, field, ..
    } = mismatch;
    let coordinate = format!("{}.{}", model.ty(position.leaf).name, field.name);
    let mut types = String::new();
    for (subgraph, possible) in &mismatch.types {
        let mut names: Vec<_> = possible
            .iter()
            .map(|ty| format!("\"{}\"", model.ty(*ty).name))
            .collect();
        names.sort_unstable();
        let names = names.join(", ");
        // Writing to a string does not fail.
        let _ = write!(
            types,
            "\n- in subgraph \"{}\": {names}",
            model.subgraph(*subgraph)
        );
    }
    let places: Vec<_> = mismatch
        .types
        .iter()
        .map(|(subgraph, _)| {
            place(
                model,
                subgraphs,
                *subgraph,
                position.leaf,
                Some(&field.name),
            )
        })
        .collect();
    if !mismatch.is_disjoint {
        let message = format!(
            "\"{coordinate}\" is shared by subgraphs in which its objects may be of different types:{types}\nWhich objects a \
             client gets may depend on which subgraph is asked."
        );
        let code = HintCode::InconsistentRuntimeTypesForShareableReturn;
        return report.hint(code, message, places);
    }
    let steps = walk.steps(position.path);
    let end = query::End::Field {
        leaf: position.leaf,
        name: &field.name,
        is_composite: true,
    };
    let query = query::text(model, supergraph.api_schema(), &steps, &end);
    let message = format!(
        "In this query:\n\n{query}\n\n\"{coordinate}\" can be resolved by several subgraphs, but there is no type that its \
         objects may have in all of them:{types}\nShared fields have to answer alike everywhere: let the subgraphs have a \
         possible type in common, or only one of them resolve the field."
    );
    let code = ErrorCode::ShareableHasMismatchedRuntimeTypes;
    report.error(code, message, places);
}

/// Where the subgraphs that resolve the field define it.
fn places(walk: &Walk<'_>, subgraphs: &[Subgraph], failure: &Failure) -> Vec<Option<Location>> {
    let model = walk.reach.model;
    let Some(field) = &failure.field else {
        let sites = failure.position.arrived.iter();
        let sites = sites.map(|site| walk.reach.sites.get(*site));
        return sites
            .map(|site| place(model, subgraphs, site.subgraph, site.owner, None))
            .collect();
    };
    explain::resolvers(model, failure.position.leaf, &field.name)
        .into_iter()
        .map(|(subgraph, owner)| place(model, subgraphs, subgraph, owner, Some(&field.name)))
        .collect()
}

/// Where a type or a field of it stands in a subgraph's text.
fn place(
    model: &Model,
    subgraphs: &[Subgraph],
    subgraph: SubgraphId,
    ty: TypeId,
    field: Option<&str>,
) -> Option<Location> {
    let name = model.subgraph(subgraph);
    let subgraph = subgraphs.iter().find(|one| one.name == name)?;
    let ty = &model.ty(ty).name;
    let Some(field) = field else {
        return subgraph.at(subgraph.schema.types.get(ty)?.location());
    };
    let field = subgraph.schema.type_field(ty, field).ok()?;
    subgraph.at(field.location())
}
