//! Whether the response holds what the client has selected.

use std::collections::{BTreeMap, BTreeSet};

use apollo_compiler::{
    ExecutableDocument,
    executable::{Field, Operation, Selection, SelectionSet},
    schema::ExtendedType,
};

use super::{
    assignment::{self, Assignment, Label},
    fault::{Faults, Rule},
    fields::of_ast,
    knowledge::{Known, Told},
    model::Model,
    select::list_levels,
};

#[derive(Clone, Copy)]
/// A client's operation under one assignment.
pub(super) struct Client<'c> {
    pub(super) model: &'c Model<'c>,
    pub(super) document: &'c ExecutableDocument,
    pub(super) values: &'c Assignment,
    /// What is deferred is left out but for these labels; nothing: all is there.
    pub(super) delivered: Option<&'c BTreeSet<Label>>,
}

/// A client's deferred part: its label, and the keys and lists on the way to it.
pub(super) type PartName = (Label, String);

impl<'c> Client<'c> {
    /// The fields that an object of a type gets, in order, fields of one key together.
    pub(super) fn collect(
        &self,
        ty: &str,
        sets: &[&'c SelectionSet],
    ) -> Vec<(String, Vec<&'c Field>)> {
        let mut found = Vec::new();
        for set in sets {
            self.collect_from(ty, set, &mut found);
        }
        found
    }

    fn collect_from(
        &self,
        ty: &str,
        set: &'c SelectionSet,
        found: &mut Vec<(String, Vec<&'c Field>)>,
    ) {
        for selection in &set.selections {
            let directives = selection.directives();
            let label = match selection {
                Selection::Field(_) => None,
                _ => assignment::deferred(directives, self.values),
            };
            let is_left_out = label
                .zip(self.delivered)
                .is_some_and(|(label, delivered)| !delivered.contains(&label));
            if is_left_out || !assignment::is_selected(directives, self.values) {
                continue;
            }
            match selection {
                Selection::Field(field) => {
                    let key = field.response_key().to_string();
                    match found.iter_mut().find(|(known, _)| *known == key) {
                        Some((_, fields)) => fields.push(field),
                        None => found.push((key, vec![field])),
                    }
                }
                Selection::InlineFragment(inline) => {
                    let condition = inline.type_condition.as_ref();
                    if condition.is_none_or(|condition| self.is_a(ty, condition)) {
                        self.collect_from(ty, &inline.selection_set, found);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.fragment_name)
                        && self.is_a(ty, fragment.type_condition())
                    {
                        self.collect_from(ty, &fragment.selection_set, found);
                    }
                }
            }
        }
    }

    /// As clients see it: an interface may have lost an inaccessible one.
    fn is_a(&self, ty: &str, condition: &str) -> bool {
        ty == condition || self.model.supergraph.api_schema().is_subtype(condition, ty)
    }

    /// Faults for all that the response lacks.
    pub(super) fn covered(&self, operation: &'c Operation, known: &Known, faults: &mut Faults) {
        let ty = operation.object_type().as_str();
        self.set(ty, &[&operation.selection_set], known, "", faults);
    }

    fn set(
        &self,
        declared: &str,
        sets: &[&'c SelectionSet],
        known: &Known,
        path: &str,
        faults: &mut Faults,
    ) {
        let api = self.model.supergraph.api_schema();
        let is_object = matches!(api.types.get(declared), Some(ExtendedType::Object(_)));
        let visible = known
            .types
            .iter()
            .filter(|(ty, _)| self.model.is_visible(ty));
        let collected: Vec<_> = visible
            .map(|(ty, object)| (ty, object, self.collect(ty, sets)))
            .collect();
        for (ty, object, fields) in &collected {
            let is_told = is_object || object.told == Some(Told::Own);
            let differs = collected.iter().any(|(_, _, other)| !same(other, fields));
            let asks_type = fields
                .iter()
                .any(|(_, fields)| fields.iter().any(|field| field.name == "__typename"));
            if !is_told && (differs || asks_type) {
                let message = format!("at {path} a {ty} is not known to be one");
                faults.add(Rule::TypeKnown, message);
            }
            for (key, fields) in fields {
                self.field(ty, object, (key, fields), &format!("{path}.{key}"), faults);
            }
        }
    }

    fn field(
        &self,
        ty: &str,
        object: &super::knowledge::Object,
        (key, fields): (&str, &[&'c Field]),
        path: &str,
        faults: &mut Faults,
    ) {
        let Some(first) = fields.first() else { return };
        if first.name.starts_with("__") {
            return;
        }
        let Some(entry) = object.entries.get(key) else {
            faults.add(Rule::Covered, format!("{path} of a {ty} is not there"));
            return;
        };
        if entry.field != first.name.as_str() || entry.arguments != of_ast(&first.arguments) {
            let message = format!(
                "{path} of a {ty} is {}{:?}, not {}",
                entry.field, entry.arguments, first
            );
            faults.add(Rule::Covered, message);
            return;
        }
        let inner = first.ty().inner_named_type().as_str();
        let sets: Vec<_> = fields.iter().map(|field| &field.selection_set).collect();
        if sets.iter().any(|set| !set.selections.is_empty()) {
            match &entry.child {
                Some(child) => self.set(inner, &sets, child, path, faults),
                None => faults.add(Rule::Covered, format!("{path} has nothing below it")),
            }
        }
    }

    /// Whether the response holds one of the root fields.
    pub(super) fn is_root_covered(
        &self,
        operation: &'c Operation,
        key: &str,
        known: &Known,
    ) -> bool {
        let ty = operation.object_type().as_str();
        let collected = self.collect(ty, &[&operation.selection_set]);
        let mut faults = Faults::default();
        for (own, fields) in collected.iter().filter(|(own, _)| own == key) {
            if let Some(object) = known.types.get(ty) {
                self.field(ty, object, (own, fields), key, &mut faults);
            }
        }
        faults.into_result(()).is_ok()
    }

    /// The labels of the client's deferred parts, each with the number of places where it is.
    pub(super) fn labels(&self, operation: &'c Operation) -> BTreeMap<Label, usize> {
        let mut labels = BTreeMap::new();
        for (label, _) in self.parts(operation, true) {
            *labels.entry(label).or_default() += 1;
        }
        labels
    }

    /// The deferred parts that the client has asked for; with those that conditions leave out, if `is_all`.
    pub(super) fn parts(&self, operation: &'c Operation, is_all: bool) -> BTreeSet<PartName> {
        let mut parts = Parts {
            client: self,
            is_all,
            found: BTreeSet::new(),
        };
        let root = BTreeSet::from([operation.object_type().to_string()]);
        parts.below(&operation.selection_set, &root, "");
        parts.found
    }
}

/// Looks for deferred parts.
struct Parts<'p, 'c> {
    client: &'p Client<'c>,
    is_all: bool,
    found: BTreeSet<PartName>,
}

impl<'c> Parts<'_, 'c> {
    /// `types`: what an object here can be.
    fn below(&mut self, set: &'c SelectionSet, types: &BTreeSet<String>, path: &str) {
        if types.is_empty() {
            return;
        }
        for selection in &set.selections {
            let directives = selection.directives();
            if !self.is_all && !assignment::is_selected(directives, self.client.values) {
                continue;
            }
            let (condition, set) = match selection {
                Selection::Field(field) => {
                    let lists = ".@".repeat(list_levels(field.ty()));
                    let path = format!("{path}.{}{lists}", field.response_key());
                    let types = self.objects(field.ty().inner_named_type());
                    self.below(&field.selection_set, &types, &path);
                    continue;
                }
                Selection::InlineFragment(inline) => {
                    (inline.type_condition.as_ref(), &inline.selection_set)
                }
                Selection::FragmentSpread(spread) => {
                    let fragments = &self.client.document.fragments;
                    let Some(fragment) = fragments.get(&spread.fragment_name) else {
                        continue;
                    };
                    (Some(fragment.type_condition()), &fragment.selection_set)
                }
            };
            let fits =
                |ty: &&String| condition.is_none_or(|condition| self.client.is_a(ty, condition));
            let types: BTreeSet<_> = types.iter().filter(fits).cloned().collect();
            let label = assignment::deferred(directives, self.client.values);
            let is_worth = self.is_all || self.has_field(set, &types);
            if let Some(label) = label.filter(|_| !types.is_empty() && is_worth) {
                self.found.insert((label, path.to_owned()));
            }
            self.below(set, &types, path);
        }
    }

    /// Whether a subgraph is asked for anything by these selections themselves.
    fn has_field(&self, set: &'c SelectionSet, types: &BTreeSet<String>) -> bool {
        let nothing = BTreeSet::new();
        let own = Client {
            delivered: Some(&nothing),
            ..*self.client
        };
        let mut collected = types.iter().flat_map(|ty| own.collect(ty, &[set]));
        collected.any(|(_, fields)| !fields[0].name.starts_with("__"))
    }

    fn objects(&self, ty: &str) -> BTreeSet<String> {
        let all = self.client.model.supergraph.api_schema().types.values();
        all.filter(|one| one.is_object() && self.client.is_a(one.name(), ty))
            .map(|one| one.name().to_string())
            .collect()
    }
}

fn same(one: &[(String, Vec<&Field>)], other: &[(String, Vec<&Field>)]) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|((key, fields), (other, others))| {
                key == other
                    && fields.len() == others.len()
                    && fields
                        .iter()
                        .zip(others)
                        .all(|(one, other)| std::ptr::eq(*one, *other))
            })
}
