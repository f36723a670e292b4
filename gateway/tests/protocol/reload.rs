//! Another supergraph, while the gateway serves.

use federation::Supergraph;
use serde_json::json;

use crate::harness::{SUPERGRAPH, World, next};

impl World {
    /// Goes over to the usual supergraph with one text in place of another.
    fn replace(&self, from: &str, to: &str) {
        let sdl = SUPERGRAPH.replace(from, to);
        assert_ne!(sdl, SUPERGRAPH, "nothing is replaced");
        let supergraph = Supergraph::parse(&sdl).unwrap();
        self.gateway.replace(supergraph).unwrap();
    }
}

#[tokio::test]
async fn requests_see_the_supergraph_of_their_time() {
    let world = World::start("").await;
    let begun = tokio::spawn(world.post().json(&json!({ "query": "{ slow }" })).send());
    world.subgraph.entered(1).await;
    let hello = "  hello: String!\n";
    world.replace(hello, "");
    let gone = world.query("{ hello }").await;
    assert_eq!(gone.code(), "GRAPHQL_VALIDATION_FAILED");
    assert!(gone.message().contains("hello"), "{gone:?}");
    // What began before ends as it began.
    world.replace("  slow: Boolean!\n", "");
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
    let error = world.gateway.replace(supergraph).unwrap_err().to_string();
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
    world.replace("  hello: String!\n", "");
    world.replace("  slow: Boolean!\n", "");
    world.subgraph.tick.send_replace(1);
    assert_eq!(client.receive().await, next("1", json!({ "now": 1 })));

    // Nullable now: who listens has to know.
    world.replace("  ticks: Int!\n", "  ticks: Int\n");
    let ended = client.receive().await;
    assert_eq!(
        (&ended["id"], &ended["type"]),
        (&json!("1"), &json!("error"))
    );
    assert_eq!(
        ended["payload"][0]["extensions"]["code"],
        "SUBSCRIPTION_SCHEMA_RELOAD"
    );
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
    world.replace(r#"name: "one""#, r#"name: "two""#);
    let ended = client.receive().await;
    assert_eq!(
        ended["payload"][0]["extensions"]["code"],
        "SUBSCRIPTION_SCHEMA_RELOAD"
    );
}
