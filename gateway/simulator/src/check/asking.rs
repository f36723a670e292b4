//! What there is to ask: every fetch that finds out something, taken to select all that can be of use.

use std::collections::BTreeSet;

use apollo_compiler::ast::OperationType;
use federation::PlanOptions;

use super::{
    fields::Item,
    knowledge::{Entry, Known, Object, Told},
    model::{Model, Service},
    select::list_levels,
    wanted::{Wanted, WantedField, WantedFields},
};

/// What subgraphs can be asked.
pub(super) struct Asking<'s, 'c> {
    pub(super) model: &'s Model<'c>,
    pub(super) options: &'s PlanOptions,
    pub(super) wanted: &'s Wanted,
    /// Where fields are read that have to be read from one subgraph alone: see [`WantedField::choice`].
    pub(super) chosen: Vec<&'s str>,
    /// Whether nothing may be asked about that is below objects of unknown type and not wanted of all of them.
    pub(super) waits: bool,
}

impl<'s> Asking<'s, '_> {
    /// All fetches that find out something, and what is known after each.
    pub(super) fn steps(&self, known: &Known) -> Vec<(&'s str, Vec<String>, Known)> {
        let mut paths = BTreeSet::new();
        paths_of(known, &mut Vec::new(), &mut paths);
        let mut steps = Vec::new();
        for (name, service) in self.model.services() {
            for path in &paths {
                for group in 0.. {
                    let mut after = known.clone();
                    if !self.ask((name, service), path, group, self.wanted, &mut after) {
                        break;
                    }
                    if after != *known {
                        steps.push((name, path.clone(), after));
                    }
                }
            }
        }
        steps
    }

    /// Asks a subgraph about the objects at a path; of an interface object, about one group of them ([`Self::groups`]).
    /// Whether there is such a group.
    fn ask(
        &self,
        (name, service): (&str, &Service<'_>),
        path: &[String],
        group: usize,
        wanted: &Wanted,
        known: &mut Known,
    ) -> bool {
        let before = known.clone();
        let mut is_there = false;
        let mut asked = Wanted::new();
        if path.is_empty() {
            asked = self.asked(service, &before, wanted);
        }
        let groups = self.groups(service, &before, &asked);
        for (ty, object) in &mut known.types {
            let Some(fields) = wanted.get(ty) else {
                continue;
            };
            if let Some((key, rest)) = path.split_first() {
                // Nor is anything below them asked about that is not wanted of all of them.
                let is_told = object.told == Some(Told::Own);
                if self.waits && !is_told && !is_wanted_of_all(&before, wanted, key) {
                    continue;
                }
                let entry = object
                    .entries
                    .get_mut(key)
                    .and_then(|one| one.child.as_mut());
                let wanted = fields.get(key).and_then(|one| one.child.as_ref());
                if let (Some(child), Some(wanted)) = (entry, wanted) {
                    is_there |= self.ask((name, service), rest, group, wanted, child);
                }
                continue;
            }
            let Some((sent_as, subgraph_type)) = self.entered_as(service, &before, ty) else {
                continue;
            };
            let place = Place {
                ty,
                subgraph_type: &subgraph_type,
                provided: &[],
                // What is sent under an interface's name need not reach the object's own resolvers.
                sent: (subgraph_type == sent_as).then_some(&before),
            };
            let requiring = requiring(service, &subgraph_type, asked.get(ty));
            is_there |= group < groups.len();
            if groups.iter().nth(group) == Some(&requiring) {
                self.give((name, service), &place, &asked, object);
            }
        }
        is_there
    }

    /// What is asked of an interface object is asked of all objects that are sent, and not each of them brings what another's
    /// fields require: objects that are asked about other such fields are sent apart.
    fn groups<'w>(
        &self,
        service: &Service<'_>,
        before: &Known,
        asked: &'w Wanted,
    ) -> BTreeSet<BTreeSet<&'w str>> {
        let entered = asked.iter().filter_map(|(ty, fields)| {
            let (_, subgraph_type) = self.entered_as(service, before, ty)?;
            Some(requiring(service, &subgraph_type, Some(fields)))
        });
        entered.collect()
    }

    /// By which name a subgraph is asked about an object, and what it takes it for; nothing, when it cannot be asked.
    fn entered_as(
        &self,
        service: &Service<'_>,
        before: &Known,
        ty: &str,
    ) -> Option<(String, String)> {
        let kinds = [OperationType::Query, OperationType::Subscription];
        for kind in kinds {
            if self.model.root_type(kind) == ty {
                let root = service.root_type(kind)?;
                return Some((root.clone(), root));
            }
        }
        let known_as = match before.types.get(ty)?.told.as_ref()? {
            Told::Own => ty,
            Told::Interface(interface) => interface.as_str(),
        };
        let names = service.entity_names(self.model, known_as);
        names.into_iter().find_map(|name| {
            let is_sent = |key: &Vec<Item>| has(self.model, before, ty, key);
            let types = self.model.expand(service, &name);
            let mut types = types
                .into_iter()
                .filter(|_| service.keys(&name).iter().any(is_sent));
            let found = types.find(|(one, _)| one == ty);
            found.map(|(_, as_type)| (name.clone(), as_type))
        })
    }

    /// What is asked of the objects at a position. Where neither side can tell their types, it is only what is wanted of all of
    /// them: the rest would cost a fetch that may be of no use, and its errors are none of the client's.
    fn asked(&self, service: &Service<'_>, before: &Known, wanted: &Wanted) -> Wanted {
        let mut asked = wanted.clone();
        for (ty, fields) in &mut asked {
            let is_told = before.types.get(ty).and_then(|object| object.told.as_ref());
            let entered = self.entered_as(service, before, ty);
            let is_blind = entered.is_some_and(|(_, ty)| service.is_interface_object(&ty));
            if is_told != Some(&Told::Own) && is_blind {
                fields.retain(|key, _| is_wanted_of_all(before, wanted, key));
            }
        }
        asked
    }

    /// Adds all that a subgraph gives of what is wanted of an object.
    fn give(
        &self,
        (name, service): (&str, &Service<'_>),
        place: &Place<'_>,
        wanted: &Wanted,
        into: &mut Object,
    ) {
        into.tell(Some(if service.is_interface_object(place.subgraph_type) {
            Told::Interface(place.subgraph_type.to_owned())
        } else {
            Told::Own
        }));
        let fields = wanted.get(place.ty).into_iter().flatten();
        for (key, field) in fields {
            if let Some(entry) = self.entry((name, service), place, field) {
                match into.entries.get_mut(key) {
                    None => {
                        into.entries.insert(key.clone(), entry);
                    }
                    Some(known) => {
                        let _ = known.merge(key, &entry);
                    }
                }
            }
        }
    }

    fn entry(
        &self,
        (service_name, service): (&str, &Service<'_>),
        place: &Place<'_>,
        field: &WantedField,
    ) -> Option<Entry> {
        let chosen = field.choice.and_then(|choice| self.chosen.get(choice));
        if chosen.is_some_and(|chosen| *chosen != service_name) {
            return None;
        }
        let name = field.field.as_str();
        let definition = service
            .subgraph
            .field_definition(place.subgraph_type, name)?;
        let ty = if service.is_interface_object(place.subgraph_type) {
            place.subgraph_type
        } else {
            place.ty
        };
        let rules = service.rules(ty, name);
        let mut provided = Vec::new();
        let is_provided = super::select::provided_below(
            self.model,
            place.provided,
            place.ty,
            name,
            &mut provided,
        );
        let may = is_provided || service.is_in_key(place.subgraph_type, name);
        let is_sent = match place.sent {
            Some(known) => has(self.model, known, place.ty, &rules.requires),
            None => rules.requires.is_empty(),
        };
        let is_refused = place.sent.is_some()
            && rules.requires.is_empty()
            && service.only_returns(place.subgraph_type);
        if !is_sent || is_refused || !may && (rules.external || rules.is_overridden(self.options)) {
            return None;
        }
        provided.extend(rules.provides);
        let child = field.child.as_ref().map(|wanted| {
            let types = self.model.expand(service, definition.ty.inner_named_type());
            let mut child = Known::of(types.iter().map(|(ty, _)| ty.clone()));
            for (ty, subgraph_type) in &types {
                if let Some(object) = child.types.get_mut(ty) {
                    let place = Place {
                        ty,
                        subgraph_type,
                        provided: &provided,
                        sent: None,
                    };
                    self.give((service_name, service), &place, wanted, object);
                }
            }
            child
        });
        Some(Entry {
            field: field.field.clone(),
            arguments: field.arguments.clone(),
            lists: list_levels(&definition.ty),
            child,
        })
    }
}

/// An object that a subgraph is about to be asked about.
struct Place<'p> {
    ty: &'p str,
    subgraph_type: &'p str,
    provided: &'p [Item],
    /// What was known of its position, when it is an entity that is asked for.
    sent: Option<&'p Known>,
}

/// The fields of an interface object that require something, of those that are wanted.
fn requiring<'w>(
    service: &Service<'_>,
    subgraph_type: &str,
    wanted: Option<&'w WantedFields>,
) -> BTreeSet<&'w str> {
    if !service.is_interface_object(subgraph_type) {
        return BTreeSet::new();
    }
    let fields = wanted.into_iter().flatten();
    fields
        .filter(|(_, field)| {
            let rules = service.rules(subgraph_type, &field.field);
            !rules.requires.is_empty()
        })
        .map(|(key, _)| key.as_str())
        .collect()
}

/// Whether a field set is known of an object.
fn has(model: &Model<'_>, known: &Known, ty: &str, items: &[Item]) -> bool {
    items.iter().all(|item| match item {
        Item::On {
            type_condition,
            below,
        } => {
            let applies = type_condition
                .as_ref()
                .is_none_or(|condition| model.is_a(ty, condition));
            !applies || has(model, known, ty, below)
        }
        Item::Field { name, .. } if name == "__typename" => true,
        Item::Field {
            name,
            arguments,
            below,
        } => {
            let object = known.types.get(ty);
            let mut entries = object.into_iter().flat_map(|one| one.entries.values());
            entries.any(|entry| {
                entry.field == *name
                    && entry.arguments == *arguments
                    && entry.child.as_ref().is_none_or(|child| {
                        let mut types = child.types.keys();
                        types.all(|ty| has(model, child, ty, below))
                            && (!tells_apart(model, child, below) || is_told(child))
                    })
            })
        }
    })
}

/// Whether a field is wanted of all objects here whose type is not known.
fn is_wanted_of_all(known: &Known, wanted: &Wanted, key: &str) -> bool {
    let hidden = known
        .types
        .iter()
        .filter(|(_, object)| !matches!(object.told, Some(Told::Own)));
    let mut fields = hidden.map(|(ty, _)| wanted.get(ty));
    fields.all(|fields| fields.is_some_and(|fields| fields.contains_key(key)))
}

/// Whether objects of different types, as far as is known, are to be sent with different fields.
fn tells_apart(model: &Model<'_>, known: &Known, items: &[Item]) -> bool {
    items.iter().any(|item| match item {
        Item::On {
            type_condition: Some(condition),
            ..
        } => !known.types.keys().all(|ty| model.is_a(ty, condition)),
        Item::On { below, .. } => tells_apart(model, known, below),
        Item::Field { .. } => false,
    })
}

fn is_told(known: &Known) -> bool {
    let mut objects = known.types.values();
    objects.all(|object| object.told == Some(Told::Own))
}

fn paths_of(known: &Known, path: &mut Vec<String>, found: &mut BTreeSet<Vec<String>>) {
    found.insert(path.clone());
    for object in known.types.values() {
        for (key, entry) in &object.entries {
            if let Some(child) = &entry.child {
                path.push(key.clone());
                paths_of(child, path, found);
                path.pop();
            }
        }
    }
}
