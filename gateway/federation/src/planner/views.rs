//! How objects are seen from a subgraph, and which of their fields it resolves itself.

use std::rc::Rc;

use apollo_compiler::Name;

use rustc_hash::FxHashMap;

use super::{
    doors::{Door, Hops, Remote},
    selection::{Selections, SetId},
    type_sets::{TypeSet, TypeSets},
};
use crate::model::{
    Field, FieldId, FieldSetId, JoinedField, Kind, Label, Model, SubgraphId, TypeId,
};

/// What `@provides` makes a subgraph resolve here that it does not resolve elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Grant(u32);

impl Grant {
    pub(super) const NONE: Self = Self(0);
}

/// Objects, as the selections of one subgraph's request see them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct View {
    pub(super) subgraph: SubgraphId,
    pub(super) seen: Seen,
    pub(super) grant: Grant,
}

/// As what objects are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Seen {
    /// As objects of a type of the subgraph's schema.
    As(TypeId),
    /// Each as an entity of its own object type (`_entities`).
    Entities,
}

/// A field that a view resolves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Local {
    pub(super) field: FieldId,
    /// How its value is seen.
    pub(super) value: View,
}

/// A list of views, kept once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Views(pub(super) u32);

/// What one planning knows and has worked out so far.
#[derive(Debug)]
pub(super) struct Session<'m> {
    pub(super) model: &'m Model,
    /// Which labels of `@override` are on.
    labels: Vec<bool>,
    pub(super) types: TypeSets,
    pub(super) selections: Selections,
    grants: Vec<Vec<FieldSetId>>,
    views: Vec<Rc<[View]>>,
    view_index: FxHashMap<Rc<[View]>, Views>,
    pub(super) doors: FxHashMap<TypeId, Rc<[Door]>>,
    pub(super) remotes: FxHashMap<FieldId, Rc<[Remote]>>,
    pub(super) hops: FxHashMap<(TypeId, Views), Hops>,
    pub(super) bounds: FxHashMap<(SetId, Views, TypeSet), super::bound::Bound>,
    /// Steps of work so far.
    pub(super) steps: u64,
}

pub(super) const TYPENAME: Name = apollo_compiler::name!("__typename");

impl<'m> Session<'m> {
    pub(super) fn new(model: &'m Model, labels: Vec<bool>) -> Self {
        Self {
            model,
            labels,
            types: TypeSets::default(),
            selections: Selections::new(),
            grants: vec![Vec::new()],
            views: Vec::new(),
            view_index: FxHashMap::default(),
            doors: FxHashMap::default(),
            remotes: FxHashMap::default(),
            hops: FxHashMap::default(),
            bounds: FxHashMap::default(),
            steps: 0,
        }
    }

    pub(super) fn intern_views(&mut self, views: &[View]) -> Views {
        if let Some(known) = self.view_index.get(views) {
            return *known;
        }
        let views: Rc<[View]> = views.into();
        let id = Views(u32::try_from(self.views.len()).unwrap_or(u32::MAX));
        self.views.push(Rc::clone(&views));
        self.view_index.insert(views, id);
        id
    }

    pub(super) fn views(&self, id: Views) -> Rc<[View]> {
        Rc::clone(&self.views[id.0 as usize])
    }

    /// Whether a view's subgraph knows the objects' interface as an object type, and so not what they are.
    pub(super) fn interface_object(&self, view: View) -> Option<TypeId> {
        match view.seen {
            Seen::As(ty) if self.model.ty(ty).is_interface_object(view.subgraph) => Some(ty),
            _ => None,
        }
    }

    /// The types that objects may have, as far as a view tells.
    pub(super) fn leaves(&mut self, view: View) -> Option<TypeSet> {
        let Seen::As(ty) = view.seen else {
            return None;
        };
        let join = self.model.ty(ty).joined(view.subgraph)?;
        Some(self.types.intern(&join.possible))
    }

    /// The types that objects may have that all views show.
    pub(super) fn leaves_of_all(&mut self, views: &[View]) -> TypeSet {
        let mut all: Option<TypeSet> = None;
        for view in views {
            if let Some(one) = self.leaves(*view) {
                all = Some(self.meet(all, one));
            }
        }
        all.unwrap_or_else(|| self.types.intern(&[]))
    }

    /// What is left when one more view is known. A concrete view says more than an interface object's.
    pub(super) fn meet(&mut self, known: Option<TypeSet>, more: TypeSet) -> TypeSet {
        match known {
            None => more,
            Some(known) if self.hidden(known).is_some() => more,
            Some(known) if self.hidden(more).is_some() => known,
            Some(known) => self.types.intersection(known, more),
        }
    }

    /// The interface of objects whose own type is not known.
    pub(super) fn hidden(&self, leaves: TypeSet) -> Option<TypeId> {
        match self.types.members(leaves) {
            [one] if self.model.ty(*one).kind == Kind::Interface => Some(*one),
            _ => None,
        }
    }

    pub(super) fn is_on(&self, label: Option<Label>) -> bool {
        label.is_none_or(|label| self.labels[label.id.0 as usize] == label.when)
    }

    /// How a view's subgraph resolves a field of objects of a type by itself.
    pub(super) fn local(&mut self, leaf: TypeId, name: &str, view: View) -> Option<Local> {
        let owner = match self.interface_object(view) {
            Some(interface) => {
                let knows = leaf == interface
                    || self
                        .model
                        .ty(interface)
                        .possible
                        .binary_search(&leaf)
                        .is_ok();
                knows.then_some(interface)?
            }
            None => leaf,
        };
        let id = self.model.field_named(owner, name)?;
        let model = self.model;
        let field = model.field(id);
        let join = field.joined(view.subgraph)?;
        if join.requires.is_some() || !join.contexts.is_empty() || !self.is_on(join.label) {
            return None;
        }
        let granted = self.granted(view.grant, leaf, name);
        if join.is_external && granted.is_none() {
            return None;
        }
        let value = self.value(field, join, granted.unwrap_or_default());
        Some(Local { field: id, value })
    }

    pub(super) fn value(
        &mut self,
        field: &Field,
        join: &JoinedField,
        mut grant: Vec<FieldSetId>,
    ) -> View {
        grant.extend(join.provides);
        View {
            subgraph: join.subgraph,
            seen: Seen::As(field.output_in(join).named),
            grant: self.grant(grant),
        }
    }

    fn grant(&mut self, sets: Vec<FieldSetId>) -> Grant {
        if sets.is_empty() {
            return Grant::NONE;
        }
        let place = self.grants.iter().position(|known| *known == sets);
        let place = place.unwrap_or_else(|| {
            self.grants.push(sets);
            self.grants.len() - 1
        });
        Grant(u32::try_from(place).unwrap_or(u32::MAX))
    }

    /// What is granted below a granted field; `None`: the field is not granted.
    fn granted(&self, grant: Grant, leaf: TypeId, name: &str) -> Option<Vec<FieldSetId>> {
        if grant == Grant::NONE {
            return None;
        }
        let mut below = None;
        for set in &self.grants[grant.0 as usize] {
            for item in &self.model.field_set(*set).items {
                let is_about =
                    item.on == leaf || self.model.ty(item.on).possible.binary_search(&leaf).is_ok();
                if item.name == name && is_about {
                    below.get_or_insert_with(Vec::new).extend(item.below);
                }
            }
        }
        below
    }
}
