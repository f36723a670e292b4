//! One case: subgraphs and an operation, answered by the gateway's engine and by one schema over all.

use std::{collections::BTreeSet, fmt, path::Path, sync::Arc};

use apollo_compiler::{
    ExecutableDocument,
    response::{JsonMap, JsonValue},
    validation::Valid,
};
use federation::{PlanOptions, Planner, Supergraph, compose::CompositionErrors};
use futures_util::StreamExt;
use gateway::engine::{Context, Engine, ErrorPolicy, Outcome, Overrides, Request, Upstreams};

use crate::{
    answer::{Monolith, Refusal, Server},
    compose::{Source, compose},
    generate::Operation,
    parts,
    sdl::{SdlError, Subgraph, messages},
    serve::{EVENTS, Host, Hosted},
    world::{Unanswerable, World},
};

/// Subgraphs that compose, ready to answer.
pub struct Schema {
    /// As composed.
    pub supergraph: Supergraph,
    world: Arc<World>,
    servers: Vec<Server>,
    monolith: Monolith,
    engine: Engine,
    options: PlanOptions,
    _hosted: Hosted,
}

/// Why a set of subgraphs cannot be tried.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// It does not compose: no case at all.
    #[error(transparent)]
    Compose(#[from] CompositionErrors),
    /// The simulator cannot read it.
    #[error(transparent)]
    Sdl(#[from] SdlError),
}

/// What came of a case.
#[derive(Debug)]
pub enum Verdict {
    /// The gateway answered as one schema would have.
    Same,
    /// There is nothing to compare with.
    Skipped(String),
    /// It did not.
    Different(Box<Difference>),
}

/// How the gateway's answer differs.
#[derive(Debug, Default)]
pub struct Difference {
    /// In short: what kind of failure it is.
    pub kind: Kind,
    /// The plan, as text; or why there is none.
    pub plan: String,
    /// What one schema answers.
    pub expected: String,
    /// What the gateway answered.
    pub answered: String,
}

/// Kinds of failure: shrinking keeps to the kind that it began with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// The operation was not planned.
    NotPlanned,
    /// A subgraph refused a fetch, or the engine an answer.
    Errors,
    /// The data is other data.
    #[default]
    Data,
    /// The data is the same, with keys in another order.
    Order,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            plan,
            expected,
            answered,
        } = self;
        write!(
            f,
            "{kind:?}\n\nplan:\n{plan}\n\nexpected: {expected}\nanswered: {answered}\n"
        )
    }
}

impl Schema {
    /// Composes and serves subgraphs.
    pub fn new(seed: u64, sources: &[Source], host: &Host) -> Result<Self, SchemaError> {
        let supergraph = compose(sources)?;
        let subgraphs = sources
            .iter()
            .map(|(name, sdl)| Subgraph::parse(name, sdl))
            .collect::<Result<Vec<_>, _>>()?;
        // Every other world has all labels on.
        let labels: BTreeSet<String> = supergraph
            .override_labels()
            .iter()
            .filter(|_| seed % 2 == 1)
            .cloned()
            .collect();
        let overrides = Overrides {
            labels: labels.clone(),
            ..Overrides::default()
        };
        let options = PlanOptions {
            override_labels: labels.clone(),
            ..PlanOptions::default()
        };
        let world = Arc::new(World::new(seed, subgraphs, labels));
        let servers = Server::all(&world, supergraph.api_schema());
        let hosted = host.add(servers.clone());
        let mut upstreams = Upstreams::new(ops::client::http_client());
        upstreams.urls.clone_from(&hosted.urls);
        upstreams.errors = ErrorPolicy {
            all: true,
            ..ErrorPolicy::default()
        };
        Ok(Self {
            engine: Engine::with_overrides(supergraph.clone(), upstreams, overrides),
            options,
            monolith: Monolith::new(Arc::clone(&world), supergraph.api_schema().clone()),
            supergraph,
            servers,
            world,
            _hosted: hosted,
        })
    }

    /// What is true of these subgraphs.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Answers an operation in both ways.
    pub async fn compare(&self, operation: &Operation) -> Verdict {
        let expected = match self.expected(operation) {
            Ok(expected) => expected,
            Err(why) => return Verdict::Skipped(why.to_string()),
        };
        let whole = self.ask(operation, false).await;
        if whole.contains(Unanswerable::TEXT) {
            // A plan may ask for what nobody asked, such as a requirement of a field that is left out.
            return Verdict::Skipped(Unanswerable::TEXT.to_owned());
        }
        let is_in_parts =
            operation.text.contains("@defer") && !operation.text.starts_with("mutation");
        if whole != expected || !is_in_parts {
            return self.verdict(operation, whole, expected, false);
        }
        // The order in which parts come is free, and so is the order of keys when they are put together. Parts of a
        // mutation may be read after later mutations.
        let parts = self.ask(operation, true).await;
        match parts::whole(&parts) {
            Ok(whole) if is_same_data(&whole, &expected) => Verdict::Same,
            Ok(whole) => {
                let answered = format!("{whole}\nwhich is:\n{parts}");
                self.verdict(operation, answered, expected, true)
            }
            Err(why) => {
                let answered = format!("{why}:\n{parts}");
                self.verdict(operation, answered, expected, true)
            }
        }
    }

    /// The gateway's answer: a response, or several, one a line.
    async fn ask(&self, operation: &Operation, incremental: bool) -> String {
        for server in &self.servers {
            server.reset();
        }
        let request = Request {
            query: operation.text.clone(),
            variables: variables(&operation.variables),
            ..Request::default()
        };
        let context = Context {
            incremental,
            ..Context::default()
        };
        let text = |response: &gateway::engine::Response| {
            String::from_utf8_lossy(&response.to_bytes()).into_owned()
        };
        match self.engine.execute(request, context).await {
            Outcome::Response(response) => text(&response),
            Outcome::Stream(stream) | Outcome::Parts(stream) => {
                let responses: Vec<_> = stream.map(|response| text(&response)).collect().await;
                responses.join("\n")
            }
        }
    }

    fn verdict(
        &self,
        operation: &Operation,
        answered: String,
        expected: String,
        defer: bool,
    ) -> Verdict {
        if answered == expected {
            return Verdict::Same;
        }
        let (plan, kind) = match self.plan(operation, defer) {
            Err(why) => (why, Kind::NotPlanned),
            Ok(plan) if answered.contains("\"errors\":") => (plan, Kind::Errors),
            Ok(plan) if is_same_data(&answered, &expected) => (plan, Kind::Order),
            Ok(plan) => (plan, Kind::Data),
        };
        Verdict::Different(Box::new(Difference {
            kind,
            plan,
            expected,
            answered,
        }))
    }

    /// What one schema answers: a response, or one for each event.
    fn expected(&self, operation: &Operation) -> Result<String, Refusal> {
        let document = self.document(operation).map_err(Refusal::Invalid)?;
        let only = document
            .operations
            .get(None)
            .map_err(|error| Refusal::Invalid(error.message().to_string()))?;
        let events = if only.is_subscription() {
            1..=EVENTS
        } else {
            0..=0
        };
        let mut responses = Vec::new();
        for event in events {
            let data = self
                .monolith
                .answer(&document, only, &operation.variables, event)?;
            let mut response = JsonMap::new();
            response.insert("data", JsonValue::Object(data));
            responses.push(JsonValue::Object(response).to_string());
        }
        Ok(responses.join("\n"))
    }

    /// The operation, or what is wrong with it.
    fn document(&self, operation: &Operation) -> Result<Valid<ExecutableDocument>, String> {
        let schema = self.supergraph.api_schema();
        ExecutableDocument::parse_and_validate(schema, &operation.text, "operation")
            .map_err(|invalid| messages(&invalid.errors))
    }

    fn plan(&self, operation: &Operation, defer: bool) -> Result<String, String> {
        let document = self.document(operation)?;
        let only = document
            .operations
            .get(None)
            .map_err(|error| error.message().to_string())?;
        let options = PlanOptions {
            defer,
            ..self.options.clone()
        };
        Planner::new(&self.supergraph)
            .plan(&document, only, &options)
            .map(|plan| plan.to_text())
            .map_err(|error| error.to_string())
    }
}

/// Whether responses, one a line, are equal but for the order of keys.
fn is_same_data(one: &str, other: &str) -> bool {
    let parse = |text: &str| -> Option<Vec<serde_json::Value>> {
        text.lines()
            .map(|line| serde_json::from_str(line).ok())
            .collect()
    };
    parse(one).is_some_and(|one| Some(one) == parse(other))
}

fn variables(map: &JsonMap) -> serde_json::Map<String, serde_json::Value> {
    let text = JsonValue::Object(map.clone()).to_string();
    serde_json::from_str(&text).unwrap_or_default()
}

/// A case as files: `subgraphs/<name>.graphql`, `operation.graphql`, `variables.json`.
#[derive(Debug, Clone)]
pub struct Case {
    /// The seed of the values.
    pub seed: u64,
    /// The subgraphs.
    pub subgraphs: Vec<Source>,
    /// What is asked.
    pub operation: Operation,
}

impl Case {
    /// Characters, roughly what a reader has to read.
    pub(crate) fn size(&self) -> usize {
        let sdls: usize = self.subgraphs.iter().map(|(_, sdl)| sdl.len()).sum();
        sdls + self.operation.text.len()
    }

    /// Reads a case.
    pub fn read(folder: &Path) -> std::io::Result<Self> {
        let mut subgraphs = Vec::new();
        for entry in std::fs::read_dir(folder.join("subgraphs"))? {
            let path = entry?.path();
            if let Some(name) = path.file_stem().and_then(|name| name.to_str()) {
                subgraphs.push((name.to_owned(), std::fs::read_to_string(&path)?));
            }
        }
        subgraphs.sort();
        let text = std::fs::read_to_string(folder.join("operation.graphql"))?;
        let variables = std::fs::read_to_string(folder.join("variables.json"))?;
        Ok(Self {
            seed: 0,
            subgraphs,
            operation: Operation {
                text,
                variables: serde_json::from_str(&variables)?,
            },
        })
    }

    /// Writes a case.
    pub fn write(&self, folder: &Path) -> std::io::Result<()> {
        std::fs::create_dir_all(folder.join("subgraphs"))?;
        for (name, sdl) in &self.subgraphs {
            std::fs::write(folder.join(format!("subgraphs/{name}.graphql")), sdl)?;
        }
        std::fs::write(folder.join("operation.graphql"), &self.operation.text)?;
        let variables = JsonValue::Object(self.operation.variables.clone());
        std::fs::write(folder.join("variables.json"), format!("{variables}\n"))
    }
}
