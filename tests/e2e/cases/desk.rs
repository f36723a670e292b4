//! The desk: a card and a barcode.

use serde_json::{Value, json};

use super::{Case, case};
use crate::client::{Client, eventually};
use crate::library::{Book, Patron, text};
use crate::world::World;

const CHECK_OUT: &str = "mutation($card: String!, $book: String!, $quantity: Int!, $request: String!) {
    checkOut(card: $card, book: $book, quantity: $quantity, requestId: $request) { id status user { id } book { id } } }";
const CHECK_IN: &str = "mutation($card: String!, $book: String!, $quantity: Int!) {
    checkIn(card: $card, book: $book, quantity: $quantity) { id status returnedQuantity } }";
const BOOK_LIST: &str = "query($after: String) { bookList(first: 100, after: $after) {
    edges { node { title status rentalCost recentRentalAt earliestDueAt book { id } recentBorrower { id name } } }
    pageInfo { hasNextPage endCursor } } }";

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("desk::checks_out_and_in", |w| Box::pin(out_and_in(w))),
        case("desk::of_two_loans_the_one_due_first_comes_back", |w| {
            Box::pin(due_first(w))
        }),
        case("desk::unknown_cards_and_barcodes_are_named", |w| {
            Box::pin(unknown(w))
        }),
        case("desk::is_for_librarians", |w| Box::pin(librarians_only(w))),
        case("desk::sees_the_book_list", |w| Box::pin(book_list(w))),
    ]
}

fn variables(patron: &Patron, book: &Book, quantity: i64, request: &str) -> Value {
    json!({"card": patron.card, "book": book.barcode, "quantity": quantity, "request": request})
}

/// Checks out as soon as the desk has heard of the card and the book, which it does by message.
async fn check_out(world: &World, desk: &Client, patron: &Patron, book: &Book) -> Value {
    let request = world.unique("request");
    eventually("the desk knows card and book", async || {
        let reply = desk
            .run(CHECK_OUT, variables(patron, book, 1, &request))
            .await;
        match reply.code() {
            Some("CARD_UNKNOWN" | "BARCODE_UNKNOWN") => None,
            Some(_) => panic!("{}", reply.body),
            None => Some(reply.body["data"]["checkOut"].clone()),
        }
    })
    .await
}

async fn out_and_in(world: &World) {
    let desk = world.librarian().await;
    let mia = world.patron(100).await;
    let book = world.book(2, 10).await;
    let loan = check_out(world, &desk, &mia, &book).await;
    assert_eq!(loan["user"]["id"], mia.id.as_str());
    assert_eq!(loan["book"]["id"], book.id.as_str());
    let id = text(&loan["id"]);
    // The reader sees the loan that the desk made, and pays for it.
    assert_eq!(mia.decision(id).await["status"], "APPROVED");
    assert_eq!(mia.points().await, 90);

    let back = &desk.data(CHECK_IN, variables(&mia, &book, 1, "")).await["checkIn"];
    assert_eq!(
        *back,
        json!({"id": id, "status": "RETURNED", "returnedQuantity": 1})
    );
    mia.points_become(100).await;
    let code = desk.refusal(CHECK_IN, variables(&mia, &book, 1, "")).await;
    assert_eq!(code, "NO_OPEN_LOAN");
    world.shelf_holds(&book, 2).await;
}

async fn due_first(world: &World) {
    let desk = world.librarian().await;
    let mia = world.patron(100).await;
    let book = world.book(3, 10).await;
    world.set_noon_in(2).await;
    let later = mia.borrow_approved(world, &book, 1).await;
    world.set_noon_in(0).await;
    let sooner = mia.borrow_approved(world, &book, 1).await;
    for expected in [sooner, later] {
        let back = eventually("the desk knows card and book", async || {
            let reply = desk.run(CHECK_IN, variables(&mia, &book, 1, "")).await;
            match reply.code() {
                Some("CARD_UNKNOWN" | "BARCODE_UNKNOWN") => None,
                Some(_) => panic!("{}", reply.body),
                None => Some(reply.body["data"]["checkIn"].clone()),
            }
        })
        .await;
        assert_eq!(back["id"], expected.as_str());
    }
}

async fn unknown(world: &World) {
    let desk = world.librarian().await;
    let mia = world.patron(100).await;
    let book = world.book(1, 10).await;
    check_out(world, &desk, &mia, &book).await;
    let nobody = Patron {
        card: "no such card".to_owned(),
        ..mia.clone()
    };
    let nothing = Book {
        barcode: "no such barcode".to_owned(),
        ..book.clone()
    };
    for (query, request) in [
        (CHECK_OUT, world.unique("request")),
        (CHECK_IN, String::new()),
    ] {
        let code = desk
            .refusal(query, variables(&nobody, &book, 1, &request))
            .await;
        assert_eq!(code, "CARD_UNKNOWN");
        let code = desk
            .refusal(query, variables(&mia, &nothing, 1, &request))
            .await;
        assert_eq!(code, "BARCODE_UNKNOWN");
    }
}

async fn librarians_only(world: &World) {
    let mia = world.patron(100).await;
    let book = world.book(1, 10).await;
    for query in [CHECK_OUT, CHECK_IN] {
        let variables = variables(&mia, &book, 1, "mine");
        assert_eq!(
            mia.client.refusal(query, variables.clone()).await,
            "FORBIDDEN"
        );
        assert_eq!(
            world.anyone().refusal(query, variables).await,
            "UNAUTHENTICATED"
        );
    }
    assert_eq!(mia.client.refusal(BOOK_LIST, json!({})).await, "FORBIDDEN");
    assert_eq!(
        world.anyone().refusal(BOOK_LIST, json!({})).await,
        "UNAUTHENTICATED"
    );
    assert_eq!(world.stock(&book).await, (1, 0));
}

/// The desk's line about a book, if it has one.
async fn line(desk: &Client, book: &Book) -> Option<Value> {
    let mut after = Value::Null;
    loop {
        let page = desk.data(BOOK_LIST, json!({"after": after})).await["bookList"].clone();
        let edges = page["edges"].as_array().expect("edges");
        let found = edges
            .iter()
            .find(|edge| edge["node"]["book"]["id"] == book.id.as_str());
        if let Some(edge) = found {
            return Some(edge["node"].clone());
        }
        if page["pageInfo"]["hasNextPage"] != true {
            return None;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

async fn book_list(world: &World) {
    let desk = world.librarian().await;
    let (mia, poor) = (world.patron(100).await, world.patron(0).await);
    let book = world.book(1, 10).await;
    let wait_for = async |what: &str, wanted: &(dyn Fn(&Value) -> bool + Sync)| {
        eventually(what, async || {
            line(&desk, &book).await.filter(|line| wanted(line))
        })
        .await
    };
    let fresh = wait_for("the new book", &|_| true).await;
    assert_eq!(fresh["title"], book.title.as_str());
    assert_eq!(
        (text(&fresh["status"]), &fresh["rentalCost"]),
        ("AVAILABLE", &json!(10))
    );
    assert!(fresh["recentBorrower"].is_null() && fresh["earliestDueAt"].is_null());

    // A rejected loan leaves no trace.
    poor.borrow_rejected(world, &book, 1).await;
    world.shelf_holds(&book, 1).await;
    let loan = mia.borrow_approved(world, &book, 1).await;
    let lent = wait_for("the loan", &|line| line["earliestDueAt"].is_string()).await;
    assert_eq!(lent["recentBorrower"]["id"], mia.id.as_str());
    assert!(lent["recentRentalAt"].is_string());
    wait_for("the shelf is empty", &|line| line["status"] == "ON_LOAN").await;

    mia.bring_back(&loan, 1).await;
    let back = wait_for("the return", &|line| line["earliestDueAt"].is_null()).await;
    assert_eq!(
        back["recentBorrower"]["id"],
        mia.id.as_str(),
        "the borrower stays the most recent one"
    );
    wait_for("the copy is back", &|line| line["status"] == "AVAILABLE").await;
}
