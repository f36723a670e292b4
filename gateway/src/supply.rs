//! Where the gateway's supergraph comes from, and what follows it while the gateway serves.
//!
//! What follows and cannot be used is logged, and the supergraph before serves on ([`Gateway::follow`](crate::Gateway::follow)).

use std::{
    fs,
    future::pending,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use federation::{Supergraph, SupergraphError, compose::compose};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::sources::{Change, Watch};

/// A source of supergraphs.
pub struct Supply {
    origin: Origin,
}

enum Origin {
    File {
        path: PathBuf,
        /// What it said last.
        known: String,
        /// When to look again; none: never.
        ticks: Option<Interval>,
    },
    Composed {
        watch: Box<Watch>,
        /// The supergraph that they made last.
        known: String,
    },
}

/// Why there is no supergraph to begin with; for operators.
#[derive(Debug, thiserror::Error)]
pub enum SupplyError {
    /// The file could not be read.
    #[error("cannot read the supergraph {}: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds no supergraph.
    #[error("the supergraph cannot be loaded: {0}")]
    Supergraph(#[from] SupergraphError),
}

impl Supply {
    /// A supergraph file. `reload` is how often to look whether it has changed; none: it is read once.
    pub fn file(path: &Path, reload: Option<Duration>) -> Self {
        let ticks = reload.map(|every| {
            let mut ticks = interval(every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        });
        Self {
            origin: Origin::File {
                path: path.to_owned(),
                known: String::new(),
                ticks,
            },
        }
    }

    /// What the watched subgraphs compose to, each time that one of them joins, changes or leaves.
    pub fn composed(watch: Watch) -> Self {
        Self {
            origin: Origin::Composed {
                watch: Box::new(watch),
                known: String::new(),
            },
        }
    }

    /// The supergraph to begin with. Waits, and logs what for, until subgraphs can be reached and compose.
    ///
    /// # Errors
    ///
    /// When a file is no supergraph.
    pub async fn first(&mut self) -> Result<Supergraph, SupplyError> {
        match &mut self.origin {
            Origin::File { path, known, .. } => {
                *known = read(path)?;
                Ok(Supergraph::parse(known)?)
            }
            Origin::Composed { watch, known } => Ok(next_composition(watch, known).await),
        }
    }

    /// Waits for the next supergraph, forever if none comes. Logs what is none.
    pub async fn next(&mut self) -> Supergraph {
        match &mut self.origin {
            Origin::File { path, known, ticks } => match ticks {
                Some(ticks) => next_in_file(path, known, ticks).await,
                None => pending().await,
            },
            Origin::Composed { watch, known } => next_composition(watch, known).await,
        }
    }
}

async fn next_in_file(path: &Path, known: &mut String, ticks: &mut Interval) -> Supergraph {
    let mut trouble = String::new();
    loop {
        ticks.tick().await;
        let loaded = match read(path) {
            Ok(text) if text == *known => continue,
            Ok(text) => {
                known.clone_from(&text);
                Supergraph::parse(&text).map_err(SupplyError::from)
            }
            Err(error) => Err(error),
        };
        match loaded {
            Ok(supergraph) => return supergraph,
            // The same words each second would bury the rest of the log.
            Err(error) if error.to_string() == trouble => {}
            Err(error) => {
                trouble = error.to_string();
                tracing::error!("{trouble}; the supergraph before serves on");
            }
        }
    }
}

async fn next_composition(watch: &mut Watch, known: &mut String) -> Supergraph {
    loop {
        let Change {
            subgraphs,
            troubles,
            incomplete,
        } = watch.changed().await;
        for trouble in troubles {
            tracing::warn!("{trouble}");
        }
        if incomplete {
            tracing::warn!("not composing: a subgraph's schema is not known yet");
            continue;
        }
        let count = subgraphs.len();
        // Composing is work for another thread than those that serve.
        match tokio::task::spawn_blocking(move || compose(&subgraphs)).await {
            // A subgraph that falls silent, say, changes nothing.
            Ok(Ok(composition)) if composition.supergraph.sdl() == *known => {}
            Ok(Ok(composition)) => {
                composition.supergraph.sdl().clone_into(known);
                for hint in composition.hints {
                    tracing::debug!("composition: {}: {}", hint.code, hint.message);
                }
                tracing::info!(subgraphs = count, "composed");
                return composition.supergraph;
            }
            Ok(Err(errors)) => tracing::error!("the subgraphs do not compose:\n{errors}"),
            Err(error) => tracing::error!(%error, "composition panicked"),
        }
    }
}

fn read(path: &Path) -> Result<String, SupplyError> {
    fs::read_to_string(path).map_err(|source| SupplyError::Unreadable {
        path: path.to_owned(),
        source,
    })
}
