//! The service as its callers meet it: on a free port, over HTTP, WebSocket and the bus.

use std::sync::Arc;

use borrowing::{MIGRATIONS, SERVICE};
use futures_util::{SinkExt, StreamExt};
use kit::{
    Clock, Envelope, Running,
    auth::Role,
    bus::{Bus, Memory},
    ids::{BookId, UserId},
};
use kit_testing::{TestDb, Tokens, on_each_database, start};
use serde_json::{Value, json};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

struct Front {
    running: Running,
    bus: Arc<Memory>,
    tokens: Tokens,
    client: reqwest::Client,
    clock: Clock,
}

impl Front {
    async fn open(url: &str, settings: &[(&str, &str)]) -> Self {
        let tokens = Tokens::serve().await;
        let bus = Arc::new(Memory::default());
        let running = start(SERVICE, url, bus.clone(), &tokens.jwks_url, settings).await;
        Self {
            running,
            bus,
            tokens,
            client: reqwest::Client::new(),
            clock: Clock::real(),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.address())
    }

    fn token(&self, user: UserId, role: Role) -> String {
        self.tokens.token(user, role)
    }

    async fn ask(&self, token: Option<&str>, query: &str, variables: Value) -> Value {
        let mut request = self
            .client
            .post(self.url("/graphql"))
            .json(&json!({ "query": query, "variables": variables }));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.expect("an answer");
        response.json().await.expect("JSON")
    }

    async fn borrow(&self, token: &str, book: BookId, quantity: i64, request: &str) -> Value {
        let input = json!({ "bookId": book, "quantity": quantity, "requestId": request });
        self.ask(Some(token), BORROW, json!({ "input": input }))
            .await
    }

    /// Publishes what another service would.
    async fn publish(&self, kind: &str, aggregate: &str, payload: Value) {
        let envelope = Envelope {
            id: self.clock.id(),
            kind: kind.to_owned(),
            consumer: None,
            schema_version: 1,
            aggregate_id: aggregate.to_owned(),
            aggregate_version: 1,
            occurred_at: self.clock.micros(),
            traceparent: None,
            payload,
        };
        let outcomes = self.bus.publish(&[envelope]).await;
        // mypage is not there: what borrowing takes in is all that counts here.
        assert!(
            kind.ends_with("Changed") || outcomes.iter().all(Result::is_ok),
            "{outcomes:?}"
        );
    }

    async fn subscribe(&self, token: &str, id: &str) -> Vec<Value> {
        let mut request = self
            .url("/graphql")
            .replace("http", "ws")
            .into_client_request()
            .expect("a URL");
        let protocol = "graphql-transport-ws".parse().expect("a header");
        request
            .headers_mut()
            .insert("sec-websocket-protocol", protocol);
        let (mut socket, _) = connect_async(request).await.expect("a WebSocket");
        let query = format!(
            r#"subscription {{ borrowingStatusChanged(id: "{id}") {{ status rejectionReason }} }}"#
        );
        for message in [
            json!({ "type": "connection_init", "payload": { "Authorization": format!("Bearer {token}") } }),
            json!({ "type": "subscribe", "id": "1", "payload": { "query": query } }),
        ] {
            let message = Message::text(message.to_string());
            socket.send(message).await.expect("an open socket");
        }
        let mut pushed = Vec::new();
        while let Some(message) = socket.next().await {
            let Message::Text(text) = message.expect("an open socket") else {
                continue;
            };
            let message: Value = serde_json::from_str(&text).expect("JSON");
            match message["type"].as_str() {
                Some("next") => {
                    pushed.push(message["payload"]["data"]["borrowingStatusChanged"].clone());
                }
                Some("complete") => return pushed,
                Some("connection_ack") => {}
                _ => panic!("{message}"),
            }
        }
        panic!("closed before it was complete: {pushed:?}")
    }
}

const BORROW: &str = "mutation($input: BorrowBookInput!) { borrowBook(input: $input) { id status quantity user { id } book { id } requestedAt dueAt } }";

#[track_caller]
fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"]
        .as_str()
        .unwrap_or_else(|| panic!("to be refused, not {answer}"))
}

#[tokio::test]
async fn a_patron_borrows_is_told_and_brings_it_back() {
    on_each_database(MIGRATIONS, async |TestDb { url, .. }| {
        let front = Front::open(&url, &[]).await;
        let (user, book) = (front.clock.id(), front.clock.id());
        let token = front.token(user, Role::Patron);
        let asked = front.borrow(&token, book, 2, "r1").await;
        let borrowing = &asked["data"]["borrowBook"];
        assert_eq!(borrowing["status"], "PENDING", "{asked}");
        assert_eq!((&borrowing["user"]["id"], &borrowing["book"]["id"]), (&json!(user), &json!(book)));
        assert_eq!(borrowing["dueAt"], Value::Null);
        let again = front.borrow(&token, book, 2, "r1").await;
        assert_eq!(again["data"]["borrowBook"]["id"], borrowing["id"]);
        assert_eq!(code(&front.borrow(&token, book, 1, "r1").await), "REQUEST_ID_REUSED");

        let id = borrowing["id"].as_str().expect("an id");
        let decide = async {
            front.publish("CopiesReserved", id, json!({ "borrowingId": id, "rentalCost": 300 })).await;
            front.publish("PointsCharged", id, json!({ "borrowingId": id })).await;
        };
        let (pushed, ()) = tokio::join!(front.subscribe(&token, id), decide);
        let last = pushed.last().expect("a push");
        assert_eq!(last["status"], "APPROVED", "{pushed:?}");

        let read = format!(
            r#"{{ borrowing(id: "{id}") {{ status points lateFee overdueDays returnedQuantity dueAt timeline {{ step messageId }} }} }}"#
        );
        let mine = front.ask(Some(&token), &read, Value::Null).await;
        let mine = &mine["data"]["borrowing"];
        assert_eq!((&mine["points"], &mine["overdueDays"], &mine["lateFee"]), (&json!(600), &json!(0), &json!(0)));
        assert_eq!(mine["timeline"].as_array().map(Vec::len), Some(3));
        let stranger = front.token(front.clock.id(), Role::Patron);
        for other in [None, Some(stranger.as_str())] {
            assert_eq!(front.ask(other, &read, Value::Null).await["data"]["borrowing"], Value::Null);
        }

        // Eight days on the due day is over: overdue by one, and a fee.
        let moved = front.client.put(front.url("/test/clock")).json(&json!({ "offsetSeconds": 8 * 86_400 })).send().await;
        assert!(moved.expect("an answer").status().is_success());
        let mine = front.ask(Some(&token), &read, Value::Null).await;
        assert_eq!(mine["data"]["borrowing"]["overdueDays"], 1);
        let back = |quantity: i64| format!(r#"mutation {{ returnBook(id: "{id}", quantity: {quantity}) {{ status returnedQuantity lateFee }} }}"#);
        let returned = front.ask(Some(&token), &back(1), Value::Null).await;
        assert_eq!(returned["data"]["returnBook"], json!({ "status": "APPROVED", "returnedQuantity": 1, "lateFee": 500 }));
        assert_eq!(code(&front.ask(Some(&token), &back(2), Value::Null).await), "TOO_MANY_RETURNED");
        let returned = front.ask(Some(&token), &back(1), Value::Null).await;
        assert_eq!(returned["data"]["returnBook"]["status"], "RETURNED");
        front.running.stop().await.expect("a clean stop");
    })
    .await;
}

#[tokio::test]
async fn each_refusal_has_its_code() {
    on_each_database(MIGRATIONS, async |TestDb { url, .. }| {
        let front = Front::open(&url, &[]).await;
        let user: UserId = front.clock.id();
        let patron = front.token(user, Role::Patron);
        let librarian = front.token(front.clock.id(), Role::Librarian);
        let book: BookId = front.clock.id();
        let asked = front.borrow(&patron, book, 1, "r").await;
        let id = asked["data"]["borrowBook"]["id"].as_str().expect("an id").to_owned();
        let ask = async |token: Option<&str>, query: &str| front.ask(token, query, Value::Null).await;

        let anonymous = front.ask(None, BORROW, json!({ "input": { "bookId": book, "requestId": "r" } })).await;
        assert_eq!(code(&anonymous), "UNAUTHENTICATED");
        let wrong = front.ask(Some(&patron), BORROW, json!({ "input": { "bookId": "7", "requestId": "r" } })).await;
        assert_eq!(code(&wrong), "BAD_USER_INPUT");
        for (token, query, expected) in [
            (&patron, r#"mutation { returnBook(id: "7") { id } }"#.to_owned(), "NOT_FOUND"),
            (&patron, format!(r#"mutation {{ returnBook(id: "{id}") {{ id }} }}"#), "NOT_ON_LOAN"),
            (&patron, r#"mutation { checkOut(card: "C", book: "B", requestId: "r") { id } }"#.to_owned(), "FORBIDDEN"),
            (&patron, r#"mutation { checkIn(card: "C", book: "B") { id } }"#.to_owned(), "FORBIDDEN"),
            (&librarian, r#"mutation { checkIn(card: "C", book: "B") { id } }"#.to_owned(), "CARD_UNKNOWN"),
            (&patron, "{ borrowings { nodes { id } } }".to_owned(), "FORBIDDEN"),
            (&librarian, "{ borrowings(first: 101) { nodes { id } } }".to_owned(), "BAD_USER_INPUT"),
            (&librarian, r#"{ borrowings(after: "x") { nodes { id } } }"#.to_owned(), "BAD_USER_INPUT"),
            (&librarian, r#"{ borrowings(filter: { userId: "x" }) { nodes { id } } }"#.to_owned(), "BAD_USER_INPUT"),
            (&patron, format!(r#"{{ borrowing(id: "{id}") {{ book {{ borrowings {{ nodes {{ id }} }} }} }} }}"#), "FORBIDDEN"),
            (&librarian, format!(r#"{{ borrowing(id: "{id}") {{ user {{ borrowings(first: 0) {{ nodes {{ id }} }} }} }} }}"#), "BAD_USER_INPUT"),
        ] {
            assert_eq!(code(&ask(Some(token.as_str()), &query).await), expected, "{query}");
        }

        // Pages: newest first, each one once.
        for request in ["a", "b", "c", "d"] {
            front.borrow(&patron, book, 1, request).await;
        }
        let filter = format!(r#"filter: {{ userId: "{user}", bookId: "{book}", status: PENDING }}"#);
        let first = ask(Some(&librarian), &format!("{{ borrowings({filter}, first: 3) {{ nodes {{ id }} pageInfo {{ endCursor hasNextPage }} }} }}")).await;
        let page = &first["data"]["borrowings"];
        assert_eq!(page["pageInfo"]["hasNextPage"], true, "{first}");
        let cursor = page["pageInfo"]["endCursor"].as_str().expect("a cursor");
        let own = format!(r#"{{ borrowing(id: "{id}") {{ user {{ borrowings(first: 3, after: "{cursor}") {{ nodes {{ id }} pageInfo {{ hasNextPage hasPreviousPage }} }} }} }} }}"#);
        let second = ask(Some(&patron), &own).await;
        let rest = &second["data"]["borrowing"]["user"]["borrowings"];
        assert_eq!(rest["pageInfo"], json!({ "hasNextPage": false, "hasPreviousPage": true }), "{second}");
        assert_eq!(rest["nodes"].as_array().map(Vec::len), Some(2));
        assert_eq!(rest["nodes"][1]["id"], json!(id), "the oldest comes last");
        front.running.stop().await.expect("a clean stop");
    })
    .await;
}

#[tokio::test]
async fn an_unanswered_request_is_rejected_and_an_operator_ends_its_undo() {
    on_each_database(MIGRATIONS, async |TestDb { url, .. }| {
        let settings = [
            ("SAGA_DEADLINE_SECONDS", "1"),
            ("UNDO_OVERDUE_SECONDS", "1"),
        ];
        let front = Front::open(&url, &settings).await;
        let patron = front.token(front.clock.id(), Role::Patron);
        let asked = front.borrow(&patron, front.clock.id(), 1, "r").await;
        let id = asked["data"]["borrowBook"]["id"].as_str().expect("an id");
        let pushed = front.subscribe(&patron, id).await;
        let last = pushed.last().expect("a push");
        assert_eq!(
            last,
            &json!({ "status": "REJECTED", "rejectionReason": "TIMED_OUT" })
        );

        let operator = front.token(front.clock.id(), Role::Operator);
        let list = async |token: &str| {
            let url = front.url("/admin/sagas?state=stuck");
            let answer = front
                .client
                .get(url)
                .bearer_auth(token)
                .send()
                .await
                .expect("an answer");
            (
                answer.status().as_u16(),
                answer.json::<Value>().await.expect("JSON"),
            )
        };
        assert_eq!(list(&patron).await.0, 403);
        let stuck = async {
            loop {
                let (_, sagas) = list(&operator).await;
                if sagas[0]["borrowing"] == id {
                    return sagas[0].clone();
                }
            }
        };
        let stuck = tokio::time::timeout(std::time::Duration::from_secs(20), stuck);
        assert_eq!(stuck.await.expect("stuck in time")["state"], "STUCK");
        let act = async |action: &str| {
            let url = front.url(&format!("/admin/sagas/{id}/{action}"));
            let answer = front
                .client
                .post(url)
                .bearer_auth(&operator)
                .send()
                .await
                .expect("an answer");
            (
                answer.status().as_u16(),
                answer.json::<Value>().await.expect("JSON"),
            )
        };
        assert_eq!(act("bless").await.0, 404);
        let (status, retried) = act("retry").await;
        assert_eq!((status, &retried["state"]), (200, &json!("UNDOING")));
        let (status, closed) = act("force-close").await;
        assert_eq!((status, &closed["state"]), (200, &json!("SETTLED")));
        assert_eq!(act("skip").await.0, 409, "it is over");
        let metrics = front
            .client
            .get(front.url("/metrics"))
            .send()
            .await
            .expect("an answer");
        let metrics = metrics.text().await.expect("text");
        assert!(
            metrics
                .lines()
                .any(|line| line.contains("borrowing_decisions_total")
                    && line.contains("REJECTED")
                    && line.ends_with(" 1")),
            "{metrics}"
        );
        front.running.stop().await.expect("a clean stop");
    })
    .await;
}

#[tokio::test]
async fn a_setting_that_cannot_be_used_is_named() {
    on_each_database(MIGRATIONS, async |TestDb { url, .. }| {
        for (name, value) in [
            ("LOAN_DAYS", "0"),
            ("LOAN_DAYS", "soon"),
            ("TIME_ZONE", "Asia/Pyeongyang"),
            ("LATE_FEE_TIERS", "7:500"),
            ("SAGA_DEADLINE_SECONDS", "0"),
            ("UNDO_OVERDUE_SECONDS", "-1"),
        ] {
            let tokens = Tokens::serve().await;
            let start = kit::Start {
                listener: tokio::net::TcpListener::bind("127.0.0.1:0")
                    .await
                    .expect("a free port"),
                database_url: url.clone(),
                bus: Arc::new(Memory::default()),
                jwks_url: tokens.jwks_url.clone(),
                clock: Clock::real(),
                replica: name.to_owned(),
                settings: [(name.to_owned(), value.to_owned())].into_iter().collect(),
            };
            let stop = tokio_util::sync::CancellationToken::new();
            let running = kit::start(SERVICE, start, &stop).expect("a local address");
            let error = running.ended().await.expect_err("not to start").to_string();
            assert!(error.contains(name) && error.contains(value), "{error}");
        }
    })
    .await;
}
