//! A user service on a free port that verifies tokens by its own keys, and a bus of which the test is the other end.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses a part of this"
)]

use std::sync::{Arc, OnceLock};

use futures_util::future::BoxFuture;
use kit::{
    Clock, Envelope, Inbox, Running, Settings, Start,
    bus::{Bus, Hint, PublishError},
    ids::{BorrowingId, Id, UserId},
};
use kit_testing::Recorder;
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{broadcast, watch},
};
use tokio_util::sync::CancellationToken;

pub const LIBRARIAN_CARD: &str = "DESK-1";
pub const PASSWORD: &str = "a long password";

/// Records what the service sends, and brings it what the test sends.
#[derive(Default)]
pub struct Line {
    sent: Recorder,
    inbox: OnceLock<Inbox>,
}

impl Bus for Line {
    fn publish<'a>(
        &'a self,
        batch: &'a [Envelope],
    ) -> BoxFuture<'a, Vec<Result<(), PublishError>>> {
        self.sent.publish(batch)
    }

    fn consume(&self, inbox: Inbox, stop: CancellationToken) -> BoxFuture<'static, ()> {
        let _ = self.inbox.set(inbox.clone());
        self.sent.consume(inbox, stop)
    }

    fn hint(&self, hint: Hint) {
        self.sent.hint(hint);
    }

    fn hints(&self) -> broadcast::Receiver<Hint> {
        self.sent.hints()
    }

    fn status(&self) -> watch::Receiver<Result<(), String>> {
        self.sent.status()
    }
}

/// A running service and its client.
pub struct World {
    pub base: String,
    line: Arc<Line>,
    clock: Clock,
    client: reqwest::Client,
    running: Running,
}

/// A signed-in user.
#[derive(Clone, Debug)]
pub struct Member {
    pub id: String,
    pub card: String,
    pub token: String,
}

impl Member {
    pub fn user_id(&self) -> UserId {
        self.id.parse().expect("a user id")
    }

    fn from_session(session: &Value) -> Self {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        Self {
            id: text(&session["user"]["id"]),
            card: text(&session["user"]["card"]),
            token: text(&session["token"]),
        }
    }
}

impl World {
    /// Starts a service on the database, with a librarian.
    pub async fn start(database_url: &str) -> Self {
        Self::start_with(database_url, &[]).await
    }

    pub async fn start_with(database_url: &str, more: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("a local address"));
        let settings: Settings = [
            ("LIBRARIAN_CARD", LIBRARIAN_CARD),
            ("LIBRARIAN_PASSWORD", PASSWORD),
        ]
        .iter()
        .chain(more)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
        let line = Arc::new(Line::default());
        let clock = Clock::real();
        let start = Start {
            listener,
            database_url: database_url.to_owned(),
            bus: line.clone(),
            jwks_url: format!("{base}/.well-known/jwks.json"),
            clock: clock.clone(),
            replica: clock.id::<kit::ids::Message>().to_string(),
            settings,
        };
        let mut running =
            kit::start(user::SERVICE, start, &CancellationToken::new()).expect("a local address");
        assert!(running.ready().await, "{:?}", running.ended().await);
        Self {
            base,
            line,
            clock,
            client: reqwest::Client::new(),
            running,
        }
    }

    pub async fn stop(self) {
        self.running.stop().await.expect("the service stops");
    }

    pub fn id<T>(&self) -> Id<T> {
        self.clock.id()
    }

    /// The status and body of a request.
    pub async fn post(&self, token: Option<&str>, query: &str, variables: Value) -> (u16, Value) {
        let mut request = self
            .client
            .post(format!("{}/graphql", self.base))
            .json(&json!({ "query": query, "variables": variables }));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.expect("an answer");
        (
            response.status().as_u16(),
            response.json().await.expect("JSON"),
        )
    }

    /// The data of a request that must succeed.
    pub async fn data(&self, token: Option<&str>, query: &str, variables: Value) -> Value {
        let (status, mut body) = self.post(token, query, variables).await;
        assert_eq!(status, 200, "{body}");
        assert_eq!(body.get("errors"), None, "{body}");
        body["data"].take()
    }

    /// The code of a request that must be refused.
    pub async fn refusal(&self, token: Option<&str>, query: &str, variables: Value) -> String {
        let (_, body) = self.post(token, query, variables).await;
        let code = &body["errors"][0]["extensions"]["code"];
        code.as_str()
            .unwrap_or_else(|| panic!("no code in {body}"))
            .to_owned()
    }

    pub async fn keys(&self) -> Value {
        let url = format!("{}/.well-known/jwks.json", self.base);
        let response = self.client.get(url).send().await.expect("an answer");
        response.json().await.expect("JSON")
    }

    pub async fn sign_up(&self, name: &str) -> Member {
        let query =
            "mutation($input: SignUpInput!) { signUp(input: $input) { token user { id card } } }";
        let variables = json!({ "input": { "name": name, "password": PASSWORD } });
        Member::from_session(&self.data(None, query, variables).await["signUp"])
    }

    pub async fn sign_in(&self, card: &str) -> Member {
        let query = "mutation($card: String!, $password: String!) {
            signIn(card: $card, password: $password) { token user { id card } } }";
        let variables = json!({ "card": card, "password": PASSWORD });
        Member::from_session(&self.data(None, query, variables).await["signIn"])
    }

    pub async fn librarian(&self) -> Member {
        self.sign_in(LIBRARIAN_CARD).await
    }

    /// Has the librarian grant points.
    pub async fn grant(&self, librarian: &Member, user: &str, points: i64, request: &str) -> Value {
        self.data(Some(&librarian.token), GRANT, grant(user, points, request))
            .await["grantPoints"]
            .take()
    }

    /// A patron with so many points.
    pub async fn patron_with(&self, points: i64) -> Member {
        let librarian = self.librarian().await;
        let patron = self.sign_up("Ada").await;
        self.grant(&librarian, &patron.id, points, &patron.id).await;
        patron
    }

    /// The balance and the ledger's sum, as a client reads them.
    pub async fn balance(&self, member: &Member) -> (i64, i64) {
        let query =
            "{ me { points ledger(first: 100) { nodes { amount } pageInfo { hasNextPage } } } }";
        let data = self.data(Some(&member.token), query, json!({})).await;
        let ledger = &data["me"]["ledger"];
        assert_eq!(ledger["pageInfo"]["hasNextPage"], false);
        let sum = ledger["nodes"]
            .as_array()
            .expect("nodes")
            .iter()
            .map(|entry| entry["amount"].as_i64().expect("an amount"))
            .sum();
        (data["me"]["points"].as_i64().expect("points"), sum)
    }

    /// Brings the service a message: handled, or parked, when this returns.
    pub async fn deliver(&self, kind: &str, payload: Value) {
        let message = Envelope {
            id: self.id(),
            kind: kind.to_owned(),
            consumer: None,
            schema_version: 1,
            aggregate_id: "of no matter".to_owned(),
            aggregate_version: 1,
            occurred_at: self.clock.micros(),
            traceparent: None,
            payload,
        };
        self.redeliver(&message).await;
    }

    pub async fn redeliver(&self, message: &Envelope) {
        let inbox = self.line.inbox.get().expect("the service consumes");
        inbox.receive(message).await.expect("the inbox takes it");
    }

    pub async fn charge(&self, borrowing: BorrowingId, user: UserId, points: i64) {
        let payload = json!({ "borrowingId": borrowing, "userId": user, "points": points });
        self.deliver("ChargePoints", payload).await;
    }

    pub async fn refund(&self, borrowing: BorrowingId, user: UserId) {
        let payload = json!({ "borrowingId": borrowing, "userId": user });
        self.deliver("RefundPoints", payload).await;
    }

    pub async fn returned(&self, borrowing: BorrowingId, user: UserId, number: i64, credit: i64) {
        let payload = json!({
            "borrowing": { "id": borrowing, "userId": user },
            "return": { "number": number, "quantity": 1, "creditPoints": credit, "lateFee": 0 },
        });
        self.deliver("BorrowingReturned", payload).await;
    }

    /// The first `count` messages the service sends.
    pub async fn sent(&self, count: usize) -> Vec<Envelope> {
        self.line.sent.wait_for(count).await
    }

    /// What the service has said about a borrowing, once it has sent `count` messages in all: kinds, with reasons.
    pub async fn answers(&self, count: usize, borrowing: BorrowingId) -> Vec<String> {
        let id = borrowing.to_string();
        let sent = self.sent(count).await;
        sent.iter()
            .filter(|message| message.payload["borrowingId"] == *id)
            .map(|message| match message.payload["reason"].as_str() {
                Some(reason) => format!("{} {reason}", message.kind),
                None => message.kind.clone(),
            })
            .collect()
    }
}

pub const GRANT: &str = "mutation($user: ID!, $points: Int!, $request: String!) {
    grantPoints(userId: $user, points: $points, requestId: $request) { id points } }";

pub fn grant(user: &str, points: i64, request: &str) -> Value {
    json!({ "user": user, "points": points, "request": request })
}
