//! The whole lending system in one process: four subgraphs on SQLite files, an in-memory bus, and the gateway.
//!
//! It is the same code as the five services of `compose.yaml`; only the database, the bus and the addresses differ.

pub mod client;
mod credentials;
pub mod demo;
pub mod seed;
mod system;

pub use credentials::{Account, Credentials};
pub use system::{Options, StartError, System, make_private};
