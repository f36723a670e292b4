//! `gateway compose` and `gateway --compose`, the real binary: what they make, tell and serve.

mod check;
mod command;
mod live;
mod subgraph;
mod support;
