//! The types of the schema, and how they come from the domain's.

use async_graphql::{
    Enum, ID, InputObject, SimpleObject,
    connection::{CursorType, OpaqueCursor, PageInfo},
};
use kit::Refusal;

use crate::{
    domain::{self, Changes, NewBook, Status},
    store::{Filter, Position, Sort},
};

/// No title is longer.
const LONGEST_SEARCH: usize = 300;

/// A title in the catalogue, and how many copies of it are on the shelf.
#[derive(Clone, Debug, PartialEq, SimpleObject)]
pub struct Book {
    /// Its id.
    id: ID,
    /// The barcode on its label, which the desk scans. No two books share one.
    barcode: String,
    /// Its ISBN.
    isbn: String,
    /// Its title.
    title: String,
    /// Who wrote it.
    author: String,
    /// Whether it can be borrowed.
    status: BookStatus,
    /// Copies the library owns.
    copies: i32,
    /// Copies on the shelf.
    available: i32,
    /// Copies out on loan, or set aside for a loan that is being decided.
    on_loan: i32,
    /// Points that borrowing one copy costs.
    rental_cost: i32,
    /// Whether it was deleted from the catalogue; past loans still name it.
    deleted: bool,
}

impl From<domain::Book> for Book {
    fn from(book: domain::Book) -> Self {
        Self {
            status: book.status().into(),
            copies: int(book.copies),
            available: int(book.available),
            on_loan: int(book.held()),
            rental_cost: int(book.rental_cost),
            id: book.id.into(),
            barcode: book.barcode,
            isbn: book.isbn,
            title: book.title,
            author: book.author,
            deleted: book.deleted,
        }
    }
}

/// The domain's bounds are far within 32 bits.
fn int(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Whether a book can be borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Status")]
pub enum BookStatus {
    /// A copy is on the shelf.
    Available,
    /// Every copy is out.
    OnLoan,
    /// Withdrawn from lending.
    Unavailable,
}

/// What a list of books is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Sort")]
pub enum BookSort {
    /// By title, A first.
    Title,
    /// By author, A first.
    Author,
    /// The cheapest first.
    RentalCost,
    /// The last added first.
    Newest,
}

/// Which books to list; what is left out does not matter.
#[derive(Debug, Default, InputObject)]
pub struct BookFilter {
    /// A part of the title or the author, or a whole ISBN or barcode; upper and lower case are the same.
    text: Option<String>,
    /// Only books of this status.
    status: Option<BookStatus>,
}

/// A page of books.
#[derive(SimpleObject)]
pub struct BookConnection {
    /// The books, each with its cursor.
    edges: Vec<BookEdge>,
    /// The books alone.
    nodes: Vec<Book>,
    /// Whether there are more, and where they begin.
    page_info: PageInfo,
}

/// A book of a page.
#[derive(Debug, SimpleObject)]
pub struct BookEdge {
    /// Its place in the list: give it as `after` for what follows.
    cursor: String,
    /// The book.
    node: Book,
}

impl BookConnection {
    pub(super) fn new(
        books: Vec<domain::Book>,
        sort: Sort,
        has_previous_page: bool,
        has_next_page: bool,
    ) -> Self {
        let edges: Vec<BookEdge> = books
            .into_iter()
            .map(|book| BookEdge {
                cursor: OpaqueCursor(Position::behind(sort, &book)).encode_cursor(),
                node: book.into(),
            })
            .collect();
        Self {
            page_info: PageInfo {
                has_previous_page,
                has_next_page,
                start_cursor: edges.first().map(|edge| edge.cursor.clone()),
                end_cursor: edges.last().map(|edge| edge.cursor.clone()),
            },
            nodes: edges.iter().map(|edge| edge.node.clone()).collect(),
            edges,
        }
    }
}

impl TryFrom<BookFilter> for Filter {
    type Error = Refusal;

    fn try_from(filter: BookFilter) -> Result<Self, Refusal> {
        let refused = |text: &String| {
            text.chars().count() > LONGEST_SEARCH || text.chars().any(char::is_control)
        };
        if filter.text.as_ref().is_some_and(refused) {
            return Err(Refusal::bad_input(format!(
                "filter.text must be at most {LONGEST_SEARCH} characters, without control characters"
            )));
        }
        Ok(Self {
            text: filter.text,
            status: filter.status.map(Status::from),
        })
    }
}

/// A new book.
#[derive(Debug, InputObject)]
pub struct AddBookInput {
    /// The barcode on its label: no other book may have it.
    barcode: String,
    /// Its ISBN.
    isbn: String,
    /// Its title.
    title: String,
    /// Who wrote it.
    author: String,
    /// Copies the library owns, 1 to 10000.
    copies: i32,
    /// Points that borrowing one copy costs, 0 to 100000.
    rental_cost: i32,
}

impl From<AddBookInput> for NewBook {
    fn from(input: AddBookInput) -> Self {
        Self {
            barcode: input.barcode,
            isbn: input.isbn,
            title: input.title,
            author: input.author,
            copies: input.copies.into(),
            rental_cost: input.rental_cost.into(),
        }
    }
}

/// What to change of a book; what is left out stays as it is.
#[derive(Debug, InputObject)]
pub struct UpdateBookInput {
    /// The book.
    pub(super) id: ID,
    /// Its ISBN.
    isbn: Option<String>,
    /// Its title.
    title: Option<String>,
    /// Who wrote it.
    author: Option<String>,
    /// Copies the library owns; not fewer than are lent.
    copies: Option<i32>,
    /// Points that borrowing one copy costs, from the next loan on.
    rental_cost: Option<i32>,
}

impl From<UpdateBookInput> for Changes {
    fn from(input: UpdateBookInput) -> Self {
        Self {
            isbn: input.isbn,
            title: input.title,
            author: input.author,
            copies: input.copies.map(i64::from),
            rental_cost: input.rental_cost.map(i64::from),
        }
    }
}
