//! Finds the gateway's faults: subgraphs simulated from nothing but their SDL, random schemas and operations, and the
//! answer that one schema would give, to compare the gateway's with.
//!
//! `generate → compose → serve → engine → compare`. Every value is a function of a seed, of what it belongs to and of
//! its arguments ([`world`]), so each subgraph computes its part on its own, and the parts still fit. A subgraph refuses
//! loudly what it should never be asked ([`answer`]), so a wrong plan cannot pass by luck. Development only: no product
//! depends on this crate.

pub mod agreement;
pub mod answer;
pub mod case;
pub mod check;
pub mod compose;
pub mod generate;
pub mod mutate;
mod parts;
pub mod sdl;
pub mod search;
pub mod serve;
pub mod shrink;
pub mod world;
