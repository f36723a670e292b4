//! Sources, read again and again: what joins, changes or leaves.
//!
//! Polled, on purpose: one way for files and for running subgraphs, which nothing announces; it also works where the file
//! system tells nothing (network mounts, a container's mounted configuration).

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use federation::compose::SubgraphSchema;
use ops::client::HttpClient;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::{SourceError, Sources};

/// A `supergraph.yaml`, or files, and what they said last.
pub struct Watch {
    origin: Origin,
    client: HttpClient,
    ticks: Interval,
    /// What was last told, so that each thing is told once.
    told: Option<Seen>,
}

enum Origin {
    Manifest(PathBuf),
    Fixed(Sources),
}

/// What has become of the sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// All schemas as they are now; of a subgraph that could not be read, as it was known before.
    pub subgraphs: Vec<SubgraphSchema>,
    /// What could not be read; for operators.
    pub troubles: Vec<String>,
    /// Whether a subgraph is missing above: one that could not be read, and never could.
    pub incomplete: bool,
}

impl Watch {
    /// Watches the subgraphs that a `supergraph.yaml` names, and the file itself.
    pub fn manifest(path: &Path, client: HttpClient, every: Duration) -> Self {
        Self::new(Origin::Manifest(path.to_owned()), client, every)
    }

    /// Watches these sources.
    pub fn sources(sources: Sources, client: HttpClient, every: Duration) -> Self {
        Self::new(Origin::Fixed(sources), client, every)
    }

    fn new(origin: Origin, client: HttpClient, every: Duration) -> Self {
        let mut ticks = interval(every.max(Duration::from_millis(10)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            origin,
            client,
            ticks,
            told: None,
        }
    }

    /// Waits until the schemas, or the troubles with them, are others than last time; at first: reads them. May be dropped
    /// while it waits without losing a change.
    pub async fn changed(&mut self) -> Change {
        loop {
            self.ticks.tick().await;
            let seen = self.look().await;
            if self.told.as_ref() != Some(&seen) {
                self.told = Some(seen.clone());
                return Change {
                    subgraphs: seen.known.into_values().collect(),
                    troubles: seen.troubles,
                    incomplete: seen.incomplete,
                };
            }
        }
    }

    async fn look(&self) -> Seen {
        let manifest;
        let sources = match &self.origin {
            Origin::Fixed(sources) => sources,
            Origin::Manifest(path) => match Sources::from_manifest(path) {
                Ok(read) => {
                    manifest = read;
                    &manifest
                }
                Err(error) => {
                    // What was missing before is missing still.
                    let before = self.told.clone();
                    return Seen {
                        troubles: vec![error.to_string()],
                        ..before.unwrap_or(Seen {
                            incomplete: true,
                            ..Seen::default()
                        })
                    };
                }
            },
        };
        let mut seen = Seen::default();
        for read in sources.read(&self.client).await {
            let subgraph = match read {
                Ok(subgraph) => Some(subgraph),
                Err(error) => {
                    let before = self.before(&error);
                    seen.troubles.push(error.to_string());
                    before
                }
            };
            match subgraph {
                Some(subgraph) => {
                    seen.known.insert(subgraph.name.clone(), subgraph);
                }
                None => seen.incomplete = true,
            }
        }
        seen
    }

    fn before(&self, error: &SourceError) -> Option<SubgraphSchema> {
        self.told.as_ref()?.known.get(error.subgraph()?).cloned()
    }
}

#[derive(Clone, Default, PartialEq, Eq)]
struct Seen {
    /// By subgraph.
    known: BTreeMap<String, SubgraphSchema>,
    troubles: Vec<String>,
    incomplete: bool,
}
