//! Services that go away and come back.

use serde_json::{Value, json};

use super::{Case, case};
use crate::client::eventually;
use crate::library::text;
use crate::world::World;

const STATUS: &str = "query($id: ID!) { borrowing(id: $id) { status } }";

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("outages::a_loan_waits_for_the_book_service", |w| {
            Box::pin(book_down(w))
        }),
        case("outages::a_loan_waits_for_the_user_service", |w| {
            Box::pin(user_down(w))
        }),
        case("outages::a_pending_loan_can_be_cancelled", |w| {
            Box::pin(cancel_pending(w))
        }),
        case("outages::lending_goes_on_without_my_page", |w| {
            Box::pin(mypage_down(w))
        }),
        case("outages::a_crash_loses_nothing_that_was_answered", |w| {
            Box::pin(crashes(w))
        }),
        case("outages::borrowing_comes_back_to_its_loans", |w| {
            Box::pin(borrowing_down(w))
        }),
    ]
}

async fn book_down(world: &World) {
    let mia = world.patron(100).await;
    let (book, lent) = (world.book(1, 10).await, world.book(1, 10).await);
    let earlier = mia.borrow_approved(world, &lent, 1).await;
    world.stop("book").await;
    let id = mia.borrow(world, &book, 1).await;
    let mut events = mia.watch(&id).await;
    assert_eq!(
        events.data().await["borrowingStatusChanged"]["status"],
        "PENDING"
    );

    // What other services know is still answered, and returns go on.
    let query = "query($id: ID!) { borrowing(id: $id) { status user { name } book { id title } } }";
    let reply = mia.client.run(query, json!({"id": id})).await;
    assert_eq!(reply.status, 200);
    let errors = reply.body["errors"]
        .as_array()
        .expect("an error about the title");
    assert!(
        text(&errors[0]["path"][0]).starts_with("borrowing"),
        "{}",
        reply.body
    );
    assert_eq!(mia.bring_back(&earlier, 1).await["status"], "RETURNED");
    mia.points_become(100).await;

    world.start_again("book").await;
    events
        .until("approval", |data| {
            data["borrowingStatusChanged"]["status"] == "APPROVED"
        })
        .await;
    assert_eq!(world.stock(&book).await, (0, 1));
    world.shelf_holds(&lent, 1).await;
    assert_eq!(mia.points().await, 90);
}

async fn user_down(world: &World) {
    let (mia, poor) = (world.patron(100).await, world.patron(0).await);
    let book = world.book(2, 10).await;
    world.stop("user").await;
    let granted = mia.borrow(world, &book, 1).await;
    let refused = poor.borrow(world, &book, 1).await;
    // Both copies are set aside while the question of points is open.
    world.shelf_holds(&book, 0).await;
    for (reader, id) in [(&mia, &granted), (&poor, &refused)] {
        let data = reader.client.data(STATUS, json!({"id": id})).await;
        assert_eq!(data["borrowing"]["status"], "PENDING");
    }
    world.start_again("user").await;
    assert_eq!(mia.decision(&granted).await["status"], "APPROVED");
    let decided = poor.decision(&refused).await;
    assert_eq!(decided["rejectionReason"], "NOT_ENOUGH_POINTS", "{decided}");
    world.shelf_holds(&book, 1).await;
    assert_eq!((mia.points().await, poor.points().await), (90, 0));
}

async fn cancel_pending(world: &World) {
    let mia = world.patron(100).await;
    let book = world.book(2, 10).await;
    world.stop("user").await;
    let id = mia.borrow(world, &book, 2).await;
    world.shelf_holds(&book, 0).await;
    let cancel = "mutation($id: ID!) { cancelBorrowing(id: $id) { status } }";
    mia.client.data(cancel, json!({"id": id})).await;
    world.start_again("user").await;
    let decided = mia.decision(&id).await;
    assert_eq!(
        (&decided["status"], &decided["rejectionReason"]),
        (&json!("CANCELED"), &Value::Null)
    );
    world.shelf_holds(&book, 2).await;
    mia.points_become(100).await;
    let net: i64 = mia.ledger(&id).await.iter().map(|(_, amount)| amount).sum();
    assert_eq!(net, 0);
    assert_eq!(mia.return_refusal(&id, 1).await, "NOT_ON_LOAN");
}

async fn mypage_down(world: &World) {
    let mia = world.patron(100).await;
    let book = world.book(4, 10).await;
    let before = mia.borrow_approved(world, &book, 1).await;
    mia.my_page_becomes(1, 0).await;
    world.stop("mypage").await;
    let query = "{ me { points myPage { onLoan } } }";
    let reply = mia.client.run(query, json!({})).await;
    assert_eq!(
        reply.body["data"]["me"]["points"], 90,
        "the rest is answered: {}",
        reply.body
    );
    assert!(reply.body["data"]["me"]["myPage"].is_null() && reply.body["errors"].is_array());

    let during = mia.borrow_approved(world, &book, 2).await;
    assert_eq!(mia.bring_back(&before, 1).await["status"], "RETURNED");
    assert_eq!(mia.bring_back(&during, 1).await["returnedQuantity"], 1);
    world.shelf_holds(&book, 3).await;

    world.start_again("mypage").await;
    mia.my_page_becomes(1, 0).await;
    let query = "{ me { myPage { entries { edges { node { status returnedQuantity borrowing { id } } } } } } }";
    eventually("both loans, as they are", async || {
        let data = mia.client.data(query, json!({})).await;
        let log = data["me"]["myPage"]["entries"]["edges"]
            .as_array()
            .expect("edges")
            .clone();
        let has = |id: &str, status: &str, returned: i64| {
            let wanted =
                json!({"status": status, "returnedQuantity": returned, "borrowing": {"id": id}});
            log.iter().any(|edge| edge["node"] == wanted)
        };
        (log.len() == 2 && has(&before, "RETURNED", 1) && has(&during, "APPROVED", 1)).then_some(())
    })
    .await;
}

async fn borrowing_down(world: &World) {
    let mia = world.patron(100).await;
    let book = world.book(5, 10).await;
    // Stopped at whatever step each loan happens to be.
    let mut loans = Vec::new();
    for _ in 0..5 {
        loans.push(mia.borrow(world, &book, 1).await);
    }
    world.stop("borrowing").await;
    let asked = "mutation($input: BorrowBookInput!) { borrowBook(input: $input) { id } }";
    let input = json!({"bookId": book.id, "quantity": 1, "requestId": world.unique("request")});
    let reply = mia.client.run(asked, json!({"input": input})).await;
    assert!(reply.body["errors"].is_array(), "{}", reply.body);
    // The catalogue is still there.
    assert_eq!(world.stock(&book).await.0 + world.stock(&book).await.1, 5);
    world.start_again("borrowing").await;
    for id in &loans {
        assert_eq!(mia.decision(id).await["status"], "APPROVED");
    }
    assert_eq!(world.stock(&book).await, (0, 5));
    assert_eq!(mia.points().await, 50);
}

/// Each service in turn is killed while loans are on their way through it.
async fn crashes(world: &World) {
    const ROUNDS: [&str; 6] = ["book", "user", "borrowing", "mypage", "borrowing", "book"];
    const LOANS: i64 = 5;
    let total = ROUNDS.len() as i64 * LOANS;
    let mia = world.patron(1000).await;
    let book = world.book(total + 10, 10).await;
    let mut ids = Vec::new();
    for service in ROUNDS {
        for _ in 0..LOANS {
            ids.push(mia.borrow(world, &book, 1).await);
        }
        world.crash(service).await;
        world.start_again(service).await;
    }
    for id in &ids {
        assert_eq!(mia.decision(id).await["status"], "APPROVED");
    }
    for id in &ids {
        assert_eq!(mia.ledger(id).await.len(), 1, "charged once");
    }
    world.shelf_holds(&book, 10).await;
    mia.points_become(1000 - 10 * total).await;
    mia.my_page_becomes(total, 0).await;
}
