//! GraphQL federation: the supergraph model and query plans. Pure: no I/O, no clock, no async.

mod supergraph;

pub use supergraph::{Supergraph, SupergraphError};
