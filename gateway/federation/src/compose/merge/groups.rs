//! Which subgraphs agree with each other, and how a message says so.

use std::fmt::Write as _;

use apollo_compiler::parser::SourceSpan;

use super::differences::names;
use crate::compose::{Location, subgraph::Subgraph};

/// Subgraphs that say the same.
#[derive(Debug)]
pub(super) struct Group<'a, T> {
    /// What the first of them says.
    pub(super) value: T,
    pub(super) subgraphs: Vec<&'a Subgraph>,
}

/// Those that say the same, together; in the order of the first of each.
pub(super) fn group<'a, T>(
    sources: impl Iterator<Item = (&'a Subgraph, T)>,
    same: impl Fn(&T, &T) -> bool,
) -> Vec<Group<'a, T>> {
    let mut groups: Vec<Group<'a, T>> = Vec::new();
    for (subgraph, value) in sources {
        match groups.iter_mut().find(|group| same(&group.value, &value)) {
            Some(group) => group.subgraphs.push(subgraph),
            None => groups.push(Group {
                value,
                subgraphs: vec![subgraph],
            }),
        }
    }
    groups
}

/// The index of what most say; of the first of those that equally many say.
pub(super) fn most_said<T>(groups: &[Group<'_, T>]) -> Option<usize> {
    let mut most = None;
    for (index, group) in groups.iter().enumerate() {
        if most.is_none_or(|(_, count)| group.subgraphs.len() > count) {
            most = Some((index, group.subgraphs.len()));
        }
    }
    most.map(|(index, _)| index)
}

/// For a message: `X in "a", but Y in "b" and "c"`.
pub(super) fn differences<T>(groups: &[Group<'_, T>], say: impl Fn(&T) -> String) -> String {
    let mut text = String::new();
    for (index, group) in groups.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", but " };
        let subgraphs = names(group.subgraphs.iter().copied());
        // Writing to a string cannot fail.
        let _ = write!(text, "{comma}{} in {subgraphs}", say(&group.value));
    }
    text
}

/// Where the first of each group says what it says.
pub(super) fn places<T>(
    groups: &[Group<'_, T>],
    span: impl Fn(&T) -> Option<SourceSpan>,
) -> Vec<Option<Location>> {
    let places = groups.iter();
    places
        .map(|group| group.subgraphs.first()?.at(span(&group.value)))
        .collect()
}
