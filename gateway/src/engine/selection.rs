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
    response::{JsonMap, JsonValue},
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

impl Condition {
    fn holds(&self, variables: &JsonMap) -> bool {
        let value = variables.get(self.variable.as_str());
        value.and_then(JsonValue::as_bool).or(self.default) == Some(self.expected)
    }
}

/// Whether any of several lists of conditions holds; none at all: always.
pub(crate) fn takes(variables: &JsonMap, conditions: &[Vec<Condition>]) -> bool {
    let all_hold = |all: &Vec<Condition>| all.iter().all(|one| one.holds(variables));
    conditions.is_empty() || conditions.iter().any(all_hold)
}

/// What to take from an object, by its type.
#[derive(Debug)]
pub(crate) struct Set {
    variants: Vec<Variant>,
    sources: Vec<Source>,
    /// Whether `__typename` decides; otherwise there is one variant.
    is_abstract: bool,
    /// The variant of every object, whatever interface it is said to be of, when there is but one type of objects.
    only: Option<usize>,
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
    /// The fields' places, by their index, where conditions decide which of several mentions of a field is the first that
    /// counts; otherwise empty, and the fields are in order.
    pub(crate) mentions: Vec<Mention>,
    /// What is taken later.
    pub(crate) deferred: Vec<DeferredSet>,
}

impl Taken {
    /// The fields that are taken with these variables, where their order depends on them.
    pub(crate) fn in_order<'t>(&'t self, variables: &JsonMap) -> impl Iterator<Item = &'t Field> {
        let mut is_taken = vec![false; self.fields.len()];
        self.mentions.iter().filter_map(move |mention| {
            let holds = mention.conditions.iter().all(|one| one.holds(variables));
            let is_new = holds && !std::mem::replace(&mut is_taken[mention.field], true);
            is_new.then(|| &self.fields[mention.field])
        })
    }
}

/// A place where a field is asked for.
#[derive(Debug)]
pub(crate) struct Mention {
    pub(crate) field: usize,
    pub(crate) conditions: Vec<Condition>,
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
            only: None,
        }
    }

    fn new(compiler: &Compiler<'_>, type_name: &Name) -> Self {
        let is_abstract = !matches!(
            compiler.schema().types.get(type_name),
            Some(ExtendedType::Object(_))
        );
        let variants: Vec<_> = possible_types(compiler, type_name)
            .into_iter()
            .map(|type_name| Variant {
                type_name,
                taken: OnceLock::new(),
            })
            .collect();
        Self {
            only: only_object(compiler, type_name, &variants).filter(|_| is_abstract),
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
            let known = self
                .variants
                .iter()
                .find(|variant| variant.type_name == type_name)?;
            self.only.map_or(known, |only| &self.variants[only])
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

/// The one variant that is an object type, if no other type, not even a hidden one, has the interface.
fn only_object(compiler: &Compiler<'_>, type_name: &Name, variants: &[Variant]) -> Option<usize> {
    let is_object = |name: &Name| compiler.schema().get_object(name).is_some();
    let mut objects = (0..variants.len()).filter(|index| is_object(&variants[*index].type_name));
    let only = objects.next().filter(|_| objects.next().is_none())?;
    let all = compiler.supergraph.schema();
    let others = all.types.values().filter(|ty| {
        ty.is_object() && all.is_subtype(type_name, ty.name()) && !is_object(ty.name())
    });
    (others.count() == 0).then_some(only)
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
