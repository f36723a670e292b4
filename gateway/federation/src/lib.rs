//! GraphQL federation: the supergraph model and query plans.
//!
//! [`Supergraph`] loads a supergraph in Apollo's format (`join__*`), [`Planner`] turns an operation over its API schema
//! into a [`plan::Plan`]. Pure: no I/O, no clock, no async. Executing a plan is the caller's business.

mod api_schema;
mod model;
pub mod plan;
mod plan_json;
mod plan_text;
mod planner;
mod supergraph;

pub use planner::{PlanError, PlanOptions, Planner};
pub use supergraph::{Subgraph, Supergraph, SupergraphError};
