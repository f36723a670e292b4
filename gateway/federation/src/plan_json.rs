//! Plans as Apollo's query-plan JSON.

use serde_json::{Map, Value, json};

use crate::plan::{
    Deferred, Fetch, Node, PathElement, Plan, Rewrite, RewriteElement, Selection, write_selections,
};

impl Plan {
    /// The plan as Apollo prints it: `{"kind": "QueryPlan", "node": …}`.
    pub fn to_json(&self) -> Value {
        let mut plan = Map::from_iter([("kind".to_owned(), json!("QueryPlan"))]);
        if let Some(root) = &self.node {
            plan.insert("node".into(), node(root));
        }
        Value::Object(plan)
    }
}

fn node(value: &Node) -> Value {
    match value {
        Node::Sequence(nodes) => {
            json!({"kind": "Sequence", "nodes": nodes.iter().map(node).collect::<Vec<_>>()})
        }
        Node::Parallel(nodes) => {
            json!({"kind": "Parallel", "nodes": nodes.iter().map(node).collect::<Vec<_>>()})
        }
        Node::Fetch(one) => fetch(one),
        Node::Flatten { path, node: inner } => {
            json!({"kind": "Flatten", "path": flatten_path(path), "node": node(inner)})
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
                    entries.insert(key.into(), node(clause));
                }
            }
            Value::Object(entries)
        }
        Node::Subscription { primary, rest } => {
            let mut entries = Map::new();
            entries.insert("kind".into(), json!("Subscription"));
            entries.insert("primary".into(), fetch(primary));
            if let Some(rest) = rest {
                entries.insert("rest".into(), node(rest));
            }
            Value::Object(entries)
        }
        Node::Defer { primary, deferred } => {
            let mut first = Map::new();
            first.insert("subselection".into(), json!(text(&primary.selections)));
            if let Some(inner) = &primary.node {
                first.insert("node".into(), node(inner));
            }
            let deferred: Vec<_> = deferred.iter().map(deferred_part).collect();
            json!({"kind": "Defer", "primary": first, "deferred": deferred})
        }
    }
}

fn deferred_part(part: &Deferred) -> Value {
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
        entries.insert("node".into(), node(inner));
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

fn fetch(fetch: &Fetch) -> Value {
    let mut entries = Map::new();
    entries.insert("kind".into(), json!("Fetch"));
    if let Some(id) = fetch.id {
        entries.insert("id".into(), json!(id.to_string()));
    }
    entries.insert("serviceName".into(), json!(fetch.service));
    if fetch.is_entities() {
        entries.insert("requires".into(), selections(&fetch.requires));
    }
    let usages: Vec<_> = fetch
        .variables
        .iter()
        .map(|variable| variable.name.as_str())
        .collect();
    entries.insert("variableUsages".into(), json!(usages));
    entries.insert("operation".into(), json!(fetch.operation()));
    entries.insert("operationKind".into(), json!(fetch.kind.as_str()));
    for (key, rewrites) in [
        ("inputRewrites", &fetch.input_rewrites),
        ("outputRewrites", &fetch.output_rewrites),
    ] {
        if !rewrites.is_empty() {
            entries.insert(key.into(), rewrites.iter().map(rewrite).collect());
        }
    }
    Value::Object(entries)
}

fn selections(all: &[Selection]) -> Value {
    all.iter()
        .map(|selection| match selection {
            Selection::Field(field) => {
                let mut entries = Map::from_iter([("kind".to_owned(), json!("Field"))]);
                if let Some(alias) = &field.alias {
                    entries.insert("alias".into(), json!(alias));
                }
                entries.insert("name".into(), json!(field.name));
                if !field.selections.is_empty() {
                    entries.insert("selections".into(), selections(&field.selections));
                }
                Value::Object(entries)
            }
            Selection::Inline(inline) => json!({
                "kind": "InlineFragment",
                "typeCondition": inline.type_condition,
                "selections": selections(&inline.selections),
            }),
        })
        .collect()
}

/// Apollo writes type conditions behind the element that they narrow: `product|[Book,Magazine]`.
fn flatten_path(path: &[PathElement]) -> Vec<String> {
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
