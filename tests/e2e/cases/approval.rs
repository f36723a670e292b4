//! A loan that is granted, live.

use serde_json::{Value, json};

use super::{Case, case};
use crate::client::{Event, eventually};
use crate::library::{number, text};
use crate::world::World;

const BORROW: &str =
    "mutation($input: BorrowBookInput!) { borrowBook(input: $input) { id status } }";
const CANCEL: &str = "mutation($id: ID!) { cancelBorrowing(id: $id) { status } }";

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("approval::arrives_live_across_services", |w| {
            Box::pin(live(w))
        }),
        case("approval::is_the_first_event_for_a_late_subscriber", |w| {
            Box::pin(late_subscriber(w))
        }),
        case("approval::a_retried_request_is_the_same_loan", |w| {
            Box::pin(idempotent(w))
        }),
        case("approval::has_a_timeline", |w| Box::pin(timeline(w))),
        case("approval::nonsense_is_refused_at_once", |w| {
            Box::pin(nonsense(w))
        }),
        case("approval::a_decided_loan_cannot_be_cancelled", |w| {
            Box::pin(cancel_decided(w))
        }),
    ]
}

async fn live(world: &World) {
    let mia = world.patron(100).await;
    let book = world.book(4, 30).await;
    let input = json!({"bookId": book.id, "quantity": 2, "requestId": world.unique("request")});
    let answer = &mia.client.data(BORROW, json!({"input": input})).await["borrowBook"];
    assert_eq!(answer["status"], "PENDING");
    let id = text(&answer["id"]);

    // `user.points` is private and comes from another service: each event's entity fetches carry
    // the token of the connection's first message.
    let query = "subscription($id: ID!) { borrowingStatusChanged(id: $id) {
        status points dueAt book { title available } user { id name points } } }";
    let mut events = mia.client.subscribe(query, json!({"id": id})).await;
    let event = events
        .until("approval", |data| {
            data["borrowingStatusChanged"]["status"] == "APPROVED"
        })
        .await;
    let approved = &event["borrowingStatusChanged"];
    assert_eq!(approved["points"], 60);
    assert!(approved["dueAt"].is_string());
    assert_eq!(
        approved["book"],
        json!({"title": book.title, "available": 2})
    );
    assert_eq!(approved["user"]["id"], mia.id.as_str());
    assert_eq!(approved["user"]["points"], 40);
    assert_eq!(
        events.next().await,
        Event::Complete,
        "a decided loan's stream ends"
    );

    assert_eq!(world.stock(&book).await, (2, 2));
    assert_eq!(mia.ledger(id).await, [("CHARGE".to_owned(), -60)]);
    let query = "query { me { borrowings(status: APPROVED) { edges { node { id quantity book { title } } } } } }";
    let mine = &mia.client.data(query, json!({})).await["me"]["borrowings"]["edges"];
    assert_eq!(
        *mine,
        json!([{"node": {"id": id, "quantity": 2, "book": {"title": book.title}}}])
    );
    mia.my_page_becomes(2, 0).await;
}

async fn late_subscriber(world: &World) {
    let mia = world.patron(100).await;
    let book = world.book(1, 10).await;
    let id = mia.borrow_approved(world, &book, 1).await;
    let mut events = mia.watch(&id).await;
    assert_eq!(
        events.data().await["borrowingStatusChanged"]["status"],
        "APPROVED"
    );
    assert_eq!(events.next().await, Event::Complete);
}

async fn idempotent(world: &World) {
    let mia = world.patron(100).await;
    let book = world.book(9, 10).await;
    let request = world.unique("request");
    let input = |quantity| json!({"input": {"bookId": book.id, "quantity": quantity, "requestId": request}});
    let retries = (0..8).map(|_| mia.client.data(BORROW, input(1)));
    let answers = futures_util::future::join_all(retries).await;
    let id = text(&answers[0]["borrowBook"]["id"]).to_owned();
    assert!(
        answers
            .iter()
            .all(|answer| answer["borrowBook"]["id"] == id.as_str()),
        "{answers:?}"
    );
    assert_eq!(mia.decision(&id).await["status"], "APPROVED");

    let again = &mia.client.data(BORROW, input(1)).await["borrowBook"];
    assert_eq!(
        *again,
        json!({"id": id, "status": "APPROVED"}),
        "the loan as it is now"
    );
    assert_eq!(
        mia.client.refusal(BORROW, input(2)).await,
        "REQUEST_ID_REUSED"
    );
    assert_eq!(world.stock(&book).await, (8, 1));
    assert_eq!(mia.points().await, 90);

    // Another reader's request of the same name is another request.
    let noah = world.patron(100).await;
    let other = &noah.client.data(BORROW, input(1)).await["borrowBook"];
    assert_ne!(other["id"], id.as_str());
    assert_eq!(
        noah.decision(text(&other["id"])).await["status"],
        "APPROVED"
    );
}

async fn timeline(world: &World) {
    let mia = world.patron(100).await;
    let book = world.book(1, 10).await;
    let id = mia.borrow_approved(world, &book, 1).await;
    let query = "query($id: ID!) { borrowing(id: $id) { requestedAt decidedAt timeline { at step detail messageId } } }";
    let borrowing = &mia.client.data(query, json!({"id": id})).await["borrowing"];
    let steps: Vec<&Value> = borrowing["timeline"]
        .as_array()
        .expect("entries")
        .iter()
        .collect();
    assert!(
        steps.len() >= 3,
        "requested, reserved, charged: {borrowing}"
    );
    assert!(
        steps
            .iter()
            .all(|step| step["at"].is_string() && step["step"].is_string())
    );
    assert!(
        steps.iter().any(|step| step["messageId"].is_string()),
        "{borrowing}"
    );
    assert!(text(&borrowing["requestedAt"]) <= text(&borrowing["decidedAt"]));
}

async fn nonsense(world: &World) {
    let mia = world.patron(100).await;
    let book = world.book(1, 10).await;
    for quantity in [0, -1] {
        let input =
            json!({"bookId": book.id, "quantity": quantity, "requestId": world.unique("request")});
        assert_eq!(
            mia.client.refusal(BORROW, json!({"input": input})).await,
            "BAD_USER_INPUT"
        );
    }
    let input = json!({"bookId": "no id", "requestId": world.unique("request")});
    assert_eq!(
        mia.client.refusal(BORROW, json!({"input": input})).await,
        "BAD_USER_INPUT"
    );
    let input = json!({"bookId": book.id, "requestId": ""});
    assert_eq!(
        mia.client.refusal(BORROW, json!({"input": input})).await,
        "BAD_USER_INPUT"
    );
    let input = json!({"bookId": book.id, "requestId": world.unique("request")});
    assert_eq!(
        world
            .anyone()
            .refusal(BORROW, json!({"input": input}))
            .await,
        "UNAUTHENTICATED"
    );
    assert_eq!(
        (world.stock(&book).await, mia.points().await),
        ((1, 0), 100)
    );
}

async fn cancel_decided(world: &World) {
    let mia = world.patron(100).await;
    let book = world.book(1, 10).await;
    let id = mia.borrow_approved(world, &book, 1).await;
    assert_eq!(
        mia.client.refusal(CANCEL, json!({"id": id})).await,
        "NOT_PENDING"
    );
    let unknown = "01890000-0000-7000-8000-000000000000";
    assert_eq!(
        mia.client.refusal(CANCEL, json!({"id": unknown})).await,
        "NOT_FOUND"
    );
    // Points were charged once, and stay so.
    eventually("the loan on my page", async || {
        (mia.my_page().await.0 == 1).then_some(())
    })
    .await;
    assert_eq!(number(&json!(mia.points().await)), 90);
}
