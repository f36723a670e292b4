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
        let value = constant_case(name);
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
    let proposed: Vec<_> = subgraphs
        .iter()
        .map(|one| constant_case(&one.name))
        .collect();
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

/// `productsApi` becomes `PRODUCTS_API`, and `1st-try` `_1ST_TRY_`: capitals, words apart, and an underscore for anything
/// else.
fn constant_case(name: &str) -> String {
    let letters: Vec<char> = name
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '_'
            }
        })
        .collect();
    let mut value = String::with_capacity(letters.len() + 2);
    for (index, letter) in letters.iter().enumerate() {
        if is_word_start(&letters, index) {
            value.push('_');
        }
        value.push(letter.to_ascii_uppercase());
    }
    if value.starts_with(|first: char| first.is_ascii_digit()) {
        format!("_{value}_")
    } else if value.is_empty() {
        "_".to_owned()
    } else {
        value
    }
}

/// Whether a word begins at a capital: behind a small letter or a digit (`aB`), or behind capitals with a small letter
/// next (`ABc`).
fn is_word_start(letters: &[char], index: usize) -> bool {
    let Some(before) = index.checked_sub(1).map(|before| letters[before]) else {
        return false;
    };
    let is_next_small = letters.get(index + 1).is_some_and(char::is_ascii_lowercase);
    letters[index].is_ascii_uppercase()
        && (before.is_ascii_lowercase()
            || before.is_ascii_digit()
            || (before.is_ascii_uppercase() && is_next_small))
}
