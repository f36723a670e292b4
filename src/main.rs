//! `circulate`: the whole lending system in one process. `circulate demo` plays two loans on a system of its own.

use std::{
    fmt::{self, Write},
    net::IpAddr,
    path::PathBuf,
    process::ExitCode,
};

use circulate::{Account, Credentials, Options, StartError, System, client::Client, demo, seed};
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    about = "A library's lending system behind a GraphQL federation gateway, all in one process",
    version
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Where the databases are kept
    #[arg(long, default_value = "data", env = "CIRCULATE_DATA")]
    data: PathBuf,
    /// The gateway's port; the services take the next four
    #[arg(long, default_value_t = 4000, env = "CIRCULATE_PORT")]
    port: u16,
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1", env = "CIRCULATE_HOST")]
    host: IpAddr,
    /// Allows `PUT /test/clock` on each service to move the library's calendar: for tests and demos
    #[arg(long)]
    settable_clock: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Plays one approval and one rejection on a system of its own, in a temporary folder and on free ports
    Demo,
}

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Some(Command::Demo) => run_demo().await,
        None => run(arguments).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("circulate: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let telemetry = ops::telemetry::init("circulate")?;
    let stop = ops::stop::on_signal();
    let options = Options {
        data_dir: arguments.data,
        host: arguments.host,
        ports: arguments.port,
        settable_clock: arguments.settable_clock,
        ..Options::default()
    };
    let (system, credentials) = start(options).await?;
    print!("{}", welcome(&system, &credentials)?);
    stop.cancelled().await;
    eprintln!("stopping");
    system.stop().await;
    telemetry.shutdown().await;
    Ok(())
}

async fn run_demo() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let options = Options {
        data_dir: folder.path().to_owned(),
        ports: 0,
        ..Options::default()
    };
    let (system, credentials) = start(options).await?;
    let outcome = demo::play(&Client::new(system.gateway_url()), &credentials).await;
    system.stop().await;
    Ok(outcome?)
}

/// Starts a system, with its accounts, and seeds it when it is new.
async fn start(mut options: Options) -> Result<(System, Credentials), Failure> {
    let data_dir = options.data_dir.clone();
    circulate::make_private(&data_dir).map_err(|source| StartError::DataDir {
        path: data_dir.clone(),
        source,
    })?;
    let accounts = |source| StartError::Credentials {
        path: data_dir.clone(),
        source,
    };
    let mut credentials = Credentials::load_or_create(&data_dir).map_err(accounts)?;
    let pair = |account: &Account| Some((account.card.clone(), account.password.clone()));
    options.librarian = pair(&credentials.librarian);
    options.operator = pair(&credentials.operator);
    let system = System::start(options).await?;
    if seed::seed(&Client::new(system.gateway_url()), &mut credentials).await? {
        credentials.save(&data_dir).map_err(accounts)?;
    }
    Ok((system, credentials))
}

/// Where everything is, who can sign in, and something to paste.
fn welcome(system: &System, credentials: &Credentials) -> Result<String, fmt::Error> {
    let url = system.gateway_url();
    let mut text =
        format!("\nCirculate is running.\n\n  GraphQL, WebSocket and explorer   {url}\n");
    for service in ["book", "borrowing", "user", "mypage"] {
        let address = system.service_url(service).unwrap_or_default();
        writeln!(
            text,
            "  {:<33} {address}/graphql",
            format!("{service} subgraph")
        )?;
    }
    writeln!(text, "\n  account     card            password")?;
    let patron = credentials
        .patron
        .as_ref()
        .map(|account| ("patron", account));
    let others = [
        ("librarian", &credentials.librarian),
        ("operator", &credentials.operator),
    ];
    for (role, account) in patron.into_iter().chain(others) {
        writeln!(
            text,
            "  {role:<11} {:<15} {}",
            account.card, account.password
        )?;
    }
    if let Some(Account { card, password }) = &credentials.patron {
        write!(
            text,
            r#"
Paste into the explorer at {url} (sign in first, then put the token into its headers as
{{"Authorization": "Bearer <token>"}}):

  mutation {{ signIn(card: "{card}", password: "{password}") {{ token }} }}

  {{ books(first: 10) {{ edges {{ node {{ id title status available rentalCost }} }} }} }}

  mutation {{ borrowBook(input: {{bookId: "<id of a book>", quantity: 1, requestId: "my-first"}}) {{ id status }} }}

  subscription {{ borrowingStatusChanged(id: "<id of the borrowing>") {{ status rejectionReason book {{ title }} user {{ name points }} }} }}

  subscription {{ loanEvents {{ kind status borrowing {{ id book {{ title }} }} myPage {{ onLoan lateFees }} }} }}

Stop with Ctrl-C; everything is kept in the data folder.
"#
        )?;
    }
    Ok(text)
}
