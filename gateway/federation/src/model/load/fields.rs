//! Fields: which subgraphs resolve them, with what they require, provide and take from context.

use std::collections::{HashMap, HashSet};

use apollo_compiler::{
    Name, Node,
    ast::{Directive, FieldDefinition, Type as AstType, Value},
    schema::{Component, ExtendedType},
};

use super::{Loader, flag, text};
use crate::model::{
    ContextArgument, Field, FieldId, FieldSetId, JoinedField, Label, LabelId, Output, SubgraphId,
    field_sets::FieldSets,
};

impl<'s> Loader<'s> {
    /// Join v0.1 does not say that a field which is provided somewhere is external there.
    pub(super) fn read_provided(&mut self) {
        let provided = self.fields.iter().flat_map(|field| &field.joins);
        let mut left: Vec<(SubgraphId, FieldSetId)> = provided
            .filter_map(|join| Some((join.subgraph, join.provides?)))
            .collect();
        while let Some((subgraph, set)) = left.pop() {
            for item in self.sets.table[set.0 as usize].items.clone() {
                left.extend(item.below.map(|below| (subgraph, below)));
                let field = self.types[item.on.0 as usize].fields.get(&item.name);
                let Some(field) = field.map(|id| &mut self.fields[id.0 as usize]) else {
                    continue;
                };
                if field.joined(subgraph).is_none() {
                    field.joins.push(JoinedField {
                        is_external: true,
                        ..JoinedField::plain(subgraph)
                    });
                    field.joins.sort_by_key(|join| join.subgraph);
                }
            }
        }
    }

    pub(super) fn read_fields(&mut self, name: &Name, ty: &'s ExtendedType) -> Result<(), String> {
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

fn lists(ty: &AstType) -> u8 {
    match ty {
        AstType::Named(_) | AstType::NonNullNamed(_) => 0,
        AstType::List(inner) | AstType::NonNullList(inner) => lists(inner).saturating_add(1),
    }
}
