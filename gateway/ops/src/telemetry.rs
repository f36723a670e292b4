//! Logs to stderr and, when a collector is configured, traces to it.
//!
//! Environment: `RUST_LOG` (default `info`; targets are crate names, so `info,book=debug` turns up
//! one service), `LOG_FORMAT` (`text` or `json`), `OTEL_EXPORTER_OTLP_ENDPOINT` and the other
//! standard `OTEL_*` variables. Without an endpoint no span leaves the process, but spans still
//! have identities, so that `traceparent` passes through it.

use std::io::IsTerminal as _;
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Dispatch;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt};

use crate::otlp::OnRuntime;

/// How long the last spans may take to reach the collector when a process stops.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(3);

/// Why telemetry cannot start: always a setting that the operator has to mend.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `RUST_LOG` holds something that is no directive.
    #[error("RUST_LOG: `{directive}` is not a directive such as `info` or `book=debug`: {reason}")]
    Filter {
        /// The part that cannot be read.
        directive: String,
        /// What is wrong with it.
        reason: String,
    },
    /// `LOG_FORMAT` is neither `text` nor `json`.
    #[error("LOG_FORMAT: `{0}` is neither `text` nor `json`")]
    Format(String),
    /// The exporter refuses its settings.
    #[error("OTEL_EXPORTER_OTLP_ENDPOINT: {0}")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    /// Somebody else has installed a subscriber in this process.
    #[error("telemetry is already installed in this process")]
    Installed,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people, one line an event.
    Text,
    /// For machines, one JSON object an event.
    Json,
}

/// What [`init`] reads from the environment.
#[derive(Clone, Debug)]
pub struct TelemetryConfig {
    /// Directives of `tracing_subscriber::EnvFilter`.
    pub filter: String,
    /// The format of log lines.
    pub format: LogFormat,
    /// The collector's base address (`/v1/traces` is appended), if traces are exported.
    pub otlp_endpoint: Option<String>,
}

impl TelemetryConfig {
    /// Reads the settings; empty variables count as unset.
    pub fn from_env() -> Result<Self, TelemetryError> {
        let var = |name| {
            std::env::var(name)
                .ok()
                .filter(|value: &String| !value.trim().is_empty())
        };
        let format = match var("LOG_FORMAT").as_deref() {
            Some("text") => LogFormat::Text,
            Some("json") => LogFormat::Json,
            Some(other) => return Err(TelemetryError::Format(other.to_owned())),
            None if std::io::stderr().is_terminal() => LogFormat::Text,
            None => LogFormat::Json,
        };
        Ok(Self {
            filter: var("RUST_LOG").unwrap_or_else(|| "info".to_owned()),
            format,
            otlp_endpoint: var("OTEL_EXPORTER_OTLP_ENDPOINT"),
        })
    }
}

/// The running telemetry of a process; [`Telemetry::shutdown`] flushes it.
#[derive(Debug)]
pub struct Telemetry {
    provider: SdkTracerProvider,
}

/// Installs logs and traces for the process, as the environment says.
///
/// Must be called inside a Tokio runtime, once.
pub fn init(service: &str) -> Result<Telemetry, TelemetryError> {
    install(service, &TelemetryConfig::from_env()?)
}

/// As [`init`], with settings from elsewhere.
pub fn install(service: &str, config: &TelemetryConfig) -> Result<Telemetry, TelemetryError> {
    let (dispatch, telemetry) = build(service, config)?;
    tracing::dispatcher::set_global_default(dispatch).map_err(|_| TelemetryError::Installed)?;
    Ok(telemetry)
}

/// Builds logs and traces without installing them; [`init`] is this for a whole process.
pub fn build(
    service: &str,
    config: &TelemetryConfig,
) -> Result<(Dispatch, Telemetry), TelemetryError> {
    let filter = parse_filter(&config.filter)?;
    let provider = provider(service, config.otlp_endpoint.as_deref())?;
    // Spans carry what we put on them; source locations and thread names only cost time.
    let traces = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("circulate"))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false);
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match config.format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .boxed(),
    };
    let subscriber = tracing_subscriber::registry()
        .with(filter)
        .with(traces)
        .with(lines);
    Ok((Dispatch::new(subscriber), Telemetry { provider }))
}

fn provider(service: &str, endpoint: Option<&str>) -> Result<SdkTracerProvider, TelemetryError> {
    let resource = Resource::builder()
        .with_service_name(service.to_owned())
        .build();
    let builder = SdkTracerProvider::builder().with_resource(resource);
    let Some(endpoint) = endpoint else {
        return Ok(builder.build());
    };
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_http_client(OnRuntime::new())
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .build()?;
    Ok(builder.with_batch_exporter(exporter).build())
}

/// Parses all directives, and on failure finds the one to blame.
fn parse_filter(directives: &str) -> Result<EnvFilter, TelemetryError> {
    let parse = |text: &str| EnvFilter::builder().parse(text);
    parse(directives).map_err(|whole| {
        let blamed = directives
            .split(',')
            .find_map(|part| parse(part).err().map(|error| (part, error)));
        let (directive, error) = blamed.unwrap_or((directives, whole));
        TelemetryError::Filter {
            directive: directive.to_owned(),
            reason: error.to_string(),
        }
    })
}

impl Telemetry {
    /// Sends what is still buffered, waiting a few seconds at most.
    pub async fn shutdown(self) {
        // The flush blocks its thread while the runtime sends, so it must not hold a worker.
        let flush =
            tokio::task::spawn_blocking(move || self.provider.shutdown_with_timeout(FLUSH_TIMEOUT));
        if let Ok(Err(error)) = flush.await {
            tracing::warn!(%error, "the last traces may be lost");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_directive_is_named() {
        let error = parse_filter("info,book=debug,user=loud").unwrap_err();
        assert!(
            matches!(&error, TelemetryError::Filter { directive, .. } if directive == "user=loud"),
            "{error}"
        );
        assert!(parse_filter("info,book=debug,[request{route}]=trace").is_ok());
    }
}
