//! Sends spans to a collector with the process's own HTTP client, so that HTTPS works too.

use std::fmt;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};

use crate::client;

/// The specification's default for `OTEL_EXPORTER_OTLP_TIMEOUT`.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// OpenTelemetry's batch processor exports on a plain thread; hyper needs the runtime. The client
/// therefore runs each request on the runtime that was current when it was made.
pub(crate) struct OnRuntime {
    runtime: tokio::runtime::Handle,
    client: client::HttpClient,
}

impl OnRuntime {
    /// Must be called inside a Tokio runtime.
    pub(crate) fn new() -> Self {
        Self {
            runtime: tokio::runtime::Handle::current(),
            client: client::http_client(),
        }
    }
}

impl fmt::Debug for OnRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnRuntime").finish_non_exhaustive()
    }
}

#[async_trait::async_trait]
impl HttpClient for OnRuntime {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let send = async move {
            let response = client.request(request.map(Full::new)).await?;
            let (parts, body) = response.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok(Response::from_parts(parts, body))
        };
        // The timer, too, must be made on the runtime.
        self.runtime
            .spawn(async move { tokio::time::timeout(SEND_TIMEOUT, send).await? })
            .await?
    }
}
