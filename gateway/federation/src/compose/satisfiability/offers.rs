//! What one subgraph offers by itself of an object that it has.

use super::{
    reach::Reach,
    settings::Settings,
    sites::{Grant, Site, SiteId, View, is_about},
};
use crate::model::{FieldId, FieldSetId, JoinedField, Model, SubgraphId, TypeId};

/// Whose fields are asked for where: a site without its place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) leaf: TypeId,
    pub(super) owner: TypeId,
    pub(super) subgraph: SubgraphId,
    pub(super) grant: Grant,
}

/// A field of objects of a type, looked up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) leaf: TypeId,
    pub(super) name: &'a str,
    /// The type's own field of this name.
    pub(super) field: Option<FieldId>,
}

impl<'a> Wanted<'a> {
    pub(super) fn new(model: &Model, leaf: TypeId, name: &'a str) -> Self {
        let field = model.field_named(leaf, name);
        Self { leaf, name, field }
    }
}

/// A field as a subgraph would resolve it, were it not for what it requires.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offer<'m> {
    pub(super) field: FieldId,
    pub(super) join: &'m JoinedField,
    pub(super) value: View,
}

impl<'m> Reach<'m> {
    /// The site of a value's objects of one type; `None`: it has none.
    pub(super) fn site(&mut self, view: View, leaf: TypeId) -> Option<SiteId> {
        let place = Place {
            leaf,
            owner: self.sites.owner(view, leaf)?,
            subgraph: view.subgraph,
            grant: view.grant,
        };
        if let Some(known) = self.arrivals.get(&place) {
            return Some(*known);
        }
        let is_resumable = self.has_own_key(place);
        let site = self.sites.intern(Site {
            leaf,
            owner: place.owner,
            subgraph: place.subgraph,
            grant: place.grant,
            is_resumable,
        });
        // Without steps everything seems to be missing.
        if !self.is_exhausted() {
            self.arrivals.insert(place, site);
        }
        Some(site)
    }

    /// The sites of objects of one type, each once.
    pub(super) fn sites_of(&mut self, views: &[View], leaf: TypeId) -> Vec<SiteId> {
        let mut sites: Vec<_> = views
            .iter()
            .filter_map(|view| self.site(*view, leaf))
            .collect();
        sites.sort_unstable();
        sites.dedup();
        sites
    }

    /// Whether a subgraph tells a key of its own by which it could be asked again. As Apollo sees it, that it has one is
    /// enough: it need not be resolvable.
    fn has_own_key(&mut self, place: Place) -> bool {
        let Some(join) = self.model.ty(place.owner).joined(place.subgraph) else {
            return false;
        };
        let mut keys = join.keys.iter().chain(&join.unresolvable_keys);
        keys.any(|key| self.holds(*key, place, Settings::NONE))
    }

    /// What a subgraph offers of a field.
    pub(super) fn offer(
        &mut self,
        place: Place,
        wanted: Wanted<'_>,
        settings: Settings,
    ) -> Option<Offer<'m>> {
        let model = self.model;
        let field = if place.owner == wanted.leaf {
            wanted.field?
        } else {
            model.field_named(place.owner, wanted.name)?
        };
        let join = model.field(field).joined(place.subgraph)?;
        if !self.settings.is_on(settings, join.label) {
            return None;
        }
        let granted = self.sites.granted(place.grant, place.leaf, wanted.name);
        if join.is_external && granted.is_none() {
            return None;
        }
        let mut grant = granted.unwrap_or_default();
        grant.extend(join.provides);
        let value = View {
            subgraph: place.subgraph,
            ty: model.field(field).output_in(join).named,
            grant: self.sites.grant(grant),
        };
        Some(Offer { field, join, value })
    }

    /// Whether a subgraph resolves a field set all by itself.
    pub(super) fn holds(&mut self, set: FieldSetId, place: Place, settings: Settings) -> bool {
        let model = self.model;
        model.field_set(set).items.iter().all(|item| {
            if !self.step() {
                return false;
            }
            if !is_about(model, item.on, place.leaf) {
                return true;
            }
            if item.name == "__typename" {
                return place.owner == place.leaf;
            }
            let wanted = Wanted::new(model, place.leaf, &item.name);
            let Some(offer) = self.offer(place, wanted, settings) else {
                return false;
            };
            if offer.join.requires.is_some() || !offer.join.contexts.is_empty() {
                return false;
            }
            let Some(below) = item.below else {
                return true;
            };
            let value = offer.value;
            let leaves = self.sites.possible(value);
            self.is_about_some(below, leaves)
                && leaves.iter().all(|leaf| {
                    let below_place = self.sites.owner(value, *leaf).map(|owner| Place {
                        leaf: *leaf,
                        owner,
                        subgraph: value.subgraph,
                        grant: value.grant,
                    });
                    below_place.is_none_or(|place| self.holds(below, place, settings))
                })
        })
    }

    /// Whether each part of a field set is about a type that may be there. One that never can be is nothing to send.
    pub(super) fn is_about_some(&self, set: FieldSetId, leaves: &[TypeId]) -> bool {
        let mut items = self.model.field_set(set).items.iter();
        items.all(|item| {
            let mut leaves = leaves.iter();
            leaves.any(|leaf| is_about(self.model, item.on, *leaf))
        })
    }
}
