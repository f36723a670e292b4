//! Why a query cannot be answered, in words.

use std::fmt::Write as _;

use super::{
    contexts::Filled,
    offers::Wanted,
    reach::Reach,
    settings::Settings,
    sites::{DoorFrom, SiteId, is_about},
    walk::Failure,
};
use crate::model::{FieldSetId, JoinedField, Model, SubgraphId, TypeId};

/// One line for each subgraph on whose objects the path ends, and for each way on from it.
pub(super) fn reasons(reach: &mut Reach<'_>, failure: &Failure, filled: &Filled) -> String {
    let mut text = String::new();
    let mut told: Vec<SubgraphId> = Vec::new();
    for &site in &failure.position.arrived {
        let subgraph = reach.sites.get(site).subgraph;
        if told.contains(&subgraph) {
            continue;
        }
        told.push(subgraph);
        let mut reasons = Vec::new();
        match &failure.field {
            Some(field) => {
                let mut one = Explainer {
                    reach,
                    settings: failure.settings,
                    name: &field.name,
                    filled,
                };
                reasons.push(one.at(site));
                one.doors(site, &mut reasons);
            }
            None => reasons.push(hidden(reach, site)),
        }
        reasons.dedup();
        let from = reach.model.subgraph(subgraph);
        // Writing to a string does not fail.
        let _ = write!(text, "\n- from subgraph \"{from}\":");
        match reasons.as_slice() {
            [only] => text.extend([" ", only]),
            all => all.iter().for_each(|one| text.extend(["\n  - ", one])),
        }
    }
    text
}

/// The subgraphs that resolve the field, wherever they do; for the places in their texts.
pub(super) fn resolvers(model: &Model, leaf: TypeId, name: &str) -> Vec<(SubgraphId, TypeId)> {
    let owners = std::iter::once(leaf).chain(model.ty(leaf).interfaces.iter().copied());
    let mut found = Vec::new();
    for owner in owners {
        let Some(field) = model.field_named(owner, name) else {
            continue;
        };
        for join in &model.field(field).joins {
            let is_own = owner == leaf || model.ty(owner).is_interface_object(join.subgraph);
            if is_own && !join.is_external {
                found.push((join.subgraph, owner));
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// An interface object whose own type nobody tells.
fn hidden(reach: &Reach<'_>, site: SiteId) -> String {
    let site = reach.sites.get(site);
    let model = reach.model;
    let interface = &model.ty(site.owner).name;
    let leaf = &model.ty(site.leaf).name;
    format!(
        "it knows \"{interface}\" only as an @interfaceObject, and no subgraph that knows which of its objects are of type \
         \"{leaf}\" can be entered by a resolvable @key of the interface \"{interface}\" whose fields can be obtained here"
    )
}

struct Explainer<'a, 'm> {
    reach: &'a mut Reach<'m>,
    settings: Settings,
    name: &'a str,
    filled: &'a Filled,
}

impl Explainer<'_, '_> {
    fn coordinate(&self, owner: TypeId, name: &str) -> String {
        format!("\"{}.{name}\"", self.reach.model.ty(owner).name)
    }

    /// Why a subgraph that has the object does not resolve the field.
    fn at(&mut self, site: SiteId) -> String {
        let model = self.reach.model;
        let here = self.reach.sites.get(site);
        let coordinate = self.coordinate(here.owner, self.name);
        let join = model
            .field_named(here.owner, self.name)
            .and_then(|field| Some((field, model.field(field).joined(here.subgraph)?)));
        let Some((field, join)) = join else {
            return format!("it has no field {coordinate}");
        };
        if let Some(reason) = self.label(join, &coordinate) {
            return reason;
        }
        let place = self.reach.place(site);
        let wanted = Wanted::new(model, here.leaf, self.name);
        if self.reach.offer(place, wanted, self.settings).is_none() {
            return format!("it has {coordinate} only as @external");
        }
        if !join.contexts.is_empty() && !self.filled.contains(&(field, join.subgraph)) {
            let contexts: Vec<_> = join
                .contexts
                .iter()
                .map(|one| one.argument.as_str())
                .collect();
            return format!(
                "{coordinate} takes \"{}\" from a context that no object above provides",
                contexts.join("\", \"")
            );
        }
        let Some(requires) = join.requires else {
            return format!("{coordinate} cannot be resolved");
        };
        if !here.is_resumable {
            return format!(
                "{coordinate} has @requires, but \"{}\" has no @key there whose fields the subgraph resolves itself, so that it \
                 could be asked again once the required fields are known",
                model.ty(here.owner).name
            );
        }
        let reached = self.reach.reached_from(site, self.settings);
        let missing = self.missing(requires, here.leaf, &reached, self.settings);
        format!(
            "{coordinate} requires \"{}\", of which {} cannot be obtained from there",
            set_text(model, requires),
            missing.unwrap_or_else(|| "a part".to_owned())
        )
    }

    fn label(&self, join: &JoinedField, coordinate: &str) -> Option<String> {
        let label = join.label?;
        if self.reach.settings.is_on(self.settings, Some(label)) {
            return None;
        }
        let name = &self.reach.model.labels[label.id.0 as usize];
        let when = if label.when { "on" } else { "off" };
        Some(format!(
            "it resolves {coordinate} only while the label \"{name}\" of @override is {when}"
        ))
    }

    /// Why each other subgraph that resolves the field does not help.
    fn doors(&mut self, site: SiteId, reasons: &mut Vec<String>) {
        let model = self.reach.model;
        let here = self.reach.sites.get(site);
        let reached = self.reach.reached_from(site, self.settings);
        let doors = self.reach.sites.doors(here.leaf);
        for (subgraph, owner) in resolvers(model, here.leaf, self.name) {
            if subgraph == here.subgraph {
                continue;
            }
            let entered = reached.iter().copied().find(|one| {
                let one = self.reach.sites.get(*one);
                one.subgraph == subgraph && one.owner == owner
            });
            let name = model.subgraph(subgraph);
            if let Some(entered) = entered {
                let reason = self.at(entered);
                reasons.push(format!("in subgraph \"{name}\", {reason}"));
                continue;
            }
            let mut ways = doors
                .iter()
                .filter(|door| door.subgraph == subgraph && door.owner == owner)
                .peekable();
            if ways.peek().is_none() {
                reasons.push(self.no_door(subgraph, owner));
            }
            for door in ways {
                if !self.reach.leads_to(door, &reached) {
                    if door.from == DoorFrom::Known {
                        reasons.push(format!(
                            "subgraph \"{name}\" cannot be entered before it is known which type the objects have"
                        ));
                    }
                    continue;
                }
                let settings = self.reach.settings.excluding(self.settings, subgraph);
                for key in door.keys {
                    let missing = self.missing(*key, here.leaf, &reached, settings);
                    reasons.push(format!(
                        "subgraph \"{name}\" cannot be entered by @key(fields: \"{}\") of \"{}\", as {} cannot be obtained",
                        set_text(model, *key),
                        model.ty(owner).name,
                        missing.unwrap_or_else(|| "a part of it".to_owned())
                    ));
                }
            }
        }
    }

    fn no_door(&self, subgraph: SubgraphId, owner: TypeId) -> String {
        let model = self.reach.model;
        let (name, ty) = (model.subgraph(subgraph), &model.ty(owner).name);
        let coordinate = self.coordinate(owner, self.name);
        let has_key = model
            .ty(owner)
            .joined(subgraph)
            .is_some_and(|join| !join.unresolvable_keys.is_empty());
        let why = if has_key {
            format!("no @key of \"{ty}\" is resolvable there")
        } else {
            format!("\"{ty}\" has no @key there")
        };
        format!("subgraph \"{name}\" has {coordinate}, but cannot be entered: {why}")
    }

    /// The first part of a field set that cannot be obtained.
    fn missing(
        &mut self,
        set: FieldSetId,
        leaf: TypeId,
        sites: &[SiteId],
        settings: Settings,
    ) -> Option<String> {
        let model = self.reach.model;
        for item in &model.field_set(set).items {
            if !is_about(model, item.on, leaf) || item.name == "__typename" {
                continue;
            }
            let wanted = Wanted::new(model, leaf, &item.name);
            let mut values = Vec::new();
            for site in sites {
                let value = self
                    .reach
                    .value(*site, wanted, settings, &Filled::default());
                values.extend(value);
            }
            if values.is_empty() {
                return Some(self.coordinate(leaf, &item.name));
            }
            let Some(below) = item.below else {
                continue;
            };
            let leaves: std::collections::BTreeSet<TypeId> = values
                .iter()
                .flat_map(|value| self.reach.sites.possible(*value))
                .copied()
                .collect();
            for leaf in leaves {
                let arrived = self.reach.sites_of(&values, leaf);
                let reached = self.reach.reached_from_all(&arrived, settings);
                if let Some(missing) = self.missing(below, leaf, &reached, settings) {
                    return Some(missing);
                }
            }
        }
        None
    }
}

/// A field set as text.
fn set_text(model: &Model, set: FieldSetId) -> String {
    let mut parts = Vec::new();
    for item in &model.field_set(set).items {
        let arguments: Vec<_> = item
            .arguments
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        let mut part = item.name.to_string();
        if !arguments.is_empty() {
            let _ = write!(part, "({})", arguments.join(", "));
        }
        if let Some(below) = item.below {
            let _ = write!(part, " {{ {} }}", set_text(model, below));
        }
        parts.push(part);
    }
    parts.join(" ")
}
