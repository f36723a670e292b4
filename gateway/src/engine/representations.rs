//! Entity fetches' input: the objects at a path, and what each of them sends.

use std::collections::{HashMap, HashSet};

use apollo_compiler::{Schema, validation::Valid};

use super::{
    error::PathItem,
    keys::{Key, Keys},
    program::{ContextFetch, Part, Path, PathStep, Required},
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
    /// While it is collected.
    known: HashMap<Vec<u8>, usize>,
}

impl Representations {
    /// Adds an object that sends this; objects that send the same share one representation.
    fn add(&mut self, text: &[u8], object: ObjectId, path: usize) {
        let entity = self.known.get(text).copied().unwrap_or_else(|| {
            self.json.push(if self.count == 0 { b'[' } else { b',' });
            self.json.extend_from_slice(text);
            self.known.insert(text.to_vec(), self.count);
            self.count += 1;
            self.count - 1
        });
        self.targets.push(Target {
            object,
            path,
            entity,
        });
    }

    fn finish(&mut self) {
        if self.count == 0 {
            self.json.push(b'[');
        }
        self.json.push(b']');
        self.known = HashMap::new();
    }
}

/// Collects a part's targets.
pub(crate) fn collect(
    tree: &Tree,
    schema: &Valid<Schema>,
    root: ObjectId,
    part: &Part,
) -> Representations {
    let mut all = Representations::default();
    let mut text = Vec::new();
    for (path_index, path) in part.paths.iter().enumerate() {
        let once = Visits::Once;
        walk(tree, schema, root, path, once, &mut |object, _, _| {
            text.clear();
            if write_representation(tree, schema, object, &part.requires, &mut text) {
                all.add(&text, object, path_index);
            }
            true
        });
    }
    all.finish();
    all
}

/// Objects whose surroundings have the same values.
#[derive(Debug, Default)]
pub(crate) struct Group {
    /// JSON text, by argument.
    pub(crate) values: Vec<Vec<u8>>,
    pub(crate) representations: Representations,
}

/// Collects a part's targets by the values of what encloses them, in the order of their first object.
pub(crate) fn collect_in_context(
    tree: &Tree,
    schema: &Valid<Schema>,
    root: ObjectId,
    fetch: &ContextFetch,
) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut known: HashMap<Vec<Vec<u8>>, usize> = HashMap::new();
    let mut text = Vec::new();
    for (path_index, path) in fetch.part.paths.iter().enumerate() {
        let once = Visits::Once;
        walk(tree, schema, root, path, once, &mut |object, _, trail| {
            text.clear();
            if !write_representation(tree, schema, object, &fetch.part.requires, &mut text) {
                return true;
            }
            let values: Option<Vec<_>> = fetch
                .arguments
                .iter()
                .map(|argument| {
                    let mut value = Vec::new();
                    let around = trail
                        .iter()
                        .rev()
                        .find(|(steps, _)| *steps <= argument.depth)?;
                    write_value(tree, schema, around.1, &argument.way, &mut value)?;
                    Some(value)
                })
                .collect();
            let Some(values) = values else { return true };
            let group = known.get(&values).copied().unwrap_or_else(|| {
                groups.push(Group {
                    values: values.clone(),
                    ..Group::default()
                });
                known.insert(values, groups.len() - 1);
                groups.len() - 1
            });
            groups[group].representations.add(&text, object, path_index);
            true
        });
    }
    for group in &mut groups {
        group.representations.finish();
    }
    groups
}

/// Writes the value at the end of a way: the first that the object's type has.
fn write_value(
    tree: &Tree,
    schema: &Valid<Schema>,
    object: ObjectId,
    way: &[Required],
    out: &mut Vec<u8>,
) -> Option<()> {
    let type_name = tree.type_name(object);
    way.iter().find_map(|required| match required {
        Required::On {
            type_name: condition,
            children,
        } => {
            let applies = type_name.is_none_or(|name| is_a(schema, name, condition));
            applies.then(|| write_value(tree, schema, object, children, out))?
        }
        Required::Field { key, children, .. } => {
            write_values(tree, schema, tree.get(object, *key)?, children, out)
        }
    })
}

/// A value, or those of a list's items.
fn write_values(
    tree: &Tree,
    schema: &Valid<Schema>,
    data: Data,
    way: &[Required],
    out: &mut Vec<u8>,
) -> Option<()> {
    match data {
        Data::Object(object) => write_value(tree, schema, object, way, out),
        Data::List(list) => {
            out.push(b'[');
            for (index, item) in tree.items(list).iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_values(tree, schema, *item, way, out)?;
            }
            out.push(b']');
            Some(())
        }
        scalar => write_data(tree, schema, scalar, &[], out).map(|_| ()),
    }
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
        &mut |object, steps, _| {
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

/// What is done with an object: given its place, and the objects on the way to it with the number of steps to each.
pub(crate) type Visit<'v> = &'v mut dyn FnMut(ObjectId, &[Place], &[(usize, ObjectId)]) -> bool;

/// Visits the objects at a path, until `visit` says no.
pub(crate) fn walk(
    tree: &Tree,
    schema: &Valid<Schema>,
    root: ObjectId,
    path: &[PathStep],
    visits: Visits,
    visit: Visit<'_>,
) {
    let mut walker = Walker {
        tree,
        schema,
        length: path.len(),
        places: Vec::new(),
        trail: Vec::new(),
        visits,
        seen: HashSet::new(),
        visit,
    };
    walker.walk(Data::Object(root), path);
}

struct Walker<'a, 'v> {
    tree: &'a Tree,
    schema: &'a Valid<Schema>,
    /// How many steps the path has.
    length: usize,
    places: Vec<Place>,
    /// The objects that were passed, and after how many steps of the path.
    trail: Vec<(usize, ObjectId)>,
    visits: Visits,
    /// Shared objects that were entered, and with how much of the path left.
    seen: HashSet<(ObjectId, usize)>,
    visit: Visit<'v>,
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
        if let Data::Object(object) = data {
            self.trail.push((self.length - path.len(), object));
            let goes_on = self.walk_object(object, path);
            self.trail.pop();
            return goes_on;
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
            _ => true,
        }
    }

    fn walk_object(&mut self, object: ObjectId, path: &[PathStep]) -> bool {
        match path {
            [] => (self.visit)(object, &self.places, &self.trail),
            [PathStep::List, rest @ ..] => self.walk(Data::Object(object), rest),
            [PathStep::Key(key), rest @ ..] => {
                let Some(child) = self.tree.get(object, *key) else {
                    return true;
                };
                self.places.push(Place::Key(*key));
                let goes_on = self.walk(child, rest);
                self.places.pop();
                goes_on
            }
            [PathStep::Types(types), rest @ ..] => {
                let name = self.tree.type_name(object);
                let fits = |name| types.iter().any(|one| is_a(self.schema, name, one));
                !name.is_none_or(fits) || self.walk(Data::Object(object), rest)
            }
        }
    }
}

fn is_a(schema: &Valid<Schema>, type_name: &str, condition: &str) -> bool {
    type_name == condition || schema.is_subtype(condition, type_name)
}

/// Writes what an object sends; false: it lacks something, is of no type that the fetch is about, or has nothing to be
/// found by.
fn write_representation(
    tree: &Tree,
    schema: &Valid<Schema>,
    object: ObjectId,
    requires: &[Required],
    out: &mut Vec<u8>,
) -> bool {
    write_object(tree, schema, object, &[requires], out) == Some(Content::Values)
}

/// What was written of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    /// Nothing but nulls and type names.
    Nulls,
    Values,
}

/// A field of a representation, wherever it is required.
struct Entry<'r> {
    key: Key,
    name: &'r str,
    value: Option<&'r str>,
    children: Vec<&'r [Required]>,
}

/// Writes the required fields of an object; `None`: it lacks one.
fn write_object(
    tree: &Tree,
    schema: &Valid<Schema>,
    object: ObjectId,
    requires: &[&[Required]],
    out: &mut Vec<u8>,
) -> Option<Content> {
    let mut entries = Vec::new();
    for required in requires {
        collect_entries(schema, tree.type_name(object), required, &mut entries);
    }
    let mut content = Content::Nulls;
    out.push(b'{');
    for (index, entry) in entries.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.push(b'"');
        out.extend_from_slice(entry.name.as_bytes());
        out.extend_from_slice(b"\":");
        if let Some(value) = entry.value {
            out.push(b'"');
            out.extend_from_slice(value.as_bytes());
            out.push(b'"');
            continue;
        }
        let written = write_data(
            tree,
            schema,
            tree.get(object, entry.key)?,
            &entry.children,
            out,
        )?;
        if written == Content::Values && entry.key != Key::TYPENAME {
            content = Content::Values;
        }
    }
    out.push(b'}');
    Some(content)
}

/// Adds what is required of an object of a type. One field may be required by several fragments, each with children.
fn collect_entries<'r>(
    schema: &Valid<Schema>,
    type_name: Option<&str>,
    requires: &'r [Required],
    entries: &mut Vec<Entry<'r>>,
) {
    for required in requires {
        match required {
            Required::On {
                type_name: condition,
                children,
            } => {
                if type_name.is_none_or(|name| is_a(schema, name, condition)) {
                    collect_entries(schema, type_name, children, entries);
                }
            }
            Required::Field {
                key,
                name,
                value,
                children,
            } => match entries.iter_mut().find(|entry| entry.name == name) {
                Some(known) if known.children.contains(&children.as_slice()) => {}
                Some(known) => known.children.push(children),
                None => entries.push(Entry {
                    key: *key,
                    name,
                    value: value.as_deref(),
                    children: if children.is_empty() {
                        Vec::new()
                    } else {
                        vec![children]
                    },
                }),
            },
        }
    }
}

/// Writes a value; `None`: it lacks something.
fn write_data(
    tree: &Tree,
    schema: &Valid<Schema>,
    data: Data,
    children: &[&[Required]],
    out: &mut Vec<u8>,
) -> Option<Content> {
    match data {
        Data::Null => {
            out.extend_from_slice(b"null");
            Some(Content::Nulls)
        }
        Data::Leaf(span) => {
            out.extend_from_slice(tree.text(span));
            Some(Content::Values)
        }
        Data::Wrong => None,
        Data::List(list) => {
            out.push(b'[');
            for (index, item) in tree.items(list).iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_data(tree, schema, *item, children, out)?;
            }
            out.push(b']');
            Some(Content::Values)
        }
        Data::Object(object) => write_object(tree, schema, object, children, out),
    }
}
