//! Operations and supergraphs that are made to cost: each ends in an error or in a plan, by the planner's own budget.
//!
//! No clock is asked. What bounds the work is counted by the planner itself and says so in its errors; a test that would run for
//! minutes, or end the process, when such a count were missing fails by doing that.

#![expect(
    clippy::format_collect,
    reason = "texts of tests: reading matters more than an allocation"
)]

mod operations;
mod supergraphs;
mod world;
