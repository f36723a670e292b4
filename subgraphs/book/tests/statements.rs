//! However many books an operation names, they are read in one statement. In a binary of its own, as the subscriber that
//! counts statements sees the whole process.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use book::{MIGRATIONS, SERVICE};
use kit::{Clock, auth::Role, bus::Memory};
use kit_testing::{TestDb, Tokens, on_each_database, start};
use serde_json::{Value, json};
use tracing_subscriber::{Layer, layer::SubscriberExt, registry::LookupSpan};

/// Counts the statements that read books.
#[derive(Clone, Default)]
struct Statements(Arc<AtomicUsize>);

impl<S: tracing::Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Statements {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        if event.metadata().target() != "sqlx::query" {
            return;
        }
        let text = Text::default();
        event.record(&mut &text);
        if text.0.lock().expect("one thread").contains("FROM book") {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// Everything an event says.
#[derive(Default)]
struct Text(Mutex<String>);

impl tracing::field::Visit for &Text {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        self.record_str(field, &format!("{value:?} "));
    }

    fn record_str(&mut self, _: &tracing::field::Field, value: &str) {
        let mut text = self.0.lock().expect("one thread");
        text.push_str(value);
    }
}

#[tokio::test]
async fn books_are_read_in_batches() {
    let statements = Statements::default();
    let subscriber = tracing_subscriber::registry().with(statements.clone());
    tracing::subscriber::set_global_default(subscriber).expect("the only subscriber");
    on_each_database(MIGRATIONS, async |TestDb { url, .. }| {
        let tokens = Tokens::serve().await;
        let bus = Arc::new(Memory::default());
        let running = start(SERVICE, &url, bus, &tokens.jwks_url, &[]).await;
        let endpoint = format!("http://{}/graphql", running.address());
        let client = reqwest::Client::new();
        let librarian = tokens.token(Clock::real().id(), Role::Librarian);
        // The answer, and how many statements read books for it.
        let ask = async |query: &str, variables: Value| {
            let before = statements.0.load(Ordering::SeqCst);
            let request = client
                .post(&endpoint)
                .bearer_auth(&librarian)
                .json(&json!({ "query": query, "variables": variables }));
            let answer = request.send().await.expect("an answer");
            let answer: Value = answer.json().await.expect("JSON");
            assert_eq!(answer["errors"], Value::Null);
            let read = statements.0.load(Ordering::SeqCst) - before;
            (answer["data"].clone(), read)
        };
        let mut ids = Vec::new();
        for number in 0..40 {
            let add = "mutation($input: AddBookInput!) { addBook(input: $input) { id } }";
            let input = json!({ "barcode": format!("B{number}"), "isbn": "i", "title": "t", "author": "a", "copies": 1, "rentalCost": 1 });
            let (added, _) = ask(add, json!({ "input": input })).await;
            ids.push(added["addBook"]["id"].clone());
        }

        let entities = "query($all: [_Any!]!) { _entities(representations: $all) { ... on Book { title barcode } } }";
        let mut all: Vec<Value> = ids.iter().map(|id| json!({ "__typename": "Book", "id": id })).collect();
        all.push(json!({ "__typename": "Book", "id": Clock::real().id::<kit::ids::Book>() }));
        let (data, read) = ask(entities, json!({ "all": all })).await;
        assert_eq!(data["_entities"].as_array().map(Vec::len), Some(41));
        assert_eq!(data["_entities"][39]["barcode"], "B39");
        assert_eq!(data["_entities"][40], Value::Null, "an unknown book is null, not an error");
        assert_eq!(read, 1, "by id");

        let all: Vec<Value> = (0..40).map(|number| json!({ "__typename": "Book", "barcode": format!("B{number}") })).collect();
        let (data, read) = ask(entities, json!({ "all": all })).await;
        assert_eq!(data["_entities"][39]["barcode"], "B39");
        assert_eq!(read, 1, "by barcode");

        let fields = ids.iter().enumerate().map(|(index, id)| format!("b{index}: book(id: {id}) {{ title }}")).collect::<Vec<_>>().join(" ");
        let (data, read) = ask(&format!("{{ {fields} }}"), Value::Null).await;
        assert_eq!(data["b39"]["title"], "t");
        assert_eq!(read, 1, "fields of one operation");

        let (data, read) = ask("{ books(first: 40) { nodes { title status onLoan } } }", Value::Null).await;
        assert_eq!(data["books"]["nodes"].as_array().map(Vec::len), Some(40));
        assert_eq!(read, 1, "a page");
        running.stop().await.expect("a clean stop");
    })
    .await;
}
