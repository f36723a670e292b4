//! The book subgraph's GraphQL schema: translation only, decisions are `domain`'s.

mod types;

use std::future::ready;

use async_graphql::{
    Context, ID, Object, Result, SDLExportOptions, Schema, SchemaBuilder,
    Subscription as GraphqlSubscription,
    connection::{CursorType, OpaqueCursor},
};
use futures_util::{Stream, StreamExt, stream};
use kit::{
    Failure, Parts, Refusal, Waiter, auth::require_librarian, from_micros, ids::BookId, loaded,
};

pub use self::types::{
    AddBookInput, Book, BookConnection, BookEdge, BookFilter, BookSort, BookStatus, UpdateBookInput,
};
use crate::{
    domain,
    loaders::{ByBarcode, ById},
    store::{self, Filter, Position, Sort, Store},
};

const DEFAULT_PAGE: i32 = 20;
const LONGEST_PAGE: i32 = 100;
/// Far above what a page needs, far below what would hurt.
const DEPTH: usize = 20;
const COMPLEXITY: usize = 2000;

/// The schema of the book subgraph.
pub type BookSchema = Schema<Query, Mutation, Subscription>;

fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query, Mutation, Subscription)
        .enable_federation()
        .enable_subscription_in_federation()
        .limit_depth(DEPTH)
        .limit_complexity(COMPLEXITY)
}

/// The schema on `store`.
pub fn build(store: Store, parts: Parts) -> BookSchema {
    builder().data(store).data(parts).finish()
}

/// The schema as the gateway composes it.
pub fn sdl() -> String {
    let options = SDLExportOptions::new().federation().use_space_ident();
    builder().finish().sdl_with_options(options)
}

/// The root of queries.
pub struct Query;

/// What can be asked.
#[Object(name = "Query")]
impl Query {
    /// A book by its id, also a deleted one; null when there is none.
    async fn book(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The book's id.")] id: ID,
    ) -> Result<Option<Book>> {
        by_id(ctx, &id).await
    }

    /// A book by the barcode on its label, also a deleted one; null when there is none.
    async fn book_by_barcode(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The barcode, as scanned.")] barcode: String,
    ) -> Result<Option<Book>> {
        by_barcode(ctx, barcode).await
    }

    /// The books of the catalogue, page by page, without deleted ones.
    async fn books(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which books; all when left out.")] filter: Option<BookFilter>,
        #[graphql(desc = "In which order.", default_with = "Some(BookSort::Title)")] sort: Option<
            BookSort,
        >,
        #[graphql(desc = "How many, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Behind which `endCursor` of an earlier page of the same order.")]
        after: Option<String>,
    ) -> Result<BookConnection> {
        let sort = sort.map_or(Sort::Title, Sort::from);
        let first = page_length(first)?;
        let filter: Filter = filter.unwrap_or_default().try_into()?;
        let start = match &after {
            None => Position::start(sort),
            Some(cursor) => position(cursor, sort)?,
        };
        // One more than asked for tells whether there is a next page.
        let mut books = store(ctx)
            .page(&filter, &start, first as i64 + 1)
            .await
            .map_err(Failure::Store)?;
        let has_next_page = books.len() > first;
        books.truncate(first);
        Ok(BookConnection::new(
            books,
            sort,
            after.is_some(),
            has_next_page,
        ))
    }

    #[graphql(entity)]
    async fn book_with_id(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Book>> {
        by_id(ctx, &id).await
    }

    #[graphql(entity)]
    async fn book_with_barcode(&self, ctx: &Context<'_>, barcode: String) -> Result<Option<Book>> {
        by_barcode(ctx, barcode).await
    }
}

/// The root of mutations.
pub struct Mutation;

/// What can be done.
#[Object(name = "Mutation")]
impl Mutation {
    /// Adds a book, every copy on the shelf. Librarians only. Refused with BARCODE_TAKEN when another book has the barcode.
    async fn add_book(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The book.")] input: AddBookInput,
    ) -> Result<Book> {
        require_librarian(ctx)?;
        let clock = &ctx.data_unchecked::<Parts>().clock;
        let now = from_micros(clock.micros());
        let book = domain::Book::add(clock.id(), input.into(), now)?;
        Ok(store(ctx).add(book).await?.into())
    }

    /// Changes what is known of a book. Librarians only. Loans already made keep their cost.
    async fn update_book(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The book, and what to change of it.")] input: UpdateBookInput,
    ) -> Result<Book> {
        let id = input.id.clone();
        let changes = input.into();
        change(ctx, &id, |book| book.update(&changes)).await
    }

    /// Takes a book out of lending; copies on loan come back as usual. Librarians only.
    async fn withdraw_book(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The book's id.")] id: ID,
    ) -> Result<Book> {
        change(ctx, &id, domain::Book::withdraw).await
    }

    /// Puts a withdrawn book back into lending. Librarians only.
    async fn restore_book(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The book's id.")] id: ID,
    ) -> Result<Book> {
        change(ctx, &id, domain::Book::restore).await
    }

    /// Deletes a book from the catalogue. Librarians only. Refused with BOOK_HAS_OPEN_LOANS while copies are out.
    async fn delete_book(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The book's id.")] id: ID,
    ) -> Result<Book> {
        change(ctx, &id, domain::Book::delete).await
    }
}

/// The root of subscriptions.
pub struct Subscription;

/// What is pushed as it happens.
#[GraphqlSubscription(name = "Subscription")]
impl Subscription {
    /// A book as it is now, and again after each change; ends when the book is deleted.
    async fn book_stock_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The book's id.")] book_id: ID,
    ) -> Result<impl Stream<Item = Book> + 'static> {
        let id: BookId = book_id.parse().map_err(|_| store::unknown())?;
        let parts = ctx.data_unchecked::<Parts>();
        let store = store(ctx).clone();
        // Attached before the first read: what changes in between is seen.
        let waiter = parts.live.attach(&id.to_string());
        let now = store.book(id).await.map_err(Failure::Store)?;
        let now = now.ok_or_else(store::unknown)?;
        let stop = parts.stop.clone();
        let changes = stream::unfold(
            Watch {
                store,
                waiter,
                last: now.clone(),
            },
            Watch::next,
        );
        Ok(stream::once(ready(now))
            .chain(changes)
            .map(Book::from)
            .take_until(async move { stop.cancelled().await }))
    }
}

/// One subscriber's view of a book.
struct Watch {
    store: Store,
    waiter: Waiter,
    last: domain::Book,
}

impl Watch {
    async fn next(mut self) -> Option<(domain::Book, Self)> {
        while !self.last.deleted {
            self.waiter.changed().await;
            match self.store.book(self.last.id).await {
                Ok(Some(book)) if book.version > self.last.version => {
                    self.last = book.clone();
                    return Some((book, self));
                }
                Ok(_) => {}
                // The database will be back, and the subscriber sees then what it missed.
                Err(error) => {
                    tracing::warn!(%error, book = %self.last.id, "a subscription cannot read its book; trying again");
                }
            }
        }
        None
    }
}

fn store<'c>(ctx: &Context<'c>) -> &'c Store {
    ctx.data_unchecked::<Store>()
}

/// What is no id of ours names no book.
async fn by_id(ctx: &Context<'_>, id: &ID) -> Result<Option<Book>> {
    let Ok(id) = id.parse::<BookId>() else {
        return Ok(None);
    };
    let book = ctx.data_unchecked::<ById>().load(id).await;
    Ok(loaded(book)?.map(Book::from))
}

async fn by_barcode(ctx: &Context<'_>, barcode: String) -> Result<Option<Book>> {
    // PostgreSQL would refuse the whole batch for a NUL, which no barcode contains.
    if barcode.contains('\0') {
        return Ok(None);
    }
    let book = ctx.data_unchecked::<ByBarcode>().load(barcode).await;
    Ok(loaded(book)?.map(Book::from))
}

async fn change(
    ctx: &Context<'_>,
    id: &ID,
    decide: impl FnOnce(&domain::Book) -> std::result::Result<domain::Book, Refusal>,
) -> Result<Book> {
    require_librarian(ctx)?;
    let id: BookId = id.parse().map_err(|_| store::unknown())?;
    Ok(store(ctx).change(id, decide).await?.into())
}

fn page_length(first: Option<i32>) -> std::result::Result<usize, Refusal> {
    match first.unwrap_or(DEFAULT_PAGE) {
        first @ 1..=LONGEST_PAGE => Ok(first.unsigned_abs() as usize),
        _ => Err(Refusal::bad_input(format!(
            "first must be between 1 and {LONGEST_PAGE}"
        ))),
    }
}

fn position(cursor: &str, sort: Sort) -> std::result::Result<Position, Refusal> {
    OpaqueCursor::<Position>::decode_cursor(cursor)
        .ok()
        .map(|cursor| cursor.0)
        .filter(|position| position.fits(sort))
        .ok_or_else(|| {
            Refusal::bad_input("after is not a cursor of this list; take the endCursor of a page with the same sort")
        })
}
