//! For tests: plans written by hand, over subgraphs whose every answer the test gives itself.

use std::{collections::HashMap, sync::Arc, time::Duration};

use apollo_compiler::ast;
use axum::{
    Json, Router,
    extract::{Path, State},
    routing::post,
};
use federation::{
    Supergraph,
    plan::{
        Conditions, Deferred, Fetch, Field, Inline, Node, OperationKind, PathElement, Plan,
        Primary, Selection, Variable,
    },
};
use futures_util::{FutureExt, StreamExt, stream::BoxStream};
use serde_json::{Map, Value, json};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::{
    Context, Engine, Outcome, Overrides, Request, Response, Upstreams,
    operation::{Planned, Prepared, parse},
    plan_cache::{Key, Variant},
};

/// Nothing in these tests takes long; what does is broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// Products, reviews and users.
pub(crate) const SHOP: &str = include_str!("../../federation/tests/fixtures/shop.graphql");

/// Media, ratings of them as an interface object, shipping and stock.
pub(crate) const CATALOG: &str = include_str!("../../federation/tests/fixtures/catalog.graphql");

/// A product whose fields move from old to new: `price` for 25 %, `weight` for 75 %, `stock` when `beta` is on.
pub(crate) const LABELS: &str = include_str!("../../tests/engine/labels.graphql");

/// An engine that asks nobody, with these labels on, and every roll given.
pub(crate) fn labelled(sdl: &str, labels: &[&str]) -> Engine {
    let supergraph = Supergraph::parse(sdl).expect("the supergraph loads");
    let overrides = Overrides {
        labels: labels.iter().map(ToString::to_string).collect(),
        random: Some(Arc::new(|| panic!("every roll is given"))),
    };
    let upstreams = Upstreams::new(ops::client::http_client());
    Engine::with_overrides(supergraph, upstreams, overrides)
}

/// An engine and its subgraphs.
pub(crate) struct World {
    pub(crate) engine: Engine,
    asked: HashMap<String, mpsc::UnboundedReceiver<Asked>>,
}

/// A request that a subgraph has got and not answered.
pub(crate) struct Asked {
    pub(crate) body: Value,
    answer: oneshot::Sender<Value>,
}

impl Asked {
    pub(crate) fn answer(self, body: Value) {
        self.answer.send(body).expect("the gateway listens");
    }

    pub(crate) fn representations(&self) -> &Value {
        &self.body["variables"]["representations"]
    }

    /// Waits until the gateway has given the request up.
    pub(crate) async fn given_up(mut self) {
        self.answer.closed().await;
    }
}

type Senders = HashMap<String, mpsc::UnboundedSender<Asked>>;

impl World {
    pub(crate) async fn new(sdl: &str) -> Self {
        let supergraph = Supergraph::parse(sdl).expect("the supergraph loads");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut upstreams = Upstreams::new(ops::client::http_client());
        upstreams.errors.all = true;
        let (mut senders, mut asked) = (Senders::new(), HashMap::new());
        for subgraph in supergraph.subgraphs() {
            let name = subgraph.name.clone();
            let (sender, receiver) = mpsc::unbounded_channel();
            let url = format!("http://{address}/{name}");
            upstreams.urls.insert(name.clone(), url);
            senders.insert(name.clone(), sender);
            asked.insert(name, receiver);
        }
        let router = Router::new()
            .route("/{service}", post(ask))
            .with_state(senders);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            engine: Engine::new(supergraph, upstreams),
            asked,
        }
    }

    /// Has a query answered by this plan.
    pub(crate) fn plan(&self, query: &str, node: Node) {
        let inner = &self.engine.inner;
        let document = parse(&inner.supergraph, &inner.upstreams.limits, query);
        let document = document.expect("the query is valid");
        let operation = document.operations.get(None).unwrap().clone();
        let plan = Plan {
            kind: OperationKind::Query,
            node: Some(node),
        };
        let variant = Variant {
            defers: query.contains("@defer"),
            ..Variant::default()
        };
        let planned = Planned {
            document,
            operation,
            plan,
            defers: variant.defers,
        };
        let prepared = Prepared::new(&inner.supergraph, planned);
        inner
            .plans
            .insert(Key::new(query, None, variant), prepared.into(), 1);
    }

    /// Runs a query in the background; what it is answered.
    pub(crate) fn run(
        &self,
        query: &str,
        variables: Value,
        context: Context,
    ) -> mpsc::UnboundedReceiver<Value> {
        let Value::Object(variables) = variables else {
            panic!("variables are an object");
        };
        let request = Request {
            query: query.to_owned(),
            variables,
            ..Request::default()
        };
        let engine = self.engine.clone();
        let (sender, receiver) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut answers: BoxStream<'_, Response> = match engine.execute(request, context).await
            {
                Outcome::Response(response) => futures_util::stream::iter([response]).boxed(),
                Outcome::Parts(parts) | Outcome::Stream(parts) => parts,
            };
            loop {
                let next = tokio::select! {
                    next = answers.next() => next,
                    () = sender.closed() => None,
                };
                let Some(answer) = next else { return };
                let answer: Value = serde_json::from_slice(&answer.to_bytes()).unwrap();
                let _ = sender.send(answer);
            }
        });
        receiver
    }

    /// The next request that a subgraph gets.
    pub(crate) async fn asked(&mut self, service: &str) -> Asked {
        let receiver = self.asked.get_mut(service).expect("a subgraph");
        let asked = timeout(PATIENCE, receiver.recv()).await;
        asked.expect("a request in time").expect("the server runs")
    }

    /// Answers the next request that a subgraph gets.
    pub(crate) async fn answer(&mut self, service: &str, body: Value) {
        self.asked(service).await.answer(body);
    }
}

async fn ask(
    Path(service): Path<String>,
    State(senders): State<Senders>,
    Json(body): Json<Value>,
) -> Json<Value> {
    let (answer, answered) = oneshot::channel();
    let asked = Asked { body, answer };
    if let Some(sender) = senders.get(&service) {
        let _ = sender.send(asked);
    }
    Json(answered.await.unwrap_or_else(|_| json!({})))
}

/// A client that takes parts.
pub(crate) fn incremental() -> Context {
    Context {
        incremental: true,
        ..Context::default()
    }
}

/// The next answer.
pub(crate) async fn next(answers: &mut mpsc::UnboundedReceiver<Value>) -> Value {
    let answer = timeout(PATIENCE, answers.recv()).await;
    answer.expect("an answer in time").expect("an answer")
}

/// Whether nothing more comes.
pub(crate) async fn is_over(answers: &mut mpsc::UnboundedReceiver<Value>) -> bool {
    answers.recv().await.is_none()
}

/// Whether an answer is there already.
pub(crate) fn is_answered(answers: &mut mpsc::UnboundedReceiver<Value>) -> bool {
    answers.recv().now_or_never().is_some()
}

/// A fetch of root fields, given as `{…}`.
pub(crate) fn fetch(id: u32, service: &str, selected: &str) -> Fetch {
    Fetch {
        id: Some(id),
        service: service.to_owned(),
        kind: OperationKind::Query,
        variables: Vec::new(),
        requires: Vec::new(),
        selections: selections(selected),
        contexts: Vec::new(),
        input_rewrites: Vec::new(),
        output_rewrites: Vec::new(),
    }
}

/// A fetch of entities.
pub(crate) fn entities(id: u32, service: &str, requires: &str, selected: &str) -> Fetch {
    Fetch {
        requires: selections(requires),
        ..fetch(id, service, selected)
    }
}

/// A fetch at a path, given as `a.@.b|[T,U]`.
pub(crate) fn flatten(at: &str, fetch: Fetch) -> Node {
    Node::Flatten {
        path: path(at),
        node: Box::new(node(fetch)),
    }
}

pub(crate) fn node(fetch: Fetch) -> Node {
    Node::Fetch(Box::new(fetch))
}

pub(crate) fn defer(primary: Option<Node>, deferred: Vec<Deferred>) -> Node {
    Node::Defer {
        primary: Primary {
            selections: Vec::new(),
            node: primary.map(Box::new),
        },
        deferred,
    }
}

pub(crate) fn part(label: Option<&str>, at: &str, depends: &[u32], node: Option<Node>) -> Deferred {
    Deferred {
        depends: depends.to_vec(),
        label: label.map(str::to_owned),
        path: path(at),
        selections: Vec::new(),
        node: node.map(Box::new),
    }
}

pub(crate) fn variable(name: &str, ty: &str) -> Variable {
    Variable {
        name: name.to_owned(),
        ty: ty.to_owned(),
        default: None,
    }
}

fn path(text: &str) -> Vec<PathElement> {
    let mut path = Vec::new();
    for element in text.split('.').filter(|element| !element.is_empty()) {
        let (key, types) = match element.split_once("|[") {
            Some((key, types)) => (key, Some(types.trim_end_matches(']'))),
            None => (element, None),
        };
        path.push(match key {
            "@" => PathElement::List,
            key => PathElement::Key(key.to_owned()),
        });
        path.extend(
            types.map(|types| PathElement::Types(types.split(',').map(str::to_owned).collect())),
        );
    }
    path
}

/// Selections from `{…}`.
pub(crate) fn selections(text: &str) -> Vec<Selection> {
    let document = ast::Document::parse(text, "handmade").expect("good GraphQL");
    let Some(ast::Definition::OperationDefinition(operation)) = document.definitions.first() else {
        panic!("selections");
    };
    convert(&operation.selection_set)
}

fn convert(selections: &[ast::Selection]) -> Vec<Selection> {
    selections
        .iter()
        .map(|selection| match selection {
            ast::Selection::Field(field) => Selection::Field(Field {
                name: field.name.to_string(),
                alias: field.alias.as_ref().map(ToString::to_string),
                arguments: field
                    .arguments
                    .iter()
                    .map(|one| (one.name.to_string(), one.value.to_string()))
                    .collect(),
                conditions: Conditions::default(),
                selections: convert(&field.selection_set),
            }),
            ast::Selection::InlineFragment(inline) => Selection::Inline(Inline {
                type_condition: inline.type_condition.as_ref().unwrap().to_string(),
                conditions: Conditions::default(),
                selections: convert(&inline.selection_set),
            }),
            ast::Selection::FragmentSpread(_) => panic!("plans have no named fragments"),
        })
        .collect()
}

/// An empty object, for requests without variables.
pub(crate) fn none() -> Value {
    Value::Object(Map::new())
}
