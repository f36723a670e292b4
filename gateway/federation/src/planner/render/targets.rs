//! Under which type conditions a field is selected: as few as say the same.

use std::collections::BTreeSet;

use apollo_compiler::Name;

use rustc_hash::FxHashMap;

use super::Renderer;
use crate::{
    model::{Kind, Output, SubgraphId, TypeId},
    plan::{Field, Selection},
    planner::{
        graph::Entry,
        type_sets::TypeSet,
        views::{Seen, TYPENAME, View},
    },
};

/// Where a field is selected.
pub(super) enum Targets {
    All,
    Types(Vec<TypeId>),
}

impl Renderer<'_, '_> {
    /// The entries that are written, `__typename` first; those that say the same of different types are one.
    pub(super) fn united(&mut self, entries: &[Entry], view: View) -> Vec<Entry> {
        let mut united: Vec<Entry> = Vec::with_capacity(entries.len());
        let mut by_key: FxHashMap<&Name, Vec<usize>> = FxHashMap::default();
        for entry in entries.iter().filter(|entry| self.graph.is_kept(entry)) {
            let places = by_key.entry(&entry.key).or_default();
            let same = places.iter().copied().find(|place| {
                let known = &united[*place];
                known.name == entry.name
                    && known.arguments == entry.arguments
                    && known.contextual == entry.contextual
                    && known.conditions == entry.conditions
                    && known.below == entry.below
                    && self.is_one_type(known, entry, view)
            });
            if let Some(place) = same {
                united[place].on = self.session.types.union(united[place].on, entry.on);
            } else {
                places.push(united.len());
                united.push(entry.clone());
            }
        }
        united.sort_by_key(|entry| entry.key != TYPENAME);
        united
    }

    /// Whether two entries' fields have one type in the subgraph.
    fn is_one_type(&self, one: &Entry, other: &Entry, view: View) -> bool {
        if one.name == TYPENAME || self.session.interface_object(view).is_some() {
            return true;
        }
        let text = |entry: &Entry| {
            let leaf = self.session.types.members(entry.on).first()?;
            self.output(*leaf, &entry.name, view.subgraph)
                .map(|output| output.text.as_str())
        };
        text(one) == text(other)
    }

    /// Under which fragments a field is selected.
    pub(super) fn targets(&mut self, view: View, entry: &Entry) -> Targets {
        let model = self.session.model;
        let ty = match view.seen {
            Seen::Entities => return Targets::Types(self.session.types.get(entry.on).to_vec()),
            Seen::As(ty) => ty,
        };
        let is_one = model.ty(ty).kind == Kind::Object
            || self.session.interface_object(view).is_some()
            || self.session.types.members(entry.on) == [ty];
        if is_one {
            return Targets::All;
        }
        let Some(possible) = self.session.leaves(view) else {
            return Targets::All;
        };
        let here = self.session.types.intersection(entry.on, possible);
        if here == possible && self.selects(ty, entry, here, view.subgraph) {
            return Targets::All;
        }
        let members = self.session.types.get(here);
        if members.len() > 1 {
            let interfaces = &model.ty(members[0]).interfaces;
            for &interface in interfaces {
                let join = model.ty(interface).joined(view.subgraph);
                let is_exact = join.is_some_and(|join| {
                    !join.is_interface_object
                        && members
                            .iter()
                            .all(|ty| join.possible.binary_search(ty).is_ok())
                        && join
                            .possible
                            .iter()
                            .filter(|ty| self.session.types.members(possible).contains(ty))
                            .count()
                            == members.len()
                });
                if is_exact && self.selects(interface, entry, here, view.subgraph) {
                    return Targets::Types(vec![interface]);
                }
            }
        }
        Targets::Types(members.to_vec())
    }

    /// Whether a field can be selected on an abstract type and means the same for each of its types.
    fn selects(&self, ty: TypeId, entry: &Entry, types: TypeSet, subgraph: SubgraphId) -> bool {
        if entry.name == TYPENAME {
            return true;
        }
        let Some(above) = self.output(ty, &entry.name, subgraph) else {
            return false;
        };
        self.session.types.members(types).iter().all(|leaf| {
            self.output(*leaf, &entry.name, subgraph)
                .is_some_and(|output| output.named == above.named)
        })
    }

    pub(super) fn output(
        &self,
        ty: TypeId,
        name: &Name,
        subgraph: SubgraphId,
    ) -> Option<&'_ Output> {
        let model = self.session.model;
        let field = model.field(model.field_named(ty, name)?);
        Some(field.output_in(field.joined(subgraph)?))
    }
}

/// What is wanted of different types of an interface object, where its subgraph is asked for all of it alike.
pub(super) fn merge_repeated(selections: Vec<Selection>) -> Vec<Selection> {
    let mut merged: Vec<Selection> = Vec::with_capacity(selections.len());
    let mut places: FxHashMap<String, Vec<usize>> = FxHashMap::default();
    let mut repeated = BTreeSet::new();
    for selection in selections {
        if let Selection::Field(field) = &selection {
            let key = field.alias.as_ref().unwrap_or(&field.name);
            let places = places.entry(key.clone()).or_default();
            let is_same = |known: &Field| {
                known.name == field.name
                    && known.arguments == field.arguments
                    && known.conditions == field.conditions
            };
            let known = places
                .iter()
                .copied()
                .find(|place| matches!(&merged[*place], Selection::Field(known) if is_same(known)));
            if let Some(place) = known
                && let Selection::Field(known) = &mut merged[place]
            {
                known.selections.extend(field.selections.iter().cloned());
                repeated.insert(place);
                continue;
            }
            places.push(merged.len());
        }
        merged.push(selection);
    }
    for place in repeated {
        if let Selection::Field(field) = &mut merged[place] {
            field.selections = merge_repeated(std::mem::take(&mut field.selections));
        }
    }
    merged
}
