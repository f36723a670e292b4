//! Through the front door: HTTP and WebSocket, tokens, two replicas sharing a database, messages over a bus.

mod common;

use std::sync::Arc;

use common::{Ending, Story, book_message, event, user};
use futures_util::{SinkExt, StreamExt};
use kit::{
    Clock, Envelope, Running,
    auth::Role,
    bus::{Bus, Memory},
};
use kit_testing::{TestDb, Tokens, on_each_database};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

/// mypage, twice on one database, and a bus that reaches both.
struct World<'t> {
    tokens: &'t Tokens,
    bus: Arc<Memory>,
    replicas: [Running; 2],
}

impl<'t> World<'t> {
    async fn start(test: &TestDb, tokens: &'t Tokens) -> Self {
        let bus = Arc::new(Memory::default());
        let start = async || {
            kit_testing::start(
                mypage::SERVICE,
                &test.url,
                bus.clone(),
                &tokens.jwks_url,
                &[],
            )
            .await
        };
        let replicas = [start().await, start().await];
        Self {
            tokens,
            bus,
            replicas,
        }
    }

    async fn stop(self) {
        for replica in self.replicas {
            replica.stop().await.expect("a clean stop");
        }
    }

    /// Publishes to mypage alone: the other services are not there to take their copies.
    async fn publish(&self, mut messages: Vec<Envelope>) {
        for message in &mut messages {
            message.consumer = Some("mypage".to_owned());
        }
        for outcome in self.bus.publish(&messages).await {
            outcome.expect("a delivery");
        }
    }

    /// Asks the first replica, as a user of that role or as nobody.
    async fn ask(&self, who: Option<(u8, Role)>, query: &str) -> Value {
        let mut request = reqwest::Client::new()
            .post(format!("http://{}/graphql", self.replicas[0].address()))
            .json(&json!({ "query": query }));
        if let Some((number, role)) = who {
            request = request.bearer_auth(self.tokens.token(user(number), role));
        }
        let answer = request.send().await.expect("an answer");
        answer.json().await.expect("JSON")
    }

    /// Asks until the answer satisfies; messages take a moment.
    async fn ask_until(
        &self,
        who: (u8, Role),
        query: &str,
        done: impl Fn(&Value) -> bool,
    ) -> Value {
        loop {
            let answer = self.ask(Some(who), query).await;
            assert_eq!(answer.get("errors"), None, "{answer}");
            if done(&answer["data"]) {
                return answer["data"].clone();
            }
            tokio::task::yield_now().await;
        }
    }

    /// Subscribes user 0 at a replica.
    async fn subscribe(&self, replica: usize, after: Option<&str>) -> Events {
        let url = format!("ws://{}/graphql", self.replicas[replica].address());
        let mut request = url.into_client_request().expect("a URL");
        let protocol = HeaderValue::from_static("graphql-transport-ws");
        request
            .headers_mut()
            .insert("sec-websocket-protocol", protocol);
        let (socket, _) = connect_async(request).await.expect("a WebSocket");
        let mut events = Events(socket);
        let token = self.tokens.token(user(0), Role::Patron);
        let authorization = format!("Bearer {token}");
        events
            .say(
                json!({ "type": "connection_init", "payload": { "Authorization": authorization } }),
            )
            .await;
        assert_eq!(events.hear().await["type"], "connection_ack");
        let query = "subscription ($after: String) { loanEvents(after: $after) {
            cursor kind status at borrowing { id } myPage { onLoan } } }";
        let payload = json!({ "query": query, "variables": { "after": after } });
        events
            .say(json!({ "id": "1", "type": "subscribe", "payload": payload }))
            .await;
        events
    }
}

/// One subscription on a connection of its own.
struct Events(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Events {
    async fn say(&mut self, message: Value) {
        self.0
            .send(Message::text(message.to_string()))
            .await
            .expect("an open socket");
    }

    async fn hear(&mut self) -> Value {
        loop {
            let message = self
                .0
                .next()
                .await
                .expect("an open socket")
                .expect("a frame");
            if let Message::Text(text) = message {
                return serde_json::from_str(&text).expect("JSON");
            }
        }
    }

    async fn event(&mut self) -> Value {
        let message = self.hear().await;
        assert_eq!(message["type"], "next", "{message}");
        assert_eq!(message["payload"].get("errors"), None, "{message}");
        message["payload"]["data"]["loanEvents"].clone()
    }
}

fn story(number: u8) -> Story {
    Story {
        number,
        user: 0,
        book: number % 2,
        quantity: 2,
        requested: common::DAY_ONE + i64::from(number),
        ending: Ending::Approved(vec![(1, 500)]),
    }
}

/// What borrowing tells of one story: three events.
fn events(number: u8) -> Vec<Envelope> {
    let clock = Clock::real();
    story(number)
        .versions()
        .iter()
        .map(|version| event(&clock, version))
        .collect()
}

#[tokio::test]
async fn a_member_follows_their_loans_across_replicas() {
    let tokens = &Tokens::serve().await;
    on_each_database(mypage::MIGRATIONS, |test| Box::pin(async move {
        let world = World::start(&test, tokens).await;
        // Both replicas are being read while the events come, in no good order.
        let mut live = [world.subscribe(0, None).await, world.subscribe(1, None).await];
        // A round trip on each connection: what was asked before it has begun.
        for events in &mut live {
            events.say(json!({ "id": "2", "type": "subscribe", "payload": { "query": "{ __typename }" } })).await;
            while events.hear().await["id"] != "2" {}
            assert_eq!(events.hear().await["type"], "complete");
        }
        let mut messages: Vec<_> = (0..4).flat_map(events).collect();
        messages.reverse();
        world.publish(messages).await;
        let mut seen = Vec::new();
        for _ in 0..12 {
            let (one, other) = (live[0].event().await, live[1].event().await);
            for field in ["cursor", "kind", "status", "at", "borrowing"] {
                assert_eq!(one[field], other[field]);
            }
            seen.push(one);
        }
        assert_eq!(seen[11]["myPage"]["onLoan"], 4, "one of two copies is back, four times");
        for number in 0..4 {
            let id = json!(story(number).last().state.id);
            let kinds: Vec<_> = seen.iter().filter(|event| event["borrowing"]["id"] == id).map(|event| event["kind"].clone()).collect();
            assert_eq!(kinds, ["REQUESTED", "APPROVED", "PARTLY_RETURNED"]);
        }
        // From every cursor, at either replica, exactly the rest.
        for (place, event) in seen.iter().enumerate().take(11) {
            let mut again = world.subscribe(place % 2, event["cursor"].as_str()).await;
            for expected in &seen[place + 1..] {
                assert_eq!(again.event().await["cursor"], expected["cursor"]);
            }
        }
        let mut refused = world.subscribe(0, Some("WzEsMV0")).await;
        let answer = refused.hear().await;
        assert!(answer.to_string().contains("CURSOR_EXPIRED"), "{answer}");
        world.stop().await;
    }))
    .await;
}

#[tokio::test]
async fn pages_and_lists_are_shown_to_whom_they_belong() {
    let tokens = &Tokens::serve().await;
    on_each_database(mypage::MIGRATIONS, |test| Box::pin(async move {
        let world = World::start(&test, tokens).await;
        let clock = Clock::real();
        let mut messages: Vec<_> = (0..2).map(|number| book_message(&clock, "BookChanged", number, 1)).collect();
        messages.extend(events(0));
        world.publish(messages).await;

        let page = format!(
            r#"{{ _entities(representations: [{{ __typename: "User", id: "{}" }}]) {{ ... on User {{ id myPage {{
                onLoan lateFees entries(first: 1) {{ nodes {{ borrowing {{ id }} book {{ id }} status quantity
                returnedQuantity dueAt lateFee updatedAt }} pageInfo {{ hasNextPage }} }} }} }} }} }}"#,
            user(0)
        );
        let own = world.ask_until((0, Role::Patron), &page, |data| data["_entities"][0]["myPage"]["lateFees"] == 500).await;
        let own = &own["_entities"][0]["myPage"];
        assert_eq!(own["onLoan"], 1);
        let entry = &own["entries"]["nodes"][0];
        assert_eq!(entry["status"], "APPROVED");
        assert_eq!((&entry["quantity"], &entry["returnedQuantity"]), (&json!(2), &json!(1)));
        assert!(entry["dueAt"].is_string(), "{entry}");

        for (who, code) in [(None, "UNAUTHENTICATED"), (Some((1, Role::Patron)), "FORBIDDEN")] {
            let answer = world.ask(who, &page).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{answer}");
            assert_eq!(answer["data"]["_entities"][0]["myPage"], Value::Null);
        }

        let list = "{ bookList(first: 1) { nodes { book { id } title status rentalCost recentBorrower { id }
                      recentRentalAt earliestDueAt } pageInfo { hasNextPage endCursor } } }";
        let desk = world.ask_until((9, Role::Librarian), list, |data| data["bookList"]["nodes"][0]["title"] == "title 0").await;
        let listed = &desk["bookList"]["nodes"][0];
        assert_eq!(listed["recentBorrower"]["id"], json!(user(0)));
        assert!(listed["recentRentalAt"].is_string() && listed["earliestDueAt"].is_string(), "{listed}");
        assert_eq!(desk["bookList"]["pageInfo"]["hasNextPage"], true);
        let next = list.replace("first: 1", &format!("first: 1, after: {}", desk["bookList"]["pageInfo"]["endCursor"]));
        let next = world.ask(Some((9, Role::Librarian)), &next).await;
        assert_eq!(next["data"]["bookList"]["nodes"][0]["title"], "title 1");
        let refused = world.ask(Some((0, Role::Patron)), list).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
        for bad in ["first: 0", "first: 101", r#"first: 1, after: "?""#] {
            let answer = world.ask(Some((9, Role::Librarian)), &list.replace("first: 1", bad)).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{bad}");
        }
        world.stop().await;
    }))
    .await;
}

#[tokio::test]
async fn only_an_operator_rebuilds() {
    let tokens = &Tokens::serve().await;
    on_each_database(mypage::MIGRATIONS, |test| Box::pin(async move {
        let world = World::start(&test, tokens).await;
        world.publish(events(0)).await;
        let own = r#"{ _entities(representations: [{ __typename: "User", id: "USER" }]) { ... on User { myPage { onLoan } } } }"#;
        let own = own.replace("USER", &user(0).to_string());
        let on_loan = |expected: i64| move |data: &Value| data["_entities"][0]["myPage"]["onLoan"] == expected;
        world.ask_until((0, Role::Patron), &own, on_loan(1)).await;

        let rebuild = async |role| {
            reqwest::Client::new()
                .post(format!("http://{}/admin/rebuild", world.replicas[1].address()))
                .bearer_auth(tokens.token(user(8), role))
                .send()
                .await
                .expect("an answer")
                .status()
                .as_u16()
        };
        assert_eq!(rebuild(Role::Librarian).await, 403);
        world.ask_until((0, Role::Patron), &own, on_loan(1)).await;
        assert_eq!(rebuild(Role::Operator).await, 202);
        world.ask_until((0, Role::Patron), &own, on_loan(0)).await;
        world.publish(vec![common::snapshot(&Clock::real(), &story(0).last())]).await;
        world.ask_until((0, Role::Patron), &own, on_loan(1)).await;
        world.stop().await;
    }))
    .await;
}
