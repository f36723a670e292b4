//! Supergraphs of any size, their subgraphs, and operations over them, made from a seed: for benchmarks, tests and fuzzing.
//!
//! What comes out is Apollo's format (join v0.3), composed in the head rather than by a composer: a composer of a hundred
//! subgraphs takes minutes, and a fuzzer makes thousands a second. Entities are at home in one subgraph and extended by
//! others, by `id` or by a second key that only their home knows; fields require fields of the home; values, enums and
//! root fields are shared by some subgraphs; interfaces are implemented in one subgraph, in two, or know a field as
//! interface objects. Everything can be reached from everywhere, as composition would demand.
//!
//! The same [`Shape`] gives the same text, always.

mod definition;
mod model;
mod operations;
mod random;
mod roots;

pub use random::Random;

/// How big, and which one of that size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// How many subgraphs; at least one.
    pub subgraphs: usize,
    /// How many types besides the roots and the scalars; at least one of each kind is made.
    pub types: usize,
    /// Which one.
    pub seed: u64,
}

/// A made supergraph with its operations.
#[derive(Debug, Clone)]
pub struct Made {
    /// In Apollo's format.
    pub sdl: String,
    /// Valid over its API schema.
    pub operations: Vec<Sample>,
}

/// An operation to plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// What it is an example of: `small`, `deep`, `wide`, `abstract`.
    pub name: &'static str,
    /// A document of one operation.
    pub text: String,
}

impl Shape {
    /// The subgraphs, name and schema (Federation 2.3), that would compose to what [`make`](Self::make) gives.
    pub fn subgraphs(self) -> Vec<(String, String)> {
        model::Model::new(self).subgraph_sdls()
    }

    /// Makes it.
    pub fn make(self) -> Made {
        let model = model::Model::new(self);
        Made {
            sdl: model.sdl(),
            operations: operations::samples(&model),
        }
    }
}
