//! Merging of object types, interfaces, fields and arguments. What is expected is what Apollo's composition 2.14 answers.

use super::testing::{self, Outcome};

mod arguments;
mod external;
mod fields;
mod interface_objects;
mod joins;
mod overrides;
mod requires;
mod sharing;

/// Merges subgraphs that are named `a`, `b` and so on.
fn merge(schemas: &[&str]) -> Outcome {
    let names: Vec<_> = ('a'..='z').map(String::from).collect();
    let names = names.iter().map(String::as_str);
    let subgraphs: Vec<_> = names.zip(schemas.iter().copied()).collect();
    testing::merge(&subgraphs)
}
