//! Loans that are refused, each with its reason, and nothing left behind.

use serde_json::json;

use super::{Case, case};
use crate::library::{Book, Patron};
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("rejection::on_loan", |w| Box::pin(on_loan(w))),
        case("rejection::unavailable", |w| Box::pin(unavailable(w))),
        case("rejection::not_enough_copies", |w| {
            Box::pin(not_enough_copies(w))
        }),
        case("rejection::book_not_found", |w| Box::pin(book_not_found(w))),
        case("rejection::user_blocked", |w| Box::pin(user_blocked(w))),
        case("rejection::not_enough_points_gives_the_copies_back", |w| {
            Box::pin(not_enough_points(w))
        }),
    ]
}

/// Borrows, is rejected for `reason`, and nothing of it stays in stock, ledger or my page.
async fn rejected(
    world: &World,
    patron: &Patron,
    book: &Book,
    quantity: i64,
    reason: &str,
) -> String {
    let (points, stock) = (patron.points().await, world.stock(book).await);
    let (id, said) = patron.borrow_rejected(world, book, quantity).await;
    assert_eq!(said, reason);
    world.shelf_holds(book, stock.0).await;
    assert_eq!(world.stock(book).await, stock);
    patron.points_become(points).await;
    let net: i64 = patron
        .ledger(&id)
        .await
        .iter()
        .map(|(_, amount)| amount)
        .sum();
    assert_eq!(net, 0);
    let query = "query($id: ID!) { borrowing(id: $id) {
        status rejectionReason decidedAt dueAt points lateFee returnedQuantity } }";
    let after = &patron.client.data(query, json!({"id": id})).await["borrowing"];
    assert_eq!(
        (after["status"].as_str(), after["rejectionReason"].as_str()),
        (Some("REJECTED"), Some(reason))
    );
    assert!(
        after["decidedAt"].is_string() && after["dueAt"].is_null() && after["points"].is_null(),
        "{after}"
    );
    id
}

async fn on_loan(world: &World) {
    let (mia, noah) = (world.patron(100).await, world.patron(100).await);
    let book = world.book(1, 10).await;
    let loan = mia.borrow_approved(world, &book, 1).await;
    rejected(world, &noah, &book, 1, "BOOK_ON_LOAN").await;
    mia.bring_back(&loan, 1).await;
    world.shelf_holds(&book, 1).await;
    noah.borrow_approved(world, &book, 1).await;
}

async fn unavailable(world: &World) {
    let mia = world.patron(100).await;
    let book = world.book(3, 10).await;
    let librarian = world.librarian().await;
    let withdraw = "mutation($id: ID!) { withdrawBook(id: $id) { status } }";
    let withdrawn = librarian.data(withdraw, json!({"id": book.id})).await;
    assert_eq!(withdrawn["withdrawBook"]["status"], "UNAVAILABLE");
    rejected(world, &mia, &book, 1, "BOOK_UNAVAILABLE").await;

    let restore = "mutation($id: ID!) { restoreBook(id: $id) { status } }";
    let restored = librarian.data(restore, json!({"id": book.id})).await;
    assert_eq!(restored["restoreBook"]["status"], "AVAILABLE");
    mia.borrow_approved(world, &book, 1).await;
}

async fn not_enough_copies(world: &World) {
    let mia = world.patron(1000).await;
    let book = world.book(4, 10).await;
    rejected(world, &mia, &book, 5, "NOT_ENOUGH_COPIES").await;
    mia.borrow_approved(world, &book, 4).await;
    assert_eq!(world.stock(&book).await, (0, 4));
}

async fn book_not_found(world: &World) {
    let mia = world.patron(100).await;
    let book = world.book(1, 10).await;
    let nowhere = Book {
        id: "01890000-0000-7000-8000-000000000000".to_owned(),
        ..book
    };
    let (id, reason) = mia.borrow_rejected(world, &nowhere, 1).await;
    assert_eq!(reason, "BOOK_NOT_FOUND");
    assert_eq!(mia.ledger(&id).await, []);
}

async fn user_blocked(world: &World) {
    let mia = world.patron(100).await;
    let book = world.book(1, 10).await;
    world.set_blocked(&mia, true).await;
    rejected(world, &mia, &book, 1, "USER_BLOCKED").await;
    world.set_blocked(&mia, false).await;
    mia.borrow_approved(world, &book, 1).await;
}

async fn not_enough_points(world: &World) {
    let mia = world.patron(59).await;
    let book = world.book(2, 30).await;
    let query = "subscription($id: ID!) { bookStockChanged(bookId: $id) { available } }";
    let mut stock = world
        .anyone()
        .subscribe(query, json!({"id": book.id}))
        .await;
    assert_eq!(stock.data().await["bookStockChanged"]["available"], 2);

    let id = rejected(world, &mia, &book, 2, "NOT_ENOUGH_POINTS").await;
    assert_eq!(
        mia.ledger(&id).await,
        [],
        "a refused charge leaves no trace"
    );
    // The compensation in the loan's own log: reserved, refused, released.
    let query = "query($id: ID!) { borrowing(id: $id) { timeline { step detail } } }";
    let borrowing = mia.client.data(query, json!({"id": id})).await;
    let log = borrowing["borrowing"]["timeline"].to_string();
    for word in ["COPIES_RESERVED", "CHARGE_REFUSED", "COPIES_RELEASED"] {
        assert!(log.contains(word), "{word} in {log}");
    }
    world.shelf_holds(&book, 2).await;
    stock.close().await;

    let (_, points) = (
        mia.borrow_approved(world, &book, 1).await,
        mia.points().await,
    );
    assert_eq!(points, 29);
}
