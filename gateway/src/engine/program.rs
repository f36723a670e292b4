//! Plans made ready to run: what `compile` makes of a plan, and `execute` follows.

use std::sync::Arc;

use super::{decode::Shape, keys::Key};

/// A plan, ready to run.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) step: Option<Step>,
    /// What is listened to; `step` then runs on every event.
    pub(crate) primary: Option<RootFetch>,
    /// What the plan defers.
    pub(crate) scopes: Scopes,
}

/// What a fetch, an error or a payload belongs to: the first response or a deferred part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Scope(u32);

impl Scope {
    pub(crate) const PRIMARY: Self = Self(0);
}

/// The deferred parts of one operation. A part is known by its label and its place, within what encloses it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scopes {
    parts: Vec<PartName>,
}

#[derive(Debug, Clone)]
struct PartName {
    parent: Scope,
    label: Option<Box<str>>,
    /// Response keys.
    path: Vec<Box<str>>,
}

impl Scopes {
    /// The part of this name, new or known.
    pub(crate) fn intern<'k>(
        &mut self,
        parent: Scope,
        label: Option<&str>,
        path: impl Iterator<Item = &'k str> + Clone,
    ) -> Scope {
        self.find(parent, label, path.clone()).unwrap_or_else(|| {
            self.parts.push(PartName {
                parent,
                label: label.map(Into::into),
                path: path.map(Into::into).collect(),
            });
            Scope(self.parts.len() as u32)
        })
    }

    /// The part of this name, or the one that the plan knows without what encloses it: a plan has no part that would only
    /// hold other parts.
    pub(crate) fn resolve<'k>(
        &mut self,
        parent: Scope,
        label: Option<&str>,
        path: impl Iterator<Item = &'k str> + Clone,
    ) -> Scope {
        let mut outer = Some(parent);
        while let Some(scope) = outer {
            if let Some(known) = self.find(scope, label, path.clone()) {
                return known;
            }
            outer = self.parent(scope);
        }
        self.intern(parent, label, path)
    }

    fn find<'k>(
        &self,
        parent: Scope,
        label: Option<&str>,
        path: impl Iterator<Item = &'k str> + Clone,
    ) -> Option<Scope> {
        let index = self.parts.iter().position(|part| {
            part.parent == parent
                && part.label.as_deref() == label
                && part.path.iter().map(AsRef::as_ref).eq(path.clone())
        })?;
        Some(Scope(index as u32 + 1))
    }

    fn parent(&self, scope: Scope) -> Option<Scope> {
        let index = (scope.0 as usize).checked_sub(1)?;
        Some(self.parts.get(index)?.parent)
    }

    /// Whether `outer` is `inner` or encloses it.
    pub(crate) fn encloses(&self, outer: Scope, inner: Scope) -> bool {
        let mut scope = inner;
        while scope != outer {
            let Some(parent) = self.parent(scope) else {
                return false;
            };
            scope = parent;
        }
        true
    }
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
    InContext(ContextFetch),
    Defer(Defer),
}

/// What is answered in parts.
#[derive(Debug)]
pub(crate) struct Defer {
    pub(crate) primary: Option<Box<Step>>,
    /// The fetches of `primary` that parts wait for: answered, once it is done, whether they were sent or not.
    pub(crate) ids: Vec<u32>,
    pub(crate) parts: Vec<DeferredStep>,
}

/// What a deferred part asks.
#[derive(Debug)]
pub(crate) struct DeferredStep {
    pub(crate) scope: Scope,
    /// Fetches that have to be answered before.
    pub(crate) depends: Vec<u32>,
    pub(crate) step: Step,
}

/// The part of a request that is the same every time.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    /// What deferred parts call it.
    pub(crate) ids: Vec<u32>,
    pub(crate) scope: Scope,
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
    /// Whether objects at one path may share what they get.
    pub(crate) shares: bool,
    pub(crate) paths: Vec<Path>,
    pub(crate) requires: Vec<Required>,
}

/// A request for entities with values of what encloses them. Those with the same values are asked for in one field.
#[derive(Debug)]
pub(crate) struct ContextFetch {
    /// Without the operation, which depends on how many fields there are.
    pub(crate) template: Template,
    /// The client's variables that it uses, declared.
    pub(crate) declared: Vec<String>,
    pub(crate) part: Part,
    pub(crate) arguments: Vec<ContextArgument>,
    pub(crate) shape: Arc<Shape>,
    /// What is selected of each entity.
    pub(crate) text: Vec<Piece>,
}

/// A value of an enclosing object, and the variable that it is sent as.
#[derive(Debug)]
pub(crate) struct ContextArgument {
    pub(crate) variable: String,
    /// As GraphQL text.
    pub(crate) ty: String,
    /// After how many steps of the path the object is.
    pub(crate) depth: usize,
    /// The way from there to the value.
    pub(crate) way: Vec<Required>,
}

/// A piece of an operation's text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    /// The variable of this argument.
    Argument(usize),
}

pub(crate) type Path = Vec<PathStep>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PathStep {
    Key(Key),
    List,
    Types(Vec<String>),
}

/// What a representation holds.
#[derive(Debug, PartialEq, Eq)]
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
