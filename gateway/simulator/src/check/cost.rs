//! What a plan costs.

use std::collections::{BTreeMap, BTreeSet};

use federation::plan::{Node, PathElement, Plan, Selection};

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
        plan.node.as_ref().map(Self::of_node).unwrap_or_default()
    }

    /// Counts a part of a plan.
    pub(super) fn of_node(node: &Node) -> Self {
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

/// Fetches that are no dearer than one with another would be: of one subgraph about one path, and sent together (so they
/// share a request; what is asked of an interface object is asked of all objects that are sent, wanted or not), or one of
/// them under a condition (so that without it there is nothing to wait for).
pub(super) fn twins(node: &Node) -> usize {
    let mut asked = BTreeMap::new();
    let mut count = 0;
    asked_in(node, false, &[], &mut asked, &mut count);
    let both = asked.values().filter(|(plain, _)| *plain > 0);
    count + both.map(|(_, conditional)| conditional).sum::<usize>()
}

/// How often each subgraph is asked about each path, without and under a condition.
type Asked<'n> = BTreeMap<(&'n str, Vec<&'n str>), (usize, usize)>;

fn asked_in<'n>(
    node: &'n Node,
    is_conditional: bool,
    path: &[&'n str],
    asked: &mut Asked<'n>,
    count: &mut usize,
) {
    match node {
        Node::Sequence(nodes) => {
            for node in nodes {
                asked_in(node, is_conditional, path, asked, count);
            }
        }
        Node::Parallel(nodes) => {
            let mut together = Asked::new();
            for node in nodes {
                let is_sequence = matches!(node, Node::Sequence(_));
                let into = if is_sequence {
                    &mut *asked
                } else {
                    &mut together
                };
                asked_in(node, is_conditional, path, into, count);
            }
            for (what, (plain, conditional)) in together {
                *count += (plain + conditional).saturating_sub(1);
                let known = asked.entry(what).or_default();
                if plain > 0 {
                    known.0 += 1;
                } else {
                    known.1 += 1;
                }
            }
        }
        Node::Fetch(fetch) => {
            let known = asked
                .entry((fetch.service.as_str(), path.to_vec()))
                .or_default();
            if is_conditional {
                known.1 += 1;
            } else {
                known.0 += 1;
            }
        }
        Node::Flatten { path: more, node } => {
            let keys = more.iter().filter_map(|step| match step {
                PathElement::Key(key) => Some(key.as_str()),
                PathElement::List | PathElement::Types(_) => None,
            });
            let path: Vec<_> = path.iter().copied().chain(keys).collect();
            asked_in(node, is_conditional, &path, asked, count);
        }
        Node::Condition {
            if_clause,
            else_clause,
            ..
        } => {
            for node in [if_clause, else_clause].into_iter().flatten() {
                asked_in(node, true, path, asked, count);
            }
        }
        Node::Subscription { rest, .. } => {
            if let Some(rest) = rest {
                asked_in(rest, is_conditional, path, asked, count);
            }
        }
        Node::Defer { .. } => {}
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
