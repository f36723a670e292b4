//! Reads the model out of a supergraph's join directives (join v0.1 to v0.5).

use std::collections::{HashMap, HashSet};

use apollo_compiler::{
    Name, Node, Schema,
    ast::{Directive, FieldDefinition, Type as AstType, Value},
    schema::{Component, ExtendedType},
    validation::Valid,
};

use super::{
    ContextArgument, Field, FieldId, JoinedField, JoinedType, Kind, Label, LabelId, Model, Output,
    SubgraphId, Type, TypeId, field_sets::FieldSets,
};
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
        for directive in ty.directives().get_all("context") {
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
        let key = match text(directive, "key") {
            Some(key) if flag(directive, "resolvable") != Some(false) => Some(
                self.sets
                    .parse(name, key)
                    .map_err(|error| format!("@join__type(key: \"{key}\"): {error}"))?,
            ),
            _ => None,
        };
        let is_interface_object = flag(directive, "isInterfaceObject") == Some(true);
        let place = joins
            .iter()
            .position(|join| join.subgraph == subgraph)
            .unwrap_or_else(|| {
                joins.push(JoinedType {
                    subgraph,
                    keys: Vec::new(),
                    is_interface_object,
                    possible: Vec::new(),
                });
                joins.len() - 1
            });
        joins[place].keys.extend(key);
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
        directives: &'d apollo_compiler::schema::DirectiveList,
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

    fn read_fields(&mut self, name: &Name, ty: &'s ExtendedType) -> Result<(), String> {
        let fields = match ty {
            ExtendedType::Object(object) => &object.fields,
            ExtendedType::Interface(interface) => &interface.fields,
            _ => return Ok(()),
        };
        let owner = ty.directives().get("join__owner");
        let owner = owner.map(|owner| self.graph(owner)).transpose()?;
        let fakes = self.extension_keys(name, ty);
        for field in fields.values() {
            let loaded = self
                .field(name, field, owner, &fakes)
                .map_err(|error| format!("{name}.{}: {error}", field.name))?;
            let id = FieldId(u32::try_from(self.fields.len()).unwrap_or(u32::MAX));
            self.fields.push(loaded);
            let ty = self.by_name[name];
            self.types[ty.0 as usize]
                .fields
                .insert(field.name.clone(), id);
        }
        Ok(())
    }

    /// Key fields of type extensions: `@external` on them only repeats what the origin says (Federation 1). Join v0.1 does not
    /// even mention them.
    fn extension_keys(&self, name: &Name, ty: &ExtendedType) -> HashSet<(SubgraphId, Name)> {
        let mut fakes = HashSet::new();
        for directive in ty.directives().get_all("join__type") {
            if !self.is_first_version && flag(directive, "extension") != Some(true) {
                continue;
            }
            let Ok(graph) = self.graph(directive) else {
                continue;
            };
            let Some(join) = self.types[self.by_name[name].0 as usize].joined(graph) else {
                continue;
            };
            for key in &join.keys {
                let items = &self.sets.table[key.0 as usize].items;
                fakes.extend(items.iter().map(|item| (graph, item.name.clone())));
            }
        }
        fakes
    }

    fn field(
        &mut self,
        parent: &Name,
        field: &Component<FieldDefinition>,
        owner: Option<SubgraphId>,
        fakes: &HashSet<(SubgraphId, Name)>,
    ) -> Result<Field, String> {
        let mut joins: Vec<JoinedField> = Vec::new();
        let mut is_joined = false;
        for directive in field.directives.get_all("join__field") {
            is_joined = true;
            if directive
                .specified_argument_by_name("graph")
                .is_some_and(|value| !value.is_null())
            {
                let join = self.field_join(parent, field, directive)?;
                joins.push(join);
            }
        }
        if !is_joined {
            let parent = &self.types[self.by_name[parent].0 as usize];
            joins = match owner {
                Some(owner) => vec![JoinedField::plain(owner)],
                None => parent
                    .joins
                    .iter()
                    .map(|join| JoinedField::plain(join.subgraph))
                    .collect(),
            };
        }
        for (graph, name) in fakes {
            if *name != field.name {
                continue;
            }
            match joins.iter_mut().find(|join| join.subgraph == *graph) {
                Some(join) => join.is_external = false,
                None if self.is_first_version => joins.push(JoinedField::plain(*graph)),
                None => {}
            }
        }
        joins.sort_by_key(|join| join.subgraph);
        joins.dedup_by_key(|join| join.subgraph);
        Ok(Field {
            name: field.name.clone(),
            output: self.output(&field.ty)?,
            joins,
        })
    }

    fn field_join(
        &mut self,
        parent: &Name,
        field: &FieldDefinition,
        directive: &Node<Directive>,
    ) -> Result<JoinedField, String> {
        let mut join = JoinedField::plain(self.graph(directive)?);
        let field_set = |sets: &mut FieldSets<'_>, ty: &Name, argument: &str| {
            text(directive, argument)
                .map(|value| {
                    sets.parse(ty, value)
                        .map_err(|error| format!("@join__field({argument}: \"{value}\"): {error}"))
                })
                .transpose()
        };
        join.requires = field_set(&mut self.sets, parent, "requires")?;
        join.provides = field_set(&mut self.sets, field.ty.inner_named_type(), "provides")?;
        // What is overridden only while a label is on is resolved while it is off.
        let is_progressive = text(directive, "overrideLabel").is_some();
        join.is_external = flag(directive, "external") == Some(true)
            || flag(directive, "usedOverridden") == Some(true) && !is_progressive;
        if let Some(ty) = text(directive, "type") {
            let ty = AstType::parse(ty, "type").map_err(|error| error.to_string())?;
            join.output = Some(self.output(&ty)?);
        }
        join.label = text(directive, "overrideLabel")
            .and_then(|label| {
                self.labels
                    .binary_search_by(|one| one.as_str().cmp(label))
                    .ok()
            })
            .map(|index| Label {
                id: LabelId(u16::try_from(index).unwrap_or(u16::MAX)),
                when: text(directive, "override").is_some(),
            });
        let contexts = directive.specified_argument_by_name("contextArguments");
        for argument in contexts
            .and_then(|value| value.as_list())
            .unwrap_or_default()
        {
            let argument = self.context_argument(argument)?;
            join.contexts.push(argument);
        }
        Ok(join)
    }

    fn context_argument(&mut self, value: &Value) -> Result<ContextArgument, String> {
        let entries = value.as_object().unwrap_or_default();
        let entry = |name: &str| {
            entries
                .iter()
                .find(|(key, _)| key == name)
                .and_then(|(_, value)| value.as_str())
                .map(str::to_owned)
                .ok_or_else(|| format!("a context argument has no {name}"))
        };
        let (context, selection) = (entry("context")?, entry("selection")?);
        let types = self.contexts.get(&context).cloned().unwrap_or_default();
        let mut selections = HashMap::new();
        for ty in types {
            let name = self.types[ty.0 as usize].name.clone();
            // A selection may be for some of the context's types only.
            if let Ok(set) = self.sets.parse(&name, &selection) {
                selections.insert(ty, set);
            }
        }
        Ok(ContextArgument {
            context,
            argument: entry("name")?,
            ty: entry("type")?,
            selections,
        })
    }

    fn output(&self, ty: &AstType) -> Result<Output, String> {
        let name = ty.inner_named_type();
        let named = *self
            .by_name
            .get(name)
            .ok_or_else(|| format!("there is no type {name}"))?;
        Ok(Output {
            named,
            lists: lists(ty),
            text: ty.to_string(),
        })
    }
}

impl JoinedField {
    fn plain(subgraph: SubgraphId) -> Self {
        Self {
            subgraph,
            is_external: false,
            requires: None,
            provides: None,
            label: None,
            output: None,
            contexts: Vec::new(),
        }
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

fn lists(ty: &AstType) -> u8 {
    match ty {
        AstType::Named(_) | AstType::NonNullNamed(_) => 0,
        AstType::List(inner) | AstType::NonNullList(inner) => lists(inner).saturating_add(1),
    }
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
