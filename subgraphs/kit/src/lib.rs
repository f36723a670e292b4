//! What the subgraphs share: a database, a bus, the mailbox between the two, a server, and who is calling.
//!
//! A subgraph hands a [`Service`] to [`main`] (a process of its own) or to [`start`] (the all-in-one). Deliberately
//! absent: anything that knows a book from a user.

pub mod admin;
pub mod auth;
pub mod bus;
mod clock;
pub mod db;
mod dialect;
mod envelope;
pub mod graphql;
pub mod ids;
mod live;
mod loader;
pub mod mailbox;
mod metrics;
mod process;
mod refusal;
mod service;
mod settings;
pub mod topology;

pub use clock::{Clock, from_micros, to_micros};
pub use db::{Db, Migration, Tx};
pub use dialect::{Dialect, json_list};
pub use envelope::{Envelope, Outgoing};
pub use live::{Live, Waiter};
pub use loader::{Loaded, loaded, loader};
pub use mailbox::{Handled, Handler, HandlerError, Inbox, Mailbox, REPLAY_PAGE, ReplayRequested};
pub use metrics::MailboxMetrics;
pub use process::main;
pub use refusal::{Failure, Refusal};
pub use service::{Assembly, Parts, Running, Service, ServiceError, Start, start};
pub use settings::{SettingError, Settings};
