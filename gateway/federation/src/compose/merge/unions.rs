//! Unions: what any subgraph counts among one is among it in the supergraph.

#[cfg(test)]
mod tests;

use apollo_compiler::{
    Name, Node, ast,
    collections::{IndexMap, IndexSet},
    name,
    schema::{ExtendedType, UnionType},
};

use super::{Merger, annotations, differences::names, joins::Maker, sources::Source, type_joins};
use crate::compose::{HintCode, report::Report};

/// Merges a union, with its directives.
pub(super) fn merge<'a>(
    name: &Name,
    sources: &[Source<'a, UnionType>],
    merger: &Merger<'_>,
    report: &mut Report,
) -> ExtendedType {
    let said = |ty: &'a UnionType| (ty.description.as_ref(), &ty.directives);
    let said = annotations::of_type(name, sources, said, merger, report);
    let mut members: IndexMap<&Name, Vec<&Source<'_, UnionType>>> = IndexMap::default();
    for source in sources {
        for member in &source.node.members {
            members.entry(&member.name).or_default().push(source);
        }
    }
    let mut directives: Vec<Node<ast::Directive>> = Vec::new();
    for (member, present) in &members {
        if present.len() < sources.len() {
            hint_missing(name, member, present, sources, report);
        }
        directives.extend(present.iter().map(|source| {
            Maker::of(name!("join__unionMember"), source.subgraph)
                .text(name!("member"), Some(member))
                .make()
        }));
    }
    directives.extend(said.directives);
    let members = members.into_keys().map(Into::into);
    ExtendedType::Union(Node::new(UnionType {
        description: said.description,
        name: name.clone(),
        directives: type_joins::with(sources, directives),
        members: members.collect::<IndexSet<_>>(),
    }))
}

fn hint_missing(
    union: &Name,
    member: &Name,
    present: &[&Source<'_, UnionType>],
    sources: &[Source<'_, UnionType>],
    report: &mut Report,
) {
    let absent = sources
        .iter()
        .filter(|source| !source.node.members.contains(member));
    let message = format!(
        "Union \"{union}\" has \"{member}\" in {}, but not in {}: the supergraph has it.",
        names(present.iter().map(|source| source.subgraph)),
        names(absent.clone().map(|source| source.subgraph)),
    );
    let places = absent.map(|source| source.subgraph.at(source.node.name.location()));
    report.hint(HintCode::InconsistentUnionMember, message, places);
}
