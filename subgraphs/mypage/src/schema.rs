//! The GraphQL schema: translation only.

use async_graphql::{
    EmptyMutation, ID, Object, SDLExportOptions, Schema, SimpleObject, Subscription,
    connection::{Connection, Edge, OpaqueCursor},
};
use chrono::{DateTime, Utc};
use futures_util::{Stream, StreamExt};
use kit::{
    Failure, Live, Refusal,
    auth::{require_caller, require_librarian},
    from_micros,
    ids::{BookId, BorrowingId, UserId},
    loaded,
};
use tokio_util::sync::CancellationToken;

use crate::{
    loaders::{Loaders, LoansKey},
    paging,
    projection::{BookStatus, EventKind, Loan, Status},
    store::{BookPosition, Listed, LoanPosition, Member, Store},
    stream::{Follower, PATIENCE, Position, StreamEvent},
};

const DEPTH: usize = 20;
const COMPLEXITY: usize = 2000;

type Result<T> = async_graphql::Result<T>;

/// What the resolvers work with.
pub(crate) struct Context {
    pub(crate) store: Store,
    pub(crate) live: Live,
    pub(crate) stop: CancellationToken,
}

/// Builds the executable schema.
pub(crate) fn build(context: Context) -> Schema<Query, EmptyMutation, LoanSubscription> {
    builder().data(context).finish()
}

/// The schema for composition.
pub(crate) fn sdl() -> String {
    builder()
        .finish()
        .sdl_with_options(SDLExportOptions::new().federation())
}

fn builder() -> async_graphql::SchemaBuilder<Query, EmptyMutation, LoanSubscription> {
    Schema::build(Query, EmptyMutation, LoanSubscription)
        .enable_federation()
        .enable_subscription_in_federation()
        .limit_depth(DEPTH)
        .limit_complexity(COMPLEXITY)
}

/// A book, known here by its id alone.
#[derive(SimpleObject)]
#[graphql(name = "Book", unresolvable = "id")]
struct BookRef {
    /// The book.
    id: ID,
}

impl BookRef {
    fn of(id: BookId) -> Self {
        Self {
            id: id.to_string().into(),
        }
    }
}

/// A borrowing, known here by its id alone.
#[derive(SimpleObject)]
#[graphql(name = "Borrowing", unresolvable = "id")]
struct BorrowingRef {
    /// The borrowing.
    id: ID,
}

impl BorrowingRef {
    fn of(id: BorrowingId) -> Self {
        Self {
            id: id.to_string().into(),
        }
    }
}

/// Somebody who borrows books, or lends them.
pub(crate) struct User(UserId);

/// Somebody who borrows books, or lends them.
#[Object]
impl User {
    /// The user.
    async fn id(&self) -> ID {
        self.0.to_string().into()
    }

    /// What the user has on loan and what it has cost them: for themselves and librarians.
    async fn my_page(&self, ctx: &async_graphql::Context<'_>) -> Result<Option<MyPage>> {
        if !require_caller(ctx)?.may_see(self.0) {
            return Err(Refusal::forbidden("this page belongs to another user").into());
        }
        MyPage::load(ctx, self.0).await.map(Some)
    }
}

/// A user's own view of their loans.
pub(crate) struct MyPage {
    user: UserId,
    member: Member,
}

impl MyPage {
    async fn load(ctx: &async_graphql::Context<'_>, user: UserId) -> Result<Self> {
        let member = ctx.data::<Loaders>()?.members.load(user).await;
        let member = loaded(member)?.unwrap_or_default();
        Ok(Self { user, member })
    }
}

/// A user's own view of their loans.
#[Object]
impl MyPage {
    /// How many copies the user has on loan now.
    async fn on_loan(&self) -> i64 {
        self.member.on_loan
    }

    /// The late fees of all the user's returns so far, in won.
    async fn late_fees(&self) -> i64 {
        self.member.late_fees
    }

    /// The user's loans, the latest request first.
    async fn entries(
        &self,
        ctx: &async_graphql::Context<'_>,
        #[graphql(desc = "How many: 1 to 100, 20 unless said.")] first: Option<i32>,
        #[graphql(desc = "The cursor of the entry to go on from.")] after: Option<String>,
    ) -> Result<Connection<OpaqueCursor<LoanPosition>, MyPageEntry>> {
        let size = paging::size(first)?;
        let after: Option<LoanPosition> = paging::position(after.as_deref())?;
        let key = LoansKey {
            user: self.user,
            after,
            count: size + 1,
        };
        let loans = loaded(ctx.data::<Loaders>()?.loans.load(key).await)?.unwrap_or_default();
        let mut page = Connection::new(after.is_some(), loans.len() > size);
        page.edges.extend(loans.into_iter().take(size).map(|loan| {
            Edge::new(
                OpaqueCursor((loan.requested_at, loan.id)),
                MyPageEntry(loan),
            )
        }));
        Ok(page)
    }
}

/// A loan on its user's page.
pub(crate) struct MyPageEntry(Loan);

/// A loan on its user's page.
#[Object]
impl MyPageEntry {
    /// The borrowing itself.
    async fn borrowing(&self) -> BorrowingRef {
        BorrowingRef::of(self.0.id)
    }

    /// What is borrowed.
    async fn book(&self) -> BookRef {
        BookRef::of(self.0.book)
    }

    /// Where it stands.
    async fn status(&self) -> Status {
        self.0.status
    }

    /// How many copies were asked for.
    async fn quantity(&self) -> i64 {
        self.0.quantity
    }

    /// How many of them are back.
    async fn returned_quantity(&self) -> i64 {
        self.0.returned
    }

    /// When the copies are due; null unless copies are out.
    async fn due_at(&self) -> Option<DateTime<Utc>> {
        self.0.due_at.map(from_micros)
    }

    /// The late fees of its returns so far, in won.
    async fn late_fee(&self) -> i64 {
        self.0.late_fee
    }

    /// When it was requested, decided or returned, whichever was last.
    async fn updated_at(&self) -> DateTime<Utc> {
        from_micros(self.0.updated_at)
    }
}

/// A book as the desk sees it.
pub(crate) struct BookListEntry(Listed);

/// A book as the desk sees it.
#[Object]
impl BookListEntry {
    /// The book itself.
    async fn book(&self) -> BookRef {
        BookRef::of(self.0.book)
    }

    /// Its title.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// Whether it can be borrowed.
    async fn status(&self) -> BookStatus {
        self.0.status
    }

    /// What borrowing one copy costs, in points.
    async fn rental_cost(&self) -> i64 {
        self.0.rental_cost
    }

    /// Who was the last to be lent a copy; null when nobody ever was.
    async fn recent_borrower(&self) -> Option<User> {
        self.0.recent.map(|(user, _)| User(user))
    }

    /// When that was.
    async fn recent_rental_at(&self) -> Option<DateTime<Utc>> {
        self.0.recent.map(|(_, at)| from_micros(at))
    }

    /// When the first of the copies out is due; null when none is out.
    async fn earliest_due_at(&self) -> Option<DateTime<Utc>> {
        self.0.earliest_due_at.map(from_micros)
    }
}

/// Something that happened to one of the caller's loans.
pub(crate) struct LoanEvent {
    user: UserId,
    event: StreamEvent,
}

/// Something that happened to one of the caller's loans.
#[Object]
impl LoanEvent {
    /// Pass it as `after` to go on from here.
    async fn cursor(&self) -> String {
        self.event.position.cursor()
    }

    /// When it happened.
    async fn at(&self) -> DateTime<Utc> {
        from_micros(self.event.at)
    }

    /// What happened.
    async fn kind(&self) -> EventKind {
        self.event.kind
    }

    /// Where the borrowing stood after it.
    async fn status(&self) -> Status {
        self.event.status
    }

    /// The borrowing as it is now.
    async fn borrowing(&self) -> BorrowingRef {
        BorrowingRef::of(self.event.borrowing)
    }

    /// The caller's page as it is now.
    async fn my_page(&self, ctx: &async_graphql::Context<'_>) -> Result<MyPage> {
        MyPage::load(ctx, self.user).await
    }
}

/// What can be asked.
pub(crate) struct Query;

#[Object(name = "Query")]
impl Query {
    /// The books by title, as the desk sees them: for librarians.
    async fn book_list(
        &self,
        ctx: &async_graphql::Context<'_>,
        #[graphql(desc = "How many: 1 to 100, 20 unless said.")] first: Option<i32>,
        #[graphql(desc = "The cursor of the entry to go on from.")] after: Option<String>,
    ) -> Result<Connection<OpaqueCursor<BookPosition>, BookListEntry>> {
        require_librarian(ctx)?;
        let size = paging::size(first)?;
        let after: Option<BookPosition> = paging::position(after.as_deref())?;
        let store = &ctx.data::<Context>()?.store;
        let books = store
            .books(after.as_ref(), size + 1)
            .await
            .map_err(Failure::from)?;
        let mut page = Connection::new(after.is_some(), books.len() > size);
        page.edges
            .extend(books.into_iter().take(size).map(|listed| {
                let cursor = OpaqueCursor((listed.title.clone(), listed.book));
                Edge::new(cursor, BookListEntry(listed))
            }));
        Ok(page)
    }

    /// The user of an id. Who exists is the user service's to say: an unknown one has an empty page.
    #[graphql(entity)]
    async fn find_user_by_id(&self, id: ID) -> Option<User> {
        id.parse().ok().map(User)
    }
}

/// What can be followed.
pub(crate) struct LoanSubscription;

#[Subscription(name = "Subscription")]
impl LoanSubscription {
    /// What happens to the caller's loans, each event once and in order, without a gap for 30 days whatever is
    /// reconnected to what. Without `after` it starts now. An `after` that can no longer be followed is refused with
    /// CURSOR_EXPIRED.
    async fn loan_events(
        &self,
        ctx: &async_graphql::Context<'_>,
        #[graphql(desc = "The cursor of the last event seen.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<LoanEvent>> + use<>> {
        let user = require_caller(ctx)?.id;
        let after = after.as_deref().map(Position::of_cursor).transpose()?;
        let context = ctx.data::<Context>()?;
        let follower = Follower::begin(
            context.store.clone(),
            &context.live,
            user,
            after,
            context.stop.clone(),
            PATIENCE,
        )
        .await?;
        Ok(follower.follow().map(move |event| {
            event
                .map(|event| LoanEvent { user, event })
                .map_err(Into::into)
        }))
    }
}
