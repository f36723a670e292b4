//! The types of the schema.

use async_graphql::{
    Context, Error, ID, InputObject, Object, Result, SimpleObject,
    connection::{Connection, Edge, EmptyFields},
};
use chrono::{DateTime, Utc};
use kit::{
    Refusal,
    auth::{self, Caller},
    from_micros,
    ids::{BookId, BorrowingId, Id, UserId},
    loaded,
};

use crate::{
    domain::{Borrowing, RejectionReason, Status},
    lending::Lending,
    loaders::{Filter, Loaders, Page},
};

const PAGE: usize = 20;
const LONGEST_PAGE: i32 = 100;

/// One loan of one title, from the request to the last return.
pub struct BorrowingNode(pub Borrowing);

/// A page of borrowings.
pub type Borrowings = Connection<String, BorrowingNode, EmptyFields, EmptyFields>;

/// One loan of one title, from the request to the last return.
#[Object(name = "Borrowing")]
impl BorrowingNode {
    /// The borrowing's id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Who borrows.
    async fn user(&self) -> UserNode {
        UserNode(self.0.user)
    }

    /// What is borrowed.
    async fn book(&self) -> BookNode {
        BookNode(self.0.book)
    }

    /// How many copies were asked for.
    async fn quantity(&self) -> i64 {
        self.0.quantity
    }

    /// How far it has come.
    async fn status(&self) -> Status {
        self.0.status
    }

    /// Why it was refused; null unless REJECTED.
    async fn rejection_reason(&self) -> Option<RejectionReason> {
        self.0.rejection_reason
    }

    /// How many copies have come back.
    async fn returned_quantity(&self) -> i64 {
        self.0.returned_quantity
    }

    /// When it was asked for.
    async fn requested_at(&self) -> DateTime<Utc> {
        self.0.requested_at
    }

    /// When it was approved, rejected or canceled; null while PENDING.
    async fn decided_at(&self) -> Option<DateTime<Utc>> {
        self.0.decided_at
    }

    /// When the copies are due: the end of the last day of the loan, in the library's time zone.
    async fn due_at(&self) -> Option<DateTime<Utc>> {
        self.0.due_at
    }

    /// When the last copy came back.
    async fn returned_at(&self) -> Option<DateTime<Utc>> {
        self.0.returned_at
    }

    /// By how many days what is still on loan is overdue; 0 when it is not.
    async fn overdue_days(&self, ctx: &Context<'_>) -> Result<i64> {
        let lending = ctx.data::<Lending>()?;
        let now = lending.clock().business_now();
        Ok(self.0.overdue_days(now, lending.rules().zone))
    }

    /// What its late returns have cost, in won; known only once copies come back.
    async fn late_fee(&self) -> i64 {
        self.0.late_fee
    }

    /// The points charged; null until approved.
    async fn points(&self) -> Option<i64> {
        self.0.points()
    }

    /// What has happened to it, in order.
    async fn timeline(&self, ctx: &Context<'_>) -> Result<Vec<TimelineEntry>> {
        let entries = ctx.data::<Loaders>()?.timelines.load(self.0.id).await;
        let entries = loaded(entries)?.unwrap_or_default();
        Ok(entries.into_iter().map(TimelineEntry::from).collect())
    }
}

/// Something that happened to a borrowing.
#[derive(SimpleObject)]
pub struct TimelineEntry {
    /// When.
    at: DateTime<Utc>,
    /// What: REQUESTED, COPIES_RESERVED, POINTS_CHARGED, RESERVATION_REFUSED, CHARGE_REFUSED, CANCEL_REQUESTED,
    /// DEADLINE_PASSED, COPIES_RELEASED, POINTS_REFUNDED, UNDO_OVERDUE, RETURNED, RETRIED, SKIPPED or FORCE_CLOSED.
    step: String,
    /// The same in words.
    detail: String,
    /// The message between the services that brought it about; null when a person or the clock did.
    message_id: Option<ID>,
}

impl From<crate::store::TimelineEntry> for TimelineEntry {
    fn from(entry: crate::store::TimelineEntry) -> Self {
        Self {
            at: from_micros(entry.at),
            step: entry.step,
            detail: entry.detail,
            message_id: entry.message_id.map(ID),
        }
    }
}

/// A user, as borrowing knows one.
pub struct UserNode(pub UserId);

/// A user of the library.
#[Object(name = "User")]
impl UserNode {
    /// The user's id.
    async fn id(&self) -> ID {
        self.0.to_string().into()
    }

    /// The user's borrowings, newest first; for the user and for librarians.
    async fn borrowings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those in this status.")] status: Option<Status>,
        #[graphql(desc = "How many: 1 to 100, 20 unless told.")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor.")] after: Option<String>,
    ) -> Result<Borrowings> {
        if !auth::require_caller(ctx)?.may_see(self.0) {
            return Err(Refusal::forbidden(
                "only the user and librarians may see a user's borrowings",
            )
            .into());
        }
        let filter = Filter {
            user: Some(self.0),
            book: None,
            status,
        };
        page(ctx, filter, first, after).await
    }
}

/// A book, as borrowing knows one.
pub struct BookNode(pub BookId);

/// A title of the library.
#[Object(name = "Book")]
impl BookNode {
    /// The book's id.
    async fn id(&self) -> ID {
        self.0.to_string().into()
    }

    /// The book's borrowings, newest first; for librarians.
    async fn borrowings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those in this status.")] status: Option<Status>,
        #[graphql(desc = "How many: 1 to 100, 20 unless told.")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor.")] after: Option<String>,
    ) -> Result<Borrowings> {
        auth::require_librarian(ctx)?;
        let filter = Filter {
            user: None,
            book: Some(self.0),
            status,
        };
        page(ctx, filter, first, after).await
    }
}

/// What a user asks to borrow.
#[derive(InputObject)]
pub struct BorrowBookInput {
    /// Which book.
    pub book_id: ID,
    /// How many copies.
    #[graphql(default = 1)]
    pub quantity: i32,
    /// The client's idempotency key: the same request sent twice with the same key gives one borrowing.
    pub request_id: String,
}

/// Which borrowings to list.
#[derive(InputObject)]
pub struct BorrowingFilter {
    /// Only of this user.
    pub user_id: Option<ID>,
    /// Only of this book.
    pub book_id: Option<ID>,
    /// Only in this status.
    pub status: Option<Status>,
}

/// A page of borrowings, through the request's loader.
pub(super) async fn page(
    ctx: &Context<'_>,
    filter: Filter,
    first: Option<i32>,
    after: Option<String>,
) -> Result<Borrowings> {
    let first = match first {
        None => PAGE,
        Some(first) if (1..=LONGEST_PAGE).contains(&first) => first as usize,
        Some(first) => {
            return Err(Refusal::bad_input(format!(
                "first must be between 1 and {LONGEST_PAGE}, not {first}"
            ))
            .into());
        }
    };
    let page = Page {
        filter,
        first,
        after: after.as_deref().map(cursor).transpose()?,
    };
    let rows = loaded(ctx.data::<Loaders>()?.pages.load(page).await)?.unwrap_or_default();
    let mut connection = Connection::new(page.after.is_some(), rows.len() > first);
    connection.edges = rows
        .into_iter()
        .take(first)
        .map(|row| Edge::new(row.id.to_string(), BorrowingNode(row)))
        .collect();
    Ok(connection)
}

fn cursor(text: &str) -> Result<BorrowingId, Refusal> {
    text.parse()
        .map_err(|_| Refusal::bad_input("after must be a cursor that this list has given"))
}

/// An id of an input, or a refusal that names its field.
pub(super) fn id_of<T>(field: &str, id: &ID) -> Result<Id<T>, Error> {
    id.parse()
        .map_err(|_| Refusal::bad_input(format!("{field} is not an id of this library")).into())
}

/// A borrowing, if there is one and the caller may see it.
pub(super) async fn seen(
    ctx: &Context<'_>,
    id: &ID,
    caller: Option<&Caller>,
) -> Result<Option<BorrowingNode>> {
    let (Ok(id), Some(caller)) = (id.parse::<BorrowingId>(), caller) else {
        return Ok(None);
    };
    let found = loaded(ctx.data::<Loaders>()?.borrowings.load(id).await)?;
    Ok(found
        .filter(|borrowing| caller.may_see(borrowing.user))
        .map(BorrowingNode))
}
