//! What is wanted of the objects at one place: the client's selections with all fragments taken apart, and, in the same
//! form, the field sets of keys and `@requires`.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use apollo_compiler::{
    ExecutableDocument, Name, Node,
    ast::{Argument, DirectiveList, Value},
    executable::{Selection, SelectionSet},
};

use rustc_hash::FxHashMap;

use super::{
    PlanError,
    type_sets::{TypeSet, TypeSets},
};
use crate::model::{FieldSetId, Model, TypeId};

/// Fields of an operation with all fragments taken apart. More is hostile.
const MAX_FIELDS: usize = 100_000;

/// Different conditions that one field is selected under.
const MAX_CONDITIONS: usize = 16;

/// `@defer`s of one operation; each is a response of its own.
const MAX_DEFERRALS: usize = 500;

/// Levels of an operation; its answer could not be deeper and still be read.
const MAX_LEVELS: usize = 128;

/// `@skip` and `@include` with variables, all of which have to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Condition(u32);

impl Condition {
    /// No condition.
    pub(super) const ALWAYS: Self = Self(0);
}

/// A list of arguments, by its place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Arguments(u32);

impl Arguments {
    pub(super) const NONE: Self = Self(0);
}

/// A selection set, by its place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct SetId(u32);

/// The fields that are wanted of an object.
#[derive(Debug)]
pub(super) struct Set {
    /// Each response key once for each set of types.
    pub(super) items: Vec<Item>,
    /// The types that the schema allows here, where the client wrote the set.
    pub(super) whole: Option<TypeSet>,
}

/// A field that is wanted.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// Of objects of these types.
    pub(super) on: TypeSet,
    /// Under this key of the response.
    pub(super) key: Name,
    pub(super) name: Name,
    pub(super) arguments: Arguments,
    /// When any of these holds.
    pub(super) conditions: Vec<Condition>,
    pub(super) below: Option<SetId>,
    /// The `@defer` that it is in, of this set's own fragments.
    pub(super) deferral: Option<DeferralId>,
}

/// A `@defer` of one place of the operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct DeferralId(pub(super) u32);

/// What identifies a `@defer` at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Deferral {
    pub(super) label: Option<String>,
    /// The `@defer` around it at the same place.
    pub(super) outer: Option<DeferralId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ArgumentList {
    /// Names and values, as GraphQL text.
    pub(super) entries: Vec<(Name, String)>,
    /// The client's variables in them.
    pub(super) variables: Vec<Name>,
}

/// A variable, and the value that it has to have.
pub(super) type Literal = (Name, bool);

/// Tables of all selections of one planning.
#[derive(Debug)]
pub(super) struct Selections {
    sets: Vec<Rc<Set>>,
    conditions: Vec<Vec<Literal>>,
    condition_index: FxHashMap<Vec<Literal>, Condition>,
    arguments: Vec<ArgumentList>,
    argument_index: FxHashMap<ArgumentList, Arguments>,
    pub(super) deferrals: Vec<Deferral>,
    /// Field sets, converted, by the type that they are of.
    field_sets: FxHashMap<(FieldSetId, TypeId), SetId>,
    /// The variables that decide which of several mentions of a root field comes first.
    pub(super) order: BTreeSet<Name>,
    /// Every response key of the client.
    keys: BTreeSet<Name>,
    fields: usize,
}

impl Selections {
    pub(super) fn new() -> Self {
        let none = ArgumentList {
            entries: Vec::new(),
            variables: Vec::new(),
        };
        Self {
            sets: Vec::new(),
            conditions: vec![Vec::new()],
            condition_index: FxHashMap::from_iter([(Vec::new(), Condition::ALWAYS)]),
            arguments: vec![none.clone()],
            argument_index: FxHashMap::from_iter([(none, Arguments::NONE)]),
            deferrals: Vec::new(),
            field_sets: FxHashMap::default(),
            order: BTreeSet::new(),
            keys: BTreeSet::new(),
            fields: 0,
        }
    }

    pub(super) fn set(&self, id: SetId) -> Rc<Set> {
        Rc::clone(&self.sets[id.0 as usize])
    }

    pub(super) fn add(&mut self, items: Vec<Item>) -> SetId {
        self.add_whole(items, None)
    }

    fn add_whole(&mut self, items: Vec<Item>, whole: Option<TypeSet>) -> SetId {
        let id = SetId(u32::try_from(self.sets.len()).unwrap_or(u32::MAX));
        self.sets.push(Rc::new(Set { items, whole }));
        id
    }

    pub(super) fn literals(&self, condition: Condition) -> &[Literal] {
        &self.conditions[condition.0 as usize]
    }

    pub(super) fn arguments(&self, id: Arguments) -> &ArgumentList {
        &self.arguments[id.0 as usize]
    }

    pub(super) fn is_key_taken(&self, key: &str) -> bool {
        self.keys.contains(key)
    }

    pub(super) fn intern_arguments(&mut self, list: ArgumentList) -> Arguments {
        if let Some(known) = self.argument_index.get(&list) {
            return *known;
        }
        let id = Arguments(u32::try_from(self.arguments.len()).unwrap_or(u32::MAX));
        self.arguments.push(list.clone());
        self.argument_index.insert(list, id);
        id
    }

    /// The condition that both hold.
    pub(super) fn both(&mut self, one: Condition, other: Condition) -> Condition {
        if one == Condition::ALWAYS || one == other {
            return other;
        }
        if other == Condition::ALWAYS {
            return one;
        }
        let mut literals = self.conditions[one.0 as usize].clone();
        literals.extend_from_slice(&self.conditions[other.0 as usize]);
        self.condition(literals)
    }

    fn condition(&mut self, mut literals: Vec<Literal>) -> Condition {
        literals.sort();
        literals.dedup();
        if let Some(known) = self.condition_index.get(&literals) {
            return *known;
        }
        let id = Condition(u32::try_from(self.conditions.len()).unwrap_or(u32::MAX));
        self.conditions.push(literals.clone());
        self.condition_index.insert(literals, id);
        id
    }

    /// A field set of an object type (or of an interface, where the concrete type is unknown), as selections on it.
    pub(super) fn field_set(
        &mut self,
        model: &Model,
        types: &mut TypeSets,
        set: FieldSetId,
        of: TypeId,
    ) -> SetId {
        if let Some(known) = self.field_sets.get(&(set, of)) {
            return *known;
        }
        let on = types.intern(&[of]);
        let mut items: Vec<Item> = Vec::new();
        for item in &model.field_set(set).items {
            // Only fragments that are about this very type.
            let possible = &model.ty(item.on).possible;
            if item.on != of && possible.binary_search(&of).is_err() {
                let is_above = model.ty(of).possible.iter().any(|ty| possible.contains(ty));
                if !is_above {
                    continue;
                }
            }
            let below = item.below.map(|below| self.below(model, types, below));
            let arguments = self.intern_arguments(ArgumentList {
                entries: item.arguments.clone(),
                variables: Vec::new(),
            });
            items.push(Item {
                on,
                key: item.name.clone(),
                name: item.name.clone(),
                arguments,
                conditions: vec![Condition::ALWAYS],
                below,
                deferral: None,
            });
        }
        let id = self.add(items);
        self.field_sets.insert((set, of), id);
        id
    }

    /// A field set below a field: its types are only known at run time.
    fn below(&mut self, model: &Model, types: &mut TypeSets, set: FieldSetId) -> SetId {
        let mut items: Vec<Item> = Vec::new();
        for item in &model.field_set(set).items {
            let on = types.intern(&model.ty(item.on).possible);
            let below = item.below.map(|below| self.below(model, types, below));
            let arguments = self.intern_arguments(ArgumentList {
                entries: item.arguments.clone(),
                variables: Vec::new(),
            });
            items.push(Item {
                on,
                key: item.name.clone(),
                name: item.name.clone(),
                arguments,
                conditions: vec![Condition::ALWAYS],
                below,
                deferral: None,
            });
        }
        self.add(items)
    }
}

/// Takes an operation's selections apart.
pub(super) struct Normalizer<'a> {
    pub(super) model: &'a Model,
    pub(super) document: &'a ExecutableDocument,
    pub(super) types: &'a mut TypeSets,
    pub(super) selections: &'a mut Selections,
    /// Whether `@defer` means something; the Boolean variables that turn it on.
    pub(super) defers: Option<&'a BTreeSet<Name>>,
    /// Boolean variables whose value is given.
    pub(super) fixed: &'a BTreeMap<Name, bool>,
}

/// Selections that were merged below one field.
struct Origin<'a> {
    set: &'a SelectionSet,
    condition: Condition,
}

/// An item whose selections are still apart.
struct Draft<'a> {
    item: Item,
    below: Vec<(Condition, &'a SelectionSet)>,
}

/// What is around a selection, within its set.
#[derive(Clone, Copy)]
struct Around {
    on: TypeSet,
    condition: Condition,
    deferral: Option<DeferralId>,
}

struct Collected<'a> {
    drafts: Vec<Draft<'a>>,
    index: FxHashMap<(TypeSet, Name, Option<DeferralId>), usize>,
    visited: BTreeSet<(Name, TypeSet, Condition, Option<DeferralId>)>,
    deferrals: Vec<DeferralId>,
}

impl<'a> Normalizer<'a> {
    /// The operation's root selections.
    pub(super) fn operation(&mut self, set: &'a SelectionSet) -> Result<SetId, PlanError> {
        let origin = Origin {
            set,
            condition: Condition::ALWAYS,
        };
        self.merged(&[origin], 0)
    }

    fn merged(&mut self, origins: &[Origin<'a>], level: usize) -> Result<SetId, PlanError> {
        if level > MAX_LEVELS {
            return Err(PlanError::TooDeep { limit: MAX_LEVELS });
        }
        let mut collected = Collected {
            drafts: Vec::new(),
            index: FxHashMap::default(),
            visited: BTreeSet::new(),
            deferrals: Vec::new(),
        };
        for origin in origins {
            let around = Around {
                on: self.possible(&origin.set.ty)?,
                condition: origin.condition,
                deferral: None,
            };
            self.collect(&origin.set.selections, around, &mut collected)?;
        }
        let mut items = Vec::with_capacity(collected.drafts.len());
        for draft in collected.drafts {
            if level == 0 && draft.item.conditions.len() > 1 {
                for condition in &draft.item.conditions {
                    let literals = self.selections.literals(*condition).to_vec();
                    let variables = literals.into_iter().map(|(variable, _)| variable);
                    self.selections.order.extend(variables);
                }
            }
            items.push(self.finish(draft, level)?);
        }
        let whole = match origins {
            [first, ..] => Some(self.possible(&first.set.ty)?),
            [] => None,
        };
        Ok(self.selections.add_whole(items, whole))
    }

    fn finish(&mut self, draft: Draft<'a>, level: usize) -> Result<Item, PlanError> {
        let Draft { mut item, below } = draft;
        // Of too many reasons none is worth telling: what is not wanted is left out of the response anyway.
        if item.conditions.contains(&Condition::ALWAYS) || item.conditions.len() > MAX_CONDITIONS {
            item.conditions = vec![Condition::ALWAYS];
        }
        if !below.is_empty() {
            // A field that is wanted for several reasons passes each reason on to what is wanted for it.
            let is_one = item.conditions.len() == 1
                && below
                    .iter()
                    .all(|(condition, _)| *condition == item.conditions[0]);
            let origins: Vec<_> = below
                .into_iter()
                .map(|(condition, set)| Origin {
                    set,
                    condition: if is_one { Condition::ALWAYS } else { condition },
                })
                .collect();
            item.below = Some(self.merged(&origins, level + 1)?);
        }
        Ok(item)
    }

    fn possible(&mut self, ty: &str) -> Result<TypeSet, PlanError> {
        let id = self
            .model
            .type_named(ty)
            .ok_or_else(|| PlanError::UnknownType(ty.to_owned()))?;
        Ok(self.types.intern(&self.model.ty(id).possible))
    }

    fn collect(
        &mut self,
        selections: &'a [Selection],
        around: Around,
        collected: &mut Collected<'a>,
    ) -> Result<(), PlanError> {
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    let Some(around) = self.conditioned(around, &field.directives) else {
                        continue;
                    };
                    self.field(field, around, collected)?;
                }
                Selection::InlineFragment(inline) => {
                    let around = self.narrowed(
                        around,
                        &inline.directives,
                        inline.type_condition.as_ref(),
                        collected,
                    )?;
                    if let Some(around) = around {
                        self.collect(&inline.selection_set.selections, around, collected)?;
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let Some(fragment) = self.document.fragments.get(&spread.fragment_name) else {
                        continue;
                    };
                    let around = self.narrowed(
                        around,
                        &spread.directives,
                        Some(fragment.type_condition()),
                        collected,
                    )?;
                    let Some(around) = around else { continue };
                    let visit = (
                        spread.fragment_name.clone(),
                        around.on,
                        around.condition,
                        around.deferral,
                    );
                    if collected.visited.insert(visit) {
                        self.collect(&fragment.selection_set.selections, around, collected)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Into a fragment; `None`: nothing in it can be wanted.
    fn narrowed(
        &mut self,
        around: Around,
        directives: &DirectiveList,
        condition: Option<&Name>,
        collected: &mut Collected<'a>,
    ) -> Result<Option<Around>, PlanError> {
        self.selections.count()?;
        let Some(mut around) = self.conditioned(around, directives) else {
            return Ok(None);
        };
        if let Some(condition) = condition {
            let possible = self.possible(condition)?;
            around.on = self.types.intersection(around.on, possible);
        }
        if let Some(label) = self.deferral(directives) {
            let deferral = Deferral {
                label,
                outer: around.deferral,
            };
            around.deferral = Some(self.selections.deferral(deferral, collected)?);
        }
        Ok((!self.types.is_empty(around.on)).then_some(around))
    }

    /// The label of a `@defer` that is on; unlabelled ones have none.
    fn deferral(&self, directives: &DirectiveList) -> Option<Option<String>> {
        let on = self.defers?;
        let defer = directives.get("defer")?;
        let is_on = match defer.specified_argument_by_name("if").map(AsRef::as_ref) {
            None | Some(Value::Null) => true,
            Some(Value::Boolean(value)) => *value,
            Some(Value::Variable(variable)) => on.contains(variable),
            Some(_) => false,
        };
        let label = defer.specified_argument_by_name("label");
        is_on.then(|| label.and_then(|label| label.as_str()).map(str::to_owned))
    }

    fn field(
        &mut self,
        field: &'a Node<apollo_compiler::executable::Field>,
        around: Around,
        collected: &mut Collected<'a>,
    ) -> Result<(), PlanError> {
        self.selections.count()?;
        let key = field.response_key();
        if key.starts_with("__") && *key != field.name {
            return Err(PlanError::ReservedAlias(key.to_string()));
        }
        let id = (around.on, key.clone(), around.deferral);
        let place = if let Some(&known) = collected.index.get(&id) {
            known
        } else {
            let arguments = self.selections.read_arguments(&field.arguments);
            self.selections.keys.insert(key.clone());
            collected.index.insert(id, collected.drafts.len());
            collected.drafts.push(Draft {
                item: Item {
                    on: around.on,
                    key: key.clone(),
                    name: field.name.clone(),
                    arguments,
                    conditions: Vec::new(),
                    below: None,
                    deferral: around.deferral,
                },
                below: Vec::new(),
            });
            collected.drafts.len() - 1
        };
        let draft = &mut collected.drafts[place];
        let conditions = &draft.item.conditions;
        if conditions.len() <= MAX_CONDITIONS && !conditions.contains(&around.condition) {
            draft.item.conditions.push(around.condition);
        }
        if !field.selection_set.selections.is_empty() {
            draft.below.push((around.condition, &field.selection_set));
        }
        Ok(())
    }

    /// Adds `@skip` and `@include`; `None`: never.
    fn conditioned(&mut self, mut around: Around, directives: &DirectiveList) -> Option<Around> {
        if directives.0.is_empty() {
            return Some(around);
        }
        let mut literals = Vec::new();
        for (name, expected) in [("skip", false), ("include", true)] {
            let value = directives
                .get(name)
                .and_then(|directive| directive.specified_argument_by_name("if"));
            match value.map(AsRef::as_ref) {
                Some(Value::Boolean(value)) if *value != expected => return None,
                Some(Value::Variable(variable)) => match self.fixed.get(variable) {
                    Some(value) if *value != expected => return None,
                    Some(_) => {}
                    None => literals.push((variable.clone(), expected)),
                },
                _ => {}
            }
        }
        if !literals.is_empty() {
            let own = self.selections.condition(literals);
            around.condition = self.selections.both(around.condition, own);
            let literals = self.selections.literals(around.condition);
            let contradicts = literals
                .iter()
                .any(|(name, value)| literals.contains(&(name.clone(), !value)));
            if contradicts {
                return None;
            }
        }
        Some(around)
    }
}

impl Selections {
    fn count(&mut self) -> Result<(), PlanError> {
        self.fields += 1;
        if self.fields > MAX_FIELDS {
            return Err(PlanError::TooLarge { limit: MAX_FIELDS });
        }
        Ok(())
    }

    fn deferral(
        &mut self,
        deferral: Deferral,
        collected: &mut Collected<'_>,
    ) -> Result<DeferralId, PlanError> {
        let known = collected
            .deferrals
            .iter()
            .find(|id| self.deferrals[id.0 as usize] == deferral);
        if let Some(known) = known {
            return Ok(*known);
        }
        if self.deferrals.len() >= MAX_DEFERRALS {
            return Err(PlanError::TooManyDeferrals {
                limit: MAX_DEFERRALS,
            });
        }
        let id = DeferralId(u32::try_from(self.deferrals.len()).unwrap_or(u32::MAX));
        self.deferrals.push(deferral);
        collected.deferrals.push(id);
        Ok(id)
    }

    fn read_arguments(&mut self, arguments: &[Node<Argument>]) -> Arguments {
        if arguments.is_empty() {
            return Arguments::NONE;
        }
        let mut variables = Vec::new();
        let entries = arguments
            .iter()
            .map(|argument| {
                collect_variables(&argument.value, &mut variables);
                let text = argument.value.serialize().no_indent().to_string();
                (argument.name.clone(), text)
            })
            .collect();
        self.intern_arguments(ArgumentList { entries, variables })
    }
}

fn collect_variables(value: &Value, variables: &mut Vec<Name>) {
    match value {
        Value::Variable(name) if !variables.contains(name) => variables.push(name.clone()),
        Value::List(items) => items
            .iter()
            .for_each(|item| collect_variables(item, variables)),
        Value::Object(entries) => entries
            .iter()
            .for_each(|(_, value)| collect_variables(value, variables)),
        _ => {}
    }
}
