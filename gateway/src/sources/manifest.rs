//! `supergraph.yaml`, in Rover's format.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use http::{HeaderMap, Uri};
use serde::Deserialize;

use super::{Schema, Source, Sources};
use crate::config::{ConfigError, check_name, check_value, expand_variables};

/// Why a `supergraph.yaml` was refused; for operators.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The file could not be read.
    #[error("cannot read {}: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Not YAML, an unknown key, a value of the wrong kind, or a variable that is not set.
    #[error("{}: {reason}", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
    /// Well-formed, but without sense.
    #[error("{}: {key}: {reason}", .path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// The key's path, dotted.
        key: String,
        /// What is wrong with its value.
        reason: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    federation_version: Option<Version>,
    subgraphs: BTreeMap<String, Entry>,
}

/// `2`, `"2"` or `=2.9.0`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Version {
    Number(u64),
    Text(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    routing_url: Option<String>,
    schema: EntrySchema,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct EntrySchema {
    file: Option<PathBuf>,
    sdl: Option<String>,
    subgraph_url: Option<String>,
    introspection_headers: BTreeMap<String, String>,
    graphref: Option<String>,
    subgraph: Option<String>,
}

pub(super) fn read(path: &Path) -> Result<Sources, ManifestError> {
    let text = fs::read_to_string(path).map_err(|source| ManifestError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let malformed = |reason: String| ManifestError::Malformed {
        path: path.to_owned(),
        reason,
    };
    let text = expand_variables(&text, |name| std::env::var(name).ok()).map_err(|error| {
        malformed(match error {
            ConfigError::Expansion { line, reason } => format!("line {line}: {reason}"),
            other => other.to_string(),
        })
    })?;
    let manifest: Manifest = serde_saphyr::from_str(&text)
        .map_err(|error| malformed(error.to_string().trim_start_matches("error: ").to_owned()))?;
    let value = |(key, reason): (String, String)| ManifestError::Value {
        path: path.to_owned(),
        key,
        reason,
    };
    check_version(manifest.federation_version.as_ref()).map_err(value)?;
    if manifest.subgraphs.is_empty() {
        return Err(value(("subgraphs".to_owned(), "there is none".to_owned())));
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let subgraphs = manifest
        .subgraphs
        .into_iter()
        .map(|(name, entry)| source(folder, path, name, entry).map_err(value))
        .collect::<Result<_, _>>()?;
    Ok(Sources { subgraphs })
}

type Wrong = (String, String);

/// Rover chooses a composer by it; there is one here, for both.
fn check_version(version: Option<&Version>) -> Result<(), Wrong> {
    let text = match version {
        None => return Ok(()),
        Some(Version::Number(number)) => number.to_string(),
        Some(Version::Text(text)) => text.clone(),
    };
    let number = text.trim_start_matches(['=', 'v']);
    if number == "2" || number.starts_with("2.") {
        return Ok(());
    }
    Err((
        "federation_version".to_owned(),
        format!(
            "`{text}` is not composed here: write 2, or leave it out; subgraphs of Federation 1 are composed all the same"
        ),
    ))
}

fn source(folder: &Path, manifest: &Path, name: String, entry: Entry) -> Result<Source, Wrong> {
    let key = |rest: &str| format!("subgraphs.{name}.{rest}");
    let schema = entry.schema;
    if schema.graphref.is_some() || schema.subgraph.is_some() {
        return Err((
            key("schema.graphref"),
            "Apollo's registry is not asked: fetch the schema with `rover subgraph fetch` and name it as `file`".to_owned(),
        ));
    }
    if !schema.introspection_headers.is_empty() && schema.subgraph_url.is_none() {
        return Err((
            key("schema.introspection_headers"),
            "is of use with subgraph_url only".to_owned(),
        ));
    }
    let mut routing_url = entry.routing_url;
    let schema = match (schema.file, schema.sdl, schema.subgraph_url) {
        (Some(file), None, None) => Schema::File(folder.join(file)),
        (None, Some(sdl), None) => Schema::Text {
            sdl,
            origin: format!("{} (subgraphs.{name}.schema.sdl)", manifest.display()),
        },
        (None, None, Some(text)) => {
            let url: Uri = text
                .parse()
                .map_err(|error| (key("schema.subgraph_url"), format!("`{text}`: {error}")))?;
            if !matches!(url.scheme_str(), Some("http" | "https")) {
                return Err((
                    key("schema.subgraph_url"),
                    format!("`{text}` is no http:// or https:// address"),
                ));
            }
            routing_url.get_or_insert(text);
            let headers = headers(&schema.introspection_headers)
                .map_err(|reason| (key("schema.introspection_headers"), reason))?;
            Schema::Running { url, headers }
        }
        _ => {
            return Err((
                key("schema"),
                "say where the schema is with one of file, sdl and subgraph_url".to_owned(),
            ));
        }
    };
    Ok(Source {
        name,
        routing_url,
        schema,
    })
}

fn headers(pairs: &BTreeMap<String, String>) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let header =
            check_name("introspection_headers", name).map_err(|error| error.to_string())?;
        let value =
            check_value("introspection_headers", value).map_err(|error| error.to_string())?;
        headers.insert(header, value);
    }
    Ok(headers)
}
