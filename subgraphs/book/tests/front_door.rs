//! The service as its callers meet it: started on a free port, spoken to over HTTP, WebSocket and the bus.

use std::{sync::Arc, time::Duration};

use book::{MIGRATIONS, SERVICE, messages::ReserveCopies};
use futures_util::{SinkExt, StreamExt};
use kit::{
    Clock, Envelope, Running,
    auth::Role,
    bus::{Bus, Memory},
    ids::BorrowingId,
};
use kit_testing::{TestDb, Tokens, on_each_database, start};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

struct Front {
    running: Running,
    bus: Arc<Memory>,
    tokens: Tokens,
    client: reqwest::Client,
}

impl Front {
    async fn open(database_url: &str) -> Self {
        let tokens = Tokens::serve().await;
        let bus = Arc::new(Memory::default());
        let running = start(SERVICE, database_url, bus.clone(), &tokens.jwks_url, &[]).await;
        Self {
            running,
            bus,
            tokens,
            client: reqwest::Client::new(),
        }
    }

    async fn ask(&self, role: Option<Role>, query: &str, variables: Value) -> Value {
        let url = format!("http://{}/graphql", self.running.address());
        let mut request = self
            .client
            .post(url)
            .json(&json!({ "query": query, "variables": variables }));
        if let Some(role) = role {
            request = request.bearer_auth(self.tokens.token(Clock::real().id(), role));
        }
        let response = request.send().await.expect("an answer");
        response.json().await.expect("JSON")
    }

    async fn public(&self, query: &str) -> Value {
        self.ask(None, query, Value::Null).await
    }

    async fn librarian(&self, query: &str) -> Value {
        self.ask(Some(Role::Librarian), query, Value::Null).await
    }

    /// Adds a book; its id.
    async fn add(&self, barcode: &str, title: &str, copies: i64) -> String {
        let input = json!({ "barcode": barcode, "isbn": "i", "title": title, "author": "a", "copies": copies, "rentalCost": 500 });
        let added = self
            .ask(Some(Role::Librarian), ADD, json!({ "input": input }))
            .await;
        let id = added["data"]["addBook"]["id"].as_str();
        id.unwrap_or_else(|| panic!("not added: {added}"))
            .to_owned()
    }

    /// Publishes what borrowing would.
    async fn reserve(&self, book_id: &str, quantity: i64) {
        let clock = Clock::real();
        let borrowing_id: BorrowingId = clock.id();
        let message = ReserveCopies {
            borrowing_id,
            book_id: book_id.parse().expect("an id"),
            quantity,
        };
        let envelope = Envelope {
            id: clock.id(),
            kind: "ReserveCopies".to_owned(),
            consumer: None,
            schema_version: 1,
            aggregate_id: borrowing_id.to_string(),
            aggregate_version: 0,
            occurred_at: clock.micros(),
            traceparent: None,
            payload: serde_json::to_value(message).expect("plain JSON"),
        };
        let outcomes = self.bus.publish(&[envelope]).await;
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    }

    async fn subscribe(&self, book_id: &str) -> Socket {
        let mut request = format!("ws://{}/graphql", self.running.address())
            .into_client_request()
            .expect("a URL");
        request.headers_mut().insert(
            "sec-websocket-protocol",
            "graphql-transport-ws".parse().expect("a header"),
        );
        let (stream, _) = connect_async(request).await.expect("a WebSocket");
        let mut socket = Socket(stream);
        socket.send(json!({ "type": "connection_init" })).await;
        assert_eq!(
            socket.next().await.expect("an answer")["type"],
            "connection_ack"
        );
        let query = format!(
            r#"subscription {{ bookStockChanged(bookId: "{book_id}") {{ available onLoan status deleted }} }}"#
        );
        socket
            .send(json!({ "type": "subscribe", "id": "1", "payload": { "query": query } }))
            .await;
        socket
    }
}

struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    async fn send(&mut self, message: Value) {
        let message = Message::text(message.to_string());
        self.0.send(message).await.expect("an open socket");
    }

    /// The next message; `None` when the socket is closed.
    async fn next(&mut self) -> Option<Value> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => {
                    return Some(serde_json::from_str(&text).expect("JSON"));
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The stock that is pushed next.
    async fn stock(&mut self) -> Value {
        // Well before the safety poll: it is the change that wakes the subscriber.
        let message = tokio::time::timeout(Duration::from_secs(4), self.next())
            .await
            .expect("a push")
            .expect("an open socket");
        assert_eq!(message["type"], "next", "{message}");
        message["payload"]["data"]["bookStockChanged"].clone()
    }
}

const ADD: &str = "mutation($input: AddBookInput!) { addBook(input: $input) { id status copies available onLoan } }";

fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"]
        .as_str()
        .unwrap_or_else(|| panic!("to be refused, not {answer}"))
}

#[tokio::test]
async fn librarians_keep_the_catalogue_and_everyone_reads_it() {
    on_each_database(MIGRATIONS, async |TestDb { url, .. }| {
        let front = Front::open(&url).await;
        let id = front.add("B1", "Demian", 2).await;
        let read = format!(
            r#"{{ book(id: "{id}") {{ barcode title status copies available onLoan rentalCost deleted }} bookByBarcode(barcode: "B1") {{ id }} }}"#
        );
        let answer = front.public(&read).await;
        assert_eq!(
            answer["data"],
            json!({
                "book": { "barcode": "B1", "title": "Demian", "status": "AVAILABLE", "copies": 2, "available": 2, "onLoan": 0,
                          "rentalCost": 500, "deleted": false },
                "bookByBarcode": { "id": id },
            })
        );
        let update = format!(r#"mutation {{ updateBook(input: {{ id: "{id}", title: "Siddhartha", copies: 7 }}) {{ title copies author }} }}"#);
        let answer = front.librarian(&update).await;
        assert_eq!(answer["data"]["updateBook"], json!({ "title": "Siddhartha", "copies": 7, "author": "a" }));
        for (mutation, status) in [("withdrawBook", "UNAVAILABLE"), ("restoreBook", "AVAILABLE"), ("deleteBook", "UNAVAILABLE")] {
            let answer = front.librarian(&format!(r#"mutation {{ {mutation}(id: "{id}") {{ status }} }}"#)).await;
            assert_eq!(answer["data"][mutation]["status"], status);
        }
        let answer = front.public(&read).await;
        assert_eq!(answer["data"]["book"]["deleted"], true);
        let answer = front.public("{ books { nodes { id } } }").await;
        assert_eq!(answer["data"]["books"]["nodes"], json!([]));
        front.running.stop().await.expect("a clean stop");
    })
    .await;
}

#[tokio::test]
async fn each_refusal_has_its_code() {
    on_each_database(MIGRATIONS, async |TestDb { url, .. }| {
        let front = Front::open(&url).await;
        let id = front.add("B1", "Demian", 2).await;
        let unknown: BorrowingId = Clock::real().id();
        let delete = |id: &str| format!(r#"mutation {{ deleteBook(id: "{id}") {{ id }} }}"#);
        assert_eq!(code(&front.public(&delete(&id)).await), "UNAUTHENTICATED");
        for role in [Role::Patron, Role::Operator] {
            assert_eq!(code(&front.ask(Some(role), &delete(&id), Value::Null).await), "FORBIDDEN");
        }
        assert_eq!(code(&front.librarian(&delete(&unknown.to_string())).await), "NOT_FOUND");
        assert_eq!(code(&front.librarian(&delete("not an id")).await), "NOT_FOUND");
        let mut input = json!({ "barcode": "B1", "isbn": "i", "title": "t", "author": "a", "copies": 1, "rentalCost": 1 });
        let add = async |input: &Value| front.ask(Some(Role::Librarian), ADD, json!({ "input": input })).await;
        assert_eq!(code(&add(&input).await), "BARCODE_TAKEN");
        input["copies"] = 0.into();
        assert_eq!(code(&add(&input).await), "BAD_USER_INPUT");
        let long = format!("filter: {{ text: \"{}\" }}", "x".repeat(301));
        for arguments in [
            "first: 0",
            "first: 101",
            "after: \"nonsense\"",
            "filter: { text: \"\\u0000\" }",
            &long,
        ] {
            let answer = front.public(&format!("{{ books({arguments}) {{ nodes {{ id }} }} }}")).await;
            assert_eq!(code(&answer), "BAD_USER_INPUT", "{arguments}");
        }
        let answer = front.public(r#"{ book(id: "not an id") { id } bookByBarcode(barcode: "\u0000") { id } }"#).await;
        assert_eq!(answer, json!({ "data": { "book": null, "bookByBarcode": null } }));
        front.running.stop().await.expect("a clean stop");
    })
    .await;
}

#[tokio::test]
async fn the_catalogue_is_paged_by_cursors_of_its_own_order() {
    on_each_database(MIGRATIONS, async |TestDb { url, .. }| {
        let front = Front::open(&url).await;
        for (barcode, title) in [("B1", "C"), ("B2", "a"), ("B3", "b")] {
            front.add(barcode, title, 1).await;
        }
        let query = "query($after: String, $sort: BookSort) { books(first: 2, after: $after, sort: $sort) {
            nodes { title } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
        let page = async |variables: Value| front.ask(None, query, variables).await;
        let first = page(json!({})).await["data"]["books"].take();
        assert_eq!(first["nodes"], json!([{ "title": "a" }, { "title": "b" }]));
        let info = &first["pageInfo"];
        assert_eq!((&info["hasNextPage"], &info["hasPreviousPage"]), (&json!(true), &json!(false)));
        assert_eq!(info["endCursor"], first["edges"][1]["cursor"]);
        assert_eq!(info["startCursor"], first["edges"][0]["cursor"]);
        let last = page(json!({ "after": info["endCursor"], "sort": null })).await["data"]["books"].take();
        assert_eq!(last["nodes"], json!([{ "title": "C" }]));
        assert_eq!(last["pageInfo"]["hasNextPage"], false);
        assert_eq!(last["pageInfo"]["hasPreviousPage"], true);
        let other = page(json!({ "after": info["endCursor"], "sort": "NEWEST" })).await;
        assert_eq!(code(&other), "BAD_USER_INPUT");
        front.running.stop().await.expect("a clean stop");
    })
    .await;
}

#[tokio::test]
async fn stock_is_pushed_as_it_changes_until_the_book_is_deleted() {
    on_each_database(MIGRATIONS, async |TestDb { url, .. }| {
        let front = Front::open(&url).await;
        let id = front.add("B1", "Demian", 2).await;
        let mut socket = front.subscribe(&id).await;
        let stock = |available: i32, status: &str, deleted: bool, out: i32| {
            json!({ "available": available, "onLoan": out, "status": status, "deleted": deleted })
        };
        assert_eq!(socket.stock().await, stock(2, "AVAILABLE", false, 0));
        front.reserve(&id, 2).await;
        assert_eq!(socket.stock().await, stock(0, "ON_LOAN", false, 2));
        let refused = front.librarian(&format!(r#"mutation {{ deleteBook(id: "{id}") {{ id }} }}"#)).await;
        assert_eq!(code(&refused), "BOOK_HAS_OPEN_LOANS");
        front.librarian(&format!(r#"mutation {{ updateBook(input: {{ id: "{id}", copies: 3 }}) {{ id }} }}"#)).await;
        assert_eq!(socket.stock().await, stock(1, "AVAILABLE", false, 2));

        let other = front.add("B2", "Siddhartha", 1).await;
        let mut socket = front.subscribe(&other).await;
        assert_eq!(socket.stock().await, stock(1, "AVAILABLE", false, 0));
        front.librarian(&format!(r#"mutation {{ deleteBook(id: "{other}") {{ id }} }}"#)).await;
        assert_eq!(socket.stock().await, stock(1, "UNAVAILABLE", true, 0));
        assert_eq!(socket.next().await.expect("an answer")["type"], "complete");
        front.running.stop().await.expect("a clean stop");
    })
    .await;
}

#[tokio::test]
async fn a_subscription_to_no_book_is_refused_and_a_stopping_service_ends_the_others() {
    on_each_database(MIGRATIONS, async |TestDb { url, .. }| {
        let front = Front::open(&url).await;
        let unknown: BorrowingId = Clock::real().id();
        for id in [unknown.to_string(), "not an id".to_owned()] {
            let mut socket = front.subscribe(&id).await;
            let message = socket.next().await.expect("an answer");
            assert_eq!(code(&message["payload"]), "NOT_FOUND", "{message}");
        }
        let id = front.add("B1", "Demian", 2).await;
        let mut socket = front.subscribe(&id).await;
        socket.stock().await;
        front.running.stop().await.expect("a clean stop");
        while let Some(message) = socket.next().await {
            assert_eq!(message["type"], "complete");
        }
    })
    .await;
}
