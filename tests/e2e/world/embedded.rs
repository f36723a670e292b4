//! The all-in-one, in this process, in a directory of its own.

use circulate::{Options, System};
use ops::telemetry::{LogFormat, Telemetry, TelemetryConfig};

use super::Trouble;

pub(super) struct Embedded {
    /// None once it has ended.
    system: Option<System>,
    /// As a process of its own would have it.
    telemetry: Option<Telemetry>,
    /// Removed with the value.
    _data: tempfile::TempDir,
}

impl Embedded {
    pub(super) async fn start(
        (card, password): (&str, &str),
        traces: &str,
    ) -> Result<Self, Trouble> {
        let config = TelemetryConfig {
            // Whatever the caller's RUST_LOG: spans below the filter would not be exported.
            filter: "info".to_owned(),
            format: LogFormat::Text,
            otlp_endpoint: Some(traces.to_owned()),
        };
        let telemetry = ops::telemetry::install("circulate", &config)?;
        let data = tempfile::tempdir()?;
        let options = Options {
            data_dir: data.path().to_owned(),
            ports: 0,
            settable_clock: true,
            librarian: Some((card.to_owned(), password.to_owned())),
            ..Options::default()
        };
        let system = System::start(options).await?;
        Ok(Self {
            system: Some(system),
            telemetry: Some(telemetry),
            _data: data,
        })
    }

    fn system(&mut self) -> Result<&mut System, Trouble> {
        self.system
            .as_mut()
            .ok_or_else(|| "the system has ended".into())
    }

    pub(super) fn gateway_url(&self) -> String {
        self.system
            .as_ref()
            .map(System::gateway_url)
            .unwrap_or_default()
    }

    pub(super) fn url(&self, service: &str) -> Result<String, Trouble> {
        let url = self
            .system
            .as_ref()
            .and_then(|system| system.service_url(service));
        url.ok_or_else(|| format!("there is no service {service}").into())
    }

    pub(super) async fn stop(&mut self, service: &str) -> Result<(), Trouble> {
        Ok(self.system()?.stop_service(service).await?)
    }

    pub(super) async fn crash(&mut self, service: &str) -> Result<(), Trouble> {
        Ok(self.system()?.crash_service(service).await?)
    }

    pub(super) async fn start_again(&mut self, service: &str) -> Result<(), Trouble> {
        Ok(self.system()?.start_service(service).await?)
    }

    pub(super) async fn start_replica(&mut self, service: &str) -> Result<String, Trouble> {
        Ok(self.system()?.start_replica(service).await?)
    }

    pub(super) async fn stop_replicas(&mut self) -> Result<(), Trouble> {
        Ok(self.system()?.stop_replicas().await?)
    }

    pub(super) async fn end(&mut self) {
        if let Some(system) = self.system.take() {
            system.stop().await;
        }
        if let Some(telemetry) = self.telemetry.take() {
            telemetry.shutdown().await;
        }
    }
}
