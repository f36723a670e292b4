//! `@defer` over HTTP and over WebSocket.

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, World, complete, next};

const QUERY: &str = r#"{ hello ... @defer(label: "later") { long(length: 3) } }"#;

const ACCEPT: &str = "multipart/mixed;deferSpec=20220824, application/json";

async fn post(world: &World, accept: &str, query: &str) -> Answer {
    let request = world.post().json(&json!({ "query": query }));
    let request = request.header("accept", accept);
    Answer::read(request.send().await.unwrap()).await
}

fn first() -> Value {
    json!({ "data": { "hello": "world" }, "hasNext": true })
}

fn second() -> Value {
    let item = json!({ "label": "later", "path": [], "data": { "long": "xxx" } });
    json!({ "incremental": [item], "hasNext": false })
}

/// The parts of a multipart body, checked byte by byte.
fn parts(answer: &Answer) -> Vec<Value> {
    let content_type = "multipart/mixed;boundary=\"-\";deferSpec=20220824";
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (200, content_type)
    );
    let body = answer.text.strip_prefix("\r\n---\r\n").expect("a boundary");
    let body = body.strip_suffix("\r\n-----\r\n").expect("an end");
    body.split("\r\n---\r\n")
        .map(|part| {
            let json = part.strip_prefix("content-type: application/json\r\n\r\n");
            serde_json::from_str(json.expect("a content type")).expect("JSON")
        })
        .collect()
}

#[tokio::test]
async fn who_accepts_parts_gets_parts() {
    let world = World::start("").await;
    for accept in [
        ACCEPT,
        "multipart/mixed; deferSpec=\"20220824\"",
        "multipart/mixed;subscriptionSpec=1.0, multipart/mixed;deferSpec=20220824, */*",
    ] {
        let answer = post(&world, accept, QUERY).await;
        assert_eq!(parts(&answer), [first(), second()], "{accept}");
        assert_eq!(answer.header("cache-control"), "no-cache");
    }
}

#[tokio::test]
async fn who_does_not_accept_parts_gets_the_whole() {
    let world = World::start("").await;
    let whole = json!({ "data": { "hello": "world", "long": "xxx" } });
    for accept in [
        "application/json",
        "multipart/mixed;subscriptionSpec=1.0, application/json",
        "*/*",
    ] {
        let answer = post(&world, accept, QUERY).await;
        assert_eq!(answer.json(), whole, "{accept}");
    }
    // Nor does who defers nothing.
    let off = "{ hello ... @defer(if: false) { long(length: 3) } }";
    assert_eq!(post(&world, ACCEPT, off).await.json(), whole);
    assert_eq!(
        post(&world, ACCEPT, "{ hello }").await.json(),
        json!({ "data": { "hello": "world" } })
    );
}

#[tokio::test]
async fn a_query_may_be_deferred_by_get() {
    let world = World::start("").await;
    let query: String = url::form_urlencoded::byte_serialize(QUERY.as_bytes()).collect();
    let request = world.request(Method::GET, &format!("/?query={query}"));
    let request = request.header("accept", ACCEPT);
    let request = request.header("apollo-require-preflight", "1");
    let answer = Answer::read(request.send().await.unwrap()).await;
    assert_eq!(parts(&answer), [first(), second()]);
}

#[tokio::test]
async fn the_first_part_is_sent_while_the_second_is_waited_for() {
    let world = World::start("").await;
    let query = json!({ "query": "{ hello ... @defer { slow } }" });
    let request = world.post().json(&query).header("accept", ACCEPT);
    let mut response = request.send().await.unwrap();
    let mut text = String::new();
    while !text.ends_with("\r\n---") || text.len() < 10 {
        let chunk = response.chunk().await.unwrap().expect("more");
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    assert!(text.contains(&first().to_string()), "{text}");
    world.subgraph.entered(1).await;
    world.subgraph.gate.add_permits(1);
    let rest = response.text().await.unwrap();
    assert!(rest.contains(r#""data":{"slow":true}"#), "{rest}");
    assert!(rest.ends_with("\r\n-----\r\n"), "{rest}");
}

#[tokio::test]
async fn a_websocket_gets_several_nexts_and_one_complete() {
    let world = World::start("").await;
    let mut client = world.client(json!({})).await;
    client.subscribe("1", QUERY).await;
    let message = |payload| json!({ "id": "1", "type": "next", "payload": payload });
    assert_eq!(client.receive().await, message(first()));
    assert_eq!(client.receive().await, message(second()));
    assert_eq!(client.receive().await, complete("1"));
    client.subscribe("1", "{ hello }").await;
    assert_eq!(
        client.receive().await,
        next("1", json!({ "hello": "world" }))
    );
}

#[tokio::test]
async fn subscriptions_are_not_deferred() {
    let world = World::start("").await;
    let mut client = world.client(json!({})).await;
    client
        .subscribe("1", "subscription { ... @defer { count(to: 1) } }")
        .await;
    let error = client.receive().await;
    assert_eq!(error["type"], "error", "{error}");
    assert!(error.to_string().contains("@defer"), "{error}");
}

#[tokio::test]
async fn an_answer_in_parts_counts_as_one_and_gives_its_place_back() {
    let world = World::start("traffic_shaping: { router: { concurrency_limit: 1 } }").await;
    for _ in 0..3 {
        assert_eq!(parts(&post(&world, ACCEPT, QUERY).await).len(), 2);
    }
    let labels = [("outcome", "parts"), ("transport", "http")];
    assert_eq!(world.metric("gateway_operations_total", &labels).await, 3);
}

#[tokio::test]
async fn the_directive_is_part_of_the_schema() {
    let world = World::start("").await;
    let query = "{ __schema { directives { name locations args { name } } } }";
    let answer = world.query(query).await.json();
    let directives = answer["data"]["__schema"]["directives"].as_array().unwrap();
    let defer = directives.iter().find(|one| one["name"] == "defer");
    assert_eq!(
        defer,
        Some(&json!({
            "name": "defer",
            "locations": ["FRAGMENT_SPREAD", "INLINE_FRAGMENT"],
            "args": [{ "name": "label" }, { "name": "if" }],
        }))
    );
    let twice = r#"{ ... @defer(label: "a") { hello } ... @defer(label: "a") { hello } }"#;
    assert_eq!(world.query(twice).await.code(), "GRAPHQL_VALIDATION_FAILED");
}
