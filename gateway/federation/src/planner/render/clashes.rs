//! Fields that a subgraph would refuse to answer under one key: they get aliases, and the answer is renamed.

use std::collections::BTreeMap;

use apollo_compiler::Name;

use super::{Renderer, Writing};
use crate::{
    model::{SubgraphId, TypeId},
    planner::graph::Entry,
};

impl Renderer<'_, '_> {
    /// Aliases for fields of different types that a subgraph would refuse to answer under one key
    /// (GraphQL, "Field Selection Merging").
    pub(super) fn clashes(
        &self,
        entries: &[Entry],
        subgraph: SubgraphId,
        writing: &mut Writing,
    ) -> BTreeMap<usize, String> {
        let mut by_key: BTreeMap<&Name, Vec<usize>> = BTreeMap::new();
        for (place, entry) in entries.iter().enumerate() {
            by_key.entry(&entry.key).or_default().push(place);
        }
        let mut aliases = BTreeMap::new();
        for places in by_key.into_values().filter(|places| places.len() > 1) {
            let mut kept: Vec<usize> = Vec::new();
            for place in places {
                let clashes = kept
                    .iter()
                    .any(|known| self.clash(&entries[*known], &entries[place], subgraph));
                if clashes {
                    aliases.insert(place, self.fresh_alias(writing));
                } else {
                    kept.push(place);
                }
            }
        }
        aliases
    }

    fn fresh_alias(&self, writing: &mut Writing) -> String {
        loop {
            let alias = format!("_r{}", writing.aliases);
            writing.aliases += 1;
            if !self.session.selections.is_key_taken(&alias) {
                return alias;
            }
        }
    }

    fn clash(&self, one: &Entry, other: &Entry, subgraph: SubgraphId) -> bool {
        let shapes = |entry: &Entry| -> Vec<(String, TypeId)> {
            let members = self.session.types.members(entry.on);
            let mut shapes: Vec<_> = members
                .iter()
                .filter_map(|leaf| self.output(*leaf, &entry.name, subgraph))
                .map(|output| (wrappers(&output.text), output.named))
                .collect();
            shapes.sort();
            shapes.dedup();
            shapes
        };
        let is_leaf = one.below.is_none() || other.below.is_none();
        let differs = shapes(one).iter().any(|(wrappers, named)| {
            shapes(other).iter().any(|(other_wrappers, other_named)| {
                wrappers != other_wrappers || is_leaf && named != other_named
            })
        });
        if differs {
            return true;
        }
        let (Some(one), Some(other)) = (one.below, other.below) else {
            return false;
        };
        one != other
            && self.graph.nodes[one].entries.iter().any(|left| {
                self.graph.nodes[other]
                    .entries
                    .iter()
                    .any(|right| left.key == right.key && self.clash(left, right, subgraph))
            })
    }
}

/// `[Book!]!` → `[!]!`
fn wrappers(ty: &str) -> String {
    ty.chars()
        .filter(|c| matches!(c, '[' | ']' | '!'))
        .collect()
}
