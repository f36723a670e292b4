//! Random schemas and operations; the seed is the only input.

mod directives;
mod distribute;
mod domain;
mod draft;
mod features;
mod finish;
mod operation;
mod roots;
mod trimmings;

use fastrand::Rng;

use crate::compose::Source;
use distribute::Draft;
pub use features::Features;
pub use operation::{Operation, operation};

/// A set of subgraphs. Most compose.
pub fn subgraphs(seed: u64, features: &Features) -> Vec<Source> {
    let mut draft = Draft::random(Rng::with_seed(seed), features);
    // From a seed of their own: the rest stays as it is without them.
    trimmings::add(&mut Rng::with_seed(!seed), features, &mut draft.subs);
    draft
        .subs
        .iter()
        .map(|sub| (sub.name.clone(), sub.sdl()))
        .collect()
}
