//! From groups to the plan's fetches: selections in the words of the subgraph's schema.

mod clashes;
mod targets;

use std::collections::BTreeSet;

use apollo_compiler::{Name, ast::VariableDefinition, executable::Operation};

use self::targets::{Targets, merge_repeated};
use super::{
    graph::{Entry, Graph, GroupId, NodeId, PositionId, Representation},
    selection::Condition,
    views::{Seen, Session, TYPENAME, View},
};
use crate::{
    model::TypeId,
    plan::{
        Conditions, ContextArgument, Fetch, Field, Inline, Node, OperationKind, PathElement,
        Rewrite, RewriteElement, Selection, Variable,
    },
};

/// Writes the groups of one plan.
pub(super) struct Renderer<'r, 'm> {
    pub(super) session: &'r mut Session<'m>,
    pub(super) graph: &'r Graph,
    pub(super) operation: &'r Operation,
    pub(super) kind: OperationKind,
    /// Groups that deferred parts depend on.
    pub(super) named: Vec<GroupId>,
}

/// What a fetch's selections need besides themselves.
#[derive(Default)]
struct Writing {
    variables: BTreeSet<Name>,
    renames: Vec<Rewrite>,
    path: Vec<RewriteElement>,
    aliases: u32,
    /// The condition that the whole fetch depends on, and nothing in it says again.
    hoisted: Option<Condition>,
}

impl Renderer<'_, '_> {
    /// A group as a plan node.
    pub(super) fn node(&mut self, id: GroupId) -> Node {
        let fetch = self.fetch(id);
        let group = &self.graph.groups[id];
        let mut node = Node::Fetch(Box::new(fetch));
        let path = self.path(group.position);
        if !path.is_empty() {
            node = Node::Flatten {
                path,
                node: Box::new(node),
            };
        }
        let Some(condition) = self.graph.guard_of(id) else {
            return node;
        };
        for (variable, value) in self.session.selections.literals(condition).iter().rev() {
            let clause = Some(Box::new(node));
            let (if_clause, else_clause) = if *value {
                (clause, None)
            } else {
                (None, clause)
            };
            node = Node::Condition {
                variable: variable.to_string(),
                if_clause,
                else_clause,
            };
        }
        node
    }

    /// What a group asks.
    pub(super) fn fetch(&mut self, id: GroupId) -> Fetch {
        let group = &self.graph.groups[id];
        let mut writing = Writing {
            hoisted: self.graph.guard_of(id),
            ..Writing::default()
        };
        let selections = self.selections(group.node, true, &mut writing);
        let (requires, input_rewrites) = self.requires(id);
        let contexts = group
            .contexts
            .iter()
            .map(|used| ContextArgument {
                variable: Variable {
                    name: used.variable.clone(),
                    ty: used.ty.clone(),
                    default: None,
                },
                depth: self.path(used.position).len(),
                selections: used.selections.clone(),
            })
            .collect();
        Fetch {
            id: self
                .named
                .contains(&id)
                .then(|| u32::try_from(id).unwrap_or(u32::MAX)),
            service: self.session.model.subgraph(group.subgraph).to_owned(),
            kind: self.graph.kind_of(id, self.kind),
            variables: self.variables(&writing),
            requires,
            selections,
            contexts,
            input_rewrites,
            output_rewrites: writing.renames,
        }
    }

    fn variables(&self, writing: &Writing) -> Vec<Variable> {
        self.operation
            .variables
            .iter()
            .filter(|variable| writing.variables.contains(&variable.name))
            .map(|variable| Variable::of(variable))
            .collect()
    }

    fn requires(&self, id: GroupId) -> (Vec<Selection>, Vec<Rewrite>) {
        let mut requires = Vec::new();
        let mut rewrites = Vec::new();
        let mut representations = self.graph.groups[id].representations.clone();
        representations.sort_by_key(|one| one.leaf);
        self.unite(id, &mut representations);
        for one in representations {
            let name = self.session.model.ty(one.leaf).name.to_string();
            if let Some(type_name) = one.type_name {
                rewrites.push(Rewrite::SetValue {
                    path: vec![
                        RewriteElement::Types(vec![name.clone()]),
                        RewriteElement::Key(TYPENAME.to_string()),
                    ],
                    value: self.session.model.ty(type_name).name.to_string(),
                });
            }
            requires.push(Selection::Inline(Inline {
                type_condition: name,
                selections: one.fields,
                ..Inline::default()
            }));
        }
        (requires, rewrites)
    }

    /// What all objects of a position send alike, as the interface that they are entered by, is said once.
    fn unite(&self, id: GroupId, representations: &mut Vec<Representation>) {
        let Some(first) = representations.first().cloned() else {
            return;
        };
        let here = &self.graph.positions[self.graph.groups[id].position];
        let Some(interface) = first.type_name else {
            return;
        };
        let is_like =
            |one: &Representation| one.type_name == first.type_name && one.fields == first.fields;
        let is_common = representations.iter().all(is_like);
        let is_whole = self
            .session
            .types
            .members(here.leaves)
            .iter()
            .all(|leaf| representations.iter().any(|one| one.leaf == *leaf));
        let is_said = is_whole || representations.iter().any(|one| one.leaf == interface);
        if is_common && is_said {
            *representations = vec![Representation {
                leaf: interface,
                ..first
            }];
        }
    }

    /// Where a position is in the response.
    pub(super) fn path(&self, position: PositionId) -> Vec<PathElement> {
        let Some(step) = &self.graph.positions[position].parent else {
            return Vec::new();
        };
        let above = &self.graph.positions[step.position];
        let mut path = self.path(step.position);
        let is_narrower = !self
            .session
            .types
            .contains_all(step.on, self.session.types.members(above.leaves))
            && self.session.hidden(step.on).is_none();
        if is_narrower && !path.is_empty() {
            let members = self.session.types.members(step.on);
            let names = members
                .iter()
                .map(|ty| self.session.model.ty(*ty).name.to_string());
            path.push(PathElement::Types(names.collect()));
        }
        path.push(PathElement::Key(step.key.to_string()));
        path.extend((0..step.lists).map(|_| PathElement::List));
        path
    }

    /// What is selected of the objects of a node.
    fn selections(&mut self, id: NodeId, is_top: bool, writing: &mut Writing) -> Vec<Selection> {
        let graph = self.graph;
        let node = &graph.nodes[id];
        let Some(view) = node.view else {
            return Vec::new();
        };
        let entries = self.united(&node.entries, view);
        let aliases = self.clashes(&entries, view.subgraph, writing);
        let mut plain = Vec::new();
        let mut typed: Vec<(TypeId, Vec<Selection>)> = Vec::new();
        for (place, entry) in entries.iter().enumerate() {
            let alias = aliases.get(&place);
            match self.targets(view, entry) {
                Targets::All => {
                    self.entry(entry, alias, view, is_top, writing, &mut plain);
                }
                Targets::Types(types) => {
                    for ty in types {
                        let place = typed.iter().position(|(known, _)| *known == ty);
                        let place = place.unwrap_or_else(|| {
                            typed.push((ty, Vec::new()));
                            typed.len() - 1
                        });
                        let mut list = std::mem::take(&mut typed[place].1);
                        let types = vec![self.session.model.ty(ty).name.to_string()];
                        writing.path.push(RewriteElement::Types(types));
                        let narrowed = View {
                            seen: Seen::As(ty),
                            ..view
                        };
                        self.entry(entry, alias, narrowed, is_top, writing, &mut list);
                        writing.path.pop();
                        typed[place].1 = list;
                    }
                }
            }
        }
        if self.session.interface_object(view).is_some() {
            plain = merge_repeated(plain);
        }
        typed.sort_by_key(|(ty, _)| *ty);
        plain.extend(
            typed
                .into_iter()
                .map(|(ty, selections)| self.on(ty, selections)),
        );
        if plain.is_empty() {
            plain.push(Selection::Field(Field {
                name: TYPENAME.to_string(),
                ..Field::default()
            }));
        }
        match view.seen {
            Seen::As(ty) if is_top && self.is_entities(id) => vec![self.on(ty, plain)],
            _ => plain,
        }
    }

    fn on(&self, ty: TypeId, selections: Vec<Selection>) -> Selection {
        Selection::Inline(Inline {
            type_condition: self.session.model.ty(ty).name.to_string(),
            selections,
            ..Inline::default()
        })
    }

    fn is_entities(&self, node: NodeId) -> bool {
        let group = self.graph.groups.iter().find(|group| group.node == node);
        group.is_some_and(|group| !group.representations.is_empty())
    }

    /// Writes a field, once for each condition.
    fn entry(
        &mut self,
        entry: &Entry,
        alias: Option<&String>,
        view: View,
        is_top: bool,
        writing: &mut Writing,
        list: &mut Vec<Selection>,
    ) {
        let answer_key = alias.cloned().unwrap_or_else(|| entry.key.to_string());
        writing.path.push(RewriteElement::Key(answer_key.clone()));
        if alias.is_some() {
            let rename = Rewrite::RenameKey {
                path: writing.path.clone(),
                key: entry.key.to_string(),
            };
            if !writing.renames.contains(&rename) {
                writing.renames.push(rename);
            }
        }
        let mut field = Field {
            name: entry.name.to_string(),
            alias: (answer_key != entry.name.as_str()).then_some(answer_key),
            ..Field::default()
        };
        let arguments = self.session.selections.arguments(entry.arguments);
        for variable in &arguments.variables {
            writing.variables.insert(variable.clone());
        }
        field.arguments = arguments
            .entries
            .iter()
            .map(|(name, value)| (name.to_string(), value.clone()))
            .collect();
        for (argument, variable) in &entry.contextual {
            field
                .arguments
                .push((argument.clone(), format!("${variable}")));
        }
        if let Some(below) = entry.below {
            field.selections = self.selections(below, false, writing);
        }
        writing.path.pop();
        for condition in &entry.conditions {
            if is_top && writing.hoisted == Some(*condition) {
                list.push(Selection::Field(field.clone()));
            } else {
                list.push(self.conditioned(field.clone(), *condition, view, writing));
            }
        }
    }

    /// A field with its condition; what one `@skip` and one `@include` cannot say is said by fragments around it.
    fn conditioned(
        &self,
        mut field: Field,
        condition: Condition,
        view: View,
        writing: &mut Writing,
    ) -> Selection {
        let mut around: Vec<Conditions> = Vec::new();
        for (variable, value) in self.session.selections.literals(condition) {
            writing.variables.insert(variable.clone());
            let name = Some(variable.to_string());
            let free = |conditions: &Conditions| {
                if *value {
                    conditions.include.is_none()
                } else {
                    conditions.skip.is_none()
                }
            };
            let place = if free(&field.conditions) {
                &mut field.conditions
            } else {
                if !around.last().is_some_and(free) {
                    around.push(Conditions::default());
                }
                let last = around.len() - 1;
                &mut around[last]
            };
            if *value {
                place.include = name;
            } else {
                place.skip = name;
            }
        }
        let mut selection = Selection::Field(field);
        for conditions in around {
            let ty = match view.seen {
                Seen::As(ty) => ty,
                Seen::Entities => return selection,
            };
            selection = Selection::Inline(Inline {
                type_condition: self.session.model.ty(ty).name.to_string(),
                conditions,
                selections: vec![selection],
            });
        }
        selection
    }
}

impl Variable {
    /// A client's variable, as it declared it.
    pub(super) fn of(definition: &VariableDefinition) -> Self {
        Self {
            name: definition.name.to_string(),
            ty: definition.ty.to_string(),
            default: definition
                .default_value
                .as_ref()
                .map(|value| value.serialize().no_indent().to_string()),
        }
    }
}
