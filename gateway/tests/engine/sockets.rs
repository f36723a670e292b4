//! Upstream sockets that misbehave, by script.

use std::time::Duration;

use axum::{
    Router,
    extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    routing::get,
};
use federation::Supergraph;
use futures_util::StreamExt;
use gateway::engine::{Context, Engine, Outcome, Upstreams};
use serde_json::{Value, json};

use crate::support::{SUPERGRAPH, caller, open_errors, parse, request};

/// What a scripted subgraph does after it has acknowledged and was subscribed to.
#[derive(Debug, Clone, Copy)]
enum Then {
    Send(&'static str),
    /// Expects this type of message.
    Expect(&'static str),
    Close(u16, &'static str),
    Vanish,
}

async fn play(mut socket: WebSocket, script: &'static [Then]) {
    let init = receive(&mut socket).await;
    assert_eq!(init["type"], "connection_init");
    send(&mut socket, "{\"type\":\"connection_ack\"}").await;
    assert_eq!(receive(&mut socket).await["type"], "subscribe");
    for then in script {
        match then {
            Then::Send(text) => send(&mut socket, text).await,
            Then::Expect(kind) => assert_eq!(receive(&mut socket).await["type"], *kind),
            Then::Close(code, reason) => {
                let frame = CloseFrame {
                    code: *code,
                    reason: (*reason).into(),
                };
                socket
                    .send(Message::Close(Some(frame)))
                    .await
                    .expect("the gateway listens");
            }
            Then::Vanish => return,
        }
    }
    while socket.recv().await.is_some() {}
}

async fn receive(socket: &mut WebSocket) -> Value {
    let message = socket.recv().await.expect("a message").expect("a good one");
    serde_json::from_str(message.to_text().expect("text")).expect("JSON")
}

async fn send(socket: &mut WebSocket, text: &'static str) {
    socket
        .send(Message::text(text))
        .await
        .expect("the gateway listens");
}

/// An engine whose products subgraph follows a script.
async fn engine(protocol: &'static str, script: &'static [Then], passes: bool) -> Engine {
    let upgrade = move |upgrade: WebSocketUpgrade| async move {
        upgrade
            .protocols([protocol])
            .on_upgrade(move |socket| play(socket, script))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let address = listener.local_addr().expect("an address");
    let router = Router::new().route("/ws", get(upgrade));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut upstreams = Upstreams::new(ops::client::http_client());
    upstreams.timeout = Duration::from_secs(2);
    upstreams
        .websocket_urls
        .insert("products".to_owned(), format!("ws://{address}/ws"));
    if passes {
        open_errors(&mut upstreams);
    }
    Engine::new(
        Supergraph::parse(SUPERGRAPH).expect("the fixture loads"),
        upstreams,
    )
}

async fn events(engine: &Engine) -> Vec<Value> {
    match engine
        .execute(
            request("subscription { secrets }", json!({})),
            caller("Bearer one"),
        )
        .await
    {
        Outcome::Stream(stream) | Outcome::Parts(stream) => {
            stream.map(|response| parse(&response)).collect().await
        }
        Outcome::Response(response) => vec![parse(&response)],
    }
}

const EVENT: &str = r#"{"id":"1","type":"next","payload":{"data":{"secrets":"s"}}}"#;

#[tokio::test]
async fn pings_are_answered_and_completion_ends_the_stream() {
    let script = &[
        Then::Send(EVENT),
        Then::Send("{\"type\":\"ping\"}"),
        Then::Expect("pong"),
        Then::Send("{\"type\":\"pong\"}"),
        Then::Send(EVENT),
        Then::Send("{\"id\":\"1\",\"type\":\"complete\"}"),
    ];
    let engine = engine("graphql-transport-ws", script, false).await;
    assert_eq!(
        events(&engine).await,
        vec![json!({"data": {"secrets": "s"}}); 2]
    );
}

#[tokio::test]
async fn the_end_of_a_socket_is_a_last_error_with_a_code() {
    let cases: [(&'static [Then], &str, Option<u16>); 6] = [
        (
            &[Then::Send(EVENT), Then::Close(4403, "Forbidden")],
            "FORBIDDEN",
            Some(4403),
        ),
        (
            &[Then::Send(EVENT), Then::Close(4401, "Unauthorized")],
            "UNAUTHENTICATED",
            Some(4401),
        ),
        (
            &[Then::Send(EVENT), Then::Close(1011, "oh")],
            "WEBSOCKET_CLOSE_ERROR",
            Some(1011),
        ),
        (
            &[Then::Send(EVENT), Then::Vanish],
            "WEBSOCKET_CLOSE_ERROR",
            None,
        ),
        (
            &[Then::Send(EVENT), Then::Send("garbage")],
            "WEBSOCKET_MESSAGE_ERROR",
            None,
        ),
        (
            &[Then::Send(EVENT), Then::Send("{\"type\":\"next\"}")],
            "WEBSOCKET_MESSAGE_ERROR",
            None,
        ),
    ];
    for (script, code, close) in cases {
        let engine = engine("graphql-transport-ws", script, false).await;
        let events = events(&engine).await;
        assert_eq!(events.len(), 2, "{script:?}: {events:?}");
        assert_eq!(events[1]["data"], json!(null), "{script:?}");
        let extensions = &events[1]["errors"][0]["extensions"];
        assert_eq!(extensions["code"], code, "{script:?}");
        assert_eq!(extensions["service"], "products", "{script:?}");
        assert_eq!(
            extensions["closeCode"].as_u64(),
            close.map(u64::from),
            "{script:?}"
        );
    }
}

#[tokio::test]
async fn a_refused_operation_passes_or_masks_its_errors() {
    const REFUSED: &[Then] = &[Then::Send(
        r#"{"id":"1","type":"error","payload":[{"message":"no","extensions":{"code":"NO"}}]}"#,
    )];
    let passed = events(&engine("graphql-transport-ws", REFUSED, true).await).await;
    assert_eq!(passed[0]["errors"][0]["message"], "no");
    assert_eq!(
        passed[0]["errors"][0]["extensions"],
        json!({"code": "NO", "service": "products"})
    );
    let masked = events(&engine("graphql-transport-ws", REFUSED, false).await).await;
    assert_eq!(
        masked[0]["errors"][0]["message"],
        "Subgraph errors redacted"
    );
}

#[tokio::test]
async fn an_event_that_is_not_graphql_is_an_error_and_the_stream_goes_on() {
    let script = &[
        Then::Send(r#"{"id":"1","type":"next","payload":[1]}"#),
        Then::Send(EVENT),
        Then::Send("{\"id\":\"1\",\"type\":\"complete\"}"),
    ];
    let events = events(&engine("graphql-transport-ws", script, false).await).await;
    assert_eq!(events[0]["data"], json!(null));
    assert_eq!(events[0]["errors"][0]["path"], json!(["secrets"]));
    assert_eq!(events[1], json!({"data": {"secrets": "s"}}));
}

#[tokio::test]
async fn another_protocol_is_refused() {
    let engine = engine("graphql-ws", &[], false).await;
    let outcome = engine
        .execute(
            request("subscription { secrets }", json!({})),
            Context::default(),
        )
        .await;
    let Outcome::Response(response) = outcome else {
        panic!("a refusal");
    };
    assert_eq!(
        parse(&response)["errors"][0]["extensions"]["code"],
        "WEBSOCKET_CONNECTION_ERROR"
    );
}
