//! `loan`: from the request to APPROVED, as the WebSocket client reads it.

use std::sync::Arc;

use circulate::client::{Client, Connection};
use serde_json::json;
use tokio::sync::Mutex;

use crate::{
    Failure, Kind, floor,
    stats::{at_once, ms, one_by_one, times},
    world::World,
};

const BORROW: &str =
    "mutation Borrow($input: BorrowBookInput!) { borrowBook(input: $input) { id } }";
const STATUS: &str = "subscription Status($id: ID!) { borrowingStatusChanged(id: $id) { status } }";
const BOOKS: usize = 64;
const WARM_UP: usize = 20;

pub(crate) async fn run(
    kind: Kind,
    count: usize,
    clients: usize,
    seconds: u64,
) -> Result<(), Failure> {
    let world = World::start(kind).await?;
    // Whatever comes of it, nothing stays behind.
    let measured = measure(&world, kind, count, clients, seconds).await;
    world.end().await?;
    measured
}

async fn measure(
    world: &World,
    kind: Kind,
    count: usize,
    clients: usize,
    seconds: u64,
) -> Result<(), Failure> {
    let librarian = world.librarian().await?;
    let mut books = Vec::new();
    for number in 0..BOOKS {
        books.push(world.book(&librarian, number, 10_000).await?);
    }
    let books = Arc::new(books);
    let mut patrons = Vec::new();
    for number in 0..clients {
        patrons.push(
            Patron::new(
                world.patron(&librarian, number).await?,
                number,
                books.clone(),
            )
            .await?,
        );
    }

    let first = patrons[0].clone();
    one_by_one(WARM_UP, |number| first.clone().borrow(number)).await?;
    let latency = one_by_one(count, |number| first.clone().borrow(WARM_UP + number)).await?;
    let offset = WARM_UP + count;
    let workers = patrons
        .into_iter()
        .map(|patron| move |number: usize| patron.clone().borrow(offset + number))
        .collect();
    let sustained = at_once(workers, seconds).await?;
    let floor = floor::measure(kind, world.folder.path(), count, clients, seconds).await?;
    println!("| {kind:?} | loan | floor | ratio |");
    println!("|---|---|---|---|");
    for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
        let (ours, least) = (latency.quantile(share), floor.latency.quantile(share));
        let ratio = times(ours.as_secs_f64(), least.as_secs_f64());
        println!(
            "| request → APPROVED, {name} of {} | {} | {} | {ratio} |",
            latency.count(),
            ms(ours),
            ms(least)
        );
    }
    let (ours, least) = (sustained.rate(), floor.sustained.rate());
    println!(
        "| sustained, {clients} clients | {ours:.0}/s | {least:.0}/s | {} |",
        times(ours, least)
    );
    let (ours, least) = (sustained.quantile(0.99), floor.sustained.quantile(0.99));
    println!(
        "| p99 while sustained | {} | {} | {} |",
        ms(ours),
        ms(least),
        times(ours.as_secs_f64(), least.as_secs_f64())
    );
    Ok(())
}

/// A patron with a connection that stays open.
#[derive(Clone)]
struct Patron {
    client: Client,
    number: usize,
    books: Arc<Vec<String>>,
    connection: Arc<Mutex<Connection>>,
}

impl Patron {
    async fn new(client: Client, number: usize, books: Arc<Vec<String>>) -> Result<Self, Failure> {
        let connection = Arc::new(Mutex::new(client.connect().await?));
        Ok(Self {
            client,
            number,
            books,
            connection,
        })
    }

    /// One loan, from the request until the subscription says APPROVED.
    async fn borrow(self, number: usize) -> Result<(), Failure> {
        let book = &self.books[(self.number * 7 + number) % self.books.len()];
        let input = json!({ "bookId": book, "quantity": 1, "requestId": number.to_string() });
        let data = self.client.run(BORROW, json!({ "input": input })).await?;
        let mut connection = self.connection.lock().await;
        connection
            .subscribe(STATUS, json!({ "id": data["borrowBook"]["id"] }))
            .await?;
        let mut last = String::new();
        while let Some(event) = connection.next().await? {
            event["borrowingStatusChanged"]["status"]
                .as_str()
                .unwrap_or_default()
                .clone_into(&mut last);
        }
        if last == "APPROVED" {
            Ok(())
        } else {
            Err(format!("a loan ended {last:?}").into())
        }
    }
}
