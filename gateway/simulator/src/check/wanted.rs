//! What can be of use in an answer: the client's fields, and the fields of keys and requirements, nested as deep as they
//! come to matter.

use std::collections::{BTreeMap, BTreeSet};

use apollo_compiler::executable::{Field, SelectionSet};
use federation::PlanOptions;

use super::{
    cover::Client,
    fields::{Arguments, Item, of_ast},
    model::Model,
    rules::ContextRule,
};

/// Keys and requirements of what is there for the sake of keys and requirements: so many levels of it.
const MAX_EXTRA: usize = 3;

/// By type, by response key.
pub(super) type Wanted = BTreeMap<String, WantedFields>;

/// By response key.
pub(super) type WantedFields = BTreeMap<String, WantedField>;

/// A field that can be of use.
#[derive(Debug, Clone)]
pub(super) struct WantedField {
    pub(super) field: String,
    pub(super) arguments: Arguments,
    /// Not the client's.
    pub(super) is_extra: bool,
    /// How many deferred parts it is in: it is not read with what comes before, not even to be sent.
    pub(super) part: usize,
    /// Which of [`Wants::choices`] says where it is read, if it has to be read from one subgraph alone.
    pub(super) choice: Option<usize>,
    /// Nothing for leaves.
    pub(super) child: Option<Wanted>,
}

impl WantedField {
    /// Whether both want the same field with the same arguments.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.field == other.field && self.arguments == other.arguments
    }
}

/// Whether objects that some subgraph cannot tell apart want different fields under one key: such a subgraph has to be asked
/// once for each of their types.
pub(super) fn conflicts(model: &Model<'_>, wanted: &Wanted) -> bool {
    let differ = |one: &str, other: &str| {
        let (one, other) = (&wanted[one], &wanted[other]);
        one.iter().any(|(key, field)| {
            let same_key = other.get(key);
            same_key.is_some_and(|other| !field.is_like(other))
        })
    };
    let mut pairs = wanted
        .keys()
        .flat_map(|one| wanted.keys().map(move |other| (one, other)));
    pairs.any(|(one, other)| model.share_interface_object(one, other) && differ(one, other))
        || wanted
            .values()
            .flat_map(BTreeMap::values)
            .filter_map(|field| field.child.as_ref())
            .any(|child| conflicts(model, child))
}

/// Puts what is not wanted early into one part more.
pub(super) fn put_off(wanted: &mut Wanted, early: Option<&Wanted>) {
    for (ty, fields) in wanted {
        let early = early.and_then(|early| early.get(ty));
        for (key, field) in fields {
            let early = early.and_then(|early| early.get(key));
            field.part += usize::from(early.is_none());
            if let Some(child) = &mut field.child {
                put_off(child, early.and_then(|early| early.child.as_ref()));
            }
        }
    }
}

/// Whether anything is wanted late in any case, and early in some: when not, it has to be read late.
pub(super) fn may_be_late(late: &Wanted, early: &Wanted, always: Option<&Wanted>) -> bool {
    late.iter().any(|(ty, fields)| {
        let early = early.get(ty);
        let always = always.and_then(|always| always.get(ty));
        fields.iter().any(|(key, field)| {
            let Some(early) = early.and_then(|early| early.get(key)) else {
                return false;
            };
            let Some(always) = always.and_then(|always| always.get(key)) else {
                return true;
            };
            let children = field.child.as_ref().zip(early.child.as_ref());
            children.is_some_and(|(late, early)| may_be_late(late, early, always.child.as_ref()))
        })
    })
}

/// Makes it.
pub(super) struct Wants<'c> {
    pub(super) model: &'c Model<'c>,
    pub(super) client: &'c Client<'c>,
    pub(super) options: &'c PlanOptions,
}

impl<'c> Wants<'c> {
    /// What the client wants of an operation's root.
    pub(super) fn of_client(&self, root: &str, set: &'c SelectionSet) -> Wanted {
        self.client_wants([root.to_owned()], &[set])
    }

    /// Adds what is of use for it.
    pub(super) fn with_extras(&self, mut wanted: Wanted) -> Wanted {
        self.extend(&mut wanted, MAX_EXTRA);
        // What contexts select may be of other subgraphs, too.
        if self.add_contexts(&mut wanted) {
            self.extend(&mut wanted, MAX_EXTRA);
        }
        wanted
    }

    /// The fields that must not be read from two subgraphs, numbered: the subgraphs that each of them may be read from.
    ///
    /// What a subgraph answers is of the types that it knows, whatever others know: put together, `node(id:)` from here
    /// and from there would lose all types that not both can answer. So that is done only where all know the same types.
    /// Lists are not put together: they might differ in length.
    pub(super) fn choices(&self, wanted: &mut Wanted) -> Vec<Vec<&'c str>> {
        let mut choices = Vec::new();
        self.number(wanted, &mut choices);
        choices
    }

    fn number(&self, wanted: &mut Wanted, choices: &mut Vec<Vec<&'c str>>) {
        for (ty, fields) in wanted {
            for field in fields.values_mut() {
                let Some(child) = &mut field.child else {
                    continue;
                };
                let sources = self.model.sources(ty, &field.field, self.options);
                let mut pairs = sources
                    .iter()
                    .flat_map(|one| sources.iter().map(move |two| (&one.1, &two.1)));
                let is_shareable = !self.model.is_mutation(ty)
                    && !self.model.is_list(ty, &field.field)
                    && pairs.all(|(one, two)| one == two);
                if sources.len() > 1 && !is_shareable {
                    field.choice = Some(choices.len());
                    choices.push(sources.into_iter().map(|(name, _)| name).collect());
                }
                self.number(child, choices);
            }
        }
    }

    /// What a field's value may be, from whatever subgraph.
    fn types(&self, ty: &str, field: &str) -> BTreeSet<String> {
        let sources = self.model.sources(ty, field, self.options).into_iter();
        sources.flat_map(|(_, types)| types).collect()
    }

    fn client_wants(
        &self,
        types: impl IntoIterator<Item = String>,
        sets: &[&'c SelectionSet],
    ) -> Wanted {
        let types = types.into_iter().map(|ty| {
            let collected = self.client.collect(&ty, sets);
            let fields = collected.into_iter().filter_map(|(key, fields)| {
                let first = fields.first().filter(|one| !one.name.starts_with("__"))?;
                let wanted = WantedField {
                    field: first.name.to_string(),
                    arguments: of_ast(&first.arguments),
                    is_extra: false,
                    part: 0,
                    choice: None,
                    child: self.child_of_client(&ty, &fields),
                };
                Some((key, wanted))
            });
            let fields = fields.collect();
            (ty, fields)
        });
        types.collect()
    }

    fn child_of_client(&self, ty: &str, fields: &[&'c Field]) -> Option<Wanted> {
        let sets: Vec<_> = fields.iter().map(|field| &field.selection_set).collect();
        if sets.iter().all(|set| set.selections.is_empty()) {
            return None;
        }
        let types = self.types(ty, &fields[0].name);
        Some(self.client_wants(types, &sets))
    }

    /// Adds keys and requirements of all that is wanted.
    fn extend(&self, wanted: &mut Wanted, extra: usize) {
        if extra == 0 {
            return;
        }
        for (ty, fields) in wanted.iter_mut() {
            for items in self.model.all_keys(ty) {
                self.add(ty, &items, fields);
            }
            // What a requirement adds may have requirements.
            let mut before = 0;
            while before < fields.len() {
                before = fields.len();
                let names: Vec<_> = fields.values().map(|one| one.field.clone()).collect();
                for name in names {
                    for items in self.model.all_requirements(ty, &name) {
                        self.add(ty, &items, fields);
                    }
                }
            }
            for field in fields.values_mut() {
                let below = extra - usize::from(field.is_extra);
                if let Some(child) = &mut field.child
                    && self.may_need_more(child)
                {
                    self.extend(child, below);
                }
            }
        }
    }

    /// Whether objects may have to be asked about anew: for a field, or for what they are.
    fn may_need_more(&self, wanted: &Wanted) -> bool {
        wanted
            .iter()
            .any(|(ty, fields)| !fields.is_empty() || self.model.share_interface_object(ty, ty))
    }

    /// Adds what arguments take from enclosing objects; whether there are any.
    fn add_contexts(&self, wanted: &mut Wanted) -> bool {
        let mut is_any = false;
        for (ty, fields) in wanted.iter_mut() {
            let mut taken = Vec::new();
            for field in fields.values_mut() {
                if let Some(child) = &mut field.child {
                    is_any |= self.add_contexts(child);
                    taken.extend(self.contexts_below(child));
                }
            }
            for rule in taken {
                if self.model.carries(ty, &rule.context) {
                    self.add(ty, &rule.selection, fields);
                    is_any = true;
                }
            }
        }
        is_any
    }

    /// The contexts that what is wanted here and below takes arguments from.
    fn contexts_below(&self, wanted: &Wanted) -> Vec<ContextRule> {
        let mut found = Vec::new();
        for (ty, fields) in wanted {
            for field in fields.values() {
                found.extend(self.model.all_contexts(ty, &field.field));
                if let Some(child) = &field.child {
                    found.extend(self.contexts_below(child));
                }
            }
        }
        found
    }

    fn add(&self, ty: &str, items: &[Item], fields: &mut BTreeMap<String, WantedField>) {
        for item in items {
            match item {
                Item::On {
                    type_condition,
                    below,
                } => {
                    let applies = type_condition
                        .as_ref()
                        .is_none_or(|condition| self.model.is_a(ty, condition));
                    if applies {
                        self.add(ty, below, fields);
                    }
                }
                Item::Field {
                    name,
                    arguments,
                    below,
                } if name != "__typename" => {
                    let field = self.entry(ty, (name, arguments), !below.is_empty(), fields);
                    for (ty, fields) in field.child.iter_mut().flatten() {
                        self.add(ty, below, fields);
                    }
                }
                Item::Field { .. } => {}
            }
        }
    }

    /// The entry of a field: the client's, if it asks the same, else one of its own.
    fn entry<'w>(
        &self,
        ty: &str,
        (name, arguments): (&str, &Arguments),
        is_composite: bool,
        fields: &'w mut BTreeMap<String, WantedField>,
    ) -> &'w mut WantedField {
        let is_same =
            |one: &WantedField| one.field == name && one.arguments == *arguments && one.part == 0;
        let known = fields
            .iter()
            .find(|(_, one)| is_same(one))
            .map(|(key, _)| key.clone());
        // One name for it in all types, and none that a client can use.
        let key = known.unwrap_or_else(|| format!("{name}{arguments:?}"));
        fields.entry(key).or_insert_with(|| {
            let types = || self.types(ty, name);
            WantedField {
                field: name.to_owned(),
                arguments: arguments.clone(),
                is_extra: true,
                part: 0,
                choice: None,
                child: is_composite.then(|| {
                    types()
                        .into_iter()
                        .map(|ty| (ty, BTreeMap::new()))
                        .collect()
                }),
            }
        })
    }
}
