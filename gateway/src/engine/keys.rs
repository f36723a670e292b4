//! Response keys as small numbers, one table per operation.

use std::collections::HashMap;

/// A response key, by its place in the operation's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key(u32);

impl Key {
    /// `__typename`, in every table.
    pub(crate) const TYPENAME: Key = Key(0);
}

/// The response keys that one operation and its plan know.
#[derive(Debug)]
pub(crate) struct Keys {
    names: Vec<Box<str>>,
    index: HashMap<Box<str>, Key>,
}

impl Keys {
    pub(crate) fn new() -> Self {
        let mut keys = Self {
            names: Vec::new(),
            index: HashMap::new(),
        };
        keys.intern("__typename");
        keys
    }

    pub(crate) fn intern(&mut self, name: &str) -> Key {
        if let Some(key) = self.index.get(name) {
            return *key;
        }
        let key = Key(self.names.len() as u32);
        self.names.push(name.into());
        self.index.insert(name.into(), key);
        key
    }

    /// A key that no table has, for an answer whose entries are counted only when it is asked for. It has no name.
    pub(crate) fn beyond(&self, index: usize) -> Key {
        Key((self.names.len() + index) as u32)
    }

    pub(crate) fn get(&self, name: &str) -> Option<Key> {
        self.index.get(name).copied()
    }

    pub(crate) fn name(&self, key: Key) -> &str {
        &self.names[key.0 as usize]
    }
}
