//! What the fuzz targets share: choices read from the fuzzer's bytes, supergraphs and operations made from them, and what
//! must always hold (kept with the tests that replay the findings).

pub mod choices;
pub mod mutate;
pub mod operation;
pub mod supergraphs;

#[path = "../../tests/found/invariants.rs"]
pub mod invariants;
