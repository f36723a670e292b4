//! What a first start finds in an empty library: a few books and a patron, entered through the public endpoint like
//! anybody else's.

use serde_json::{Value, json};

use crate::{
    Account, Credentials,
    client::{Client, ClientError},
    credentials,
};

/// Points of the demo's patron.
const POINTS: i64 = 10_000;

/// The demo's titles: barcode, ISBN, title, author, copies, points a loan of one copy costs.
const BOOKS: [(&str, &str, &str, &str, i64, i64); 6] = [
    (
        "B0001",
        "9780141439518",
        "Pride and Prejudice",
        "Jane Austen",
        5,
        300,
    ),
    (
        "B0002",
        "9780140449136",
        "Crime and Punishment",
        "Fyodor Dostoevsky",
        3,
        500,
    ),
    (
        "B0003",
        "9780486284736",
        "The Art of War",
        "Sun Tzu",
        2,
        200,
    ),
    (
        "B0004",
        "9780199535569",
        "Moby-Dick",
        "Herman Melville",
        4,
        400,
    ),
    (
        "B0005",
        "9780141441146",
        "Jane Eyre",
        "Charlotte Brontë",
        1,
        300,
    ),
    (
        "B0006",
        "9780140447934",
        "War and Peace",
        "Leo Tolstoy",
        2,
        20_000,
    ),
];

/// Why the seeding stopped; the next start goes on with it.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The endpoint.
    #[error("seeding the demo: {0}")]
    Client(#[from] ClientError),
    /// Randomness, or the data folder.
    #[error("seeding the demo: {0}")]
    Io(#[from] std::io::Error),
}

/// Enters the demo's books and patron, unless they are there. True when there was something to enter.
pub async fn seed(endpoint: &Client, credentials: &mut Credentials) -> Result<bool, SeedError> {
    if credentials.patron.is_some() {
        return Ok(false);
    }
    let librarian = endpoint
        .sign_in(&credentials.librarian.card, &credentials.librarian.password)
        .await?;
    let add = "mutation Add($input: AddBookInput!) { addBook(input: $input) { id } }";
    for (barcode, isbn, title, author, copies, rental_cost) in BOOKS {
        let input = json!({
            "barcode": barcode, "isbn": isbn, "title": title, "author": author,
            "copies": copies, "rentalCost": rental_cost,
        });
        match librarian.run(add, json!({ "input": input })).await {
            // From a first start that was cut short.
            Err(error) if error.code() == Some("BARCODE_TAKEN") => {}
            added => drop(added?),
        }
    }
    let (account, id) = sign_up(endpoint, "Demo Patron").await?;
    grant(&librarian, &id, POINTS).await?;
    credentials.patron = Some(account);
    Ok(true)
}

/// Signs a new patron up; the account, and the user's id.
pub(crate) async fn sign_up(endpoint: &Client, name: &str) -> Result<(Account, String), SeedError> {
    let password = credentials::password()?;
    let query =
        "mutation SignUp($input: SignUpInput!) { signUp(input: $input) { user { id card } } }";
    let data = endpoint
        .run(
            query,
            json!({ "input": { "name": name, "password": password } }),
        )
        .await?;
    let user = &data["signUp"]["user"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok((
        Account {
            card: text(&user["card"]),
            password,
        },
        text(&user["id"]),
    ))
}

/// Grants a user points.
pub(crate) async fn grant(librarian: &Client, user: &str, points: i64) -> Result<(), ClientError> {
    let query = "mutation Grant($user: ID!, $points: Int!, $request: String!) {
        grantPoints(userId: $user, points: $points, requestId: $request) { id }
    }";
    let variables = json!({ "user": user, "points": points, "request": format!("seed-{user}") });
    librarian.run(query, variables).await.map(drop)
}
