//! What a plan costs.

use std::collections::BTreeSet;

use federation::plan::{Node, Plan, Selection};

use super::structure::each_fetch;

/// A plan's cost; less is better, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Cost {
    /// The longest chain of fetches, each of which waits for the one before.
    pub depth: usize,
    /// Fetch nodes, those of all conditions together.
    pub fetches: usize,
    /// Fields that they select.
    pub fields: usize,
    /// Requests: neighbours that ask one subgraph about entities share one.
    pub requests: usize,
}

impl Cost {
    /// Counts a plan.
    pub fn of(plan: &Plan) -> Self {
        let Some(node) = &plan.node else {
            return Self::default();
        };
        let mut cost = Self {
            depth: depth(node),
            requests: requests(node),
            ..Self::default()
        };
        each_fetch(node, &[], &mut |fetch, _| {
            cost.fetches += 1;
            cost.fields += fields(&fetch.selections);
        });
        cost
    }
}

fn depth(node: &Node) -> usize {
    match node {
        Node::Sequence(nodes) => nodes.iter().map(depth).sum(),
        Node::Parallel(nodes) => nodes.iter().map(depth).max().unwrap_or(0),
        Node::Fetch(_) => 1,
        Node::Flatten { node, .. } => depth(node),
        Node::Condition {
            if_clause,
            else_clause,
            ..
        } => {
            let clauses = [if_clause, else_clause].into_iter().flatten();
            clauses.map(|node| depth(node)).max().unwrap_or(0)
        }
        Node::Subscription { rest, .. } => 1 + rest.as_deref().map_or(0, depth),
        Node::Defer { primary, deferred } => {
            let parts = deferred.iter().filter_map(|part| part.node.as_deref());
            primary.node.as_deref().map_or(0, depth) + parts.map(depth).max().unwrap_or(0)
        }
    }
}

fn requests(node: &Node) -> usize {
    match node {
        Node::Sequence(nodes) => nodes.iter().map(requests).sum(),
        Node::Parallel(nodes) => {
            let mut services = BTreeSet::new();
            let mut others = 0;
            for node in nodes {
                match node {
                    Node::Flatten { node, .. } => match node.as_ref() {
                        Node::Fetch(fetch) if fetch.is_entities() => {
                            services.insert(&fetch.service);
                        }
                        other => others += requests(other),
                    },
                    other => others += requests(other),
                }
            }
            services.len() + others
        }
        other => {
            let mut count = 0;
            each_fetch(other, &[], &mut |_, _| count += 1);
            count
        }
    }
}

fn fields(selections: &[Selection]) -> usize {
    let count = |selection: &Selection| match selection {
        Selection::Field(field) => 1 + fields(&field.selections),
        Selection::Inline(inline) => fields(&inline.selections),
    };
    selections.iter().map(count).sum()
}
