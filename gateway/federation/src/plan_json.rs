//! Plans as Apollo's query-plan JSON.

use serde_json::{Map, Value, json};

use crate::plan::{
    ContextArgument, Deferred, Fetch, Field, Node, PathElement, Plan, Rewrite, RewriteElement,
    Selection, write_selections,
};

impl Plan {
    /// The plan as Apollo prints it: `{"kind": "QueryPlan", "node": …}`.
    pub fn to_json(&self) -> Value {
        let mut plan = Map::from_iter([("kind".to_owned(), json!("QueryPlan"))]);
        if let Some(root) = &self.node {
            plan.insert("node".into(), node(root, &[]));
        }
        Value::Object(plan)
    }
}

/// Prints a node; `at` is the path of the flatten around it.
fn node(value: &Node, at: &[PathElement]) -> Value {
    let all = |nodes: &[Node]| -> Vec<_> { nodes.iter().map(|one| node(one, at)).collect() };
    match value {
        Node::Sequence(nodes) => json!({"kind": "Sequence", "nodes": all(nodes)}),
        Node::Parallel(nodes) => json!({"kind": "Parallel", "nodes": all(nodes)}),
        Node::Fetch(one) => fetch(one, at),
        Node::Flatten { path, node: inner } => {
            json!({"kind": "Flatten", "path": flatten_path(path), "node": node(inner, path)})
        }
        Node::Condition {
            variable,
            if_clause,
            else_clause,
        } => {
            let mut entries = Map::new();
            entries.insert("kind".into(), json!("Condition"));
            entries.insert("condition".into(), json!(variable));
            for (key, clause) in [("ifClause", if_clause), ("elseClause", else_clause)] {
                if let Some(clause) = clause {
                    entries.insert(key.into(), node(clause, at));
                }
            }
            Value::Object(entries)
        }
        Node::Subscription { primary, rest } => {
            let mut entries = Map::new();
            entries.insert("kind".into(), json!("Subscription"));
            entries.insert("primary".into(), fetch(primary, at));
            if let Some(rest) = rest {
                entries.insert("rest".into(), node(rest, at));
            }
            Value::Object(entries)
        }
        Node::Defer { primary, deferred } => {
            let mut first = Map::new();
            first.insert("subselection".into(), json!(text(&primary.selections)));
            if let Some(inner) = &primary.node {
                first.insert("node".into(), node(inner, at));
            }
            let deferred: Vec<_> = deferred
                .iter()
                .map(|part| deferred_part(part, at))
                .collect();
            json!({"kind": "Defer", "primary": first, "deferred": deferred})
        }
    }
}

fn deferred_part(part: &Deferred, at: &[PathElement]) -> Value {
    let depends: Vec<_> = part
        .depends
        .iter()
        .map(|id| json!({"id": id.to_string()}))
        .collect();
    let mut entries = Map::new();
    entries.insert("depends".into(), json!(depends));
    if let Some(label) = &part.label {
        entries.insert("label".into(), json!(label));
    }
    entries.insert("queryPath".into(), json!(flatten_path(&part.path)));
    entries.insert("subselection".into(), json!(text(&part.selections)));
    if let Some(inner) = &part.node {
        entries.insert("node".into(), node(inner, at));
    }
    Value::Object(entries)
}

fn text(selections: &[Selection]) -> String {
    let mut text = String::new();
    if !selections.is_empty() {
        write_selections(&mut text, selections);
    }
    text
}

fn fetch(fetch: &Fetch, at: &[PathElement]) -> Value {
    let mut entries = Map::new();
    entries.insert("kind".into(), json!("Fetch"));
    if let Some(id) = fetch.id {
        entries.insert("id".into(), json!(id.to_string()));
    }
    entries.insert("serviceName".into(), json!(fetch.service));
    // Keys are renamed before `__typename` changes, as the paths name the types that the response has.
    let mut input_rewrites = Vec::new();
    if fetch.is_entities() {
        let printed = requires(&fetch.requires, &[], &mut input_rewrites);
        entries.insert("requires".into(), printed);
    }
    input_rewrites.extend(fetch.input_rewrites.iter().map(rewrite));
    let usages: Vec<_> = fetch
        .variables
        .iter()
        .map(|variable| variable.name.as_str())
        .collect();
    entries.insert("variableUsages".into(), json!(usages));
    entries.insert("operation".into(), json!(fetch.operation()));
    entries.insert("operationKind".into(), json!(fetch.kind.as_str()));
    let output_rewrites = fetch.output_rewrites.iter().map(rewrite).collect();
    let context_rewrites = fetch
        .contexts
        .iter()
        .flat_map(|context| context_rewrites(context, at))
        .collect();
    for (key, rewrites) in [
        ("inputRewrites", input_rewrites),
        ("outputRewrites", output_rewrites),
        ("contextRewrites", context_rewrites),
    ] {
        if !rewrites.is_empty() {
            entries.insert(key.into(), Value::Array(rewrites));
        }
    }
    Value::Object(entries)
}

/// Apollo projects a representation with the keys of the response so far, and gives each value its name in the subgraph
/// afterwards: so the alias is the key in the response, and a key renamer takes it away.
fn requires(all: &[Selection], path: &[String], rewrites: &mut Vec<Value>) -> Value {
    // A renamed entry must not land on one that still has to be renamed away.
    let mut renamed: Vec<&Field> = all
        .iter()
        .filter_map(|selection| match selection {
            Selection::Field(field) if field.alias.is_some() => Some(field),
            _ => None,
        })
        .collect();
    while !renamed.is_empty() {
        let free = renamed.iter().position(|field| {
            let taken = |other: &&Field| other.name == field.response_key();
            !renamed.iter().any(taken)
        });
        let field = renamed.remove(free.unwrap_or(0));
        rewrites.push(json!({
            "kind": "KeyRenamer",
            "path": joined(path, &field.name),
            "renameKeyTo": field.response_key(),
        }));
    }
    all.iter()
        .map(|selection| match selection {
            Selection::Field(field) => {
                let mut entries = Map::from_iter([("kind".to_owned(), json!("Field"))]);
                if field.alias.is_some() {
                    entries.insert("alias".into(), json!(field.name));
                }
                let key = field.response_key();
                entries.insert("name".into(), json!(key));
                if !field.selections.is_empty() {
                    let below = requires(&field.selections, &joined(path, key), rewrites);
                    entries.insert("selections".into(), below);
                }
                Value::Object(entries)
            }
            Selection::Inline(inline) => {
                let path = joined(path, &format!("... on {}", inline.type_condition));
                json!({
                    "kind": "InlineFragment",
                    "typeCondition": inline.type_condition,
                    "selections": requires(&inline.selections, &path, rewrites),
                })
            }
        })
        .collect()
}

/// One renamer for each way to the value: `..` for each entry between the entity and the object that holds it (Apollo
/// does not count lists), then the way down.
fn context_rewrites(context: &ContextArgument, at: &[PathElement]) -> Vec<Value> {
    let between = at.get(context.depth..).unwrap_or_default();
    let up: Vec<String> = between
        .iter()
        .filter(|element| matches!(element, PathElement::Key(_)))
        .map(|_| "..".to_owned())
        .collect();
    let mut ways = Vec::new();
    ways_down(&context.selections, &up, &mut ways);
    ways.iter()
        .map(|path| {
            json!({"kind": "KeyRenamer", "path": path, "renameKeyTo": context.variable.name})
        })
        .collect()
}

fn ways_down(selections: &[Selection], path: &[String], ways: &mut Vec<Vec<String>>) {
    for selection in selections {
        match selection {
            Selection::Field(field) if field.selections.is_empty() => {
                ways.push(joined(path, field.response_key()));
            }
            Selection::Field(field) => {
                ways_down(&field.selections, &joined(path, field.response_key()), ways);
            }
            Selection::Inline(inline) => {
                let path = joined(path, &format!("... on {}", inline.type_condition));
                ways_down(&inline.selections, &path, ways);
            }
        }
    }
}

fn joined(path: &[String], next: &str) -> Vec<String> {
    let mut joined = path.to_vec();
    joined.push(next.to_owned());
    joined
}

/// Apollo writes type conditions behind the element that they narrow: `product|[Book,Magazine]`.
pub(crate) fn flatten_path(path: &[PathElement]) -> Vec<String> {
    let mut printed: Vec<String> = Vec::new();
    for element in path {
        match element {
            PathElement::Key(key) => printed.push(key.clone()),
            PathElement::List => printed.push("@".to_owned()),
            PathElement::Types(types) => {
                let suffix = format!("|[{}]", types.join(","));
                match printed.last_mut() {
                    Some(last) => last.push_str(&suffix),
                    None => printed.push(suffix),
                }
            }
        }
    }
    printed
}

fn rewrite(value: &Rewrite) -> Value {
    match value {
        Rewrite::SetValue { path, value } => {
            json!({"kind": "ValueSetter", "path": rewrite_path(path), "setValueTo": value})
        }
        Rewrite::RenameKey { path, key } => {
            json!({"kind": "KeyRenamer", "path": rewrite_path(path), "renameKeyTo": key})
        }
    }
}

fn rewrite_path(path: &[RewriteElement]) -> Vec<String> {
    path.iter()
        .map(|element| match element {
            RewriteElement::Key(key) => key.clone(),
            RewriteElement::Types(types) => format!("... on {}", types.join(" | ")),
        })
        .collect()
}
