//! A way to a server that a test can open late, cut, and close: how outages look from a client.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// Forwards a port of its own to a server's.
pub struct Proxy {
    port: u16,
    /// The listener and the connections it has accepted.
    tasks: Arc<Mutex<JoinSet<()>>>,
    connections: Arc<Mutex<JoinSet<()>>>,
}

impl Proxy {
    /// A port at which nothing listens yet.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn closed() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("a local address").port();
        Self {
            port,
            tasks: Arc::default(),
            connections: Arc::default(),
        }
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Listens from now on, and forwards to `target` (`host:port`).
    ///
    /// # Panics
    /// When somebody else has taken the port meanwhile.
    pub async fn open(&self, target: &str) {
        let listener = TcpListener::bind(("127.0.0.1", self.port))
            .await
            .expect("the port is still free");
        let (target, connections) = (target.to_owned(), self.connections.clone());
        self.tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .spawn(async move {
                while let Ok((mut client, _)) = listener.accept().await {
                    let target = target.clone();
                    let forward = async move {
                        if let Ok(mut server) = TcpStream::connect(target).await {
                            // However it ends, both sides are closed.
                            let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                        }
                    };
                    connections
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .spawn(forward);
                }
            });
    }

    /// Cuts every connection; new ones are let through.
    pub fn cut(&self) {
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .abort_all();
    }

    /// Listens no more, and cuts every connection.
    pub fn close(&self) {
        self.tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .abort_all();
        self.cut();
    }
}
