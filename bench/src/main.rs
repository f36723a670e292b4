//! Load harness: `loan`, `query`, `plan` and `compose`, each next to a floor or a peer measured in the same run.
//!
//! Machines are noisy, so what counts is the ratio in the last column. bench/RESULTS.md keeps the numbers with the
//! commands that gave them. Everything talks to loopback, is bounded in count and time, and ends what it started.

mod compose;
mod floor;
mod loan;
mod plan;
mod query;
mod stats;
mod world;

use clap::{Parser, Subcommand, ValueEnum};

/// What every part of the harness may fail with; it ends the run.
type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// From a borrowing's request to APPROVED as the WebSocket client reads it, next to the commits and confirmed
    /// publishes it cannot do without
    Loan {
        /// Which system
        #[arg(long)]
        world: Kind,
        /// Loans measured one after the other
        #[arg(long, default_value_t = 300)]
        count: usize,
        /// Clients at once in the sustained part
        #[arg(long, default_value_t = 32)]
        clients: usize,
        /// Seconds of the sustained part
        #[arg(long, default_value_t = 15)]
        seconds: u64,
    },
    /// Queries through the gateway, next to the same work straight at the subgraphs
    Query {
        /// Which system
        #[arg(long, default_value = "embedded")]
        world: Kind,
        /// Clients at once
        #[arg(long, default_value_t = 16)]
        clients: usize,
        /// Seconds for each line of the table
        #[arg(long, default_value_t = 8)]
        seconds: u64,
    },
    /// The query planner next to hive-router-query-planner: loading supergraphs, planning operations, memory
    Plan(plan::Options),
    /// Composition next to npm's @theguild/federation-composition
    Compose(compose::Options),
}

/// A form of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// One process, SQLite, in-memory bus
    Embedded,
    /// Five processes, PostgreSQL, RabbitMQ
    Services,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    match Arguments::parse().command {
        Command::Loan {
            world,
            count,
            clients,
            seconds,
        } => loan::run(world, count, clients, seconds).await,
        Command::Query {
            world,
            clients,
            seconds,
        } => query::run(world, clients, seconds).await,
        Command::Plan(options) => plan::run(&options),
        Command::Compose(options) => compose::run(&options),
    }
}
