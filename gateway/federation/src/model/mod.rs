//! The supergraph as the planner reads it: types, fields and field sets by number, and which subgraph knows what.
//!
//! Everything here is decided by the supergraph alone and made once, when it is loaded ([`load`]).

mod field_sets;
mod load;

use std::collections::{HashMap, HashSet};

use apollo_compiler::Name;

/// A subgraph, by its place in `join__Graph`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SubgraphId(pub(crate) u16);

/// A type of the supergraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TypeId(pub(crate) u32);

/// A field of one type of the supergraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FieldId(pub(crate) u32);

/// A parsed field set: of a key, `@requires` or `@provides`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FieldSetId(pub(crate) u32);

/// A label of a progressive `@override`, by its place in [`Model::labels`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct LabelId(pub(crate) u16);

/// The indexed supergraph.
#[derive(Debug)]
pub(crate) struct Model {
    /// Names, as operators know them.
    pub(crate) subgraphs: Vec<String>,
    /// The labels of `@override`, sorted.
    pub(crate) labels: Vec<String>,
    types: Vec<Type>,
    fields: Vec<Field>,
    field_sets: Vec<FieldSet>,
    by_name: HashMap<Name, TypeId>,
    /// The types of each `@context`, by the context's name.
    contexts: HashMap<String, Vec<TypeId>>,
    roots: Vec<TypeId>,
}

/// What GraphQL calls the kind of an output type; input types are not planned with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Object,
    Interface,
    Union,
    Other,
}

#[derive(Debug)]
pub(crate) struct Type {
    pub(crate) name: Name,
    pub(crate) kind: Kind,
    /// Its fields, by name.
    pub(crate) fields: HashMap<Name, FieldId>,
    /// The object types that it may be at run time, over all subgraphs, sorted; of an object type: itself.
    pub(crate) possible: Vec<TypeId>,
    /// The interfaces that an object type implements in any subgraph.
    pub(crate) interfaces: Vec<TypeId>,
    /// Where it is known, in the order of the subgraphs.
    pub(crate) joins: Vec<JoinedType>,
}

/// A type, as one subgraph knows it.
#[derive(Debug)]
pub(crate) struct JoinedType {
    pub(crate) subgraph: SubgraphId,
    /// The keys by which this subgraph resolves its entities.
    pub(crate) keys: Vec<FieldSetId>,
    /// The keys that this subgraph has, but does not resolve entities by (`resolvable: false`).
    pub(crate) unresolvable_keys: Vec<FieldSetId>,
    /// An interface of the supergraph that is an object type here.
    pub(crate) is_interface_object: bool,
    /// The object types that it may be here, sorted; of an interface object: itself.
    pub(crate) possible: Vec<TypeId>,
}

#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: Name,
    pub(crate) output: Output,
    /// The subgraphs that define it, in their order.
    pub(crate) joins: Vec<JoinedField>,
}

/// A field's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output {
    /// Without lists and non-nulls.
    pub(crate) named: TypeId,
    /// How many lists are around it.
    pub(crate) lists: u8,
    /// As GraphQL text.
    pub(crate) text: String,
}

/// A field, as one subgraph knows it.
#[derive(Debug)]
pub(crate) struct JoinedField {
    pub(crate) subgraph: SubgraphId,
    /// Declared, but resolved elsewhere, unless `@provides` says otherwise.
    pub(crate) is_external: bool,
    pub(crate) requires: Option<FieldSetId>,
    pub(crate) provides: Option<FieldSetId>,
    pub(crate) label: Option<Label>,
    /// Where its type differs from the supergraph's.
    pub(crate) output: Option<Output>,
    pub(crate) contexts: Vec<ContextArgument>,
}

/// Resolved here only while a label of `@override` is on, or only while it is off.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Label {
    pub(crate) id: LabelId,
    pub(crate) when: bool,
}

/// An argument that is filled from an enclosing object (`@fromContext`).
#[derive(Debug)]
pub(crate) struct ContextArgument {
    pub(crate) context: String,
    pub(crate) argument: String,
    pub(crate) ty: String,
    /// The selection of the value, by the context's type.
    pub(crate) selections: HashMap<TypeId, FieldSetId>,
}

/// A parsed field set.
#[derive(Debug, Clone, Default)]
pub(crate) struct FieldSet {
    pub(crate) items: Vec<FieldSetItem>,
}

/// A field of a field set, fragments taken off it.
#[derive(Debug, Clone)]
pub(crate) struct FieldSetItem {
    /// The type that the innermost fragment around it, or the field above, says.
    pub(crate) on: TypeId,
    pub(crate) name: Name,
    /// Names and values, as GraphQL text.
    pub(crate) arguments: Vec<(Name, String)>,
    pub(crate) below: Option<FieldSetId>,
}

impl Model {
    pub(crate) fn ty(&self, id: TypeId) -> &Type {
        &self.types[id.0 as usize]
    }

    pub(crate) fn field(&self, id: FieldId) -> &Field {
        &self.fields[id.0 as usize]
    }

    pub(crate) fn field_set(&self, id: FieldSetId) -> &FieldSet {
        &self.field_sets[id.0 as usize]
    }

    pub(crate) fn type_named(&self, name: &str) -> Option<TypeId> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn field_named(&self, ty: TypeId, name: &str) -> Option<FieldId> {
        self.ty(ty).fields.get(name).copied()
    }

    /// Whether objects of the type need no key: a subgraph's own query, mutation or subscription type.
    pub(crate) fn is_root(&self, ty: TypeId) -> bool {
        self.roots.contains(&ty)
    }

    /// The labels of the fields whose names some field set has: what keys and requirements may depend on.
    pub(crate) fn labels_in_field_sets(&self) -> HashSet<LabelId> {
        if self.labels.is_empty() {
            return HashSet::new();
        }
        let names: HashSet<&Name> = self
            .field_sets
            .iter()
            .flat_map(|set| set.items.iter().map(|item| &item.name))
            .collect();
        let fields = self
            .fields
            .iter()
            .filter(|field| names.contains(&field.name));
        fields
            .flat_map(|field| &field.joins)
            .filter_map(|join| Some(join.label?.id))
            .collect()
    }

    /// The fields that take arguments from a context, with the subgraph that does.
    pub(crate) fn contextual_fields(&self) -> impl Iterator<Item = (FieldId, &JoinedField)> {
        let fields = (0_u32..).map(FieldId).zip(&self.fields);
        fields.flat_map(|(id, field)| {
            let joins = field.joins.iter().filter(|join| !join.contexts.is_empty());
            joins.map(move |join| (id, join))
        })
    }

    /// The types that set a context.
    pub(crate) fn context_types(&self, context: &str) -> &[TypeId] {
        self.contexts.get(context).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn subgraph(&self, id: SubgraphId) -> &str {
        &self.subgraphs[id.0 as usize]
    }
}

impl Type {
    /// What a subgraph knows of the type.
    pub(crate) fn joined(&self, subgraph: SubgraphId) -> Option<&JoinedType> {
        let place = self
            .joins
            .binary_search_by_key(&subgraph, |join| join.subgraph)
            .ok()?;
        Some(&self.joins[place])
    }

    /// Whether a subgraph knows this interface as an object type.
    pub(crate) fn is_interface_object(&self, subgraph: SubgraphId) -> bool {
        self.joined(subgraph)
            .is_some_and(|join| join.is_interface_object)
    }
}

impl Field {
    /// What a subgraph knows of the field.
    pub(crate) fn joined(&self, subgraph: SubgraphId) -> Option<&JoinedField> {
        let place = self
            .joins
            .binary_search_by_key(&subgraph, |join| join.subgraph)
            .ok()?;
        Some(&self.joins[place])
    }

    /// Its type in a subgraph.
    pub(crate) fn output_in<'a>(&'a self, join: &'a JoinedField) -> &'a Output {
        join.output.as_ref().unwrap_or(&self.output)
    }
}
