//! Field sets (`"id category { tag }"`) and argument values, in a form that can be compared.

use std::collections::BTreeMap;

use apollo_compiler::ast;

/// Arguments by name, each in one spelling.
pub(super) type Arguments = BTreeMap<String, String>;

/// An item of a field set.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Item {
    Field {
        name: String,
        arguments: Arguments,
        below: Vec<Item>,
    },
    On {
        type_condition: Option<String>,
        below: Vec<Item>,
    },
}

/// Parses a field set. The supergraph was composed, so what does not parse is taken for empty.
pub(super) fn field_set(text: &str) -> Vec<Item> {
    let text = format!("{{{text}}}");
    let Ok(document) = ast::Document::parse(text, "fields.graphql") else {
        return Vec::new();
    };
    let set = document.definitions.iter().find_map(|one| match one {
        ast::Definition::OperationDefinition(operation) => Some(&operation.selection_set),
        _ => None,
    });
    set.map(|set| items(set)).unwrap_or_default()
}

fn items(set: &[ast::Selection]) -> Vec<Item> {
    set.iter()
        .filter_map(|selection| match selection {
            ast::Selection::Field(field) => Some(Item::Field {
                name: field.name.to_string(),
                arguments: of_ast(&field.arguments),
                below: items(&field.selection_set),
            }),
            ast::Selection::InlineFragment(inline) => Some(Item::On {
                type_condition: inline.type_condition.as_ref().map(ToString::to_string),
                below: items(&inline.selection_set),
            }),
            ast::Selection::FragmentSpread(_) => None,
        })
        .collect()
}

/// Arguments of a parsed field.
pub(super) fn of_ast(arguments: &[apollo_compiler::Node<ast::Argument>]) -> Arguments {
    arguments
        .iter()
        .map(|one| (one.name.to_string(), spelling(&one.value)))
        .collect()
}

/// Arguments of a plan's field, whose values are text.
pub(super) fn of_text(arguments: &[(String, String)]) -> Arguments {
    arguments
        .iter()
        .map(|(name, text)| {
            let document = ast::Document::parse(format!("{{f(a:{text})}}"), "value.graphql");
            let value = document
                .ok()
                .and_then(|document| match document.definitions.first() {
                    Some(ast::Definition::OperationDefinition(operation)) => {
                        let field = operation.selection_set.first()?.as_field()?;
                        Some(spelling(&field.arguments.first()?.value))
                    }
                    _ => None,
                });
            // Validation of the fetch says that it is no value.
            (name.clone(), value.unwrap_or_else(|| text.clone()))
        })
        .collect()
}

/// One text for each value: the order of an input object's fields says nothing.
fn spelling(value: &ast::Value) -> String {
    match value {
        ast::Value::Object(entries) => {
            let mut entries: Vec<_> = entries
                .iter()
                .map(|(name, value)| format!("{name}:{}", spelling(value)))
                .collect();
            entries.sort();
            format!("{{{}}}", entries.join(","))
        }
        ast::Value::List(values) => {
            let values: Vec<_> = values.iter().map(|value| spelling(value)).collect();
            format!("[{}]", values.join(","))
        }
        other => other.serialize().no_indent().to_string(),
    }
}
