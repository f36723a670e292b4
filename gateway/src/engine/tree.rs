//! What the subgraphs have answered so far, merged into one tree.
//!
//! Objects and lists live in arenas and are named by their place there, so that an entity fetch remembers its targets and
//! merges by place. Scalars stay where the subgraph's bytes are: they are copied once, into the client's response.
//!
//! Two objects at the same path may share a child (entities with the same representation): everything that happens below
//! one path happens to both alike. Objects at different paths never do.

use bytes::Bytes;

use super::keys::Key;

/// A piece of a subgraph's response: one JSON value's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) buffer: u32,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ObjectId(u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ListId(u32);

/// A value in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Data {
    Null,
    /// A scalar, or what a custom scalar is made of.
    Leaf(Span),
    List(ListId),
    Object(ObjectId),
    /// A scalar where an object was asked for.
    Wrong,
}

/// The merged answers.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    buffers: Vec<Bytes>,
    objects: Vec<Vec<(Key, Data)>>,
    lists: Vec<Vec<Data>>,
}

impl Tree {
    /// A tree with an empty root.
    pub(crate) fn new() -> (Self, ObjectId) {
        let mut tree = Self::default();
        let root = tree.add_object(Vec::new());
        (tree, root)
    }

    pub(crate) fn add_buffer(&mut self, bytes: Bytes) -> u32 {
        self.buffers.push(bytes);
        (self.buffers.len() - 1) as u32
    }

    pub(crate) fn add_object(&mut self, fields: Vec<(Key, Data)>) -> ObjectId {
        self.objects.push(fields);
        ObjectId((self.objects.len() - 1) as u32)
    }

    pub(crate) fn add_list(&mut self, items: Vec<Data>) -> ListId {
        self.lists.push(items);
        ListId((self.lists.len() - 1) as u32)
    }

    pub(crate) fn get(&self, object: ObjectId, key: Key) -> Option<Data> {
        let fields = &self.objects[object.0 as usize];
        fields
            .iter()
            .find(|(existing, _)| *existing == key)
            .map(|(_, data)| *data)
    }

    pub(crate) fn items(&self, list: ListId) -> &[Data] {
        &self.lists[list.0 as usize]
    }

    /// The JSON text of a scalar.
    pub(crate) fn text(&self, span: Span) -> &[u8] {
        &self.buffers[span.buffer as usize][span.start as usize..span.end as usize]
    }

    /// The object's `__typename`, when a subgraph told it.
    pub(crate) fn type_name(&self, object: ObjectId) -> Option<&str> {
        match self.get(object, Key::TYPENAME)? {
            Data::Leaf(span) => {
                let text = std::str::from_utf8(self.text(span)).ok()?;
                text.strip_prefix('"')?.strip_suffix('"')
            }
            _ => None,
        }
    }

    /// Merges `source` into `target`: later answers win over earlier ones, but null wins over nothing.
    /// `keeps_type` decides whether a `__typename` that is there already stays.
    pub(crate) fn merge(
        &mut self,
        target: ObjectId,
        source: ObjectId,
        keeps_type: &dyn Fn(&str, &str) -> bool,
    ) {
        if target == source {
            return;
        }
        for index in 0..self.objects[source.0 as usize].len() {
            let (key, new) = self.objects[source.0 as usize][index];
            let place = self.objects[target.0 as usize]
                .iter()
                .position(|(existing, _)| *existing == key);
            let Some(place) = place else {
                self.objects[target.0 as usize].push((key, new));
                continue;
            };
            let old = self.objects[target.0 as usize][place].1;
            if key == Key::TYPENAME && self.keeps(old, new, keeps_type) {
                continue;
            }
            let merged = self.merge_data(old, new, keeps_type);
            self.objects[target.0 as usize][place].1 = merged;
        }
    }

    fn merge_data(
        &mut self,
        old: Data,
        new: Data,
        keeps_type: &dyn Fn(&str, &str) -> bool,
    ) -> Data {
        match (old, new) {
            (Data::Object(target), Data::Object(source)) => {
                self.merge(target, source, keeps_type);
                old
            }
            (Data::List(target), Data::List(source)) if target != source => {
                if self.items(target).len() != self.items(source).len() {
                    return old;
                }
                for index in 0..self.items(target).len() {
                    let merged = self.merge_data(
                        self.items(target)[index],
                        self.items(source)[index],
                        keeps_type,
                    );
                    self.lists[target.0 as usize][index] = merged;
                }
                old
            }
            (Data::Object(_) | Data::List(_), _) | (_, Data::Null) => old,
            _ => new,
        }
    }

    fn keeps(&self, old: Data, new: Data, keeps_type: &dyn Fn(&str, &str) -> bool) -> bool {
        let name = |data| match data {
            Data::Leaf(span) => std::str::from_utf8(self.text(span))
                .ok()
                .map(|text| text.trim_matches('"')),
            _ => None,
        };
        match (name(old), name(new)) {
            (Some(old), Some(new)) => old == new || keeps_type(old, new),
            (Some(_), None) => true,
            _ => false,
        }
    }

    /// A copy that shares nothing with the original but scalars' bytes.
    pub(crate) fn copy(&mut self, object: ObjectId) -> ObjectId {
        let mut fields = self.objects[object.0 as usize].clone();
        for (_, data) in &mut fields {
            *data = self.copy_data(*data);
        }
        self.add_object(fields)
    }

    fn copy_data(&mut self, data: Data) -> Data {
        match data {
            Data::Object(object) => Data::Object(self.copy(object)),
            Data::List(list) => {
                let mut items = self.items(list).to_vec();
                for item in &mut items {
                    *item = self.copy_data(*item);
                }
                Data::List(self.add_list(items))
            }
            scalar => scalar,
        }
    }
}
