//! `query`: through the gateway, next to the same work straight at the subgraphs.

use std::sync::Arc;

use circulate::client::Client;
use serde_json::{Value, json};

use crate::{
    Failure, Kind,
    stats::{Times, at_once, ms, times},
    world::World,
};

const CATALOGUE: &str =
    "{ books(first: 20) { edges { node { id title author status available } } } }";
const FEDERATED: &str = "{ me { id name borrowings(first: 20) { edges { node { id status book { title author } } } } } }";
const BOOKS: usize = 20;

pub(crate) async fn run(kind: Kind, clients: usize, seconds: u64) -> Result<(), Failure> {
    let world = World::start(kind).await?;
    // Whatever comes of it, nothing stays behind.
    let measured = measure(&world, kind, clients, seconds).await;
    world.end().await?;
    measured
}

async fn measure(world: &World, kind: Kind, clients: usize, seconds: u64) -> Result<(), Failure> {
    let librarian = world.librarian().await?;
    let patron = world.patron(&librarian, 0).await?;
    for number in 0..BOOKS {
        let book = world.book(&librarian, number, 10).await?;
        let input = json!({ "bookId": book, "quantity": 1, "requestId": number.to_string() });
        let borrow = "mutation B($input: BorrowBookInput!) { borrowBook(input: $input) { id } }";
        patron.run(borrow, json!({ "input": input })).await?;
    }
    let direct = Arc::new(Direct {
        book: patron.at(world.subgraph("book")?),
        borrowing: patron.at(world.subgraph("borrowing")?),
        user: patron.at(world.subgraph("user")?),
    });
    let same = (
        patron.run(FEDERATED, json!({})).await?,
        direct.federated().await?,
    );
    if same.0["me"]["borrowings"]["edges"].as_array().map(Vec::len) != Some(BOOKS)
        || same.1 != BOOKS
    {
        return Err(format!("both ways must bring {BOOKS} borrowings: {same:?}").into());
    }

    println!("| {kind:?}, {clients} clients | gateway | straight | ratio |");
    println!("|---|---|---|---|");
    for _ in 0..2 {
        let gateway = load(clients, seconds, {
            let patron = patron.clone();
            move || {
                let patron = patron.clone();
                async move {
                    patron.run(CATALOGUE, json!({})).await?;
                    Ok(())
                }
            }
        });
        let gateway = gateway.await?;
        let straight = load(clients, seconds, {
            let direct = direct.clone();
            move || {
                let direct = direct.clone();
                async move {
                    direct.book.run(CATALOGUE, json!({})).await?;
                    Ok(())
                }
            }
        });
        row("one subgraph, 20 books", &gateway, &straight.await?);
        let gateway = load(clients, seconds, {
            let patron = patron.clone();
            move || {
                let patron = patron.clone();
                async move {
                    patron.run(FEDERATED, json!({})).await?;
                    Ok(())
                }
            }
        });
        let gateway = gateway.await?;
        let straight = load(clients, seconds, {
            let direct = direct.clone();
            move || {
                let direct = direct.clone();
                async move { direct.federated().await.map(|_| ()) }
            }
        });
        row("three subgraphs, 20 borrowings", &gateway, &straight.await?);
    }
    Ok(())
}

async fn load<F>(
    clients: usize,
    seconds: u64,
    work: impl Fn() -> F + Clone + Send + 'static,
) -> Result<Times, Failure>
where
    F: Future<Output = Result<(), Failure>> + Send,
{
    let workers = (0..clients).map(|_| {
        let work = work.clone();
        move |_: usize| work()
    });
    at_once(workers.collect(), seconds).await
}

fn row(what: &str, gateway: &Times, straight: &Times) {
    let (ours, least) = (gateway.rate(), straight.rate());
    println!(
        "| {what}, requests/s | {ours:.0} | {least:.0} | {} |",
        times(ours, least)
    );
    let (ours, least) = (gateway.quantile(0.5), straight.quantile(0.5));
    println!(
        "| {what}, p50 | {} | {} | {} |",
        ms(ours),
        ms(least),
        times(ours.as_secs_f64(), least.as_secs_f64())
    );
}

/// A front end that knows the subgraphs and joins by hand, as well as can be: one request per subgraph.
struct Direct {
    book: Client,
    borrowing: Client,
    user: Client,
}

impl Direct {
    /// How many borrowings the three requests brought, each with its book.
    async fn federated(&self) -> Result<usize, Failure> {
        let me = self.user.run("{ me { id name } }", json!({})).await?;
        let user = json!([{ "__typename": "User", "id": me["me"]["id"] }]);
        let entities = "query($of: [_Any!]!) { _entities(representations: $of) {
            ... on User { borrowings(first: 20) { edges { node { id status book { id } } } } } } }";
        let found = self.borrowing.run(entities, json!({ "of": user })).await?;
        let edges = found["_entities"][0]["borrowings"]["edges"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let books: Vec<Value> = edges
            .iter()
            .map(|edge| json!({ "__typename": "Book", "id": edge["node"]["book"]["id"] }))
            .collect();
        let entities = "query($of: [_Any!]!) { _entities(representations: $of) { ... on Book { title author } } }";
        let books = self.book.run(entities, json!({ "of": books })).await?;
        Ok(books["_entities"].as_array().map_or(0, Vec::len))
    }
}
