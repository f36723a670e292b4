//! A fetch's selections: what its subgraph may be asked, and what the response holds then.

use std::collections::BTreeMap;

use apollo_compiler::schema::ExtendedType;
use federation::{
    PlanOptions,
    plan::{Fetch, Field, Selection},
};

use super::{
    fault::{Faults, Rule},
    fields::{Arguments, Item, of_text},
    knowledge::{Clash, Entry, Known, Object, Told},
    model::{Model, Service},
    represent::Representation,
};

/// A fetch at work.
pub(super) struct Selecting<'c> {
    pub(super) model: &'c Model<'c>,
    pub(super) options: &'c PlanOptions,
    pub(super) faults: &'c mut Faults,
    pub(super) service: &'c Service<'c>,
    pub(super) fetch: &'c Fetch,
    pub(super) name: &'c str,
    pub(super) renamed: &'c BTreeMap<String, String>,
}

/// An object whose fields are selected.
pub(super) struct Place {
    /// The supergraph's type.
    pub(super) ty: String,
    /// What the subgraph takes it for.
    pub(super) subgraph_type: String,
    /// External fields that the subgraph resolves here nevertheless.
    pub(super) provided: Vec<Item>,
    /// What was sent of it, when it is an entity that was asked for.
    pub(super) representation: Option<Representation>,
}

impl Selecting<'_> {
    pub(super) fn fault(&mut self, rule: Rule, message: &str) {
        self.faults.add(rule, format!("{}: {message}", self.name));
    }

    /// Adds what an object gets by these selections.
    pub(super) fn select(&mut self, place: &Place, selections: &[Selection], into: &mut Object) {
        for selection in selections {
            match selection {
                Selection::Inline(inline) => {
                    let condition = inline.type_condition.as_str();
                    let schema = self.service.subgraph.schema();
                    if place.subgraph_type == condition
                        || schema.is_subtype(condition, &place.subgraph_type)
                    {
                        self.select(place, &inline.selections, into);
                    }
                }
                Selection::Field(field) if field.name == "__typename" => {
                    self.typename(place, field, into);
                }
                Selection::Field(field) if field.name.starts_with("__") => {
                    let message = format!("{} is asked of a subgraph", field.name);
                    self.fault(Rule::NoIntrospection, &message);
                }
                Selection::Field(field) => self.field(place, field, into),
            }
        }
    }

    fn key(&self, field: &Field) -> String {
        let key = field.response_key();
        self.renamed.get(key).map_or(key, String::as_str).to_owned()
    }

    fn typename(&mut self, place: &Place, field: &Field, into: &mut Object) {
        let key = self.key(field);
        if key == "__typename" {
            into.tell(Some(
                if self.service.is_interface_object(&place.subgraph_type) {
                    Told::Interface(place.subgraph_type.clone())
                } else {
                    Told::Own
                },
            ));
        } else {
            let entry = Entry {
                field: "__typename".to_owned(),
                arguments: Arguments::new(),
                lists: 0,
                child: None,
            };
            self.put(into, key, entry);
        }
    }

    fn field(&mut self, place: &Place, field: &Field, into: &mut Object) {
        let definition = self
            .service
            .subgraph
            .field_definition(&place.subgraph_type, &field.name);
        let Some(definition) = definition else {
            // A union's or interface's object of a type that lacks it: validation says so.
            return;
        };
        let inner = definition.ty.inner_named_type().to_string();
        let lists = list_levels(&definition.ty);
        let mut provided = Vec::new();
        let is_provided = provided_below(
            self.model,
            &place.provided,
            &place.ty,
            &field.name,
            &mut provided,
        );
        let mut arguments = of_text(&field.arguments);
        self.check_rules(place, field, is_provided, &mut arguments);
        let rules = self.rules(place, &field.name);
        provided.extend(rules.provides);
        // Conditions may have left nothing below an object; it is there all the same.
        let schema = self.service.subgraph.schema();
        let is_leaf = schema
            .types
            .get(inner.as_str())
            .is_none_or(ExtendedType::is_leaf);
        let child = (!is_leaf).then(|| {
            let types = self.model.expand(self.service, &inner);
            let mut child = Known::of(types.iter().map(|(ty, _)| ty.clone()));
            for (ty, subgraph_type) in types {
                let place = Place {
                    ty: ty.clone(),
                    subgraph_type,
                    provided: provided.clone(),
                    representation: None,
                };
                if let Some(object) = child.types.get_mut(&ty) {
                    self.select(&place, &field.selections, object);
                }
            }
            child
        });
        let entry = Entry {
            field: field.name.clone(),
            arguments,
            lists,
            child,
        };
        self.put(into, self.key(field), entry);
    }

    fn put(&mut self, into: &mut Object, key: String, entry: Entry) {
        match into.entries.get_mut(&key) {
            None => {
                into.entries.insert(key, entry);
            }
            Some(known) => {
                if let Err(Clash(clash)) = known.merge(&key, &entry) {
                    self.fault(Rule::NoClash, &clash);
                }
            }
        }
    }

    fn rules(&self, place: &Place, field: &str) -> super::rules::Rules {
        // The supergraph has an interface object's fields at the interface.
        let ty = if self.service.is_interface_object(&place.subgraph_type) {
            &place.subgraph_type
        } else {
            &place.ty
        };
        self.service.rules(ty, field)
    }

    fn check_rules(
        &mut self,
        place: &Place,
        field: &Field,
        is_provided: bool,
        arguments: &mut Arguments,
    ) {
        let rules = self.rules(place, &field.name);
        let coordinate = format!("{}.{}", place.ty, field.name);
        let is_key = self.service.is_in_key(&place.subgraph_type, &field.name);
        if rules.external && !is_provided && !is_key {
            self.fault(Rule::NotExternal, &format!("{coordinate} is external"));
        }
        if rules.is_overridden(self.options) && !is_key && !is_provided {
            self.fault(Rule::NotOverridden, &format!("{coordinate} is overridden"));
        }
        if !rules.requires.is_empty() {
            let sent = place.representation.as_ref();
            let missing = match sent {
                None => Some("nothing is sent here".to_owned()),
                Some(sent) => sent.lacks(self.model, &rules.requires),
            };
            if let Some(missing) = missing {
                let message = format!("{coordinate} has requirements: {missing}");
                self.fault(Rule::RequirementsSent, &message);
            }
        }
        for rule in &rules.contexts {
            let name = &rule.argument;
            let value = arguments.remove(name).unwrap_or_default();
            let contexts = &self.fetch.contexts;
            if !contexts
                .iter()
                .any(|one| value == format!("${}", one.variable.name))
            {
                let message = format!("{coordinate} needs a context for {name}");
                self.fault(Rule::Contexts, &message);
            }
        }
    }
}

/// Whether a field is among what is provided; what is provided below it is added.
pub(super) fn provided_below(
    model: &Model<'_>,
    provided: &[Item],
    ty: &str,
    field: &str,
    found: &mut Vec<Item>,
) -> bool {
    let mut is_provided = false;
    for item in provided {
        match item {
            Item::Field { name, below, .. } if name == field => {
                is_provided = true;
                found.extend(below.iter().cloned());
            }
            Item::Field { .. } => {}
            Item::On {
                type_condition,
                below,
            } => {
                let applies = type_condition
                    .as_ref()
                    .is_none_or(|condition| model.is_a(ty, condition));
                if applies {
                    is_provided |= provided_below(model, below, ty, field, found);
                }
            }
        }
    }
    is_provided
}

pub(super) fn list_levels(ty: &apollo_compiler::ast::Type) -> usize {
    use apollo_compiler::ast::Type;
    match ty {
        Type::Named(_) | Type::NonNullNamed(_) => 0,
        Type::List(inner) | Type::NonNullList(inner) => 1 + list_levels(inner),
    }
}
