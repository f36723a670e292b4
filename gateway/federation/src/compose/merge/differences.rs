//! How errors and hints tell in what subgraphs differ.

use std::fmt::Write as _;

use crate::compose::subgraph::Subgraph;

/// What subgraphs say of one thing, grouped: `Int in "a" and "b", but String in "c"`.
pub(super) fn differences<'a, T: PartialEq>(
    sources: impl Iterator<Item = (&'a Subgraph, T)>,
    say: impl Fn(&T) -> String,
) -> String {
    let mut groups: Vec<(T, Vec<&Subgraph>)> = Vec::new();
    for (subgraph, value) in sources {
        match groups.iter_mut().find(|(one, _)| *one == value) {
            Some((_, subgraphs)) => subgraphs.push(subgraph),
            None => groups.push((value, vec![subgraph])),
        }
    }
    let mut text = String::new();
    for (index, (value, subgraphs)) in groups.iter().enumerate() {
        if index > 0 {
            text.push_str(", but ");
        }
        let (value, names) = (say(value), names(subgraphs.iter().copied()));
        // Writing to a string cannot fail.
        let _ = write!(text, "{value} in {names}");
    }
    text
}

/// The names of subgraphs as part of a sentence: `"a", "b" and "c"`.
pub(super) fn names<'a>(subgraphs: impl IntoIterator<Item = &'a Subgraph>) -> String {
    let names: Vec<_> = subgraphs
        .into_iter()
        .map(|subgraph| format!("\"{}\"", subgraph.name))
        .collect();
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
    }
}
