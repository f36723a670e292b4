//! `@join__type`, `@join__implements` and `@join__field`: which subgraphs have and resolve what.
//!
//! Sources: the join specification, v0.3 to v0.5 (<https://specs.apollo.dev/join/v0.3/>).

use apollo_compiler::{
    Name, Node,
    ast::{Argument, Directive, Value},
    name,
};

use super::{
    Merger,
    arguments::is_contextual,
    fields::{FieldSource, FieldSources},
    objects::{Composite, Part},
    overrides::{Overridden, Overrides, Standing},
};
use crate::compose::subgraph::{FederationVersion, Key, Subgraph, contextual_arguments};

/// A directive that is made argument by argument.
pub(super) struct Maker(Directive);

impl Maker {
    /// Without arguments yet.
    pub(super) fn new(name: Name) -> Self {
        Self(Directive {
            name,
            arguments: Vec::new(),
        })
    }

    /// With a `graph`.
    pub(super) fn of(name: Name, subgraph: &Subgraph) -> Self {
        Self::new(name).argument(name!("graph"), Value::Enum(subgraph.graph.clone()))
    }

    pub(super) fn argument(mut self, name: Name, value: Value) -> Self {
        let value = Node::new(value);
        self.0.arguments.push(Node::new(Argument { name, value }));
        self
    }

    /// A string, if there is one.
    pub(super) fn text(self, name: Name, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.argument(name, Value::String(value.to_owned())),
            None => self,
        }
    }

    /// A flag, left out if it is off.
    pub(super) fn flag(self, name: Name, value: bool) -> Self {
        if value {
            self.argument(name, Value::Boolean(true))
        } else {
            self
        }
    }

    pub(super) fn make(self) -> Node<Directive> {
        Node::new(self.0)
    }
}

/// The `@join__implements` and `@join__type` of an object type or interface.
pub(super) fn of_type(composite: &Composite<'_>, merger: &Merger<'_>) -> Vec<Node<Directive>> {
    let mut joins = Vec::new();
    for part in &composite.parts {
        joins.extend(part.implements.iter().map(|interface| {
            Maker::of(name!("join__implements"), part.subgraph)
                .text(name!("interface"), Some(&interface.name))
                .make()
        }));
    }
    let mut parts = composite.parts.iter().peekable();
    if composite.name == "Query" {
        for (index, subgraph) in merger.subgraphs.iter().enumerate() {
            match parts.next_if(|part| part.index == index) {
                Some(part) => of_part(part, &mut joins),
                None => joins.push(Maker::of(name!("join__type"), subgraph).make()),
            }
        }
    }
    parts.for_each(|part| of_part(part, &mut joins));
    joins
}

fn of_part(part: &Part<'_>, joins: &mut Vec<Node<Directive>>) {
    // Federation 1 extends every type that another subgraph owns; only `@extends` says so here.
    let is_extension = |key: &Key| {
        part.directives.has("federation__extends")
            || key.is_of_extension && part.subgraph.version != FederationVersion::V1
    };
    let keys = part.facts.map_or(&[][..], |facts| &facts.keys);
    joins.extend(keys.iter().map(|key| {
        let mut maker = Maker::of(name!("join__type"), part.subgraph)
            .text(name!("key"), Some(&key.fields.text))
            .flag(name!("extension"), is_extension(key));
        if !key.is_resolvable {
            maker = maker.argument(name!("resolvable"), Value::Boolean(false));
        }
        maker
            .flag(name!("isInterfaceObject"), part.is_interface_object)
            .make()
    }));
    if keys.is_empty() {
        joins.push(
            Maker::of(name!("join__type"), part.subgraph)
                .flag(name!("isInterfaceObject"), part.is_interface_object)
                .make(),
        );
    }
}

/// What the supergraph calls a subgraph's context (`applied` writes `@context`).
pub(super) fn context_name(subgraph: &Subgraph, context: &str) -> String {
    format!("{}__{context}", subgraph.name)
}

/// The `@join__field`s of a field; none where the type's `@join__type`s say it all.
pub(super) fn of_field(
    sources: &FieldSources<'_, '_>,
    is_same: bool,
    overrides: &Overrides<'_>,
    merger: &Merger<'_>,
) -> Vec<Node<Directive>> {
    if is_same && !needs_joins(sources, overrides, merger) {
        return Vec::new();
    }
    let mut joins = Vec::with_capacity(sources.all.len());
    for (index, source) in sources.all.iter().enumerate() {
        let standing = overrides.standing(index);
        if standing.overridden == Overridden::Unused && standing.label.is_none() {
            continue;
        }
        joins.push(of_source(source, is_same, standing));
    }
    joins
}

fn needs_joins(
    sources: &FieldSources<'_, '_>,
    overrides: &Overrides<'_>,
    merger: &Merger<'_>,
) -> bool {
    sources.all.len() < sources.composite.owners(merger)
        || sources.all.iter().enumerate().any(|(index, source)| {
            let standing = overrides.standing(index);
            standing.overridden != Overridden::No
                || standing.label.is_some()
                || source.facts.is_some_and(|facts| {
                    facts.is_external || facts.requires.is_some() || facts.provides.is_some()
                })
                || source.node.arguments.iter().any(|one| is_contextual(one))
        })
}

fn of_source(source: &FieldSource<'_>, is_same: bool, standing: Standing<'_>) -> Node<Directive> {
    let facts = source.facts;
    let requires = facts.and_then(|facts| facts.requires.as_ref());
    let provides = facts.and_then(|facts| facts.provides.as_ref());
    let overrides = facts.and_then(|facts| facts.overrides.as_ref());
    let mut maker = Maker::of(name!("join__field"), source.subgraph)
        .text(name!("requires"), requires.map(|set| set.text.as_str()))
        .text(name!("provides"), provides.map(|set| set.text.as_str()));
    if !is_same {
        maker = maker.text(name!("type"), Some(&source.node.ty.to_string()));
    }
    maker = maker
        .flag(name!("external"), source.is_external())
        .text(name!("override"), overrides.map(|one| one.from.as_str()))
        .flag(
            name!("usedOverridden"),
            standing.overridden == Overridden::Used,
        )
        .text(name!("overrideLabel"), standing.label);
    let contexts = context_arguments(source);
    if !contexts.is_empty() {
        maker = maker.argument(name!("contextArguments"), Value::List(contexts));
    }
    maker.make()
}

/// The field has no subgraph of its own: interface objects resolve it.
pub(super) fn of_nobody() -> Node<Directive> {
    Maker::new(name!("join__field")).make()
}

fn context_arguments(source: &FieldSource<'_>) -> Vec<Node<Value>> {
    let contexts = contextual_arguments(source.node).map(|(argument, from)| {
        let text = |text: String| Node::new(Value::String(text));
        let context = context_name(source.subgraph, from.context);
        Node::new(Value::Object(vec![
            (name!("context"), text(context)),
            (name!("name"), text(argument.name.to_string())),
            (name!("type"), text(argument.ty.to_string())),
            (name!("selection"), text(from.selection.to_owned())),
        ]))
    });
    contexts.collect()
}
