//! A suite's gateway before its subgraphs, and a client.

use std::{collections::BTreeMap, time::Duration};

use federation::Supergraph;
use gateway::{Config, Gateway};
use ops::metrics::Metrics;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::OnceCell};
use tokio_util::sync::CancellationToken;

use crate::{
    subgraph::{CASE_HEADER, Subgraphs},
    suite::{Case, Suite},
};

/// Nothing in these tests takes long; what does is broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// A suite whose servers start with its first case.
pub(crate) struct Lazy {
    suite: Suite,
    world: OnceCell<Result<World, String>>,
}

/// Running servers.
pub(crate) struct World {
    pub(crate) supergraph: String,
    url: String,
    subgraphs: Subgraphs,
    client: reqwest::Client,
}

impl Lazy {
    pub(crate) fn new(suite: Suite) -> Self {
        Self {
            suite,
            world: OnceCell::new(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.suite.name
    }

    pub(crate) async fn world(&self) -> Result<&World, String> {
        let world = self.world.get_or_init(|| World::start(&self.suite)).await;
        world.as_ref().map_err(Clone::clone)
    }
}

impl World {
    async fn start(suite: &Suite) -> Result<Self, String> {
        let subgraphs = Subgraphs::serve(suite).await?;
        let urls: BTreeMap<_, _> = suite
            .subgraphs
            .iter()
            .map(|(name, _)| (name, subgraphs.url(name)))
            .collect();
        // JSON is YAML.
        let config = json!({
            "override_subgraph_url": urls,
            "include_subgraph_errors": { "all": true },
            "headers": { "all": { "request": [{ "propagate": { "named": CASE_HEADER } }] } },
        });
        let config = Config::from_yaml(&config.to_string()).map_err(|error| error.to_string())?;
        let stop = CancellationToken::new();
        let metrics = Metrics::new("gateway");
        let supergraph = Supergraph::parse(&suite.supergraph).map_err(|error| error.to_string())?;
        let gateway = Gateway::new(config, supergraph, metrics, stop.clone())
            .map_err(|error| error.to_string())?;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { gateway.serve(listener, stop).await });
        let client = reqwest::Client::builder().timeout(PATIENCE).build();
        Ok(Self {
            supergraph: suite.supergraph.clone(),
            url,
            subgraphs,
            client: client.expect("a client"),
        })
    }

    /// The gateway's answer, and what the subgraphs were asked for it.
    pub(crate) async fn ask(&self, case: &Case) -> Result<(Value, String), String> {
        let number = case.number.to_string();
        let request = self
            .client
            .post(&self.url)
            .header(CASE_HEADER, &number)
            .json(&json!({ "query": case.query }));
        let answer = async { request.send().await?.json().await };
        let answer = answer.await.map_err(|error| error.to_string())?;
        Ok((answer, self.subgraphs.requests(&number)))
    }

    /// What a subgraph answers to whoever asks it.
    pub(crate) async fn ask_subgraph(
        &self,
        subgraph: &str,
        query: &str,
        variables: &Value,
    ) -> Result<Value, String> {
        let request = self
            .client
            .post(self.subgraphs.url(subgraph))
            .json(&json!({ "query": query, "variables": variables }));
        let answer = async { request.send().await?.json().await };
        answer.await.map_err(|error| error.to_string())
    }
}
