//! From a plan to a program: request texts with only variables missing, response shapes, and entity fetches to the same
//! subgraph that may run together put into one request.

use std::{collections::HashMap, fmt::Write as _};

use federation::{
    Supergraph,
    plan::{self, Fetch, Node, PathElement, Plan, Rewrite, RewriteElement, Selection},
};

use super::{
    decode::{Shape, ShapeField},
    keys::Keys,
    program::{EntityFetch, Part, Path, PathStep, Program, Required, RootFetch, Step, Template},
};

/// Compiles a plan, interning the keys that it reads and writes.
pub(crate) fn compile(supergraph: &Supergraph, plan: &Plan, keys: &mut Keys) -> Program {
    let mut compiler = Compiler {
        supergraph,
        keys,
        renames: 0,
    };
    match &plan.node {
        Some(Node::Subscription { primary, rest }) => Program {
            primary: Some(compiler.root(primary, &[])),
            step: rest.as_deref().map(|rest| compiler.step(rest)),
        },
        Some(node) => Program {
            primary: None,
            step: Some(compiler.step(node)),
        },
        None => Program {
            primary: None,
            step: None,
        },
    }
}

struct Compiler<'a> {
    supergraph: &'a Supergraph,
    keys: &'a mut Keys,
    renames: usize,
}

/// An entity fetch that may share a request with others.
struct Candidate<'p> {
    fetch: &'p Fetch,
    paths: Vec<&'p [PathElement]>,
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
                Node::Fetch(fetch) if fetch.is_entities() => {
                    Step::Entities(self.entities(&[Candidate {
                        fetch,
                        paths: vec![path],
                    }]))
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
                let parts = deferred.iter().map(|part| part.node.as_deref());
                let nodes = std::iter::once(primary.node.as_deref()).chain(parts);
                Step::Sequence(nodes.flatten().map(|node| self.step(node)).collect())
            }
        }
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
                Some(group) => match group.iter_mut().find(|other| *other.fetch == *fetch) {
                    Some(same) => same.paths.push(path),
                    None => group.push(Candidate {
                        fetch,
                        paths: vec![path],
                    }),
                },
                None => groups.push(vec![Candidate {
                    fetch,
                    paths: vec![path],
                }]),
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
        let mut fetch = fetch.clone();
        let renamed = self.rename(&mut fetch);
        RootFetch {
            template: template(
                &fetch,
                &fetch.operation(),
                fetch.variables.iter().map(|one| one.name.clone()).collect(),
            ),
            shape: self.shape(&fetch.selections, &renamed),
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
        for (index, candidate) in group.iter().enumerate() {
            let mut fetch = candidate.fetch.clone();
            let renamed = self.rename(&mut fetch);
            let (variable, alias) = if is_single {
                ("representations".to_owned(), "_entities".to_owned())
            } else {
                (
                    format!("representations_{index}"),
                    format!("_entities_{index}"),
                )
            };
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
                child: Some(self.shape(&fetch.selections, &renamed)),
            });
            let paths = candidate.paths.iter().map(|path| self.path(path)).collect();
            let requires = self.requires(&fetch.requires, &fetch.input_rewrites);
            parts.push(Part {
                variable,
                alias,
                key,
                paths,
                requires,
            });
        }
        declared.extend(variables.iter().map(ToString::to_string));
        let operation = format!("query({}){{{body}}}", declared.join(","));
        let names = variables.iter().map(|one| one.name.clone()).collect();
        EntityFetch {
            template: template(group[0].fetch, &operation, names),
            shape,
            parts,
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

    /// Gives every field that is renamed an alias of its own, so that the answer's key alone says where it belongs.
    fn rename(&mut self, fetch: &mut Fetch) -> HashMap<String, String> {
        let mut renamed = HashMap::new();
        for rewrite in &fetch.output_rewrites {
            if let Rewrite::RenameKey { path, key } = rewrite {
                let alias = format!("_renamed_{}", self.renames);
                self.renames += 1;
                if realias(&mut fetch.selections, path, &alias) {
                    renamed.insert(alias, key.clone());
                }
            }
        }
        renamed
    }

    fn shape(&mut self, selections: &[Selection], renamed: &HashMap<String, String>) -> Shape {
        let mut shape = Shape::default();
        self.add_to_shape(&mut shape, selections, renamed);
        shape
    }

    fn add_to_shape(
        &mut self,
        shape: &mut Shape,
        selections: &[Selection],
        renamed: &HashMap<String, String>,
    ) {
        for selection in selections {
            match selection {
                Selection::Inline(inline) => self.add_to_shape(shape, &inline.selections, renamed),
                Selection::Field(field) => {
                    let name = field.response_key();
                    let key = self
                        .keys
                        .intern(renamed.get(name).map_or(name, String::as_str));
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
                        self.add_to_shape(child, &field.selections, renamed);
                    }
                }
            }
        }
    }

    fn requires(&mut self, selections: &[Selection], rewrites: &[Rewrite]) -> Vec<Required> {
        selections
            .iter()
            .map(|selection| match selection {
                Selection::Field(field) => Required::Field {
                    key: self.keys.intern(&field.name),
                    name: field.response_key().to_owned(),
                    value: None,
                    children: self.requires(&field.selections, &[]),
                },
                Selection::Inline(inline) => {
                    let mut children = self.requires(&inline.selections, &[]);
                    for rewrite in rewrites {
                        self.set_value(rewrite, &inline.type_condition, &mut children);
                    }
                    Required::On {
                        type_name: inline.type_condition.clone(),
                        children,
                    }
                }
            })
            .collect()
    }

    /// An interface object's subgraph knows its entities by the interface's name.
    fn set_value(&self, rewrite: &Rewrite, type_condition: &str, children: &mut [Required]) {
        let Rewrite::SetValue { path, value: new } = rewrite else {
            return;
        };
        let [RewriteElement::Types(types), RewriteElement::Key(target)] = path.as_slice() else {
            return;
        };
        let applies = types.iter().any(|one| {
            one == type_condition || self.supergraph.schema().is_subtype(one, type_condition)
        });
        for child in children {
            if let Required::Field { name, value, .. } = child
                && applies
                && name == target
            {
                *value = Some(new.clone());
            }
        }
    }
}

fn template(fetch: &Fetch, operation: &str, variables: Vec<String>) -> Template {
    Template {
        service: fetch.service.clone(),
        query: serde_json::Value::from(operation).to_string(),
        variables,
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
            Node::Fetch(fetch) if fetch.is_entities() => Some((path, fetch)),
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

/// Finds the field at a rewrite's path and changes its alias.
fn realias(selections: &mut [Selection], path: &[RewriteElement], alias: &str) -> bool {
    let mut found = false;
    for selection in selections {
        match (selection, path) {
            (Selection::Field(field), [RewriteElement::Key(key)])
                if field.response_key() == key =>
            {
                field.alias = Some(alias.to_owned());
                found = true;
            }
            (Selection::Field(field), [RewriteElement::Key(key), rest @ ..])
                if field.response_key() == key =>
            {
                found |= realias(&mut field.selections, rest, alias);
            }
            (Selection::Inline(inline), [RewriteElement::Types(types), rest @ ..])
                if types.contains(&inline.type_condition) =>
            {
                found |= realias(&mut inline.selections, rest, alias);
            }
            (Selection::Inline(inline), [RewriteElement::Key(_), ..]) => {
                found |= realias(&mut inline.selections, path, alias);
            }
            _ => {}
        }
    }
    found
}
