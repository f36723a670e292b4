//! The client's selections, made ready for projection: for each set and each type that an object may have at run time,
//! the fields in the order that the client asked for them.
//!
//! A set's field lists are made when an object of the type first shows up, so that wide interfaces cost nothing until
//! they are used.

use std::{collections::HashSet, sync::OnceLock};

use apollo_compiler::{
    ExecutableDocument, Name, Schema,
    ast::{DirectiveList, Type, Value},
    executable::{Selection, SelectionSet},
    schema::{ExtendedType, Implementers},
    validation::Valid,
};
use federation::Supergraph;

use super::keys::{Key, Keys};

/// `@skip` or `@include` with a variable: the selection is taken when the variable has this value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Condition {
    pub(crate) variable: Name,
    pub(crate) expected: bool,
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
    fields: OnceLock<Vec<Field>>,
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
    Enum(HashSet<Box<str>>),
    Custom,
}

/// What field lists are made from.
#[derive(Clone, Copy)]
pub(crate) struct Compiler<'a> {
    pub(crate) supergraph: &'a Supergraph,
    pub(crate) document: &'a Valid<ExecutableDocument>,
    pub(crate) keys: &'a Keys,
}

impl Set {
    /// The set of an operation's root.
    pub(crate) fn root(set: &SelectionSet) -> Self {
        Self {
            variants: vec![Variant {
                type_name: set.ty.clone(),
                fields: OnceLock::new(),
            }],
            sources: vec![Source {
                conditions: Vec::new(),
                selections: set.selections.clone(),
            }],
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
                fields: OnceLock::new(),
            })
            .collect();
        Self {
            variants,
            sources: Vec::new(),
            is_abstract,
        }
    }

    /// The type and the fields of an object; `None`: no client may see objects of this type here.
    pub(crate) fn fields(
        &self,
        compiler: &Compiler<'_>,
        type_name: Option<&str>,
    ) -> Option<(&Name, &[Field])> {
        let variant = if self.is_abstract {
            let type_name = type_name?;
            self.variants
                .iter()
                .find(|variant| variant.type_name == type_name)?
        } else {
            self.variants.first()?
        };
        let fields = variant
            .fields
            .get_or_init(|| self.collect(compiler, &variant.type_name));
        Some((&variant.type_name, fields))
    }

    /// GraphQL's CollectFields, with conditions kept symbolic.
    fn collect(&self, compiler: &Compiler<'_>, type_name: &Name) -> Vec<Field> {
        let mut collector = Collector {
            compiler,
            type_name,
            fields: Vec::new(),
            visited: HashSet::new(),
        };
        for source in &self.sources {
            collector.visit(&source.selections, &source.conditions);
        }
        collector.fields
    }
}

fn possible_types(compiler: &Compiler<'_>, type_name: &Name) -> Vec<Name> {
    match compiler.schema().types.get(type_name) {
        Some(ExtendedType::Interface(_)) => compiler
            .supergraph
            .implementers()
            .get(type_name)
            .map(|implementers: &Implementers| implementers.objects.iter().cloned().collect())
            .unwrap_or_default(),
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
            (_, Some(ExtendedType::Enum(definition))) => Leaf::Enum(
                definition
                    .values
                    .keys()
                    .map(|value| value.as_str().into())
                    .collect(),
            ),
            _ => Leaf::Custom,
        }
    }
}

struct Collector<'a> {
    compiler: &'a Compiler<'a>,
    type_name: &'a Name,
    fields: Vec<Field>,
    /// Named fragments that were taken, and under which conditions.
    visited: HashSet<(Name, Vec<Condition>)>,
}

impl Collector<'_> {
    fn visit(&mut self, selections: &[Selection], conditions: &[Condition]) {
        for selection in selections {
            let Some(conditions) = combine(conditions, selection.directives()) else {
                continue;
            };
            match selection {
                Selection::Field(field) => self.add(field, conditions),
                Selection::InlineFragment(inline) => {
                    if inline
                        .type_condition
                        .as_ref()
                        .is_none_or(|condition| self.applies(condition))
                    {
                        self.visit(&inline.selection_set.selections, &conditions);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let Some(fragment) =
                        self.compiler.document.fragments.get(&spread.fragment_name)
                    else {
                        continue;
                    };
                    let is_new = self
                        .visited
                        .insert((spread.fragment_name.clone(), conditions.clone()));
                    if is_new && self.applies(fragment.type_condition()) {
                        self.visit(&fragment.selection_set.selections, &conditions);
                    }
                }
            }
        }
    }

    fn applies(&self, condition: &Name) -> bool {
        condition == self.type_name || self.compiler.schema().is_subtype(condition, self.type_name)
    }

    fn add(&mut self, field: &apollo_compiler::executable::Field, conditions: Vec<Condition>) {
        let response_key = field.response_key().as_str();
        let known = self
            .fields
            .iter()
            .position(|known| *known.response_key == *response_key);
        let place = known.unwrap_or_else(|| {
            let made = self.make(field, response_key);
            self.fields.push(made);
            self.fields.len() - 1
        });
        let known_field = &mut self.fields[place];
        if let Output::Object(set) = &mut known_field.output {
            set.sources.push(Source {
                conditions: conditions.clone(),
                selections: field.selection_set.selections.clone(),
            });
        }
        if conditions.is_empty() {
            known_field.conditions.clear();
        } else if known.is_none() || !known_field.conditions.is_empty() {
            known_field.conditions.push(conditions);
        }
    }

    fn make(&self, field: &apollo_compiler::executable::Field, response_key: &str) -> Field {
        // The object's own definition, which may promise more than the interface's.
        let definition = self
            .compiler
            .schema()
            .type_field(self.type_name, &field.name);
        let ty = definition.map_or_else(|_| field.ty().clone(), |definition| definition.ty.clone());
        let output = match field.name.as_str() {
            "__typename" => Output::Typename,
            "__schema" | "__type" => Output::Introspection,
            _ if field.selection_set.selections.is_empty() => {
                Output::Leaf(self.compiler.leaf(ty.inner_named_type()))
            }
            _ => Output::Object(Set::new(self.compiler, ty.inner_named_type())),
        };
        Field {
            response_key: response_key.into(),
            prefix: format!("\"{response_key}\":").into_bytes().into(),
            key: self
                .compiler
                .keys
                .get(response_key)
                .unwrap_or(Key::TYPENAME),
            coordinate: format!("{}.{}", self.type_name, field.name).into(),
            ty,
            output,
            conditions: Vec::new(),
        }
    }
}

/// Adds a selection's own conditions; `None`: it is never taken.
fn combine(outer: &[Condition], directives: &DirectiveList) -> Option<Vec<Condition>> {
    let mut conditions = outer.to_vec();
    for (name, expected) in [("skip", false), ("include", true)] {
        let Some(argument) = directives
            .get(name)
            .and_then(|one| one.specified_argument_by_name("if"))
        else {
            continue;
        };
        match argument.as_ref() {
            Value::Boolean(value) if *value != expected => return None,
            Value::Variable(variable) => {
                let condition = Condition {
                    variable: variable.clone(),
                    expected,
                };
                if !conditions.contains(&condition) {
                    conditions.push(condition);
                }
            }
            _ => {}
        }
    }
    Some(conditions)
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
