//! How objects are seen from a subgraph: which of their fields it resolves itself, and through which doors (keys) other
//! subgraphs are entered.

use std::rc::Rc;

use apollo_compiler::Name;

use rustc_hash::FxHashMap;

use super::{
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

/// A way into a subgraph for objects of one type.
#[derive(Debug, Clone)]
pub(super) struct Door {
    pub(super) subgraph: SubgraphId,
    pub(super) seen: Seen,
    /// Any of these opens it; none: nothing is needed (root types).
    pub(super) keys: Vec<FieldSetId>,
    /// What a representation says as `__typename` in place of the object's own type.
    pub(super) type_name: Option<TypeId>,
}

/// A field that a view resolves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Local {
    pub(super) field: FieldId,
    /// How its value is seen.
    pub(super) value: View,
}

/// A field that a subgraph resolves once it is entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remote {
    /// Its place among the doors of the object's type.
    pub(super) door: usize,
    pub(super) field: FieldId,
    pub(super) value: View,
    pub(super) requires: Option<FieldSetId>,
    pub(super) has_contexts: bool,
}

/// A list of views, kept once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Views(pub(super) u32);

/// How many entity fetches lead to each door of a type; `None`: no way.
pub(super) type Hops = Rc<[Option<u32>]>;

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
    doors: FxHashMap<TypeId, Rc<[Door]>>,
    remotes: FxHashMap<FieldId, Rc<[Remote]>>,
    hops: FxHashMap<(TypeId, Views), Hops>,
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

    fn is_on(&self, label: Option<Label>) -> bool {
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

    fn value(&mut self, field: &Field, join: &JoinedField, mut grant: Vec<FieldSetId>) -> View {
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

    /// The doors for objects of a type.
    pub(super) fn doors(&mut self, leaf: TypeId) -> Rc<[Door]> {
        if let Some(known) = self.doors.get(&leaf) {
            return Rc::clone(known);
        }
        let model = self.model;
        let ty = model.ty(leaf);
        let mut doors = Vec::new();
        for join in &ty.joins {
            let is_root = model.is_root(leaf);
            if join.keys.is_empty() && !is_root {
                continue;
            }
            let is_hidden = ty.kind == Kind::Interface;
            doors.push(Door {
                subgraph: join.subgraph,
                seen: if is_root || is_hidden {
                    Seen::As(leaf)
                } else {
                    Seen::Entities
                },
                keys: if is_root {
                    Vec::new()
                } else {
                    join.keys.clone()
                },
                type_name: is_hidden.then_some(leaf),
            });
        }
        for &interface in &ty.interfaces {
            for join in &model.ty(interface).joins {
                if join.is_interface_object && !join.keys.is_empty() {
                    doors.push(Door {
                        subgraph: join.subgraph,
                        seen: Seen::As(interface),
                        keys: join.keys.clone(),
                        type_name: Some(interface),
                    });
                }
            }
        }
        let doors: Rc<[Door]> = doors.into();
        self.doors.insert(leaf, Rc::clone(&doors));
        doors
    }

    /// The subgraphs that resolve a field of objects of a type once they are entered.
    pub(super) fn remotes(&mut self, leaf: TypeId, name: &str) -> Rc<[Remote]> {
        let Some(key) = self.model.field_named(leaf, name) else {
            return Rc::from([]);
        };
        if let Some(known) = self.remotes.get(&key) {
            return Rc::clone(known);
        }
        let model = self.model;
        let mut remotes = Vec::new();
        for (place, door) in self.doors(leaf).iter().enumerate() {
            let owner = match door.seen {
                Seen::As(ty) => ty,
                Seen::Entities => leaf,
            };
            let Some(id) = model.field_named(owner, name) else {
                continue;
            };
            let field = model.field(id);
            let Some(join) = field.joined(door.subgraph) else {
                continue;
            };
            if join.is_external || !self.is_on(join.label) {
                continue;
            }
            remotes.push(Remote {
                door: place,
                field: id,
                value: self.value(field, join, Vec::new()),
                requires: join.requires,
                has_contexts: !join.contexts.is_empty(),
            });
        }
        let remotes: Rc<[Remote]> = remotes.into();
        self.remotes.insert(key, Rc::clone(&remotes));
        remotes
    }

    /// How many entity fetches lead from what is seen to each of a type's doors.
    pub(super) fn hops(&mut self, leaf: TypeId, from: Views) -> Hops {
        if let Some(known) = self.hops.get(&(leaf, from)) {
            return Rc::clone(known);
        }
        let doors = self.doors(leaf);
        // While it is being worked out, a key that leads back here opens nothing.
        self.hops
            .insert((leaf, from), vec![None; doors.len()].into());
        let mut seen: Vec<View> = self.views(from).to_vec();
        let mut hops: Vec<Option<u32>> = vec![None; doors.len()];
        for level in 1.. {
            let mut entered = Vec::new();
            for (place, door) in doors.iter().enumerate() {
                if hops[place].is_some() {
                    continue;
                }
                let opens = door.keys.is_empty()
                    || door.keys.iter().any(|key| self.sees_key(*key, leaf, &seen));
                if opens {
                    hops[place] = Some(level);
                    entered.push(View {
                        subgraph: door.subgraph,
                        seen: door.seen,
                        grant: Grant::NONE,
                    });
                }
            }
            if entered.is_empty() {
                break;
            }
            seen.extend(entered);
        }
        let hops: Hops = hops.into();
        self.hops.insert((leaf, from), Rc::clone(&hops));
        hops
    }

    fn sees_key(&mut self, key: FieldSetId, leaf: TypeId, views: &[View]) -> bool {
        let model = self.model;
        model.field_set(key).items.iter().all(|item| {
            views.iter().any(|view| {
                let Some(local) = self.local(leaf, &item.name, *view) else {
                    return false;
                };
                item.below
                    .is_none_or(|below| self.sees_all(below, local.value))
            }) || item.below.is_some_and(|below| {
                // Its parts may be in different subgraphs.
                let values: Vec<_> = views
                    .iter()
                    .filter_map(|view| self.local(leaf, &item.name, *view))
                    .map(|local| local.value)
                    .collect();
                !values.is_empty() && self.sees_parts(below, &values)
            })
        })
    }

    fn sees_all(&mut self, set: FieldSetId, view: View) -> bool {
        let model = self.model;
        let Some(leaves) = self.leaves(view) else {
            return false;
        };
        let leaves = self.types.get(leaves);
        model.field_set(set).items.iter().all(|item| {
            leaves.iter().all(|leaf| {
                let is_about =
                    item.on == *leaf || model.ty(item.on).possible.binary_search(leaf).is_ok();
                if !is_about {
                    return true;
                }
                match self.local(*leaf, &item.name, view) {
                    Some(local) => item
                        .below
                        .is_none_or(|below| self.sees_all(below, local.value)),
                    None => item.name == TYPENAME,
                }
            })
        })
    }

    /// Whether entity fetches at the value itself can complete it.
    fn sees_parts(&mut self, set: FieldSetId, views: &[View]) -> bool {
        let model = self.model;
        let leaves = self.leaves_of_all(views);
        let leaves = self.types.get(leaves);
        let from = self.intern_views(views);
        let Some(&first) = leaves.first() else {
            return false;
        };
        model.field_set(set).items.iter().all(|item| {
            let is_local = views.iter().any(|view| {
                self.local(first, &item.name, *view).is_some_and(|local| {
                    item.below
                        .is_none_or(|below| self.sees_all(below, local.value))
                })
            });
            is_local || {
                let remotes = self.remotes(first, &item.name);
                let hops = self.hops(first, from);
                remotes
                    .iter()
                    .any(|remote| hops[remote.door].is_some() && remote.requires.is_none())
            }
        })
    }
}
