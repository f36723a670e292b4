//! From a plan to a program: request texts with only variables missing, response shapes, and entity fetches to the same
//! subgraph that may run together put into one request.

mod contexts;
mod rename;
mod requires;

use std::{collections::HashMap, fmt::Write as _, sync::Arc};

use federation::{
    Supergraph,
    plan::{self, Deferred, Fetch, Node, PathElement, Plan, Selection},
};

use super::{
    decode::{Shape, ShapeField},
    keys::{Key, Keys},
    program::{
        Defer, DeferredStep, EntityFetch, Part, Path, PathStep, Program, RootFetch, Scope, Scopes,
        Step, Template,
    },
};

/// Compiles a plan, interning the keys that it reads and writes.
pub(crate) fn compile<'a>(
    supergraph: &'a Supergraph,
    plan: &'a Plan,
    keys: &'a mut Keys,
) -> Program {
    let mut compiler = Compiler {
        supergraph,
        keys,
        scope: Scope::PRIMARY,
        scopes: Scopes::default(),
        context_paths: contexts::paths(plan),
    };
    let (primary, step) = match &plan.node {
        Some(Node::Subscription { primary, rest }) => (
            Some(compiler.root(primary, &[])),
            rest.as_deref().map(|rest| compiler.step(rest)),
        ),
        Some(node) => (None, Some(compiler.step(node))),
        None => (None, None),
    };
    Program {
        step,
        primary,
        scopes: compiler.scopes,
    }
}

struct Compiler<'a> {
    supergraph: &'a Supergraph,
    keys: &'a mut Keys,
    /// What is being compiled.
    scope: Scope,
    scopes: Scopes,
    /// The places of fetches that depend on what encloses their objects.
    context_paths: Vec<Vec<&'a str>>,
}

/// An entity fetch that may share a request with others.
struct Candidate<'p> {
    fetch: &'p Fetch,
    ids: Vec<u32>,
    paths: Vec<&'p [PathElement]>,
}

impl<'p> Candidate<'p> {
    fn new(fetch: &'p Fetch, path: &'p [PathElement]) -> Self {
        Self {
            fetch,
            ids: fetch.id.into_iter().collect(),
            paths: vec![path],
        }
    }

    /// Whether another fetch differs only by its place.
    fn takes(&self, other: &Fetch) -> bool {
        let other = Fetch {
            id: self.fetch.id,
            ..other.clone()
        };
        *self.fetch == other
    }
}

impl Compiler<'_> {
    fn step(&mut self, node: &Node) -> Step {
        match node {
            Node::Sequence(nodes) => {
                Step::Sequence(nodes.iter().map(|node| self.step(node)).collect())
            }
            Node::Parallel(nodes) => self.parallel(nodes),
            Node::Condition {
                variable,
                if_clause,
                else_clause,
            } => Step::Condition {
                variable: variable.clone(),
                then: if_clause.as_deref().map(|node| Box::new(self.step(node))),
                otherwise: else_clause.as_deref().map(|node| Box::new(self.step(node))),
            },
            Node::Fetch(fetch) => Step::Root(self.root(fetch, &[])),
            Node::Flatten { path, node } => match node.as_ref() {
                Node::Fetch(fetch) if !fetch.contexts.is_empty() => {
                    Step::InContext(self.in_context(&Candidate::new(fetch, path)))
                }
                Node::Fetch(fetch) if fetch.is_entities() => {
                    Step::Entities(self.entities(&[Candidate::new(fetch, path)]))
                }
                Node::Fetch(fetch) => Step::Root(self.root(fetch, path)),
                other => self.step(other),
            },
            Node::Subscription { primary, rest } => {
                let mut steps = vec![Step::Root(self.root(primary, &[]))];
                steps.extend(rest.as_deref().map(|rest| self.step(rest)));
                Step::Sequence(steps)
            }
            Node::Defer { primary, deferred } => {
                let mut ids = Vec::new();
                let primary = primary.node.as_deref();
                primary.inspect(|node| collect_ids(node, &mut ids));
                Step::Defer(Defer {
                    primary: primary.map(|node| Box::new(self.step(node))),
                    ids,
                    parts: deferred.iter().filter_map(|part| self.part(part)).collect(),
                })
            }
        }
    }

    /// A part's step, in a scope of its own; nothing, when what it needs comes with its surroundings.
    fn part(&mut self, part: &Deferred) -> Option<DeferredStep> {
        let path = part.path.iter().filter_map(|element| match element {
            PathElement::Key(key) => Some(key.as_str()),
            PathElement::List | PathElement::Types(_) => None,
        });
        let outer = self.scope;
        let scope = self.scopes.intern(outer, part.label.as_deref(), path);
        let node = part.node.as_deref()?;
        self.scope = scope;
        let step = self.step(node);
        self.scope = outer;
        Some(DeferredStep {
            scope,
            depends: part.depends.clone(),
            step,
        })
    }

    /// Entity fetches to one subgraph go out as one request, unless they disagree about a variable.
    fn parallel(&mut self, nodes: &[Node]) -> Step {
        let mut flat = Vec::new();
        flatten_parallel(nodes, &mut flat);
        let mut groups: Vec<Vec<Candidate<'_>>> = Vec::new();
        let mut steps = Vec::new();
        for node in flat {
            let Some((path, fetch)) = entity_fetch(node) else {
                steps.push(self.step(node));
                continue;
            };
            let group = groups.iter_mut().find(|group| {
                group[0].fetch.service == fetch.service
                    && group.iter().all(|other| agree(other.fetch, fetch))
            });
            match group {
                Some(group) => match group.iter_mut().find(|other| other.takes(fetch)) {
                    Some(same) => {
                        same.paths.push(path);
                        same.ids.extend(fetch.id);
                    }
                    None => group.push(Candidate::new(fetch, path)),
                },
                None => groups.push(vec![Candidate::new(fetch, path)]),
            }
        }
        for group in groups {
            steps.push(Step::Entities(self.entities(&group)));
        }
        if steps.len() == 1 {
            steps.remove(0)
        } else {
            Step::Parallel(steps)
        }
    }

    fn root(&mut self, fetch: &Fetch, path: &[PathElement]) -> RootFetch {
        RootFetch {
            template: self.template(
                &fetch.service,
                fetch.id.into_iter().collect(),
                &fetch.operation(),
                fetch.variables.iter().map(|one| one.name.clone()).collect(),
            ),
            shape: self.shape(fetch),
            path: self.path(path),
            response_keys: root_keys(&fetch.selections),
        }
    }

    fn entities(&mut self, group: &[Candidate<'_>]) -> EntityFetch {
        let is_single = group.len() == 1;
        let mut declared = Vec::new();
        let mut variables: Vec<&plan::Variable> = Vec::new();
        let mut body = String::new();
        let mut shape = Shape::default();
        let mut parts = Vec::new();
        let taken: Vec<_> = group.iter().flat_map(|one| &one.fetch.variables).collect();
        for (index, candidate) in group.iter().enumerate() {
            let fetch = candidate.fetch;
            let (mut variable, alias) = if is_single {
                ("representations".to_owned(), "_entities".to_owned())
            } else {
                (
                    format!("representations_{index}"),
                    format!("_entities_{index}"),
                )
            };
            while taken.iter().any(|known| known.name == variable) {
                variable.insert(0, '_');
            }
            declared.push(format!("${variable}:[_Any!]!"));
            for used in &candidate.fetch.variables {
                if !variables.contains(&used) {
                    variables.push(used);
                }
            }
            if !is_single {
                body.push_str(&alias);
                body.push(':');
            }
            let _ = write!(body, "_entities(representations:${variable})");
            plan::write_selections(&mut body, &fetch.selections);
            let key = self.keys.intern(&alias);
            shape.fields.push(ShapeField {
                name: alias.as_str().into(),
                key,
                child: Some(Arc::new(self.shape(fetch))),
            });
            parts.push(Part {
                variable,
                alias,
                key,
                ..self.entity_part(candidate)
            });
        }
        declared.extend(variables.iter().map(ToString::to_string));
        let operation = format!("query({}){{{body}}}", declared.join(","));
        let names = variables.iter().map(|one| one.name.clone()).collect();
        let ids = group.iter().flat_map(|one| one.ids.clone()).collect();
        EntityFetch {
            template: self.template(&group[0].fetch.service, ids, &operation, names),
            shape,
            parts,
        }
    }

    /// What one fetch asks about, without the names that it has in a request.
    fn entity_part(&mut self, candidate: &Candidate<'_>) -> Part {
        let Candidate { fetch, paths, .. } = candidate;
        Part {
            variable: String::new(),
            alias: String::new(),
            key: Key::TYPENAME,
            shares: paths.iter().all(|path| self.may_share(path)),
            paths: paths.iter().map(|path| self.path(path)).collect(),
            requires: self.requires(&fetch.requires, &fetch.input_rewrites),
        }
    }

    fn template(
        &self,
        service: &str,
        ids: Vec<u32>,
        operation: &str,
        variables: Vec<String>,
    ) -> Template {
        Template {
            ids,
            scope: self.scope,
            service: service.to_owned(),
            query: serde_json::Value::from(operation).to_string(),
            variables,
        }
    }

    fn path(&mut self, path: &[PathElement]) -> Path {
        path.iter()
            .map(|element| match element {
                PathElement::Key(key) => PathStep::Key(self.keys.intern(key)),
                PathElement::List => PathStep::List,
                PathElement::Types(types) => PathStep::Types(types.clone()),
            })
            .collect()
    }

    fn shape(&mut self, fetch: &Fetch) -> Shape {
        let mut shape = Shape::default();
        self.add_to_shape(&mut shape, &fetch.selections, &rename::renamed(fetch));
        shape
    }

    fn add_to_shape(
        &mut self,
        shape: &mut Shape,
        selections: &[Selection],
        renamed: &HashMap<&str, &str>,
    ) {
        for selection in selections {
            match selection {
                Selection::Inline(inline) => self.add_to_shape(shape, &inline.selections, renamed),
                Selection::Field(field) => {
                    let name = field.response_key();
                    let key = self.keys.intern(renamed.get(name).unwrap_or(&name));
                    let place = shape
                        .fields
                        .iter()
                        .position(|known| *known.name == *name)
                        .unwrap_or_else(|| {
                            shape.fields.push(ShapeField {
                                name: name.into(),
                                key,
                                child: None,
                            });
                            shape.fields.len() - 1
                        });
                    if !field.selections.is_empty() {
                        let child = shape.fields[place].child.get_or_insert_default();
                        let child = Arc::make_mut(child);
                        self.add_to_shape(child, &field.selections, renamed);
                    }
                }
            }
        }
    }
}

/// The names by which parts of a plan depend on fetches below a node.
fn collect_ids(node: &Node, ids: &mut Vec<u32>) {
    match node {
        Node::Sequence(nodes) | Node::Parallel(nodes) => {
            nodes.iter().for_each(|node| collect_ids(node, ids));
        }
        Node::Fetch(fetch) => ids.extend(fetch.id),
        Node::Flatten { node, .. } => collect_ids(node, ids),
        Node::Condition {
            if_clause,
            else_clause,
            ..
        } => {
            let clauses = [if_clause, else_clause];
            clauses
                .into_iter()
                .flatten()
                .for_each(|node| collect_ids(node, ids));
        }
        Node::Subscription { primary, rest } => {
            ids.extend(primary.id);
            rest.iter().for_each(|node| collect_ids(node, ids));
        }
        Node::Defer { primary, .. } => {
            primary.node.iter().for_each(|node| collect_ids(node, ids));
        }
    }
}

fn flatten_parallel<'p>(nodes: &'p [Node], flat: &mut Vec<&'p Node>) {
    for node in nodes {
        match node {
            Node::Parallel(inner) => flatten_parallel(inner, flat),
            other => flat.push(other),
        }
    }
}

fn entity_fetch(node: &Node) -> Option<(&[PathElement], &Fetch)> {
    match node {
        Node::Flatten { path, node } => match node.as_ref() {
            Node::Fetch(fetch) if fetch.is_entities() && fetch.contexts.is_empty() => {
                Some((path, fetch))
            }
            _ => None,
        },
        _ => None,
    }
}

fn agree(one: &Fetch, other: &Fetch) -> bool {
    one.variables.iter().all(|mine| {
        other
            .variables
            .iter()
            .all(|theirs| mine.name != theirs.name || mine == theirs)
    })
}

fn root_keys(selections: &[Selection]) -> Vec<String> {
    let mut keys = Vec::new();
    for selection in selections {
        match selection {
            Selection::Field(field) => keys.push(field.response_key().to_owned()),
            Selection::Inline(inline) => keys.extend(root_keys(&inline.selections)),
        }
    }
    keys
}
