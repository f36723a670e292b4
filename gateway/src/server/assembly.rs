//! What the configuration makes of a supergraph: an engine.

use std::{collections::HashMap, sync::Arc};

use federation::Supergraph;
use ops::client::HttpClient;

use super::GatewayError;
use crate::{
    config::{Config, PassthroughTarget},
    engine::{Engine, ErrorPolicy, Limits, Overrides, Upstreams},
    metrics::Measurements,
};

/// An engine for a supergraph.
pub(super) fn engine(
    config: &Config,
    supergraph: Supergraph,
    client: HttpClient,
    measurements: &Measurements,
) -> Result<Engine, GatewayError> {
    let upstreams = upstreams(config, &supergraph, client)?;
    Ok(Engine::counted(
        supergraph,
        upstreams,
        overrides(config),
        Some(measurements.engines.clone()),
    ))
}

/// What the configuration says of subgraphs and labels must be of such as there are.
pub(super) fn check(config: &Config, supergraph: &Supergraph) -> Result<(), GatewayError> {
    let passthrough = &config.subscription.mode.passthrough;
    check_names(
        "override_subgraph_url",
        config.override_subgraph_url.keys(),
        supergraph,
    )?;
    check_names(
        "subscription.mode.passthrough.subgraphs",
        passthrough.subgraphs.keys(),
        supergraph,
    )?;
    check_names(
        "include_subgraph_errors.subgraphs",
        config.include_subgraph_errors.subgraphs.keys(),
        supergraph,
    )?;
    check_labels(config, supergraph)
}

fn upstreams(
    config: &Config,
    supergraph: &Supergraph,
    client: HttpClient,
) -> Result<Upstreams, GatewayError> {
    let passthrough = &config.subscription.mode.passthrough;
    let mut urls = HashMap::new();
    let mut websocket_urls = HashMap::new();
    for subgraph in supergraph.subgraphs() {
        let name = &subgraph.name;
        let url = config
            .override_subgraph_url
            .get(name)
            .unwrap_or(&subgraph.url);
        let target = passthrough.subgraphs.get(name).unwrap_or(&passthrough.all);
        let Some(websocket_url) = websocket_url(url, target) else {
            return Err(GatewayError::NoUrl {
                name: name.clone(),
                url: url.clone(),
            });
        };
        websocket_urls.insert(name.clone(), websocket_url);
        urls.insert(name.clone(), url.clone());
    }
    let errors = &config.include_subgraph_errors;
    Ok(Upstreams {
        client,
        urls,
        websocket_urls,
        timeout: config.traffic_shaping.all.timeout,
        errors: ErrorPolicy {
            all: errors.all,
            subgraphs: errors
                .subgraphs
                .iter()
                .map(|(name, pass)| (name.clone(), *pass))
                .collect(),
        },
        introspection: config.supergraph.introspection,
        limits: Limits {
            max_tokens: config.limits.parser_max_tokens,
            max_recursion: config.limits.parser_max_recursion,
            max_depth: config.limits.max_depth,
            max_aliases: config.limits.max_aliases,
        },
    })
}

fn check_labels(config: &Config, supergraph: &Supergraph) -> Result<(), GatewayError> {
    let known = supergraph.override_labels();
    let mut labels = config.override_labels.iter();
    match labels.find(|label| !known.contains(label)) {
        None => Ok(()),
        Some(label) => Err(GatewayError::UnknownLabel {
            label: label.clone(),
            known: if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            },
        }),
    }
}

fn overrides(config: &Config) -> Overrides {
    // Without randomness no request is among the chosen: the overridden subgraph still answers.
    let random = || match getrandom::u64() {
        Ok(bits) => (bits >> 11) as f64 / (1_u64 << 53) as f64,
        Err(error) => {
            tracing::error!(%error, "there is no randomness");
            1.0
        }
    };
    Overrides {
        labels: config.override_labels.clone(),
        random: Some(Arc::new(random)),
    }
}

fn check_names<'a>(
    key: &'static str,
    mut names: impl Iterator<Item = &'a String>,
    supergraph: &Supergraph,
) -> Result<(), GatewayError> {
    let known = supergraph.subgraphs();
    match names.find(|name| !known.iter().any(|subgraph| subgraph.name == **name)) {
        None => Ok(()),
        Some(name) => {
            let known: Vec<_> = known
                .iter()
                .map(|subgraph| subgraph.name.as_str())
                .collect();
            Err(GatewayError::UnknownSubgraph {
                key,
                name: name.clone(),
                known: known.join(", "),
            })
        }
    }
}

/// The subgraph's URL with the scheme for WebSockets and the configured path; none when it is no such URL.
fn websocket_url(url: &str, target: &PassthroughTarget) -> Option<String> {
    let mut url = url::Url::parse(url).ok()?;
    let scheme = match url.scheme() {
        "http" => "ws",
        "https" => "wss",
        _ => return None,
    };
    url.set_scheme(scheme).ok()?;
    if let Some(path) = &target.path {
        url.set_path(path);
    }
    Some(url.into())
}
