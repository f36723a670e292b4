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
mod query;
mod reach;
mod settings;
mod sites;
#[cfg(test)]
mod tests;
mod walk;

use super::{ErrorCode, Location, report::Report, subgraph::Subgraph};
use crate::{
    Supergraph,
    model::{SubgraphId, TypeId},
};
use walk::{Failure, Walk};

/// Steps of work for a whole supergraph. One of 100 subgraphs with 5,000 types takes less than a hundredth of them.
const MAX_STEPS: u64 = 30_000_000;

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
    let failures = std::mem::take(&mut walk.failures);
    let left = failures.len().saturating_sub(MAX_ERRORS);
    for (place, failure) in failures.iter().take(MAX_ERRORS).enumerate() {
        let mut message = message(&mut walk, supergraph, failure);
        if left > 0 && place + 1 == MAX_ERRORS {
            message.push_str(&format!("\n({left} more fields cannot be resolved.)"));
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

/// Where the subgraphs that resolve the field define it.
fn places(walk: &Walk<'_>, subgraphs: &[Subgraph], failure: &Failure) -> Vec<Option<Location>> {
    let model = walk.reach.model;
    let place = |subgraph: SubgraphId, owner: TypeId| {
        let name = model.subgraph(subgraph);
        let subgraph = subgraphs.iter().find(|one| one.name == name)?;
        let ty = &model.ty(owner).name;
        let Some(field) = &failure.field else {
            return subgraph.at(subgraph.schema.types.get(ty)?.location());
        };
        let field = subgraph.schema.type_field(ty, &field.name).ok()?;
        subgraph.at(field.location())
    };
    match &failure.field {
        Some(field) => explain::resolvers(model, failure.position.leaf, &field.name)
            .into_iter()
            .map(|(subgraph, owner)| place(subgraph, owner))
            .collect(),
        None => {
            let sites = failure.position.arrived.iter();
            let sites = sites.map(|site| walk.reach.sites.get(*site));
            sites.map(|site| place(site.subgraph, site.owner)).collect()
        }
    }
}
