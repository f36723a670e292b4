//! `@shareable`: what several subgraphs resolve must be marked.

use std::fmt::Write as _;

use super::{
    Merger,
    differences::names,
    fields::{FieldSource, FieldSources},
    overrides::{Overridden, Overrides},
};
use crate::compose::{ErrorCode, report::Report};

/// Reports a field that several subgraphs resolve, one of them without saying `@shareable`.
pub(super) fn check(
    sources: &FieldSources<'_, '_>,
    overrides: &Overrides<'_>,
    merger: &Merger<'_>,
    report: &mut Report,
) {
    let stand_ins = sources.composite.stand_ins_of(sources.name);
    if sources.all.len() < 2 && sources.composite.stand_ins.is_empty() {
        return;
    }
    let own = sources
        .all
        .iter()
        .enumerate()
        .filter(|(index, _)| overrides.standing(*index).overridden == Overridden::No)
        .map(|(_, source)| Resolver {
            ty: sources.composite.name,
            field: *source,
        });
    let through = stand_ins.map(|(interface, field)| Resolver {
        ty: interface,
        field,
    });
    let resolvers: Vec<_> = own
        .chain(through)
        .filter(|one| one.resolves(merger))
        .collect();
    let unmarked: Vec<_> = resolvers
        .iter()
        .filter(|one| !one.is_shareable(merger))
        .collect();
    if unmarked.is_empty() || resolvers.len() < 2 {
        return;
    }
    let message = format!(
        "Field \"{}\" is resolved in {}, but is not shareable in {}. Mark it with @shareable in all of them, or let one @override the others.",
        sources.coordinate(),
        tell(&resolvers, sources),
        names(unmarked.iter().map(|one| one.field.subgraph)),
    );
    let places = resolvers.iter().map(|one| one.field.place());
    report.error(ErrorCode::InvalidFieldSharing, message, places);
}

/// A subgraph that may resolve the field, as one of the object type or of an interface object in its place.
struct Resolver<'a> {
    ty: &'a str,
    field: FieldSource<'a>,
}

impl Resolver<'_> {
    fn resolves(&self, merger: &Merger<'_>) -> bool {
        let uses = &merger.uses[self.field.index];
        !self.field.is_external() || uses.is_provided(self.ty, &self.field.node.name)
    }

    fn is_shareable(&self, merger: &Merger<'_>) -> bool {
        let uses = &merger.uses[self.field.index];
        let is_marked = self.field.facts.is_some_and(|facts| facts.is_shareable);
        // What is provided is external, and only borrowed.
        is_marked || self.field.is_external() || uses.is_in_key(self.ty, &self.field.node.name)
    }
}

fn tell(resolvers: &[Resolver<'_>], sources: &FieldSources<'_, '_>) -> String {
    let (own, through): (Vec<_>, Vec<_>) = resolvers
        .iter()
        .partition(|one| one.ty == sources.composite.name.as_str());
    let mut text = names(own.iter().map(|one| one.field.subgraph));
    for one in through {
        if !text.is_empty() {
            text.push_str(", ");
        }
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\"{}\" (as interface object \"{}\")",
            one.field.subgraph.name, one.ty
        );
    }
    text
}
