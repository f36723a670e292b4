//! The gateway as a process of its own.

mod plan_command;

use std::{
    io::Write as _,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use gateway::{Config, Gateway};
use tokio::net::TcpListener;

/// A GraphQL federation gateway.
#[derive(Debug, Parser)]
#[command(version, subcommand_negates_reqs = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// The supergraph schema to serve.
    #[arg(long, short, env = "APOLLO_ROUTER_SUPERGRAPH_PATH", required = true)]
    supergraph: Option<PathBuf>,
    /// The configuration; left out, everything has its default.
    #[arg(long, short, env = "APOLLO_ROUTER_CONFIG_PATH")]
    config: Option<PathBuf>,
    /// The address to listen on, in place of the configuration's.
    #[arg(long, env = "APOLLO_ROUTER_LISTEN_ADDRESS")]
    listen: Option<SocketAddr>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Ask the gateway that runs with this configuration whether it is ready.
    Health,
    /// Print how an operation would be answered.
    Plan(plan_command::PlanArguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = Arguments::parse();
    match arguments.command.take() {
        Some(Command::Health) => {
            return match probe(arguments).await {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => {
                    eprintln!("gateway: {error}");
                    ExitCode::FAILURE
                }
            };
        }
        Some(Command::Plan(arguments)) => return plan(arguments),
        None => {}
    }
    let telemetry = match ops::telemetry::init("gateway") {
        Ok(telemetry) => telemetry,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let result = run(arguments).await;
    if let Err(error) = &result {
        tracing::error!("{error}");
    }
    telemetry.shutdown().await;
    if result.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn plan(arguments: plan_command::PlanArguments) -> ExitCode {
    match plan_command::run(arguments) {
        // A reader that has seen enough (`| head`) is no failure.
        Ok(plan) => match writeln!(std::io::stdout(), "{plan}") {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                eprintln!("gateway: cannot write the plan: {error}");
                ExitCode::FAILURE
            }
            _ => ExitCode::SUCCESS,
        },
        Err(error) => {
            eprintln!("gateway: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

async fn probe(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let config = arguments
        .config
        .map(Config::from_path)
        .transpose()?
        .unwrap_or_default();
    let mut address = arguments.listen.unwrap_or(config.supergraph.listen);
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    let path = config.health_check.path;
    Ok(ops::health::probe(&format!("http://{address}{path}?ready")).await?)
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let config = arguments
        .config
        .map(Config::from_path)
        .transpose()?
        .unwrap_or_default();
    let path = arguments.supergraph.ok_or("no supergraph is named")?;
    let supergraph = std::fs::read_to_string(&path)
        .map_err(|error| format!("cannot read the supergraph {}: {error}", path.display()))?;
    let listen = arguments.listen.unwrap_or(config.supergraph.listen);
    let stop = ops::stop::on_signal();
    let gateway = Gateway::new(
        config,
        &supergraph,
        ops::metrics::Metrics::new("gateway"),
        stop.clone(),
    )?;
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|error| format!("cannot listen on {listen}: {error}"))?;
    tracing::info!(address = %listener.local_addr()?, "serving");
    gateway.serve(listener, stop).await?;
    Ok(())
}
