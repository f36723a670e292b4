//! Root types: which they are, and that their usual names are free for them.

use std::collections::{HashMap, HashSet};

use apollo_compiler::{Name, Node, Schema, ast, ast::Definition, ast::OperationType, name};

use super::text::Problems;
use crate::compose::ErrorCode;

/// The root types that have other names than the usual ones.
#[derive(Debug, Default)]
pub(super) struct Roots {
    /// Names as written → Query, Mutation or Subscription.
    pub(super) renamed: HashMap<Name, Name>,
}

impl Roots {
    /// Reads the schema definition and its extensions; tells where a usual name is taken by another type.
    pub(super) fn of(document: &ast::Document, problems: &mut Problems<'_>) -> Self {
        let named: Vec<_> = operations(document)
            .filter(|root| root.1 != usual(root.0))
            .collect();
        if named.is_empty() {
            return Self::default();
        }
        let types: HashSet<&Name> = document
            .definitions
            .iter()
            .filter(|one| one.as_directive_definition().is_none())
            .filter_map(Definition::name)
            .collect();
        for root in &named {
            let usual = usual(root.0);
            // (A root that is no type at all is an error of GraphQL.)
            if types.contains(&usual) && types.contains(&root.1) {
                problems.error(
                    code(root.0),
                    format_args!(
                        "the type {usual} is not the {} root, but {} is: a supergraph's {} root is named {usual}, so rename \
                         the type {usual}, or make it the root",
                        root.0, root.1, root.0
                    ),
                    root.location(),
                );
            }
        }
        let renamed = named.iter().map(|root| (root.1.clone(), usual(root.0)));
        Self {
            renamed: renamed.collect(),
        }
    }

    /// The name that a type has from now on.
    pub(super) fn rename(&self, name: &mut Name) {
        if let Some(usual) = self.renamed.get(name) {
            *name = usual.clone();
        }
    }

    /// The query root's name, as written; the usual one if there is none.
    pub(super) fn query(&self) -> Name {
        let mut renamed = self.renamed.iter();
        renamed
            .find(|(_, usual)| *usual == "Query")
            .map_or(name!("Query"), |(written, _)| written.clone())
    }

    /// Whether a type, as written, is the query root.
    pub(super) fn is_query(&self, written: &str) -> bool {
        match self.renamed.get(written) {
            Some(usual) => usual == "Query",
            None => written == "Query",
        }
    }
}

/// The operations that the schema definition and its extensions name.
pub(super) fn operations(
    document: &ast::Document,
) -> impl Iterator<Item = &Node<(OperationType, Name)>> {
    let definitions = document.definitions.iter();
    definitions.flat_map(|definition| match definition {
        Definition::SchemaDefinition(schema) => schema.root_operations.as_slice(),
        Definition::SchemaExtension(schema) => schema.root_operations.as_slice(),
        _ => &[],
    })
}

/// Tells where a type that is named as a root is no object. (That of a root which the schema definition names is told by
/// validation.)
pub(super) fn check(schema: &Schema, problems: &mut Problems<'_>) {
    for operation in [
        OperationType::Query,
        OperationType::Mutation,
        OperationType::Subscription,
    ] {
        let name = usual(operation);
        if let Some(ty) = schema.types.get(&name)
            && !ty.is_object()
        {
            problems.error(
                ErrorCode::InvalidGraphql,
                format_args!(
                    "{name} is the name of the {operation} root, which is an object type: rename the type"
                ),
                ty.name().location(),
            );
        }
    }
}

/// Whether a canonical name is the query root's.
pub(super) fn is_query(name: &str) -> bool {
    name == "Query"
}

fn usual(operation: OperationType) -> Name {
    match operation {
        OperationType::Query => name!("Query"),
        OperationType::Mutation => name!("Mutation"),
        OperationType::Subscription => name!("Subscription"),
    }
}

fn code(operation: OperationType) -> ErrorCode {
    match operation {
        OperationType::Query => ErrorCode::RootQueryUsed,
        OperationType::Mutation => ErrorCode::RootMutationUsed,
        OperationType::Subscription => ErrorCode::RootSubscriptionUsed,
    }
}
