//! Every sample of a message that mypage reads can be read; what it sends is written as its sample says.

use std::path::PathBuf;

use mypage::{
    messages::{BookState, BorrowingMessage},
    projection::{Loan, Status, event_kind},
};
use serde_json::Value;

fn sample(kind: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../schema/messages")
        .join(format!("{kind}.json"));
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{kind}: {error}"))
}

#[test]
fn the_samples_of_borrowing_can_be_read() {
    for (kind, status) in [
        ("BorrowingRequested", Some(Status::Pending)),
        ("BorrowingApproved", Some(Status::Approved)),
        ("BorrowingRejected", Some(Status::Rejected)),
        ("BorrowingCanceled", Some(Status::Canceled)),
        ("BorrowingReturned", None),
        ("BorrowingSnapshot", None),
    ] {
        let message: BorrowingMessage = serde_json::from_value(sample(kind))
            .unwrap_or_else(|error| panic!("{kind} cannot be read: {error}"));
        let state = message.borrowing;
        assert!(
            status.is_none_or(|status| state.status == status),
            "{kind}: {state:?}"
        );
        assert_eq!(
            event_kind(kind, state.status).is_none(),
            kind == "BorrowingSnapshot"
        );
        let loan = Loan::of(&state);
        assert!(
            (0..=loan.quantity).contains(&loan.on_loan()),
            "{kind}: {loan:?}"
        );
    }
}

#[test]
fn the_samples_of_book_can_be_read() {
    for kind in ["BookChanged", "BookSnapshot"] {
        let book: BookState = serde_json::from_value(sample(kind))
            .unwrap_or_else(|error| panic!("{kind} cannot be read: {error}"));
        assert!(!book.title.is_empty());
    }
}
