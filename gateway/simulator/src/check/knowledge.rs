//! What is in the response at some moment of a plan, without its values: a tree of positions, each with what is known of
//! an object there of each run-time type that it may have.

use std::collections::{BTreeMap, BTreeSet};

use super::fields::Arguments;

/// What stands behind `__typename`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Told {
    /// An interface's name, by a subgraph in which it is an interface object.
    Interface(String),
    /// The object's own type.
    Own,
}

/// A position in the response: one object, or the items of a list.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Known {
    /// The supergraph's object types that an object here may have, and what is known of it then.
    pub(super) types: BTreeMap<String, Object>,
}

/// What is known of an object of one type.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Object {
    pub(super) told: Option<Told>,
    pub(super) entries: BTreeMap<String, Entry>,
}

/// An entry of an object.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) field: String,
    pub(super) arguments: Arguments,
    /// Levels of lists around what is there.
    pub(super) lists: usize,
    /// Nothing for leaves.
    pub(super) child: Option<Known>,
}

/// Two fields that want the same entry.
#[derive(Debug)]
pub(super) struct Clash(pub(super) String);

impl Known {
    pub(super) fn of(types: impl IntoIterator<Item = String>) -> Self {
        let types = types.into_iter().map(|ty| (ty, Object::default()));
        Self {
            types: types.collect(),
        }
    }

    /// Adds what another branch has found out about the same objects. Who has both answers has an object of a type that
    /// both subgraphs know, so only those types remain.
    pub(super) fn merge(&mut self, other: &Self) -> Result<(), Clash> {
        self.narrow(&other.types.keys().cloned().collect());
        for (ty, theirs) in &other.types {
            if let Some(mine) = self.types.get_mut(ty) {
                mine.merge(theirs)?;
            }
        }
        Ok(())
    }

    pub(super) fn narrow(&mut self, types: &BTreeSet<String>) {
        self.types.retain(|ty, _| types.contains(ty));
    }
}

impl Object {
    fn merge(&mut self, other: &Self) -> Result<(), Clash> {
        self.tell(other.told.clone());
        for (key, theirs) in &other.entries {
            match self.entries.get_mut(key) {
                None => {
                    self.entries.insert(key.clone(), theirs.clone());
                }
                Some(mine) => mine.merge(key, theirs)?,
            }
        }
        Ok(())
    }

    /// The object's own type is not forgotten for an interface's name.
    pub(super) fn tell(&mut self, told: Option<Told>) {
        self.told = self.told.take().max(told);
    }
}

impl Entry {
    pub(super) fn merge(&mut self, key: &str, other: &Self) -> Result<(), Clash> {
        if self.field != other.field || self.arguments != other.arguments {
            return Err(Clash(format!(
                "{key} is both {}{:?} and {}{:?}",
                self.field, self.arguments, other.field, other.arguments
            )));
        }
        match (&mut self.child, &other.child) {
            (Some(mine), Some(theirs)) => mine.merge(theirs),
            _ => Ok(()),
        }
    }
}
