//! However many borrowings, lists and timelines an operation names, each kind is one statement. In a binary of its own,
//! as the subscriber that counts sees every statement of the process.

mod support;

use std::{
    fmt::Debug,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_graphql::{Request, Variables};
use borrowing::{MIGRATIONS, schema};
use kit::{
    auth::{CallerData, Role},
    ids::{BookId, UserId},
};
use kit_testing::{TestDb, on_each_database};
use serde_json::{Value, json};
use support::World;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::{Layer, layer::SubscriberExt};

/// Counts statements.
#[derive(Clone, Default)]
struct Statements(Arc<AtomicUsize>);

impl<S: tracing::Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        let mut select = IsSelect(false);
        event.record(&mut select);
        if event.metadata().target() == "sqlx::query" && select.0 {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// Whether an event is about a SELECT.
struct IsSelect(bool);

impl tracing::field::Visit for IsSelect {
    fn record_debug(&mut self, _: &tracing::field::Field, value: &dyn Debug) {
        self.0 |= format!("{value:?}").contains("SELECT");
    }
}

#[tokio::test]
async fn nested_lists_and_entities_are_read_in_batches() {
    let statements = Statements::default();
    let subscriber = tracing_subscriber::registry().with(statements.clone());
    tracing::subscriber::set_global_default(subscriber).expect("the only subscriber");
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let schema = schema::schema(world.lending.clone(), CancellationToken::new());
        let librarian = world.caller(world.id(), Role::Librarian);
        let ask = async |query: &str, variables: Value| {
            let mut request = Request::new(query)
                .variables(Variables::from_json(variables))
                .data(CallerData(Some(librarian.clone())));
            schema::per_request(&world.lending)(&mut request.data);
            let before = statements.0.load(Ordering::SeqCst);
            let answer = schema.execute(request).await;
            assert_eq!(answer.errors, []);
            let data = answer.data.into_json().expect("JSON");
            (data, statements.0.load(Ordering::SeqCst) - before)
        };

        // Twelve users with three loans each, of four books.
        let users: Vec<UserId> = (0..12).map(|_| world.id()).collect();
        let books: Vec<BookId> = (0..4).map(|_| world.id()).collect();
        let mut all = Vec::new();
        for user in &users {
            for book in &books[..3] {
                let caller = world.caller(*user, Role::Patron);
                let mut wish = world.wish(&caller, 1);
                wish.book = *book;
                all.push(world.lending.borrow(wish).await.expect("a wish").id);
            }
        }
        let representations = |name: &str, ids: Vec<String>| -> Vec<Value> {
            ids.into_iter().map(|id| json!({ "__typename": name, "id": id })).collect()
        };
        let texts = |ids: &[kit::ids::BorrowingId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();

        let mut many = representations("Borrowing", texts(&all));
        many.push(json!({ "__typename": "Borrowing", "id": world.id::<kit::ids::Borrowing>() }));
        many.push(json!({ "__typename": "Borrowing", "id": "no id at all" }));
        let entities = "query($all: [_Any!]!) { _entities(representations: $all) { ... on Borrowing { status timeline { step } } } }";
        let (data, read) = ask(entities, json!({ "all": many })).await;
        assert_eq!(data["_entities"][35], json!({ "status": "PENDING", "timeline": [{ "step": "REQUESTED" }] }));
        assert_eq!((&data["_entities"][36], &data["_entities"][37]), (&Value::Null, &Value::Null));
        assert_eq!(read, 2, "borrowings, timelines");

        let of_users = representations("User", users.iter().map(ToString::to_string).collect());
        let nested = "query($all: [_Any!]!) { _entities(representations: $all) { ... on User { borrowings(first: 2) {
            pageInfo { hasNextPage } nodes { id timeline { step } book { id borrowings(first: 5) { nodes { id } pageInfo { hasNextPage } } } } } } } }";
        let (data, read) = ask(nested, json!({ "all": of_users })).await;
        for (index, user) in data["_entities"].as_array().expect("a list").iter().enumerate() {
            let list = &user["borrowings"];
            assert_eq!(list["pageInfo"]["hasNextPage"], true);
            let newest_first = [all[index * 3 + 2].to_string(), all[index * 3 + 1].to_string()];
            assert_eq!([&list["nodes"][0]["id"], &list["nodes"][1]["id"]], [&json!(newest_first[0]), &json!(newest_first[1])]);
            let of_book = &list["nodes"][0]["book"]["borrowings"];
            assert_eq!(of_book["nodes"].as_array().map(Vec::len), Some(5));
            assert_eq!(of_book["pageInfo"]["hasNextPage"], true);
        }
        assert_eq!(read, 3, "users' lists, timelines, books' lists");

        // Users and books that have none, and both kinds of list at once.
        let mut mixed = representations("User", vec![world.id::<kit::ids::User>().to_string()]);
        mixed.extend(representations("Book", books.iter().map(ToString::to_string).collect()));
        let both = "query($all: [_Any!]!) { _entities(representations: $all) {
            ... on User { borrowings { nodes { id } } } ... on Book { borrowings { nodes { user { id } } } } } }";
        let (data, read) = ask(both, json!({ "all": mixed })).await;
        let lengths: Vec<_> = data["_entities"].as_array().expect("a list").iter()
            .map(|one| one["borrowings"]["nodes"].as_array().map(Vec::len)).collect();
        assert_eq!(lengths, [0, 12, 12, 12, 0].map(Some));
        assert_eq!(read, 2, "users' lists, books' lists");

        let (data, read) = ask("{ borrowings(first: 36) { nodes { id timeline { step } } } }", Value::Null).await;
        assert_eq!(data["borrowings"]["nodes"].as_array().map(Vec::len), Some(36));
        assert_eq!(read, 2, "the list, timelines");
    })
    .await;
}
