//! The engine over running subgraphs.

mod support;

mod canned;
mod deferring;
mod faults;
mod mutations;
mod overriding;
mod queries;
mod refusals;
mod sockets;
mod subscriptions;
