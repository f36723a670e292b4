//! What the subgraphs have answered so far, merged into one tree.
//!
//! Objects and lists live in arenas and are named by their place there, so that an entity fetch remembers its targets and
//! merges by place. Scalars stay where the subgraph's bytes are: they are copied once, into the client's response.
//!
//! Two objects at the same path may share a child (entities with the same representation): everything that happens below
//! one path happens to both alike. Objects at different paths never do. Sharing is what keeps a tree small that would be
//! exponential when written out, so whoever walks it has to look at [`Tree::is_shared`].

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

/// How a source is merged into a target.
pub(crate) struct Merge<'a> {
    /// Whether the source was merged into another target before, which then has the same children.
    pub(crate) shares: bool,
    /// Whether the first `__typename` stays in place of the second.
    pub(crate) keeps_type: &'a dyn Fn(&str, &str) -> bool,
}

/// The merged answers.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    buffers: Vec<Bytes>,
    objects: Vec<Object>,
    lists: Vec<Vec<Data>>,
}

#[derive(Debug, Default)]
struct Object {
    fields: Vec<(Key, Data)>,
    is_shared: bool,
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
        self.objects.push(Object {
            fields,
            is_shared: false,
        });
        ObjectId((self.objects.len() - 1) as u32)
    }

    pub(crate) fn add_list(&mut self, items: Vec<Data>) -> ListId {
        self.lists.push(items);
        ListId((self.lists.len() - 1) as u32)
    }

    pub(crate) fn get(&self, object: ObjectId, key: Key) -> Option<Data> {
        let fields = &self.objects[object.0 as usize].fields;
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

    /// Whether more than one parent may have this object.
    pub(crate) fn is_shared(&self, object: ObjectId) -> bool {
        self.objects[object.0 as usize].is_shared
    }

    /// Merges `source` into `target`: later answers win over earlier ones, but null wins over nothing.
    pub(crate) fn merge(&mut self, target: ObjectId, source: ObjectId, how: &Merge<'_>) {
        if target == source {
            return;
        }
        for index in 0..self.objects[source.0 as usize].fields.len() {
            let (key, new) = self.objects[source.0 as usize].fields[index];
            let fields = &self.objects[target.0 as usize].fields;
            let Some(place) = fields.iter().position(|(existing, _)| *existing == key) else {
                if how.shares {
                    self.mark_shared(new);
                }
                self.objects[target.0 as usize].fields.push((key, new));
                continue;
            };
            let old = fields[place].1;
            if key == Key::TYPENAME && self.keeps(old, new, how.keeps_type) {
                continue;
            }
            let merged = self.merge_data(old, new, how);
            self.objects[target.0 as usize].fields[place].1 = merged;
        }
    }

    fn merge_data(&mut self, old: Data, new: Data, how: &Merge<'_>) -> Data {
        match (old, new) {
            (Data::Object(target), Data::Object(source)) => {
                self.merge(target, source, how);
                old
            }
            (Data::List(target), Data::List(source)) if target != source => {
                if self.items(target).len() != self.items(source).len() {
                    return old;
                }
                for index in 0..self.items(target).len() {
                    let (old, new) = (self.items(target)[index], self.items(source)[index]);
                    let merged = self.merge_data(old, new, how);
                    self.lists[target.0 as usize][index] = merged;
                }
                old
            }
            (Data::Object(_) | Data::List(_), _) | (_, Data::Null) => old,
            _ => {
                if how.shares {
                    self.mark_shared(new);
                }
                new
            }
        }
    }

    fn mark_shared(&mut self, data: Data) {
        match data {
            Data::Object(object) => self.objects[object.0 as usize].is_shared = true,
            Data::List(list) => {
                for index in 0..self.items(list).len() {
                    self.mark_shared(self.items(list)[index]);
                }
            }
            Data::Null | Data::Leaf(_) | Data::Wrong => {}
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
        let mut fields = self.objects[object.0 as usize].fields.clone();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::keys::Keys;

    const FRESH: Merge<'_> = Merge {
        shares: false,
        keeps_type: &|_, _| false,
    };

    fn leaf(tree: &mut Tree, text: &'static str) -> Data {
        let buffer = tree.add_buffer(Bytes::from_static(text.as_bytes()));
        Data::Leaf(Span {
            buffer,
            start: 0,
            end: text.len() as u32,
        })
    }

    fn text(tree: &Tree, object: ObjectId, key: Key) -> &str {
        match tree.get(object, key) {
            Some(Data::Leaf(span)) => std::str::from_utf8(tree.text(span)).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn objects_and_lists_of_the_same_length_merge_deeply() {
        let mut keys = Keys::new();
        let (a, b, list) = (keys.intern("a"), keys.intern("b"), keys.intern("list"));
        let (mut tree, root) = Tree::new();
        let (one, two) = (leaf(&mut tree, "1"), leaf(&mut tree, "2"));
        let old = tree.add_object(vec![(a, one)]);
        let items = tree.add_list(vec![Data::Object(old), Data::Null]);
        let first = tree.add_object(vec![(list, Data::List(items))]);
        let new = tree.add_object(vec![(a, Data::Null), (b, two)]);
        let items = tree.add_list(vec![Data::Object(new), two]);
        let second = tree.add_object(vec![(list, Data::List(items))]);
        tree.merge(root, first, &FRESH);
        tree.merge(root, second, &FRESH);
        assert_eq!((text(&tree, old, a), text(&tree, old, b)), ("1", "2"));
        let Some(Data::List(merged)) = tree.get(root, list) else {
            panic!("a list");
        };
        assert_eq!(tree.items(merged)[1], two);
    }

    #[test]
    fn lists_of_different_lengths_stay_as_they_were_first() {
        let mut keys = Keys::new();
        let key = keys.intern("list");
        let (mut tree, root) = Tree::new();
        for length in [1, 2] {
            let items = tree.add_list(vec![Data::Null; length]);
            let source = tree.add_object(vec![(key, Data::List(items))]);
            tree.merge(root, source, &FRESH);
        }
        let Some(Data::List(list)) = tree.get(root, key) else {
            panic!("a list");
        };
        assert_eq!(tree.items(list).len(), 1);
    }

    #[test]
    fn a_type_name_stays_when_it_says_more() {
        let (mut tree, root) = Tree::new();
        for name in ["\"Book\"", "\"Media\""] {
            let name = leaf(&mut tree, name);
            let source = tree.add_object(vec![(Key::TYPENAME, name)]);
            tree.merge(
                root,
                source,
                &Merge {
                    shares: false,
                    keeps_type: &|old, _| old == "Book",
                },
            );
        }
        assert_eq!(tree.type_name(root), Some("Book"));
    }

    #[test]
    fn a_copy_does_not_follow_its_original() {
        let mut keys = Keys::new();
        let (child, extra) = (keys.intern("child"), keys.intern("extra"));
        let (mut tree, _) = Tree::new();
        let inner = tree.add_object(Vec::new());
        let outer = tree.add_object(vec![(child, Data::Object(inner))]);
        let copy = tree.copy(outer);
        let addition = tree.add_object(vec![(extra, Data::Null)]);
        tree.merge(inner, addition, &FRESH);
        let Some(Data::Object(copied)) = tree.get(copy, child) else {
            panic!("an object");
        };
        assert_eq!(tree.get(copied, extra), None);
        assert_eq!(tree.get(inner, extra), Some(Data::Null));
    }
}
