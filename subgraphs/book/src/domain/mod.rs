//! What may happen to a book: pure decisions. `available + held = copies` holds before and after each of them.
//!
//! Books are here, claims on their copies in [`reservation`]. Deliberately absent: who asks (the schema checks that) and where it is kept (`store`).

pub mod reservation;

use chrono::{DateTime, Utc};
use kit::{Refusal, ids::BookId};

/// The most copies of one title, and the highest cost of one. Their product still fits GraphQL's 32-bit `Int`, so the
/// points of any loan do.
const MAX_COPIES: i64 = 10_000;
const MAX_RENTAL_COST: i64 = 100_000;
const MAX_TEXT: usize = 300;
const MAX_CODE: usize = 64;

/// A title and its copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    /// Its id.
    pub id: BookId,
    /// The label the desk scans; unique.
    pub barcode: String,
    /// Its ISBN, as the librarian wrote it.
    pub isbn: String,
    /// Its title.
    pub title: String,
    /// Who wrote it.
    pub author: String,
    /// Copies the library owns.
    pub copies: i64,
    /// Copies on the shelf.
    pub available: i64,
    /// Points that lending one copy costs.
    pub rental_cost: i64,
    /// Taken out of lending.
    pub withdrawn: bool,
    /// Gone from the catalogue; past loans still name it.
    pub deleted: bool,
    /// 1 when added, one more with every change.
    pub version: i64,
    /// When it was added.
    pub added_at: DateTime<Utc>,
}

/// Whether a book can be borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// A copy is on the shelf.
    Available,
    /// Every copy is out.
    OnLoan,
    /// Withdrawn from lending, or deleted.
    Unavailable,
}

impl Status {
    /// The status's name in messages and queries.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Available => "AVAILABLE",
            Self::OnLoan => "ON_LOAN",
            Self::Unavailable => "UNAVAILABLE",
        }
    }
}

/// What a librarian says of a new book.
#[derive(Clone, Debug)]
pub struct NewBook {
    /// See [`Book::barcode`].
    pub barcode: String,
    /// See [`Book::isbn`].
    pub isbn: String,
    /// See [`Book::title`].
    pub title: String,
    /// See [`Book::author`].
    pub author: String,
    /// See [`Book::copies`].
    pub copies: i64,
    /// See [`Book::rental_cost`].
    pub rental_cost: i64,
}

/// What a librarian changes; `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// See [`Book::isbn`].
    pub isbn: Option<String>,
    /// See [`Book::title`].
    pub title: Option<String>,
    /// See [`Book::author`].
    pub author: Option<String>,
    /// See [`Book::copies`].
    pub copies: Option<i64>,
    /// See [`Book::rental_cost`].
    pub rental_cost: Option<i64>,
}

impl Book {
    /// Whether it can be borrowed.
    pub fn status(&self) -> Status {
        if self.withdrawn || self.deleted {
            Status::Unavailable
        } else if self.available == 0 {
            Status::OnLoan
        } else {
            Status::Available
        }
    }

    /// Copies promised to a pending loan, or out on an approved one.
    pub fn held(&self) -> i64 {
        self.copies - self.available
    }

    /// A new book, every copy on the shelf.
    pub fn add(id: BookId, new: NewBook, now: DateTime<Utc>) -> Result<Self, Refusal> {
        Ok(Self {
            id,
            barcode: text("barcode", &new.barcode, MAX_CODE)?,
            isbn: text("isbn", &new.isbn, MAX_CODE)?,
            title: text("title", &new.title, MAX_TEXT)?,
            author: text("author", &new.author, MAX_TEXT)?,
            copies: number("copies", new.copies, 1, MAX_COPIES)?,
            available: new.copies,
            rental_cost: number("rentalCost", new.rental_cost, 0, MAX_RENTAL_COST)?,
            withdrawn: false,
            deleted: false,
            version: 1,
            added_at: now,
        })
    }

    /// Changes what is known of the book. Copies lent stay lent: there cannot be fewer copies than those.
    pub fn update(&self, changes: &Changes) -> Result<Self, Refusal> {
        self.undeleted()?;
        let mut book = self.clone();
        if let Some(isbn) = &changes.isbn {
            book.isbn = text("isbn", isbn, MAX_CODE)?;
        }
        if let Some(title) = &changes.title {
            book.title = text("title", title, MAX_TEXT)?;
        }
        if let Some(author) = &changes.author {
            book.author = text("author", author, MAX_TEXT)?;
        }
        if let Some(cost) = changes.rental_cost {
            book.rental_cost = number("rentalCost", cost, 0, MAX_RENTAL_COST)?;
        }
        if let Some(copies) = changes.copies {
            let held = self.held();
            if copies < held {
                return Err(Refusal::bad_input(format!(
                    "copies cannot be {copies}: {held} are lent or promised; wait for their return"
                )));
            }
            book.copies = number("copies", copies, 1, MAX_COPIES)?;
            book.available = copies - held;
        }
        Ok(self.became(book))
    }

    /// Takes the book out of lending; what is lent comes back as usual.
    pub fn withdraw(&self) -> Result<Self, Refusal> {
        self.lending(false)
    }

    /// Puts a withdrawn book back into lending.
    pub fn restore(&self) -> Result<Self, Refusal> {
        self.lending(true)
    }

    fn lending(&self, lent: bool) -> Result<Self, Refusal> {
        self.undeleted()?;
        Ok(self.became(Self {
            withdrawn: !lent,
            ..self.clone()
        }))
    }

    /// Deletes the book, unless a copy is lent or promised. Deleting it again changes nothing.
    pub fn delete(&self) -> Result<Self, Refusal> {
        let held = self.held();
        if held > 0 {
            return Err(Refusal::new(
                "BOOK_HAS_OPEN_LOANS",
                format!(
                    "{held} of {} copies are lent or promised; withdraw the book and delete it when they are back",
                    self.copies
                ),
            ));
        }
        Ok(self.became(Self {
            deleted: true,
            ..self.clone()
        }))
    }

    fn undeleted(&self) -> Result<(), Refusal> {
        if self.deleted {
            Err(Refusal::new("BOOK_DELETED", "this book was deleted"))
        } else {
            Ok(())
        }
    }

    /// `next` with the version that tells it from `self`: the same when nothing changed, as nobody need hear of that.
    fn became(&self, next: Self) -> Self {
        let version = self.version + i64::from(next != *self);
        Self { version, ..next }
    }

    fn with_available(&self, available: i64) -> Self {
        self.became(Self {
            available,
            ..self.clone()
        })
    }
}

fn text(field: &str, value: &str, longest: usize) -> Result<String, Refusal> {
    let value = value.trim();
    if value.is_empty() {
        return Err(Refusal::bad_input(format!("{field} must not be empty")));
    }
    if value.chars().count() > longest {
        return Err(Refusal::bad_input(format!(
            "{field} must not be longer than {longest} characters"
        )));
    }
    if value.chars().any(char::is_control) {
        return Err(Refusal::bad_input(format!(
            "{field} must not contain line breaks or control characters"
        )));
    }
    Ok(value.to_owned())
}

fn number(field: &str, value: i64, least: i64, most: i64) -> Result<i64, Refusal> {
    if (least..=most).contains(&value) {
        Ok(value)
    } else {
        Err(Refusal::bad_input(format!(
            "{field} must be between {least} and {most}, not {value}"
        )))
    }
}
