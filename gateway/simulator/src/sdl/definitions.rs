//! Federation's own types and directives, which subgraphs' SDL uses and does not define.

use std::fmt::Write as _;

/// Name, arguments and locations of each directive, as the federation specification's appendix defines them.
const DIRECTIVES: [(&str, &str, &str); 17] = [
    (
        "key",
        "(fields: federation__FieldSet!, resolvable: Boolean = true) repeatable",
        "OBJECT | INTERFACE",
    ),
    (
        "requires",
        "(fields: federation__FieldSet!)",
        "FIELD_DEFINITION",
    ),
    (
        "provides",
        "(fields: federation__FieldSet!)",
        "FIELD_DEFINITION",
    ),
    ("external", "(reason: String)", "OBJECT | FIELD_DEFINITION"),
    ("shareable", " repeatable", "OBJECT | FIELD_DEFINITION"),
    (
        "override",
        "(from: String!, label: String)",
        "FIELD_DEFINITION",
    ),
    (
        "inaccessible",
        "",
        "FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION",
    ),
    (
        "tag",
        "(name: String!) repeatable",
        "FIELD_DEFINITION | INTERFACE | OBJECT | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION | SCHEMA",
    ),
    ("extends", "", "OBJECT | INTERFACE"),
    ("interfaceObject", "", "OBJECT"),
    ("composeDirective", "(name: String!) repeatable", "SCHEMA"),
    (
        "authenticated",
        "",
        "FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM",
    ),
    (
        "requiresScopes",
        "(scopes: [[federation__Scope!]!]!)",
        "FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM",
    ),
    (
        "policy",
        "(policies: [[federation__Policy!]!]!)",
        "FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM",
    ),
    (
        "context",
        "(name: String!) repeatable",
        "INTERFACE | OBJECT | UNION",
    ),
    (
        "fromContext",
        "(field: federation__ContextFieldValue)",
        "ARGUMENT_DEFINITION",
    ),
    (
        "cost",
        "(weight: Int!)",
        "ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR",
    ),
];

const TYPES: &str = "
scalar federation__FieldSet
scalar federation__Scope
scalar federation__Policy
scalar federation__ContextFieldValue
scalar link__Import
enum link__Purpose { SECURITY EXECUTION }
directive @link(url: String!, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
";

/// The definitions, under their own names and with federation's prefix: an SDL may use either, as it imports them.
pub(super) fn definitions(sdl: &str) -> String {
    let mut text = TYPES.to_owned();
    for (name, arguments, locations) in DIRECTIVES {
        for prefix in ["", "federation__"] {
            if !sdl.contains(&format!("directive @{prefix}{name}")) {
                let _ = writeln!(text, "directive @{prefix}{name}{arguments} on {locations}");
            }
        }
    }
    text
}

/// What a subgraph's server adds to its schema: `_entities` and `_service` (federation's "Subgraph specification").
pub(super) fn machinery(entities: &[&str]) -> String {
    let mut text =
        "scalar _Any\ntype _Service { sdl: String }\nextend type Query { _service: _Service! }\n"
            .to_owned();
    if !entities.is_empty() {
        let _ = writeln!(text, "union _Entity = {}", entities.join(" | "));
        text.push_str("extend type Query { _entities(representations: [_Any!]!): [_Entity]! }\n");
    }
    text
}
