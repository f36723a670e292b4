//! One request is one trace, over HTTP, WebSocket and messages.

use serde_json::{Value, json};

use super::{Case, case};
use crate::client::eventually;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("traces::a_loan_is_one_trace_through_every_message", |w| {
            Box::pin(loan(w))
        }),
        case("traces::a_subscription_goes_on_in_the_subgraph", |w| {
            Box::pin(subscription(w))
        }),
    ]
}

async fn loan(world: &World) {
    let mia = world.patron(100).await;
    let book = world.book(1, 10).await;
    let trace = kit::Clock::real()
        .id::<kit::ids::Message>()
        .uuid()
        .simple()
        .to_string();
    let query = "mutation($input: BorrowBookInput!) { borrowBook(input: $input) { id } }";
    let input = json!({"bookId": book.id, "quantity": 1, "requestId": world.unique("request")});
    let request = world
        .http()
        .post(world.gateway())
        .bearer_auth(mia.client.token())
        .header("traceparent", format!("00-{trace}-b7ad6b7169203331-01"))
        .json(&json!({"query": query, "variables": {"input": input}}));
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    let id = answer["data"]["borrowBook"]["id"].as_str().expect("an id");
    assert_eq!(mia.decision(id).await["status"], "APPROVED");

    let wanted = [
        "subgraph",
        "ReserveCopies",
        "CopiesReserved",
        "ChargePoints",
        "PointsCharged",
        "BorrowingApproved",
    ];
    eventually("every step in the trace", async || {
        let words = world.collector().words_of(&trace);
        wanted
            .iter()
            .all(|word| words.contains(*word))
            .then_some(())
    })
    .await;
}

async fn subscription(world: &World) {
    let book = world.book(1, 10).await;
    let query = "subscription($id: ID!) { bookStockChanged(bookId: $id) { available } }";
    let mut stock = world
        .anyone()
        .subscribe(query, json!({"id": book.id}))
        .await;
    assert_eq!(stock.data().await["bookStockChanged"]["available"], 1);
    stock.close().await;
    eventually(
        "one trace for the gateway's operation and the subgraph's socket",
        async || {
            let ours = world.collector().traces_with("websocket operation");
            let theirs = world.collector().traces_with("websocket");
            ours.intersection(&theirs).next().cloned()
        },
    )
    .await;
}
