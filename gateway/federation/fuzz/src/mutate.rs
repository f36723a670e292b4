//! Supergraphs that a composer would not have made: a made one with some of its directives, types and lines changed.

use federation_testing::Shape;

use crate::choices::Choices;

const FIELD_SETS: &[&str] = &[
    "id",
    "sku",
    "id sku",
    "name",
    "price weight",
    "first { id }",
    "first { id name } id",
    "second { first { id } }",
    "... on Entity0 { price }",
    "... on Interface0 { name }",
    "detail { text amount }",
    "__typename",
    "__typename id",
    "missing",
    "id {",
    "",
    "id id",
    "a: id",
    "first",
    "price(of: 1)",
    "id @include(if: true)",
    "first { first { first { first { id } } } }",
];

const TYPES: &[&str] = &[
    "Int",
    "ID!",
    "[ID]",
    "Entity0",
    "[Entity1!]!",
    "[[Entity0]]",
    "Interface0",
    "[Interface0!]",
    "Union0",
    "Value0",
    "Enum0!",
    "Query",
];

const ADDITIONS: &[&str] = &[
    "@inaccessible",
    "@join__field",
    "@join__field(graph: S0, external: true)",
    "@join__field(graph: S1, override: \"s0\")",
    "@join__field(graph: S0, override: \"s1\", overrideLabel: \"percent(20)\")",
    "@join__field(graph: S1, override: \"s0\", overrideLabel: \"on\", usedOverridden: true)",
    "@join__field(graph: S1, usedOverridden: true)",
    "@join__field(graph: S0, type: \"Int!\")",
    "@join__field(graph: S0, contextArguments: [{context: \"s0__c\", name: \"of\", type: \"Int\", selection: \"{ price }\"}])",
    "@join__type(graph: S0, key: \"id\", isInterfaceObject: true)",
    "@join__type(graph: S1, key: \"id\", resolvable: false)",
    "@join__type(graph: S1, key: \"id\", extension: true)",
    "@join__implements(graph: S0, interface: \"Interface0\")",
    "@join__unionMember(graph: S0, member: \"Entity1\")",
    "@join__enumValue(graph: S0)",
    "@context(name: \"s0__c\")",
];

/// join v0.5's arguments, and what else the additions need.
const DIRECTIVES: &str = "directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ENUM | ENUM_VALUE | SCALAR | INPUT_OBJECT | INPUT_FIELD_DEFINITION | ARGUMENT_DEFINITION
directive @context(name: String!) repeatable on INTERFACE | OBJECT | UNION
input join__ContextArgument { name: String! type: String! context: String! selection: join__FieldValue! }
scalar join__FieldValue
";

/// A supergraph, more or less broken.
pub fn supergraph(choices: &mut Choices<'_>) -> String {
    let shape = Shape {
        subgraphs: 1 + choices.below(5),
        types: 6 + choices.below(36),
        seed: choices.below(1 << 16) as u64,
    };
    let sdl = shape.make().sdl;
    let mut lines: Vec<String> = sdl
        .replacen(
            "usedOverridden: Boolean)",
            "usedOverridden: Boolean, overrideLabel: String, contextArguments: [join__ContextArgument!])",
            1,
        )
        .lines()
        .map(str::to_owned)
        .collect();
    // Behind the head, where the types are.
    let head = lines
        .iter()
        .position(|line| line.starts_with("enum join__Graph"))
        .unwrap_or_default();
    for _ in 0..choices.below(9) {
        let at = head + choices.below(lines.len() - head);
        change(&mut lines, at, choices);
    }
    lines.push(DIRECTIVES.to_owned());
    lines.join("\n")
}

fn change(lines: &mut Vec<String>, at: usize, choices: &mut Choices<'_>) {
    let line = &mut lines[at];
    match choices.below(8) {
        0 => replace_argument(line, "key: \"", choices),
        1 => replace_argument(line, "requires: \"", choices),
        2 => {
            let name = ["requires", "provides"][choices.below(2)];
            let set = *choices.pick(FIELD_SETS).unwrap_or(&"id");
            *line = line.replacen(
                "@join__field(graph: S",
                &format!("@join__field({name}: \"{set}\", graph: S"),
                1,
            );
        }
        3 => {
            let addition = choices.pick(ADDITIONS).unwrap_or(&"");
            line.push(' ');
            line.push_str(addition);
        }
        4 => {
            let ty = *choices.pick(TYPES).unwrap_or(&"Int");
            if let Some(colon) = line
                .find("): ")
                .map(|at| at + 1)
                .or_else(|| line.find(": "))
            {
                let from = colon + 2;
                let to = line[from..].find(' ').map_or(line.len(), |end| from + end);
                line.replace_range(from..to, ty);
            }
        }
        5 => {
            let other = format!("graph: S{}", choices.below(6));
            if let Some(from) = line.find("graph: S") {
                let digits = line[from + 8..].find(|c: char| !c.is_ascii_digit());
                let to = digits.map_or(line.len(), |end| from + 8 + end);
                line.replace_range(from..to, &other);
            }
        }
        6 => {
            let again = line.clone();
            lines.insert(at, again);
        }
        _ => {
            lines.remove(at);
        }
    }
}

fn replace_argument(line: &mut String, start: &str, choices: &mut Choices<'_>) {
    let set = *choices.pick(FIELD_SETS).unwrap_or(&"id");
    if let Some(from) = line.find(start).map(|at| at + start.len())
        && let Some(length) = line[from..].find('"')
    {
        line.replace_range(from..from + length, set);
    }
}
