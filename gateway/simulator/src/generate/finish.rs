//! What can only be said of a draft as a whole.

use super::{
    distribute::Draft,
    draft::{Kind, Sub},
};

impl Draft<'_> {
    /// What several subgraphs resolve has to say so.
    pub(super) fn mark_shareable(&mut self) {
        let mut definers: Vec<(String, String)> = Vec::new();
        for sub in &self.subs {
            for (name, ty) in &sub.types {
                let fields = ty.fields.iter().filter(|field| !field.external);
                definers.extend(fields.map(|field| (name.clone(), field.shape.name.clone())));
            }
        }
        let provided = self.provided.clone();
        for sub in &mut self.subs {
            for (name, ty) in &mut sub.types {
                if ty.directives.iter().any(|one| one == "@interfaceObject") {
                    continue;
                }
                for field in &mut ty.fields {
                    let place = (name.clone(), field.shape.name.clone());
                    let count = definers.iter().filter(|one| **one == place).count();
                    field.shareable = !field.in_key && (count > 1 || provided.contains(&place));
                }
            }
        }
        let overridden: Vec<_> = self.overridden();
        for (ty, name) in overridden {
            for sub in &mut self.subs {
                if let Some(field) = sub.types.get_mut(&ty).and_then(|ty| ty.field_mut(&name)) {
                    field.shareable = false;
                }
            }
        }
    }

    /// Federation 1 wants a definition behind each extension.
    pub(super) fn mark_origins(&mut self) {
        let names: Vec<_> = self
            .domain
            .entities
            .iter()
            .map(|one| one.name.clone())
            .collect();
        for name in names {
            let extends = |sub: &Sub| {
                let ty = sub.types.get(&name)?;
                Some(sub.fed1 && ty.fields.iter().any(|one| one.in_key && one.external))
            };
            if self.subs.iter().filter_map(extends).any(|extends| !extends) {
                continue;
            }
            if let Some(ty) = self
                .subs
                .iter_mut()
                .find_map(|sub| sub.types.get_mut(&name))
            {
                for field in ty.fields.iter_mut().filter(|one| one.in_key) {
                    field.external = false;
                }
            }
        }
    }

    fn overridden(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for sub in &self.subs {
            for (name, ty) in &sub.types {
                for field in &ty.fields {
                    if field.overrides.is_some() {
                        found.push((name.clone(), field.shape.name.clone()));
                    }
                }
            }
        }
        found
    }

    pub(super) fn vary_nullability(&mut self) {
        for sub in 0..self.subs.len() {
            let names: Vec<_> = self.subs[sub].types.keys().cloned().collect();
            for name in names {
                let count = self.subs[sub].types[&name].fields.len();
                for index in 0..count {
                    if !self.roll("nullability_differs") {
                        continue;
                    }
                    let field = self.subs[sub].types[&name].fields[index].shape.name.clone();
                    let is_fixed = name == "Media"
                        || field == "title"
                        || self.subs.iter().any(|sub| {
                            let known = sub.types.get(&name).and_then(|ty| ty.field(&field));
                            known.is_some_and(|field| field.external)
                        });
                    let Some(ty) = self.subs[sub].types.get_mut(&name) else {
                        continue;
                    };
                    if ty.kind == Kind::Object && !is_fixed {
                        let field = &mut ty.fields[index];
                        if !field.in_key && !field.external {
                            field.shape.non_null[0] = !field.shape.non_null[0];
                        }
                    }
                }
            }
        }
    }
}
