//! Strangers and other readers see and change nothing.

use serde_json::{Value, json};

use super::{Case, case};
use crate::client::Event;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("privacy::loans_are_their_readers", |w| Box::pin(loans(w))),
        case("privacy::readers_are_their_own", |w| Box::pin(readers(w))),
        case("privacy::streams_are_their_readers", |w| {
            Box::pin(streams(w))
        }),
        case("privacy::points_and_blocks_are_librarians_work", |w| {
            Box::pin(librarians_work(w))
        }),
    ]
}

async fn loans(world: &World) {
    let (mia, noah) = (world.patron(100).await, world.patron(100).await);
    let book = world.book(2, 10).await;
    let id = mia.borrow_approved(world, &book, 1).await;
    let query = "query($id: ID!) { borrowing(id: $id) { id status user { id name } } }";
    for client in [&noah.client, &world.anyone()] {
        assert!(client.data(query, json!({"id": id})).await["borrowing"].is_null());
    }
    let seen = world.librarian().await.data(query, json!({"id": id})).await;
    assert_eq!(seen["borrowing"]["user"]["id"], mia.id.as_str());

    for mutation in ["returnBook", "cancelBorrowing"] {
        let mutation = format!("mutation($id: ID!) {{ {mutation}(id: $id) {{ id }} }}");
        let code = noah.client.refusal(&mutation, json!({"id": id})).await;
        // As if it did not exist: ids of others' loans cannot be tried out.
        assert_eq!(code, "NOT_FOUND", "{mutation}");
        assert_eq!(
            world.anyone().refusal(&mutation, json!({"id": id})).await,
            "UNAUTHENTICATED"
        );
    }
    let listing = "query($book: ID!) { book(id: $book) { borrowings { edges { node { id } } } } }";
    assert_eq!(
        noah.client.refusal(listing, json!({"book": book.id})).await,
        "FORBIDDEN"
    );
    let all = "{ borrowings { edges { node { id } } } }";
    assert_eq!(noah.client.refusal(all, json!({})).await, "FORBIDDEN");
    assert_eq!(
        world.anyone().refusal(all, json!({})).await,
        "UNAUTHENTICATED"
    );
    let filtered =
        "query($filter: BorrowingFilter) { borrowings(filter: $filter) { edges { node { id } } } }";
    let filter = json!({"filter": {"userId": mia.id, "bookId": book.id, "status": "APPROVED"}});
    let seen = world.librarian().await.data(filtered, filter).await;
    assert_eq!(seen["borrowings"]["edges"], json!([{"node": {"id": id}}]));
    assert_eq!((world.stock(&book).await, mia.points().await), ((1, 1), 90));
}

async fn readers(world: &World) {
    let (mia, noah) = (world.patron(100).await, world.patron(100).await);
    let by_id = "query($id: ID!) { user(id: $id) { id name points card ledger { edges { node { amount } } } } }";
    let by_card = "query($card: String!) { userByCard(card: $card) { id name } }";
    for client in [&noah.client, &world.anyone()] {
        assert!(client.data(by_id, json!({"id": mia.id})).await["user"].is_null());
        assert!(client.data(by_card, json!({"card": mia.card})).await["userByCard"].is_null());
    }
    let desk = world.librarian().await;
    assert_eq!(
        desk.data(by_id, json!({"id": mia.id})).await["user"]["points"],
        100
    );
    assert_eq!(
        desk.data(by_card, json!({"card": mia.card})).await["userByCard"]["id"],
        mia.id.as_str()
    );

    // An entity reference must not be a way around: ask the services as the gateway does.
    for (service, fields) in [
        ("user", "name"),
        ("user", "points"),
        ("user", "card"),
        ("borrowing", "borrowings { edges { node { id } } }"),
        ("mypage", "myPage { onLoan }"),
    ] {
        let url = format!("{}/graphql", world.service_url(service).await);
        let query = format!(
            "query($r: [_Any!]!) {{ _entities(representations: $r) {{ ... on User {{ {fields} }} }} }}"
        );
        let representations = json!({"r": [{"__typename": "User", "id": mia.id}]});
        for client in [noah.client.at(&url), world.anyone().at(&url)] {
            let reply = client.run(&query, representations.clone()).await;
            let data = reply.body["data"].to_string();
            let empty =
                data == "null" || data == r#"{"_entities":[null]}"# || data.contains(":null}");
            assert!(empty, "{service} {fields}: {}", reply.body);
        }
        let reply = mia.client.at(&url).run(&query, representations).await;
        assert!(
            reply.body.get("errors").is_none(),
            "{service} {fields}: {}",
            reply.body
        );
    }
}

async fn streams(world: &World) {
    let (mia, noah) = (world.patron(100).await, world.patron(100).await);
    let book = world.book(1, 10).await;
    let id = mia.borrow_approved(world, &book, 1).await;
    let status = "subscription($id: ID!) { borrowingStatusChanged(id: $id) { status } }";
    let mut stream = noah.client.subscribe(status, json!({"id": id})).await;
    assert_eq!(stream.refusal().await, "NOT_FOUND");
    let mut stream = world.anyone().subscribe(status, json!({"id": id})).await;
    assert_eq!(stream.refusal().await, "UNAUTHENTICATED");
    let mut stream = world
        .anyone()
        .subscribe("subscription { loanEvents { cursor } }", json!({}))
        .await;
    assert_eq!(stream.refusal().await, "UNAUTHENTICATED");

    // A public stream's private fields are null with an error for whoever may not see them.
    let nosy = "subscription($id: ID!) { bookStockChanged(bookId: $id) { available borrowings { edges { node { id } } } } }";
    let mut stream = noah.client.subscribe(nosy, json!({"id": book.id})).await;
    match stream.next().await {
        Event::Next(payload) => {
            assert_eq!(
                payload["errors"][0]["extensions"]["code"], "FORBIDDEN",
                "{payload}"
            );
            assert!(!payload["data"].to_string().contains(&id), "{payload}");
        }
        other => panic!("{other:?}"),
    }
}

async fn librarians_work(world: &World) {
    let mia = world.patron(5).await;
    let grant = "mutation($id: ID!, $request: String!) { grantPoints(userId: $id, points: 1000, requestId: $request) { points } }";
    let request = world.unique("request");
    let variables = json!({"id": mia.id, "request": request});
    assert_eq!(
        mia.client.refusal(grant, variables.clone()).await,
        "FORBIDDEN"
    );
    assert_eq!(
        world.anyone().refusal(grant, variables.clone()).await,
        "UNAUTHENTICATED"
    );
    for mutation in ["blockUser", "unblockUser"] {
        let mutation = format!("mutation($id: ID!) {{ {mutation}(userId: $id) {{ id }} }}");
        assert_eq!(
            mia.client.refusal(&mutation, json!({"id": mia.id})).await,
            "FORBIDDEN"
        );
    }
    // A librarian's grant counts once, however often it is sent.
    let desk = world.librarian().await;
    for _ in 0..3 {
        let granted: Value = desk.data(grant, variables.clone()).await;
        assert_eq!(granted["grantPoints"]["points"], 1005);
    }
    assert_eq!(mia.points().await, 1005);
}
