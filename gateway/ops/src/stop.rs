//! From signals to a [`CancellationToken`] that every long-lived task watches.

use tokio_util::sync::CancellationToken;

/// The exit code of a process that was told twice to stop: 128 + SIGINT.
const IMPATIENT: i32 = 130;

/// A token that is cancelled by SIGINT or SIGTERM; a second signal ends the process at once.
///
/// Must be called inside a Tokio runtime.
pub fn on_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        signal().await;
        tracing::info!("stopping; a second signal stops at once");
        told.cancel();
        signal().await;
        std::process::exit(IMPATIENT);
    });
    stop
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

#[cfg(not(unix))]
async fn signal() {
    let _ = tokio::signal::ctrl_c().await;
}
