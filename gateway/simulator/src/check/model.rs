//! What the supergraph's `join__*` directives say of each subgraph's types and fields: read for the checker alone, so that
//! a mistake of the planner's own model does not pass here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use apollo_compiler::{
    ast::OperationType,
    schema::{ExtendedType, FieldDefinition},
};
use federation::{PlanOptions, Supergraph};

use super::{
    fields::{Item, field_set},
    rules::{ContextRule, Rules, argument, rules},
};
use crate::sdl::Subgraph;

/// A supergraph, as the checker sees it.
pub(super) struct Model<'a> {
    pub(super) supergraph: &'a Supergraph,
    services: BTreeMap<&'a str, Service<'a>>,
}

/// One subgraph.
pub(super) struct Service<'a> {
    pub(super) subgraph: &'a Subgraph,
    keys: HashMap<String, Vec<Vec<Item>>>,
    /// Entities whose keys are not resolvable, but by which what the subgraph requires for them is sent back to it.
    returns: BTreeSet<String>,
    interface_objects: BTreeSet<String>,
    fields: HashMap<(String, String), Rules>,
}

impl<'a> Model<'a> {
    pub(super) fn new(supergraph: &'a Supergraph, subgraphs: &'a [Subgraph]) -> Self {
        let services = supergraph
            .subgraphs()
            .iter()
            .filter_map(|one| {
                let subgraph = subgraphs.iter().find(|other| other.name() == one.name)?;
                let service = Service::new(supergraph, &one.graph, &one.name, subgraph);
                Some((one.name.as_str(), service))
            })
            .collect();
        Self {
            supergraph,
            services,
        }
    }

    pub(super) fn service(&self, name: &str) -> Option<&Service<'a>> {
        self.services.get(name)
    }

    /// Whether an object of this type is matched by a type condition.
    pub(super) fn is_a(&self, ty: &str, condition: &str) -> bool {
        ty == condition || self.supergraph.schema().is_subtype(condition, ty)
    }

    /// Whether objects of a type carry a context, on their own account or an interface's or union's.
    pub(super) fn carries(&self, ty: &str, context: &str) -> bool {
        let mut types = self.supergraph.schema().types.values();
        types.any(|one| {
            let mut contexts = one.directives().get_all("context");
            self.is_a(ty, one.name())
                && contexts.any(|one| argument(one, "name").as_deref() == Some(context))
        })
    }

    /// Whether objects of this type are shown to clients.
    pub(super) fn is_visible(&self, ty: &str) -> bool {
        self.supergraph.api_schema().types.contains_key(ty)
    }

    pub(super) fn root_type(&self, kind: OperationType) -> String {
        let root = self.supergraph.schema().root_operation(kind);
        root.map_or_else(|| "Query".to_owned(), ToString::to_string)
    }

    /// The supergraph's object types that a value of a subgraph's type may have, each with what the subgraph takes it for.
    pub(super) fn expand(&self, service: &Service<'_>, ty: &str) -> Vec<(String, String)> {
        let mut found: Vec<_> = service
            .subgraph
            .possible_types(ty)
            .into_iter()
            .flat_map(|one| {
                let one = one.to_string();
                if service.is_interface_object(&one) {
                    let all = self.implementations(&one);
                    all.into_iter().map(|ty| (ty, one.clone())).collect()
                } else {
                    vec![(self.supergraph_name(service, &one), one)]
                }
            })
            .collect();
        found.sort();
        found.dedup();
        found
    }

    /// The subgraphs that a field may be read from, each with the types that the value may have there.
    pub(super) fn sources(
        &self,
        ty: &str,
        field: &str,
        options: &PlanOptions,
    ) -> Vec<(&'a str, BTreeSet<String>)> {
        let services = self.services();
        let sources = services.filter_map(|(name, service)| {
            let definition = service.resolves(self, ty, field, options)?;
            let types = self.expand(service, definition.ty.inner_named_type());
            Some((name, types.into_iter().map(|(ty, _)| ty).collect()))
        });
        sources.collect()
    }

    /// Whether a field's value is a list.
    pub(super) fn is_list(&self, ty: &str, field: &str) -> bool {
        let field = self.supergraph.schema().type_field(ty, field);
        field.is_ok_and(|field| field.ty.is_list())
    }

    /// Every key by which some subgraph resolves objects of a type, by its own name or an interface's.
    pub(super) fn all_keys(&self, ty: &str) -> Vec<Vec<Item>> {
        let services = self.services.values();
        services
            .flat_map(|service| service.keys.iter())
            .filter(|(name, _)| self.is_a(ty, name))
            .flat_map(|(_, keys)| keys.iter().cloned())
            .collect()
    }

    /// What some subgraph requires for a field of objects of a type.
    pub(super) fn all_requirements(&self, ty: &str, field: &str) -> Vec<Vec<Item>> {
        let services = self.services.values();
        services
            .flat_map(|service| service.fields.iter())
            .filter(|((name, of), rules)| {
                of == field && !rules.requires.is_empty() && self.is_a(ty, name)
            })
            .map(|(_, rules)| rules.requires.clone())
            .collect()
    }

    /// Whether some subgraph takes objects of two types for one interface object.
    pub(super) fn share_interface_object(&self, one: &str, other: &str) -> bool {
        let services = self.services.values();
        let mut interfaces = services.flat_map(|service| &service.interface_objects);
        interfaces.any(|interface| self.is_a(one, interface) && self.is_a(other, interface))
    }

    /// The arguments of a field that some subgraph takes from a context.
    pub(super) fn all_contexts(&self, ty: &str, field: &str) -> Vec<ContextRule> {
        let services = self.services.values();
        services
            .flat_map(|service| service.rules(ty, field).contexts)
            .collect()
    }

    /// Whether this is the root of mutations, whose fields must not be asked for twice.
    pub(super) fn is_mutation(&self, ty: &str) -> bool {
        let root = self
            .supergraph
            .schema()
            .root_operation(OperationType::Mutation);
        root.is_some_and(|root| root == ty)
    }

    /// Each subgraph, by name.
    pub(super) fn services(&self) -> impl Iterator<Item = (&'a str, &Service<'a>)> {
        self.services.iter().map(|(name, service)| (*name, service))
    }

    /// Root types may have other names in a subgraph.
    fn supergraph_name(&self, service: &Service<'_>, ty: &str) -> String {
        let kinds = [
            OperationType::Query,
            OperationType::Mutation,
            OperationType::Subscription,
        ];
        kinds
            .into_iter()
            .find(|kind| service.root_type(*kind).as_deref() == Some(ty))
            .map_or_else(|| ty.to_owned(), |kind| self.root_type(kind))
    }

    fn implementations(&self, interface: &str) -> Vec<String> {
        self.supergraph
            .schema()
            .types
            .values()
            .filter(|ty| ty.is_object() && self.is_a(ty.name(), interface))
            .map(|ty| ty.name().to_string())
            .collect()
    }
}

impl<'a> Service<'a> {
    fn new(supergraph: &Supergraph, graph: &str, name: &str, subgraph: &'a Subgraph) -> Self {
        let mut service = Self {
            subgraph,
            keys: HashMap::new(),
            returns: BTreeSet::new(),
            interface_objects: BTreeSet::new(),
            fields: HashMap::new(),
        };
        for ty in supergraph.schema().types.values() {
            service.read_type(graph, name, ty);
        }
        service
    }

    pub(super) fn root_type(&self, kind: OperationType) -> Option<String> {
        let root = self.subgraph.schema().root_operation(kind);
        root.map(ToString::to_string)
    }

    /// A field's definition, if the subgraph resolves it for objects of this type or may provide it somewhere.
    fn resolves(
        &self,
        model: &Model<'_>,
        ty: &str,
        field: &str,
        options: &PlanOptions,
    ) -> Option<&FieldDefinition> {
        let kinds = [
            OperationType::Query,
            OperationType::Mutation,
            OperationType::Subscription,
        ];
        let root = kinds.into_iter().find(|kind| model.root_type(*kind) == ty);
        let name = match root {
            Some(kind) => self.root_type(kind)?,
            None => ty.to_owned(),
        };
        let mut names = std::iter::once(&name).chain(&self.interface_objects);
        names.find_map(|name| {
            if *name != ty && root.is_none() && !model.is_a(ty, name) {
                return None;
            }
            let definition = self.subgraph.field_definition(name, field)?;
            let rules = self.rules(if root.is_some() { ty } else { name }, field);
            let provides = || self.fields.values().any(|one| !one.provides.is_empty());
            let is_given = !rules.external || provides();
            (is_given && !rules.is_overridden(options)).then_some(definition)
        })
    }

    /// The names by which objects of a type can be asked for, when they are known by a name.
    pub(super) fn entity_names(&self, model: &Model<'_>, known_as: &str) -> Vec<String> {
        let names = self.keys.keys();
        names
            .filter(|name| {
                *name == known_as || self.is_interface_object(name) && model.is_a(known_as, name)
            })
            .cloned()
            .collect()
    }

    pub(super) fn is_interface_object(&self, ty: &str) -> bool {
        self.interface_objects.contains(ty)
    }

    /// The keys by which an entity is asked about.
    pub(super) fn keys(&self, ty: &str) -> &[Vec<Item>] {
        self.keys.get(ty).map_or(&[], Vec::as_slice)
    }

    /// Whether an entity is only asked about for what requires something of others.
    pub(super) fn only_returns(&self, ty: &str) -> bool {
        self.returns.contains(ty)
    }

    /// What holds for a field; nothing special, when the supergraph says nothing.
    pub(super) fn rules(&self, ty: &str, field: &str) -> Rules {
        let key = (ty.to_owned(), field.to_owned());
        self.fields.get(&key).cloned().unwrap_or_default()
    }

    /// Every subgraph answers the fields of its keys, external or not: they are how its objects are known elsewhere.
    pub(super) fn is_in_key(&self, ty: &str, field: &str) -> bool {
        let info = self.subgraph.field_info(ty, field);
        info.is_some_and(|info| info.in_key)
    }

    fn read_type(&mut self, graph: &str, name: &str, ty: &ExtendedType) {
        let type_name = ty.name().as_str();
        let mut unresolvable = Vec::new();
        for join in ty.directives().get_all("join__type") {
            if argument(join, "graph") != Some(graph.to_owned()) {
                continue;
            }
            let is = |name: &str| argument(join, name).as_deref() == Some("true");
            if is("isInterfaceObject") {
                self.interface_objects.insert(type_name.to_owned());
            }
            let Some(key) = argument(join, "key") else {
                continue;
            };
            if argument(join, "resolvable").as_deref() == Some("false") {
                unresolvable.push(field_set(&key));
            } else {
                let keys = self.keys.entry(type_name.to_owned()).or_default();
                keys.push(field_set(&key));
            }
        }
        let fields = match ty {
            ExtendedType::Object(object) => &object.fields,
            ExtendedType::Interface(interface) => &interface.fields,
            _ => return,
        };
        let mut requires = false;
        for (field_name, field) in fields {
            let joins: Vec<_> = field.directives.get_all("join__field").collect();
            let key = (type_name.to_owned(), field_name.to_string());
            if let Some(rules) = rules(&joins, graph, name) {
                requires |= !rules.requires.is_empty();
                self.fields.insert(key, rules);
            }
        }
        if requires && !unresolvable.is_empty() && !self.keys.contains_key(type_name) {
            self.keys.insert(type_name.to_owned(), unresolvable);
            self.returns.insert(type_name.to_owned());
        }
    }
}
