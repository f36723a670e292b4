//! What is sent to enter a subgraph: an object's type, a key and what is required, read out of the response so far.

use apollo_compiler::Name;

use super::{
    PlanError,
    build::{Builder, Demand, Found},
    doors::Door,
    graph::{Graph, PositionId},
    selection::{Arguments, Condition, Item, SetId},
    views::{Session, TYPENAME, View},
};
use crate::{
    model::{FieldSetId, TypeId},
    plan::{Field, Selection},
};

impl Session<'_> {
    fn typename_set(&mut self, leaf: TypeId) -> SetId {
        let on = self.types.intern(&[leaf]);
        self.selections.add(vec![Item {
            on,
            key: TYPENAME,
            name: TYPENAME,
            arguments: Arguments::NONE,
            conditions: vec![Condition::ALWAYS],
            below: None,
            deferral: None,
        }])
    }
}

impl Builder<'_, '_> {
    /// What an object of a type sends: its type, the cheapest key, and what is required.
    pub(super) fn representation(
        &mut self,
        position: PositionId,
        leaf: TypeId,
        door: &Door,
        requires: &[FieldSetId],
        needs: Demand,
    ) -> Result<Found, PlanError> {
        let needs = Demand {
            sender: Some((position, leaf)),
            ..needs
        };
        let mut found = Found {
            selections: vec![Selection::Field(Field {
                name: TYPENAME.to_string(),
                ..Field::default()
            })],
            depends: Vec::new(),
        };
        let is_hidden = self.session.types.intern(&[leaf]);
        if self.session.hidden(is_hidden).is_none() {
            let typename = self.session.typename_set(leaf);
            let typed = self.plan_set(position, typename, needs)?;
            Graph::depend(&mut found.depends, typed.depends);
        }
        let key = self.cheapest_key(position, leaf, door, needs);
        let sets = key.into_iter().chain(requires.iter().copied());
        for set in sets.collect::<Vec<_>>() {
            let set = self.session.field_set(set, leaf);
            let more = self.plan_set(position, set, needs)?;
            for selection in more.selections {
                merge_unwrapped(
                    &mut found.selections,
                    selection,
                    &self.session.model.ty(leaf).name,
                );
            }
            Graph::depend(&mut found.depends, more.depends);
        }
        Ok(found)
    }

    fn cheapest_key(
        &mut self,
        position: PositionId,
        leaf: TypeId,
        door: &Door,
        needs: Demand,
    ) -> Option<FieldSetId> {
        let leaves = self.session.types.intern(&[leaf]);
        let views: Vec<View> = self.graph.positions[position]
            .sources
            .iter()
            .filter(|source| {
                let block = self.graph.groups[source.group].block;
                self.graph.is_within(needs.block, block)
            })
            .map(|source| source.view)
            .collect();
        let from = self.session.intern_views(&views);
        let mut best: Option<((u32, u32, u32, usize), FieldSetId)> = None;
        for key in &door.keys {
            let set = self.session.field_set(*key, leaf);
            let bound = self.session.bound(set, from, leaves);
            if !bound.is_reachable {
                continue;
            }
            let earliest = self.earliest(position, set, leaf);
            let size = self.session.selections.set(set).items.len();
            let cost = (bound.depth, earliest, bound.fetches, size);
            if best.is_none_or(|(known, _)| cost < known) {
                best = Some((cost, *key));
            }
        }
        best.map(|(_, key)| key).or(door.keys.first().copied())
    }

    /// How deep the requests are that read a selection at a position, each field where it comes first.
    fn earliest(&mut self, position: PositionId, set: SetId, leaf: TypeId) -> u32 {
        let sources = self.graph.positions[position].sources.clone();
        let set = self.session.selections.set(set);
        let mut latest = 0;
        for item in &set.items {
            let first = sources
                .iter()
                .filter(|source| self.session.local(leaf, &item.name, source.view).is_some())
                .map(|source| self.graph.groups[source.group].depth)
                .min();
            latest = latest.max(first.unwrap_or(u32::MAX));
        }
        latest
    }
}

/// Adds a selection to a list that is read out of the response: a field once, its contents together.
pub(super) fn merge_selection(list: &mut Vec<Selection>, selection: Selection) {
    let same = list.iter_mut().find(|known| match (&**known, &selection) {
        (Selection::Field(known), Selection::Field(field)) => {
            known.name == field.name && known.alias == field.alias
        }
        (Selection::Inline(known), Selection::Inline(inline)) => {
            known.type_condition == inline.type_condition
        }
        _ => false,
    });
    let Some(same) = same else {
        list.push(selection);
        return;
    };
    let (known, more) = match (same, selection) {
        (Selection::Field(known), Selection::Field(field)) => {
            (&mut known.selections, field.selections)
        }
        (Selection::Inline(known), Selection::Inline(inline)) => {
            (&mut known.selections, inline.selections)
        }
        _ => return,
    };
    for selection in more {
        merge_selection(known, selection);
    }
}

/// What is said about a type where only that type is meant needs no fragment around it.
pub(super) fn merge_unwrapped(list: &mut Vec<Selection>, selection: Selection, ty: &Name) {
    match selection {
        Selection::Inline(inline) if *inline.type_condition == **ty => {
            for one in inline.selections {
                merge_selection(list, one);
            }
        }
        other => merge_selection(list, other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Inline;

    fn field(name: &str, alias: Option<&str>, selections: Vec<Selection>) -> Selection {
        Selection::Field(Field {
            name: name.to_owned(),
            alias: alias.map(str::to_owned),
            selections,
            ..Field::default()
        })
    }

    fn inline(ty: &str, selections: Vec<Selection>) -> Selection {
        Selection::Inline(Inline {
            type_condition: ty.to_owned(),
            selections,
            ..Inline::default()
        })
    }

    fn merged(selections: Vec<Selection>) -> Vec<Selection> {
        let mut list = Vec::new();
        for selection in selections {
            merge_selection(&mut list, selection);
        }
        list
    }

    #[test]
    fn one_field_is_sent_once_with_all_that_is_below_it() {
        let below = |name| {
            vec![
                field("isbn", None, Vec::new()),
                field(name, None, Vec::new()),
            ]
        };
        let list = merged(vec![
            field("edition", None, below("title")),
            field("edition", None, below("year")),
        ]);
        let mut all = below("title");
        all.push(field("year", None, Vec::new()));
        assert_eq!(list, [field("edition", None, all)]);
    }

    #[test]
    fn other_keys_and_other_types_stay_apart() {
        let apart = vec![
            field("id", None, Vec::new()),
            field("_p0", Some("id"), Vec::new()),
            inline("Book", vec![field("id", None, Vec::new())]),
            inline("Film", vec![field("id", None, Vec::new())]),
        ];
        assert_eq!(merged(apart.clone()), apart);
    }

    #[test]
    fn a_fragment_on_the_only_type_is_taken_off() {
        let ty = Name::new_unchecked("Book");
        let mut list = Vec::new();
        for of in ["Book", "Film"] {
            let selection = inline(of, vec![field("id", None, Vec::new())]);
            merge_unwrapped(&mut list, selection, &ty);
        }
        let film = inline("Film", vec![field("id", None, Vec::new())]);
        assert_eq!(list, [field("id", None, Vec::new()), film]);
    }
}
