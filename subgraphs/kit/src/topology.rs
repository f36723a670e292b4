//! Who listens for what: the one table from which every process declares every queue, so that nothing sent before a
//! consumer's first start is lost. A new service adds a row; no other service changes.

/// A service and the kinds of message it receives.
#[derive(Clone, Copy, Debug)]
pub struct Consumer {
    /// The service.
    pub service: &'static str,
    /// The kinds.
    pub kinds: &'static [&'static str],
}

/// Every consumer.
pub const TOPOLOGY: &[Consumer] = &[
    Consumer {
        service: "book",
        kinds: &[
            "ReserveCopies",
            "ReleaseCopies",
            "BorrowingReturned",
            "ReplayRequested",
        ],
    },
    Consumer {
        service: "user",
        kinds: &[
            "ChargePoints",
            "RefundPoints",
            "BorrowingReturned",
            "ReplayRequested",
        ],
    },
    Consumer {
        service: "borrowing",
        kinds: &[
            "CopiesReserved",
            "ReservationRefused",
            "CopiesReleased",
            "PointsCharged",
            "ChargeRefused",
            "PointsRefunded",
            "BookChanged",
            "UserChanged",
            "ReplayRequested",
        ],
    },
    Consumer {
        service: "mypage",
        kinds: &[
            "BorrowingRequested",
            "BorrowingApproved",
            "BorrowingRejected",
            "BorrowingCanceled",
            "BorrowingReturned",
            "BookChanged",
        ],
    },
];

/// The services that a message goes to.
pub fn consumers<'a>(
    kind: &'a str,
    only: Option<&'a str>,
) -> impl Iterator<Item = &'static str> + 'a {
    TOPOLOGY
        .iter()
        .filter(move |consumer| match only {
            Some(service) => consumer.service == service,
            None => consumer.kinds.contains(&kind),
        })
        .map(|consumer| consumer.service)
}
