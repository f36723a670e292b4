//! Errors as clients read them.

use serde::Serialize;
use serde_json::{Map, Value};

use super::program::Scope;

/// A step to where an error happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum PathItem {
    Key(Box<str>),
    Index(usize),
}

/// A position in the client's document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Location {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// One entry of `errors`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct GraphQLError {
    pub(crate) message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) path: Vec<PathItem>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(crate) extensions: Map<String, Value>,
    /// Whose fetch it comes from.
    #[serde(skip)]
    pub(crate) scope: Scope,
}

impl GraphQLError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            locations: Vec::new(),
            path: Vec::new(),
            extensions: Map::new(),
            scope: Scope::PRIMARY,
        }
    }

    pub(crate) fn coded(code: &str, message: impl Into<String>) -> Self {
        Self::new(message).with("code", code)
    }

    pub(crate) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.extensions.insert(key.to_owned(), value.into());
        self
    }

    pub(crate) fn at(mut self, path: Vec<PathItem>) -> Self {
        self.path = path;
        self
    }

    pub(crate) fn of(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// Whether this error explains a null at `path`: it happened there, above it, or below it.
    pub(crate) fn explains(&self, path: &[PathItem]) -> bool {
        !self.path.is_empty()
            && self
                .path
                .iter()
                .zip(path)
                .all(|(mine, other)| mine == other)
    }
}

/// The errors of one response; bounded, since a subgraph may be hostile or very broken.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    all: Vec<GraphQLError>,
}

/// More errors than a client would read.
const MAX_ERRORS: usize = 1_000;

impl Errors {
    pub(crate) fn push(&mut self, error: GraphQLError) {
        if self.all.len() < MAX_ERRORS {
            self.all.push(error);
        }
    }

    pub(crate) fn explain(&self, path: &[PathItem]) -> bool {
        self.all.iter().any(|error| error.explains(path))
    }

    pub(crate) fn as_slice(&self) -> &[GraphQLError] {
        &self.all
    }
}
