//! After everything has its place: what is read for nothing is dropped, requests that can be one become one, and the
//! whole is weighed.

use rustc_hash::FxHashSet;

use super::graph::{Entry, Graph, Group, GroupId, NodeId, PositionId};
use super::selection::Condition;
use super::views::{Seen, TYPENAME};

/// What a plan costs, the most important first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cost {
    /// The longest chain of requests.
    pub(super) depth: u32,
    /// Requests in all.
    pub(super) fetches: usize,
    /// Selected fields.
    pub(super) fields: usize,
}

impl Graph {
    /// Makes the plan as small as it gets without another choice.
    pub(super) fn finish(&mut self) {
        self.drop_unread();
        self.lift_guards();
        self.merge_groups();
    }

    /// What a request needs is only conditional as long as the whole request is.
    fn lift_guards(&mut self) {
        let mut goes_on = true;
        while goes_on {
            goes_on = false;
            let mut guards = std::mem::take(&mut self.guards);
            guards.retain(|guard| {
                let holds = guard
                    .needed_by
                    .is_some_and(|group| self.guard_of(group) == Some(guard.condition));
                if !holds {
                    let entry = &mut self.nodes[guard.node].entries[guard.entry];
                    entry.conditions = vec![Condition::ALWAYS];
                    goes_on = true;
                }
                holds
            });
            self.guards = guards;
        }
    }

    /// The one condition of everything that a group selects.
    pub(super) fn guard_of(&self, group: GroupId) -> Option<Condition> {
        let entries = &self.nodes[self.groups[group].node].entries;
        let mut entries = entries.iter().filter(|entry| self.is_kept(entry));
        let [first] = entries.next()?.conditions.as_slice() else {
            return None;
        };
        let is_common = *first != Condition::ALWAYS
            && entries.all(|entry| entry.conditions.as_slice() == [*first]);
        is_common.then_some(*first)
    }

    fn is_guarding(&self, group: GroupId) -> bool {
        self.guards
            .iter()
            .any(|guard| guard.needed_by == Some(group))
    }

    pub(super) fn alive(&self) -> impl Iterator<Item = GroupId> + '_ {
        (0..self.groups.len()).filter(|group| !self.groups[*group].is_gone)
    }

    pub(super) fn cost(&self) -> Cost {
        let groups = || self.alive().map(|id| &self.groups[id]);
        Cost {
            depth: groups().map(|group| group.depth).max().unwrap_or(0),
            fetches: groups().count(),
            fields: groups().map(|group| self.size(group.node)).sum(),
        }
    }

    /// The positions of the requests that make the plan as deep as it is, and of those above them.
    pub(super) fn critical(&self) -> FxHashSet<PositionId> {
        let deepest = self.cost().depth;
        let mut groups: Vec<GroupId> = self
            .alive()
            .filter(|group| self.groups[*group].depth == deepest)
            .collect();
        let mut positions = FxHashSet::default();
        while let Some(group) = groups.pop() {
            let mut at = Some(self.groups[group].position);
            while let Some(position) = at.filter(|position| positions.insert(*position)) {
                at = self.positions[position]
                    .parent
                    .as_ref()
                    .map(|step| step.position);
            }
            let depth = self.groups[group].depth;
            let before = self.groups[group].depends.iter();
            groups.extend(before.filter(|before| self.groups[**before].depth + 1 == depth));
        }
        positions
    }

    fn size(&self, node: NodeId) -> usize {
        let node = &self.nodes[node];
        if node.is_dropped {
            return 0;
        }
        node.entries
            .iter()
            .filter(|entry| self.is_kept(entry))
            .map(|entry| 1 + entry.below.map_or(0, |below| self.size(below)))
            .sum()
    }

    pub(super) fn is_kept(&self, entry: &Entry) -> bool {
        entry
            .below
            .is_none_or(|below| !self.nodes[below].is_dropped)
    }

    /// Where a value is read from several subgraphs, those through which nothing is read are left out.
    fn drop_unread(&mut self) {
        let mut is_spare = vec![false; self.nodes.len()];
        for entry in self.nodes.iter().flat_map(|node| &node.entries) {
            if let (Some(below), true) = (entry.below, entry.is_shared) {
                is_spare[below] = true;
            }
        }
        for position in (0..self.positions.len()).rev() {
            self.drop_unread_at(position, &is_spare);
        }
        let mut goes_on = true;
        while goes_on {
            goes_on = false;
            for id in 0..self.groups.len() {
                if self.groups[id].is_gone || self.reads(self.groups[id].node) {
                    continue;
                }
                let is_needed = self
                    .alive()
                    .any(|other| self.groups[other].depends.contains(&id));
                let is_only = self.alive().count() == 1;
                if !is_needed && !is_only {
                    self.groups[id].is_gone = true;
                    goes_on = true;
                }
            }
        }
    }

    fn drop_unread_at(&mut self, position: PositionId, is_spare: &[bool]) {
        let nodes: Vec<NodeId> = self.positions[position]
            .sources
            .iter()
            .filter(|source| self.groups[source.group].node != source.node)
            .map(|source| source.node)
            .collect();
        if nodes.len() < 2 {
            return;
        }
        let reading: Vec<bool> = nodes
            .iter()
            .map(|node| !is_spare[*node] || self.reads(*node))
            .collect();
        let keeps_one = !reading.contains(&true);
        for (index, node) in nodes.into_iter().enumerate() {
            let is_kept = reading[index] || keeps_one && index == 0;
            self.nodes[node].is_dropped = !is_kept;
        }
    }

    /// Whether anything is read through a node that is not read elsewhere, too.
    fn reads(&self, node: NodeId) -> bool {
        self.nodes[node]
            .entries
            .iter()
            .any(|entry| match entry.below {
                Some(below) => {
                    !self.nodes[below].is_dropped && (!entry.is_shared || self.reads(below))
                }
                None => !(entry.is_shared && entry.key == TYPENAME),
            })
    }

    /// Entity requests to one subgraph about one position become one, unless that makes the plan deeper.
    fn merge_groups(&mut self) {
        let limit = self.cost().depth;
        for one in 0..self.groups.len() {
            for other in one + 1..self.groups.len() {
                if self.may_merge(one, other) {
                    self.try_merge(one, other, limit);
                }
            }
        }
    }

    fn may_merge(&self, one: GroupId, other: GroupId) -> bool {
        if (self.is_guarding(one) || self.is_guarding(other))
            && self.guard_of(one) != self.guard_of(other)
        {
            return false;
        }
        let (one, other) = (&self.groups[one], &self.groups[other]);
        let is_alike = !one.is_gone
            && !other.is_gone
            && one.subgraph == other.subgraph
            && one.position == other.position
            && one.view == other.view
            && one.block == other.block
            && !one.representations.is_empty()
            && !other.representations.is_empty();
        is_alike
            && self.brings_enough(one, other)
            && self.brings_enough(other, one)
            && self.nodes[other.node].entries.iter().all(|entry| {
                !self.nodes[one.node].conflicts(&entry.key, &entry.name, entry.arguments)
            })
    }

    /// Whether what one group sends is enough for what the other asks, too: of an interface object, everything is asked of all
    /// objects alike.
    fn brings_enough(&self, one: &Group, other: &Group) -> bool {
        let is_common = matches!(one.view.seen, Seen::As(_));
        let (sent, asked) = (&self.nodes[one.node], &self.nodes[other.node]);
        !is_common
            || one
                .representations
                .iter()
                .all(|sent| other.sends(sent.leaf))
            || asked.requiring().all(|name| sent.requires_for(name))
    }

    fn try_merge(&mut self, one: GroupId, other: GroupId, limit: u32) {
        if self.leads_to(one, other) || self.leads_to(other, one) {
            return;
        }
        let before: Vec<(u32, Vec<GroupId>)> = self
            .groups
            .iter()
            .map(|group| (group.depth, group.depends.clone()))
            .collect();
        let more = self.groups[other].depends.clone();
        Self::depend(&mut self.groups[one].depends, more);
        for group in &mut self.groups {
            if group.depends.contains(&other) {
                group.depends.retain(|known| *known != other);
                Self::depend(&mut group.depends, [one]);
            }
        }
        self.groups[other].is_gone = true;
        self.measure();
        if self.cost().depth > limit {
            self.groups[other].is_gone = false;
            for (group, (depth, depends)) in self.groups.iter_mut().zip(before) {
                group.depth = depth;
                group.depends = depends;
            }
            return;
        }
        let representations = std::mem::take(&mut self.groups[other].representations);
        for representation in representations {
            self.groups[one].represent(representation);
        }
        for guard in &mut self.guards {
            if guard.needed_by == Some(other) {
                guard.needed_by = Some(one);
            }
        }
        for context in std::mem::take(&mut self.groups[other].contexts) {
            if !self.groups[one].contexts.contains(&context) {
                self.groups[one].contexts.push(context);
            }
        }
        let (into, from) = (self.groups[one].node, self.groups[other].node);
        self.merge_nodes(into, from);
    }

    fn merge_nodes(&mut self, into: NodeId, from: NodeId) {
        for entry in std::mem::take(&mut self.nodes[from].entries) {
            let below = entry.below;
            let place = self.nodes[into].add(entry);
            let known = self.nodes[into].entries[place].below;
            if let (Some(known), Some(below)) = (known, below)
                && known != below
            {
                self.merge_nodes(known, below);
            }
        }
    }

    /// Whether a group's answer is needed, at last, by another.
    fn leads_to(&self, from: GroupId, to: GroupId) -> bool {
        let mut seen = vec![false; self.groups.len()];
        let mut stack = vec![to];
        while let Some(group) = stack.pop() {
            for &before in &self.groups[group].depends {
                if before == from {
                    return true;
                }
                if !std::mem::replace(&mut seen[before], true) {
                    stack.push(before);
                }
            }
        }
        false
    }

    /// Works the depths out anew.
    fn measure(&mut self) {
        let mut depths: Vec<Option<u32>> = vec![None; self.groups.len()];
        for group in 0..self.groups.len() {
            self.measure_one(group, &mut depths);
        }
        for (group, depth) in self.groups.iter_mut().zip(depths) {
            group.depth = depth.unwrap_or(group.depth);
        }
    }

    fn measure_one(&self, group: GroupId, depths: &mut [Option<u32>]) -> u32 {
        if let Some(depth) = depths[group] {
            return depth;
        }
        let before = self.groups[group]
            .depends
            .iter()
            .map(|before| self.measure_one(*before, depths))
            .max()
            .unwrap_or(0);
        depths[group] = Some(before + 1);
        before + 1
    }
}
