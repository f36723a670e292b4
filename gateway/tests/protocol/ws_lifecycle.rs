//! How WebSocket connections and their operations end.

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::json;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::{self, Message, client::IntoClientRequest};

use crate::{
    harness::{Client, PATIENCE, World, next},
    tokens::Tokens,
};

const PROTOCOL: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");

async fn listening(client: &mut Client, id: &str) {
    client.subscribe(id, "subscription { forever }").await;
    assert_eq!(client.receive().await, next(id, json!({ "forever": 1 })));
}

#[tokio::test]
async fn a_client_that_does_not_introduce_itself_is_left() {
    let world = World::start("websocket: { init_timeout: 300ms }").await;
    let mut client = world.connect(&[PROTOCOL]).await;
    // A ping is no introduction.
    client.send(json!({ "type": "ping" })).await;
    assert_eq!(client.receive().await, json!({ "type": "pong" }));
    assert_eq!(
        client.closed().await,
        (4408, "Connection initialisation timeout".to_owned())
    );
}

#[tokio::test]
async fn complete_ends_the_operation_upstream_too() {
    let world = World::start("").await;
    let mut client = world.client(json!({})).await;
    listening(&mut client, "1").await;
    world.subgraph.listeners(1).await;
    client.send(json!({ "id": "1", "type": "complete" })).await;
    timeout(PATIENCE, world.subgraph.listeners(0))
        .await
        .expect("the upstream operation ends");
    // What is not running cannot be ended, and that is no error; the id is free.
    client.send(json!({ "id": "1", "type": "complete" })).await;
    listening(&mut client, "1").await;
}

#[tokio::test]
async fn a_client_that_goes_ends_its_operations_upstream() {
    let world = World::start("").await;
    let mut client = world.client(json!({})).await;
    listening(&mut client, "1").await;
    listening(&mut client, "2").await;
    world.subgraph.listeners(2).await;
    drop(client);
    timeout(PATIENCE, world.subgraph.listeners(0))
        .await
        .expect("the upstream operations end");
}

#[tokio::test]
async fn operations_end_when_the_token_does() {
    let tokens = Tokens::serve().await;
    let world = World::start(&tokens.config()).await;
    let client = async |seconds| loop {
        let payload = json!({ "Authorization": tokens.bearer(seconds) });
        let mut client = world.connect(&[PROTOCOL]).await;
        client
            .send(json!({ "type": "connection_init", "payload": payload }))
            .await;
        if matches!(client.frame().await, Message::Text(_)) {
            break client;
        }
    };
    let mut lasting = client(3_600).await;
    listening(&mut lasting, "lasting").await;
    let mut client = client(2).await;
    listening(&mut client, "a").await;
    listening(&mut client, "b").await;
    let mut ended = Vec::new();
    for _ in 0..2 {
        let message = client.receive().await;
        assert_eq!(message["type"], "error", "{message}");
        assert_eq!(message["payload"][0]["extensions"]["code"], "TOKEN_EXPIRED");
        ended.push(message["id"].as_str().unwrap().to_owned());
    }
    ended.sort();
    assert_eq!(ended, ["a", "b"]);
    timeout(PATIENCE, world.subgraph.listeners(1))
        .await
        .expect("upstream operations end too");

    client.subscribe("c", "{ hello }").await;
    let refused = client.receive().await;
    assert_eq!(
        (&refused["id"], &refused["type"]),
        (&json!("c"), &json!("error"))
    );
    assert_eq!(refused["payload"][0]["extensions"]["code"], "TOKEN_EXPIRED");
    lasting.subscribe("more", "{ hello }").await;
    assert_eq!(
        lasting.receive().await,
        next("more", json!({ "hello": "world" }))
    );
}

#[tokio::test]
async fn clients_are_told_when_the_gateway_stops() {
    let world = World::start("").await;
    let mut client = world.client(json!({})).await;
    listening(&mut client, "1").await;
    world.stop.cancel();
    assert_eq!(client.closed().await, (1001, "Going away".to_owned()));
    assert!(
        timeout(PATIENCE, client.socket.next())
            .await
            .unwrap()
            .is_none()
    );
    timeout(PATIENCE, world.server)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    timeout(PATIENCE, world.subgraph.listeners(0))
        .await
        .expect("upstream operations end too");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    let world = World::start("websocket: { send_timeout: 300ms }").await;
    let mut client = world.client(json!({})).await;
    client
        .subscribe("1", "subscription { flood(length: 100000) }")
        .await;
    world.subgraph.listeners(1).await;
    // The client reads nothing: buffers fill, the gateway waits, then gives up and ends the operation.
    timeout(PATIENCE, world.subgraph.listeners(0))
        .await
        .expect("the client is cut off");
    let rest = timeout(PATIENCE, async {
        loop {
            match client.socket.next().await {
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => {}
            }
        }
    });
    rest.await.expect("the connection ends");
}

#[tokio::test]
async fn operations_on_a_connection_are_bounded() {
    let world = World::start("websocket: { max_operations: 2 }").await;
    let mut client = world.client(json!({})).await;
    listening(&mut client, "1").await;
    listening(&mut client, "2").await;
    client.subscribe("3", "{ hello }").await;
    let refused = client.receive().await;
    assert_eq!(
        refused["payload"][0]["extensions"]["code"],
        "TOO_MANY_OPERATIONS"
    );
    client.send(json!({ "id": "1", "type": "complete" })).await;
    client.subscribe("3", "{ hello }").await;
    assert_eq!(
        client.receive().await,
        next("3", json!({ "hello": "world" }))
    );
}

#[tokio::test]
async fn subscriptions_of_all_connections_are_bounded() {
    let world = World::start("subscription: { max_opened_subscriptions: 1 }").await;
    let mut first = world.client(json!({})).await;
    listening(&mut first, "1").await;
    let mut second = world.client(json!({})).await;
    second.subscribe("1", "subscription { forever }").await;
    let refused = second.receive().await;
    assert_eq!(
        refused["payload"][0]["extensions"]["code"],
        "SERVICE_UNAVAILABLE"
    );
    drop(first);
    timeout(PATIENCE, world.subgraph.listeners(0))
        .await
        .expect("the first one ends");
    listening(&mut second, "1").await;
}

#[tokio::test]
async fn connections_are_bounded() {
    let world = World::start("websocket: { max_connections: 1 }").await;
    let first = world.client(json!({})).await;
    let connect = async || {
        let mut request = world
            .url
            .replacen("http", "ws", 1)
            .into_client_request()
            .unwrap();
        request
            .headers_mut()
            .insert(PROTOCOL.0, PROTOCOL.1.parse().unwrap());
        tokio_tungstenite::connect_async(request).await
    };
    match connect().await {
        Err(tungstenite::Error::Http(response)) => {
            assert_eq!(response.status(), 503);
            assert_eq!(response.headers()["retry-after"], "5");
        }
        other => panic!("{other:?}"),
    }
    drop(first);
    let reconnected = timeout(PATIENCE, async {
        while connect().await.is_err() {
            tokio::task::yield_now().await;
        }
    });
    reconnected.await.expect("a place becomes free");
}

#[tokio::test]
async fn silent_clients_are_pinged_and_dead_ones_dropped() {
    let world = World::start("websocket: { ping_interval: 200ms }").await;
    let mut client = world.client(json!({})).await;
    listening(&mut client, "1").await;
    let begun = Instant::now();
    // Reading answers the pings, which keeps the connection past the point where a dead one would be dropped.
    while begun.elapsed() < Duration::from_secs(1) {
        assert!(matches!(client.frame().await, Message::Ping(_)));
    }
    world.subgraph.listeners(1).await;
    // A client that no longer reads no longer answers.
    timeout(PATIENCE, world.subgraph.listeners(0))
        .await
        .expect("the dead client is dropped");
}
