//! `circulate demo`: one loan approved and one rejected, through the public endpoint, each step shown as it arrives.

use serde_json::{Value, json};

use crate::{
    Credentials,
    client::{Client, ClientError, Connection},
    seed::{self, SeedError},
};

const STATUS: &str = "subscription Status($id: ID!) {
    borrowingStatusChanged(id: $id) { status rejectionReason dueAt book { title available } user { name points } }
}";
const STOCK: &str =
    "subscription Stock($id: ID!) { bookStockChanged(bookId: $id) { title status available } }";

/// Plays both loans on a seeded system.
pub async fn play(endpoint: &Client, credentials: &Credentials) -> Result<(), SeedError> {
    let librarian = endpoint
        .sign_in(&credentials.librarian.card, &credentials.librarian.password)
        .await?;
    let (account, user) = seed::sign_up(endpoint, "Ada").await?;
    seed::grant(&librarian, &user, 1_000).await?;
    let patron = endpoint.sign_in(&account.card, &account.password).await?;
    println!(
        "Ada has signed up (card {}) and been granted 1000 points.\n",
        account.card
    );

    println!(
        "1. Ada borrows two copies of a book that costs 300 points a copy: the saga reserves, charges, approves."
    );
    loan(&patron, "B0001", 2).await?;
    println!(
        "\n2. Ada borrows a book that costs 20000 points: the copy is reserved, the charge refused, the copy put back."
    );
    loan(&patron, "B0006", 1).await?;

    let ledger = patron
        .run(
            "{ me { points ledger { edges { node { reason amount balance } } } } }",
            json!({}),
        )
        .await?;
    println!(
        "\nAda's ledger afterwards: {} points",
        ledger["me"]["points"]
    );
    for edge in ledger["me"]["ledger"]["edges"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let entry = &edge["node"];
        println!(
            "   {:<8} {:>6} → {}",
            text(&entry["reason"]),
            entry["amount"],
            entry["balance"]
        );
    }
    Ok(())
}

/// Borrows, and shows the stock and the status as they change, then the timeline.
async fn loan(patron: &Client, barcode: &str, quantity: i64) -> Result<(), ClientError> {
    let find = "query Find($barcode: String!) { bookByBarcode(barcode: $barcode) { id title available rentalCost } }";
    let book = patron.run(find, json!({ "barcode": barcode })).await?["bookByBarcode"].take();
    let mut stock = patron.subscribe(STOCK, json!({ "id": book["id"] })).await?;
    show("stock ", stock.next().await?.as_ref());

    let borrow =
        "mutation Borrow($input: BorrowBookInput!) { borrowBook(input: $input) { id status } }";
    let input = json!({ "bookId": book["id"], "quantity": quantity, "requestId": format!("demo-{barcode}") });
    let answer = patron.run(borrow, json!({ "input": input })).await?;
    println!("   answer  {}", answer["borrowBook"]["status"]);
    let id = answer["borrowBook"]["id"].clone();
    let status = patron.subscribe(STATUS, json!({ "id": id })).await?;
    follow(status, &mut stock).await?;

    let query = "query Timeline($id: ID!) { borrowing(id: $id) { timeline { at step detail } } }";
    let timeline = patron.run(query, json!({ "id": id })).await?;
    println!("   timeline:");
    for entry in timeline["borrowing"]["timeline"]
        .as_array()
        .into_iter()
        .flatten()
    {
        println!(
            "      {}  {:<22} {}",
            text(&entry["at"]),
            text(&entry["step"]),
            text(&entry["detail"])
        );
    }
    Ok(())
}

/// Shows both streams as they come, until the status stream completes.
async fn follow(mut status: Connection, stock: &mut Connection) -> Result<(), ClientError> {
    loop {
        tokio::select! {
            event = status.next() => match event? {
                Some(event) => show("status", Some(&event)),
                None => return Ok(()),
            },
            event = stock.next() => show("stock ", event?.as_ref()),
        }
    }
}

fn show(what: &str, event: Option<&Value>) {
    if let Some((_, value)) = event
        .and_then(Value::as_object)
        .and_then(|data| data.iter().next())
    {
        println!("   {what}  {value}");
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
