//! Pages of a connection: how many, and after which.

use async_graphql::connection::{CursorType, OpaqueCursor};
use kit::Refusal;
use serde::{Serialize, de::DeserializeOwned};

const DEFAULT: i32 = 20;
const MOST: i32 = 100;

/// How many to show.
pub(crate) fn size(first: Option<i32>) -> Result<usize, Refusal> {
    let first = first.unwrap_or(DEFAULT);
    usize::try_from(first)
        .ok()
        .filter(|_| (1..=MOST).contains(&first))
        .ok_or_else(|| Refusal::bad_input(format!("first must be from 1 to {MOST}, not {first}")))
}

/// What a client's cursor says.
pub(crate) fn position<T: Serialize + DeserializeOwned>(
    after: Option<&str>,
) -> Result<Option<T>, Refusal> {
    after
        .map(|cursor| {
            OpaqueCursor::decode_cursor(cursor)
                .map(|position| position.0)
                .map_err(|_| {
                    Refusal::bad_input(
                        "after is not a cursor of this list; pass one that it gave, unchanged",
                    )
                })
        })
        .transpose()
}
