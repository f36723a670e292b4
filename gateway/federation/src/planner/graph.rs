//! The plan while it is being built: groups (one request each), the positions of the response that they are about, and
//! what each group selects there.

use apollo_compiler::Name;

use rustc_hash::FxHashMap;

use super::{
    representation::merge_selection,
    selection::{Arguments, Condition, SetId},
    type_sets::TypeSet,
    views::View,
};
use crate::{
    model::{FieldId, SubgraphId, TypeId},
    plan::Selection,
};

pub(super) type GroupId = usize;
pub(super) type PositionId = usize;
pub(super) type NodeId = usize;
pub(super) type BlockId = usize;

/// A plan in the making.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) groups: Vec<Group>,
    pub(super) positions: Vec<Position>,
    pub(super) nodes: Vec<SelectionNode>,
    pub(super) blocks: Vec<Block>,
    /// How much is sent in all, by request and type.
    pub(super) representations: usize,
    /// Fields that are only selected under a condition, because only a conditional request needs them.
    pub(super) guards: Vec<Guard>,
}

/// A field that is selected for a request to come, under that request's condition.
#[derive(Debug)]
pub(super) struct Guard {
    pub(super) node: NodeId,
    pub(super) entry: usize,
    pub(super) condition: Condition,
    /// The request; not known while it is being prepared.
    pub(super) needed_by: Option<GroupId>,
}

/// One request to one subgraph.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) subgraph: SubgraphId,
    pub(super) position: PositionId,
    pub(super) node: NodeId,
    pub(super) view: View,
    /// What is sent for each type of object; none: this asks for root fields.
    pub(super) representations: Vec<Representation>,
    /// The groups whose answers it needs.
    pub(super) depends: Vec<GroupId>,
    /// Its place in the longest chain of requests, from 1.
    pub(super) depth: u32,
    pub(super) contexts: Vec<ContextUse>,
    /// The `@defer` that it belongs to.
    pub(super) block: Option<BlockId>,
    /// Merged into another one.
    pub(super) is_gone: bool,
}

/// A value of an enclosing object that a group sends.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ContextUse {
    pub(super) field: FieldId,
    pub(super) argument: String,
    pub(super) variable: String,
    pub(super) ty: String,
    pub(super) position: PositionId,
    pub(super) selections: Vec<Selection>,
}

/// What is sent for objects of a type.
#[derive(Debug, Clone)]
pub(super) struct Representation {
    pub(super) leaf: TypeId,
    /// In place of the object's own.
    pub(super) type_name: Option<TypeId>,
    pub(super) fields: Vec<Selection>,
}

/// A place of the response.
#[derive(Debug)]
pub(super) struct Position {
    pub(super) parent: Option<Step>,
    /// The types that its objects may have.
    pub(super) leaves: TypeSet,
    /// Where its objects can be read.
    pub(super) sources: Vec<Source>,
    /// What the client wants here: at once, and in each part of the answer.
    pub(super) client: Vec<SetId>,
    /// Whether the client, or a subgraph, cannot tell the type from the schema.
    pub(super) is_abstract: bool,
    pub(super) children: FxHashMap<(TypeSet, Name), PositionId>,
    /// Keys of the response that are in use here, and for what; `None`: for several fields.
    pub(super) keys: FxHashMap<Name, Option<Usage>>,
}

/// What a key of the response stands for.
#[derive(Debug, Clone)]
pub(super) struct Usage {
    pub(super) name: Name,
    pub(super) arguments: Arguments,
    /// What the client wants below it.
    pub(super) below: Option<SetId>,
}

impl Usage {
    pub(super) fn is_for(&self, name: &Name, arguments: Arguments) -> bool {
        self.name == *name && self.arguments == arguments
    }
}

/// From a position to the one below.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) position: PositionId,
    pub(super) on: TypeSet,
    pub(super) key: Name,
    pub(super) lists: u8,
}

/// A group that reads the objects of a position.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source {
    pub(super) group: GroupId,
    pub(super) node: NodeId,
    pub(super) view: View,
}

/// What a group selects of the objects at a position.
#[derive(Debug, Default)]
pub(super) struct SelectionNode {
    /// How the objects are seen.
    pub(super) view: Option<View>,
    /// Nothing is read through it after all.
    pub(super) is_dropped: bool,
    pub(super) entries: Vec<Entry>,
    index: FxHashMap<(TypeSet, Name), Vec<usize>>,
}

/// A selected field.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) on: TypeSet,
    pub(super) key: Name,
    pub(super) name: Name,
    pub(super) arguments: Arguments,
    /// Arguments that come from context: their names and variables.
    pub(super) contextual: Vec<(String, String)>,
    /// When any of these holds.
    pub(super) conditions: Vec<Condition>,
    pub(super) below: Option<NodeId>,
    /// One of several places that the field is read from: dropped when nothing is read through it.
    pub(super) is_shared: bool,
    /// Whether the objects have to bring something for it.
    pub(super) has_requirement: bool,
}

/// A `@defer` at a position.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) outer: Option<BlockId>,
    pub(super) position: PositionId,
    pub(super) label: Option<String>,
    pub(super) deferral: super::selection::DeferralId,
}

impl Group {
    /// Whether it is sent objects of a type.
    pub(super) fn sends(&self, leaf: TypeId) -> bool {
        self.representations.iter().any(|one| one.leaf == leaf)
    }

    /// Sends this, too: fields of a type that is sent already join it.
    pub(super) fn represent(&mut self, one: Representation) {
        let mut known = self.representations.iter_mut();
        match known.find(|known| known.leaf == one.leaf) {
            Some(known) => {
                for field in one.fields {
                    merge_selection(&mut known.fields, field);
                }
            }
            None => self.representations.push(one),
        }
    }
}

impl SelectionNode {
    /// Adds an entry, or the conditions and the contents of one to what is already there; gives back its place.
    pub(super) fn add(&mut self, entry: Entry) -> usize {
        let key = (entry.on, entry.key.clone());
        let places = self.index.entry(key).or_default();
        let known = places.iter().copied().find(|place| {
            let other = &self.entries[*place];
            other.name == entry.name
                && other.arguments == entry.arguments
                && other.contextual == entry.contextual
        });
        if let Some(place) = known {
            let other = &mut self.entries[place];
            add_conditions(&mut other.conditions, &entry.conditions);
            other.is_shared &= entry.is_shared;
            return place;
        }
        places.push(self.entries.len());
        self.entries.push(entry);
        self.entries.len() - 1
    }

    /// The fields for which objects have to bring something.
    pub(super) fn requiring(&self) -> impl Iterator<Item = &Name> {
        let entries = self.entries.iter().filter(|entry| entry.has_requirement);
        entries.map(|entry| &entry.name)
    }

    /// Whether a field that requires something is selected.
    pub(super) fn requires_for(&self, name: &Name) -> bool {
        self.requiring().any(|known| known == name)
    }

    /// Whether a key stands for another field here.
    pub(super) fn conflicts(&self, key: &Name, name: &Name, arguments: Arguments) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.key == *key && (entry.name != *name || entry.arguments != arguments))
    }
}

/// Either of them.
pub(super) fn add_conditions(known: &mut Vec<Condition>, more: &[Condition]) {
    for condition in more {
        if !known.contains(condition) {
            known.push(*condition);
        }
    }
    if known.contains(&Condition::ALWAYS) {
        known.clear();
        known.push(Condition::ALWAYS);
    }
}

impl Graph {
    pub(super) fn new_node(&mut self, view: View) -> NodeId {
        self.nodes.push(SelectionNode {
            view: Some(view),
            ..SelectionNode::default()
        });
        self.nodes.len() - 1
    }

    /// Whether a block is another one, or inside it.
    pub(super) fn is_within(&self, mut block: Option<BlockId>, outer: Option<BlockId>) -> bool {
        loop {
            if block == outer {
                return true;
            }
            match block {
                Some(id) => block = self.blocks[id].outer,
                None => return false,
            }
        }
    }

    /// Adds dependencies to a list.
    pub(super) fn depend(list: &mut Vec<GroupId>, on: impl IntoIterator<Item = GroupId>) {
        for group in on {
            if !list.contains(&group) {
                list.push(group);
            }
        }
    }

    pub(super) fn depth_after(&self, depends: &[GroupId]) -> u32 {
        depends
            .iter()
            .map(|group| self.groups[*group].depth)
            .max()
            .unwrap_or(0)
            + 1
    }
}
