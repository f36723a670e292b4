//! The client's selections, made ready for projection: for each set and each type that an object may have at run time,
//! the fields in the order that the client asked for them.
//!
//! A set's field lists are made when an object of the type first shows up, so that wide interfaces cost nothing until
//! they are used.

mod collect;

use std::{collections::HashSet, sync::OnceLock};

use apollo_compiler::{
    ExecutableDocument, Name, Schema,
    ast::Type,
    executable::{Selection, SelectionSet},
    schema::{EnumType, ExtendedType, Implementers},
    validation::Valid,
};
use federation::Supergraph;

use super::keys::{Key, Keys};

/// `@skip`, `@include` or `@defer` with a variable: the selection is taken when the variable has this value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Condition {
    pub(crate) variable: Name,
    pub(crate) expected: bool,
    /// What a variable without a value counts as.
    pub(crate) default: Option<bool>,
}

/// What to take from an object, by its type.
#[derive(Debug)]
pub(crate) struct Set {
    variants: Vec<Variant>,
    sources: Vec<Source>,
    /// Whether `__typename` decides; otherwise there is one variant.
    is_abstract: bool,
}

#[derive(Debug)]
struct Variant {
    type_name: Name,
    taken: OnceLock<Taken>,
}

/// What is taken from objects of one type.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) fields: Vec<Field>,
    /// What is taken later.
    pub(crate) deferred: Vec<DeferredSet>,
}

/// The fragments of one label that are deferred at one place.
#[derive(Debug)]
pub(crate) struct DeferredSet {
    pub(crate) label: Option<Box<str>>,
    pub(crate) set: Set,
    /// Deferred when all conditions of any of these hold; empty: always.
    pub(crate) conditions: Vec<Vec<Condition>>,
}

/// Selections that were merged into one set, with the conditions of the field that they are below.
#[derive(Debug)]
struct Source {
    conditions: Vec<Condition>,
    selections: Vec<Selection>,
}

/// A field of one type, as the client asked for it.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) response_key: Box<str>,
    /// `"key":`, ready to be written.
    pub(crate) prefix: Box<[u8]>,
    pub(crate) key: Key,
    /// `Type.field`, for messages.
    pub(crate) coordinate: Box<str>,
    pub(crate) ty: Type,
    pub(crate) output: Output,
    /// Taken when all conditions of any of these hold; empty: always.
    pub(crate) conditions: Vec<Vec<Condition>>,
}

/// What a field holds.
#[derive(Debug)]
pub(crate) enum Output {
    /// The object's type.
    Typename,
    /// The object's type, where only an interface that it implements is known.
    Unknown,
    /// `__schema` or `__type`.
    Introspection,
    Leaf(Leaf),
    Object(Set),
}

/// What a scalar's text must look like.
#[derive(Debug)]
pub(crate) enum Leaf {
    Int,
    Float,
    String,
    Boolean,
    Id,
    Enum(EnumValues),
    Custom,
}

/// An enum's values.
#[derive(Debug)]
pub(crate) struct EnumValues {
    /// What clients may read.
    pub(crate) known: HashSet<Box<str>>,
    /// What is `@inaccessible`: subgraphs may say so, and it is no fault of theirs.
    pub(crate) hidden: HashSet<Box<str>>,
}

/// What field lists are made from.
#[derive(Clone, Copy)]
pub(crate) struct Compiler<'a> {
    pub(crate) supergraph: &'a Supergraph,
    pub(crate) document: &'a Valid<ExecutableDocument>,
    pub(crate) keys: &'a Keys,
    /// Whether `@defer` means anything.
    pub(crate) defers: bool,
}

impl Set {
    /// The set of an operation's root.
    pub(crate) fn root(set: &SelectionSet) -> Self {
        let mut root = Self::of_type(&set.ty);
        root.sources.push(Source {
            conditions: Vec::new(),
            selections: set.selections.clone(),
        });
        root
    }

    /// An empty set for objects that are known to be of one type.
    fn of_type(type_name: &Name) -> Self {
        Self {
            variants: vec![Variant {
                type_name: type_name.clone(),
                taken: OnceLock::new(),
            }],
            sources: Vec::new(),
            is_abstract: false,
        }
    }

    fn new(compiler: &Compiler<'_>, type_name: &Name) -> Self {
        let is_abstract = !matches!(
            compiler.schema().types.get(type_name),
            Some(ExtendedType::Object(_))
        );
        let variants = possible_types(compiler, type_name)
            .into_iter()
            .map(|type_name| Variant {
                type_name,
                taken: OnceLock::new(),
            })
            .collect();
        Self {
            variants,
            sources: Vec::new(),
            is_abstract,
        }
    }

    /// The type of an object and what is taken from it; `None`: no client may see objects of this type here. The type is an
    /// interface when nobody has told more than its name: an interface object's subgraph does not know the objects' own types.
    pub(crate) fn taken(
        &self,
        compiler: &Compiler<'_>,
        type_name: Option<&str>,
    ) -> Option<(&Name, &Taken)> {
        let variant = if self.is_abstract {
            let type_name = type_name?;
            self.variants
                .iter()
                .find(|variant| variant.type_name == type_name)?
        } else {
            self.variants.first()?
        };
        let taken = variant
            .taken
            .get_or_init(|| collect::collect(compiler, &variant.type_name, &self.sources));
        Some((&variant.type_name, taken))
    }
}

/// The types that objects may say they are.
fn possible_types(compiler: &Compiler<'_>, type_name: &Name) -> Vec<Name> {
    match compiler.schema().types.get(type_name) {
        Some(ExtendedType::Interface(_)) => {
            let below = compiler.supergraph.implementers().get(type_name);
            let below = below
                .into_iter()
                .flat_map(|all: &Implementers| all.objects.iter().chain(&all.interfaces).cloned());
            below.chain([type_name.clone()]).collect()
        }
        Some(ExtendedType::Union(union)) => union
            .members
            .iter()
            .map(|member| member.name.clone())
            .collect(),
        Some(ExtendedType::Object(_)) => vec![type_name.clone()],
        _ => Vec::new(),
    }
}

impl Compiler<'_> {
    fn schema(&self) -> &Valid<Schema> {
        self.supergraph.api_schema()
    }

    fn leaf(&self, type_name: &Name) -> Leaf {
        match (type_name.as_str(), self.schema().types.get(type_name)) {
            ("Int", _) => Leaf::Int,
            ("Float", _) => Leaf::Float,
            ("String", _) => Leaf::String,
            ("Boolean", _) => Leaf::Boolean,
            ("ID", _) => Leaf::Id,
            (_, Some(ExtendedType::Enum(definition))) => {
                let known = names(definition);
                let whole = self.supergraph.schema().get_enum(type_name);
                let mut hidden = whole.map(|whole| names(whole)).unwrap_or_default();
                hidden.retain(|value| !known.contains(value));
                Leaf::Enum(EnumValues { known, hidden })
            }
            _ => Leaf::Custom,
        }
    }
}

fn names(definition: &EnumType) -> HashSet<Box<str>> {
    let values = definition.values.keys();
    values.map(|value| value.as_str().into()).collect()
}

/// Interns every response key of a document.
pub(crate) fn intern_keys(document: &ExecutableDocument, set: &SelectionSet, keys: &mut Keys) {
    intern_selections(&set.selections, keys);
    for fragment in document.fragments.values() {
        intern_selections(&fragment.selection_set.selections, keys);
    }
}

fn intern_selections(selections: &[Selection], keys: &mut Keys) {
    for selection in selections {
        match selection {
            Selection::Field(field) => {
                keys.intern(field.response_key());
                intern_selections(&field.selection_set.selections, keys);
            }
            Selection::InlineFragment(inline) => {
                intern_selections(&inline.selection_set.selections, keys);
            }
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// Whether any fragment of an operation may be deferred.
pub(crate) fn has_defer(document: &ExecutableDocument, set: &SelectionSet) -> bool {
    let fragments = document.fragments.values();
    let sets = fragments.map(|fragment| &fragment.selection_set);
    sets.chain([set]).any(|set| defers(&set.selections))
}

fn defers(selections: &[Selection]) -> bool {
    selections.iter().any(|selection| {
        selection.directives().has("defer")
            || match selection {
                Selection::Field(field) => defers(&field.selection_set.selections),
                Selection::InlineFragment(inline) => defers(&inline.selection_set.selections),
                Selection::FragmentSpread(_) => false,
            }
    })
}
