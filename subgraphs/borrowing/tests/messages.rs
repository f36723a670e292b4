//! What borrowing writes on the bus is, to the letter, what `schema/messages/` shows; and it reads what others write.

use borrowing::{
    domain::{Borrowing, Decision, RejectionReason, Rules},
    messages::{
        Acknowledged, BookState, BorrowingEvent, ChargePoints, CopiesReserved, RefundPoints,
        Refused, ReleaseCopies, ReserveCopies, UserState,
    },
};
use chrono::{DateTime, Utc};
use kit::{
    ReplayRequested, from_micros,
    ids::{BookId, BorrowingId, UserId},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

fn sample(kind: &str) -> Value {
    let path = format!(
        "{}/../../schema/messages/{kind}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[track_caller]
fn writes(kind: &str, message: impl Serialize) {
    assert_eq!(serde_json::json!(message), sample(kind), "{kind}");
}

fn reads<T: DeserializeOwned>(kind: &str) -> T {
    serde_json::from_value(sample(kind)).unwrap_or_else(|error| panic!("{kind}: {error}"))
}

fn ids() -> (BorrowingId, UserId, BookId) {
    let id = |text: &str| text.parse().expect("a UUID");
    (
        id("0197f3a0-3333-7000-8000-000000000003"),
        "0197f3a0-2222-7000-8000-000000000002"
            .parse()
            .expect("a UUID"),
        "0197f3a0-1111-7000-8000-000000000001"
            .parse()
            .expect("a UUID"),
    )
}

const REQUESTED: i64 = 1_751_500_000_000_000;
const DECIDED: i64 = 1_751_500_001_000_000;

fn rules() -> Rules {
    Rules {
        loan_days: 7,
        zone: chrono_tz::Asia::Seoul,
        late_fees: "7:500,14:1000,:2000".parse().expect("tiers"),
    }
}

fn requested() -> Borrowing {
    let (id, user, book) = ids();
    Borrowing::request(id, user, book, 4, from_micros(REQUESTED))
}

fn decided(decision: Decision) -> Borrowing {
    requested()
        .decide(decision, from_micros(DECIDED), &rules())
        .expect("it was pending")
}

#[test]
fn commands_are_written_as_their_samples() {
    let (borrowing_id, user_id, book_id) = ids();
    writes(
        "ReserveCopies",
        ReserveCopies {
            borrowing_id,
            book_id,
            quantity: 2,
        },
    );
    writes(
        "ReleaseCopies",
        ReleaseCopies {
            borrowing_id,
            book_id,
        },
    );
    writes(
        "ChargePoints",
        ChargePoints {
            borrowing_id,
            user_id,
            points: 2000,
        },
    );
    writes(
        "RefundPoints",
        RefundPoints {
            borrowing_id,
            user_id,
        },
    );
    writes(
        "ReplayRequested",
        ReplayRequested {
            consumer: "mypage".to_owned(),
            after: None,
        },
    );
}

#[test]
fn events_are_written_as_their_samples() {
    writes(
        "BorrowingRequested",
        BorrowingEvent::new(&requested(), None),
    );
    let approved = decided(Decision::Approved { rental_cost: 500 });
    writes("BorrowingApproved", BorrowingEvent::new(&approved, None));
    let rejected = decided(Decision::Rejected(RejectionReason::NotEnoughPoints));
    writes("BorrowingRejected", BorrowingEvent::new(&rejected, None));
    let canceled = decided(Decision::Canceled);
    writes("BorrowingCanceled", BorrowingEvent::new(&canceled, None));

    let seven_days_late: DateTime<Utc> = "2025-07-17T12:00:00+09:00".parse().expect("an instant");
    let (after, returned) = approved
        .give_back(3, seven_days_late, &rules())
        .expect("three of four are on loan");
    writes(
        "BorrowingReturned",
        BorrowingEvent::new(&after, Some(returned)),
    );
    writes("BorrowingSnapshot", BorrowingEvent::new(&after, None));
}

#[test]
fn what_others_write_is_read() {
    let reserved: CopiesReserved = reads("CopiesReserved");
    assert_eq!(reserved.rental_cost, 500);
    let refused: Refused = reads("ReservationRefused");
    assert_eq!(refused.reason, RejectionReason::BookOnLoan);
    let refused: Refused = reads("ChargeRefused");
    assert_eq!(refused.reason, RejectionReason::NotEnoughPoints);
    for kind in ["CopiesReleased", "PointsCharged", "PointsRefunded"] {
        let acknowledged: Acknowledged = reads(kind);
        assert_eq!(
            sample(kind)["borrowingId"],
            acknowledged.borrowing_id.to_string()
        );
    }
    for kind in ["BookChanged", "BookSnapshot"] {
        let book: BookState = reads(kind);
        assert_eq!((book.barcode.as_str(), book.deleted), ("B0001", false));
    }
    for kind in ["UserChanged", "UserSnapshot"] {
        let user: UserState = reads(kind);
        assert_eq!(sample(kind)["card"], user.card);
    }
}

#[test]
fn fields_that_borrowing_does_not_know_pass() {
    let mut sample = sample("CopiesReserved");
    sample["shelf"] = "A 12".into();
    assert!(serde_json::from_value::<CopiesReserved>(sample).is_ok());
}
