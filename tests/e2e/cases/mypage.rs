//! A reader's own page and the durable stream of their loans' events.

use serde_json::{Value, json};

use super::{Case, case};
use crate::client::eventually;
use crate::library::text;
use crate::world::World;

pub(super) const EVENTS: &str = "subscription($after: String) { loanEvents(after: $after) {
    cursor kind status borrowing { id status } } }";

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("mypage::shows_each_loan", |w| Box::pin(entries(w))),
        case(
            "mypage::events_are_pushed_in_order_with_the_page_as_it_is",
            |w| Box::pin(events(w)),
        ),
        case("mypage::a_reconnecting_reader_misses_nothing", |w| {
            Box::pin(reconnect(w))
        }),
        case("mypage::readers_hear_only_of_themselves", |w| {
            Box::pin(only_own(w))
        }),
    ]
}

async fn entries(world: &World) {
    let mia = world.patron(100).await;
    let book = world.book(3, 10).await;
    let id = mia.borrow_approved(world, &book, 2).await;
    mia.bring_back(&id, 1).await;
    let query = "{ me { myPage { onLoan lateFees entries { edges { node {
        status quantity returnedQuantity dueAt lateFee borrowing { id } book { id title } } } } } } }";
    let page = eventually("the loan on my page", async || {
        let page = mia.client.data(query, json!({})).await["me"]["myPage"].clone();
        let entry = &page["entries"]["edges"][0]["node"];
        (page["onLoan"] == 1 && entry["returnedQuantity"] == 1).then_some(page)
    })
    .await;
    let edges = page["entries"]["edges"].as_array().expect("edges");
    assert_eq!(edges.len(), 1);
    let entry = &edges[0]["node"];
    assert_eq!(entry["borrowing"]["id"], id.as_str());
    assert_eq!(entry["book"], json!({"id": book.id, "title": book.title}));
    assert_eq!(
        (text(&entry["status"]), &entry["quantity"]),
        ("APPROVED", &json!(2))
    );
    assert!(entry["dueAt"].is_string());
}

async fn events(world: &World) {
    let mia = world.patron(25).await;
    let book = world.book(2, 10).await;
    let query = "subscription { loanEvents { cursor at kind status
        borrowing { id status book { title } } myPage { onLoan lateFees } } }";
    let mut stream = mia.client.subscribe(query, json!({})).await;
    // Without `after` the stream starts now, so this loan must be asked for after it has started;
    // a loan of its own shows when that is.
    let started = world.book(1, 0).await;
    let mut first = Value::Null;
    while first.is_null() {
        let id = mia.borrow_approved(world, &started, 1).await;
        mia.bring_back(&id, 1).await;
        world.shelf_holds(&started, 1).await;
        let next = tokio::time::timeout(std::time::Duration::from_secs(2), stream.data()).await;
        first = next.unwrap_or(Value::Null);
    }
    let id = mia.borrow_approved(world, &book, 2).await;
    let mut kinds = Vec::new();
    let approved = loop {
        let event = stream.data().await["loanEvents"].clone();
        if event["borrowing"]["id"] == id.as_str() {
            kinds.push(text(&event["kind"]).to_owned());
        }
        if kinds.len() == 2 {
            break event;
        }
    };
    assert_eq!(kinds, ["REQUESTED", "APPROVED"]);
    assert_eq!(
        approved["status"], "APPROVED",
        "the status as it was at that event"
    );
    assert_eq!(approved["borrowing"]["book"]["title"], book.title.as_str());
    assert_eq!(approved["myPage"], json!({"onLoan": 2, "lateFees": 0}));

    mia.bring_back(&id, 1).await;
    mia.bring_back(&id, 1).await;
    mia.points_become(25).await;
    let (rejected, _) = mia.borrow_rejected(world, &book, 3).await;
    let mut rest = Vec::new();
    while rest.len() < 4 {
        let event = stream.data().await["loanEvents"].clone();
        rest.push((
            text(&event["borrowing"]["id"]).to_owned(),
            text(&event["kind"]).to_owned(),
        ));
    }
    let of = |borrowing: &str, kind: &str| (borrowing.to_owned(), kind.to_owned());
    assert_eq!(
        rest,
        [
            of(&id, "PARTLY_RETURNED"),
            of(&id, "RETURNED"),
            of(&rejected, "REQUESTED"),
            of(&rejected, "REJECTED"),
        ]
    );
}

async fn reconnect(world: &World) {
    let mia = world.patron(1000).await;
    let book = world.book(10, 1).await;
    // A cursor to start from: that of the first event heard.
    let mut stream = mia.client.subscribe(EVENTS, json!({})).await;
    let first = loop {
        mia.borrow_approved(world, &world.book(1, 0).await, 1).await;
        let next = tokio::time::timeout(std::time::Duration::from_secs(2), stream.data()).await;
        if let Ok(event) = next {
            break text(&event["loanEvents"]["cursor"]).to_owned();
        }
    };
    stream.close().await;

    let mut loans = Vec::new();
    for _ in 0..5 {
        loans.push(mia.borrow_approved(world, &book, 1).await);
    }
    let mut heard: Vec<(String, String)> = Vec::new();
    let mut cursors = vec![first.clone()];
    let complete = |heard: &[(String, String)]| {
        let count = |id: &String| heard.iter().filter(|(of, _)| of == id).count();
        loans.iter().all(|id| count(id) == 2)
    };
    // A new connection for every two events.
    while !complete(&heard) {
        let after = cursors.last().cloned();
        let mut stream = mia.client.subscribe(EVENTS, json!({"after": after})).await;
        for _ in 0..2 {
            if complete(&heard) {
                break;
            }
            let event = stream.data().await["loanEvents"].clone();
            cursors.push(text(&event["cursor"]).to_owned());
            heard.push((
                text(&event["borrowing"]["id"]).to_owned(),
                text(&event["kind"]).to_owned(),
            ));
        }
        stream.close().await;
    }
    for id in &loans {
        let kinds: Vec<_> = heard
            .iter()
            .filter(|(of, _)| of == id)
            .map(|(_, kind)| kind.as_str())
            .collect();
        assert_eq!(
            kinds,
            ["REQUESTED", "APPROVED"],
            "no gap and no duplicate: {heard:?}"
        );
    }
    // The same again in one go tells the same story.
    let mut stream = mia.client.subscribe(EVENTS, json!({"after": first})).await;
    for expected in &cursors[1..] {
        assert_eq!(
            stream.data().await["loanEvents"]["cursor"],
            expected.as_str()
        );
    }
    let mut stream = mia
        .client
        .subscribe(EVENTS, json!({"after": "no cursor"}))
        .await;
    let code = stream.refusal().await;
    assert!(
        ["BAD_USER_INPUT", "CURSOR_EXPIRED"].contains(&code.as_str()),
        "{code}"
    );
}

async fn only_own(world: &World) {
    let (mia, noah) = (world.patron(100).await, world.patron(100).await);
    let book = world.book(10, 1).await;
    let mut stream = noah.client.subscribe(EVENTS, json!({})).await;
    let mut own = 0;
    // Mia's loans surround Noah's; once he hears of his own, hers have passed him by.
    let heard = loop {
        mia.borrow_approved(world, &world.book(1, 0).await, 1).await;
        noah.borrow_approved(world, &book, 1).await;
        own += 1;
        assert!(own <= 10, "Noah hears nothing");
        let next = tokio::time::timeout(std::time::Duration::from_secs(2), stream.data()).await;
        if let Ok(event) = next {
            break text(&event["loanEvents"]["borrowing"]["id"]).to_owned();
        }
    };
    let query = "query($id: ID!) { borrowing(id: $id) { user { id } } }";
    let loan = noah.client.data(query, json!({"id": heard})).await;
    assert_eq!(loan["borrowing"]["user"]["id"], noah.id.as_str());
}
