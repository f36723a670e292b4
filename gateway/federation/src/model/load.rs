//! Reads the model out of a supergraph's join directives (join v0.1 to v0.5).

mod fields;

use std::collections::{HashMap, HashSet};

use apollo_compiler::{
    Name, Schema,
    ast::Directive,
    schema::{DirectiveList, ExtendedType},
    validation::Valid,
};

use super::{Field, JoinedType, Kind, Model, SubgraphId, Type, TypeId, field_sets::FieldSets};
use crate::supergraph::Subgraph;

impl Model {
    /// Reads a valid supergraph schema. The error says which directive of which type or field is wrong.
    pub(crate) fn load(
        schema: &Valid<Schema>,
        subgraphs: &[Subgraph],
        labels: &[String],
    ) -> Result<Self, String> {
        let by_name: HashMap<Name, TypeId> = (0_u32..)
            .zip(schema.types.keys())
            .map(|(index, name)| (name.clone(), TypeId(index)))
            .collect();
        let graphs = (0_u16..)
            .zip(subgraphs)
            .map(|(index, subgraph)| (subgraph.graph.as_str(), SubgraphId(index)))
            .collect();
        let mut loader = Loader {
            schema,
            graphs,
            labels,
            by_name: &by_name,
            sets: FieldSets {
                schema,
                types: &by_name,
                table: Vec::new(),
            },
            types: Vec::with_capacity(schema.types.len()),
            fields: Vec::new(),
            contexts: HashMap::new(),
            context_directive: context_directive(schema),
            is_first_version: schema.directive_definitions.contains_key("join__owner"),
        };
        for (name, ty) in &schema.types {
            let loaded = loader
                .ty(name, ty)
                .map_err(|error| format!("{name}: {error}"))?;
            loader.types.push(loaded);
        }
        loader.read_members();
        for (name, ty) in &schema.types {
            loader.read_fields(name, ty)?;
        }
        if loader.is_first_version {
            loader.read_provided();
        }
        let definition = &schema.schema_definition;
        let roots = [
            &definition.query,
            &definition.mutation,
            &definition.subscription,
        ]
        .into_iter()
        .flatten()
        .filter_map(|name| by_name.get(&name.name).copied())
        .collect();
        let Loader {
            types,
            fields,
            contexts,
            sets,
            ..
        } = loader;
        let field_sets = sets.table;
        Ok(Self {
            subgraphs: subgraphs.iter().map(|one| one.name.clone()).collect(),
            labels: labels.to_vec(),
            types,
            fields,
            field_sets,
            by_name,
            contexts,
            roots,
        })
    }
}

struct Loader<'s> {
    schema: &'s Valid<Schema>,
    graphs: HashMap<&'s str, SubgraphId>,
    labels: &'s [String],
    by_name: &'s HashMap<Name, TypeId>,
    sets: FieldSets<'s>,
    types: Vec<Type>,
    fields: Vec<Field>,
    contexts: HashMap<String, Vec<TypeId>>,
    /// What `@context` is called.
    context_directive: String,
    /// Join v0.1: types have owners, and value types say nothing.
    is_first_version: bool,
}

impl<'s> Loader<'s> {
    fn ty(&mut self, name: &Name, ty: &'s ExtendedType) -> Result<Type, String> {
        let kind = match ty {
            ExtendedType::Object(_) => Kind::Object,
            ExtendedType::Interface(_) => Kind::Interface,
            ExtendedType::Union(_) => Kind::Union,
            _ => Kind::Other,
        };
        let mut joins: Vec<JoinedType> = Vec::new();
        if kind != Kind::Other {
            for directive in ty.directives().get_all("join__type") {
                self.read_type_join(name, directive, &mut joins)?;
            }
            if joins.is_empty() && self.is_first_version {
                joins = self.everywhere();
            }
        }
        joins.sort_by_key(|join| join.subgraph);
        for directive in ty.directives().get_all(&self.context_directive) {
            if let Some(context) = text(directive, "name") {
                let id = self.by_name[name];
                self.contexts
                    .entry(context.to_owned())
                    .or_default()
                    .push(id);
            }
        }
        Ok(Type {
            name: name.clone(),
            kind,
            fields: HashMap::new(),
            possible: Vec::new(),
            interfaces: Vec::new(),
            joins,
        })
    }

    fn everywhere(&self) -> Vec<JoinedType> {
        self.graphs
            .values()
            .map(|&subgraph| JoinedType {
                subgraph,
                keys: Vec::new(),
                unresolvable_keys: Vec::new(),
                is_interface_object: false,
                possible: Vec::new(),
            })
            .collect()
    }

    fn read_type_join(
        &mut self,
        name: &Name,
        directive: &Directive,
        joins: &mut Vec<JoinedType>,
    ) -> Result<(), String> {
        let subgraph = self.graph(directive)?;
        let key = text(directive, "key")
            .map(|key| {
                self.sets
                    .parse(name, key)
                    .map_err(|error| format!("@join__type(key: \"{key}\"): {error}"))
            })
            .transpose()?;
        let is_interface_object = flag(directive, "isInterfaceObject") == Some(true);
        let place = joins
            .iter()
            .position(|join| join.subgraph == subgraph)
            .unwrap_or_else(|| {
                joins.push(JoinedType {
                    subgraph,
                    keys: Vec::new(),
                    unresolvable_keys: Vec::new(),
                    is_interface_object,
                    possible: Vec::new(),
                });
                joins.len() - 1
            });
        if flag(directive, "resolvable") == Some(false) {
            joins[place].unresolvable_keys.extend(key);
        } else {
            joins[place].keys.extend(key);
        }
        joins[place].is_interface_object |= is_interface_object;
        Ok(())
    }

    /// Who implements which interface, and which unions have whom as members; in all, and by subgraph.
    fn read_members(&mut self) {
        let mut members: Vec<(TypeId, TypeId, Option<SubgraphId>)> = Vec::new();
        for (name, ty) in &self.schema.types {
            let id = self.by_name[name];
            match ty {
                ExtendedType::Object(object) => {
                    let by_graph =
                        self.by_graph(&object.directives, "join__implements", "interface");
                    for interface in &object.implements_interfaces {
                        let Some(&parent) = self.by_name.get(&interface.name) else {
                            continue;
                        };
                        self.types[id.0 as usize].interfaces.push(parent);
                        let graphs = by_graph.get(interface.name.as_str());
                        add_members(&mut members, parent, id, graphs, by_graph.is_empty());
                    }
                }
                ExtendedType::Union(union) => {
                    let by_graph = self.by_graph(&union.directives, "join__unionMember", "member");
                    for member in &union.members {
                        if let Some(&member_id) = self.by_name.get(&member.name) {
                            let graphs = by_graph.get(member.name.as_str());
                            add_members(&mut members, id, member_id, graphs, by_graph.is_empty());
                        }
                    }
                }
                _ => {}
            }
        }
        for (parent, member, subgraph) in members {
            self.add_member(parent, member, subgraph);
        }
        for index in 0..self.types.len() {
            let id = TypeId(u32::try_from(index).unwrap_or(u32::MAX));
            let ty = &mut self.types[index];
            if ty.kind == Kind::Object {
                ty.possible = vec![id];
            }
            ty.possible.sort_unstable();
            ty.possible.dedup();
            for join in &mut ty.joins {
                if ty.kind == Kind::Object || join.is_interface_object {
                    join.possible = vec![id];
                }
                join.possible.sort_unstable();
                join.possible.dedup();
            }
        }
    }

    fn add_member(&mut self, parent: TypeId, member: TypeId, subgraph: Option<SubgraphId>) {
        let known: HashSet<SubgraphId> = self.types[member.0 as usize]
            .joins
            .iter()
            .map(|join| join.subgraph)
            .collect();
        let ty = &mut self.types[parent.0 as usize];
        ty.possible.push(member);
        for join in &mut ty.joins {
            let applies = match subgraph {
                Some(subgraph) => join.subgraph == subgraph,
                None => known.contains(&join.subgraph),
            };
            if applies {
                join.possible.push(member);
            }
        }
    }

    /// The subgraphs that directives of a name give to each value of one of their arguments.
    fn by_graph<'d>(
        &self,
        directives: &'d DirectiveList,
        directive: &str,
        argument: &str,
    ) -> HashMap<&'d str, Vec<SubgraphId>> {
        let mut found: HashMap<&str, Vec<SubgraphId>> = HashMap::new();
        for one in directives.get_all(directive) {
            if let (Ok(graph), Some(value)) = (self.graph(one), text(one, argument)) {
                found.entry(value).or_default().push(graph);
            }
        }
        found
    }

    fn graph(&self, directive: &Directive) -> Result<SubgraphId, String> {
        let name = directive
            .specified_argument_by_name("graph")
            .and_then(|value| value.as_enum())
            .ok_or_else(|| format!("@{} names no graph", directive.name))?;
        self.graphs
            .get(name.as_str())
            .copied()
            .ok_or_else(|| format!("@{} names an unknown graph, {name}", directive.name))
    }
}

/// Where no directive says otherwise, a member belongs to its parent wherever both are known.
fn add_members(
    members: &mut Vec<(TypeId, TypeId, Option<SubgraphId>)>,
    parent: TypeId,
    member: TypeId,
    graphs: Option<&Vec<SubgraphId>>,
    is_unsaid: bool,
) {
    if is_unsaid {
        members.push((parent, member, None));
    }
    for graph in graphs.into_iter().flatten() {
        members.push((parent, member, Some(*graph)));
    }
}

/// The name by which the supergraph imports `@context` from its specification.
fn context_directive(schema: &Schema) -> String {
    let links = schema.schema_definition.directives.get_all("link");
    let mut links = links.filter(|link| {
        text(link, "url").is_some_and(|url| url.starts_with("https://specs.apollo.dev/context/"))
    });
    let usual = || "context".to_owned();
    let Some(link) = links.next() else {
        return usual();
    };
    let imports = link.specified_argument_by_name("import");
    let imports = imports.and_then(|imports| imports.as_list());
    for import in imports.unwrap_or_default() {
        let Some(import) = import.as_object() else {
            continue;
        };
        let entry = |name: &str| {
            let mut entries = import.iter();
            entries.find(|(key, _)| key == name)?.1.as_str()
        };
        if let (Some("@context"), Some(name)) = (entry("name"), entry("as")) {
            return name.trim_start_matches('@').to_owned();
        }
    }
    text(link, "as").map_or_else(usual, str::to_owned)
}

fn text<'d>(directive: &'d Directive, argument: &str) -> Option<&'d str> {
    directive
        .specified_argument_by_name(argument)
        .and_then(|value| value.as_str())
}

fn flag(directive: &Directive, argument: &str) -> Option<bool> {
    directive
        .specified_argument_by_name(argument)
        .and_then(|value| value.to_bool())
}
