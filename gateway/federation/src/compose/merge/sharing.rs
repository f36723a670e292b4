//! `@shareable`: what several subgraphs resolve must be marked.

use std::fmt::Write as _;

use super::{
    differences::names,
    fields::{FieldSource, FieldSources},
    overrides::{Overridden, Overrides},
};
use crate::compose::{ErrorCode, report::Report};

/// Reports a field that several subgraphs resolve, one of them without saying `@shareable`.
pub(super) fn check(
    sources: &FieldSources<'_, '_>,
    overrides: &Overrides<'_>,
    report: &mut Report,
) {
    if sources.composite.name == "Subscription" {
        check_subscription(sources, report);
    }
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
    let stand_ins = sources.composite.stand_ins_of(sources.name);
    let through = stand_ins.map(|(interface, field)| Resolver {
        ty: interface,
        field,
    });
    let resolvers: Vec<_> = own.chain(through).filter(Resolver::resolves).collect();
    let unmarked: Vec<_> = resolvers.iter().filter(|one| !one.is_shareable()).collect();
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

/// Who is to hold a subscription must not be a matter of choice.
fn check_subscription(sources: &FieldSources<'_, '_>, report: &mut Report) {
    // On the type it says nothing here, as with Apollo.
    let marked = sources.all.iter();
    let marked: Vec<_> = marked
        .filter(|one| one.node.directives.has("federation__shareable"))
        .collect();
    if marked.is_empty() {
        return;
    }
    let message = format!(
        "Field \"{}\" is @shareable in {}: a subscription is held by one subgraph. Remove @shareable.",
        sources.coordinate(),
        names(marked.iter().map(|one| one.subgraph)),
    );
    let places = marked.iter().map(|one| one.place());
    report.error(ErrorCode::InvalidFieldSharing, message, places);
}

/// A subgraph that may resolve the field, as one of the object type or of an interface object in its place.
struct Resolver<'a> {
    ty: &'a str,
    field: FieldSource<'a>,
}

impl Resolver<'_> {
    /// Not what is only borrowed; but what the subgraph provides by some ways.
    fn resolves(&self) -> bool {
        let facts = self.field.facts;
        facts.is_none_or(|facts| !facts.is_external || facts.is_provided)
    }

    /// Of what is provided, those who define it say so.
    fn is_shareable(&self) -> bool {
        let facts = self.field.facts;
        facts.is_some_and(|one| one.is_shareable || one.is_external || one.is_key_field)
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
