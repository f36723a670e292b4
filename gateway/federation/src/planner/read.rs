//! Reading a field: it is selected in a request, or a part of it in each of several, and what is below it is planned.

use std::rc::Rc;

use apollo_compiler::Name;

use super::{
    PlanError,
    build::{Builder, Demand, Found, Pending},
    graph::{Entry, Graph, GroupId, Guard, NodeId, PositionId, Source},
    representation::merge_selection,
    selection::{Condition, Item, Set, SetId},
    type_sets::TypeSet,
    views::{TYPENAME, View},
};
use crate::plan::{Field, Inline, Selection};

impl Builder<'_, '_> {
    /// Reads whatever costs nothing more, and takes it off the list.
    pub(super) fn read_what_is_free(
        &mut self,
        position: PositionId,
        set: &Rc<Set>,
        pending: &mut Vec<Pending>,
        demand: Demand,
        found: &mut Found,
    ) -> Result<(), PlanError> {
        let mut left = Vec::with_capacity(pending.len());
        for one in pending.drain(..) {
            self.session.steps += 1;
            let free = self.free(position, set, &one, demand);
            match free {
                Some((place, value)) => {
                    self.read(position, set, &one, &[(place, value)], demand, found)?;
                }
                None => left.push(one),
            }
        }
        *pending = left;
        Ok(())
    }

    fn free(
        &mut self,
        position: PositionId,
        set: &Rc<Set>,
        one: &Pending,
        demand: Demand,
    ) -> Option<(usize, View)> {
        let mut best: Option<(u32, usize, View)> = None;
        for (place, value) in self.sources(position, set, one, demand) {
            let item = &set.items[one.item];
            let is_free =
                item.name == TYPENAME || self.session.bound_below(item.below, value).is_free();
            let depth = self.source_depth(position, place);
            if is_free && best.is_none_or(|(known, ..)| depth < known) {
                best = Some((depth, place, value));
            }
        }
        let (depth, place, value) = best?;
        // A request to come may rather wait for something else.
        let is_early = !demand.is_internal || depth <= self.least_depth(position) + 1;
        (is_early || one.class.remotes.is_empty()).then_some((place, value))
    }

    /// Selects a field in sources of a position, and plans what is below it.
    pub(super) fn read(
        &mut self,
        position: PositionId,
        set: &Rc<Set>,
        one: &Pending,
        places: &[(usize, View)],
        demand: Demand,
        found: &mut Found,
    ) -> Result<(), PlanError> {
        let item = &set.items[one.item];
        let key = if demand.is_internal {
            self.internal_key(position, item)
        } else {
            item.key.clone()
        };
        let leaves = one.class.leaves;
        let mut child = None;
        for (place, value) in places {
            let source = self.graph.positions[position].sources[*place];
            // An interface object's subgraph cannot tell types apart; all that is needed of them is kept apart by keys.
            let is_common =
                demand.is_internal && self.session.interface_object(source.view).is_some();
            let leaves = if is_common {
                self.common(position, source, &key, item)
            } else {
                leaves
            };
            let conditions = self.conditions(position, item, source.group, demand);
            let contextual = self.contextual(source.group, item, leaves);
            let leaf = self.session.types.members(leaves)[0];
            let entry = Entry {
                on: leaves,
                key: key.clone(),
                name: item.name.clone(),
                arguments: item.arguments,
                contextual,
                conditions,
                below: None,
                is_shared: places.len() > 1 || self.is_there(position, leaves, &key, demand),
                has_requirement: self
                    .session
                    .requires(leaf, &item.name, source.view)
                    .is_some(),
            };
            let at = self.graph.nodes[source.node].add(entry);
            self.guard(source.node, at, demand);
            if item.below.is_some() {
                let reached = self.descend(position, source, at, &key, leaves, *value, item);
                child = Some(reached);
            }
            if demand.is_internal {
                Graph::depend(&mut found.depends, [source.group]);
            }
        }
        let below = match (item.below, child) {
            (Some(set), Some(child)) => self.read_below(child, set, demand, found)?,
            _ => Vec::new(),
        };
        if demand.is_internal {
            self.note(position, leaves, &key, item, below, found);
        }
        Ok(())
    }

    /// Whether the object that a deferred field holds is in the answer before its part comes.
    fn is_there(&self, position: PositionId, leaves: TypeSet, key: &Name, demand: Demand) -> bool {
        let id = (leaves, key.clone());
        let Some(child) = self.graph.positions[position].children.get(&id) else {
            return false;
        };
        let mut sources = self.graph.positions[*child].sources.iter();
        demand.block.is_some()
            && sources.any(|source| {
                let block = self.graph.groups[source.group].block;
                block != demand.block
                    && self.graph.is_within(demand.block, block)
                    && self.is_read_always(*child, *source, demand)
            })
    }

    /// The types of which an interface object's subgraph is asked what a request needs: all that it may be here, as it was asked
    /// before if it was.
    fn common(&mut self, position: PositionId, source: Source, key: &Name, item: &Item) -> TypeSet {
        let mut all = self.graph.positions[position].leaves;
        if let Some(interface) = self.session.interface_object(source.view)
            && self.session.hidden(all).is_none()
        {
            let possible = &self.session.model.ty(interface).possible;
            let possible = self.session.types.intern(possible);
            all = self.session.types.intersection(all, possible);
        }
        let members = self.session.types.members(all);
        let mut entries = self.graph.nodes[source.node].entries.iter();
        let known = entries.find(|entry| {
            let covers = self.session.hidden(entry.on).is_some()
                || self.session.types.contains_all(entry.on, members);
            entry.key == *key
                && entry.name == item.name
                && entry.arguments == item.arguments
                && covers
        });
        known.map_or(all, |known| known.on)
    }

    /// What only a conditional request needs is selected under that condition.
    fn guard(&mut self, node: NodeId, entry: usize, demand: Demand) {
        if demand.is_internal && demand.condition != Condition::ALWAYS {
            self.graph.guards.push(Guard {
                node,
                entry,
                condition: demand.condition,
                needed_by: None,
            });
        }
    }

    /// Plans what is wanted below a field; gives back how it is read out of the response.
    fn read_below(
        &mut self,
        child: PositionId,
        set: SetId,
        demand: Demand,
        found: &mut Found,
    ) -> Result<Vec<Selection>, PlanError> {
        // The client's conditions are those of the fields themselves.
        let condition = if demand.is_internal {
            demand.condition
        } else {
            Condition::ALWAYS
        };
        let inner = self.plan_set(
            child,
            set,
            Demand {
                condition,
                ..demand
            },
        )?;
        let mut below = inner.selections;
        if below.iter().any(|one| matches!(one, Selection::Inline(_))) {
            Graph::depend(&mut found.depends, self.teller(child));
        }
        if demand.is_internal && self.graph.positions[child].is_abstract {
            // Whoever reads it has to tell what it got.
            let typename = Selection::Field(Field {
                name: TYPENAME.to_string(),
                ..Field::default()
            });
            below.retain(|known| *known != typename);
            below.insert(0, typename);
        }
        Graph::depend(&mut found.depends, inner.depends);
        Ok(below)
    }

    /// Writes down how a planned field is read out of the response.
    fn note(
        &self,
        position: PositionId,
        leaves: TypeSet,
        key: &Name,
        item: &Item,
        below: Vec<Selection>,
        found: &mut Found,
    ) {
        let field = Selection::Field(Field {
            name: key.to_string(),
            alias: (*key != item.name).then(|| item.name.to_string()),
            selections: below,
            ..Field::default()
        });
        if leaves == self.graph.positions[position].leaves {
            merge_selection(&mut found.selections, field);
            return;
        }
        for leaf in self.session.types.members(leaves) {
            let inline = Selection::Inline(Inline {
                type_condition: self.session.model.ty(*leaf).name.to_string(),
                selections: vec![field.clone()],
                ..Inline::default()
            });
            merge_selection(&mut found.selections, inline);
        }
    }

    /// Into a field's value, as a source reads it.
    #[expect(
        clippy::too_many_arguments,
        reason = "one call, and all of it is needed"
    )]
    fn descend(
        &mut self,
        position: PositionId,
        source: Source,
        entry: usize,
        key: &Name,
        leaves: TypeSet,
        value: View,
        item: &Item,
    ) -> PositionId {
        let node = if let Some(node) = self.graph.nodes[source.node].entries[entry].below {
            node
        } else {
            let node = self.graph.new_node(value);
            self.graph.nodes[source.node].entries[entry].below = Some(node);
            node
        };
        let child = self.child(position, leaves, key, item);
        let here = &self.graph.positions[child];
        let is_known = here
            .sources
            .iter()
            .any(|known| known.node == node && known.view == value);
        if !is_known {
            self.add_source(
                child,
                Source {
                    group: source.group,
                    node,
                    view: value,
                },
            );
        }
        child
    }

    /// When a selected field is wanted.
    fn conditions(
        &self,
        position: PositionId,
        item: &Item,
        group: GroupId,
        demand: Demand,
    ) -> Vec<Condition> {
        if !demand.is_internal {
            return item.conditions.clone();
        }
        let is_entry = self.graph.groups[group].position == position;
        if is_entry {
            vec![demand.condition]
        } else {
            vec![Condition::ALWAYS]
        }
    }
}
