//! The outgoing HTTP client that a process shares among all its uses.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

/// An HTTP and HTTPS client with a keep-alive pool; cheap to clone, clones share the pool.
pub type HttpClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Longest wait for a TCP connection; a participant that is gone must be noticed quickly.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Idle connections are closed before common servers (60 s and more) close them under us.
const IDLE_TIMEOUT: Duration = Duration::from_secs(45);

/// Builds the client: ring, Mozilla's roots, no delay on small writes.
pub fn http_client() -> HttpClient {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
    // The provider is named, not the process default: a second one in the dependency tree would
    // make the default ambiguous, which rustls answers with a panic.
    let tls = HttpsConnectorBuilder::new()
        .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())
        .expect("ring supports rustls' default protocol versions");
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .build(
            tls.https_or_http()
                .enable_all_versions()
                .wrap_connector(tcp),
        )
}
