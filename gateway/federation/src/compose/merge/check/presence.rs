//! What must be there in some subgraph: something to ask for, and a definition of each type that is extended.

use std::collections::HashSet;

use apollo_compiler::{collections::IndexMap, schema::ExtendedType};

use crate::compose::{
    ErrorCode,
    report::Report,
    subgraph::{FederationVersion, Subgraph},
};

/// Reports that no subgraph has a query, and types that all their subgraphs only extend.
pub(super) fn check(subgraphs: &[Subgraph], report: &mut Report) {
    let has_query = |subgraph: &Subgraph| {
        let query = subgraph.schema.get_object("Query");
        query.is_some_and(|query| !query.fields.is_empty())
    };
    if !subgraphs.iter().any(has_query) {
        report.error(
            ErrorCode::NoQueries,
            "No subgraph has a query: at least one must have a field on its query type",
            [],
        );
    }
    check_bases(subgraphs, report);
}

/// How a subgraph has a type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    Defined,
    /// By Federation 1's `type T @extends`.
    ExtendsByDirective,
    Extends,
}

fn check_bases(subgraphs: &[Subgraph], report: &mut Report) {
    let mut defined: HashSet<&str> = HashSet::new();
    let mut extended: IndexMap<&str, Vec<(&Subgraph, &ExtendedType, Presence)>> =
        IndexMap::default();
    for subgraph in subgraphs {
        for (name, ty) in &subgraph.schema.types {
            if ty.is_built_in() || matches!(name.as_str(), "Query" | "Mutation" | "Subscription") {
                continue;
            }
            let presence = presence(subgraph, ty);
            if presence == Presence::Defined {
                defined.insert(name.as_str());
            } else {
                let extensions = extended.entry(name).or_default();
                extensions.push((subgraph, ty, presence));
            }
        }
    }
    for (name, extensions) in extended {
        // As Apollo has it: Federation 1 takes several `@extends` for definitions of each other.
        let is_mutual = extensions.len() > 1
            && extensions
                .iter()
                .all(|(_, _, presence)| *presence == Presence::ExtendsByDirective);
        if defined.contains(name) || is_mutual {
            continue;
        }
        for (subgraph, ty, _) in extensions {
            report.subgraph_error(
                subgraph,
                ErrorCode::ExtensionWithNoBase,
                format_args!(
                    "\"{name}\" is extended, but no subgraph defines it: define it in one, or remove \"extend\" here"
                ),
                ty.name().location(),
            );
        }
    }
}

fn presence(subgraph: &Subgraph, ty: &ExtendedType) -> Presence {
    if !subgraph.facts.defined.contains(ty.name()) {
        Presence::Extends
    } else if subgraph.version == FederationVersion::V1
        && ty.directives().has("federation__extends")
    {
        Presence::ExtendsByDirective
    } else {
        Presence::Defined
    }
}
