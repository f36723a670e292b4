//! Another supergraph, while the gateway serves.

use std::collections::HashSet;

use federation::Supergraph;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    harness::{PATIENCE, SUPERGRAPH, World, next},
    subgraph::Subgraph,
};

impl World {
    /// Goes over to the usual supergraph with one text in place of another.
    async fn replace(&self, from: &str, to: &str) {
        let sdl = SUPERGRAPH.replace(from, to);
        assert_ne!(sdl, SUPERGRAPH, "nothing is replaced");
        self.go_over(&sdl).await;
    }

    async fn go_over(&self, sdl: &str) {
        let supergraph = Supergraph::parse(sdl).unwrap();
        self.gateway.replace(supergraph).await.unwrap();
    }

    /// Goes over to the usual supergraph, but that another subgraph takes `ticks` over where a label is on.
    async fn override_ticks(&self, by: &Subgraph, label: &str) {
        let two = format!(r#"{{ TWO @join__graph(name: "two", url: "{}")"#, by.url);
        let ticks = format!(
            r#"ticks: Int! @join__field(graph: ONE, overrideLabel: "{label}")
                 @join__field(graph: TWO, override: "one", overrideLabel: "{label}")"#
        );
        let sdl = SUPERGRAPH
            .replace("join/v0.3", "join/v0.4")
            .replace(
                "usedOverridden: Boolean",
                "usedOverridden: Boolean, overrideLabel: String",
            )
            .replace("enum join__Graph {", &format!("enum join__Graph {two}"))
            .replace(
                "type Subscription",
                "type Subscription @join__type(graph: TWO)",
            )
            .replace("ticks: Int!", &ticks);
        self.go_over(&sdl).await;
    }
}

/// That the subscription "1" has ended for the client to subscribe again.
#[track_caller]
fn assert_ended(message: &Value) {
    let (id, kind) = (&message["id"], &message["type"]);
    assert_eq!((id, kind), (&json!("1"), &json!("error")), "{message}");
    let code = &message["payload"][0]["extensions"]["code"];
    assert_eq!(code, "SUBSCRIPTION_SCHEMA_RELOAD");
}

#[tokio::test]
async fn requests_see_the_supergraph_of_their_time() {
    let world = World::start("").await;
    let begun = tokio::spawn(world.post().json(&json!({ "query": "{ slow }" })).send());
    world.subgraph.entered(1).await;
    let hello = "  hello: String!\n";
    world.replace(hello, "").await;
    let gone = world.query("{ hello }").await;
    assert_eq!(gone.code(), "GRAPHQL_VALIDATION_FAILED");
    assert!(gone.message().contains("hello"), "{gone:?}");
    // What began before ends as it began.
    world.replace("  slow: Boolean!\n", "").await;
    world.subgraph.gate.add_permits(1);
    let answer = begun.await.unwrap().unwrap().text().await.unwrap();
    assert_eq!(answer, r#"{"data":{"slow":true}}"#);
    let back = world.query("{ hello }").await;
    assert_eq!(back.json(), json!({ "data": { "hello": "world" } }));
}

#[tokio::test]
async fn a_supergraph_that_cannot_be_used_changes_nothing() {
    let world = World::start("").await;
    let sdl = SUPERGRAPH.replace(
        "enum join__Graph {",
        r#"enum join__Graph { TWO @join__graph(name: "two", url: "")"#,
    );
    let supergraph = Supergraph::parse(&sdl).unwrap();
    let error = world.gateway.replace(supergraph).await.unwrap_err();
    let error = error.to_string();
    assert!(error.contains("override_subgraph_url.two"), "{error}");
    let answer = world.query("{ hello }").await;
    assert_eq!(answer.json(), json!({ "data": { "hello": "world" } }));
}

#[tokio::test]
async fn a_subscription_goes_on_while_nothing_of_it_changes() {
    let world = World::start("").await;
    let mut client = world.client(json!({})).await;
    client.subscribe("1", "subscription { now: ticks }").await;
    assert_eq!(client.receive().await, next("1", json!({ "now": 0 })));
    world.replace("  hello: String!\n", "").await;
    world.replace("  slow: Boolean!\n", "").await;
    world.subgraph.tick.send_replace(1);
    assert_eq!(client.receive().await, next("1", json!({ "now": 1 })));

    // Nullable now: who listens has to know.
    world.replace("  ticks: Int!\n", "  ticks: Int\n").await;
    assert_ended(&client.receive().await);
    world.subgraph.tick.send_replace(2);
    client.subscribe("1", "subscription { now: ticks }").await;
    assert_eq!(client.receive().await, next("1", json!({ "now": 2 })));
}

#[tokio::test]
async fn a_subscription_ends_when_its_subgraph_moves() {
    let world = World::start("").await;
    let mut client = world.client(json!({})).await;
    client.subscribe("1", "subscription { ticks }").await;
    assert_eq!(client.receive().await, next("1", json!({ "ticks": 0 })));
    // The configuration says where `one` is; under another name it is where the supergraph says.
    world.replace(r#"name: "one""#, r#"name: "two""#).await;
    assert_ended(&client.receive().await);
}

#[tokio::test]
async fn a_subscription_goes_on_until_an_override_is_on_for_it() {
    let world = World::start("").await;
    let mut client = world.client(json!({})).await;
    client.subscribe("1", "subscription { ticks }").await;
    assert_eq!(client.receive().await, next("1", json!({ "ticks": 0 })));
    let two = Subgraph::serve().await;
    world.override_ticks(&two, "percent(0)").await;
    world.subgraph.tick.send_replace(1);
    assert_eq!(client.receive().await, next("1", json!({ "ticks": 1 })));
    world.override_ticks(&two, "percent(100)").await;
    assert_ended(&client.receive().await);
}

#[tokio::test]
async fn who_is_among_the_first_goes_on_when_all_follow() {
    let (world, two) = (World::start("").await, Subgraph::serve().await);
    two.tick.send_replace(2);
    world.override_ticks(&two, "percent(50)").await;
    let mut client = world.client(json!({})).await;
    let mut overridden = HashSet::new();
    for id in (0..16).map(|id| id.to_string()) {
        client.subscribe(&id, "subscription { ticks }").await;
        let first = client.receive().await;
        if first == next(&id, json!({ "ticks": 2 })) {
            overridden.insert(id);
        } else {
            assert_eq!(first, next(&id, json!({ "ticks": 0 })));
        }
    }
    world.override_ticks(&two, "percent(100)").await;
    two.tick.send_replace(3);
    for _ in 0..16 {
        let message = client.receive().await;
        let id = message["id"].as_str().unwrap();
        if overridden.contains(id) {
            assert_eq!(message, next(id, json!({ "ticks": 3 })));
        } else {
            assert_eq!(message["type"], "error", "{message}");
        }
    }
}

#[tokio::test]
async fn what_was_asked_before_is_planned_when_another_supergraph_takes_over() {
    for (config, hits, misses) in [
        ("", 2, 1),
        (
            "supergraph: { query_planning: { warmed_up_queries: 0 } }",
            1,
            2,
        ),
    ] {
        let world = World::start(config).await;
        world.query("{ hello }").await;
        world.query("{ hello }").await;
        world.replace("  slow: Boolean!\n", "").await;
        world.query("{ hello }").await;
        let plans = async |cache| {
            world
                .metric("gateway_plans_total", &[("cache", cache)])
                .await
        };
        assert_eq!((plans("hit").await, plans("miss").await), (hits, misses));
    }
}

#[tokio::test]
async fn a_supergraph_stays_as_long_as_subscriptions_that_began_on_it() {
    let world = World::start("").await;
    let mut client = world.client(json!({})).await;
    client.subscribe("1", "subscription { ticks }").await;
    assert_eq!(client.receive().await, next("1", json!({ "ticks": 0 })));
    let engines = async || world.metric("gateway_engines", &[]).await;
    assert_eq!(engines().await, 1);
    for tick in 1..=2 {
        // Those between hold nothing.
        let hello = format!("  hello(tick{tick}: Int): String!\n");
        world.replace("  hello: String!\n", &hello).await;
        world.subgraph.tick.send_replace(tick);
        assert_eq!(client.receive().await, next("1", json!({ "ticks": tick })));
        assert_eq!(engines().await, 2);
    }
    world.replace("  ticks: Int!\n", "  ticks: Int\n").await;
    assert_ended(&client.receive().await);
    let gone = async {
        while engines().await > 1 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, gone).await.expect("nobody holds it");
}
