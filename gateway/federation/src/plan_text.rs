//! Plans as text, for people: Apollo's notation, with what that leaves out (variables, rewrites, contexts) written in.

use std::fmt::Write as _;

use crate::plan::{
    Conditions, ContextArgument, Deferred, Fetch, Field, Node, OperationKind, PathElement, Plan,
    Primary, Rewrite, RewriteElement, Selection, Variable,
};
use crate::plan_json::flatten_path;

impl Plan {
    /// The plan for reading: `QueryPlan { Sequence { Fetch(service: "products") { … } … } }`, indented, without a line
    /// break at the end.
    pub fn to_text(&self) -> String {
        let Some(root) = &self.node else {
            return "QueryPlan {}".to_owned();
        };
        let mut text = Text::default();
        text.block("QueryPlan {", "}", |text| text.node(root));
        text.lines
    }
}

/// Lines, each behind the indentation of its block.
#[derive(Default)]
struct Text {
    lines: String,
    depth: usize,
    /// The path of the flatten around what is printed.
    at: Vec<PathElement>,
}

impl Text {
    fn line(&mut self, line: &str) {
        if !self.lines.is_empty() {
            self.lines.push('\n');
        }
        for _ in 0..self.depth {
            self.lines.push_str("  ");
        }
        self.lines.push_str(line);
    }

    fn block(&mut self, open: &str, close: &str, body: impl FnOnce(&mut Self)) {
        self.line(open);
        self.depth += 1;
        body(self);
        self.depth -= 1;
        self.line(close);
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::Sequence(nodes) => self.nodes("Sequence {", nodes),
            Node::Parallel(nodes) => self.nodes("Parallel {", nodes),
            Node::Fetch(fetch) => self.fetch(fetch),
            Node::Flatten { path, node } => {
                let open = format!("Flatten(path: \"{}\") {{", flatten_path(path).join("."));
                let around = std::mem::replace(&mut self.at, path.clone());
                self.block(&open, "}", |text| text.node(node));
                self.at = around;
            }
            Node::Condition {
                variable,
                if_clause,
                else_clause,
            } => self.condition(variable, if_clause.as_deref(), else_clause.as_deref()),
            Node::Subscription { primary, rest } => self.block("Subscription {", "}", |text| {
                text.block("Primary: {", "}", |text| text.fetch(primary));
                if let Some(rest) = rest {
                    text.block("Rest: {", "}", |text| text.node(rest));
                }
            }),
            Node::Defer { primary, deferred } => self.block("Defer {", "}", |text| {
                text.primary(primary);
                text.block("[", "]", |text| {
                    for part in deferred {
                        text.deferred(part);
                    }
                });
            }),
        }
    }

    fn nodes(&mut self, open: &str, nodes: &[Node]) {
        self.block(open, "}", |text| {
            for node in nodes {
                text.node(node);
            }
        });
    }

    fn condition(&mut self, variable: &str, then: Option<&Node>, otherwise: Option<&Node>) {
        match (then, otherwise) {
            (Some(then), None) => {
                let open = format!("Include(if: ${variable}) {{");
                self.block(&open, "}", |text| text.node(then));
            }
            (None, Some(otherwise)) => {
                let open = format!("Skip(if: ${variable}) {{");
                self.block(&open, "}", |text| text.node(otherwise));
            }
            (then, otherwise) => {
                let open = format!("Condition(if: ${variable}) {{");
                self.block(&open, "}", |text| {
                    for (open, clause) in [("Then {", then), ("Else {", otherwise)] {
                        if let Some(node) = clause {
                            text.block(open, "}", |text| text.node(node));
                        }
                    }
                });
            }
        }
    }

    fn primary(&mut self, primary: &Primary) {
        self.block("Primary {", "}", |text| {
            text.part(&primary.selections, primary.node.as_deref());
        });
    }

    fn deferred(&mut self, part: &Deferred) {
        let depends: Vec<_> = part.depends.iter().map(u32::to_string).collect();
        let mut open = format!(
            "Deferred(depends: [{}], path: \"{}\"",
            depends.join(", "),
            flatten_path(&part.path).join(".")
        );
        if let Some(label) = &part.label {
            let _ = write!(open, ", label: \"{label}\"");
        }
        open.push_str(") {");
        self.block(&open, "}", |text| {
            text.part(&part.selections, part.node.as_deref());
        });
    }

    /// What is delivered, then how it is found out.
    fn part(&mut self, selections: &[Selection], node: Option<&Node>) {
        let close = if node.is_some() { "}:" } else { "}" };
        if !selections.is_empty() {
            self.block("{", close, |text| text.selections(selections, &no_arrow));
        }
        if let Some(node) = node {
            self.node(node);
        }
    }

    fn fetch(&mut self, fetch: &Fetch) {
        let mut open = format!("Fetch(service: \"{}\"", fetch.service);
        if let Some(id) = fetch.id {
            let _ = write!(open, ", id: {id}");
        }
        open.push_str(") {");
        self.block(&open, "}", |text| {
            if fetch.is_entities() {
                text.block("{", "} =>", |text| {
                    text.selections(&fetch.requires, &arrow);
                });
            }
            for rewrite in &fetch.input_rewrites {
                text.rewrite(rewrite);
            }
            for context in &fetch.contexts {
                text.context(context);
            }
            text.block(&header(fetch), "}", |text| {
                text.selections(&fetch.selections, &no_arrow);
            });
            for rewrite in &fetch.output_rewrites {
                text.rewrite(rewrite);
            }
        });
    }

    fn context(&mut self, context: &ContextArgument) {
        let path = self.at.get(..context.depth).unwrap_or(&self.at);
        let open = format!(
            "${} = \"{}\" {{",
            context.variable.name,
            flatten_path(path).join(".")
        );
        self.block(&open, "}", |text| {
            text.selections(&context.selections, &no_arrow);
        });
    }

    fn rewrite(&mut self, rewrite: &Rewrite) {
        match rewrite {
            Rewrite::SetValue { path, value } => {
                self.line(&format!("set {} to \"{value}\"", rewrite_path(path)));
            }
            Rewrite::RenameKey { path, key } => {
                self.line(&format!("rename {} to {key}", rewrite_path(path)));
            }
        }
    }

    fn selections(&mut self, selections: &[Selection], name: &dyn Fn(&Field) -> String) {
        for selection in selections {
            let (mut line, below) = match selection {
                Selection::Field(field) => (field_line(field, name(field)), &field.selections),
                Selection::Inline(inline) => {
                    let mut line = format!("... on {}", inline.type_condition);
                    write_conditions(&mut line, &inline.conditions);
                    (line, &inline.selections)
                }
            };
            if below.is_empty() && matches!(selection, Selection::Field(_)) {
                self.line(&line);
            } else {
                line.push_str(" {");
                self.block(&line, "}", |text| text.selections(below, name));
            }
        }
    }
}

/// A selection's name in GraphQL.
fn no_arrow(field: &Field) -> String {
    match &field.alias {
        Some(alias) => format!("{alias}: {}", field.name),
        None => field.name.clone(),
    }
}

/// In `requires` name and alias are two keys: where the value is, and where it goes to.
fn arrow(field: &Field) -> String {
    match &field.alias {
        Some(alias) => format!("{} => {alias}", field.name),
        None => field.name.clone(),
    }
}

/// GraphQL's shorthand for a query without variables, else the operation's keyword and the client's variables.
fn header(fetch: &Fetch) -> String {
    let variables = fetch
        .variables
        .iter()
        .chain(fetch.contexts.iter().map(|context| &context.variable));
    let variables: Vec<_> = variables.map(variable).collect();
    match (fetch.kind, variables.as_slice()) {
        (OperationKind::Query, []) => "{".to_owned(),
        (kind, []) => format!("{} {{", kind.as_str()),
        (kind, some) => format!("{}({}) {{", kind.as_str(), some.join(", ")),
    }
}

fn variable(one: &Variable) -> String {
    match &one.default {
        Some(default) => format!("${}: {} = {default}", one.name, one.ty),
        None => format!("${}: {}", one.name, one.ty),
    }
}

fn field_line(field: &Field, name: String) -> String {
    let mut line = name;
    if !field.arguments.is_empty() {
        let arguments: Vec<_> = field
            .arguments
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        let _ = write!(line, "({})", arguments.join(", "));
    }
    write_conditions(&mut line, &field.conditions);
    line
}

fn write_conditions(line: &mut String, conditions: &Conditions) {
    if let Some(variable) = &conditions.skip {
        let _ = write!(line, " @skip(if: ${variable})");
    }
    if let Some(variable) = &conditions.include {
        let _ = write!(line, " @include(if: ${variable})");
    }
}

fn rewrite_path(path: &[RewriteElement]) -> String {
    let mut text = String::new();
    for element in path {
        match element {
            RewriteElement::Key(key) => {
                let dot = if text.is_empty() { "" } else { "." };
                let _ = write!(text, "{dot}{key}");
            }
            RewriteElement::Types(types) => {
                let _ = write!(text, "|[{}]", types.join(","));
            }
        }
    }
    text
}
