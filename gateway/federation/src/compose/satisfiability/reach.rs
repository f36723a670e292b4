//! Which fields can be obtained of an object that is at hand, and which subgraphs can be entered for it.
//!
//! Keys are followed as Apollo's composition follows them, so that both accept the same: from each subgraph by itself (what
//! two subgraphs know of one value is not put together to one key), a key's own fields never by way of the subgraph that the
//! key is for, and what a field requires from where the field is. An answer that would need itself is no answer.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    offers::{Place, Wanted},
    settings::{Settings, SettingsTable},
    sites::{Door, DoorFrom, Grant, Site, SiteId, Sites, View, is_about},
};
use crate::model::{FieldId, FieldSetId, Model, SubgraphId, TypeId};

/// Requirements within keys within requirements nested deeper than this are given up: the call stack ends too.
const MAX_NESTING: u32 = 64;

/// Answers, remembered.
#[derive(Debug)]
pub(super) struct Reach<'m> {
    pub(super) model: &'m Model,
    pub(super) sites: Sites<'m>,
    pub(super) settings: SettingsTable,
    /// The sites of values, by what is to be known of them.
    pub(super) arrivals: FxHashMap<Place, SiteId>,
    reached: FxHashMap<(SiteId, Settings), Rc<[SiteId]>>,
    required: FxHashMap<(SiteId, FieldId, Settings), bool>,
    /// The requirements that are being looked into, outermost first.
    pending: Vec<(SiteId, FieldId)>,
    /// The outermost of them that an answer in the making took for unobtainable.
    assumed: usize,
    nesting: u32,
    /// Whether something was given up for its depth.
    pub(super) is_too_deep: bool,
    /// Steps of work that are left.
    steps_left: u64,
}

const NOTHING_ASSUMED: usize = usize::MAX;

impl<'m> Reach<'m> {
    pub(super) fn new(model: &'m Model, steps: u64) -> Self {
        Self {
            model,
            sites: Sites::new(model),
            settings: SettingsTable::new(model),
            arrivals: FxHashMap::default(),
            reached: FxHashMap::default(),
            required: FxHashMap::default(),
            pending: Vec::new(),
            assumed: NOTHING_ASSUMED,
            nesting: 0,
            is_too_deep: false,
            steps_left: steps,
        }
    }

    /// Counts work. When none is left, everything counts as unobtainable, and the caller has to say so.
    pub(super) fn step(&mut self) -> bool {
        self.steps_left = self.steps_left.saturating_sub(1);
        self.steps_left > 0
    }

    pub(super) fn is_exhausted(&self) -> bool {
        self.steps_left == 0
    }

    pub(super) fn place(&self, id: SiteId) -> Place {
        let site = self.sites.get(id);
        Place {
            leaf: site.leaf,
            owner: site.owner,
            subgraph: site.subgraph,
            grant: site.grant,
        }
    }

    /// The value of a field at a site, if it can be obtained there, fields that it requires being fetched from elsewhere.
    pub(super) fn value(
        &mut self,
        site: SiteId,
        wanted: Wanted<'_>,
        settings: Settings,
        contexts: &FxHashSet<(FieldId, SubgraphId)>,
    ) -> Option<View> {
        if !self.step() {
            return None;
        }
        let offer = self.offer(self.place(site), wanted, settings)?;
        if !offer.join.contexts.is_empty()
            && !contexts.contains(&(offer.field, offer.join.subgraph))
        {
            return None;
        }
        if let Some(requires) = offer.join.requires
            && !self.is_required_obtainable(site, offer.field, requires, settings)
        {
            return None;
        }
        Some(offer.value)
    }

    fn is_required_obtainable(
        &mut self,
        site: SiteId,
        field: FieldId,
        requires: FieldSetId,
        settings: Settings,
    ) -> bool {
        if !self.sites.get(site).is_resumable {
            return false;
        }
        let key = (site, field, self.settings.in_conditions(settings));
        if let Some(known) = self.required.get(&key) {
            return *known;
        }
        let goal = (site, field);
        if let Some(place) = self.pending.iter().position(|one| *one == goal) {
            self.assumed = self.assumed.min(place);
            return false;
        }
        if self.nesting >= MAX_NESTING {
            self.is_too_deep = true;
            self.assumed = 0;
            return false;
        }
        let outer = std::mem::replace(&mut self.assumed, NOTHING_ASSUMED);
        let place = self.pending.len();
        self.pending.push(goal);
        self.nesting += 1;
        let is_obtainable = self.requirement_holds(site, requires, key.2);
        self.nesting -= 1;
        self.pending.pop();
        // What only assumed itself to be unobtainable is so.
        let is_certain = is_obtainable || self.assumed >= place;
        if is_certain && !self.is_exhausted() {
            self.required.insert(key, is_obtainable);
            self.assumed = NOTHING_ASSUMED;
        }
        self.assumed = self.assumed.min(outer);
        is_obtainable
    }

    fn requirement_holds(&mut self, site: SiteId, set: FieldSetId, settings: Settings) -> bool {
        let leaf = self.sites.get(site).leaf;
        let from = self.reached_from(site, settings);
        self.obtains(set, leaf, &from, settings)
    }

    /// Whether a field set can be obtained of an object at these sites, each field from any of them.
    pub(super) fn obtains(
        &mut self,
        set: FieldSetId,
        leaf: TypeId,
        sites: &[SiteId],
        settings: Settings,
    ) -> bool {
        let model = self.model;
        let no_contexts = FxHashSet::default();
        model.field_set(set).items.iter().all(|item| {
            if !is_about(model, item.on, leaf) {
                return true;
            }
            if item.name == "__typename" {
                return sites.iter().any(|site| !self.sites.get(*site).is_hidden());
            }
            let wanted = Wanted::new(model, leaf, &item.name);
            let mut values = Vec::new();
            for site in sites {
                let value = self.value(*site, wanted, settings, &no_contexts);
                values.extend(value);
                if item.below.is_none() && !values.is_empty() {
                    return true;
                }
            }
            if values.is_empty() && item.on != leaf && !model.labels.is_empty() {
                values = self.values_of_interface(item.on, &item.name, sites);
                if item.below.is_none() {
                    return !values.is_empty();
                }
            }
            item.below.is_some_and(|below| {
                !values.is_empty() && self.obtains_of(below, &values, settings)
            })
        })
    }

    /// The values of an interface's field where all types that implement it resolve it. Only the types' own fields know of
    /// labels; so Apollo's composition has it.
    fn values_of_interface(&mut self, on: TypeId, name: &str, sites: &[SiteId]) -> Vec<View> {
        let model = self.model;
        let Some(field) = model.field_named(on, name) else {
            return Vec::new();
        };
        let resolves = |leaf: &TypeId, subgraph: SubgraphId| {
            let field = model.field_named(*leaf, name);
            let join = field.and_then(|field| model.field(field).joined(subgraph));
            join.is_some_and(|join| !join.is_external && join.requires.is_none())
        };
        let mut values = Vec::new();
        for site in sites {
            let site = self.sites.get(*site);
            let interface = model.ty(on).joined(site.subgraph);
            let join = model.field(field).joined(site.subgraph);
            let (Some(interface), Some(join)) = (interface, join) else {
                continue;
            };
            let mut possible = interface.possible.iter();
            if !interface.is_interface_object && possible.all(|leaf| resolves(leaf, site.subgraph))
            {
                values.push(View {
                    subgraph: site.subgraph,
                    ty: model.field(field).output_in(join).named,
                    grant: Grant::NONE,
                });
            }
        }
        values
    }

    /// Whether a field set can be obtained of a value that several subgraphs may give.
    fn obtains_of(&mut self, set: FieldSetId, values: &[View], settings: Settings) -> bool {
        let mut leaves: Vec<TypeId> = values
            .iter()
            .flat_map(|value| self.sites.possible(*value))
            .copied()
            .collect();
        leaves.sort_unstable();
        leaves.dedup();
        self.is_about_some(set, &leaves)
            && leaves.into_iter().all(|leaf| {
                let sites = self.sites_of(values, leaf);
                let is_whole = sites
                    .iter()
                    .any(|site| self.holds(set, self.place(*site), settings));
                is_whole || {
                    let reached = self.reached_from_all(&sites, settings);
                    self.obtains(set, leaf, &reached, settings)
                }
            })
    }

    /// All sites that objects at any of these can be got to, themselves included; sorted.
    pub(super) fn reached_from_all(&mut self, sites: &[SiteId], settings: Settings) -> Vec<SiteId> {
        let mut all = Vec::new();
        for site in sites {
            all.extend_from_slice(&self.reached_from(*site, settings));
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    /// All sites that an object at one can be got to, itself included.
    pub(super) fn reached_from(&mut self, site: SiteId, settings: Settings) -> Rc<[SiteId]> {
        let settings = self.settings.in_conditions(settings);
        if let Some(known) = self.reached.get(&(site, settings)) {
            return Rc::clone(known);
        }
        if self.nesting >= MAX_NESTING {
            self.is_too_deep = true;
            self.assumed = 0;
            return Rc::from([site]);
        }
        let outer = std::mem::replace(&mut self.assumed, NOTHING_ASSUMED);
        self.nesting += 1;
        let reached: Rc<[SiteId]> = self.explore(site, settings).into();
        self.nesting -= 1;
        if self.assumed == NOTHING_ASSUMED && !self.is_exhausted() {
            self.reached.insert((site, settings), Rc::clone(&reached));
        }
        self.assumed = self.assumed.min(outer);
        reached
    }

    fn explore(&mut self, start: SiteId, settings: Settings) -> Vec<SiteId> {
        let Site { leaf, subgraph, .. } = self.sites.get(start);
        let doors = self.sites.doors(leaf);
        let mut is_open = vec![false; doors.len()];
        let mut reached = vec![start];
        loop {
            let before = reached.len();
            for (place, door) in doors.iter().enumerate() {
                let is_useless = is_open[place]
                    || door.subgraph == subgraph
                    || self.settings.excludes(settings, door.subgraph);
                if is_useless || !self.opens(door, leaf, &reached, settings) {
                    continue;
                }
                is_open[place] = true;
                let site = self.behind(door, leaf);
                if !reached.contains(&site) {
                    reached.push(site);
                }
            }
            if reached.len() == before {
                return reached;
            }
        }
    }

    /// Where a door leads.
    pub(super) fn behind(&mut self, door: &Door<'_>, leaf: TypeId) -> SiteId {
        self.sites.intern(Site {
            leaf,
            owner: door.owner,
            subgraph: door.subgraph,
            grant: Grant::NONE,
            is_resumable: door.from != DoorFrom::Root,
        })
    }

    fn opens(
        &mut self,
        door: &Door<'_>,
        leaf: TypeId,
        reached: &[SiteId],
        settings: Settings,
    ) -> bool {
        if !self.step() {
            return false;
        }
        if !self.leads_to(door, reached) {
            return false;
        }
        if door.from == DoorFrom::Root {
            return true;
        }
        let settings = self.settings.excluding(settings, door.subgraph);
        door.keys
            .iter()
            .any(|key| self.obtains(*key, leaf, reached, settings))
    }

    /// Whether a door can be stood before: whether as much is known of the object's type as is needed.
    pub(super) fn leads_to(&self, door: &Door<'_>, reached: &[SiteId]) -> bool {
        reached.iter().any(|site| {
            let site = self.sites.get(*site);
            match door.from {
                DoorFrom::Root => true,
                DoorFrom::Known => !site.is_hidden(),
                DoorFrom::KnownOr(interface) => !site.is_hidden() || site.owner == interface,
                DoorFrom::Hidden(interface) => site.is_hidden() && site.owner == interface,
            }
        })
    }
}
