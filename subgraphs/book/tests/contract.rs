//! What others rely on: the samples of messages.

use book::{
    domain::{Book, NewBook, reservation},
    messages::{self, BookChanged, BorrowingReturned, ReleaseCopies, ReserveCopies},
};
use kit::{Outgoing, ReplayRequested, from_micros, ids::BorrowingId};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

fn parse(sample: &str) -> Value {
    serde_json::from_str(sample).expect("a sample is JSON")
}

fn borrowing() -> BorrowingId {
    "0197f3a0-3333-7000-8000-000000000003"
        .parse()
        .expect("a UUID")
}

fn demian() -> Book {
    let new = NewBook {
        barcode: "B0001".into(),
        isbn: "9788937460449".into(),
        title: "데미안".into(),
        author: "Hermann Hesse".into(),
        copies: 5,
        rental_cost: 500,
    };
    let id = "0197f3a0-1111-7000-8000-000000000001"
        .parse()
        .expect("a UUID");
    let book = Book::add(id, new, from_micros(0)).expect("a proper book");
    let lent = reservation::reserve(Some(&book), None, 2).expect("a legal message");
    lent.book.expect("enough copies")
}

#[test]
fn what_is_sent_is_what_the_samples_show() {
    let reserved = reservation::Reply::Reserved { rental_cost: 500 };
    let refused = reservation::Reply::Refused(reservation::Reason::BookOnLoan);
    let released = reservation::Reply::Released;
    let cases: [(&str, Outgoing, &str); 5] = [
        (
            "CopiesReserved",
            messages::reply(borrowing(), reserved),
            include_str!("../../../schema/messages/CopiesReserved.json"),
        ),
        (
            "ReservationRefused",
            messages::reply(borrowing(), refused),
            include_str!("../../../schema/messages/ReservationRefused.json"),
        ),
        (
            "CopiesReleased",
            messages::reply(borrowing(), released),
            include_str!("../../../schema/messages/CopiesReleased.json"),
        ),
        (
            "BookChanged",
            messages::book_changed(&demian()),
            include_str!("../../../schema/messages/BookChanged.json"),
        ),
        (
            "BookSnapshot",
            messages::book_snapshot(&demian()),
            include_str!("../../../schema/messages/BookSnapshot.json"),
        ),
    ];
    for (kind, message, sample) in cases {
        assert_eq!(message.kind, kind);
        assert_eq!(message.payload, parse(sample), "{kind}");
    }
}

#[test]
fn news_of_a_book_carry_its_version_and_answers_go_by_borrowing() {
    let book = demian();
    let news = messages::book_changed(&book);
    assert_eq!(
        (news.aggregate_id, news.aggregate_version),
        (book.id.to_string(), 2)
    );
    assert_eq!(messages::book_snapshot(&book).aggregate_version, 2);
    let answer = messages::reply(borrowing(), reservation::Reply::Released);
    assert_eq!(answer.aggregate_id, borrowing().to_string());
}

/// Reads a sample, then checks that what was understood is what the sample says there.
fn understood<T: DeserializeOwned + Serialize>(sample: &str) -> T {
    let sample = parse(sample);
    let message: T = serde_json::from_value(sample.clone()).expect("a sample can be read");
    let said = serde_json::to_value(&message).expect("plain JSON");
    assert!(
        contains(&sample, &said),
        "{said} is not part of the sample {sample}"
    );
    message
}

fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part
            .iter()
            .all(|(key, part)| whole.get(key).is_some_and(|whole| contains(whole, part))),
        _ => whole == part,
    }
}

#[test]
fn what_is_received_can_be_read_from_the_samples() {
    let reserve: ReserveCopies =
        understood(include_str!("../../../schema/messages/ReserveCopies.json"));
    assert!(reserve.quantity >= 1);
    let _: ReleaseCopies = understood(include_str!("../../../schema/messages/ReleaseCopies.json"));
    let returned: BorrowingReturned = understood(include_str!(
        "../../../schema/messages/BorrowingReturned.json"
    ));
    assert!(returned.this.number >= 1 && returned.this.quantity >= 1);
    let replay: ReplayRequested = understood(include_str!(
        "../../../schema/messages/ReplayRequested.json"
    ));
    assert!(!replay.consumer.is_empty());
}

#[test]
fn fields_that_are_not_known_pass() {
    let mut sample = parse(include_str!("../../../schema/messages/BookChanged.json"));
    sample["shelf"] = "3F".into();
    let book: BookChanged = serde_json::from_value(sample).expect("an unknown field passes");
    assert_eq!(book, BookChanged::from(&demian()));
}
