//! The programs of compose.yaml as processes, with PostgreSQL and RabbitMQ.
//!
//! Host names of the compose network become the loopback, container ports become free ports, and
//! the database and the broker become those of `DATABASE_URL` and `AMQP_URL`. Everything else is
//! taken from compose.yaml as it stands. A program sees no variable but compose.yaml's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use lapin::options::{ExchangeDeleteOptions, QueueDeleteOptions};
use sqlx::{Connection as _, Executor as _};
use tokio::process::{Child, Command};
use tokio::time::Instant;

use super::compose::{Compose, Definition};
use super::{SUBGRAPHS, Trouble};

const READY_WITHIN: Duration = Duration::from_secs(90);
const GONE_WITHIN: Duration = Duration::from_secs(30);

/// The services that keep their data in SQLite files when the world is mixed.
pub(super) const ON_SQLITE: &[&str] = &["book", "user"];

pub(super) struct Services {
    on_sqlite: &'static [&'static str],
    compose: Compose,
    root: PathBuf,
    binaries: PathBuf,
    logs: PathBuf,
    belongings: Belongings,
    ports: BTreeMap<String, u16>,
    running: BTreeMap<String, Child>,
    replicas: Vec<(String, Child)>,
}

impl Services {
    pub(super) async fn start(
        (card, password): (&str, &str),
        on_sqlite: &'static [&'static str],
        traces: &str,
    ) -> Result<Self, Trouble> {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let variables = BTreeMap::from([
            ("POSTGRES_PASSWORD", "stands-for-the-database's".to_owned()),
            ("RABBITMQ_PASSWORD", "stands-for-the-broker's".to_owned()),
            ("LIBRARIAN_CARD", card.to_owned()),
            ("LIBRARIAN_PASSWORD", password.to_owned()),
            // Whatever the caller's: spans below the filter would not be exported.
            ("RUST_LOG", "info".to_owned()),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", traces.to_owned()),
        ]);
        let compose = Compose::read(&root.join("compose.yaml"), &variables)?;
        let belongings = Belongings::of_this_run()?;
        let logs = Path::new(env!("CARGO_TARGET_TMPDIR")).join(&belongings.run);
        std::fs::create_dir_all(&logs)?;
        let mut services = Self {
            on_sqlite,
            compose,
            root,
            binaries: binaries()?,
            logs,
            belongings,
            ports: BTreeMap::new(),
            running: BTreeMap::new(),
            replicas: Vec::new(),
        };
        let names: Vec<String> = services
            .compose
            .programs_in_order()?
            .into_iter()
            .map(str::to_owned)
            .collect();
        for name in &names {
            services.ports.insert(name.clone(), free_port()?);
        }
        for name in &names {
            services.await_dependencies(name).await?;
            let child = services.spawn(name, services.ports[name], "")?;
            services.running.insert(name.clone(), child);
        }
        for name in &names {
            services.await_health(name, services.ports[name]).await?;
        }
        Ok(services)
    }

    pub(super) fn url(&self, service: &str) -> Result<String, Trouble> {
        let port = self
            .ports
            .get(service)
            .ok_or("compose.yaml has no such program")?;
        Ok(format!("http://127.0.0.1:{port}"))
    }

    pub(super) async fn stop(&mut self, service: &str) -> Result<(), Trouble> {
        let child = self.running.remove(service).ok_or("it does not run")?;
        terminate(child).await
    }

    pub(super) async fn crash(&mut self, service: &str) -> Result<(), Trouble> {
        let mut child = self.running.remove(service).ok_or("it does not run")?;
        // SIGKILL.
        Ok(child.kill().await?)
    }

    pub(super) async fn start_again(&mut self, service: &str) -> Result<(), Trouble> {
        let port = *self
            .ports
            .get(service)
            .ok_or("compose.yaml has no such program")?;
        let child = self.spawn(service, port, "")?;
        self.running.insert(service.to_owned(), child);
        self.await_health(service, port).await
    }

    pub(super) async fn start_replica(&mut self, service: &str) -> Result<String, Trouble> {
        let port = free_port()?;
        let child = self.spawn(service, port, &format!("-replica-{port}"))?;
        self.replicas.push((service.to_owned(), child));
        self.await_health(service, port).await?;
        Ok(format!("http://127.0.0.1:{port}"))
    }

    pub(super) async fn stop_replicas(&mut self) -> Result<(), Trouble> {
        for (service, child) in std::mem::take(&mut self.replicas) {
            terminate(child)
                .await
                .map_err(|error| format!("replica of {service}: {error}"))?;
        }
        Ok(())
    }

    pub(super) async fn end(&mut self, failed: bool) {
        let running = std::mem::take(&mut self.running).into_values();
        let replicas = std::mem::take(&mut self.replicas)
            .into_iter()
            .map(|(_, child)| child);
        for child in running.chain(replicas) {
            if let Err(error) = terminate(child).await {
                eprintln!("{error}");
            }
        }
        self.belongings.remove().await;
        if failed {
            eprintln!("logs: {}", self.logs.display());
        } else {
            let _ = std::fs::remove_dir_all(&self.logs);
        }
    }

    async fn await_dependencies(&self, name: &str) -> Result<(), Trouble> {
        for (need, dependency) in &self.compose.services[name].depends_on {
            let ours = self.running.contains_key(need);
            if ours && dependency.condition == "service_healthy" {
                self.await_health(need, self.ports[need]).await?;
            }
        }
        Ok(())
    }

    fn spawn(&self, name: &str, port: u16, suffix: &str) -> Result<Child, Trouble> {
        let definition = &self.compose.services[name];
        let command = definition.command.as_ref().ok_or("no command")?;
        let log = self.logs.join(format!("{name}{suffix}.log"));
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(log)?;
        let child = self
            .program(definition, name, command, port)?
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .map_err(|error| {
                format!("{command:?}: {error}; build it with cargo build --workspace --bins")
            })?;
        Ok(child)
    }

    /// A program of the image, with compose.yaml's environment as it is outside of containers.
    fn program(
        &self,
        definition: &Definition,
        service: &str,
        command: &[String],
        port: u16,
    ) -> Result<Command, Trouble> {
        let (program, arguments) = command.split_first().ok_or("an empty command")?;
        let inside = definition.container_port()?;
        let mounts = definition.mounts(&self.root)?;
        let mut command = Command::new(self.binaries.join(program));
        command
            .args(arguments)
            .env_clear()
            .stdin(Stdio::null())
            .kill_on_drop(true);
        for (name, value) in definition.environment() {
            let mut value = self.outside(service, value);
            value = value.replace(&format!("0.0.0.0:{inside}"), &format!("127.0.0.1:{port}"));
            if let Some((_, here)) = mounts.iter().find(|(target, _)| *target == value) {
                value = here.to_string_lossy().into_owned();
            }
            command.env(name, value);
        }
        // What tests need beyond a deployment: a run's own queues, and a clock to turn.
        command
            .env("AMQP_PREFIX", self.belongings.queue_prefix())
            .env("BUSINESS_CLOCK", "settable");
        Ok(command)
    }

    /// A value with the compose network's addresses replaced.
    fn outside(&self, service: &str, value: &str) -> String {
        if value.contains("@postgres:5432") {
            if self.on_sqlite.contains(&service) {
                return format!(
                    "sqlite:{}",
                    self.logs.join(format!("{service}.db")).display()
                );
            }
            return self.belongings.database_url(service);
        }
        if value.contains("@rabbitmq:5672") {
            return self.belongings.broker.clone();
        }
        let mut value = value.to_owned();
        for (name, port) in &self.ports {
            let inside = self.compose.services[name]
                .container_port()
                .unwrap_or_default();
            let (from, to) = (format!("//{name}:{inside}"), format!("//127.0.0.1:{port}"));
            value = value.replace(&from, &to);
        }
        value
    }

    /// Runs the health check until it succeeds.
    async fn await_health(&self, service: &str, port: u16) -> Result<(), Trouble> {
        let definition = &self.compose.services[service];
        let check = definition
            .healthcheck
            .as_ref()
            .ok_or("no health check")?
            .command()?;
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            let output = self
                .program(definition, service, check, port)?
                .output()
                .await?;
            if output.status.success() {
                return Ok(());
            }
            if Instant::now() > deadline {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                let log = self.logs.join(format!("{service}.log"));
                return Err(
                    format!("{service} is not ready: {said}; see {}", log.display()).into(),
                );
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// What a run keeps on the servers: databases and queues that carry its name.
pub(super) struct Belongings {
    /// The database server's address, without a database.
    database: String,
    broker: String,
    /// Distinguishes this run's databases and queues from everybody's.
    run: String,
}

impl Belongings {
    pub(super) fn of_this_run() -> Result<Self, Trouble> {
        let id = setting("CIRCULATE_TEST_RUN", &std::process::id().to_string());
        Ok(Self {
            database: database_server()?,
            broker: setting("AMQP_URL", "amqp://guest:guest@127.0.0.1:5672/%2f"),
            run: format!("circulate_test_{id}_e2e"),
        })
    }

    pub(super) async fn remove(&self) {
        for outcome in [self.drop_databases().await, self.delete_queues().await] {
            if let Err(error) = outcome {
                eprintln!("left behind: {error}");
            }
        }
    }

    fn database_url(&self, service: &str) -> String {
        format!("{}/{}_{service}", self.database, self.run)
    }

    fn queue_prefix(&self) -> String {
        format!("{}.", self.run)
    }

    async fn delete_queues(&self) -> Result<(), Trouble> {
        let properties = lapin::ConnectionProperties::default();
        let connection = lapin::Connection::connect(&self.broker, properties).await?;
        let channel = connection.create_channel().await?;
        let prefix = self.queue_prefix();
        for service in SUBGRAPHS {
            for queue in [
                format!("{prefix}{service}"),
                format!("{prefix}{service}.dead"),
            ] {
                channel
                    .queue_delete(queue.into(), QueueDeleteOptions::default())
                    .await?;
            }
        }
        for name in ["circulate", "circulate.dead", "circulate.live"] {
            let exchange = format!("{prefix}{name}");
            channel
                .exchange_delete(exchange.into(), ExchangeDeleteOptions::default())
                .await?;
        }
        Ok(connection.close(200, "done".into()).await?)
    }

    async fn drop_databases(&self) -> Result<(), Trouble> {
        let mut server =
            sqlx::PgConnection::connect(&format!("{}/postgres", self.database)).await?;
        for service in SUBGRAPHS {
            // A database's name cannot be a parameter; this one is made of our own words.
            let sql = format!(
                "DROP DATABASE IF EXISTS \"{}_{service}\" WITH (FORCE)",
                self.run
            );
            server.execute(sqlx::AssertSqlSafe(sql)).await?;
        }
        Ok(())
    }
}

async fn terminate(mut child: Child) -> Result<(), Trouble> {
    if let Some(id) = child.id() {
        Command::new("kill")
            .args(["-TERM", &id.to_string()])
            .status()
            .await?;
    }
    match tokio::time::timeout(GONE_WITHIN, child.wait()).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(format!("ended with {status}").into()),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => {
            child.kill().await?;
            Err(format!("did not stop within {GONE_WITHIN:?}").into())
        }
    }
}

/// Where cargo puts programs: next to the directory of this test's executable.
fn binaries() -> Result<PathBuf, Trouble> {
    let test = std::env::current_exe()?;
    let directory = test.parent().and_then(Path::parent);
    Ok(directory
        .ok_or("this test's executable has no directory")?
        .to_owned())
}

fn setting(name: &str, default: &str) -> String {
    std::env::var(name)
        .ok()
        .filter(|value| !value.is_empty())
        .unwrap_or_else(|| default.to_owned())
}

/// `DATABASE_URL` without its database.
fn database_server() -> Result<String, Trouble> {
    let url = setting("DATABASE_URL", "postgres://postgres@127.0.0.1:5432");
    let (scheme, rest) = url.split_once("://").ok_or("DATABASE_URL is not a URL")?;
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    Ok(format!("{scheme}://{authority}"))
}

/// A port that was free just now.
fn free_port() -> std::io::Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port())
}
