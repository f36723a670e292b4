//! Where an object is at hand: in which subgraph, seen as what, with what provided; and which keys lead on from there.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::model::{FieldSetId, JoinedType, Kind, Model, SubgraphId, TypeId};

/// What `@provides` makes a subgraph resolve here that it does not resolve elsewhere: field sets that begin here, kept once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Grant(u32);

impl Grant {
    pub(super) const NONE: Self = Self(0);
}

/// The value of a field, before it is known which of its possible types it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct View {
    pub(super) subgraph: SubgraphId,
    /// Its type in the subgraph's schema.
    pub(super) ty: TypeId,
    pub(super) grant: Grant,
}

/// An object of a known type, in one subgraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Site {
    pub(super) leaf: TypeId,
    /// Whose fields the subgraph has for it: the type itself, or the interface that is an object type there.
    pub(super) owner: TypeId,
    pub(super) subgraph: SubgraphId,
    pub(super) grant: Grant,
    /// Whether the subgraph can be asked for the object once more, when what a field requires has been fetched elsewhere.
    pub(super) is_resumable: bool,
}

impl Site {
    /// Whether the subgraph does not know the object's own type (`@interfaceObject`).
    pub(super) fn is_hidden(&self) -> bool {
        self.owner != self.leaf
    }
}

/// A site, by its place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct SiteId(u32);

/// A way into another subgraph for objects of one type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Door<'m> {
    pub(super) subgraph: SubgraphId,
    /// Whose fields there are behind it.
    pub(super) owner: TypeId,
    pub(super) from: DoorFrom,
    /// Any of them opens it. None are needed for root types.
    pub(super) keys: &'m [FieldSetId],
}

/// From where a door can be entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DoorFrom {
    /// The root type of any other subgraph.
    Root,
    /// Where the object's own type is known.
    Known,
    /// Where it is known, or hidden behind this interface.
    KnownOr(TypeId),
    /// Only where it is hidden behind this interface: here it becomes known.
    Hidden(TypeId),
}

/// The tables.
#[derive(Debug)]
pub(super) struct Sites<'m> {
    model: &'m Model,
    all: Vec<Site>,
    index: FxHashMap<Site, SiteId>,
    grants: Vec<Vec<FieldSetId>>,
    grant_index: FxHashMap<Vec<FieldSetId>, Grant>,
    doors: FxHashMap<TypeId, Rc<[Door<'m>]>>,
}

impl<'m> Sites<'m> {
    pub(super) fn new(model: &'m Model) -> Self {
        Self {
            model,
            all: Vec::new(),
            index: FxHashMap::default(),
            grants: vec![Vec::new()],
            grant_index: FxHashMap::default(),
            doors: FxHashMap::default(),
        }
    }

    pub(super) fn intern(&mut self, site: Site) -> SiteId {
        if let Some(known) = self.index.get(&site) {
            return *known;
        }
        let id = SiteId(u32::try_from(self.all.len()).unwrap_or(u32::MAX));
        self.all.push(site);
        self.index.insert(site, id);
        id
    }

    pub(super) fn get(&self, id: SiteId) -> Site {
        self.all[id.0 as usize]
    }

    pub(super) fn grant(&mut self, mut sets: Vec<FieldSetId>) -> Grant {
        if sets.is_empty() {
            return Grant::NONE;
        }
        sets.sort_unstable();
        sets.dedup();
        if let Some(known) = self.grant_index.get(&sets) {
            return *known;
        }
        let id = Grant(u32::try_from(self.grants.len()).unwrap_or(u32::MAX));
        self.grants.push(sets.clone());
        self.grant_index.insert(sets, id);
        id
    }

    /// What is granted below a field of objects of a type; `None`: the field itself is not granted.
    pub(super) fn granted(
        &self,
        grant: Grant,
        leaf: TypeId,
        name: &str,
    ) -> Option<Vec<FieldSetId>> {
        let mut below = None;
        for set in &self.grants[grant.0 as usize] {
            for item in &self.model.field_set(*set).items {
                if item.name == name && is_about(self.model, item.on, leaf) {
                    below.get_or_insert_with(Vec::new).extend(item.below);
                }
            }
        }
        below
    }

    /// The types that a value may have at run time, as its subgraph knows them.
    pub(super) fn possible(&self, view: View) -> &'m [TypeId] {
        match self.model.ty(view.ty).joined(view.subgraph) {
            // An interface object may stand for any type that implements the interface elsewhere.
            Some(join) if join.is_interface_object => &self.model.ty(view.ty).possible,
            Some(join) => &join.possible,
            None => &[],
        }
    }

    /// Whose fields a value has for objects of a type; `None`: it cannot be one.
    pub(super) fn owner(&self, view: View, leaf: TypeId) -> Option<TypeId> {
        let join = self.model.ty(view.ty).joined(view.subgraph)?;
        if join.is_interface_object {
            return is_about(self.model, view.ty, leaf).then_some(view.ty);
        }
        join.possible.binary_search(&leaf).is_ok().then_some(leaf)
    }

    /// The doors for objects of a type.
    pub(super) fn doors(&mut self, leaf: TypeId) -> Rc<[Door<'m>]> {
        if let Some(known) = self.doors.get(&leaf) {
            return Rc::clone(known);
        }
        let doors: Rc<[Door<'m>]> = doors_of(self.model, leaf).into();
        self.doors.insert(leaf, Rc::clone(&doors));
        doors
    }
}

/// Whether a type is another one, or can be it at run time.
pub(super) fn is_about(model: &Model, on: TypeId, leaf: TypeId) -> bool {
    on == leaf || model.ty(on).possible.binary_search(&leaf).is_ok()
}

fn doors_of(model: &Model, leaf: TypeId) -> Vec<Door<'_>> {
    let ty = model.ty(leaf);
    if model.is_root(leaf) {
        let root = |join: &JoinedType| Door {
            subgraph: join.subgraph,
            owner: leaf,
            from: DoorFrom::Root,
            keys: &[],
        };
        return ty.joins.iter().map(root).collect();
    }
    let own = ty.joins.iter().map(|join| (leaf, join, DoorFrom::Known));
    let mut doors: Vec<_> = own.collect();
    for &id in &ty.interfaces {
        let interface = model.ty(id);
        if interface.kind != Kind::Interface
            || !interface.joins.iter().any(|join| join.is_interface_object)
        {
            continue;
        }
        for join in &interface.joins {
            if join.is_interface_object {
                doors.push((id, join, DoorFrom::KnownOr(id)));
            } else if join.possible.binary_search(&leaf).is_ok() {
                doors.push((leaf, join, DoorFrom::Hidden(id)));
            }
        }
    }
    let doors = doors
        .into_iter()
        .filter(|(_, join, _)| !join.keys.is_empty());
    doors
        .map(|(owner, join, from)| Door {
            subgraph: join.subgraph,
            owner,
            from,
            keys: &join.keys,
        })
        .collect()
}
