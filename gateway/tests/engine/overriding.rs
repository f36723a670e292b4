//! Progressive `@override`: who is asked depends on the labels that are on.

use std::sync::{Arc, Mutex};

use federation::Supergraph;
use gateway::engine::{Context, Engine, Overrides, Upstreams};
use serde_json::{Value, json};

use crate::support::{
    ask,
    upstream::{Canned, Mode, serve},
};

const SUPERGRAPH: &str = include_str!("labels.graphql");

/// An engine that rolls what it is told; the old subgraph answers 1, the new one 2.
async fn engine(labels: &[&str], roll: &Arc<Mutex<f64>>) -> Engine {
    let mut upstreams = Upstreams::new(ops::client::http_client());
    for (name, answer) in [
        (
            "old",
            r#"{"data":{"product":{"__typename":"Product","id":"p","price":1,"weight":1,"stock":1}}}"#,
        ),
        (
            "new",
            r#"{"data":{"_entities":[{"price":2,"weight":2,"stock":2}]}}"#,
        ),
    ] {
        let subgraph = serve(Canned).await;
        subgraph.fail(Mode::Body(answer));
        upstreams.urls.insert(name.to_owned(), subgraph.url);
    }
    let roll = Arc::clone(roll);
    let overrides = Overrides {
        labels: labels.iter().map(ToString::to_string).collect(),
        random: Some(Arc::new(move || *roll.lock().unwrap())),
    };
    let supergraph = Supergraph::parse(SUPERGRAPH).expect("the fixture loads");
    Engine::with_overrides(supergraph, upstreams, overrides)
}

async fn product(engine: &Engine) -> Value {
    let query = "{ product { price weight stock } }";
    let answer = ask(engine, query, json!({}), Context::default()).await;
    answer["data"]["product"].clone()
}

#[tokio::test]
async fn percentages_are_rolled_anew_for_each_request() {
    let roll = Arc::new(Mutex::new(0.0));
    let engine = engine(&[], &roll).await;
    // One roll decides about all labels, so who is among the 25 % is among the 75 % too.
    for (rolled, price, weight) in [
        (0.0, 2, 2),
        (0.24, 2, 2),
        (0.25, 1, 2),
        (0.74, 1, 2),
        (0.75, 1, 1),
        (0.1, 2, 2),
    ] {
        *roll.lock().unwrap() = rolled;
        let expected = json!({"price": price, "weight": weight, "stock": 1});
        assert_eq!(product(&engine).await, expected, "{rolled}");
    }
}

#[tokio::test]
async fn another_label_is_on_when_it_is_named() {
    let roll = Arc::new(Mutex::new(0.9));
    for (labels, stock) in [(&[][..], 1), (&["beta"][..], 2)] {
        let engine = engine(labels, &roll).await;
        let expected = json!({"price": 1, "weight": 1, "stock": stock});
        assert_eq!(product(&engine).await, expected, "{labels:?}");
    }
}
