//! The doors (keys) by which other subgraphs are entered, what is behind each, and how far it is.

use std::rc::Rc;

use super::views::{Grant, Seen, Session, TYPENAME, View, Views};
use crate::model::{FieldId, FieldSetId, JoinedType, Kind, SubgraphId, TypeId};

/// A way into a subgraph for objects of one type.
#[derive(Debug, Clone)]
pub(super) struct Door {
    pub(super) subgraph: SubgraphId,
    pub(super) seen: Seen,
    /// Any of these opens it; none: nothing is needed (root types).
    pub(super) keys: Vec<FieldSetId>,
    /// What a representation says as `__typename` in place of the object's own type.
    pub(super) type_name: Option<TypeId>,
    /// Whether only what its own subgraph has read may enter, for what it requires of others: its keys are `resolvable: false`.
    pub(super) is_return: bool,
}

impl Door {
    /// The door of a type with keys in a subgraph.
    fn of(join: &JoinedType, seen: Seen, type_name: Option<TypeId>) -> Option<Self> {
        let is_return = join.keys.is_empty();
        let keys = if is_return {
            &join.unresolvable_keys
        } else {
            &join.keys
        };
        (!keys.is_empty()).then(|| Self {
            subgraph: join.subgraph,
            seen,
            keys: keys.clone(),
            type_name,
            is_return,
        })
    }

    /// How objects are seen behind it.
    pub(super) fn view(&self) -> View {
        View {
            subgraph: self.subgraph,
            seen: self.seen,
            grant: Grant::NONE,
        }
    }
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

/// How many entity fetches lead to each door of a type; `None`: no way.
pub(super) type Hops = Rc<[Option<u32>]>;

impl Session<'_> {
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
            let is_hidden = ty.kind == Kind::Interface;
            let seen = if is_root || is_hidden {
                Seen::As(leaf)
            } else {
                Seen::Entities
            };
            if is_root {
                doors.push(Door {
                    subgraph: join.subgraph,
                    seen,
                    keys: Vec::new(),
                    type_name: None,
                    is_return: false,
                });
            } else {
                doors.extend(Door::of(join, seen, is_hidden.then_some(leaf)));
            }
        }
        for &interface in &ty.interfaces {
            for join in &model.ty(interface).joins {
                if join.is_interface_object {
                    doors.extend(Door::of(join, Seen::As(interface), Some(interface)));
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
            if door.is_return && join.requires.is_none() {
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
        let first = self.views(from);
        let mut seen: Vec<View> = first.to_vec();
        let mut hops: Vec<Option<u32>> = vec![None; doors.len()];
        for level in 1.. {
            let mut entered = Vec::new();
            for (place, door) in doors.iter().enumerate() {
                if hops[place].is_some() {
                    continue;
                }
                let is_open =
                    !door.is_return || first.iter().any(|view| view.subgraph == door.subgraph);
                let opens = door.keys.is_empty()
                    || door.keys.iter().any(|key| self.sees_key(*key, leaf, &seen));
                let opens = is_open && opens;
                if opens {
                    hops[place] = Some(level);
                    entered.push(door.view());
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
