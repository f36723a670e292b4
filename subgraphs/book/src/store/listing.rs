//! The catalogue as a list: filtered, ordered, page by page.

use kit::{ids::BookId, to_micros};
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;

use super::{COLUMNS, Store, read_book};
use crate::domain::{Book, Status};

/// What the catalogue is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sort {
    /// Title, A first.
    #[serde(rename = "t")]
    Title,
    /// Author, A first.
    #[serde(rename = "a")]
    Author,
    /// The cheapest first.
    #[serde(rename = "c")]
    RentalCost,
    /// The last added first.
    #[serde(rename = "n")]
    Newest,
}

/// A place in an ordered catalogue: just behind the book it names. Only good for the order it was made in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    #[serde(rename = "s")]
    sort: Sort,
    #[serde(rename = "k")]
    key: Key,
    #[serde(rename = "i")]
    id: Option<BookId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Key {
    Number(i64),
    Text(String),
}

impl Position {
    /// Before every book.
    pub fn start(sort: Sort) -> Self {
        let key = match sort {
            Sort::Title | Sort::Author => Key::Text(String::new()),
            Sort::RentalCost => Key::Number(-1),
            Sort::Newest => Key::Number(i64::MAX),
        };
        Self {
            sort,
            key,
            id: None,
        }
    }

    /// Just behind `book`.
    pub fn behind(sort: Sort, book: &Book) -> Self {
        let key = match sort {
            Sort::Title => Key::Text(book.title.to_lowercase()),
            Sort::Author => Key::Text(book.author.to_lowercase()),
            Sort::RentalCost => Key::Number(book.rental_cost),
            Sort::Newest => Key::Number(to_micros(book.added_at)),
        };
        Self {
            sort,
            key,
            id: Some(book.id),
        }
    }

    /// Whether it is a place in the order of `sort`: a client may have kept it from another, or made it up.
    pub fn fits(&self, sort: Sort) -> bool {
        let proper = match &self.key {
            Key::Text(key) => matches!(sort, Sort::Title | Sort::Author) && !key.contains('\0'),
            Key::Number(_) => matches!(sort, Sort::RentalCost | Sort::Newest),
        };
        self.sort == sort && proper
    }
}

/// Which books to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Part of the title or author, or the whole ISBN or barcode, whatever the case.
    pub text: Option<String>,
    /// Only those of this status.
    pub status: Option<Status>,
}

impl Store {
    /// The first `count` books behind `after` that `filter` lets through. Never a deleted one.
    pub async fn page(
        &self,
        filter: &Filter,
        after: &Position,
        count: i64,
    ) -> Result<Vec<Book>, sqlx::Error> {
        let (behind, order) = match after.sort {
            Sort::Title => ("(title_key, id) > ($4, $5)", "title_key, id"),
            Sort::Author => ("(author_key, id) > ($4, $5)", "author_key, id"),
            Sort::RentalCost => ("(rental_cost, id) > ($4, $5)", "rental_cost, id"),
            Sort::Newest => ("(added_at, id) < ($4, $5)", "added_at DESC, id DESC"),
        };
        let select = format!(
            "SELECT {COLUMNS} FROM book
             WHERE deleted = 0
               AND ($1 = '' OR title_key LIKE $2 ESCAPE '!' OR author_key LIKE $2 ESCAPE '!' OR lower(isbn) = $1 OR lower(barcode) = $1)
               AND ($3 = '' OR $3 = CASE WHEN withdrawn = 1 THEN 'UNAVAILABLE' WHEN available = 0 THEN 'ON_LOAN' ELSE 'AVAILABLE' END)
               AND {behind}
             ORDER BY {order} LIMIT $6"
        );
        let text = filter.text.as_deref().unwrap_or("").trim().to_lowercase();
        let query = sqlx::query(AssertSqlSafe(select))
            .bind(&text)
            .bind(containing(&text))
            .bind(filter.status.map_or("", Status::as_str));
        let query = match &after.key {
            Key::Text(key) => query.bind(key),
            Key::Number(key) => query.bind(key),
        };
        let rows = query
            .bind(after.id.map_or_else(String::new, |id| id.to_string()))
            .bind(count)
            .fetch_all(self.mailbox.db().pool())
            .await?;
        rows.iter().map(read_book).collect()
    }
}

/// A LIKE pattern for what contains `text`, taken literally.
fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for char in text.chars() {
        if matches!(char, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(char);
    }
    pattern.push('%');
    pattern
}
