//! Divides a domain among subgraphs.

use fastrand::Rng;

use super::{
    Features,
    domain::{Domain, Shape, shape},
    draft::{Fd, Kind, Sub, Ty},
};

/// A set of subgraphs while it is being made.
pub(super) struct Draft<'f> {
    pub(super) rng: Rng,
    pub(super) features: &'f Features,
    pub(super) domain: Domain,
    pub(super) subs: Vec<Sub>,
    /// Fields that some `@provides` names: type and field.
    pub(super) provided: Vec<(String, String)>,
    /// Whether field sets are made for `@provides`: without arguments, and of what depends on nothing else.
    pub(super) no_arguments: bool,
}

impl<'f> Draft<'f> {
    pub(super) fn random(mut rng: Rng, features: &'f Features) -> Self {
        let domain = Domain::random(&mut rng, features);
        let count = [2, 2, 3, 3, 3, 4, 5][rng.usize(..7)];
        let subs = (0..count)
            .map(|index| Sub {
                name: ["a", "b", "c", "d", "e"][index].to_owned(),
                fed1: features.roll(&mut rng, "fed1"),
                ..Sub::default()
            })
            .collect();
        let mut draft = Self {
            rng,
            features,
            domain,
            subs,
            provided: Vec::new(),
            no_arguments: false,
        };
        draft.place_media();
        draft.place_entities();
        draft.place_fields();
        draft.place_roots();
        draft.add_directives();
        draft.mark_shareable();
        draft.mark_origins();
        draft.vary_nullability();
        draft.subs.retain(|sub| !sub.types.is_empty());
        draft
    }

    pub(super) fn roll(&mut self, name: &str) -> bool {
        self.features.roll(&mut self.rng, name)
    }

    /// One of these, if there is any.
    pub(super) fn choose<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        (!from.is_empty()).then(|| from[self.rng.usize(..from.len())].clone())
    }

    /// Subgraph 0 has the interface, 1 (and perhaps 2) an object in its place.
    fn place_media(&mut self) {
        let Some(media) = self.domain.media.clone() else {
            return;
        };
        let objects = if self.subs.len() > 3 && self.rng.bool() {
            2
        } else {
            1
        };
        for (index, sub) in self.subs.iter_mut().enumerate() {
            if index <= objects {
                sub.fed1 = false;
            }
            if index > objects {
                sub.forbidden.insert(media.name.clone());
            } else if index > 0 {
                sub.forbidden.extend(media.implementers.iter().cloned());
            }
        }
        let id = Shape::plain("id", "ID", true);
        let mut interface = Ty {
            kind: Kind::Interface,
            keys: vec![("id".to_owned(), true)],
            fields: vec![Fd::new(id.clone())],
            ..Ty::default()
        };
        interface
            .fields
            .extend(media.fields.iter().cloned().map(Fd::new));
        self.subs[0].types.insert(media.name.clone(), interface);
        for name in &media.implementers {
            self.add_key(0, name, 0, true);
            for field in &media.fields {
                self.put_field(0, name, field.clone());
            }
            if let Some(ty) = self.subs[0].types.get_mut(name) {
                ty.implements.push(media.name.clone());
            }
        }
        for index in 1..=objects.min(self.subs.len() - 1) {
            let mut key = Fd::new(id.clone());
            key.in_key = true;
            let object = Ty {
                keys: vec![("id".to_owned(), true)],
                directives: vec!["@interfaceObject".to_owned()],
                fields: vec![key],
                ..Ty::default()
            };
            self.subs[index].types.insert(media.name.clone(), object);
            for number in 0..self.rng.usize(1..=2) {
                let name = format!("extra{index}{number}");
                let targets = self.domain.targets();
                let named = match self.rng.usize(..4) {
                    0 => self.choose(&targets).unwrap_or_else(|| "String".to_owned()),
                    1 => "Int".to_owned(),
                    _ => "String".to_owned(),
                };
                let shape = shape(&mut self.rng, self.features, &name, &named);
                self.put_field(index, &media.name, shape);
            }
        }
    }

    fn place_entities(&mut self) {
        for entity in self.domain.entities.clone() {
            let mut places: Vec<_> = (0..self.subs.len())
                .filter(|&sub| !self.subs[sub].forbidden.contains(&entity.name))
                .collect();
            self.rng.shuffle(&mut places);
            let count = self.rng.usize(1..=places.len().clamp(1, 3));
            places.truncate(count);
            for (nth, sub) in places.into_iter().enumerate() {
                // The first place has all keys, so that the others can be reached.
                for key in 0..entity.keys.len() {
                    let wanted = nth == 0
                        || (key == 0 && !self.roll("no_main_key"))
                        || (key > 0 && self.rng.bool());
                    if wanted {
                        self.add_key(sub, &entity.name, key, true);
                    }
                }
            }
        }
    }

    fn place_fields(&mut self) {
        for entity in self.domain.entities.clone() {
            let mut homes = self.homes(&entity.name);
            for field in entity.fields {
                self.rng.shuffle(&mut homes);
                let count = if self.roll("shared") { 2 } else { 1 };
                let mut left = count;
                for &sub in &homes {
                    if left > 0 && self.put_field(sub, &entity.name, field.clone()) {
                        left -= 1;
                    }
                }
            }
        }
    }

    /// The subgraphs in which a type can be entered by key.
    pub(super) fn homes(&self, ty: &str) -> Vec<usize> {
        (0..self.subs.len())
            .filter(|&sub| {
                self.subs[sub]
                    .types
                    .get(ty)
                    .is_some_and(|ty| ty.is_resolvable() && ty.kind == Kind::Object)
            })
            .collect()
    }

    /// Adds a field, with whatever type it leads to; whether that could be.
    pub(super) fn put_field(&mut self, sub: usize, ty: &str, field: Shape) -> bool {
        let known = self.subs[sub].types.get(ty);
        if known.is_some_and(|ty| ty.field(&field.name).is_some()) {
            return true;
        }
        if !self.ensure(sub, &field.named) {
            return false;
        }
        let ty = self.subs[sub].types.entry(ty.to_owned()).or_default();
        ty.fields.push(Fd::new(field));
        true
    }

    pub(super) fn add_key(&mut self, sub: usize, entity: &str, key: usize, resolvable: bool) {
        let Some(shape) = self
            .domain
            .entity(entity)
            .and_then(|one| one.keys.get(key))
            .cloned()
        else {
            return;
        };
        let ty = self.subs[sub].types.entry(entity.to_owned()).or_default();
        if ty.keys.iter().any(|(text, _)| *text == shape.text) {
            return;
        }
        ty.keys.push((shape.text, resolvable));
        let external = self.subs[sub].fed1 && self.rng.bool();
        for field in shape.fields {
            let name = field.name.clone();
            self.put_field(sub, entity, field);
            let ty = self.subs[sub].types.get_mut(entity);
            if let Some(field) = ty.and_then(|ty| ty.field_mut(&name)) {
                field.in_key = true;
                field.external = external;
            }
        }
    }

    /// Makes a type known to a subgraph; whether that could be.
    pub(super) fn ensure(&mut self, sub: usize, name: &str) -> bool {
        if self.subs[sub].forbidden.contains(name) {
            return false;
        }
        if self.subs[sub].types.contains_key(name) {
            return true;
        }
        let domain = self.domain.clone();
        if domain.entity(name).is_some() {
            let resolvable = self.subs[sub].fed1 || !self.roll("stub");
            self.add_key(sub, name, 0, resolvable);
        } else if let Some(value) = domain.value(name) {
            self.subs[sub].types.insert(name.to_owned(), Ty::default());
            for field in &value.fields {
                self.put_field(sub, name, field.clone());
            }
        } else if let Some(values) = domain.enums.iter().find(|one| one.name == name) {
            let mut members = values.members.clone();
            if self.roll("enum_differs") {
                members.remove(self.rng.usize(..members.len()));
            }
            self.put_type(sub, name, Kind::Enum, members);
        } else if let Some(union) = domain.unions.iter().find(|one| one.name == name) {
            let mut members = union.members.clone();
            self.rng.shuffle(&mut members);
            members.truncate(self.rng.usize(1..=members.len()));
            members.retain(|member| self.ensure(sub, member));
            if members.is_empty() {
                return false;
            }
            self.put_type(sub, name, Kind::Union, members);
        } else if domain.interfaces.iter().any(|one| one.name == name) {
            return self.ensure_interface(sub, name);
        } else if name == "Json" {
            self.put_type(sub, name, Kind::Scalar, Vec::new());
        }
        true
    }

    fn put_type(&mut self, sub: usize, name: &str, kind: Kind, members: Vec<String>) {
        let ty = Ty {
            kind,
            members,
            ..Ty::default()
        };
        self.subs[sub].types.insert(name.to_owned(), ty);
    }

    fn ensure_interface(&mut self, sub: usize, name: &str) -> bool {
        let Some(interface) = self
            .domain
            .interfaces
            .iter()
            .find(|one| one.name == name)
            .cloned()
        else {
            return false;
        };
        let mut here: Vec<_> = interface
            .implementers
            .iter()
            .filter(|one| self.subs[sub].types.contains_key(*one))
            .cloned()
            .collect();
        if here.is_empty() || self.rng.u8(..4) == 0 {
            let all = interface.implementers.clone();
            if let Some(one) = self.choose(&all)
                && self.ensure(sub, &one)
                && !here.contains(&one)
            {
                here.push(one);
            }
        }
        if here.is_empty() {
            return false;
        }
        let mut fields = interface.fields.clone();
        if fields.len() > 1 && self.rng.bool() {
            fields.remove(self.rng.usize(..fields.len()));
        }
        for ty in &here {
            for field in &fields {
                if field.name == "id" {
                    self.add_key(sub, ty, 0, true);
                }
                self.put_field(sub, ty, field.clone());
            }
            if let Some(ty) = self.subs[sub].types.get_mut(ty) {
                ty.implements.push(name.to_owned());
            }
        }
        let ty = Ty {
            kind: Kind::Interface,
            fields: fields.into_iter().map(Fd::new).collect(),
            ..Ty::default()
        };
        self.subs[sub].types.insert(name.to_owned(), ty);
        true
    }
}
