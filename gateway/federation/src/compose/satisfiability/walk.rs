//! Walks all paths of queries, each kind of place once.
//!
//! A place is an object's type and the sites that it can be got to; a place is not walked again when one with fewer sites
//! was: whatever could be obtained there can be obtained here. Values of interfaces and unions fan out to a place for each
//! type that they may have.

use std::{collections::VecDeque, rc::Rc};

use apollo_compiler::Name;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    api::{Api, ApiField},
    contexts::{Contexts, ContextsId, Filled},
    offers::Wanted,
    reach::Reach,
    settings::Settings,
    sites::{Grant, SiteId, View},
};
use crate::{
    Supergraph,
    model::{Kind, SubgraphId, TypeId},
};

/// A step of a query's path, by its place in [`Walk::trail`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StepId(usize);

/// A field of an object of a known type.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) before: Option<StepId>,
    pub(super) leaf: TypeId,
    pub(super) field: Name,
    pub(super) output: TypeId,
}

/// Objects of one type at the end of a path.
#[derive(Debug, Clone)]
pub(super) struct Position {
    pub(super) leaf: TypeId,
    /// Where the path itself leads.
    pub(super) arrived: Vec<SiteId>,
    /// Where one can go from there, too.
    pub(super) sites: Rc<[SiteId]>,
    pub(super) settings: Settings,
    pub(super) contexts: ContextsId,
    pub(super) path: Option<StepId>,
}

/// What no subgraph can be asked for.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) position: Position,
    /// With the labels of `@override` that decide about the field.
    pub(super) settings: Settings,
    /// `None`: it cannot be found out which type the objects have.
    pub(super) field: Option<ApiField>,
}

/// A shared field whose objects may have other types in one subgraph than in another.
#[derive(Debug)]
pub(super) struct Mismatch {
    pub(super) position: Position,
    pub(super) field: ApiField,
    /// The subgraphs that can be asked here, with the types that each may answer with.
    pub(super) types: Vec<(SubgraphId, Vec<TypeId>)>,
    /// Whether there is no type that all have.
    pub(super) is_disjoint: bool,
}

/// Where objects of a type were met.
#[derive(Debug)]
struct Visited {
    positions: Vec<(Rc<[SiteId]>, Settings, ContextsId)>,
    /// Whether the type has a shared field that subgraphs differ in: that comes to light only with more sites.
    is_exact: bool,
}

/// The walk.
pub(super) struct Walk<'m> {
    pub(super) reach: Reach<'m>,
    api: Api<'m>,
    pub(super) contexts: Contexts,
    pub(super) trail: Vec<Step>,
    waiting: VecDeque<Position>,
    /// Values that were met before.
    values: FxHashSet<(TypeId, Vec<View>, Settings, ContextsId)>,
    /// Positions that were, by type.
    visited: FxHashMap<TypeId, Visited>,
    pub(super) failures: Vec<Failure>,
    /// What failed where: each is told once.
    failed: FxHashSet<(TypeId, Option<Name>, Vec<SiteId>)>,
    pub(super) mismatches: Vec<Mismatch>,
    mismatched: FxHashSet<(TypeId, Name, bool)>,
}

impl<'m> Walk<'m> {
    pub(super) fn new(supergraph: &'m Supergraph, steps: u64) -> Self {
        let model = supergraph.model();
        Self {
            reach: Reach::new(model, steps),
            api: Api::new(supergraph),
            contexts: Contexts::of(model),
            trail: Vec::new(),
            waiting: VecDeque::new(),
            values: FxHashSet::default(),
            visited: FxHashMap::default(),
            failures: Vec::new(),
            failed: FxHashSet::default(),
            mismatches: Vec::new(),
            mismatched: FxHashSet::default(),
        }
    }

    /// Walks until all is seen or no steps are left.
    pub(super) fn run(&mut self) {
        for root in self.api.roots() {
            let joins = &self.reach.model.ty(root).joins;
            let views = joins.iter().map(|join| View {
                subgraph: join.subgraph,
                ty: root,
                grant: Grant::NONE,
            });
            let views = views.collect();
            self.arrive(root, views, Settings::NONE, ContextsId::NONE, None);
        }
        while let Some(position) = self.waiting.pop_front() {
            let filled = self.contexts.filled(position.contexts);
            for field in self.api.fields(position.leaf).iter() {
                if self.reach.is_exhausted() {
                    return;
                }
                self.step(&position, field, position.settings, &filled);
            }
        }
    }

    /// Takes a field, with each value of the labels that decide about it.
    fn step(&mut self, position: &Position, field: &ApiField, settings: Settings, filled: &Filled) {
        let labels = &mut field.labels.iter();
        let undecided =
            labels.find(|label| self.reach.settings.decided(settings, **label).is_none());
        let Some(&label) = undecided else {
            let values = self.values(position, field, settings, filled);
            self.follow(position, field, settings, values);
            return;
        };
        let on = self.reach.settings.deciding(settings, label, true);
        let off = self.reach.settings.deciding(settings, label, false);
        if field.labels.len() > 1 || self.reach.settings.is_conditional(label) {
            self.step(position, field, on, filled);
            self.step(position, field, off, filled);
            return;
        }
        let if_on = self.values(position, field, on, filled);
        let if_off = self.values(position, field, off, filled);
        // Where the label makes no difference, it stays open.
        if if_on == if_off {
            let settings = if if_on.is_empty() { on } else { settings };
            self.follow(position, field, settings, if_on);
            return;
        }
        self.follow(position, field, on, if_on);
        self.follow(position, field, off, if_off);
    }

    /// Where a field's value can be had.
    fn values(
        &mut self,
        position: &Position,
        field: &ApiField,
        settings: Settings,
        filled: &Filled,
    ) -> Vec<View> {
        let sites = if settings == position.settings {
            Rc::clone(&position.sites)
        } else {
            self.reach
                .reached_from_all(&position.arrived, settings)
                .into()
        };
        let wanted = Wanted {
            leaf: position.leaf,
            name: &field.name,
            field: Some(field.id),
        };
        let mut values = Vec::new();
        for site in sites.iter() {
            values.extend(self.reach.value(*site, wanted, settings, filled));
            if !field.is_composite && !values.is_empty() {
                break;
            }
        }
        values.sort_unstable();
        values.dedup();
        values
    }

    fn follow(
        &mut self,
        position: &Position,
        field: &ApiField,
        settings: Settings,
        values: Vec<View>,
    ) {
        if self.reach.is_exhausted() {
            return;
        }
        if values.is_empty() {
            self.fail(position.clone(), settings, Some(field.clone()));
            return;
        }
        if !field.is_composite {
            return;
        }
        if field.has_different_types && !self.compare_types(position, field, &values) {
            return;
        }
        let step = Step {
            before: position.path,
            leaf: position.leaf,
            field: field.name.clone(),
            output: field.output,
        };
        self.arrive(
            field.output,
            values,
            settings,
            position.contexts,
            Some(step),
        );
    }

    /// Goes on at a value: to each type that it may have.
    fn arrive(
        &mut self,
        output: TypeId,
        values: Vec<View>,
        settings: Settings,
        contexts: ContextsId,
        step: Option<Step>,
    ) {
        let key = (output, values, settings, contexts);
        if self.values.contains(&key) {
            return;
        }
        let mut path = None;
        for &leaf in self.api.possible(output).iter() {
            let arrived = self.reach.sites_of(&key.1, leaf);
            if arrived.is_empty() {
                // The subgraphs on this path never answer with such an object.
                continue;
            }
            let sites: Rc<[SiteId]> = self.reach.reached_from_all(&arrived, settings).into();
            let is_known = sites
                .iter()
                .any(|site| !self.reach.sites.get(*site).is_hidden());
            let contexts = self
                .contexts
                .below(contexts, leaf, &sites, settings, &mut self.reach);
            if is_known && self.is_visited(leaf, &sites, settings, contexts) {
                continue;
            }
            if path.is_none()
                && let Some(step) = &step
            {
                self.trail.push(step.clone());
                path = Some(StepId(self.trail.len() - 1));
            }
            let position = Position {
                leaf,
                arrived,
                sites: Rc::clone(&sites),
                settings,
                contexts,
                path,
            };
            if is_known {
                self.visit(leaf, (sites, settings, contexts));
                self.waiting.push_back(position);
            } else if !self.reach.is_exhausted() {
                self.fail(position, settings, None);
            }
        }
        self.values.insert(key);
    }

    fn visit(&mut self, leaf: TypeId, position: (Rc<[SiteId]>, Settings, ContextsId)) {
        let visited = self.visited.entry(leaf).or_insert_with(|| {
            let fields = self.api.fields(leaf);
            Visited {
                positions: Vec::new(),
                is_exact: fields.iter().any(|field| field.has_different_types),
            }
        });
        visited.positions.push(position);
    }

    fn is_visited(
        &mut self,
        leaf: TypeId,
        sites: &[SiteId],
        settings: Settings,
        contexts: ContextsId,
    ) -> bool {
        let Some(visited) = self.visited.get(&leaf) else {
            return false;
        };
        visited.positions.iter().any(|(fewer, less, above)| {
            self.reach.step()
                && (fewer.len() == sites.len() || fewer.len() < sites.len() && !visited.is_exact)
                && self.reach.settings.extends(settings, *less)
                && self.contexts.extends(contexts, *above)
                && fewer.iter().all(|site| sites.binary_search(site).is_ok())
        })
    }

    /// Whichever subgraph is asked for a shared field, its objects should be of the same types. Whether any are.
    fn compare_types(&mut self, position: &Position, field: &ApiField, values: &[View]) -> bool {
        let model = self.reach.model;
        let kinds = values.iter().map(|value| model.ty(value.ty).kind);
        let abstract_kinds = kinds.filter(|kind| matches!(kind, Kind::Interface | Kind::Union));
        if abstract_kinds.count() < 2 {
            // Apollo's composition leaves it to the merged type then.
            return true;
        }
        let mut types: Vec<(SubgraphId, Vec<TypeId>)> = values
            .iter()
            .map(|value| (value.subgraph, self.reach.sites.possible(*value).to_vec()))
            .collect();
        types.dedup();
        let Some((_, first)) = types.first() else {
            return true;
        };
        if types.iter().all(|(_, other)| other == first) {
            return true;
        }
        let is_disjoint = !first
            .iter()
            .any(|ty| types.iter().all(|(_, other)| other.contains(ty)));
        let key = (position.leaf, field.name.clone(), is_disjoint);
        if self.mismatched.insert(key) {
            self.mismatches.push(Mismatch {
                position: position.clone(),
                field: field.clone(),
                types,
                is_disjoint,
            });
        }
        !is_disjoint
    }

    fn fail(&mut self, position: Position, settings: Settings, field: Option<ApiField>) {
        let name = field.as_ref().map(|field| field.name.clone());
        let key = (position.leaf, name, position.arrived.clone());
        if self.failed.insert(key) {
            self.failures.push(Failure {
                position,
                settings,
                field,
            });
        }
    }

    /// The steps of a path, from the root.
    pub(super) fn steps(&self, path: Option<StepId>) -> Vec<&Step> {
        let mut steps = Vec::new();
        let mut next = path;
        while let Some(StepId(place)) = next {
            let step = &self.trail[place];
            steps.push(step);
            next = step.before;
        }
        steps.reverse();
        steps
    }
}
