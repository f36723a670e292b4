//! What the subgraphs say, put together.

use std::collections::{BTreeSet, HashMap, HashSet};

use apollo_compiler::{
    Name,
    ast::Type,
    schema::{ExtendedType, FieldDefinition},
};

use super::{Field, ObjectType, World};
use crate::sdl::{FieldInfo, Subgraph, is_inaccessible};

impl World {
    pub(super) fn merge(&mut self) {
        let hidden = self.hidden_types();
        self.abstracts = self.runtime_types();
        self.enums = self.common_values();
        let names: BTreeSet<Name> = self
            .subgraphs
            .iter()
            .flat_map(|one| one.schema().types.values())
            .filter_map(|ty| ty.as_object())
            .map(|object| object.name.clone())
            .filter(|name| !self.abstracts.contains_key(name) && !name.starts_with('_'))
            .collect();
        for (index, name) in names.into_iter().enumerate() {
            let object = ObjectType {
                index: index as u64 + 1,
                entity: self.subgraphs.iter().any(|one| {
                    one.type_info(&name)
                        .is_some_and(|info| !info.keys.is_empty())
                }),
                fields: self.merge_fields(&name, &hidden),
            };
            self.objects.insert(name, object);
        }
    }

    /// The types under which a subgraph knows objects of a type: its own, or an interface object's.
    pub(crate) fn local_types<'a>(&self, subgraph: &'a Subgraph, ty: &str) -> Vec<&'a Name> {
        if let Some((name, _)) = subgraph.schema().types.get_key_value(ty) {
            return vec![name];
        }
        let mut found: Vec<_> = subgraph
            .types()
            .iter()
            .filter(|(name, info)| info.interface_object && self.is_subtype(ty, name))
            .map(|(name, _)| name)
            .collect();
        found.sort();
        found
    }

    fn hidden_types(&self) -> HashSet<Name> {
        self.subgraphs
            .iter()
            .flat_map(|one| one.schema().types.values())
            .filter(|ty| is_inaccessible(ty.directives().iter().map(|one| &***one)))
            .map(|ty| ty.name().clone())
            .collect()
    }

    fn runtime_types(&self) -> HashMap<Name, HashSet<Name>> {
        let mut found: HashMap<Name, HashSet<Name>> = HashMap::new();
        for subgraph in &self.subgraphs {
            for ty in subgraph.schema().types.values() {
                if (ty.is_interface() || ty.is_union()) && !ty.name().starts_with('_') {
                    found
                        .entry(ty.name().clone())
                        .or_default()
                        .extend(subgraph.possible_types(ty.name()));
                }
            }
        }
        // An interface object may itself be found where another interface is expected.
        let known = found.clone();
        for members in found.values_mut() {
            let inner: Vec<_> = members
                .iter()
                .filter(|name| known.contains_key(*name))
                .cloned()
                .collect();
            for name in inner {
                members.remove(&name);
                members.extend(known[&name].iter().cloned());
            }
        }
        found
    }

    /// Each enum's values that all subgraphs with it know, none of them hidden.
    fn common_values(&self) -> HashMap<Name, Vec<Name>> {
        let mut found: HashMap<Name, Vec<Name>> = HashMap::new();
        let mut hidden: HashSet<(Name, Name)> = HashSet::new();
        for subgraph in &self.subgraphs {
            for ty in subgraph.schema().types.values() {
                let ExtendedType::Enum(ty) = ty else { continue };
                for (name, value) in &ty.values {
                    if is_inaccessible(value.directives.iter().map(|one| &**one)) {
                        hidden.insert((ty.name.clone(), name.clone()));
                    }
                }
                let own: Vec<_> = ty.values.keys().cloned().collect();
                found
                    .entry(ty.name.clone())
                    .and_modify(|known| known.retain(|value| own.contains(value)))
                    .or_insert(own);
            }
        }
        for (ty, values) in &mut found {
            values.retain(|value| !hidden.contains(&(ty.clone(), value.clone())));
            values.sort();
        }
        found
    }

    fn merge_fields(&self, ty: &Name, hidden: &HashSet<Name>) -> HashMap<Name, Field> {
        let mut fields = HashMap::new();
        for (index, subgraph) in self.subgraphs.iter().enumerate() {
            for local in self.local_types(subgraph, ty) {
                let Some(info) = subgraph.type_info(local) else {
                    continue;
                };
                for (name, info) in &info.fields {
                    let Some(definition) = subgraph.field_definition(local, name) else {
                        continue;
                    };
                    if name.starts_with('_') {
                        continue;
                    }
                    let known = fields.remove(name);
                    let here = Here {
                        index,
                        local,
                        info,
                        definition,
                        composite: subgraph
                            .schema()
                            .types
                            .get(definition.ty.inner_named_type())
                            .is_some_and(|ty| ty.is_object() || ty.is_interface() || ty.is_union()),
                        runtime: self.possible_here(subgraph, definition),
                    };
                    fields.insert(name.clone(), here.merge(known));
                }
            }
        }
        for field in fields.values_mut() {
            field.runtime.retain(|one| !hidden.contains(one));
        }
        fields
    }

    /// The object types that a field may lead to, as one subgraph sees it.
    fn possible_here(&self, subgraph: &Subgraph, definition: &FieldDefinition) -> Vec<Name> {
        let mut types = BTreeSet::new();
        for ty in subgraph.possible_types(definition.ty.inner_named_type()) {
            match self.abstracts.get(&ty) {
                Some(all) => types.extend(all.iter().cloned()),
                None => {
                    types.insert(ty);
                }
            }
        }
        types.into_iter().collect()
    }
}

/// A field as one subgraph has it.
struct Here<'a> {
    index: usize,
    local: &'a Name,
    info: &'a FieldInfo,
    definition: &'a FieldDefinition,
    composite: bool,
    runtime: Vec<Name>,
}

impl Here<'_> {
    fn merge(self, known: Option<Field>) -> Field {
        let place = || Some((self.index, self.local.clone()));
        let requires = self.info.requires.as_ref().and_then(|_| place());
        let contexts = if self.info.contexts.is_empty() {
            None
        } else {
            place()
        };
        let resolvers = match (self.info.external, &self.info.requires) {
            (true, _) => (0, 0),
            (false, None) => (1, 0),
            (false, Some(_)) => (0, 1),
        };
        match known {
            None => Field {
                resolvers,
                ty: self.definition.ty.clone(),
                composite: self.composite,
                runtime: self.runtime,
                in_key: self.info.in_key,
                requires,
                contexts,
            },
            Some(mut field) => {
                field.resolvers.0 += resolvers.0;
                field.resolvers.1 += resolvers.1;
                field.composite |= self.composite;
                field.ty = stricter(&field.ty, &self.definition.ty);
                field.runtime.retain(|one| self.runtime.contains(one));
                field.in_key |= self.info.in_key;
                field.requires = field.requires.or(requires);
                field.contexts = field.contexts.or(contexts);
                field
            }
        }
    }
}

/// Non-null at each level where one of the two is.
fn stricter(one: &Type, other: &Type) -> Type {
    let inner = match (one, other) {
        (Type::List(a) | Type::NonNullList(a), Type::List(b) | Type::NonNullList(b)) => {
            stricter(a, b).list()
        }
        _ => one.clone().nullable(),
    };
    if one.is_non_null() || other.is_non_null() {
        inner.non_null()
    } else {
        inner
    }
}
