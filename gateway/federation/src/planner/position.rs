//! Places of the response: what is below a field, under which key it is put, and which `@defer` it waits for.

use apollo_compiler::Name;

use rustc_hash::FxHashMap;

use super::{
    build::Builder,
    graph::{Block, BlockId, Position, PositionId, Step, Usage},
    selection::{DeferralId, Item, SetId},
    type_sets::TypeSet,
    views::TYPENAME,
};
use crate::model::Kind;

impl Builder<'_, '_> {
    /// The position of a field's value.
    pub(super) fn child(
        &mut self,
        position: PositionId,
        leaves: TypeSet,
        key: &Name,
        item: &Item,
    ) -> PositionId {
        let id = (leaves, key.clone());
        if let Some(known) = self.graph.positions[position].children.get(&id) {
            return *known;
        }
        let model = self.session.model;
        let leaf = self.session.types.members(leaves)[0];
        let output = model
            .field_named(leaf, &item.name)
            .map(|field| &model.field(field).output);
        let is_abstract = output.is_some_and(|output| model.ty(output.named).kind != Kind::Object);
        let client = self.client_below(position, key, item);
        let step = Step {
            position,
            on: leaves,
            key: key.clone(),
            lists: output.map_or(0, |output| output.lists),
        };
        let nothing = self.session.types.intern(&[]);
        let child = self.new_position(Some(step), nothing, client, is_abstract);
        self.graph.positions[position].children.insert(id, child);
        child
    }

    /// What the client wants below a field, if it wants that field here.
    fn client_below(&self, position: PositionId, key: &Name, item: &Item) -> Vec<SetId> {
        let here = &self.graph.positions[position];
        match here.keys.get(key) {
            None => Vec::new(),
            Some(Some(usage)) => {
                let is_it = usage.is_for(&item.name, item.arguments);
                usage.below.filter(|_| is_it).into_iter().collect()
            }
            Some(None) => {
                let mut below = Vec::new();
                for set in &here.client {
                    for other in &self.session.selections.set(*set).items {
                        let is_it = other.key == *key
                            && other.name == item.name
                            && other.arguments == item.arguments;
                        below.extend(other.below.filter(|set| is_it && !below.contains(set)));
                    }
                }
                below
            }
        }
    }

    pub(super) fn new_position(
        &mut self,
        parent: Option<Step>,
        leaves: TypeSet,
        client: Vec<SetId>,
        is_abstract: bool,
    ) -> PositionId {
        let mut keys: FxHashMap<Name, Option<Usage>> = FxHashMap::default();
        for set in &client {
            for item in &self.session.selections.set(*set).items {
                let known = keys.entry(item.key.clone()).or_insert_with(|| {
                    Some(Usage {
                        name: item.name.clone(),
                        arguments: item.arguments,
                        below: item.below,
                    })
                });
                let is_same = known.as_ref().is_some_and(|known| {
                    known.is_for(&item.name, item.arguments) && known.below == item.below
                });
                if !is_same {
                    *known = None;
                }
            }
        }
        self.graph.positions.push(Position {
            parent,
            leaves,
            sources: Vec::new(),
            client,
            is_abstract,
            children: FxHashMap::default(),
            keys,
        });
        self.graph.positions.len() - 1
    }

    /// The key of the response under which a field is put that the client did not ask for.
    pub(super) fn internal_key(&mut self, position: PositionId, item: &Item) -> Name {
        if item.name == TYPENAME {
            return TYPENAME;
        }
        let own = || Usage {
            name: item.name.clone(),
            arguments: item.arguments,
            below: None,
        };
        let is_own = |usage: &Option<Usage>| {
            usage
                .as_ref()
                .is_some_and(|usage| usage.is_for(&item.name, item.arguments))
        };
        let here = &mut self.graph.positions[position];
        let known = here
            .keys
            .entry(item.name.clone())
            .or_insert_with(|| Some(own()));
        if is_own(known) {
            return item.name.clone();
        }
        let is_same_field = known.is_none()
            && here.client.iter().all(|set| {
                let wanted = self.session.selections.set(*set);
                wanted
                    .items
                    .iter()
                    .filter(|other| other.key == item.name)
                    .all(|other| other.name == item.name && other.arguments == item.arguments)
            });
        if is_same_field {
            return item.name.clone();
        }
        let here = &self.graph.positions[position];
        let aliased = here
            .keys
            .iter()
            .filter(|(key, usage)| key.starts_with("_p") && is_own(usage))
            .map(|(key, _)| key.clone())
            .min();
        if let Some(alias) = aliased {
            return alias;
        }
        let alias = loop {
            let alias = format!("_p{}", self.aliases);
            self.aliases += 1;
            if !self.session.selections.is_key_taken(&alias) {
                break Name::new_unchecked(&alias);
            }
        };
        self.graph.positions[position]
            .keys
            .insert(alias.clone(), Some(own()));
        alias
    }

    pub(super) fn block(
        &mut self,
        position: PositionId,
        deferral: DeferralId,
        outer: Option<BlockId>,
    ) -> BlockId {
        let what = self.session.selections.deferrals[deferral.0 as usize].clone();
        let outer = match what.outer {
            Some(around) => Some(self.block(position, around, outer)),
            None => outer,
        };
        let known = self.graph.blocks.iter().position(|block| {
            block.position == position && block.label == what.label && block.outer == outer
        });
        known.unwrap_or_else(|| {
            self.graph.blocks.push(Block {
                outer,
                position,
                label: what.label,
                deferral,
            });
            self.graph.blocks.len() - 1
        })
    }
}
