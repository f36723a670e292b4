//! Takes an operation's fragments apart: what is left of each selection set are fields of types, with their conditions.

use std::collections::{BTreeMap, BTreeSet};

use apollo_compiler::{
    ExecutableDocument, Name, Node,
    ast::{Argument, DirectiveList, Value},
    executable::{Field, Selection, SelectionSet},
};

use rustc_hash::FxHashMap;

use super::{
    PlanError,
    selection::{
        ArgumentList, Arguments, Condition, Deferral, DeferralId, Item, Selections, SetId,
    },
    type_sets::{TypeSet, TypeSets},
};
use crate::model::Model;

/// Fields of an operation with all fragments taken apart. More is hostile.
const MAX_FIELDS: usize = 100_000;

/// Different conditions that one field is selected under.
const MAX_CONDITIONS: usize = 16;

/// `@defer`s of one operation; each is a response of its own.
const MAX_DEFERRALS: usize = 500;

/// Levels of an operation; its answer could not be deeper and still be read.
const MAX_LEVELS: usize = 128;

/// Takes an operation's selections apart.
pub(super) struct Normalizer<'a> {
    pub(super) model: &'a Model,
    pub(super) document: &'a ExecutableDocument,
    pub(super) types: &'a mut TypeSets,
    pub(super) selections: &'a mut Selections,
    /// Whether `@defer` means something; of its variables, those that are given as true turn it on.
    pub(super) defers: bool,
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
    /// What holds wherever any of this is wanted.
    given: Condition,
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
        self.merged(&[origin], Condition::ALWAYS, 0)
    }

    fn merged(
        &mut self,
        origins: &[Origin<'a>],
        given: Condition,
        level: usize,
    ) -> Result<SetId, PlanError> {
        if level > MAX_LEVELS {
            return Err(PlanError::TooDeep { limit: MAX_LEVELS });
        }
        let mut collected = Collected {
            given,
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
            items.push(self.finish(draft, given, level)?);
        }
        let whole = match origins {
            [first, ..] => Some(self.possible(&first.set.ty)?),
            [] => None,
        };
        Ok(self.selections.add_whole(items, whole))
    }

    fn finish(
        &mut self,
        draft: Draft<'a>,
        mut given: Condition,
        level: usize,
    ) -> Result<Item, PlanError> {
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
            if is_one {
                given = self.selections.both(given, item.conditions[0]);
            }
            let origins: Vec<_> = below
                .into_iter()
                .map(|(condition, set)| Origin {
                    set,
                    condition: if is_one { Condition::ALWAYS } else { condition },
                })
                .collect();
            item.below = Some(self.merged(&origins, given, level + 1)?);
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
                    let Some(around) = self.conditioned(around, &field.directives, collected.given)
                    else {
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
        let Some(mut around) = self.conditioned(around, directives, collected.given) else {
            return Ok(None);
        };
        if let Some(condition) = condition {
            let possible = self.possible(condition)?;
            around.on = self.types.intersection(around.on, possible);
        }
        if let Some(deferral) = self.deferral(directives, around.deferral) {
            around.deferral = Some(self.selections.deferral(deferral, collected)?);
        }
        Ok((!self.types.is_empty(around.on)).then_some(around))
    }

    /// What a `@defer` that is on opens inside of `outer`.
    fn deferral(&self, directives: &DirectiveList, outer: Option<DeferralId>) -> Option<Deferral> {
        let defer = directives.get("defer").filter(|_| self.defers)?;
        let is_on = match defer.specified_argument_by_name("if").map(AsRef::as_ref) {
            None | Some(Value::Null) => true,
            Some(Value::Boolean(value)) => *value,
            Some(Value::Variable(variable)) => self.fixed.get(variable) == Some(&true),
            Some(_) => false,
        };
        let label = defer.specified_argument_by_name("label");
        is_on.then(|| Deferral {
            label: label.and_then(|label| label.as_str()).map(str::to_owned),
            outer,
        })
    }

    fn field(
        &mut self,
        field: &'a Node<Field>,
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

    /// Adds `@skip` and `@include`, but for what is given anyway; `None`: never.
    fn conditioned(
        &mut self,
        mut around: Around,
        directives: &DirectiveList,
        given: Condition,
    ) -> Option<Around> {
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
                Some(Value::Variable(variable)) => match self.value(variable, given) {
                    Some(value) if value != expected => return None,
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

    /// The value of a variable, where it is known.
    fn value(&self, variable: &Name, given: Condition) -> Option<bool> {
        let given = self.selections.literals(given).iter();
        let given = given.filter(|(name, _)| name == variable);
        let fixed = self.fixed.get(variable).copied();
        fixed.or(given.map(|(_, value)| *value).next())
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
