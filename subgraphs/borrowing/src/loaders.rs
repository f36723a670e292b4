//! Batches what one request asks of the database: however many borrowings, timelines and lists it names, one statement
//! each. One set per request, and per connection for subscriptions.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use async_graphql::Data;
use dataloader::{BatchFn, non_cached::Loader};
use kit::{
    Dialect, Loaded,
    ids::{BookId, BorrowingId, UserId},
    json_list,
};
use sqlx::{AnyPool, Row, any::AnyRow};

use crate::{
    domain::{Borrowing, Status},
    store::{self, TimelineEntry, columns},
};

/// By whom a list is divided.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Listing {
    OfUsers,
    OfBooks,
    All,
}

/// A page of somebody's borrowings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Page {
    /// Which.
    pub filter: Filter,
    /// Only those that come after this one: the newest come first.
    pub after: Option<BorrowingId>,
    /// How many.
    pub first: usize,
}

/// Which borrowings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// Only of this user.
    pub user: Option<UserId>,
    /// Only of this book.
    pub book: Option<BookId>,
    /// Only in this status.
    pub status: Option<Status>,
}

/// One more row than a page has, to know whether there is another page.
type Rows = Vec<Borrowing>;

/// The loaders of one request.
pub struct Loaders {
    /// Borrowings by id.
    pub borrowings: Loader<BorrowingId, Loaded<Borrowing>, Borrowings>,
    /// Timelines by borrowing.
    pub timelines: Loader<BorrowingId, Loaded<Vec<TimelineEntry>>, Timelines>,
    /// Pages of borrowings.
    pub pages: Loader<Page, Loaded<Rows>, Pages>,
}

impl Loaders {
    /// Adds the loaders of a new request to its data.
    pub fn insert(data: &mut Data, pool: &AnyPool, dialect: Dialect) {
        let source = Source {
            pool: pool.clone(),
            dialect,
        };
        data.insert(Self {
            borrowings: kit::loader(Borrowings(source.clone())),
            timelines: kit::loader(Timelines(source.clone())),
            pages: kit::loader(Pages(source)),
        });
    }
}

#[derive(Clone)]
struct Source {
    pool: AnyPool,
    dialect: Dialect,
}

/// Loads borrowings.
pub struct Borrowings(Source);

impl BatchFn<BorrowingId, Loaded<Borrowing>> for Borrowings {
    async fn load(&mut self, keys: &[BorrowingId]) -> HashMap<BorrowingId, Loaded<Borrowing>> {
        let select = self.0.dialect.with_list(concat!(
            "SELECT ",
            columns!(),
            " FROM borrowing WHERE id IN {list}"
        ));
        let rows = sqlx::query(select)
            .bind(json_list(keys))
            .fetch_all(&self.0.pool)
            .await;
        let found = rows.and_then(|rows| {
            rows.iter()
                .map(|row| store::borrowing(row).map(|found| (found.id, found)))
                .collect::<Result<HashMap<_, _>, _>>()
        });
        each(keys, found)
    }
}

/// Loads timelines.
pub struct Timelines(Source);

impl BatchFn<BorrowingId, Loaded<Vec<TimelineEntry>>> for Timelines {
    async fn load(
        &mut self,
        keys: &[BorrowingId],
    ) -> HashMap<BorrowingId, Loaded<Vec<TimelineEntry>>> {
        let select = self.0.dialect.with_list(
            "SELECT borrowing_id, at, step, detail, message_id FROM timeline WHERE borrowing_id IN {list}
             ORDER BY borrowing_id, number",
        );
        let rows = sqlx::query(select)
            .bind(json_list(keys))
            .fetch_all(&self.0.pool)
            .await;
        each(keys, rows.and_then(|rows| grouped(&rows)))
    }
}

fn grouped(rows: &[AnyRow]) -> Result<HashMap<BorrowingId, Vec<TimelineEntry>>, sqlx::Error> {
    let mut timelines: HashMap<BorrowingId, Vec<TimelineEntry>> = HashMap::new();
    for row in rows {
        timelines
            .entry(store::id(row, "borrowing_id")?)
            .or_default()
            .push(TimelineEntry {
                at: row.try_get("at")?,
                step: row.try_get("step")?,
                detail: row.try_get("detail")?,
                message_id: row.try_get("message_id")?,
            });
    }
    Ok(timelines)
}

/// Loads pages of borrowings, newest first.
pub struct Pages(Source);

impl BatchFn<Page, Loaded<Rows>> for Pages {
    async fn load(&mut self, keys: &[Page]) -> HashMap<Page, Loaded<Rows>> {
        // Pages that differ only in their owner are one statement.
        let mut alike: HashMap<(Listing, Page), Vec<Page>> = HashMap::new();
        for page in keys {
            alike.entry(page.split()).or_default().push(*page);
        }
        let mut loaded = HashMap::new();
        for ((listing, shape), pages) in alike {
            let found = match listing {
                Listing::All => self
                    .all(&shape)
                    .await
                    .map(|rows| HashMap::from([(shape, rows)])),
                Listing::OfUsers | Listing::OfBooks => {
                    self.of_owners(listing, &shape, &pages).await
                }
            };
            loaded.extend(each(&pages, found));
        }
        loaded
    }
}

impl Pages {
    /// Pages of the whole list, or of one user's borrowings of one book.
    async fn all(&self, page: &Page) -> Result<Rows, sqlx::Error> {
        let rows = sqlx::query(concat!(
            "SELECT ",
            columns!(),
            " FROM borrowing WHERE ($1 = '' OR user_id = $1) AND ($2 = '' OR status = $2) AND ($3 = '' OR id < $3)
              AND ($5 = '' OR book_id = $5) ORDER BY id DESC LIMIT $4"
        ))
        .bind(text(page.filter.user))
        .bind(text(page.filter.status))
        .bind(text(page.after))
        .bind(page.first as i64 + 1)
        .bind(text(page.filter.book))
        .fetch_all(&self.0.pool)
        .await?;
        rows.iter().map(store::borrowing).collect()
    }

    /// The same page of several owners' borrowings.
    async fn of_owners(
        &self,
        listing: Listing,
        shape: &Page,
        pages: &[Page],
    ) -> Result<HashMap<Page, Rows>, sqlx::Error> {
        let column = if listing == Listing::OfUsers {
            "user_id"
        } else {
            "book_id"
        };
        let select = format!(
            "SELECT {columns} FROM (
                 SELECT {columns}, ROW_NUMBER() OVER (PARTITION BY {column} ORDER BY id DESC) AS place
                 FROM borrowing
                 WHERE {column} IN {{list}} AND ($2 = '' OR status = $2) AND ($3 = '' OR id < $3)
             ) AS numbered WHERE place <= $4 ORDER BY id DESC",
            columns = columns!(),
        );
        let owners = pages.iter().filter_map(|Page { filter, .. }| {
            let user = filter.user.map(|id| id.to_string());
            user.or_else(|| filter.book.map(|id| id.to_string()))
        });
        let rows = sqlx::query(self.0.dialect.with_list(&select))
            .bind(json_list(owners))
            .bind(text(shape.filter.status))
            .bind(text(shape.after))
            .bind(shape.first as i64 + 1)
            .fetch_all(&self.0.pool)
            .await?;
        let mut found: HashMap<Page, Rows> = pages.iter().map(|page| (*page, Vec::new())).collect();
        for row in &rows {
            let borrowing = store::borrowing(row)?;
            let mut filter = shape.filter;
            if listing == Listing::OfUsers {
                filter.user = Some(borrowing.user);
            } else {
                filter.book = Some(borrowing.book);
            }
            let page = Page { filter, ..*shape };
            found.entry(page).or_default().push(borrowing);
        }
        Ok(found)
    }
}

impl Page {
    /// What the list is divided by, and the page without that.
    fn split(&self) -> (Listing, Self) {
        let Filter { user, book, status } = self.filter;
        let undivided = Self {
            filter: Filter {
                status,
                ..Filter::default()
            },
            ..*self
        };
        match (user, book) {
            (Some(_), None) => (Listing::OfUsers, undivided),
            (None, Some(_)) => (Listing::OfBooks, undivided),
            _ => (Listing::All, *self),
        }
    }
}

/// As SQL compares it: empty stands for any.
fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// A value for every key: the loader wants one each.
fn each<K: Copy + Eq + Hash, V>(
    keys: &[K],
    found: Result<HashMap<K, V>, sqlx::Error>,
) -> HashMap<K, Loaded<V>> {
    match found {
        Ok(mut found) => keys
            .iter()
            .map(|key| (*key, Ok(found.remove(key))))
            .collect(),
        Err(error) => {
            let error = Arc::new(error);
            keys.iter().map(|key| (*key, Err(error.clone()))).collect()
        }
    }
}
