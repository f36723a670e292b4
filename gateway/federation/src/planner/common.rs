//! What is asked of an interface object is asked of all objects that are sent, and what one field requires has to be brought
//! by all of them.

use super::{
    build::Builder,
    enter::Entering,
    graph::Source,
    type_sets::TypeSet,
    views::{Seen, Session, View},
};
use crate::model::{FieldSetId, TypeId};

impl Session<'_> {
    /// What an object has to bring for a field that a view's subgraph resolves.
    pub(super) fn requires(&self, leaf: TypeId, name: &str, view: View) -> Option<FieldSetId> {
        let owner = self.interface_object(view).unwrap_or(leaf);
        let field = self.model.field(self.model.field_named(owner, name)?);
        field.joined(view.subgraph)?.requires
    }
}

impl Builder<'_, '_> {
    /// Whether objects of some types can be sent with those that a source's request already sends.
    pub(super) fn fits(&self, source: &Source, entering: &Entering<'_>, leaves: TypeSet) -> bool {
        if !matches!(entering.door.seen, Seen::As(_)) {
            return true;
        }
        let group = &self.graph.groups[source.group];
        let node = &self.graph.nodes[source.node];
        let members = self.session.types.members(leaves);
        let is_known = |leaf: &TypeId, name: &str| {
            let mut brought = entering.requires.iter();
            brought.any(|(ty, set)| {
                ty == leaf && self.session.requires(*leaf, name, group.view) == Some(*set)
            })
        };
        let brings_theirs = members
            .iter()
            .all(|leaf| group.sends(*leaf) || node.requiring().all(|name| is_known(leaf, name)));
        let brought_alike = entering.item.is_none_or(|item| {
            entering.requires.is_empty()
                || node.requires_for(&item.name)
                || group
                    .representations
                    .iter()
                    .all(|one| members.contains(&one.leaf))
        });
        brings_theirs && brought_alike
    }
}
