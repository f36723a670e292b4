//! What `join__field` says of a field in one subgraph.

use apollo_compiler::{Node, ast};
use federation::PlanOptions;

use super::fields::{Item, field_set};

/// What holds for a field in one subgraph.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    pub(super) external: bool,
    /// The subgraph does not resolve it any more, whatever the labels.
    pub(super) overridden: bool,
    /// With this label on, the subgraph does not resolve it.
    pub(super) overridden_by_label: Option<String>,
    /// Only with this label on, the subgraph resolves it.
    pub(super) only_with_label: Option<String>,
    pub(super) requires: Vec<Item>,
    pub(super) provides: Vec<Item>,
    pub(super) contexts: Vec<ContextRule>,
}

/// An argument whose value comes from a context.
#[derive(Debug, Clone)]
pub(super) struct ContextRule {
    pub(super) argument: String,
    pub(super) context: String,
    pub(super) selection: Vec<Item>,
}

impl Rules {
    /// Whether another subgraph resolves it in this one's place.
    pub(super) fn is_overridden(&self, options: &PlanOptions) -> bool {
        let on = |label: &Option<String>| {
            label
                .as_ref()
                .is_some_and(|label| options.override_labels.contains(label))
        };
        self.overridden
            || on(&self.overridden_by_label)
            || (self.only_with_label.is_some() && !on(&self.only_with_label))
    }
}

/// What a field's directives say of one subgraph; nothing, when they say nothing.
pub(super) fn rules(joins: &[&Node<ast::Directive>], graph: &str, name: &str) -> Option<Rules> {
    let mine = joins
        .iter()
        .find(|join| argument(join, "graph").as_deref() == Some(graph));
    // Who overrides this subgraph, if anybody does, and under which label.
    let overriding = joins
        .iter()
        .find(|join| argument(join, "override").as_deref() == Some(name));
    let Some(mine) = mine else {
        // Where a field has any, subgraphs without one do not resolve it: composition leaves out what is external in
        // subgraphs of the first version.
        return (!joins.is_empty()).then(|| Rules {
            overridden: overriding.is_some(),
            external: overriding.is_none(),
            ..Rules::default()
        });
    };
    let label = overriding.map(|join| argument(join, "overrideLabel"));
    let text = |name: &str| argument(mine, name).unwrap_or_default();
    Some(Rules {
        external: text("external") == "true",
        overridden: matches!(label, Some(None)),
        overridden_by_label: label.flatten(),
        // Composition may write the label at the subgraph that is overridden, too.
        only_with_label: argument(mine, "override").and_then(|_| argument(mine, "overrideLabel")),
        requires: field_set(&text("requires")),
        provides: field_set(&text("provides")),
        contexts: contexts(mine),
    })
}

fn contexts(join: &ast::Directive) -> Vec<ContextRule> {
    let Some(ast::Value::List(all)) = join
        .specified_argument_by_name("contextArguments")
        .map(|value| &**value)
    else {
        return Vec::new();
    };
    let one = |value: &Node<ast::Value>| {
        let entries = value.as_object()?;
        let text = |name: &str| {
            let mut entries = entries.iter().filter(|(one, _)| one == name);
            entries.next().and_then(|(_, value)| value.as_str())
        };
        let selection = text("selection")?.trim();
        let inner = selection
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'));
        Some(ContextRule {
            argument: text("name")?.to_owned(),
            context: text("context")?.to_owned(),
            selection: field_set(inner.unwrap_or(selection)),
        })
    };
    all.iter().filter_map(one).collect()
}

/// A directive's argument as text, whatever its type.
pub(super) fn argument(directive: &ast::Directive, name: &str) -> Option<String> {
    match &**directive.specified_argument_by_name(name)? {
        ast::Value::String(text) => Some(text.clone()),
        ast::Value::Enum(value) => Some(value.to_string()),
        ast::Value::Boolean(value) => Some(value.to_string()),
        _ => None,
    }
}
