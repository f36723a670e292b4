//! Two replicas of every service at once: work is done once, and whoever listens hears of it.

use futures_util::future::join_all;
use serde_json::json;

use super::mypage::EVENTS;
use super::{Case, case};
use crate::library::text;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("replicas::loans_are_settled_once", |w| {
            Box::pin(settled_once(w))
        }),
        case(
            "replicas::a_decision_reaches_the_other_replicas_subscriber",
            |w| Box::pin(decision(w)),
        ),
        case("replicas::a_readers_events_are_the_same_at_both", |w| {
            Box::pin(events(w))
        }),
        case("replicas::tokens_of_one_hold_at_the_other", |w| {
            Box::pin(tokens(w))
        }),
    ]
}

async fn settled_once(world: &World) {
    for service in ["book", "borrowing", "user"] {
        world.start_replica(service).await;
    }
    let mia = world.patron(1000).await;
    let book = world.book(30, 10).await;
    let loans = join_all((0..30).map(|_| mia.borrow(world, &book, 1))).await;
    for id in &loans {
        assert_eq!(mia.decision(id).await["status"], "APPROVED");
    }
    assert_eq!(
        (world.stock(&book).await, mia.points().await),
        ((0, 30), 700)
    );
    let (_, reason) = mia.borrow_rejected(world, &book, 1).await;
    assert_eq!(reason, "BOOK_ON_LOAN");
    join_all(loans.iter().map(|id| mia.bring_back(id, 1))).await;
    world.shelf_holds(&book, 30).await;
    mia.points_become(1000).await;
    mia.my_page_becomes(0, 0).await;
    for id in loans.iter().take(3) {
        assert_eq!(
            mia.ledger(id).await.len(),
            2,
            "charged once and credited once"
        );
    }
}

async fn decision(world: &World) {
    let replica = world.start_replica("borrowing").await;
    let mia = world.patron(100).await;
    let status = "subscription($id: ID!) { borrowingStatusChanged(id: $id) { status } }";
    for _ in 0..5 {
        let book = world.book(1, 1).await;
        let id = mia.borrow(world, &book, 1).await;
        let mut there = mia
            .client
            .at(&replica)
            .subscribe(status, json!({"id": id}))
            .await;
        let mut here = mia.watch(&id).await;
        for stream in [&mut there, &mut here] {
            stream
                .until("approval", |data| {
                    data["borrowingStatusChanged"]["status"] == "APPROVED"
                })
                .await;
        }
    }
}

async fn events(world: &World) {
    let replica = world.start_replica("mypage").await;
    let mia = world.patron(100).await;
    // At the service itself, whose schema knows a borrowing only by its id.
    let own = EVENTS.replace("borrowing { id status }", "borrowing { id }");
    let home = format!("{}/graphql", world.service_url("mypage").await);
    let book = world.book(10, 1).await;
    let mut there = mia.client.at(&replica).subscribe(&own, json!({})).await;
    let first = loop {
        mia.borrow_approved(world, &world.book(1, 0).await, 1).await;
        let next = tokio::time::timeout(std::time::Duration::from_secs(2), there.data()).await;
        if let Ok(event) = next {
            break text(&event["loanEvents"]["cursor"]).to_owned();
        }
    };
    let mut here = mia
        .client
        .at(&home)
        .subscribe(&own, json!({"after": first}))
        .await;
    let loans = join_all((0..5).map(|_| mia.borrow_approved(world, &book, 1))).await;
    let mut seen = 0;
    while seen < 2 * loans.len() {
        let (one, other) = (here.data().await, there.data().await);
        assert_eq!(
            one, other,
            "both replicas push the same events in the same order"
        );
        seen += usize::from(
            loans
                .iter()
                .any(|id| one["loanEvents"]["borrowing"]["id"] == id.as_str()),
        );
    }
    // A reader who moves from one replica to the other goes on where they were.
    let mut moved = mia
        .client
        .at(&home)
        .subscribe(&own, json!({"after": first}))
        .await;
    let one = moved.data().await;
    moved.close().await;
    let cursor = text(&one["loanEvents"]["cursor"]);
    let mut moved = mia
        .client
        .at(&replica)
        .subscribe(&own, json!({"after": cursor}))
        .await;
    let two = moved.data().await;
    assert_ne!(one["loanEvents"]["cursor"], two["loanEvents"]["cursor"]);
}

async fn tokens(world: &World) {
    let replica = world.start_replica("user").await;
    let mia = world.patron(7).await;
    let sign_in = "mutation($card: String!, $password: String!) { signIn(card: $card, password: $password) { token } }";
    let credentials = json!({"card": mia.card, "password": mia.password});
    let session = world.anyone().at(&replica).data(sign_in, credentials).await;
    // Signed by the replica, accepted everywhere: the key is shared.
    let client = world.client(Some(text(&session["signIn"]["token"])));
    assert_eq!(
        client.data("{ me { points } }", json!({})).await["me"]["points"],
        7
    );
}
