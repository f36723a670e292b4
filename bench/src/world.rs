//! The system under load: the all-in-one in this process, or the five binaries beside this one as processes.

use std::{
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant},
};

use circulate::{Options, System, client::Client};
use serde_json::json;
use tokio::process::{Child, Command};

use crate::{Failure, Kind};

const LIBRARIAN: (&str, &str) = ("BENCH-LIBRARIAN", "the librarian of the benchmark");
const START: Duration = Duration::from_secs(60);

/// A running system.
pub(crate) struct World {
    form: Form,
    /// The public endpoint.
    pub(crate) endpoint: String,
    /// The base addresses of the subgraphs.
    services: Vec<(&'static str, String)>,
    /// A folder for this run's files.
    pub(crate) folder: tempfile::TempDir,
}

enum Form {
    Embedded(Box<System>),
    Services(Vec<Child>),
}

/// The servers that the services use.
pub(crate) struct Servers {
    /// Without a database's name.
    pub(crate) postgres: String,
    pub(crate) rabbit: String,
}

impl Servers {
    pub(crate) fn from_env() -> Self {
        let or = |name, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
        Self {
            postgres: or("DATABASE_URL", "postgres://postgres@127.0.0.1:5432"),
            rabbit: or("AMQP_URL", "amqp://guest:guest@127.0.0.1:5672/%2f"),
        }
    }
}

impl World {
    pub(crate) async fn start(kind: Kind) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        match kind {
            Kind::Embedded => Self::embedded(folder).await,
            Kind::Services => Self::services(folder).await,
        }
    }

    async fn embedded(folder: tempfile::TempDir) -> Result<Self, Failure> {
        let librarian = Some((LIBRARIAN.0.to_owned(), LIBRARIAN.1.to_owned()));
        let options = Options {
            data_dir: folder.path().to_owned(),
            ports: 0,
            librarian,
            ..Options::default()
        };
        let system = System::start(options).await?;
        let services = ["book", "borrowing", "user", "mypage"]
            .map(|name| (name, system.service_url(name).unwrap_or_default()));
        Ok(Self {
            endpoint: system.gateway_url(),
            services: services.into(),
            form: Form::Embedded(Box::new(system)),
            folder,
        })
    }

    async fn services(folder: tempfile::TempDir) -> Result<Self, Failure> {
        let servers = Servers::from_env();
        let run = std::process::id();
        let ports: Vec<u16> = (0..5).map(|_| free_port()).collect::<Result<_, _>>()?;
        let url = |port: u16| format!("http://127.0.0.1:{port}");
        let jwks = format!("{}/.well-known/jwks.json", url(ports[3]));
        let names = ["book", "borrowing", "user", "mypage"];
        let mut children = Vec::new();
        for (name, port) in names.into_iter().zip(&ports[1..]) {
            children.push(
                program(name)?
                    .env(
                        "DATABASE_URL",
                        format!(
                            "{}/circulate_bench_{run}_{name}",
                            servers.postgres.trim_end_matches('/')
                        ),
                    )
                    .env("AMQP_URL", &servers.rabbit)
                    .env("AMQP_PREFIX", format!("bench-{run}-"))
                    .env("LISTEN", format!("127.0.0.1:{port}"))
                    .env("JWKS_URL", &jwks)
                    .env("LIBRARIAN_CARD", LIBRARIAN.0)
                    .env("LIBRARIAN_PASSWORD", LIBRARIAN.1)
                    .spawn()?,
            );
        }
        let services: Vec<_> = names
            .into_iter()
            .zip(ports[1..].iter().map(|port| url(*port)))
            .collect();
        let mut gateway = program("gateway")?;
        for (name, address) in &services {
            gateway.env(
                format!("{}_URL", name.to_uppercase()),
                format!("{address}/graphql"),
            );
        }
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
        gateway
            .env("JWKS_URL", &jwks)
            .env(
                "APOLLO_ROUTER_SUPERGRAPH_PATH",
                root.join("schema/supergraph.graphql"),
            )
            .env("APOLLO_ROUTER_CONFIG_PATH", root.join("deploy/router.yaml"))
            .env(
                "APOLLO_ROUTER_LISTEN_ADDRESS",
                format!("127.0.0.1:{}", ports[0]),
            );
        children.push(gateway.spawn()?);
        let world = Self {
            form: Form::Services(children),
            endpoint: format!("{}/", url(ports[0])),
            services,
            folder,
        };
        for base in world
            .services
            .iter()
            .map(|(_, base)| base.clone())
            .chain([url(ports[0])])
        {
            ready(&base).await?;
        }
        Ok(world)
    }

    /// The GraphQL endpoint of a subgraph.
    pub(crate) fn subgraph(&self, name: &str) -> Result<String, Failure> {
        let found = self.services.iter().find(|(service, _)| *service == name);
        Ok(format!("{}/graphql", found.ok_or("no such subgraph")?.1))
    }

    /// A signed-in librarian.
    pub(crate) async fn librarian(&self) -> Result<Client, Failure> {
        Ok(Client::new(&self.endpoint)
            .sign_in(LIBRARIAN.0, LIBRARIAN.1)
            .await?)
    }

    /// A new book with so many copies; its id.
    pub(crate) async fn book(
        &self,
        librarian: &Client,
        number: usize,
        copies: i64,
    ) -> Result<String, Failure> {
        let add = "mutation Add($input: AddBookInput!) { addBook(input: $input) { id } }";
        let input = json!({
            "barcode": format!("BENCH-{number}"), "isbn": "9780141439518", "title": format!("Book {number}"),
            "author": "A. Bench", "copies": copies, "rentalCost": 1,
        });
        let data = librarian.run(add, json!({ "input": input })).await?;
        Ok(data["addBook"]["id"].as_str().ok_or("no id")?.to_owned())
    }

    /// A new patron, signed in and rich.
    pub(crate) async fn patron(
        &self,
        librarian: &Client,
        number: usize,
    ) -> Result<Client, Failure> {
        let anyone = Client::new(&self.endpoint);
        let sign_up =
            "mutation Up($input: SignUpInput!) { signUp(input: $input) { token user { id } } }";
        let input = json!({ "name": format!("Patron {number}"), "password": "a password for the benchmark" });
        let data = anyone.run(sign_up, json!({ "input": input })).await?;
        let session = &data["signUp"];
        let grant = "mutation Grant($id: ID!, $request: String!) { grantPoints(userId: $id, points: 1000000, requestId: $request) { id } }";
        librarian
            .run(
                grant,
                json!({ "id": session["user"]["id"], "request": format!("bench-{number}") }),
            )
            .await?;
        Ok(anyone.signed_in(session["token"].as_str().ok_or("no token")?))
    }

    /// Ends what was started, and removes what it left on the servers.
    pub(crate) async fn end(self) -> Result<(), Failure> {
        match self.form {
            Form::Embedded(system) => system.stop().await,
            Form::Services(children) => {
                for mut child in children {
                    child.kill().await?;
                }
                clean().await?;
            }
        }
        Ok(())
    }
}

/// Drops this run's databases and queues.
async fn clean() -> Result<(), Failure> {
    use sqlx::migrate::MigrateDatabase;
    sqlx::any::install_default_drivers();
    let servers = Servers::from_env();
    let run = std::process::id();
    let connection =
        lapin::Connection::connect(&servers.rabbit, lapin::ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    for name in ["book", "borrowing", "user", "mypage"] {
        let database = format!(
            "{}/circulate_bench_{run}_{name}",
            servers.postgres.trim_end_matches('/')
        );
        sqlx::Any::force_drop_database(&database).await?;
        for queue in [
            format!("bench-{run}-{name}"),
            format!("bench-{run}-{name}.dead"),
        ] {
            channel
                .queue_delete(queue.into(), lapin::options::QueueDeleteOptions::default())
                .await?;
        }
    }
    for exchange in ["circulate", "circulate.dead", "circulate.live"] {
        let name = format!("bench-{run}-{exchange}");
        channel
            .exchange_delete(
                name.into(),
                lapin::options::ExchangeDeleteOptions::default(),
            )
            .await?;
    }
    Ok(())
}

/// A binary beside this one, quiet, and gone with this process.
fn program(name: &str) -> Result<Command, Failure> {
    let path = std::env::current_exe()?.with_file_name(name);
    if !path.exists() {
        return Err(format!(
            "{} is missing: cargo build --release --bins",
            path.display()
        )
        .into());
    }
    let mut command = Command::new(path);
    command
        .env("RUST_LOG", "error")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    Ok(command)
}

fn free_port() -> Result<u16, Failure> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port())
}

async fn ready(base: &str) -> Result<(), Failure> {
    let http = reqwest::Client::new();
    let end = Instant::now() + START;
    while Instant::now() < end {
        let answer = http.get(format!("{base}/health?ready")).send().await;
        if answer.is_ok_and(|answer| answer.status().is_success()) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(format!("{base} was not ready within {} s", START.as_secs()).into())
}
