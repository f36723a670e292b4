//! Subgraphs' names: which may be, and their values in `join__Graph`.

use std::collections::{HashMap, HashSet};

use apollo_compiler::Name;

use crate::compose::{ErrorCode, SubgraphSchema, report::Report};

/// Tells which names cannot be those of subgraphs.
pub(super) fn check(subgraphs: &[SubgraphSchema], report: &mut Report) {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for SubgraphSchema { name, .. } in subgraphs {
        let count = seen.entry(name).or_default();
        *count += 1;
        let message = if name.is_empty() {
            "a subgraph has no name: give it one".to_owned()
        } else if name == "_" {
            "[_] a subgraph cannot be named \"_\", which is reserved: give it another name"
                .to_owned()
        } else if *count == 2 {
            format!("[{name}] several subgraphs are named \"{name}\": give each a name of its own")
        } else {
            continue;
        };
        report.error(ErrorCode::InvalidSubgraphName, message, []);
    }
    for SubgraphSchema { name, .. } in subgraphs {
        let value = enum_value(name);
        if value.starts_with("__") {
            report.error(
                ErrorCode::InvalidGraphql,
                format!(
                    "[{name}] the subgraph's name makes the enum value {value}, and GraphQL reserves names with two \
                     underscores in front: give it another name"
                ),
                [],
            );
        }
    }
}

/// A value for each subgraph, in their order. Names that come to the same get a number behind them, in the order of the
/// names.
pub(super) fn assign(subgraphs: &[SubgraphSchema]) -> Vec<Name> {
    let proposed: Vec<_> = subgraphs.iter().map(|one| enum_value(&one.name)).collect();
    let mut groups: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, value) in proposed.iter().enumerate() {
        groups.entry(value).or_default().push(index);
    }
    let mut taken: HashSet<String> = groups
        .iter()
        .filter(|(_, indices)| indices.len() == 1)
        .map(|(value, _)| (*value).to_owned())
        .collect();
    let mut ordered: Vec<_> = groups
        .into_iter()
        .filter(|(_, indices)| indices.len() > 1)
        .collect();
    ordered.sort_unstable();
    let mut values = proposed.clone();
    for (value, mut indices) in ordered {
        indices.sort_by_key(|&index| &subgraphs[index].name);
        let mut number = 0;
        for index in indices {
            values[index] = loop {
                number += 1;
                let numbered = format!("{value}_{number}");
                if taken.insert(numbered.clone()) {
                    break numbered;
                }
            };
        }
    }
    // Letters, digits and underscores, and no digit in front.
    values
        .iter()
        .map(|value| Name::new_unchecked(value))
        .collect()
}

/// As Apollo makes them: `my-books` becomes `MY_BOOKS`, `2fans` `_2FANS`, and `books_2` `BOOKS_2_`, since a number behind an
/// underscore tells names apart that come to the same.
fn enum_value(name: &str) -> String {
    let mut value = String::with_capacity(name.len() + 2);
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        value.push('_');
    }
    value.extend(name.chars().map(|letter| {
        if letter.is_ascii_alphanumeric() {
            letter.to_ascii_uppercase()
        } else {
            '_'
        }
    }));
    let is_numbered = value.rsplit_once('_').is_some_and(|(_, number)| {
        !number.is_empty() && number.bytes().all(|one| one.is_ascii_digit())
    });
    if is_numbered || value.is_empty() {
        value.push('_');
    }
    value
}
