//! What borrowing may do with a book's copies: set aside, give up, bring back. Each message may come twice, and a
//! release before its reserve.

use super::{Book, Status};

/// Why copies were not reserved: the borrowing's rejection reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There is no such book, or no longer.
    BookNotFound,
    /// Every copy is out.
    BookOnLoan,
    /// Withdrawn from lending.
    BookUnavailable,
    /// Fewer copies on the shelf than asked for.
    NotEnoughCopies,
}

impl Reason {
    /// Its name in messages and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BookNotFound => "BOOK_NOT_FOUND",
            Self::BookOnLoan => "BOOK_ON_LOAN",
            Self::BookUnavailable => "BOOK_UNAVAILABLE",
            Self::NotEnoughCopies => "NOT_ENOUGH_COPIES",
        }
    }

    /// The reason of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [
            Self::BookNotFound,
            Self::BookOnLoan,
            Self::BookUnavailable,
            Self::NotEnoughCopies,
        ]
        .into_iter()
        .find(|reason| reason.as_str() == name)
    }
}

/// What became of a borrowing's claim on copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reservation {
    /// Copies are set aside for it, or out on it.
    Held {
        /// Copies set aside at first.
        quantity: i64,
        /// Those of them that have come back.
        returned: i64,
        /// What one copy cost when it was set aside.
        rental_cost: i64,
    },
    /// It was refused.
    Refused(Reason),
    /// It was given up, perhaps before it arrived: nothing is held, and nothing ever will be.
    Released,
}

impl Reservation {
    /// Copies not on the shelf because of it.
    pub fn outstanding(self) -> i64 {
        match self {
            Self::Held {
                quantity, returned, ..
            } => quantity - returned,
            Self::Refused(_) | Self::Released => 0,
        }
    }
}

/// What the borrowing service is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The copies are set aside.
    Reserved {
        /// What one copy costs.
        rental_cost: i64,
    },
    /// They are not.
    Refused(Reason),
    /// Nothing is held for that borrowing, now or later.
    Released,
}

/// The outcome of a message about a borrowing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The book, where it changed.
    pub book: Option<Book>,
    /// The claim as it is now.
    pub reservation: Reservation,
    /// What to tell borrowing, if anything.
    pub reply: Option<Reply>,
}

/// A message that cannot be right, now or later.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Illegal(pub String);

/// Sets copies aside. A repeat gets the answer of the first time; a claim already given up gets none, as the release was
/// answered and that answer is what the borrowing waits for.
pub fn reserve(
    book: Option<&Book>,
    prior: Option<Reservation>,
    quantity: i64,
) -> Result<Outcome, Illegal> {
    if quantity < 1 {
        return Err(Illegal(format!("cannot reserve {quantity} copies")));
    }
    if let Some(prior) = prior {
        let reply = match prior {
            Reservation::Held { rental_cost, .. } => Some(Reply::Reserved { rental_cost }),
            Reservation::Refused(reason) => Some(Reply::Refused(reason)),
            Reservation::Released => None,
        };
        return Ok(unchanged(prior, reply));
    }
    Ok(match lendable(book, quantity) {
        Ok(book) => Outcome {
            book: Some(book.with_available(book.available - quantity)),
            reservation: Reservation::Held {
                quantity,
                returned: 0,
                rental_cost: book.rental_cost,
            },
            reply: Some(Reply::Reserved {
                rental_cost: book.rental_cost,
            }),
        },
        Err(reason) => unchanged(Reservation::Refused(reason), Some(Reply::Refused(reason))),
    })
}

fn lendable(book: Option<&Book>, quantity: i64) -> Result<&Book, Reason> {
    let book = book
        .filter(|book| !book.deleted)
        .ok_or(Reason::BookNotFound)?;
    match book.status() {
        Status::Unavailable => Err(Reason::BookUnavailable),
        Status::OnLoan => Err(Reason::BookOnLoan),
        Status::Available if book.available < quantity => Err(Reason::NotEnoughCopies),
        Status::Available => Ok(book),
    }
}

/// Gives a claim up, and is always answered. One that has not arrived yet is given up in advance.
pub fn release(book: Option<&Book>, prior: Option<Reservation>) -> Result<Outcome, Illegal> {
    let outstanding = prior.map_or(0, Reservation::outstanding);
    let book = match (outstanding, book) {
        (0, _) => None,
        (_, Some(book)) => Some(book.with_available(book.available + outstanding)),
        (_, None) => return Err(Illegal("copies are held of a book that is not here".into())),
    };
    Ok(Outcome {
        book,
        reservation: Reservation::Released,
        reply: Some(Reply::Released),
    })
}

/// Puts returned copies back on the shelf; borrowing has decided the return already and waits for no answer. The caller
/// sees to it that each return comes here once.
pub fn restock(
    book: Option<&Book>,
    prior: Option<Reservation>,
    back: i64,
) -> Result<Outcome, Illegal> {
    let (
        Some(book),
        Some(Reservation::Held {
            quantity,
            returned,
            rental_cost,
        }),
    ) = (book, prior)
    else {
        return Err(Illegal("copies came back that were never lent".into()));
    };
    if back < 1 || returned + back > quantity {
        return Err(Illegal(format!(
            "{back} copies came back of {quantity} lent and {returned} returned"
        )));
    }
    Ok(Outcome {
        book: Some(book.with_available(book.available + back)),
        reservation: Reservation::Held {
            quantity,
            returned: returned + back,
            rental_cost,
        },
        reply: None,
    })
}

fn unchanged(reservation: Reservation, reply: Option<Reply>) -> Outcome {
    Outcome {
        book: None,
        reservation,
        reply,
    }
}
