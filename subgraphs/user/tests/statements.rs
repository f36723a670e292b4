//! However many users an answer names, the number of SQL statements is the same.
//!
//! In a binary of its own: the subscriber that counts them sees the whole process.

mod support;

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex},
};

use kit_testing::on_each_database;
use serde_json::{Value, json};
use support::World;
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
};

/// Collects the statements that sqlx logs.
#[derive(Clone, Default)]
struct Statements(Arc<Mutex<Vec<String>>>);

struct Text(String);

impl tracing::field::Visit for Text {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        if matches!(field.name(), "summary" | "db.statement") {
            let _ = write!(self.0, "{value:?} ");
        }
    }
}

impl<S: tracing::Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            let mut text = Text(String::new());
            event.record(&mut text);
            self.0.lock().unwrap().push(text.0);
        }
    }
}

impl Statements {
    /// The statements about users since the last time; the mailbox has its own, whenever it likes.
    fn take(&self) -> Vec<String> {
        let mut all = std::mem::take(&mut *self.0.lock().unwrap());
        all.retain(|statement| statement.contains("FROM users"));
        all
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn entities_are_read_in_one_statement_a_level() {
    let statements = Statements::default();
    let subscriber = tracing_subscriber::registry().with(statements.clone());
    tracing::subscriber::set_global_default(subscriber).unwrap();
    on_each_database(user::SERVICE.migrations, async |test| {
        let world = World::start(&test.url).await;
        let librarian = world.librarian().await;
        let mut ids = Vec::new();
        for number in 1..=12 {
            let patron = world.sign_up("Ada").await;
            world.grant(&librarian, &patron.id, number, &patron.id).await;
            ids.push(patron.id);
        }
        let query = "query($of: [_Any!]!) { _entities(representations: $of) { ... on User {
            id name points ledger(first: 1) { nodes { amount } } } } }";
        for count in [1, 12] {
            let of: Vec<Value> = ids[..count]
                .iter()
                .map(|id| json!({ "__typename": "User", "id": id }))
                .collect();
            statements.take();
            let data = world.data(Some(&librarian.token), query, json!({ "of": of })).await;
            let executed = statements.take();
            assert_eq!(executed.len(), 2, "{executed:#?}");
            let users = data["_entities"].as_array().unwrap();
            assert_eq!(users.len(), count);
            for (index, user) in users.iter().enumerate() {
                let points = index + 1;
                let expected = json!({ "id": ids[index], "name": "Ada", "points": points, "ledger": { "nodes": [{ "amount": points }] } });
                assert_eq!(*user, expected);
            }
        }
        world.stop().await;
    })
    .await;
}
