//! Starting, stopping and doubling the parts of the all-in-one.

use std::{
    collections::BTreeMap,
    fs::{DirBuilder, File, TryLockError},
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use federation::{
    Supergraph,
    compose::{CompositionErrors, SubgraphSchema},
};
use gateway::{Config, Gateway};
use kit::{Clock, Running, Service, Settings, Start, bus::Memory};
use ops::metrics::Metrics;
use tokio::{net::TcpListener, task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

const UNLOCK: Duration = Duration::from_secs(2);
const REBIND: Duration = Duration::from_secs(5);
const ROUTER_YAML: &str = include_str!("../deploy/router.yaml");
const SERVICES: [Service; 4] = [
    book::SERVICE,
    borrowing::SERVICE,
    user::SERVICE,
    mypage::SERVICE,
];

/// What the all-in-one is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the databases are kept.
    pub data_dir: PathBuf,
    /// The address everything listens on.
    pub host: IpAddr,
    /// The gateway's port; the services take the next four. 0: any free ones.
    pub ports: u16,
    /// Whether the library's calendar can be moved (`PUT /test/clock` on each service).
    pub settable_clock: bool,
    /// Card and password of the first librarian.
    pub librarian: Option<(String, String)>,
    /// Card and password of the first operator.
    pub operator: Option<(String, String)>,
    /// Further settings of the services, as in their environment.
    pub settings: Vec<(String, String)>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("data"),
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            ports: 4000,
            settable_clock: false,
            librarian: None,
            operator: None,
            settings: Vec::new(),
        }
    }
}

/// Why the all-in-one cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder.
    #[error("cannot write to {path}: {source}; make it writable or choose another with --data")]
    DataDir {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The data folder is in use.
    #[error(
        "{0} is in use by another circulate; stop that one, or choose another folder with --data and other ports with --port"
    )]
    Locked(PathBuf),
    /// A port.
    #[error(
        "cannot listen on {address}: {source}; stop what uses it, or choose five other ports with --port"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The services' schemas.
    #[error("the services' schemas do not compose:\n{0}")]
    Composition(#[from] CompositionErrors),
    /// The gateway.
    #[error("the gateway: {0}")]
    Gateway(#[from] gateway::GatewayError),
    /// The gateway's configuration.
    #[error("the gateway's configuration: {0}")]
    Config(#[from] gateway::ConfigError),
    /// A service.
    #[error("the {service} service: {source}")]
    Service {
        /// Which.
        service: &'static str,
        /// Why.
        source: kit::ServiceError,
    },
    /// There is no such service.
    #[error("there is no service {0:?}; there are book, borrowing, user and mypage")]
    Unknown(String),
    /// The demo's accounts.
    #[error("the demo's accounts in {path}: {source}")]
    Credentials {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The running all-in-one.
pub struct System {
    options: Options,
    bus: Arc<Memory>,
    clock: Clock,
    jwks_url: String,
    addresses: BTreeMap<&'static str, SocketAddr>,
    services: BTreeMap<&'static str, Running>,
    replicas: Vec<(&'static str, Running)>,
    gateway: JoinHandle<io::Result<()>>,
    stop: CancellationToken,
    /// Held for as long as the data folder is ours.
    _lock: File,
}

impl System {
    /// Starts everything and waits until all of it serves.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let lock = lock(&options.data_dir).await?;
        // All sockets before anything runs: each part must know where the others are.
        let gateway_listener = bind(&options, 0).await?;
        let mut listeners = Vec::new();
        for (service, offset) in SERVICES.iter().zip([1, 2, 3, 4]) {
            listeners.push((*service, bind(&options, offset).await?));
        }
        let addresses: BTreeMap<_, _> = listeners
            .iter()
            .filter_map(|(service, listener)| Some((service.name, listener.local_addr().ok()?)))
            .collect();
        let jwks_url = format!("http://{}/.well-known/jwks.json", addresses["user"]);
        let stop = CancellationToken::new();
        let gateway_address = gateway_listener
            .local_addr()
            .map_err(|source| listen_error(&options, 0, source))?;
        let gateway = start_gateway(gateway_listener, &addresses, &jwks_url, &stop)?;
        let mut system = Self {
            clock: if options.settable_clock {
                Clock::settable()
            } else {
                Clock::real()
            },
            options,
            bus: Arc::default(),
            jwks_url,
            addresses,
            services: BTreeMap::new(),
            replicas: Vec::new(),
            gateway,
            stop,
            _lock: lock,
        };
        system.addresses.insert("gateway", gateway_address);
        for (service, listener) in listeners {
            let running = system.launch(service, listener)?;
            system.services.insert(service.name, running);
        }
        for service in SERVICES {
            system.ready(service.name).await?;
        }
        Ok(system)
    }

    /// The one public GraphQL endpoint.
    pub fn gateway_url(&self) -> String {
        format!("http://{}/", self.addresses["gateway"])
    }

    /// The base address of a service.
    pub fn service_url(&self, service: &str) -> Option<String> {
        self.addresses
            .get(service)
            .map(|address| format!("http://{address}"))
    }

    /// Takes a service away, as if its process had been stopped; the others go on.
    pub async fn stop_service(&mut self, service: &str) -> Result<(), StartError> {
        let service = find(service)?;
        match self.services.remove(service.name) {
            Some(running) => running.stop().await.map_err(|source| StartError::Service {
                service: service.name,
                source,
            }),
            None => Ok(()),
        }
    }

    /// Takes a service away in the middle of whatever it is doing, as a crash would.
    pub async fn crash_service(&mut self, service: &str) -> Result<(), StartError> {
        let service = find(service)?;
        if let Some(running) = self.services.remove(service.name) {
            running.crash().await;
        }
        Ok(())
    }

    /// Brings a stopped service back, where it was.
    pub async fn start_service(&mut self, service: &str) -> Result<(), StartError> {
        let service = find(service)?;
        let address = self.addresses[service.name];
        let listener = bind_again(address)
            .await
            .map_err(|source| StartError::Listen { address, source })?;
        let running = self.launch(service, listener)?;
        self.services.insert(service.name, running);
        self.ready(service.name).await
    }

    /// Starts one more replica of a service on a free port; its base address.
    pub async fn start_replica(&mut self, service: &str) -> Result<String, StartError> {
        let service = find(service)?;
        let address = SocketAddr::new(self.options.host, 0);
        let listener = TcpListener::bind(address)
            .await
            .map_err(|source| StartError::Listen { address, source })?;
        let mut running = self.launch(service, listener)?;
        if !running.ready().await {
            return Err(ended(service.name, running).await);
        }
        let url = format!("http://{}", running.address());
        self.replicas.push((service.name, running));
        Ok(url)
    }

    /// Stops the replicas started with [`System::start_replica`].
    pub async fn stop_replicas(&mut self) -> Result<(), StartError> {
        for (service, running) in self.replicas.drain(..) {
            running
                .stop()
                .await
                .map_err(|source| StartError::Service { service, source })?;
        }
        Ok(())
    }

    /// Stops everything: the gateway first, so that nobody is let in to what is going away.
    pub async fn stop(self) {
        self.stop.cancel();
        log_end(
            "gateway",
            self.gateway
                .await
                .map_err(|error| error.to_string())
                .and_then(|ended| ended.map_err(|error| error.to_string())),
        );
        for (service, running) in self.replicas.into_iter().chain(self.services) {
            log_end(
                service,
                running.stop().await.map_err(|error| error.to_string()),
            );
        }
    }

    fn launch(&self, service: Service, listener: TcpListener) -> Result<Running, StartError> {
        let mut settings = self.options.settings.clone();
        for (account, role) in [
            (&self.options.librarian, "LIBRARIAN"),
            (&self.options.operator, "OPERATOR"),
        ] {
            if let Some((card, password)) = account {
                settings.push((format!("{role}_CARD"), card.clone()));
                settings.push((format!("{role}_PASSWORD"), password.clone()));
            }
        }
        let start = Start {
            database_url: format!(
                "sqlite:{}",
                self.options
                    .data_dir
                    .join(format!("{}.db", service.name))
                    .display()
            ),
            bus: self.bus.clone(),
            jwks_url: self.jwks_url.clone(),
            clock: self.clock.clone(),
            replica: self.clock.id::<kit::ids::Message>().to_string(),
            settings: settings.into_iter().collect::<Settings>(),
            listener,
        };
        // Not a child of `stop`: the services outlive the gateway by a moment.
        kit::start(service, start, &CancellationToken::new()).map_err(|source| StartError::Listen {
            address: self.addresses[service.name],
            source,
        })
    }

    async fn ready(&mut self, service: &'static str) -> Result<(), StartError> {
        let Some(running) = self.services.get_mut(service) else {
            return Ok(());
        };
        if running.ready().await {
            return Ok(());
        }
        match self.services.remove(service) {
            Some(running) => Err(ended(service, running).await),
            None => Ok(()),
        }
    }
}

/// The reason why a service ended instead of starting.
async fn ended(service: &'static str, running: Running) -> StartError {
    let source = match running.ended().await {
        Err(source) => source,
        Ok(()) => kit::ServiceError::Other("it was stopped while starting".to_owned()),
    };
    StartError::Service { service, source }
}

fn log_end(part: &str, ended: Result<(), String>) {
    if let Err(error) = ended {
        tracing::error!(part, error, "did not stop as it should");
    }
}

fn find(name: &str) -> Result<Service, StartError> {
    SERVICES
        .into_iter()
        .find(|service| service.name == name)
        .ok_or_else(|| StartError::Unknown(name.to_owned()))
}

/// Makes the data folder, for its owner alone: the user service keeps its signing key in it.
pub fn make_private(data_dir: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data_dir)
}

/// Takes the data folder for this process. One that has just been killed may hold it for a moment longer.
async fn lock(data_dir: &Path) -> Result<File, StartError> {
    let error = |source| StartError::DataDir {
        path: data_dir.to_owned(),
        source,
    };
    make_private(data_dir).map_err(error)?;
    let lock = File::create(data_dir.join("lock")).map_err(error)?;
    let end = Instant::now() + UNLOCK;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) if Instant::now() < end => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(TryLockError::WouldBlock) => return Err(StartError::Locked(data_dir.to_owned())),
            Err(TryLockError::Error(source)) => return Err(error(source)),
        }
    }
}

async fn bind(options: &Options, offset: u16) -> Result<TcpListener, StartError> {
    TcpListener::bind(address(options, offset))
        .await
        .map_err(|source| listen_error(options, offset, source))
}

/// Binds an address that was ours a moment ago: the socket of a service that crashed may still be closing.
async fn bind_again(address: SocketAddr) -> io::Result<TcpListener> {
    let end = Instant::now() + REBIND;
    loop {
        match TcpListener::bind(address).await {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && Instant::now() < end => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            bound => return bound,
        }
    }
}

fn listen_error(options: &Options, offset: u16, source: io::Error) -> StartError {
    StartError::Listen {
        address: address(options, offset),
        source,
    }
}

fn address(options: &Options, offset: u16) -> SocketAddr {
    let port = if options.ports == 0 {
        0
    } else {
        options.ports.saturating_add(offset)
    };
    SocketAddr::new(options.host, port)
}

/// The supergraph that the services' schemas make.
fn compose(addresses: &BTreeMap<&'static str, SocketAddr>) -> Result<Supergraph, StartError> {
    let subgraph = |service: &Service| SubgraphSchema {
        name: service.name.to_owned(),
        url: addresses
            .get(service.name)
            .map(|address| format!("http://{address}/graphql"))
            .unwrap_or_default(),
        sdl: (service.sdl)(),
        origin: String::new(),
    };
    let subgraphs: Vec<_> = SERVICES.iter().map(subgraph).collect();
    Ok(federation::compose(&subgraphs)?.supergraph)
}

/// Starts the gateway with the configuration that ships with it.
fn start_gateway(
    listener: TcpListener,
    addresses: &BTreeMap<&'static str, SocketAddr>,
    jwks_url: &str,
    stop: &CancellationToken,
) -> Result<JoinHandle<io::Result<()>>, StartError> {
    let config = Config::from_yaml_with(ROUTER_YAML, |name| match name {
        "JWKS_URL" => Some(jwks_url.to_owned()),
        name => {
            let service = name.strip_suffix("_URL")?.to_lowercase();
            addresses
                .get(service.as_str())
                .map(|address| format!("http://{address}/graphql"))
        }
    })?;
    let supergraph = compose(addresses)?;
    let gateway = Gateway::new(config, supergraph, Metrics::new("gateway"), stop.clone())?;
    let stop = stop.clone();
    let serving = async move { gateway.serve(listener, stop).await };
    Ok(tokio::spawn(serving.instrument(tracing::info_span!(
        "service",
        name = "gateway"
    ))))
}
