//! From groups and what they depend on to a plan's nodes.

use std::collections::BTreeMap;

use super::graph::{BlockId, Graph, GroupId};
use crate::plan::{Node, OperationKind};

/// Requests that go out together: to one subgraph, at one depth.
#[derive(Debug)]
struct Batch {
    groups: Vec<GroupId>,
    depends: Vec<usize>,
}

/// Orders groups: everything as early as it can be, and requests to one subgraph at one depth side by side, so that they
/// can share a round trip.
pub(super) fn schedule(
    graph: &Graph,
    groups: &[GroupId],
    node: &mut dyn FnMut(GroupId) -> Node,
) -> Option<Node> {
    let mut keys: BTreeMap<(u32, u16, Option<usize>), Vec<GroupId>> = BTreeMap::new();
    for &id in groups {
        let group = &graph.groups[id];
        let alone = group.representations.is_empty().then_some(id);
        keys.entry((group.depth, group.subgraph.0, alone))
            .or_default()
            .push(id);
    }
    let members: Vec<Vec<GroupId>> = keys.into_values().collect();
    let batch_of = |id: GroupId| members.iter().position(|batch| batch.contains(&id));
    let batches: Vec<Batch> = members
        .iter()
        .map(|batch| {
            let mut depends: Vec<usize> = batch
                .iter()
                .flat_map(|id| &graph.groups[*id].depends)
                .filter_map(|before| batch_of(*before))
                .collect();
            depends.sort_unstable();
            depends.dedup();
            Batch {
                groups: batch.clone(),
                depends,
            }
        })
        .collect();
    order(&batches, (0..batches.len()).collect(), node)
}

/// What is connected runs after its roots; what is not runs beside it.
fn order(
    batches: &[Batch],
    all: Vec<usize>,
    node: &mut dyn FnMut(GroupId) -> Node,
) -> Option<Node> {
    let parts = components(batches, &all);
    let mut nodes = Vec::new();
    for part in parts {
        let (first, rest): (Vec<usize>, Vec<usize>) = part.iter().partition(|batch| {
            !batches[**batch]
                .depends
                .iter()
                .any(|before| part.contains(before))
        });
        let mut roots = Vec::new();
        for batch in first {
            roots.extend(batches[batch].groups.iter().map(|group| node(*group)));
        }
        let mut steps: Vec<Node> = parallel(roots).into_iter().collect();
        if !rest.is_empty() {
            match order(batches, rest, node) {
                Some(Node::Sequence(more)) => steps.extend(more),
                Some(other) => steps.push(other),
                None => {}
            }
        }
        nodes.extend(sequence(steps));
    }
    parallel(nodes)
}

fn components(batches: &[Batch], all: &[usize]) -> Vec<Vec<usize>> {
    let mut left: Vec<usize> = all.to_vec();
    let mut parts = Vec::new();
    while !left.is_empty() {
        let mut part = vec![left.remove(0)];
        let mut next = 0;
        while next < part.len() {
            let one = part[next];
            next += 1;
            let (near, far): (Vec<usize>, Vec<usize>) = left.iter().partition(|other| {
                batches[**other].depends.contains(&one) || batches[one].depends.contains(other)
            });
            part.extend(near);
            left = far;
        }
        part.sort_unstable();
        parts.push(part);
    }
    parts
}

pub(super) fn parallel(nodes: Vec<Node>) -> Option<Node> {
    let mut flat = Vec::with_capacity(nodes.len());
    for node in nodes {
        match node {
            Node::Parallel(inner) => flat.extend(inner),
            other => flat.push(other),
        }
    }
    if flat.len() > 1 {
        return Some(Node::Parallel(flat));
    }
    flat.pop()
}

pub(super) fn sequence(nodes: Vec<Node>) -> Option<Node> {
    let mut flat = Vec::with_capacity(nodes.len());
    for node in nodes {
        match node {
            Node::Sequence(inner) => flat.extend(inner),
            other => flat.push(other),
        }
    }
    if flat.len() > 1 {
        return Some(Node::Sequence(flat));
    }
    flat.pop()
}

impl Graph {
    /// The groups of a block (or of none), as long as they are there.
    pub(super) fn groups_of(&self, block: Option<BlockId>) -> Vec<GroupId> {
        self.alive()
            .filter(|group| self.groups[*group].block == block)
            .collect()
    }

    /// Kind of the operation that asks a group: only the first requests of a mutation or subscription are one.
    pub(super) fn kind_of(&self, group: GroupId, operation: OperationKind) -> OperationKind {
        let group = &self.groups[group];
        let is_first =
            group.representations.is_empty() && self.positions[group.position].parent.is_none();
        if is_first {
            operation
        } else {
            OperationKind::Query
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Fetch;

    /// A fetch whose service is a group's number.
    fn fetch(group: GroupId) -> Node {
        Node::Fetch(Box::new(Fetch {
            id: None,
            service: group.to_string(),
            kind: OperationKind::Query,
            variables: Vec::new(),
            requires: Vec::new(),
            selections: Vec::new(),
            contexts: Vec::new(),
            input_rewrites: Vec::new(),
            output_rewrites: Vec::new(),
        }))
    }

    /// `[0 (1 2)]`: 0, then 1 and 2 at once.
    fn text(node: &Node) -> String {
        let inner = |nodes: &[Node]| nodes.iter().map(text).collect::<Vec<_>>().join(" ");
        match node {
            Node::Sequence(nodes) => format!("[{}]", inner(nodes)),
            Node::Parallel(nodes) => format!("({})", inner(nodes)),
            Node::Fetch(fetch) => fetch.service.clone(),
            other => format!("{other:?}"),
        }
    }

    /// Orders batches of groups, given with the batches that they depend on.
    fn ordered(batches: &[(&[GroupId], &[usize])]) -> String {
        let batches: Vec<Batch> = batches
            .iter()
            .map(|(groups, depends)| Batch {
                groups: groups.to_vec(),
                depends: depends.to_vec(),
            })
            .collect();
        let all = (0..batches.len()).collect();
        order(&batches, all, &mut fetch).map_or_else(String::new, |node| text(&node))
    }

    #[test]
    fn what_depends_on_nothing_in_common_runs_side_by_side() {
        assert_eq!(ordered(&[]), "");
        assert_eq!(ordered(&[(&[0], &[])]), "0");
        let chains: [(&[GroupId], &[usize]); 4] =
            [(&[0], &[]), (&[1], &[]), (&[2], &[0]), (&[3], &[1])];
        assert_eq!(ordered(&chains), "([0 2] [1 3])");
    }

    #[test]
    fn a_request_waits_for_all_that_it_depends_on() {
        let diamond: [(&[GroupId], &[usize]); 4] =
            [(&[0], &[]), (&[1], &[0]), (&[2], &[0]), (&[3], &[1, 2])];
        assert_eq!(ordered(&diamond), "[0 (1 2) 3]");
    }

    #[test]
    fn a_batch_goes_out_together() {
        let batches: [(&[GroupId], &[usize]); 2] = [(&[0], &[]), (&[1, 2], &[0])];
        assert_eq!(ordered(&batches), "[0 (1 2)]");
    }
}
