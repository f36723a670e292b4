//! Plans made ready to run: what `compile` makes of a plan, and `execute` follows.

use super::{decode::Shape, keys::Key};

/// A plan, ready to run.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) step: Option<Step>,
    /// What is listened to; `step` then runs on every event.
    pub(crate) primary: Option<RootFetch>,
}

#[derive(Debug)]
pub(crate) enum Step {
    Sequence(Vec<Step>),
    Parallel(Vec<Step>),
    Condition {
        variable: String,
        then: Option<Box<Step>>,
        otherwise: Option<Box<Step>>,
    },
    Root(RootFetch),
    Entities(EntityFetch),
}

/// The part of a request that is the same every time.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) service: String,
    /// The operation as a JSON string.
    pub(crate) query: String,
    /// The client's variables that it uses.
    pub(crate) variables: Vec<String>,
}

/// A fetch of root fields.
#[derive(Debug)]
pub(crate) struct RootFetch {
    pub(crate) template: Template,
    pub(crate) shape: Shape,
    /// Where the root type is in the response; empty: it is the response's root.
    pub(crate) path: Path,
    pub(crate) response_keys: Vec<String>,
}

/// One request for entities.
#[derive(Debug)]
pub(crate) struct EntityFetch {
    pub(crate) template: Template,
    pub(crate) shape: Shape,
    pub(crate) parts: Vec<Part>,
}

/// Entities with the same selection, in one `_entities` field.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) variable: String,
    pub(crate) alias: String,
    pub(crate) key: Key,
    pub(crate) paths: Vec<Path>,
    pub(crate) requires: Vec<Required>,
}

pub(crate) type Path = Vec<PathStep>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PathStep {
    Key(Key),
    List,
    Types(Vec<String>),
}

/// What a representation holds.
#[derive(Debug)]
pub(crate) enum Required {
    Field {
        /// In the tree.
        key: Key,
        /// In the representation.
        name: String,
        /// Sent in place of what is in the tree.
        value: Option<String>,
        children: Vec<Required>,
    },
    On {
        type_name: String,
        children: Vec<Required>,
    },
}
