//! Query plans: which subgraph is asked what, in which order, and where its answer goes.
//!
//! The nodes are Apollo's, so that a plan prints as Apollo's query-plan JSON ([`Plan::to_json`]) and Apollo's tools read
//! it. What a plan does not say is how a response looks to the client: that follows from the client's operation.

use std::{
    collections::BTreeSet,
    fmt::{self, Write as _},
};

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperationKind {
    /// Reads.
    Query,
    /// Writes, root field after root field.
    Mutation,
    /// Reads again on every event.
    Subscription,
}

impl OperationKind {
    /// GraphQL's keyword.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
        }
    }
}

/// How one operation is answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What the operation does.
    pub kind: OperationKind,
    /// Nothing, when no subgraph has to be asked.
    pub node: Option<Node>,
}

impl Plan {
    /// The subgraphs that it asks, by name.
    pub fn services(&self) -> BTreeSet<&str> {
        let mut services = BTreeSet::new();
        let mut open: Vec<&Node> = self.node.iter().collect();
        while let Some(node) = open.pop() {
            match node {
                Node::Sequence(nodes) | Node::Parallel(nodes) => open.extend(nodes),
                Node::Fetch(fetch) => {
                    services.insert(fetch.service.as_str());
                }
                Node::Flatten { node, .. } => open.push(node),
                Node::Condition {
                    if_clause,
                    else_clause,
                    ..
                } => open.extend(
                    [if_clause, else_clause]
                        .into_iter()
                        .flatten()
                        .map(|one| &**one),
                ),
                Node::Subscription { primary, rest } => {
                    services.insert(primary.service.as_str());
                    open.extend(rest.iter().map(|one| &**one));
                }
                Node::Defer { primary, deferred } => {
                    let deferred = deferred.iter().filter_map(|one| one.node.as_ref());
                    open.extend(primary.node.iter().chain(deferred).map(|one| &**one));
                }
            }
        }
        services
    }
}

/// A step of a plan.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// One after the other.
    Sequence(Vec<Node>),
    /// In any order.
    Parallel(Vec<Node>),
    /// Ask a subgraph.
    Fetch(Box<Fetch>),
    /// Ask about the objects at a path.
    Flatten {
        /// Where they are in the response so far.
        path: Vec<PathElement>,
        /// An entity fetch.
        node: Box<Node>,
    },
    /// Depends on a Boolean variable.
    Condition {
        /// The variable, without `$`.
        variable: String,
        /// When it is true.
        if_clause: Option<Box<Node>>,
        /// When it is false.
        else_clause: Option<Box<Node>>,
    },
    /// Listen to a subgraph.
    Subscription {
        /// What is listened to.
        primary: Box<Fetch>,
        /// What is asked on every event.
        rest: Option<Box<Node>>,
    },
    /// Answers in parts (`@defer`): first `primary`, then each of `deferred` as soon as its node is done.
    Defer {
        /// What the first response holds.
        primary: Primary,
        /// What follows it.
        deferred: Vec<Deferred>,
    },
}

/// What a deferred plan answers first.
#[derive(Debug, Clone, PartialEq)]
pub struct Primary {
    /// The client's selections without those that are deferred.
    pub selections: Vec<Selection>,
    /// Nothing, when everything is deferred.
    pub node: Option<Box<Node>>,
}

/// What a deferred plan answers later: all fragments of one label at one place. The label and the path, without its type
/// conditions, tell one from another.
#[derive(Debug, Clone, PartialEq)]
pub struct Deferred {
    /// The fetches (by [`Fetch::id`]) of the plan around it that have to be answered before `node` begins; none: only
    /// what encloses this plan.
    pub depends: Vec<u32>,
    /// `@defer(label:)`.
    pub label: Option<String>,
    /// Where the fragments' parent objects are in the response.
    pub path: Vec<PathElement>,
    /// What the fragments select, in the client's words.
    pub selections: Vec<Selection>,
    /// What has to be asked; nothing, when `primary` has asked already. May itself be a [`Node::Defer`].
    pub node: Option<Box<Node>>,
}

/// A step into a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathElement {
    /// Into an object's entry.
    Key(String),
    /// Into every item of a list.
    List,
    /// Only objects of these types.
    Types(Vec<String>),
}

/// One request to one subgraph.
#[derive(Debug, Clone, PartialEq)]
pub struct Fetch {
    /// What a [`Deferred::depends`] calls it.
    pub id: Option<u32>,
    /// The subgraph's name.
    pub service: String,
    /// What the request does there.
    pub kind: OperationKind,
    /// The client's variables that it uses.
    pub variables: Vec<Variable>,
    /// What an entity fetch sends for each object: a projection of the response, in which a field's name is its key in the
    /// response so far and its alias, if any, its key in the representation. Empty: this is a fetch of root fields.
    pub requires: Vec<Selection>,
    /// What is asked: of the root, or of each entity.
    pub selections: Vec<Selection>,
    /// Values of enclosing objects that it sends as variables (`@fromContext`). Objects with different values cannot share
    /// a request's field.
    pub contexts: Vec<ContextArgument>,
    /// Changes to each representation before it is sent.
    pub input_rewrites: Vec<Rewrite>,
    /// Changes to the answer before it is merged.
    pub output_rewrites: Vec<Rewrite>,
}

/// A variable's declaration.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    /// Without `$`.
    pub name: String,
    /// As GraphQL text.
    pub ty: String,
    /// As GraphQL text.
    pub default: Option<String>,
}

/// A variable whose value is found in an object that encloses the fetch's entities.
#[derive(Debug, Clone, PartialEq)]
pub struct ContextArgument {
    /// What the fetch's operation calls it. Its default is none, and it is no variable of the client's.
    pub variable: Variable,
    /// Where the enclosing object is: so many of the first elements of the path of the flatten around the fetch.
    pub depth: usize,
    /// The way from that object to the value: one field with at most one field below it, and so on; several inline
    /// fragments, when it depends on the object's type. A field's name is its key in the response.
    pub selections: Vec<Selection>,
}

/// A selected field or inline fragment.
#[derive(Debug, Clone, PartialEq)]
pub enum Selection {
    /// A field.
    Field(Field),
    /// A fragment on a type.
    Inline(Inline),
}

/// A selected field.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Field {
    /// In the subgraph's schema.
    pub name: String,
    /// In the answer, where it differs.
    pub alias: Option<String>,
    /// Names and values, as GraphQL text.
    pub arguments: Vec<(String, String)>,
    /// `@skip` and `@include`.
    pub conditions: Conditions,
    /// Below it.
    pub selections: Vec<Selection>,
}

impl Field {
    /// The entry of the answer that it fills.
    pub fn response_key(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }
}

/// An inline fragment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Inline {
    /// The type that it applies to.
    pub type_condition: String,
    /// `@skip` and `@include`.
    pub conditions: Conditions,
    /// What it selects.
    pub selections: Vec<Selection>,
}

/// `@skip` and `@include` with a variable.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conditions {
    /// Leave out when this variable is true.
    pub skip: Option<String>,
    /// Leave out when this variable is false.
    pub include: Option<String>,
}

/// A change to an answer or to a representation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rewrite {
    /// Overwrite a value.
    SetValue {
        /// Where.
        path: Vec<RewriteElement>,
        /// With which string.
        value: String,
    },
    /// Move an entry to another key.
    RenameKey {
        /// Which entry.
        path: Vec<RewriteElement>,
        /// Its new key.
        key: String,
    },
}

/// A step into what is rewritten; lists are entered silently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RewriteElement {
    /// Into an object's entry.
    Key(String),
    /// Only objects of these types.
    Types(Vec<String>),
}

impl Fetch {
    /// Whether it resolves entities, rather than root fields.
    pub fn is_entities(&self) -> bool {
        !self.requires.is_empty()
    }

    /// A name for a variable of its own, like this one, that none of the client's variables has.
    pub fn free_variable(&self, like: &str) -> String {
        let mut name = like.to_owned();
        while self.variables.iter().any(|known| known.name == name) {
            name.insert(0, '_');
        }
        name
    }

    /// The request's document.
    pub fn operation(&self) -> String {
        let mut variables = Vec::new();
        let representations = self.free_variable("representations");
        if self.is_entities() {
            variables.push(format!("${representations}:[_Any!]!"));
        }
        variables.extend(self.variables.iter().map(Variable::to_string));
        variables.extend(self.contexts.iter().map(|one| one.variable.to_string()));
        let mut text = self.kind.as_str().to_owned();
        if !variables.is_empty() {
            let _ = write!(text, "({})", variables.join(","));
        }
        if self.is_entities() {
            let _ = write!(text, "{{_entities(representations:${representations})");
            write_selections(&mut text, &self.selections);
            text.push('}');
        } else {
            write_selections(&mut text, &self.selections);
        }
        text
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}:{}", self.name, self.ty)?;
        self.default
            .as_ref()
            .map_or(Ok(()), |default| write!(f, "={default}"))
    }
}

/// Appends `{…}` as compact GraphQL text.
pub fn write_selections(text: &mut String, selections: &[Selection]) {
    text.push('{');
    for (index, selection) in selections.iter().enumerate() {
        if index > 0 {
            text.push(' ');
        }
        match selection {
            Selection::Field(field) => write_field(text, field),
            Selection::Inline(inline) => {
                let _ = write!(text, "...on {}", inline.type_condition);
                write_conditions(text, &inline.conditions);
                write_selections(text, &inline.selections);
            }
        }
    }
    text.push('}');
}

fn write_field(text: &mut String, field: &Field) {
    if let Some(alias) = &field.alias {
        let _ = write!(text, "{alias}:");
    }
    text.push_str(&field.name);
    if !field.arguments.is_empty() {
        let arguments: Vec<_> = field
            .arguments
            .iter()
            .map(|(name, value)| format!("{name}:{value}"))
            .collect();
        let _ = write!(text, "({})", arguments.join(","));
    }
    write_conditions(text, &field.conditions);
    if !field.selections.is_empty() {
        write_selections(text, &field.selections);
    }
}

fn write_conditions(text: &mut String, conditions: &Conditions) {
    if let Some(variable) = &conditions.skip {
        let _ = write!(text, "@skip(if:${variable})");
    }
    if let Some(variable) = &conditions.include {
        let _ = write!(text, "@include(if:${variable})");
    }
}
