//! What of a subgraph's upgrade depends on the other subgraphs, decided before any of them is rewritten.

use std::collections::{HashMap, HashSet};

use apollo_compiler::{Name, Node, ast, schema::ObjectType};

use super::is_old;
use crate::compose::subgraph::{Facts, Subgraph, TypeFacts};

/// What to do with one subgraph; types and fields by their names.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Fields that are resolved although they are said to be `@external`.
    pub(super) resolved: HashMap<Name, HashSet<Name>>,
    /// `@tag`s of external fields that another subgraph has, too.
    pub(super) tags: HashMap<Name, Vec<(Name, Node<ast::Directive>)>>,
    /// Types of which each field is shareable.
    shared_types: Vec<Name>,
    /// Shareable fields of other types.
    shared_fields: HashMap<Name, Vec<Name>>,
}

/// A plan for each subgraph of Federation 1, in their order.
pub(super) fn plan(subgraphs: &[Subgraph]) -> Vec<Option<Plan>> {
    let mut owners: HashMap<&Name, Vec<usize>> = HashMap::new();
    for (index, subgraph) in subgraphs.iter().enumerate() {
        for name in subgraph.facts.types.keys() {
            owners.entry(name).or_default().push(index);
        }
    }
    subgraphs
        .iter()
        .enumerate()
        .map(|(index, subgraph)| {
            is_old(subgraph).then(|| {
                let mut plan = Plan::default();
                for (name, facts) in &subgraph.facts.types {
                    let others = owners.get(name).into_iter().flatten();
                    let others: Vec<_> = others
                        .filter(|other| **other != index)
                        .filter_map(|other| subgraphs.get(*other))
                        .collect();
                    let ty = Type {
                        name,
                        facts,
                        subgraph,
                        others,
                    };
                    ty.plan(&mut plan);
                }
                plan
            })
        })
        .collect()
}

/// One object or interface of the subgraph, and who else has it.
struct Type<'a> {
    name: &'a Name,
    facts: &'a TypeFacts,
    subgraph: &'a Subgraph,
    others: Vec<&'a Subgraph>,
}

impl Type<'_> {
    fn plan(&self, plan: &mut Plan) {
        if self.facts.is_extension {
            let resolved = self.resolved();
            if !resolved.is_empty() {
                plan.resolved.insert(self.name.clone(), resolved);
            }
        }
        let Some(object) = self.subgraph.schema.get_object(self.name) else {
            return;
        };
        self.share(plan);
        self.tags(object, plan);
    }

    /// Fields of keys: an extension marked those of its own as `@external`, or, having none, those of the first key where
    /// the type is defined, and had them all the same.
    fn resolved(&self) -> HashSet<Name> {
        if !self.facts.keys.is_empty() {
            return self.facts.key_fields.clone();
        }
        let mut resolved = HashSet::new();
        for other in &self.others {
            let defined = facts(other, self.name).filter(|facts| !facts.is_extension);
            let Some(key) = defined.and_then(|facts| facts.keys.first()) else {
                continue;
            };
            let fields = key
                .fields
                .selections
                .iter()
                .filter_map(|one| one.as_field());
            resolved.extend(fields.map(|field| field.name.clone()));
        }
        resolved
    }

    /// Value types were shared as a whole; of entities and roots, whatever another subgraph resolves, too. (Nobody shares
    /// a subscription.)
    fn share(&self, plan: &mut Plan) {
        if self.others.is_empty() || self.name == "Subscription" {
            return;
        }
        if self.facts.keys.is_empty() && self.name != "Query" && self.name != "Mutation" {
            plan.shared_types.push(self.name.clone());
            return;
        }
        let shared: Vec<_> = self
            .facts
            .fields
            .iter()
            .filter(|(field, facts)| !facts.is_key_field && self.is_resolved_elsewhere(field))
            .map(|(field, _)| field.clone())
            .collect();
        if !shared.is_empty() {
            plan.shared_fields.insert(self.name.clone(), shared);
        }
    }

    fn is_resolved_elsewhere(&self, field: &Name) -> bool {
        self.others.iter().any(|other| {
            other
                .facts
                .field(self.name, field)
                .is_some_and(|facts| !facts.is_external || facts.is_provided)
        })
    }

    /// Tools copied fields with their tags. A tag that is where the field is resolved, too, is dropped; any other is an
    /// error, as it is in Federation 2.
    fn tags(&self, object: &ObjectType, plan: &mut Plan) {
        for (name, field) in &object.fields {
            if !field.directives.has("federation__external") {
                continue;
            }
            for tag in field.directives.get_all("federation__tag") {
                if self
                    .others
                    .iter()
                    .any(|other| has_tag(other, self.name, name, tag))
                {
                    let tags = plan.tags.entry(self.name.clone()).or_default();
                    tags.push((name.clone(), tag.clone()));
                }
            }
        }
    }
}

fn facts<'a>(subgraph: &'a Subgraph, ty: &str) -> Option<&'a TypeFacts> {
    subgraph.facts.ty(ty)
}

fn has_tag(subgraph: &Subgraph, ty: &str, field: &str, tag: &Node<ast::Directive>) -> bool {
    let is_external = |facts: &Facts| facts.field(ty, field).is_some_and(|one| one.is_external);
    subgraph.schema.type_field(ty, field).is_ok_and(|field| {
        field
            .directives
            .get_all("federation__tag")
            .any(|one| one == tag)
    }) && !is_external(&subgraph.facts)
}

/// Takes planned tags away.
pub(super) fn remove_tags(
    object: &mut ObjectType,
    tags: Option<&Vec<(Name, Node<ast::Directive>)>>,
) {
    for (field, tag) in tags.into_iter().flatten() {
        if let Some(field) = object.fields.get_mut(field) {
            field.make_mut().directives.0.retain(|one| one != tag);
        }
    }
}

impl Plan {
    /// Says in the facts what is shareable.
    pub(super) fn share(&self, facts: &mut Facts) {
        for name in &self.shared_types {
            if let Some(ty) = facts.types.get_mut(name) {
                for field in ty.fields.values_mut() {
                    field.is_shareable = true;
                }
            }
        }
        for (name, fields) in &self.shared_fields {
            let Some(ty) = facts.types.get_mut(name) else {
                continue;
            };
            for field in fields {
                if let Some(field) = ty.fields.get_mut(field) {
                    field.is_shareable = true;
                }
            }
        }
    }
}
