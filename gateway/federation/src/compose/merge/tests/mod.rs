//! Merging of object types, interfaces, fields and arguments. What is expected is what Apollo's composition 2.14 answers.

use crate::compose::testing::{Found, Stage, compose};

mod arguments;
mod external;
mod fields;
mod interface_objects;
mod joins;
mod overrides;
mod requires;
mod sharing;

fn merge(sdls: &[&str]) -> Found {
    compose(Stage::Merge, sdls)
}
