//! However many users a gateway asks for, their pages are two statements. A binary of its own, as it listens to every
//! statement of the process.

mod common;

use std::fmt::Write;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use common::{Ending, Story, event, user};
use kit::{
    Clock,
    auth::Role,
    bus::{Bus, Memory},
};
use kit_testing::{Tokens, on_each_database};
use serde_json::{Value, json};
use tracing_subscriber::{Layer, layer::SubscriberExt};

/// Counts the statements that sqlx reports and that read what a page shows.
#[derive(Clone, Default)]
struct Statements {
    seen: Arc<AtomicUsize>,
    texts: Arc<Mutex<Vec<String>>>,
}

impl<S: tracing::Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        if event.metadata().target() != "sqlx::query" {
            return;
        }
        let mut text = String::new();
        event.record(
            &mut |_: &tracing::field::Field, value: &dyn std::fmt::Debug| {
                let _ = write!(text, "{value:?} ");
            },
        );
        let reads_pages = text.contains("FROM member WHERE") || text.contains("ROW_NUMBER()");
        if reads_pages {
            self.seen.fetch_add(1, Ordering::SeqCst);
            self.texts.lock().expect("no panics here").push(text);
        }
    }
}

#[tokio::test]
async fn the_pages_of_many_users_are_two_statements() {
    let statements = Statements::default();
    let subscriber = tracing_subscriber::registry().with(statements.clone());
    tracing::subscriber::set_global_default(subscriber).expect("the first subscriber");
    let tokens = &Tokens::serve().await;
    let statements = &statements;
    on_each_database(mypage::MIGRATIONS, |test| async move {
        let bus = Arc::new(Memory::default());
        let running = kit_testing::start(mypage::SERVICE, &test.url, bus.clone(), &tokens.jwks_url, &[]).await;
        let stories = (0..30).map(|number| Story {
            number,
            user: number,
            book: 0,
            quantity: 1,
            requested: common::DAY_ONE,
            ending: Ending::Undecided,
        });
        let clock = Clock::real();
        let messages: Vec<_> = stories.map(|story| event(&clock, &story.last())).collect();
        for outcome in bus.publish(&messages).await {
            outcome.expect("a delivery");
        }
        let ask = async || {
            let users: Vec<Value> = (0..30).map(|number| json!({ "__typename": "User", "id": user(number) })).collect();
            let query = "query ($users: [_Any!]!) { _entities(representations: $users) { ... on User { myPage {
                onLoan entries(first: 5) { nodes { borrowing { id } } } } } } }";
            let answer = reqwest::Client::new()
                .post(format!("http://{}/graphql", running.address()))
                .bearer_auth(tokens.token(user(99), Role::Librarian))
                .json(&json!({ "query": query, "variables": { "users": users } }))
                .send()
                .await
                .expect("an answer");
            answer.json::<Value>().await.expect("JSON")
        };
        // Until every message is in: the last look is the one that counts.
        let (answer, count) = loop {
            let before = statements.seen.load(Ordering::SeqCst);
            let answer = ask().await;
            assert_eq!(answer.get("errors"), None, "{answer}");
            let pages = answer["data"]["_entities"].as_array().expect("entities").clone();
            let filled = |page: &Value| page["myPage"]["entries"]["nodes"].as_array().is_some_and(|nodes| nodes.len() == 1);
            if pages.iter().all(filled) {
                break (pages, statements.seen.load(Ordering::SeqCst) - before);
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(answer.len(), 30);
        assert_eq!(count, 2, "{:#?}", statements.texts.lock().expect("no panics here"));
        running.stop().await.expect("a clean stop");
    })
    .await;
}
