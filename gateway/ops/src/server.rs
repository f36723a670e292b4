//! A server that stops gracefully.
//!
//! Deliberately absent: TLS (a deployment's proxy does it) and anything about WebSocket. An
//! upgraded connection belongs to its handler, which watches the same stop token.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::ConnectInfo;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// A client that has not sent its request's head by then is dropped.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// How long to rest when the process has no file descriptors left.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(500);

/// Serves `router` until `stop`, then accepts no more, lets requests in flight finish for at most
/// `grace`, and drops what is left.
///
/// Handlers find the peer's address as `ConnectInfo<SocketAddr>`.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: CancellationToken,
    grace: Duration,
) -> io::Result<()> {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT);
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
            // Reaping keeps the set as small as the number of open connections.
            Some(_) = connections.join_next() => continue,
        };
        match accepted {
            Ok((stream, peer)) => {
                // A lost setting costs latency only.
                let _ = stream.set_nodelay(true);
                let connection = connection(&http, stream, peer, router.clone());
                connections.spawn(graceful.watch(connection));
            }
            Err(error) if is_about_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections for now");
                tokio::time::sleep(EXHAUSTED_PAUSE).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(grace, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!(
            open = connections.len(),
            "dropping connections that outlasted the grace period"
        );
    }
    connections.shutdown().await;
    Ok(())
}

fn connection(
    http: &auto::Builder<TokioExecutor>,
    stream: TcpStream,
    peer: std::net::SocketAddr,
    router: Router,
) -> auto::UpgradeableConnection<
    'static,
    TokioIo<TcpStream>,
    impl hyper::service::Service<
        http::Request<Incoming>,
        Response = axum::response::Response,
        Error = Infallible,
        Future: Send,
    > + use<>,
    TokioExecutor,
> {
    let service = hyper::service::service_fn(move |mut request: http::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request.map(axum::body::Body::new))
    });
    http.serve_connection_with_upgrades(TokioIo::new(stream), service)
        .into_owned()
}

fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http_body_util::{BodyExt as _, Full};
    use std::net::SocketAddr;
    use std::sync::Arc;
    use tokio::sync::Notify;

    struct Slow {
        entered: Arc<Notify>,
        release: Arc<Notify>,
        router: Router,
    }

    /// A router whose `/slow` says when it was entered and answers when released.
    fn slow() -> Slow {
        let (entered, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (says, waits) = (entered.clone(), release.clone());
        let router = Router::new().route(
            "/slow",
            axum::routing::get(async move |peer: ConnectInfo<SocketAddr>| {
                says.notify_one();
                waits.notified().await;
                peer.0.ip().to_string()
            }),
        );
        Slow {
            entered,
            release,
            router,
        }
    }

    async fn start(
        router: Router,
        grace: Duration,
    ) -> (
        SocketAddr,
        CancellationToken,
        tokio::task::JoinHandle<io::Result<()>>,
    ) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let server = tokio::spawn(serve(listener, router, stop.clone(), grace));
        (address, stop, server)
    }

    async fn get(address: SocketAddr) -> Result<String, String> {
        let request = http::Request::get(format!("http://{address}/slow"))
            .body(Full::<Bytes>::default())
            .unwrap();
        let response = crate::client::http_client()
            .request(request)
            .await
            .map_err(|error| error.to_string())?;
        let body = response
            .into_body()
            .collect()
            .await
            .map_err(|error| error.to_string())?;
        Ok(String::from_utf8_lossy(&body.to_bytes()).into_owned())
    }

    #[tokio::test]
    async fn a_request_in_flight_finishes_and_no_new_one_is_accepted() {
        let slow = slow();
        let (address, stop, server) = start(slow.router, Duration::from_secs(30)).await;
        let request = tokio::spawn(get(address));
        slow.entered.notified().await;

        stop.cancel();
        // The listener closes before the request in flight is released.
        while tokio::net::TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        slow.release.notify_one();
        assert_eq!(request.await.unwrap(), Ok("127.0.0.1".to_owned()));
        server.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_request_that_outlasts_the_grace_period_is_dropped() {
        let slow = slow();
        let (address, stop, server) = start(slow.router, Duration::from_millis(20)).await;
        let request = tokio::spawn(get(address));
        slow.entered.notified().await;
        stop.cancel();
        server.await.unwrap().unwrap();
        assert!(request.await.unwrap().is_err());
    }
}
