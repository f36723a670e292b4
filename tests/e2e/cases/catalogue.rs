//! The catalogue: librarians' work on it, and everybody's search in it.

use serde_json::{Value, json};

use super::{Case, case};
use crate::client::eventually;
use crate::library::{Book, text};
use crate::world::World;

const ADD: &str = "mutation($input: AddBookInput!) { addBook(input: $input) { id } }";
const UPDATE: &str = "mutation($input: UpdateBookInput!) {
    updateBook(input: $input) { title copies available rentalCost status } }";
const DELETE: &str = "mutation($id: ID!) { deleteBook(id: $id) { deleted } }";
const SEARCH: &str = "query($filter: BookFilter, $sort: BookSort, $first: Int, $after: String) {
    books(filter: $filter, sort: $sort, first: $first, after: $after) {
        edges { cursor node { id title status } } pageInfo { hasNextPage endCursor } } }";

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("catalogue::only_librarians_change_it", |w| {
            Box::pin(only_librarians(w))
        }),
        case("catalogue::books_are_added_changed_and_found", |w| {
            Box::pin(added_and_found(w))
        }),
        case("catalogue::a_search_is_read_page_by_page", |w| {
            Box::pin(pages(w))
        }),
        case("catalogue::a_lent_book_cannot_be_deleted", |w| {
            Box::pin(deleted(w))
        }),
        case("catalogue::stock_is_pushed", |w| {
            Box::pin(stock_is_pushed(w))
        }),
    ]
}

fn addition(world: &World, barcode: &str) -> Value {
    json!({"input": {"barcode": barcode, "isbn": world.isbn(), "title": "Walden",
        "author": "Thoreau", "copies": 1, "rentalCost": 10}})
}

async fn only_librarians(world: &World) {
    let mia = world.patron(0).await;
    let book = world.book(1, 10).await;
    let mutations = [
        (ADD, addition(world, &world.unique("B"))),
        (UPDATE, json!({"input": {"id": book.id, "copies": 9}})),
        (DELETE, json!({"id": book.id})),
        (
            "mutation($id: ID!) { withdrawBook(id: $id) { id } }",
            json!({"id": book.id}),
        ),
        (
            "mutation($id: ID!) { restoreBook(id: $id) { id } }",
            json!({"id": book.id}),
        ),
    ];
    for (mutation, variables) in mutations {
        assert_eq!(
            mia.client.refusal(mutation, variables.clone()).await,
            "FORBIDDEN",
            "{mutation}"
        );
        assert_eq!(
            world.anyone().refusal(mutation, variables).await,
            "UNAUTHENTICATED",
            "{mutation}"
        );
    }
    assert_eq!(world.stock(&book).await, (1, 0));
}

async fn added_and_found(world: &World) {
    let librarian = world.librarian().await;
    let book = world.book(2, 30).await;
    let taken = librarian.refusal(ADD, addition(world, &book.barcode)).await;
    assert_eq!(taken, "BARCODE_TAKEN");

    let title = world.unique("Quokka's Guide");
    let change = json!({"input": {"id": book.id, "title": title, "copies": 5, "rentalCost": 40}});
    let updated = &librarian.data(UPDATE, change).await["updateBook"];
    assert_eq!(
        *updated,
        json!({"title": title, "copies": 5, "available": 5, "rentalCost": 40, "status": "AVAILABLE"})
    );

    let by_barcode = "query($barcode: String!) { bookByBarcode(barcode: $barcode) { id title } }";
    let found = world
        .anyone()
        .data(by_barcode, json!({"barcode": book.barcode}))
        .await;
    assert_eq!(
        found["bookByBarcode"],
        json!({"id": book.id, "title": title})
    );
    let found = world
        .anyone()
        .data(by_barcode, json!({"barcode": "no such barcode"}))
        .await;
    assert!(found["bookByBarcode"].is_null());

    for part in [title.to_uppercase(), book.barcode.clone()] {
        let found = world
            .anyone()
            .data(SEARCH, json!({"filter": {"text": part}}))
            .await;
        let edges = found["books"]["edges"].as_array().expect("edges");
        assert_eq!(edges.len(), 1, "{part}: {found}");
        assert_eq!(edges[0]["node"]["id"], book.id.as_str());
    }
    for nonsense in ["%", "_", "' OR 1=1 --"] {
        let found = world
            .anyone()
            .data(
                SEARCH,
                json!({"filter": {"text": format!("{title}{nonsense}")}}),
            )
            .await;
        assert_eq!(found["books"]["edges"], json!([]), "{nonsense}");
    }
}

async fn pages(world: &World) {
    let author_mark = world.unique("Mark");
    let librarian = world.librarian().await;
    let mut added = Vec::new();
    for at in 0..7 {
        let input = json!({"barcode": world.unique("B"), "isbn": world.isbn(),
            "title": format!("{author_mark} volume {at}"), "author": "Proust", "copies": 1, "rentalCost": 100 - at});
        added.push(
            text(&librarian.data(ADD, json!({"input": input})).await["addBook"]["id"]).to_owned(),
        );
    }
    for (sort, backwards) in [("TITLE", false), ("RENTAL_COST", true), ("NEWEST", true)] {
        let mut seen = Vec::new();
        let mut after = Value::Null;
        loop {
            let variables =
                json!({"filter": {"text": author_mark}, "sort": sort, "first": 3, "after": after});
            let page = world.anyone().data(SEARCH, variables).await["books"].clone();
            let edges = page["edges"].as_array().expect("edges");
            assert!(edges.len() <= 3);
            seen.extend(
                edges
                    .iter()
                    .map(|edge| text(&edge["node"]["id"]).to_owned()),
            );
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
        if backwards {
            seen.reverse();
        }
        assert_eq!(seen, added, "{sort}");
    }
    let reply = world.anyone().refusal(SEARCH, json!({"first": 0})).await;
    assert_eq!(reply, "BAD_USER_INPUT");
    let reply = world.anyone().refusal(SEARCH, json!({"first": 101})).await;
    assert_eq!(reply, "BAD_USER_INPUT");
    let reply = world
        .anyone()
        .refusal(SEARCH, json!({"after": "no cursor"}))
        .await;
    assert_eq!(reply, "BAD_USER_INPUT");
}

async fn deleted(world: &World) {
    let librarian = world.librarian().await;
    let mia = world.patron(100).await;
    let book = world.book(2, 10).await;
    let loan = mia.borrow_approved(world, &book, 1).await;
    assert_eq!(
        librarian.refusal(DELETE, json!({"id": book.id})).await,
        "BOOK_HAS_OPEN_LOANS"
    );
    let below = json!({"input": {"id": book.id, "copies": 0}});
    assert_eq!(librarian.refusal(UPDATE, below).await, "BAD_USER_INPUT");

    mia.bring_back(&loan, 1).await;
    // The shelf learns of the return by message.
    eventually("the book can be deleted", async || {
        let reply = librarian.run(DELETE, json!({"id": book.id})).await;
        let gone = reply.body["data"]["deleteBook"]["deleted"] == true;
        assert!(
            gone || reply.code() == Some("BOOK_HAS_OPEN_LOANS"),
            "{}",
            reply.body
        );
        gone.then_some(())
    })
    .await;
    let past = "query($id: ID!) { borrowing(id: $id) { status book { title deleted } } }";
    let past = &mia.client.data(past, json!({"id": loan})).await["borrowing"];
    assert_eq!(
        *past,
        json!({"status": "RETURNED", "book": {"title": book.title, "deleted": true}})
    );
    let found = world
        .anyone()
        .data(SEARCH, json!({"filter": {"text": book.title}}))
        .await;
    assert_eq!(found["books"]["edges"], json!([]));
    let change = json!({"input": {"id": book.id, "copies": 3}});
    assert_eq!(librarian.refusal(UPDATE, change).await, "BOOK_DELETED");
    let (_, reason) = mia.borrow_rejected(world, &book, 1).await;
    assert_eq!(reason, "BOOK_NOT_FOUND");
}

async fn stock_is_pushed(world: &World) {
    let query = "subscription($id: ID!) {
        bookStockChanged(bookId: $id) { available onLoan status borrowings { edges { node { user { name } } } } } }";
    let public =
        "subscription($id: ID!) { bookStockChanged(bookId: $id) { available onLoan status } }";
    let mia = world.patron(100).await;
    let book: Book = world.book(1, 10).await;
    let mut stock = world
        .anyone()
        .subscribe(public, json!({"id": book.id}))
        .await;
    let first = stock.data().await;
    assert_eq!(
        first["bookStockChanged"],
        json!({"available": 1, "onLoan": 0, "status": "AVAILABLE"})
    );

    let loan = mia.borrow_approved(world, &book, 1).await;
    stock
        .until("the copy is out", |data| {
            data["bookStockChanged"] == json!({"available": 0, "onLoan": 1, "status": "ON_LOAN"})
        })
        .await;
    mia.bring_back(&loan, 1).await;
    stock
        .until("the copy is back", |data| {
            data["bookStockChanged"]["available"] == 1
        })
        .await;
    stock.close().await;

    // The same stream, as a librarian who may see who has the copies: the token that came in the
    // connection's first message goes with every event's entity fetches.
    let mut seen = world
        .librarian()
        .await
        .subscribe(query, json!({"id": book.id}))
        .await;
    seen.data().await;
    mia.borrow_approved(world, &book, 1).await;
    let event = seen
        .until("the copy is out", |data| {
            data["bookStockChanged"]["available"] == 0
        })
        .await;
    assert!(
        text(&event["bookStockChanged"]["borrowings"]["edges"][0]["node"]["user"]["name"])
            .starts_with("Reader")
    );
}
