//! What there is to ask: every fetch that finds out something, taken to select all that can be of use.

use std::{collections::BTreeSet, fmt};

use apollo_compiler::ast::OperationType;
use federation::PlanOptions;

use super::{
    fields::Item,
    holds::{Above, has},
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
    /// Whether nothing may be asked that is not wanted of all objects of unknown type, be it with what is.
    pub(super) waits: bool,
    pub(super) reads: Reads,
}

/// A fetch: which subgraph is asked, and about the objects at which path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Asked<'s> {
    pub(super) service: &'s str,
    pub(super) path: Vec<String>,
}

impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.service, self.path.join("."))
    }
}

/// Which of what is wanted is read, where a part of it is deferred ([`WantedField::part`]).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    All,
    /// What is in so many parts at most.
    UpTo(usize),
    /// What is in just so many, of objects that are there by then.
    Only(usize),
}

impl Reads {
    fn allow(self, field: &WantedField) -> bool {
        match self {
            Self::All => true,
            Self::UpTo(part) => field.part <= part,
            Self::Only(part) => field.part == part || field.is_extra || field.child.is_none(),
        }
    }
}

impl<'s> Asking<'s, '_> {
    /// All fetches, or those of a set, that find out something, and what is known after each.
    pub(super) fn steps(
        &self,
        known: &Known,
        set: Option<&BTreeSet<Asked<'s>>>,
    ) -> Vec<(Asked<'s>, Known)> {
        let mut paths = BTreeSet::new();
        paths_of(known, &mut Vec::new(), &mut paths);
        let mut steps = Vec::new();
        for (name, service) in self.model.services() {
            let all = paths.iter().map(|path| Asked {
                service: name,
                path: path.clone(),
            });
            for asked in all.filter(|asked| set.is_none_or(|set| set.contains(asked))) {
                for group in 0.. {
                    let mut after = known.clone();
                    let (path, wanted) = (&asked.path, self.wanted);
                    if !self.ask((name, service), path, group, wanted, &mut after, None) {
                        break;
                    }
                    if after != *known {
                        steps.push((asked.clone(), after));
                    }
                }
            }
        }
        steps
    }

    /// What is known once a subgraph has been asked about all objects at a path.
    pub(super) fn after(&self, service: &str, path: &[String], known: &Known) -> Known {
        let mut after = known.clone();
        if let Some(service) = self.model.service(service).map(|one| (service, one)) {
            let mut group = 0;
            while self.ask(service, path, group, self.wanted, &mut after, None) {
                group += 1;
            }
        }
        after
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
        above: Option<&Above<'_>>,
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
                    let known = &before;
                    let outer = above;
                    let above = Above { known, ty, outer };
                    is_there |= self.ask((name, service), rest, group, wanted, child, Some(&above));
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
                above,
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
        let kinds = [
            OperationType::Query,
            OperationType::Subscription,
            OperationType::Mutation,
        ];
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
            let Some((_, entered)) = self.entered_as(service, before, ty) else {
                continue;
            };
            if is_told == Some(&Told::Own) || !service.is_interface_object(&entered) {
                continue;
            }
            let is_asked_anyway = fields.iter().any(|(key, field)| {
                let definition = service.subgraph.field_definition(&entered, &field.field);
                definition.is_some() && is_wanted_of_all(before, wanted, key)
            });
            if self.waits || !is_asked_anyway {
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
        if chosen.is_some_and(|chosen| *chosen != service_name) || !self.reads.allow(field) {
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
        let has_contexts = rules.contexts.iter().all(|rule| {
            let mut above = place.above.filter(|_| place.sent.is_some()).into_iter();
            above.any(|above| above.gives(self.model, rule))
        });
        let is_refused = place.sent.is_some()
            && rules.requires.is_empty()
            && service.only_returns(place.subgraph_type);
        let is_elsewhere = !may && (rules.external || rules.is_overridden(self.options));
        if !is_sent || !has_contexts || is_refused || is_elsewhere {
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
                        above: None,
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
    /// What is around it.
    above: Option<&'p Above<'p>>,
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

/// Whether a field is wanted of all objects here whose type is not known.
fn is_wanted_of_all(known: &Known, wanted: &Wanted, key: &str) -> bool {
    let hidden = known
        .types
        .iter()
        .filter(|(_, object)| !matches!(object.told, Some(Told::Own)));
    let mut fields = hidden.map(|(ty, _)| wanted.get(ty));
    fields.all(|fields| fields.is_some_and(|fields| fields.contains_key(key)))
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
