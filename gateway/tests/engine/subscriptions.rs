//! Subscriptions: one subgraph is listened to, the others are asked about every event.

use std::time::Duration;

use futures_util::StreamExt;
use gateway::engine::Context;
use serde_json::json;

use crate::support::{Shop, caller, listen, open_errors, upstream::Mode};

const CHANGES: &str =
    "subscription { productChanged(id: 1) { name reviews { body author { seen name } } } }";

#[tokio::test]
async fn every_event_is_completed_by_the_other_subgraphs() {
    let shop = Shop::open().await;
    let mut events = listen(&shop.engine, CHANGES, caller("Bearer listener")).await;
    let first = events.next().await.unwrap();
    insta::assert_json_snapshot!(first);
    shop.ask("mutation { addReview(product: 1, author: \"u3\", body: \"new\") { id } }")
        .await;
    shop.catalog.changes.send("Armchair".to_owned()).unwrap();
    let second = events.next().await.unwrap();
    let product = &second["data"]["productChanged"];
    assert_eq!(product["name"], "Armchair");
    assert_eq!(
        product["reviews"][2],
        json!({"body": "new", "author": {"seen": "Bearer listener", "name": "User u3"}})
    );
}

#[tokio::test]
async fn the_callers_credentials_reach_the_upstream_socket() {
    let shop = Shop::open_with(open_errors).await;
    let events: Vec<_> = listen(
        &shop.engine,
        "subscription { secrets }",
        caller("Bearer one"),
    )
    .await
    .collect()
    .await;
    assert_eq!(events, [json!({"data": {"secrets": "Bearer one"}})]);
    let events: Vec<_> = listen(&shop.engine, "subscription { secrets }", Context::default())
        .await
        .collect()
        .await;
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0]["data"], json!(null));
    assert_eq!(
        events[0]["errors"][0]["extensions"]["code"], "UNAUTHENTICATED",
        "{events:?}"
    );
}

#[tokio::test]
async fn an_event_whose_entities_fail_says_so_and_the_stream_goes_on() {
    let shop = Shop::open().await;
    let mut events = listen(&shop.engine, CHANGES, Context::default()).await;
    events.next().await.unwrap();
    shop.reviews.fail(Mode::Status(500));
    shop.catalog.changes.send("Broken".to_owned()).unwrap();
    let broken = events.next().await.unwrap();
    assert_eq!(broken["data"], json!(null));
    assert_eq!(
        broken["errors"][0]["extensions"]["code"],
        "SUBREQUEST_HTTP_ERROR"
    );
    shop.reviews.fail(Mode::Normal);
    shop.catalog.changes.send("Mended".to_owned()).unwrap();
    assert_eq!(
        events.next().await.unwrap()["data"]["productChanged"]["name"],
        "Mended"
    );
}

#[tokio::test]
async fn a_client_that_leaves_closes_the_upstream_socket() {
    let shop = Shop::open().await;
    let mut events = listen(&shop.engine, CHANGES, Context::default()).await;
    events.next().await.unwrap();
    shop.products.sockets(1).await;
    drop(events);
    tokio::time::timeout(Duration::from_secs(5), shop.products.sockets(0))
        .await
        .expect("the socket closes");
}

#[tokio::test]
async fn a_subgraph_that_cannot_be_reached_is_said_at_once() {
    let shop = Shop::open_with(|upstreams| {
        upstreams
            .websocket_urls
            .insert("products".to_owned(), "ws://127.0.0.1:1/graphql".to_owned());
    })
    .await;
    let answer = shop.ask(CHANGES).await;
    assert_eq!(
        answer["errors"][0]["extensions"]["code"],
        "WEBSOCKET_CONNECTION_ERROR"
    );
    assert!(!answer.to_string().contains("127.0.0.1"), "{answer}");
}
