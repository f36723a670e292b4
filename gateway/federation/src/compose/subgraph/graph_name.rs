//! Names of subgraphs as values of `join__Graph`.

use std::collections::HashMap;

use apollo_compiler::Name;

use crate::compose::SubgraphSchema;

/// A value for each subgraph, in their order: the name in capitals, what is no letter or digit as `_`. Names that come to
/// the same get a number behind them.
pub(super) fn assign(subgraphs: &[SubgraphSchema]) -> Vec<Name> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let proposed: Vec<_> = subgraphs
        .iter()
        .map(|one| constant_case(&one.name))
        .collect();
    for name in &proposed {
        *seen.entry(name.clone()).or_default() += 1;
    }
    let mut used: HashMap<&str, usize> = HashMap::new();
    proposed
        .iter()
        .map(|name| {
            let count = used.entry(name).or_default();
            *count += 1;
            let text = if seen[name] > 1 {
                format!("{name}_{count}")
            } else {
                name.clone()
            };
            Name::new(&text).expect("letters, digits and underscores, and no digit in front")
        })
        .collect()
}

fn constant_case(name: &str) -> String {
    let text: String = name
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect();
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        format!("_{text}_")
    } else if text.is_empty() {
        "_".to_owned()
    } else {
        text
    }
}
