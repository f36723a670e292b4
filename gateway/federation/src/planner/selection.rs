//! What is wanted of the objects at one place: the client's selections with all fragments taken apart, and, in the same
//! form, the field sets of keys and `@requires`.

use std::{collections::BTreeSet, rc::Rc};

use apollo_compiler::Name;

use rustc_hash::FxHashMap;

use super::type_sets::{TypeSet, TypeSets};
use crate::model::{FieldSetId, Model, TypeId};

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

/// Fields that are compared to find those that come sooner than their `@defer`, at most, in one selection set.
const MAX_COMPARISONS: usize = 10_000;

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
    pub(super) keys: BTreeSet<Name>,
    pub(super) fields: usize,
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

    pub(super) fn add_whole(&mut self, items: Vec<Item>, whole: Option<TypeSet>) -> SetId {
        let id = SetId(u32::try_from(self.sets.len()).unwrap_or(u32::MAX));
        self.sets.push(Rc::new(Set { items, whole }));
        id
    }

    /// Of a set's items in a `@defer`, by their places, those that are not in the answer sooner: wanted around it, too, with all
    /// that is below them. Where types are not known, those of other objects do not count: nobody would tell them apart.
    pub(super) fn later(
        &self,
        types: &TypeSets,
        set: &Set,
        deferral: DeferralId,
        knows_types: bool,
    ) -> Vec<usize> {
        let mut around = Vec::new();
        let mut at = Some(deferral);
        while let Some(id) = at {
            at = self.deferrals[id.0 as usize].outer;
            around.push(at);
        }
        let mut sooner: FxHashMap<&Name, Vec<&Item>> = FxHashMap::default();
        for item in set
            .items
            .iter()
            .filter(|item| around.contains(&item.deferral))
        {
            sooner.entry(&item.key).or_default().push(item);
        }
        let mut comparisons = 0;
        let items = set.items.iter().enumerate();
        let own = items.filter(|(_, item)| item.deferral == Some(deferral));
        let later = own.filter(|(_, item)| {
            let mut known = sooner.get(&item.key).into_iter().flatten();
            !known.any(|known| {
                let has_types = known.on == item.on
                    || knows_types && types.contains_all(known.on, types.members(item.on));
                has_types && self.covers(known, item, &mut comparisons)
            })
        });
        later.map(|(place, _)| place).collect()
    }

    /// Whether objects that have one item have the other, too; if it takes too long to tell, not.
    fn covers(&self, one: &Item, other: &Item, comparisons: &mut usize) -> bool {
        *comparisons += 1;
        let is_same =
            one.key == other.key && one.name == other.name && one.arguments == other.arguments;
        let holds = |condition| one.conditions.contains(condition);
        let is_there = holds(&Condition::ALWAYS) || other.conditions.iter().all(holds);
        if !is_same || !is_there || *comparisons > MAX_COMPARISONS {
            return false;
        }
        let (Some(below), Some(wanted)) = (one.below, other.below) else {
            return true;
        };
        let (below, wanted) = (self.set(below), self.set(wanted));
        wanted.items.iter().all(|item| {
            let mut known = below.items.iter().filter(|one| one.deferral.is_none());
            item.deferral.is_none()
                && known.any(|one| one.on == item.on && self.covers(one, item, comparisons))
        })
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

    pub(super) fn condition(&mut self, mut literals: Vec<Literal>) -> Condition {
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
