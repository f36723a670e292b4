//! Entity fetches' input: the objects at a path, and what each of them sends.

use std::collections::{HashMap, HashSet};

use apollo_compiler::{Schema, validation::Valid};

use super::{
    error::PathItem,
    keys::{Key, Keys},
    program::{Part, Path, PathStep, Required},
    tree::{Data, ObjectId, Tree},
};

/// One object that an entity will be merged into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) object: ObjectId,
    /// Which of the part's paths led to it.
    pub(crate) path: usize,
    /// Its place among the representations.
    pub(crate) entity: usize,
}

/// What one part of a request sends.
#[derive(Debug, Default)]
pub(crate) struct Representations {
    /// A JSON array.
    pub(crate) json: Vec<u8>,
    pub(crate) count: usize,
    pub(crate) targets: Vec<Target>,
}

/// Collects a part's targets; objects that send the same share one representation.
pub(crate) fn collect(
    tree: &Tree,
    schema: &Valid<Schema>,
    root: ObjectId,
    part: &Part,
) -> Representations {
    let mut all = Representations {
        json: vec![b'['],
        ..Representations::default()
    };
    let mut known: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut text = Vec::new();
    for (path_index, path) in part.paths.iter().enumerate() {
        walk(tree, schema, root, path, Visits::Once, &mut |object, _| {
            text.clear();
            if !write_representation(tree, schema, object, &part.requires, &mut text) {
                return true;
            }
            let entity = known.get(&text).copied().unwrap_or_else(|| {
                if all.count > 0 {
                    all.json.push(b',');
                }
                all.json.extend_from_slice(&text);
                known.insert(text.clone(), all.count);
                all.count += 1;
                all.count - 1
            });
            all.targets.push(Target {
                object,
                path: path_index,
                entity,
            });
            true
        });
    }
    all.json.push(b']');
    all
}

/// The places in the response of the objects at a path; only the first ones, if there are very many.
pub(crate) fn places(
    tree: &Tree,
    schema: &Valid<Schema>,
    root: ObjectId,
    path: &Path,
    keys: &Keys,
    mut visit: impl FnMut(ObjectId, Vec<PathItem>),
) {
    let mut left = MAX_PLACES;
    walk(
        tree,
        schema,
        root,
        path,
        Visits::Everywhere,
        &mut |object, steps| {
            let place = steps
                .iter()
                .map(|step| match step {
                    Place::Key(key) => PathItem::Key(keys.name(*key).into()),
                    Place::Index(index) => PathItem::Index(*index),
                })
                .collect();
            visit(object, place);
            left -= 1;
            left > 0
        },
    );
}

/// A tree with shared objects may have exponentially many places.
const MAX_PLACES: usize = 10_000;

/// How often an object is visited that has more than one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visits {
    Once,
    Everywhere,
}

/// A step of a concrete path.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    Key(Key),
    Index(usize),
}

/// Visits the objects at a path, until `visit` says no.
pub(crate) fn walk(
    tree: &Tree,
    schema: &Valid<Schema>,
    root: ObjectId,
    path: &[PathStep],
    visits: Visits,
    visit: &mut dyn FnMut(ObjectId, &[Place]) -> bool,
) {
    let mut walker = Walker {
        tree,
        schema,
        places: Vec::new(),
        visits,
        seen: HashSet::new(),
        visit,
    };
    walker.walk(Data::Object(root), path);
}

struct Walker<'a, 'v> {
    tree: &'a Tree,
    schema: &'a Valid<Schema>,
    places: Vec<Place>,
    visits: Visits,
    /// Shared objects that were entered, and with how much of the path left.
    seen: HashSet<(ObjectId, usize)>,
    visit: &'v mut dyn FnMut(ObjectId, &[Place]) -> bool,
}

impl Walker<'_, '_> {
    /// False: no more is wanted.
    fn walk(&mut self, data: Data, path: &[PathStep]) -> bool {
        if let Data::Object(object) = data
            && self.visits == Visits::Once
            && self.tree.is_shared(object)
            && !self.seen.insert((object, path.len()))
        {
            return true;
        }
        match (data, path) {
            // Lists are entered whether the path says so or not: their depth is the subgraph's schema's business.
            (Data::List(list), _) => {
                let rest = match path {
                    [PathStep::List, rest @ ..] => rest,
                    _ => path,
                };
                let tree = self.tree;
                tree.items(list).iter().enumerate().all(|(index, item)| {
                    self.places.push(Place::Index(index));
                    let goes_on = self.walk(*item, rest);
                    self.places.pop();
                    goes_on
                })
            }
            (Data::Object(object), []) => (self.visit)(object, &self.places),
            (Data::Object(_), [PathStep::List, rest @ ..]) => self.walk(data, rest),
            (Data::Object(object), [PathStep::Key(key), rest @ ..]) => {
                let Some(child) = self.tree.get(object, *key) else {
                    return true;
                };
                self.places.push(Place::Key(*key));
                let goes_on = self.walk(child, rest);
                self.places.pop();
                goes_on
            }
            (Data::Object(object), [PathStep::Types(types), rest @ ..]) => {
                let name = self.tree.type_name(object);
                let fits = |name| types.iter().any(|one| is_a(self.schema, name, one));
                !name.is_none_or(fits) || self.walk(data, rest)
            }
            (Data::Null | Data::Leaf(_) | Data::Wrong, _) => true,
        }
    }
}

fn is_a(schema: &Valid<Schema>, type_name: &str, condition: &str) -> bool {
    type_name == condition || schema.is_subtype(condition, type_name)
}

/// Writes what an object sends; false: it lacks something, or is of no type that the fetch is about.
fn write_representation(
    tree: &Tree,
    schema: &Valid<Schema>,
    object: ObjectId,
    requires: &[Required],
    out: &mut Vec<u8>,
) -> bool {
    out.push(b'{');
    let mut written = Vec::new();
    let is_complete = write_required(tree, schema, object, requires, out, &mut written);
    out.push(b'}');
    is_complete && !written.is_empty()
}

fn write_required<'r>(
    tree: &Tree,
    schema: &Valid<Schema>,
    object: ObjectId,
    requires: &'r [Required],
    out: &mut Vec<u8>,
    written: &mut Vec<&'r str>,
) -> bool {
    let type_name = tree.type_name(object);
    requires.iter().all(|required| match required {
        Required::On {
            type_name: condition,
            children,
        } => {
            let applies = type_name.is_none_or(|name| is_a(schema, name, condition));
            !applies || write_required(tree, schema, object, children, out, written)
        }
        Required::Field {
            key,
            name,
            value,
            children,
        } => {
            let data = tree.get(object, *key);
            if data.is_none() && value.is_none() {
                return false;
            }
            if written.contains(&name.as_str()) {
                return true;
            }
            if !written.is_empty() {
                out.push(b',');
            }
            written.push(name);
            out.push(b'"');
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b"\":");
            match (value, data) {
                (Some(value), _) => {
                    out.push(b'"');
                    out.extend_from_slice(value.as_bytes());
                    out.push(b'"');
                    true
                }
                (None, Some(data)) => write_data(tree, schema, data, children, out),
                (None, None) => false,
            }
        }
    })
}

fn write_data(
    tree: &Tree,
    schema: &Valid<Schema>,
    data: Data,
    children: &[Required],
    out: &mut Vec<u8>,
) -> bool {
    match data {
        Data::Null => {
            out.extend_from_slice(b"null");
            true
        }
        Data::Leaf(span) => {
            out.extend_from_slice(tree.text(span));
            true
        }
        Data::Wrong => false,
        Data::List(list) => {
            out.push(b'[');
            for (index, item) in tree.items(list).iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                if !write_data(tree, schema, *item, children, out) {
                    return false;
                }
            }
            out.push(b']');
            true
        }
        Data::Object(object) => {
            out.push(b'{');
            let is_complete = write_required(tree, schema, object, children, out, &mut Vec::new());
            out.push(b'}');
            is_complete
        }
    }
}
