//! The cheapest plan there is, found without a planner: by trying everything.
//!
//! What a fetch selects costs nothing that comes first (depth, then fetches), so each fetch is taken to select all that can
//! be of use ([`super::wanted`]) and that its subgraph resolves. Then a plan is no more than which subgraph is asked about
//! the objects at which path in which round, and small operations have few of those. Mutations and contexts are left
//! out.

use std::collections::BTreeSet;

use apollo_compiler::{
    ast::OperationType,
    executable::{ExecutableDocument, Operation},
};
use federation::{
    PlanOptions,
    plan::{Node, Plan},
};

use super::{
    Checker, Cost, assignment,
    cover::Client,
    fault::Faults,
    fields::Item,
    knowledge::{Entry, Known, Object, Told},
    model::{Model, Service},
    select::list_levels,
    wanted::{Wanted, WantedField, Wants, conflicts},
};

/// Sets of fetches that are tried for one operation, at most.
const MAX_TRIED: usize = 20_000;

/// What trying everything has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cheapest {
    /// Nothing better.
    Same,
    /// Another plan needs fewer rounds, or as many, fewer fetches and no more requests: its fetches, round by round.
    Cheaper(Vec<Vec<String>>),
    /// Nothing is found that answers the operation at all: something is wrong with this search.
    Unanswerable,
    /// The operation is not of the kind that this can look at, or too large.
    OutOfBounds,
}

impl Checker<'_> {
    /// Looks for a plan that is cheaper than this one, when everything is selected that a condition may leave out.
    pub fn cheapest(
        &self,
        document: &ExecutableDocument,
        operation: &Operation,
        options: &PlanOptions,
        plan: &Plan,
    ) -> Cheapest {
        let is_mutation = operation.operation_type == OperationType::Mutation;
        let everything = assignment::everything(document, operation);
        let Some(values) = everything.filter(|_| !is_mutation) else {
            return Cheapest::OutOfBounds;
        };
        let node = plan.node.as_ref();
        let plan = Plan {
            kind: plan.kind,
            node: node.and_then(|node| assignment::node(node, &values)),
        };
        if matches!(plan.node, Some(Node::Defer { .. })) {
            return Cheapest::OutOfBounds;
        }
        let client = Client {
            model: &self.model,
            document,
            values: &values,
            delivered: None,
        };
        let wants = Wants {
            model: &self.model,
            client: &client,
            options,
        };
        let root = self.model.root_type(operation.operation_type);
        let wanted = wants.operation(&root, &operation.selection_set);
        if self.model.uses_contexts(&wanted) || conflicts(&self.model, &wanted) {
            return Cheapest::OutOfBounds;
        }
        let mut search = Search {
            model: &self.model,
            client: &client,
            operation,
            options,
            wanted: &wanted,
            tried: 0,
        };
        search.run(&Known::of([root]), Cost::of(&plan))
    }
}

/// What a cheaper plan may still spend.
#[derive(Clone, Copy)]
struct Budget {
    fetches: usize,
    requests: usize,
}

struct Search<'s, 'c> {
    model: &'s Model<'c>,
    client: &'s Client<'s>,
    operation: &'s Operation,
    options: &'s PlanOptions,
    wanted: &'s Wanted,
    tried: usize,
}

impl<'s> Search<'s, '_> {
    fn run(&mut self, start: &Known, cost: Cost) -> Cheapest {
        let Some(depth) = self.rounds(start, cost.depth) else {
            return Cheapest::Unanswerable;
        };
        if cost.fetches == 0 {
            return Cheapest::Same;
        }
        // Fewer rounds are better whatever the number of fetches; otherwise fewer fetches in as many rounds.
        let budget = if depth < cost.depth {
            Budget {
                fetches: usize::MAX,
                requests: usize::MAX,
            }
        } else {
            Budget {
                fetches: cost.fetches.saturating_sub(1),
                requests: cost.requests,
            }
        };
        let mut rounds = Vec::new();
        if self.tried_all(start, depth, budget, &mut rounds) {
            Cheapest::Cheaper(rounds)
        } else if self.tried > MAX_TRIED {
            Cheapest::OutOfBounds
        } else {
            Cheapest::Same
        }
    }

    /// The rounds that it takes when everything that can be asked is asked; nothing, when that are more than so many.
    fn rounds(&self, start: &Known, most: usize) -> Option<usize> {
        let mut known = start.clone();
        for round in 0..=most {
            if self.is_answered(&known) {
                return Some(round);
            }
            let before = known.clone();
            for (_, _, after) in self.steps(&before) {
                // Both have all of what was before, and add to it the same entries with the same fields.
                let _ = known.merge(&after);
            }
        }
        None
    }

    fn is_answered(&self, known: &Known) -> bool {
        let mut faults = Faults::default();
        self.client.covered(self.operation, known, &mut faults);
        faults.into_result(()).is_ok()
    }

    /// Tries every set of fetches for this round, and goes on with the next; the rounds found are added.
    fn tried_all(
        &mut self,
        known: &Known,
        rounds: usize,
        budget: Budget,
        found: &mut Vec<Vec<String>>,
    ) -> bool {
        if self.is_answered(known) {
            return true;
        }
        if rounds == 0 || budget.fetches == 0 || self.rounds(known, rounds).is_none() {
            return false;
        }
        let steps = self.steps(known);
        if steps.len() > 16 {
            self.tried = usize::MAX;
            return false;
        }
        // In order of size, so that what is found is the least.
        let mut sets: Vec<u32> = (1..1_u32 << steps.len()).collect();
        sets.sort_by_key(|set| set.count_ones());
        for set in sets {
            let count = set.count_ones() as usize;
            if count > budget.fetches || self.tried > MAX_TRIED {
                break;
            }
            let chosen = || {
                let all = steps.iter().enumerate();
                all.filter(|(at, _)| set >> at & 1 == 1)
                    .map(|(_, step)| step)
            };
            let requests: BTreeSet<_> = chosen()
                .map(|(service, path, _)| (service, path.is_empty()))
                .collect();
            if requests.len() > budget.requests {
                continue;
            }
            self.tried += 1;
            let mut after = known.clone();
            let mut names = Vec::new();
            for (service, path, one) in chosen() {
                let _ = after.merge(one);
                names.push(format!("{service} at {}", path.join(".")));
            }
            found.push(names);
            let left = Budget {
                fetches: budget.fetches - count,
                requests: budget.requests - requests.len(),
            };
            if self.tried_all(&after, rounds - 1, left, found) {
                return true;
            }
            found.pop();
        }
        false
    }

    /// All fetches that find out something, and what is known after each.
    fn steps(&self, known: &Known) -> Vec<(&'s str, Vec<String>, Known)> {
        let mut paths = BTreeSet::new();
        paths_of(known, &mut Vec::new(), &mut paths);
        let mut steps = Vec::new();
        for (name, service) in self.model.services() {
            for path in &paths {
                let mut after = known.clone();
                self.ask(service, path, self.wanted, &mut after);
                if after != *known {
                    steps.push((name, path.clone(), after));
                }
            }
        }
        steps
    }

    /// Asks a subgraph about all objects at a path.
    fn ask(&self, service: &Service<'_>, path: &[String], wanted: &Wanted, known: &mut Known) {
        let before = known.clone();
        for (ty, object) in &mut known.types {
            let Some(fields) = wanted.get(ty) else {
                continue;
            };
            if let Some((key, rest)) = path.split_first() {
                let entry = object
                    .entries
                    .get_mut(key)
                    .and_then(|one| one.child.as_mut());
                let wanted = fields.get(key).and_then(|one| one.child.as_ref());
                if let (Some(child), Some(wanted)) = (entry, wanted) {
                    self.ask(service, rest, wanted, child);
                }
                continue;
            }
            let Some((name, subgraph_type)) = self.entered_as(service, &before, ty) else {
                continue;
            };
            let place = Place {
                ty,
                subgraph_type: &subgraph_type,
                provided: &[],
                // What is sent under an interface's name need not reach the object's own resolvers.
                sent: (subgraph_type == name).then_some(&before),
            };
            self.give(service, &place, wanted, object);
        }
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

    /// Adds all that a subgraph gives of what is wanted of an object.
    fn give(&self, service: &Service<'_>, place: &Place<'_>, wanted: &Wanted, into: &mut Object) {
        into.tell(Some(if service.is_interface_object(place.subgraph_type) {
            Told::Interface(place.subgraph_type.to_owned())
        } else {
            Told::Own
        }));
        let fields = wanted.get(place.ty).into_iter().flatten();
        for (key, field) in fields {
            if let Some(entry) = self.entry(service, place, field) {
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
        service: &Service<'_>,
        place: &Place<'_>,
        field: &WantedField,
    ) -> Option<Entry> {
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
        if !is_sent || !may && (rules.external || rules.is_overridden(self.options)) {
            return None;
        }
        provided.extend(rules.provides);
        let child = field.child.as_ref().map(|wanted| {
            let types = self.model.expand(service, definition.ty.inner_named_type());
            let mut child = Known::of(types.iter().map(|(ty, _)| ty.clone()));
            if !is_provided {
                child.narrow(&self.model.shared_types(place.ty, name, self.options));
            }
            for (ty, subgraph_type) in &types {
                if let Some(object) = child.types.get_mut(ty) {
                    let place = Place {
                        ty,
                        subgraph_type,
                        provided: &provided,
                        sent: None,
                    };
                    self.give(service, &place, wanted, object);
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
                    })
            })
        }
    })
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
