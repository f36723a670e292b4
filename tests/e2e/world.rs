//! The system under test, in one of its two forms.

mod compose;
mod embedded;
mod services;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;
use tokio::sync::Mutex;

use crate::client::Client;
use crate::collector::Collector;
use embedded::Embedded;
use services::{ON_SQLITE, Services};

/// The subgraphs, each of which can be stopped, started and doubled.
pub(crate) const SUBGRAPHS: [&str; 4] = ["book", "borrowing", "mypage", "user"];

/// Card and password of the librarian whom the environment names.
pub(crate) const LIBRARIAN: (&str, &str) = ("LIB-E2E", "librarian of the end-to-end tests");

/// Why the world does not do what it is told; ends the test or the suite.
pub(crate) type Trouble = Box<dyn std::error::Error + Send + Sync>;

enum Backend {
    Embedded(Box<Embedded>),
    Services(Box<Services>),
}

/// The running system, and what tests have done to it.
pub(crate) struct World {
    backend: Mutex<Backend>,
    http: reqwest::Client,
    collector: Collector,
    gateway: String,
    stopped: Mutex<BTreeSet<String>>,
    /// The business clock's offset in seconds, if a test has moved it.
    clock: Mutex<Option<i64>>,
    counter: AtomicU64,
    run: u32,
}

/// Removes what a run of the services world that was cut short (`CIRCULATE_TEST_RUN`) has left.
pub(crate) async fn sweep() {
    if let Ok(belongings) = services::Belongings::of_this_run() {
        belongings.remove().await;
    }
}

impl World {
    /// Starts the world that `WORLD` names, and waits until it is ready.
    pub(crate) async fn start() -> Result<Self, Trouble> {
        let kind = std::env::var("WORLD").unwrap_or_else(|_| "embedded".to_owned());
        let (collector, traces) = Collector::start().await?;
        let (backend, gateway) = match kind.as_str() {
            "embedded" => {
                let embedded = Embedded::start(LIBRARIAN, &traces).await?;
                let gateway = embedded.gateway_url();
                (Backend::Embedded(Box::new(embedded)), gateway)
            }
            "services" | "mixed" => {
                let on_sqlite: &[&str] = if kind == "mixed" { ON_SQLITE } else { &[] };
                let services = Services::start(LIBRARIAN, on_sqlite, &traces).await?;
                let gateway = services.url("gateway")?;
                (Backend::Services(Box::new(services)), gateway)
            }
            other => {
                return Err(
                    format!("WORLD={other}: there are embedded, services and mixed").into(),
                );
            }
        };
        Ok(Self {
            backend: Mutex::new(backend),
            http: reqwest::Client::builder()
                .timeout(Duration::from_secs(60))
                .build()?,
            collector,
            gateway,
            stopped: Mutex::default(),
            clock: Mutex::default(),
            counter: AtomicU64::new(0),
            run: std::process::id(),
        })
    }

    /// One line for people.
    pub(crate) fn describe(&self) -> String {
        format!("gateway at {}", self.gateway)
    }

    /// The public endpoint.
    pub(crate) fn gateway(&self) -> &str {
        &self.gateway
    }

    /// The traces that the world has exported.
    pub(crate) fn collector(&self) -> &Collector {
        &self.collector
    }

    /// For plain requests.
    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// A caller of the public endpoint.
    pub(crate) fn client(&self, token: Option<&str>) -> Client {
        Client::new(self.http.clone(), &self.gateway, token)
    }

    /// A caller who has not signed in.
    pub(crate) fn anyone(&self) -> Client {
        self.client(None)
    }

    /// A text that no other test and no earlier run has used.
    pub(crate) fn unique(&self, what: &str) -> String {
        format!(
            "{what} {}-{}",
            self.run,
            self.counter.fetch_add(1, Ordering::Relaxed)
        )
    }

    /// A well-formed ISBN-13 of its own.
    pub(crate) fn isbn(&self) -> String {
        let serial = u64::from(self.run) * 1_000 + self.counter.fetch_add(1, Ordering::Relaxed);
        let body = format!("979{:09}", serial % 1_000_000_000);
        let weighted = body
            .bytes()
            .enumerate()
            .map(|(at, digit)| u64::from(digit - b'0') * if at % 2 == 0 { 1 } else { 3 });
        let check = (10 - weighted.sum::<u64>() % 10) % 10;
        format!("{body}{check}")
    }

    /// A service's own address, without path.
    pub(crate) async fn service_url(&self, service: &str) -> String {
        let found = match &*self.backend.lock().await {
            Backend::Embedded(embedded) => embedded.url(service),
            Backend::Services(services) => services.url(service),
        };
        found.unwrap_or_else(|error| panic!("{service}: {error}"))
    }

    /// Takes a service away, and waits until it is gone.
    pub(crate) async fn stop(&self, service: &str) {
        let outcome = match &mut *self.backend.lock().await {
            Backend::Embedded(embedded) => embedded.stop(service).await,
            Backend::Services(services) => services.stop(service).await,
        };
        outcome.unwrap_or_else(|error| panic!("stopping {service}: {error}"));
        self.stopped.lock().await.insert(service.to_owned());
    }

    /// Takes a service away in the middle of whatever it is doing.
    pub(crate) async fn crash(&self, service: &str) {
        let outcome = match &mut *self.backend.lock().await {
            Backend::Embedded(embedded) => embedded.crash(service).await,
            Backend::Services(services) => services.crash(service).await,
        };
        outcome.unwrap_or_else(|error| panic!("crashing {service}: {error}"));
        self.stopped.lock().await.insert(service.to_owned());
    }

    /// Brings a service back at its old address, and waits until it is ready.
    pub(crate) async fn start_again(&self, service: &str) {
        self.try_start_again(service)
            .await
            .unwrap_or_else(|error| panic!("starting {service}: {error}"));
    }

    async fn try_start_again(&self, service: &str) -> Result<(), Trouble> {
        match &mut *self.backend.lock().await {
            Backend::Embedded(embedded) => embedded.start_again(service).await?,
            Backend::Services(services) => services.start_again(service).await?,
        }
        self.stopped.lock().await.remove(service);
        // A clock is set in memory only.
        if let Some(offset_seconds) = *self.clock.lock().await {
            self.try_set_clock_of(service, offset_seconds).await?;
        }
        Ok(())
    }

    /// Starts one more replica of a service on the same database; its GraphQL address.
    pub(crate) async fn start_replica(&self, service: &str) -> String {
        let started = match &mut *self.backend.lock().await {
            Backend::Embedded(embedded) => embedded.start_replica(service).await,
            Backend::Services(services) => services.start_replica(service).await,
        };
        let url = started.unwrap_or_else(|error| panic!("replica of {service}: {error}"));
        format!("{url}/graphql")
    }

    /// Moves every service's business clock to this many seconds from real time.
    pub(crate) async fn set_business_clock(&self, offset_seconds: i64) {
        *self.clock.lock().await = Some(offset_seconds);
        self.try_set_business_clock(offset_seconds)
            .await
            .unwrap_or_else(|error| panic!("setting the clock: {error}"));
    }

    async fn try_set_business_clock(&self, offset_seconds: i64) -> Result<(), Trouble> {
        for service in SUBGRAPHS {
            if !self.stopped.lock().await.contains(service) {
                self.try_set_clock_of(service, offset_seconds).await?;
            }
        }
        Ok(())
    }

    async fn try_set_clock_of(&self, service: &str, offset_seconds: i64) -> Result<(), Trouble> {
        let url = format!("{}/test/clock", self.service_url(service).await);
        let setting = json!({"offsetSeconds": offset_seconds});
        let answer = self.http.put(&url).json(&setting).send().await?;
        if !answer.status().is_success() {
            return Err(format!("{url}: {}", answer.status()).into());
        }
        Ok(())
    }

    /// Makes it noon in the library, so that no test meets midnight, `days` from now.
    pub(crate) async fn set_noon_in(&self, days: i64) {
        const DAY: i64 = 86_400;
        const SEOUL: i64 = 9 * 3_600;
        #[expect(
            clippy::disallowed_methods,
            reason = "the services under test run on real time"
        )]
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("after 1970")
            .as_secs() as i64;
        let until_noon = DAY / 2 - (now + SEOUL) % DAY;
        self.set_business_clock(until_noon + days * DAY).await;
    }

    /// Undoes what a test has done to the world as a whole.
    pub(crate) async fn mend(&self) -> Result<(), Trouble> {
        let stopped: Vec<String> = self.stopped.lock().await.iter().cloned().collect();
        for service in stopped {
            self.try_start_again(&service).await?;
        }
        match &mut *self.backend.lock().await {
            Backend::Embedded(embedded) => embedded.stop_replicas().await?,
            Backend::Services(services) => services.stop_replicas().await?,
        }
        let moved = self.clock.lock().await.take();
        if moved.is_some() {
            self.try_set_business_clock(0).await?;
        }
        Ok(())
    }

    /// Stops everything and removes what it kept; after a failure the logs stay.
    pub(crate) async fn end(&self, failed: bool) {
        match &mut *self.backend.lock().await {
            Backend::Embedded(embedded) => embedded.end().await,
            Backend::Services(services) => services.end(failed).await,
        }
    }
}
