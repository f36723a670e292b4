//! The gateway as a process of its own.

mod compose_command;
mod plan_command;

use std::{
    io::Write as _,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, Subcommand};
use gateway::{
    Config, Gateway,
    sources::{Sources, Watch},
    supply::Supply,
};
use tokio::net::TcpListener;

/// A GraphQL federation gateway.
#[derive(Debug, Parser)]
#[command(version, subcommand_negates_reqs = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// The supergraph schema to serve.
    #[arg(
        long,
        short,
        env = "APOLLO_ROUTER_SUPERGRAPH_PATH",
        required_unless_present = "compose"
    )]
    supergraph: Option<PathBuf>,
    /// Compose the supergraph from the subgraphs of a supergraph.yaml (Rover's format), and again whenever one of them joins,
    /// changes or leaves. Takes precedence over --supergraph.
    #[arg(
        long,
        value_name = "SUPERGRAPH_YAML",
        env = "CIRCULATE_COMPOSE_CONFIG_PATH"
    )]
    compose: Option<PathBuf>,
    /// Go over to the supergraph file's new content when it changes.
    #[arg(long, env = "APOLLO_ROUTER_HOT_RELOAD")]
    hot_reload: bool,
    /// How often --compose and --hot-reload look, in milliseconds.
    #[arg(
        long,
        value_name = "MS",
        default_value_t = 2000,
        env = "CIRCULATE_POLL_INTERVAL_MS"
    )]
    poll: u64,
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
    /// Compose subgraphs' schemas into a supergraph.
    Compose(compose_command::ComposeArguments),
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
        Some(Command::Compose(arguments)) => return compose(arguments).await,
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

async fn compose(arguments: compose_command::ComposeArguments) -> ExitCode {
    if arguments.watch {
        return match compose_command::watch(&arguments).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("gateway: {error}");
                ExitCode::from(error.exit_code())
            }
        };
    }
    let result = compose_command::run(&arguments).await;
    if let Err(error) = compose_command::print(&arguments, &result)
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        eprintln!("gateway: cannot write: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::from(match result {
        Ok(output) => output.exit_code(),
        Err(error) => error.exit_code(),
    })
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
        .as_ref()
        .map(Config::from_path)
        .transpose()?
        .unwrap_or_default();
    let mut supply = supply(&arguments)?;
    let listen = arguments.listen.unwrap_or(config.supergraph.listen);
    let stop = ops::stop::on_signal();
    let supergraph = tokio::select! {
        supergraph = supply.first() => supergraph?,
        () = stop.cancelled() => return Ok(()),
    };
    let gateway = Gateway::new(
        config,
        supergraph,
        ops::metrics::Metrics::new("gateway"),
        stop.clone(),
    )?;
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|error| format!("cannot listen on {listen}: {error}"))?;
    tracing::info!(address = %listener.local_addr()?, "serving");
    tokio::select! {
        served = gateway.serve(listener, stop) => served?,
        () = gateway.follow(supply) => {}
    }
    Ok(())
}

fn supply(arguments: &Arguments) -> Result<Supply, Box<dyn std::error::Error>> {
    let every = Duration::from_millis(arguments.poll.max(1));
    if let Some(path) = &arguments.compose {
        // A file that makes no sense is told at once; what it names may still come.
        Sources::from_manifest(path)?;
        let watch = Watch::manifest(path, ops::client::http_client(), every);
        return Ok(Supply::composed(watch));
    }
    let path = arguments
        .supergraph
        .as_ref()
        .ok_or("no supergraph is named")?;
    Ok(Supply::file(path, arguments.hot_reload.then_some(every)))
}
