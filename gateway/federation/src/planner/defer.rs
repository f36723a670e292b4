//! `@defer`: which parts of a plan answer later, and what the client asked there, in its own words.

use std::rc::Rc;

use super::{
    graph::{BlockId, GroupId},
    render::Renderer,
    schedule::schedule,
    selection::{Condition, DeferralId, SetId},
};
use crate::{
    model::TypeId,
    plan::{Conditions, Deferred, Field, Inline, Node, Primary, Selection},
};

impl Renderer<'_, '_> {
    /// The groups of a block, and the blocks inside it.
    pub(super) fn block(&mut self, root: SetId, block: Option<BlockId>) -> Option<Node> {
        let groups = self.graph.groups_of(block);
        let node = schedule(self.graph, &groups, &mut |group| self.node(group));
        let inner: Vec<BlockId> = (0..self.graph.blocks.len())
            .filter(|id| self.graph.blocks[*id].outer == block)
            .collect();
        if inner.is_empty() {
            return node;
        }
        let selections = match block {
            None => self.words(root, None),
            Some(block) => self.words_of(block),
        };
        let deferred = inner
            .into_iter()
            .map(|id| self.deferred(root, id, block))
            .collect();
        Some(Node::Defer {
            primary: Primary {
                selections,
                node: node.map(Box::new),
            },
            deferred,
        })
    }

    fn deferred(&mut self, root: SetId, id: BlockId, outer: Option<BlockId>) -> Deferred {
        let mut depends: Vec<u32> = self
            .depends_of(id, outer)
            .into_iter()
            .map(|group| u32::try_from(group).unwrap_or(u32::MAX))
            .collect();
        depends.sort_unstable();
        let block = self.graph.blocks[id].clone();
        Deferred {
            depends,
            label: block.label,
            path: self.path(block.position),
            selections: self.words_of(id),
            node: self.block(root, Some(id)).map(Box::new),
        }
    }

    /// The groups of the plan around a block that the block's own groups, and those inside it, depend on.
    fn depends_of(&self, block: BlockId, outer: Option<BlockId>) -> Vec<GroupId> {
        let mut depends = Vec::new();
        for group in self.graph.alive() {
            let group = &self.graph.groups[group];
            if !self.graph.is_within(group.block, Some(block)) {
                continue;
            }
            for before in &group.depends {
                if self.graph.groups[*before].block == outer && !depends.contains(before) {
                    depends.push(*before);
                }
            }
        }
        depends
    }

    /// The groups that some deferred part depends on.
    pub(super) fn name_groups(&mut self) {
        let mut named = Vec::new();
        for id in 0..self.graph.blocks.len() {
            named.extend(self.depends_of(id, self.graph.blocks[id].outer));
        }
        self.named = named;
    }

    fn words_of(&self, block: BlockId) -> Vec<Selection> {
        let block = &self.graph.blocks[block];
        let sets = &self.graph.positions[block.position].client;
        let words = sets
            .iter()
            .flat_map(|set| self.words(*set, Some(block.deferral)));
        words.collect()
    }

    /// A set as the client wrote it, without what is deferred further.
    fn words(&self, set: SetId, deferral: Option<DeferralId>) -> Vec<Selection> {
        let set = self.session.selections.set(set);
        let mut plain = Vec::new();
        let mut typed: Vec<(Rc<[TypeId]>, Vec<Selection>)> = Vec::new();
        for item in set.items.iter().filter(|item| item.deferral == deferral) {
            let mut field = Field {
                name: item.name.to_string(),
                alias: (item.key != item.name).then(|| item.key.to_string()),
                conditions: self.words_of_condition(&item.conditions),
                ..Field::default()
            };
            let arguments = self.session.selections.arguments(item.arguments);
            field.arguments = arguments
                .entries
                .iter()
                .map(|(name, value)| (name.to_string(), value.clone()))
                .collect();
            if let Some(below) = item.below {
                field.selections = self.words(below, None);
            }
            let members = self.session.types.get(item.on);
            if set.whole.is_none_or(|whole| whole == item.on) {
                plain.push(Selection::Field(field));
                continue;
            }
            match typed.iter_mut().find(|(known, _)| *known == members) {
                Some((_, list)) => list.push(Selection::Field(field)),
                None => typed.push((members, vec![Selection::Field(field)])),
            }
        }
        for (members, selections) in typed {
            for ty in members.iter() {
                plain.push(Selection::Inline(Inline {
                    type_condition: self.session.model.ty(*ty).name.to_string(),
                    selections: selections.clone(),
                    ..Inline::default()
                }));
            }
        }
        plain
    }

    /// One condition, as far as one `@skip` and one `@include` say it.
    fn words_of_condition(&self, conditions: &[Condition]) -> Conditions {
        let mut words = Conditions::default();
        if let [one] = conditions {
            for (variable, value) in self.session.selections.literals(*one) {
                let place = if *value {
                    &mut words.include
                } else {
                    &mut words.skip
                };
                *place = Some(variable.to_string());
            }
        }
        words
    }
}
