//! `gateway compose`: subgraphs' schemas in, a supergraph out; and what a change of them would break.

mod check;
mod operations;
mod output;
mod watch;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use federation::{
    SupergraphError,
    compose::{CompositionErrors, compose},
};
use gateway::sources::{ManifestError, SourceError, Sources};

pub(crate) use output::{Output, print};
pub(crate) use watch::watch;

/// What `gateway compose` is told.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 composed (and nothing breaks); 1 not composed, or something could not be read; 2 called \
                  wrongly; 3 --check found a stale file or a change that breaks."
)]
pub(crate) struct ComposeArguments {
    /// Schema files, each named after its subgraph.
    #[arg(
        value_name = "FILE",
        required_unless_present = "config",
        conflicts_with = "config",
        value_parser = schema_file
    )]
    files: Vec<PathBuf>,
    /// A supergraph.yaml in Rover's format: files, running subgraphs, schemas in the text.
    #[arg(long, short)]
    config: Option<PathBuf>,
    /// Where a subgraph answers; repeat it for several.
    #[arg(long = "routing-url", value_name = "NAME=URL", value_parser = pair, conflicts_with = "config")]
    routing_urls: Vec<(String, String)>,
    /// Where the supergraph is written; left out: to standard output.
    #[arg(long, short)]
    output: Option<PathBuf>,
    /// Write nothing: tell whether the subgraphs compose, whether --output is what they make, and what would break for
    /// clients of --published.
    #[arg(long, conflicts_with = "watch")]
    check: bool,
    /// The supergraph that is in use, to compare with.
    #[arg(long, requires = "check")]
    published: Option<PathBuf>,
    /// A folder of clients' operations (.graphql, .gql); left out, every breaking change counts.
    #[arg(long, requires = "published")]
    operations: Option<PathBuf>,
    /// Compose again whenever a schema, or the supergraph.yaml, changes; a failure keeps the last supergraph.
    #[arg(long, requires = "output")]
    pub(crate) watch: bool,
    /// How often --watch looks, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 1000, requires = "watch")]
    poll: u64,
    /// How errors, hints and findings are told.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How things are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For reading.
    Text,
    /// One object on standard output.
    Json,
}

/// Why the command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ComposeCommandError {
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Sources(Vec<SourceError>),
    #[error("--routing-url: there is no subgraph {0}")]
    UnknownSubgraph(String),
    #[error("the subgraphs do not compose\n\n{0}")]
    Composition(#[from] CompositionErrors),
    #[error("cannot read {}: {source}", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("cannot write {}: {source}", .path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    #[error("the published supergraph: {0}")]
    Published(SupergraphError),
    #[error("{}: this is no GraphQL operation over the published supergraph:\n{errors}", .path.display())]
    Operation { path: PathBuf, errors: String },
    #[error("there are no operations (.graphql, .gql) in {}", .0.display())]
    NoOperations(PathBuf),
}

impl ComposeCommandError {
    /// 2 when the command was called wrongly (as clap does), 1 otherwise.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::UnknownSubgraph(_) => 2,
            _ => 1,
        }
    }
}

fn schema_file(path: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(path);
    let is_manifest = path
        .extension()
        .is_some_and(|extension| extension == "yaml" || extension == "yml");
    if is_manifest {
        return Err("a schema is GraphQL; give a supergraph.yaml with --config".to_owned());
    }
    Ok(path)
}

fn pair(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .filter(|(name, url)| !name.is_empty() && !url.is_empty())
        .map(|(name, url)| (name.to_owned(), url.to_owned()))
        .ok_or_else(|| "write NAME=URL".to_owned())
}

/// Does what is asked.
pub(crate) async fn run(arguments: &ComposeArguments) -> Result<Output, ComposeCommandError> {
    let sources = sources(arguments)?;
    let (subgraphs, troubles): (Vec<_>, Vec<_>) = sources
        .read(&ops::client::http_client())
        .await
        .into_iter()
        .partition(Result::is_ok);
    if !troubles.is_empty() {
        let troubles = troubles.into_iter().filter_map(Result::err);
        return Err(ComposeCommandError::Sources(troubles.collect()));
    }
    let subgraphs: Vec<_> = subgraphs.into_iter().flatten().collect();
    let mut output = Output::of(compose(&subgraphs)?);
    output.warn_of_urls(&sources);
    if arguments.check {
        check::check(arguments, &mut output)?;
    } else if let Some(path) = &arguments.output {
        write(path, output.supergraph.sdl())?;
    }
    Ok(output)
}

fn sources(arguments: &ComposeArguments) -> Result<Sources, ComposeCommandError> {
    let mut sources = match &arguments.config {
        Some(path) => Sources::from_manifest(path)?,
        None => Sources::from_files(&arguments.files)
            .map_err(|error| ComposeCommandError::Sources(vec![error]))?,
    };
    for (name, url) in &arguments.routing_urls {
        if !sources.set_routing_url(name, url) {
            return Err(ComposeCommandError::UnknownSubgraph(name.clone()));
        }
    }
    Ok(sources)
}

fn read(path: &Path) -> Result<String, ComposeCommandError> {
    fs::read_to_string(path).map_err(|source| ComposeCommandError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

/// Writes a file whole or not at all: whoever reads it meanwhile sees the old one or the new one.
fn write(path: &Path, text: &str) -> Result<(), ComposeCommandError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, path));
    written.map_err(|source| {
        let _ = fs::remove_file(&beside);
        ComposeCommandError::Unwritable {
            path: path.to_owned(),
            source,
        }
    })
}
