//! Readers, librarians and books for tests, and what tests often ask about them.

use serde_json::{Value, json};

use crate::client::{Client, Subscription, eventually, settles};
use crate::world::{LIBRARIAN, World};

const SIGN_UP: &str = "mutation($input: SignUpInput!) {
    signUp(input: $input) { token expiresAt user { id name card points role } } }";
const SIGN_IN: &str = "mutation($card: String!, $password: String!) {
    signIn(card: $card, password: $password) { token user { id role } } }";
const GRANT: &str = "mutation($user: ID!, $points: Int!, $request: String!) {
    grantPoints(userId: $user, points: $points, requestId: $request) { points } }";
const ADD_BOOK: &str = "mutation($input: AddBookInput!) {
    addBook(input: $input) { id barcode title copies available onLoan status rentalCost } }";
const BORROW: &str = "mutation($input: BorrowBookInput!) {
    borrowBook(input: $input) { id status quantity points rejectionReason } }";
const STATUS: &str = "subscription($id: ID!) {
    borrowingStatusChanged(id: $id) { id status rejectionReason points } }";
const RETURN: &str = "mutation($id: ID!, $quantity: Int!) {
    returnBook(id: $id, quantity: $quantity) { id status returnedQuantity lateFee overdueDays returnedAt } }";

/// A signed-in reader.
#[derive(Clone, Debug)]
pub(crate) struct Patron {
    pub(crate) client: Client,
    pub(crate) id: String,
    pub(crate) card: String,
    pub(crate) password: String,
}

/// A title in the catalogue.
#[derive(Clone, Debug)]
pub(crate) struct Book {
    pub(crate) id: String,
    pub(crate) barcode: String,
    pub(crate) title: String,
}

impl World {
    /// The librarian whom the environment names.
    pub(crate) async fn librarian(&self) -> Client {
        let (card, password) = LIBRARIAN;
        let data = self
            .anyone()
            .data(SIGN_IN, json!({"card": card, "password": password}))
            .await;
        assert_eq!(data["signIn"]["user"]["role"], "LIBRARIAN");
        self.client(Some(text(&data["signIn"]["token"])))
    }

    /// A new reader with this many points.
    pub(crate) async fn patron(&self, points: i64) -> Patron {
        let name = self.unique("Reader");
        let password = self.unique("correct horse battery staple");
        let data = self
            .anyone()
            .data(
                SIGN_UP,
                json!({"input": {"name": name, "password": password}}),
            )
            .await;
        let session = &data["signUp"];
        let patron = Patron {
            client: self.client(Some(text(&session["token"]))),
            id: text(&session["user"]["id"]).to_owned(),
            card: text(&session["user"]["card"]).to_owned(),
            password,
        };
        let gift = points - session["user"]["points"].as_i64().expect("points");
        if gift != 0 {
            let request = self.unique("gift");
            let grant = json!({"user": patron.id, "points": gift, "request": request});
            let granted = self.librarian().await.data(GRANT, grant).await;
            assert_eq!(granted["grantPoints"]["points"], points);
        }
        patron
    }

    /// A new title with this many copies.
    pub(crate) async fn book(&self, copies: i64, rental_cost: i64) -> Book {
        let barcode = self.unique("B");
        let title = self.unique("The Art of Lending");
        let input = json!({"barcode": barcode, "isbn": self.isbn(), "title": title,
            "author": "A. Librarian", "copies": copies, "rentalCost": rental_cost});
        let data = self
            .librarian()
            .await
            .data(ADD_BOOK, json!({"input": input}))
            .await;
        let added = &data["addBook"];
        assert_eq!(
            (&added["copies"], &added["available"]),
            (&json!(copies), &json!(copies))
        );
        Book {
            id: text(&added["id"]).to_owned(),
            barcode,
            title,
        }
    }

    /// Sets whether a reader may borrow.
    pub(crate) async fn set_blocked(&self, patron: &Patron, blocked: bool) {
        let field = if blocked { "blockUser" } else { "unblockUser" };
        let query = format!("mutation($id: ID!) {{ user: {field}(userId: $id) {{ blocked }} }}");
        let data = self
            .librarian()
            .await
            .data(&query, json!({"id": patron.id}))
            .await;
        assert_eq!(data["user"]["blocked"], blocked);
    }

    /// How many copies are on the shelf and out.
    pub(crate) async fn stock(&self, book: &Book) -> (i64, i64) {
        let query = "query($id: ID!) { book(id: $id) { copies available onLoan status } }";
        let data = self.anyone().data(query, json!({"id": book.id})).await;
        let (shelf, out) = (
            number(&data["book"]["available"]),
            number(&data["book"]["onLoan"]),
        );
        assert_eq!(number(&data["book"]["copies"]), shelf + out, "{data}");
        assert!(shelf >= 0 && out >= 0, "{data}");
        (shelf, out)
    }

    /// Waits until this many copies are on the shelf.
    pub(crate) async fn shelf_holds(&self, book: &Book, copies: i64) {
        eventually(&format!("{copies} copies on the shelf"), async || {
            (self.stock(book).await.0 == copies).then_some(())
        })
        .await;
    }
}

impl Patron {
    /// Asks for a book; the answer is pending.
    pub(crate) async fn borrow(&self, world: &World, book: &Book, quantity: i64) -> String {
        let request = world.unique("request");
        let input = json!({"bookId": book.id, "quantity": quantity, "requestId": request});
        let data = self.client.data(BORROW, json!({"input": input})).await;
        let borrowing = &data["borrowBook"];
        assert_eq!(borrowing["quantity"], quantity);
        text(&borrowing["id"]).to_owned()
    }

    /// Watches a loan's decision.
    pub(crate) async fn watch(&self, borrowing: &str) -> Subscription {
        self.client
            .subscribe(STATUS, json!({"id": borrowing}))
            .await
    }

    /// Waits, by subscription, for a loan's decision: the borrowing as it was pushed.
    pub(crate) async fn decision(&self, borrowing: &str) -> Value {
        let data = self
            .watch(borrowing)
            .await
            .until("a decision", |data| {
                data["borrowingStatusChanged"]["status"] != "PENDING"
            })
            .await;
        data["borrowingStatusChanged"].clone()
    }

    /// Borrows and waits for the approval.
    pub(crate) async fn borrow_approved(
        &self,
        world: &World,
        book: &Book,
        quantity: i64,
    ) -> String {
        let id = self.borrow(world, book, quantity).await;
        let decided = self.decision(&id).await;
        assert_eq!(decided["status"], "APPROVED", "{decided}");
        id
    }

    /// Borrows and waits for the rejection, whose reason it returns.
    pub(crate) async fn borrow_rejected(
        &self,
        world: &World,
        book: &Book,
        quantity: i64,
    ) -> (String, String) {
        let id = self.borrow(world, book, quantity).await;
        let decided = self.decision(&id).await;
        assert_eq!(decided["status"], "REJECTED", "{decided}");
        (id, text(&decided["rejectionReason"]).to_owned())
    }

    /// Brings copies back.
    pub(crate) async fn bring_back(&self, borrowing: &str, quantity: i64) -> Value {
        let variables = json!({"id": borrowing, "quantity": quantity});
        self.client.data(RETURN, variables).await["returnBook"].clone()
    }

    /// The code with which bringing copies back is refused.
    pub(crate) async fn return_refusal(&self, borrowing: &str, quantity: i64) -> String {
        self.client
            .refusal(RETURN, json!({"id": borrowing, "quantity": quantity}))
            .await
    }

    /// The present balance.
    pub(crate) async fn points(&self) -> i64 {
        number(&self.client.data("{ me { points } }", json!({})).await["me"]["points"])
    }

    /// Waits for a balance.
    pub(crate) async fn points_become(&self, points: i64) {
        let query = "{ me { points ledger(first: 100) { edges { node { at amount reason borrowing { id timeline { at step detail } } } } } } }";
        let become_so = async || {
            let me = self.client.data(query, json!({})).await["me"].clone();
            if me["points"] == points {
                Ok(())
            } else {
                Err(me.to_string())
            }
        };
        settles(&format!("a balance of {points}"), become_so).await;
    }

    /// The ledger's entries about one loan, as (reason, amount), oldest first. Checks that the
    /// balance is the sum of the ledger.
    pub(crate) async fn ledger(&self, borrowing: &str) -> Vec<(String, i64)> {
        let query = "{ me { points ledger(first: 100) { nodes: edges { node {
            at amount balance reason borrowing { id } } } } } }";
        let me = &self.client.data(query, json!({})).await["me"];
        let mut entries: Vec<&Value> = me["ledger"]["nodes"]
            .as_array()
            .expect("edges")
            .iter()
            .map(|edge| &edge["node"])
            .collect();
        let sum: i64 = entries.iter().map(|entry| number(&entry["amount"])).sum();
        assert_eq!(
            sum,
            number(&me["points"]),
            "the balance is the sum of the ledger: {me}"
        );
        assert!(
            entries.iter().all(|entry| number(&entry["balance"]) >= 0),
            "{me}"
        );
        // Whichever way the list runs, the oldest entry is the one whose balance is its amount.
        if entries
            .first()
            .is_some_and(|entry| entry["balance"] != entry["amount"])
        {
            entries.reverse();
        }
        entries
            .into_iter()
            .filter(|entry| entry["borrowing"]["id"] == borrowing)
            .map(|entry| (text(&entry["reason"]).to_owned(), number(&entry["amount"])))
            .collect()
    }

    /// Number of books on loan and late fees, as mypage has them now.
    pub(crate) async fn my_page(&self) -> (i64, i64) {
        let data = self
            .client
            .data("{ me { myPage { onLoan lateFees } } }", json!({}))
            .await;
        let page = &data["me"]["myPage"];
        (
            page["onLoan"].as_i64().unwrap_or(0),
            page["lateFees"].as_i64().unwrap_or(0),
        )
    }

    /// Waits until mypage shows this.
    pub(crate) async fn my_page_becomes(&self, on_loan: i64, late_fees: i64) {
        eventually(
            &format!("{on_loan} on loan and {late_fees} won on my page"),
            async || (self.my_page().await == (on_loan, late_fees)).then_some(()),
        )
        .await;
    }
}

/// A string that must be there.
pub(crate) fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("expected text, not {value}"))
}

/// A whole number that must be there.
pub(crate) fn number(value: &Value) -> i64 {
    value
        .as_i64()
        .unwrap_or_else(|| panic!("expected a number, not {value}"))
}
