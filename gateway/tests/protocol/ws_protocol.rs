//! `graphql-transport-ws`: messages and close codes.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    harness::{World, complete, next},
    tokens::Tokens,
};

const PROTOCOL: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");

#[tokio::test]
async fn queries_mutations_and_subscriptions_run() {
    let world = World::start("").await;
    let mut client = world.client(json!({})).await;
    client.subscribe("q", "{ hello }").await;
    assert_eq!(
        client.receive().await,
        next("q", json!({ "hello": "world" }))
    );
    assert_eq!(client.receive().await, complete("q"));
    client.subscribe("m", "mutation { touch }").await;
    assert_eq!(client.receive().await, next("m", json!({ "touch": 1 })));
    assert_eq!(client.receive().await, complete("m"));
    // An id is free again once its operation is complete.
    client.subscribe("q", "subscription { count(to: 3) }").await;
    for count in 1..=3 {
        assert_eq!(client.receive().await, next("q", json!({ "count": count })));
    }
    assert_eq!(client.receive().await, complete("q"));
}

#[tokio::test]
async fn variables_and_operation_names_are_read() {
    let world = World::start("").await;
    let mut client = world.client(json!({})).await;
    let payload = json!({
        "query": "query A { hello } query B($n: Int!) { long(length: $n) }",
        "operationName": "B",
        "variables": { "n": 3 },
        "extensions": {},
    });
    client
        .send(json!({ "id": "1", "type": "subscribe", "payload": payload }))
        .await;
    assert_eq!(client.receive().await, next("1", json!({ "long": "xxx" })));
}

#[tokio::test]
async fn a_refused_operation_is_an_error_and_the_connection_goes_on() {
    let world = World::start("").await;
    let mut client = world.client(json!({})).await;
    client.subscribe("1", "{ nothing }").await;
    let error = client.receive().await;
    assert_eq!(
        (&error["id"], &error["type"]),
        (&json!("1"), &json!("error"))
    );
    assert!(
        error["payload"][0]["message"]
            .as_str()
            .is_some_and(|text| text.contains("nothing"))
    );
    // No `complete` after an `error`: the next message belongs to the next operation, of the same id.
    client.subscribe("1", "{ hello }").await;
    assert_eq!(
        client.receive().await,
        next("1", json!({ "hello": "world" }))
    );
}

#[tokio::test]
async fn operations_run_side_by_side() {
    let world = World::start("").await;
    let mut client = world.client(json!({})).await;
    client.subscribe("slow", "{ slow }").await;
    world.subgraph.entered(1).await;
    client.subscribe("fast", "{ hello }").await;
    assert_eq!(
        client.receive().await,
        next("fast", json!({ "hello": "world" }))
    );
    assert_eq!(client.receive().await, complete("fast"));
    world.subgraph.gate.add_permits(1);
    assert_eq!(
        client.receive().await,
        next("slow", json!({ "slow": true }))
    );
}

#[tokio::test]
async fn pings_are_answered_and_pongs_taken() {
    let world = World::start("").await;
    let mut client = world.connect(&[PROTOCOL]).await;
    client
        .send(json!({ "type": "ping", "payload": { "a": [1, 2] } }))
        .await;
    assert_eq!(
        client.receive().await,
        json!({ "type": "pong", "payload": { "a": [1, 2] } })
    );
    client.send(json!({ "type": "pong" })).await;
    client.send(json!({ "type": "ping" })).await;
    assert_eq!(client.receive().await, json!({ "type": "pong" }));
}

#[tokio::test]
async fn breaches_of_the_protocol_close_the_connection() {
    let world = World::start("").await;
    let init = r#"{"type":"connection_init"}"#;
    let forever = r#"{"id":"1","type":"subscribe","payload":{"query":"subscription { forever }"}}"#;
    let twice = "Subscriber for 1 already exists";
    for (messages, code, reason) in [
        (&["{"][..], 4400, "not a protocol message"),
        (
            &[r#"{"type":"start","id":"1"}"#],
            4400,
            "`start` is not a message of the protocol",
        ),
        (
            &[init, r#"{"type":"subscribe","id":"1"}"#],
            4400,
            "`subscribe` needs a `payload`",
        ),
        (
            &[init, r#"{"type":"subscribe","id":"1","payload":{}}"#],
            4400,
            "`query` is missing",
        ),
        (&[forever], 4401, "Unauthorized"),
        (&[init, forever, forever], 4409, twice),
        (&[init, init], 4429, "Too many initialisation requests"),
    ] {
        let mut client = world.connect(&[PROTOCOL]).await;
        for message in messages {
            client.send_text(message).await;
        }
        let closed = loop {
            match client.frame().await {
                Message::Close(Some(frame)) => break frame,
                Message::Text(_) => {}
                other => panic!("{messages:?}: {other:?}"),
            }
        };
        assert_eq!(u16::from(closed.code), code, "{messages:?}");
        assert!(
            closed.reason.contains(reason),
            "{messages:?}: {}",
            closed.reason
        );
    }
    world.subgraph.listeners(0).await;
}

#[tokio::test]
async fn binary_and_oversized_messages_close_the_connection() {
    let world = World::start("limits: { http_max_request_bytes: 1000 }").await;
    let mut client = world.connect(&[PROTOCOL]).await;
    futures_util::SinkExt::send(&mut client.socket, Message::binary(&b"x"[..]))
        .await
        .unwrap();
    assert_eq!(client.closed().await.0, 4400);
    let mut client = world.connect(&[PROTOCOL]).await;
    client.send_text(&" ".repeat(1_001)).await;
    assert_eq!(client.closed().await.0, 1009);
}

#[tokio::test]
async fn other_subprotocols_are_not_spoken() {
    let world = World::start("").await;
    let mut client = world.connect(&[]).await;
    assert_eq!(
        client.closed().await,
        (4406, "Subprotocol not acceptable".to_owned())
    );
}

#[tokio::test]
async fn the_token_comes_from_the_payload_or_the_upgrade() {
    let tokens = Tokens::serve().await;
    let world = World::start(&tokens.config()).await;
    let bearer = tokens.bearer(3_600);
    // Until the keys are there, clients are sent away to try again.
    loop {
        let mut client = world.connect(&[PROTOCOL]).await;
        client
            .send(json!({ "type": "connection_init", "payload": { "Authorization": bearer } }))
            .await;
        match client.frame().await {
            Message::Text(_) => break,
            Message::Close(Some(frame)) => assert_eq!(u16::from(frame.code), 1013),
            other => panic!("{other:?}"),
        }
    }
    let query = r#"{ header(name: "authorization") }"#;
    let cases: [(&str, Value); 5] = [
        (&bearer, json!({})),
        ("", json!({ "Authorization": bearer })),
        ("", json!({ "authorization": bearer })),
        ("", json!({ "headers": { "AUTHORIZATION": bearer } })),
        ("Bearer nonsense", json!({ "Authorization": bearer })),
    ];
    for (upgrade, payload) in cases {
        let mut headers = vec![PROTOCOL];
        if !upgrade.is_empty() {
            headers.push(("authorization", upgrade));
        }
        let mut client = world.connect(&headers).await;
        client
            .send(json!({ "type": "connection_init", "payload": payload }))
            .await;
        assert_eq!(
            client.receive().await,
            json!({ "type": "connection_ack" }),
            "{payload}"
        );
        client.subscribe("1", query).await;
        assert_eq!(
            client.receive().await,
            next("1", json!({ "header": bearer })),
            "{payload}"
        );
        assert_eq!(client.receive().await, complete("1"));
        // It reaches the subgraph's WebSocket as well, in the payload.
        client
            .subscribe("2", "subscription { authorization }")
            .await;
        assert_eq!(
            client.receive().await,
            next("2", json!({ "authorization": bearer }))
        );
    }
    for refused in ["Bearer nonsense", "nonsense", &tokens.bearer(-60)] {
        let mut client = world.connect(&[PROTOCOL]).await;
        client
            .send(json!({ "type": "connection_init", "payload": { "Authorization": refused } }))
            .await;
        assert_eq!(
            client.closed().await,
            (4403, "Forbidden".to_owned()),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn what_browsers_add_by_themselves_does_not_count_for_foreign_pages() {
    let config = "cors: { origins: ['https://app.example'], allow_credentials: true }
headers: { all: { request: [{ propagate: { named: cookie } }] } }";
    let world = World::start(config).await;
    let cases = [
        (None, Some("session=1")),
        (Some(world.url.as_str()), Some("session=1")),
        (Some("https://app.example"), Some("session=1")),
        (Some("https://evil.example"), None),
        (Some("null"), None),
    ];
    for (origin, cookie) in cases {
        let mut headers = vec![PROTOCOL, ("cookie", "session=1")];
        headers.extend(origin.map(|origin| ("origin", origin)));
        let mut client = world.connect(&headers).await;
        client.send(json!({ "type": "connection_init" })).await;
        assert_eq!(client.receive().await, json!({ "type": "connection_ack" }));
        client.subscribe("1", r#"{ header(name: "cookie") }"#).await;
        let expected = next("1", json!({ "header": cookie }));
        assert_eq!(client.receive().await, expected, "{origin:?}");
    }
}
