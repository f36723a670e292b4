//! The output types.

use async_graphql::{
    Context, Enum, ID, Object, SimpleObject,
    connection::{Connection, CursorType, Edge, OpaqueCursor},
};
use chrono::{DateTime, Utc};
use kit::{Refusal, auth};

use super::loaders::load_ledger;
use crate::{
    accounts,
    store::{self, Entry, Page},
};

/// A person with a card: a patron, a librarian or an operator. All but the id is for themselves and librarians.
pub struct User {
    row: store::User,
    /// Whether the answer is to this user though the request was not yet signed in as them.
    own: bool,
}

impl User {
    pub(super) fn new(row: store::User) -> Self {
        Self { row, own: false }
    }

    /// The user, to who may see them.
    fn seen(&self, ctx: &Context<'_>) -> Result<&store::User, Refusal> {
        let seen =
            self.own || auth::maybe_caller(ctx).is_some_and(|caller| caller.may_see(self.row.id));
        if seen {
            Ok(&self.row)
        } else {
            Err(Refusal::forbidden(
                "this is for the user themselves and for librarians",
            ))
        }
    }
}

/// A person with a card: a patron, a librarian or an operator. All but the id is for themselves and librarians.
#[Object]
impl User {
    /// Identifies the user.
    async fn id(&self) -> ID {
        self.row.id.into_id()
    }

    /// What the user is called.
    async fn name(&self, ctx: &Context<'_>) -> async_graphql::Result<&str> {
        Ok(&self.seen(ctx)?.name)
    }

    /// The barcode on the user's card, which is also what they sign in with.
    async fn card(&self, ctx: &Context<'_>) -> async_graphql::Result<&str> {
        Ok(&self.seen(ctx)?.card)
    }

    /// The points the user can spend; the sum of the ledger, and never negative.
    async fn points(&self, ctx: &Context<'_>) -> async_graphql::Result<i32> {
        Ok(int(self.seen(ctx)?.points))
    }

    /// What the user may do.
    async fn role(&self, ctx: &Context<'_>) -> async_graphql::Result<Role> {
        Ok(self.seen(ctx)?.role.into())
    }

    /// Whether librarians have blocked the user from borrowing. A blocked user can still sign in and return books.
    async fn blocked(&self, ctx: &Context<'_>) -> async_graphql::Result<bool> {
        Ok(self.seen(ctx)?.blocked)
    }

    /// When the user signed up.
    async fn created_at(&self, ctx: &Context<'_>) -> async_graphql::Result<DateTime<Utc>> {
        Ok(self.seen(ctx)?.created_at)
    }

    /// Every change of the user's points, newest first.
    async fn ledger(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many entries, from 1 to 100; 20 unless told.")] first: Option<i32>,
        #[graphql(desc = "The cursor to go on after.")] after: Option<String>,
    ) -> async_graphql::Result<Connection<OpaqueCursor<i64>, LedgerEntry>> {
        let user = self.seen(ctx)?.id;
        let page = page(first, after.as_deref())?;
        let entries = load_ledger(ctx, user, page).await?;
        let more = entries.last().is_some_and(|entry| entry.number > 1);
        let mut connection = Connection::new(after.is_some(), more);
        connection.edges = entries
            .into_iter()
            .map(|entry| Edge::new(OpaqueCursor(entry.number), entry.into()))
            .collect();
        Ok(connection)
    }
}

fn page(first: Option<i32>, after: Option<&str>) -> Result<Page, Refusal> {
    let first = first.unwrap_or(20);
    if !(1..=100).contains(&first) {
        return Err(Refusal::bad_input(format!(
            "first must be between 1 and 100; {first} is not"
        )));
    }
    let before = match after {
        None => i64::MAX,
        Some(cursor) => {
            OpaqueCursor::<i64>::decode_cursor(cursor)
                .map_err(|_| {
                    Refusal::bad_input(
                        "after is not a cursor of this list: take one from its edges",
                    )
                })?
                .0
        }
    };
    Ok(Page {
        first: first.into(),
        before,
    })
}

/// GraphQL's `Int` has 32 bits; no balance comes near its end.
fn int(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(if number < 0 { i32::MIN } else { i32::MAX })
}

trait IntoId {
    fn into_id(self) -> ID;
}

impl<T> IntoId for kit::ids::Id<T> {
    fn into_id(self) -> ID {
        ID(self.to_string())
    }
}

/// What a user may do.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "auth::Role")]
pub enum Role {
    /// Borrows books.
    Patron,
    /// Works the desk and the catalogue.
    Librarian,
    /// Runs the system.
    Operator,
}

/// Why a balance changed.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::Reason")]
pub enum LedgerReason {
    /// Points granted by a librarian, or on signing up.
    Grant,
    /// Points charged for a borrowing.
    Charge,
    /// A charge given back, as the borrowing came to nothing.
    Refund,
    /// Points credited for copies that came back on time.
    ReturnCredit,
}

/// One change of a user's points.
#[derive(SimpleObject)]
pub struct LedgerEntry {
    /// Identifies the entry.
    id: ID,
    /// When it happened.
    at: DateTime<Utc>,
    /// The change: negative for a charge.
    amount: i32,
    /// The balance afterwards.
    balance: i32,
    /// Why.
    reason: LedgerReason,
    /// The borrowing it belongs to; null for a grant.
    borrowing: Option<Borrowing>,
}

impl From<Entry> for LedgerEntry {
    fn from(entry: Entry) -> Self {
        Self {
            id: ID(format!("{}/{}", entry.user, entry.number)),
            at: entry.at,
            amount: int(entry.amount),
            balance: int(entry.balance),
            reason: entry.reason.into(),
            borrowing: entry.borrowing.map(|id| Borrowing { id: id.into_id() }),
        }
    }
}

/// One loan of one title.
#[derive(SimpleObject)]
#[graphql(unresolvable = "id")]
pub struct Borrowing {
    /// Identifies the borrowing.
    id: ID,
}

/// What signing in yields.
pub struct Session(pub(super) accounts::Session);

/// What signing in yields.
#[Object]
impl Session {
    /// Send it with every request: `Authorization: Bearer <token>`.
    async fn token(&self) -> &str {
        &self.0.token
    }

    /// When the token ends; sign in again before that.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }

    /// Who is signed in.
    async fn user(&self) -> User {
        User {
            row: self.0.user.clone(),
            own: true,
        }
    }
}
