//! Tiny subgraphs on port 0, and an engine over them.

pub(crate) mod products;
pub(crate) mod reviews;
pub(crate) mod upstream;
pub(crate) mod users;

use std::sync::Arc;

use federation::Supergraph;
use futures_util::StreamExt;
use gateway::engine::{Context, Engine, ErrorPolicy, Outcome, Request, Upstreams};
use serde_json::{Value, json};
use upstream::Subgraph;

/// Composed from the three subgraphs' SDL with `@theguild/federation-composition`.
pub(crate) const SUPERGRAPH: &str = include_str!("../../../federation/tests/fixtures/shop.graphql");

/// A shop: three subgraphs and an engine over them.
pub(crate) struct Shop {
    pub(crate) engine: Engine,
    pub(crate) products: Subgraph,
    pub(crate) reviews: Subgraph,
    pub(crate) users: Subgraph,
    pub(crate) catalog: Arc<products::Catalog>,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    pub(crate) async fn open_with(configure: impl FnOnce(&mut Upstreams)) -> Self {
        let catalog = Arc::new(products::Catalog::default());
        let products = upstream::serve(products::schema(Arc::clone(&catalog))).await;
        let reviews = upstream::serve(reviews::schema()).await;
        let users = upstream::serve(users::schema()).await;
        let mut upstreams = Upstreams::new(ops::client::http_client());
        for (name, subgraph) in [
            ("products", &products),
            ("reviews", &reviews),
            ("users", &users),
        ] {
            upstreams.urls.insert(name.to_owned(), subgraph.url.clone());
        }
        configure(&mut upstreams);
        let engine = Engine::new(
            Supergraph::parse(SUPERGRAPH).expect("the fixture loads"),
            upstreams,
        );
        Self {
            engine,
            products,
            reviews,
            users,
            catalog,
        }
    }

    pub(crate) async fn ask(&self, query: &str) -> Value {
        self.ask_with(query, json!({}), Context::default()).await
    }

    pub(crate) async fn ask_with(&self, query: &str, variables: Value, context: Context) -> Value {
        ask(&self.engine, query, variables, context).await
    }
}

/// Runs a query or a mutation.
pub(crate) async fn ask(engine: &Engine, query: &str, variables: Value, context: Context) -> Value {
    match engine.execute(request(query, variables), context).await {
        Outcome::Response(response) => parse(&response),
        Outcome::Stream(_) | Outcome::Parts(_) => panic!("a stream was not asked for"),
    }
}

/// Starts a subscription.
pub(crate) async fn listen(
    engine: &Engine,
    query: &str,
    context: Context,
) -> futures_util::stream::BoxStream<'static, Value> {
    match engine.execute(request(query, json!({})), context).await {
        Outcome::Response(response) => panic!("refused: {}", parse(&response)),
        Outcome::Stream(stream) | Outcome::Parts(stream) => {
            stream.map(|response| parse(&response)).boxed()
        }
    }
}

pub(crate) fn request(query: &str, variables: Value) -> Request {
    let Value::Object(variables) = variables else {
        panic!("variables are an object")
    };
    Request {
        query: query.to_owned(),
        variables,
        ..Request::default()
    }
}

pub(crate) fn parse(response: &gateway::engine::Response) -> Value {
    serde_json::from_slice(&response.to_bytes()).expect("responses are JSON")
}

/// A caller with a token, as the server would describe it.
pub(crate) fn caller(token: &str) -> Context {
    let mut context = Context::default();
    context
        .headers
        .insert("authorization", token.parse().expect("a header value"));
    context
        .init_payload
        .insert("Authorization".to_owned(), json!(token));
    context
}

/// Lets subgraphs' errors pass.
pub(crate) fn open_errors(upstreams: &mut Upstreams) {
    upstreams.errors = ErrorPolicy {
        all: true,
        ..ErrorPolicy::default()
    };
}
