//! Applied directives and values as text, in one way of many.

use apollo_compiler::ast::{Directive, Value};

/// Arguments with the values that they have when nobody gives them.
const DEFAULTS: [(&str, &str); 9] = [
    ("extension", "false"),
    ("resolvable", "true"),
    ("isInterfaceObject", "false"),
    ("external", "false"),
    ("usedOverridden", "false"),
    ("requireOneSlicingArgument", "true"),
    ("assumedSize", "null"),
    ("slicingArguments", "null"),
    ("sizedFields", "null"),
];

/// A directive with its arguments sorted, without those that say nothing.
pub(super) fn text(directive: &Directive) -> String {
    let mut arguments: Vec<_> = directive
        .arguments
        .iter()
        .map(|argument| {
            let name = argument.name.as_str();
            (name, value(name, &argument.value))
        })
        .filter(|(name, value)| {
            value != "null" && !DEFAULTS.contains(&(*name, value.as_str())) && value != "[]"
        })
        .collect();
    if directive.name == "deprecated" && arguments.is_empty() {
        arguments.push(("reason", "\"No longer supported\"".to_owned()));
    }
    arguments.sort();
    if arguments.is_empty() {
        return format!("@{}", directive.name);
    }
    let arguments: Vec<_> = arguments
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    format!("@{}({})", directive.name, arguments.join(", "))
}

fn value(argument: &str, value: &Value) -> String {
    match (argument, value) {
        ("key" | "requires" | "provides", Value::String(text)) => format!("{:?}", field_set(text)),
        (
            "scopes" | "policies" | "import" | "slicingArguments" | "sizedFields"
            | "contextArguments",
            Value::List(items),
        ) => {
            let mut items: Vec<_> = items
                .iter()
                .map(|item| self::value(argument, item))
                .collect();
            items.sort();
            format!("[{}]", items.join(", "))
        }
        _ => default(value),
    }
}

/// A value; the fields of an object sorted.
pub(super) fn default(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::List(items) => {
            let items: Vec<_> = items.iter().map(|item| default(item)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields
                .iter()
                .map(|(name, value)| format!("{name}: {}", default(value)))
                .collect();
            fields.sort();
            format!("{{{}}}", fields.join(", "))
        }
        _ => value.to_string(),
    }
}

/// A field set with one blank between its tokens, and without braces around the whole.
fn field_set(text: &str) -> String {
    let mut spaced = String::new();
    for character in text.replace("...", " ... ").chars() {
        match character {
            '{' | '}' | '(' | ')' | ':' => {
                spaced.push(' ');
                spaced.push(character);
                spaced.push(' ');
            }
            ',' => spaced.push(' '),
            _ => spaced.push(character),
        }
    }
    let tokens: Vec<_> = spaced.split_whitespace().collect();
    match tokens.as_slice() {
        ["{", inner @ .., "}"] => inner.join(" "),
        all => all.join(" "),
    }
}
