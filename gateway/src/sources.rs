//! Where subgraphs' schemas come from: a `supergraph.yaml` in Rover's format, schema files, running subgraphs.
//!
//! [`Sources`] says where; [`Sources::read`] reads them all at once, for [`federation::compose()`].

mod manifest;
mod running;
mod watch;

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
};

use federation::compose::SubgraphSchema;
use futures_util::future::join_all;
use http::{HeaderMap, Uri};
use ops::client::HttpClient;

pub use manifest::ManifestError;
pub use running::ServiceError;
pub use watch::{Change, Watch};

/// Where the schemas of a supergraph's subgraphs come from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    subgraphs: Vec<Source>,
}

/// Where one subgraph's schema comes from.
#[derive(Debug, Clone)]
struct Source {
    name: String,
    routing_url: Option<String>,
    schema: Schema,
}

#[derive(Debug, Clone)]
enum Schema {
    File(PathBuf),
    Text { sdl: String, origin: String },
    Running { url: Uri, headers: HeaderMap },
}

/// Why a subgraph's schema could not be read; for operators.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file.
    #[error("cannot read the schema of the subgraph `{subgraph}`, {}: {source}", .path.display())]
    Unreadable {
        /// Whose.
        subgraph: String,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The running subgraph.
    #[error("cannot get the schema of the subgraph `{subgraph}` from {url}: {source}")]
    Service {
        /// Whose.
        subgraph: String,
        /// Its address.
        url: String,
        /// What went wrong.
        source: ServiceError,
    },
    /// A schema file without a name that could be a subgraph's.
    #[error("{} has no file name that could be a subgraph's: name it after the subgraph, or use --config", .0.display())]
    Nameless(PathBuf),
    /// Two schema files with the name of one subgraph.
    #[error(
        "two files are named after the subgraph `{0}`: give each a name of its own, or use --config"
    )]
    Twice(String),
}

impl SourceError {
    /// The subgraph whose schema could not be read, if it has a name.
    pub fn subgraph(&self) -> Option<&str> {
        match self {
            Self::Unreadable { subgraph, .. } | Self::Service { subgraph, .. } => Some(subgraph),
            Self::Nameless(_) | Self::Twice(_) => None,
        }
    }
}

impl Sources {
    /// Reads a `supergraph.yaml` in Rover's format. Paths in it are relative to its folder; `${env.NAME}` is understood as
    /// in the gateway's configuration.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is not in that format, or names what only Apollo's registry has.
    pub fn from_manifest(path: &Path) -> Result<Self, ManifestError> {
        manifest::read(path)
    }

    /// Schema files, each named after its subgraph (`books.graphql`), without addresses.
    ///
    /// # Errors
    ///
    /// When a file has no name, or that of another.
    pub fn from_files(paths: &[PathBuf]) -> Result<Self, SourceError> {
        let source = |path: &PathBuf| {
            let name = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .ok_or_else(|| SourceError::Nameless(path.clone()))?;
            Ok(Source {
                name: name.to_owned(),
                routing_url: None,
                schema: Schema::File(path.clone()),
            })
        };
        let subgraphs: Vec<Source> = paths.iter().map(source).collect::<Result<_, _>>()?;
        let mut names = HashSet::new();
        match subgraphs.iter().find(|one| !names.insert(&one.name)) {
            Some(twice) => Err(SourceError::Twice(twice.name.clone())),
            None => Ok(Self { subgraphs }),
        }
    }

    /// Says where a subgraph answers, in place of what was said before. False: there is no such subgraph.
    pub fn set_routing_url(&mut self, subgraph: &str, url: &str) -> bool {
        let known = self.subgraphs.iter_mut().find(|one| one.name == subgraph);
        known.is_some_and(|one| {
            one.routing_url = Some(url.to_owned());
            true
        })
    }

    /// The subgraphs of which nothing says where they answer.
    pub fn without_routing_url(&self) -> impl Iterator<Item = &str> {
        self.subgraphs
            .iter()
            .filter(|one| one.routing_url.is_none())
            .map(|one| one.name.as_str())
    }

    /// Reads all schemas, running subgraphs at the same time. Each result stands in its subgraph's place.
    pub async fn read(&self, client: &HttpClient) -> Vec<Result<SubgraphSchema, SourceError>> {
        join_all(self.subgraphs.iter().map(|one| one.read(client))).await
    }
}

impl Source {
    async fn read(&self, client: &HttpClient) -> Result<SubgraphSchema, SourceError> {
        let (sdl, origin) = match &self.schema {
            Schema::Text { sdl, origin } => (sdl.clone(), origin.clone()),
            Schema::File(path) => {
                let text = fs::read_to_string(path).map_err(|source| SourceError::Unreadable {
                    subgraph: self.name.clone(),
                    path: path.clone(),
                    source,
                })?;
                (text, path.display().to_string())
            }
            Schema::Running { url, headers } => {
                let text = running::sdl(client, url, headers).await.map_err(|source| {
                    SourceError::Service {
                        subgraph: self.name.clone(),
                        url: url.to_string(),
                        source,
                    }
                })?;
                (text, url.to_string())
            }
        };
        Ok(SubgraphSchema {
            name: self.name.clone(),
            url: self.routing_url.clone().unwrap_or_default(),
            sdl,
            origin,
        })
    }
}
