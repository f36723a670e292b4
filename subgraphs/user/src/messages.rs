//! The messages this service sends and reads, as payloads of their envelopes. Readers pass over unknown fields.

use kit::ids::{BorrowingId, UserId};
use serde::{Deserialize, Serialize};

/// `ChargePoints`, from borrowing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargePoints {
    /// The borrowing.
    pub borrowing_id: BorrowingId,
    /// Who pays.
    pub user_id: UserId,
    /// How much; not negative.
    pub points: i64,
}

/// `RefundPoints`, from borrowing: undoes `ChargePoints`, or forbids it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundPoints {
    /// The borrowing.
    pub borrowing_id: BorrowingId,
    /// Who gets the points back.
    pub user_id: UserId,
}

/// `BorrowingReturned`, from borrowing: as much of it as concerns points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BorrowingReturned {
    /// The borrowing.
    pub borrowing: ReturnedBorrowing,
    /// The return.
    #[serde(rename = "return")]
    pub returned: Return,
}

/// The borrowing of a [`BorrowingReturned`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReturnedBorrowing {
    /// The borrowing.
    pub id: BorrowingId,
    /// Whose it is.
    pub user_id: UserId,
}

/// The return of a [`BorrowingReturned`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Return {
    /// The how-manieth return of the borrowing, from 1.
    pub number: i64,
    /// The points it credits; 0 when it was late.
    pub credit_points: i64,
}

/// `PointsCharged` and `PointsRefunded`, to borrowing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Acknowledged {
    /// The borrowing.
    pub borrowing_id: BorrowingId,
}

/// `ChargeRefused`, to borrowing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargeRefused {
    /// The borrowing.
    pub borrowing_id: BorrowingId,
    /// The rejection reason.
    pub reason: String,
}

/// `UserChanged` and `UserSnapshot`: what others may know of a user, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserState {
    /// The user.
    pub id: UserId,
    /// The card's barcode.
    pub card: String,
    /// The name.
    pub name: String,
    /// The role.
    pub role: String,
    /// Whether librarians have blocked the user from borrowing.
    pub blocked: bool,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn borrowing() -> BorrowingId {
        "0197f3a0-3333-7000-8000-000000000003".parse().unwrap()
    }

    fn ada() -> UserState {
        UserState {
            id: "0197f3a0-2222-7000-8000-000000000002".parse().unwrap(),
            card: "C104827365".to_owned(),
            name: "Ada Lovelace".to_owned(),
            role: "PATRON".to_owned(),
            blocked: false,
        }
    }

    #[test]
    fn what_is_sent_is_as_in_the_samples() {
        let acknowledged = json!(Acknowledged {
            borrowing_id: borrowing()
        });
        let refused = json!(ChargeRefused {
            borrowing_id: borrowing(),
            reason: "NOT_ENOUGH_POINTS".to_owned()
        });
        let blocked = UserState {
            blocked: true,
            ..ada()
        };
        for (message, sample) in [
            (
                acknowledged.clone(),
                include_str!("../../../schema/messages/PointsCharged.json"),
            ),
            (
                acknowledged,
                include_str!("../../../schema/messages/PointsRefunded.json"),
            ),
            (
                refused,
                include_str!("../../../schema/messages/ChargeRefused.json"),
            ),
            (
                json!(ada()),
                include_str!("../../../schema/messages/UserChanged.json"),
            ),
            (
                json!(blocked),
                include_str!("../../../schema/messages/UserSnapshot.json"),
            ),
        ] {
            assert_eq!(message, serde_json::from_str::<Value>(sample).unwrap());
        }
    }

    #[test]
    fn what_is_read_is_as_in_the_samples() {
        let charge: ChargePoints = read(include_str!("../../../schema/messages/ChargePoints.json"));
        let expected = ChargePoints {
            borrowing_id: borrowing(),
            user_id: ada().id,
            points: 2000,
        };
        assert_eq!(charge, expected);

        let refund: RefundPoints = read(include_str!("../../../schema/messages/RefundPoints.json"));
        let expected = RefundPoints {
            borrowing_id: borrowing(),
            user_id: ada().id,
        };
        assert_eq!(refund, expected);

        let sample = include_str!("../../../schema/messages/BorrowingReturned.json");
        let event: BorrowingReturned = read(sample);
        assert_eq!(event.borrowing.id, borrowing());
        assert_eq!(event.borrowing.user_id, ada().id);
        let expected = Return {
            number: 1,
            credit_points: 0,
        };
        assert_eq!(event.returned, expected);

        let sample = include_str!("../../../schema/messages/ReplayRequested.json");
        let request: kit::ReplayRequested = read(sample);
        assert_eq!((request.consumer.as_str(), request.after), ("mypage", None));
    }

    /// Reads a sample as a later sender would write it: with a field that is not known here.
    fn read<T: serde::de::DeserializeOwned>(sample: &str) -> T {
        let mut message: Value = serde_json::from_str(sample).unwrap();
        message["since"] = json!("a later version");
        serde_json::from_value(message).unwrap()
    }
}
