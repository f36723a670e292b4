//! Lending on both databases: what is stored, sent and logged at each step.

mod support;

use borrowing::{
    MIGRATIONS,
    domain::{RejectionReason, Status},
    saga::State,
    store,
};
use chrono::TimeDelta;
use futures_util::future::join_all;
use kit::{auth::Role, ids::BookId};
use kit_testing::{TestDb, on_each_database};
use serde_json::json;
use support::{DEADLINE, UNDO_OVERDUE, World, code};

const SECOND: TimeDelta = TimeDelta::seconds(1);

#[tokio::test]
async fn a_loan_is_reserved_then_charged_then_approved() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let patron = world.patron();
        let asked = world.request(&patron, 4).await;
        assert_eq!(asked.status, Status::Pending);
        assert_eq!(
            world.sent(asked.id).await,
            ["BorrowingRequested", "ReserveCopies"]
        );
        world
            .told("CopiesReserved", asked.id, json!({ "rentalCost": 300 }))
            .await;
        assert_eq!(world.borrowing(asked.id).await.status, Status::Pending);
        let charge = world.outbox().await.pop().expect("a message");
        assert_eq!(charge.kind, "ChargePoints");
        assert_eq!(
            charge.payload,
            json!({ "borrowingId": asked.id, "userId": patron.id, "points": 1200 })
        );
        world.told("PointsCharged", asked.id, json!({})).await;

        let loan = world.stored(asked.id).await;
        assert_eq!(loan.borrowing.status, Status::Approved);
        assert_eq!(loan.borrowing.points(), Some(1200));
        assert_eq!(loan.due, None, "no timer is left");
        assert!(loan.borrowing.due_at.is_some());
        let events = world.events(asked.id).await;
        let kinds: Vec<_> = events
            .iter()
            .map(|(kind, version, _)| (kind.as_str(), *version))
            .collect();
        assert_eq!(kinds, [("BorrowingRequested", 1), ("BorrowingApproved", 2)]);
        assert_eq!(events[1].2.borrowing.points, Some(1200));
        assert_eq!(
            world.timeline(asked.id).await,
            [
                ("REQUESTED", false),
                ("COPIES_RESERVED", true),
                ("POINTS_CHARGED", true)
            ]
            .map(|(step, message)| (step.to_owned(), message))
        );
        assert_eq!(world.dead_letters().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_refused_reservation_rejects_at_once() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let asked = world.request(&world.patron(), 1).await;
        world
            .told(
                "ReservationRefused",
                asked.id,
                json!({ "reason": "NOT_ENOUGH_COPIES" }),
            )
            .await;
        let rejected = world.borrowing(asked.id).await;
        assert_eq!(rejected.status, Status::Rejected);
        assert_eq!(
            rejected.rejection_reason,
            Some(RejectionReason::NotEnoughCopies)
        );
        assert_eq!(
            world.sent(asked.id).await,
            ["BorrowingRequested", "ReserveCopies", "BorrowingRejected"]
        );
    })
    .await;
}

#[tokio::test]
async fn a_refused_charge_gives_the_copies_back_before_it_rejects() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let asked = world.request(&world.patron(), 1).await;
        world
            .told("CopiesReserved", asked.id, json!({ "rentalCost": 300 }))
            .await;
        world
            .told(
                "ChargeRefused",
                asked.id,
                json!({ "reason": "NOT_ENOUGH_POINTS" }),
            )
            .await;
        assert_eq!(world.borrowing(asked.id).await.status, Status::Pending);
        let release = world.outbox().await.pop().expect("a message");
        assert_eq!(release.kind, "ReleaseCopies");
        assert_eq!(
            release.payload,
            json!({ "borrowingId": asked.id, "bookId": asked.book })
        );
        world.told("CopiesReleased", asked.id, json!({})).await;
        let rejected = world.borrowing(asked.id).await;
        assert_eq!(rejected.status, Status::Rejected);
        assert_eq!(
            rejected.rejection_reason,
            Some(RejectionReason::NotEnoughPoints)
        );
        assert!(
            !world
                .sent(asked.id)
                .await
                .contains(&"RefundPoints".to_owned())
        );
    })
    .await;
}

#[tokio::test]
async fn a_cancel_undoes_what_was_asked_for() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let patron = world.patron();
        let early = world.request(&patron, 1).await;
        world
            .lending
            .cancel(early.id, &patron)
            .await
            .expect("pending");
        assert_eq!(
            world.sent(early.id).await.last().map(String::as_str),
            Some("ReleaseCopies")
        );
        // The reservation that was under way, then the acknowledgement.
        world
            .told("CopiesReserved", early.id, json!({ "rentalCost": 300 }))
            .await;
        world.told("CopiesReleased", early.id, json!({})).await;
        assert_eq!(world.borrowing(early.id).await.status, Status::Canceled);

        let late = world.request(&patron, 1).await;
        world
            .told("CopiesReserved", late.id, json!({ "rentalCost": 300 }))
            .await;
        world
            .lending
            .cancel(late.id, &patron)
            .await
            .expect("pending");
        world
            .lending
            .cancel(late.id, &patron)
            .await
            .expect("still pending");
        let sent = world.sent(late.id).await;
        assert_eq!(sent[3..], ["ReleaseCopies", "RefundPoints"]);
        world.told("PointsRefunded", late.id, json!({})).await;
        assert_eq!(world.borrowing(late.id).await.status, Status::Pending);
        world.told("CopiesReleased", late.id, json!({})).await;
        assert_eq!(world.borrowing(late.id).await.status, Status::Canceled);
        assert_eq!(world.dead_letters().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn only_ones_own_pending_request_can_be_canceled() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let patron = world.patron();
        let asked = world.request(&patron, 1).await;
        assert_eq!(
            code(world.lending.cancel(asked.id, &world.patron()).await),
            "NOT_FOUND"
        );
        assert_eq!(
            code(world.lending.cancel(world.id(), &patron).await),
            "NOT_FOUND"
        );
        world.grant(asked.id).await;
        assert_eq!(
            code(world.lending.cancel(asked.id, &patron).await),
            "NOT_PENDING"
        );
        let other = world.request(&patron, 1).await;
        let librarian = world.caller(world.id(), Role::Librarian);
        world
            .lending
            .cancel(other.id, &librarian)
            .await
            .expect("a librarian may");
    })
    .await;
}

#[tokio::test]
async fn the_same_request_twice_is_one_borrowing() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let patron = world.patron();
        let wish = world.wish(&patron, 2);
        let all = join_all((0..8).map(|_| world.lending.borrow(wish.clone()))).await;
        let ids: Vec<_> = all
            .into_iter()
            .map(|one| one.expect("the same").id)
            .collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        assert_eq!(world.outbox().await.len(), 2);

        world.grant(ids[0]).await;
        let again = world.lending.borrow(wish.clone()).await.expect("the same");
        assert_eq!(again.status, Status::Approved, "as it is now");

        let mut other = wish.clone();
        other.request.fingerprint = "another request".to_owned();
        assert_eq!(code(world.lending.borrow(other).await), "REQUEST_ID_REUSED");
        let mut elses = wish;
        elses.request.by = world.id();
        assert_ne!(
            world.lending.borrow(elses).await.expect("another's key").id,
            ids[0]
        );

        for (quantity, key) in [(0, "k"), (1001, "k"), (1, "")] {
            let mut wrong = world.wish(&patron, quantity);
            wrong.request.id = key.to_owned();
            assert_eq!(code(world.lending.borrow(wrong).await), "BAD_USER_INPUT");
        }
    })
    .await;
}

#[tokio::test]
async fn the_deadline_decides_and_the_undo_goes_on() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let asked = world.request(&world.patron(), 1).await;
        assert_eq!(world.time_passes(DEADLINE - SECOND).await, 0);
        // Two replicas at once: one of them acts.
        let (one, other) = (World::on(&db), World::on(&db));
        let fired = join_all([
            one.time_passes(DEADLINE + SECOND),
            other.time_passes(DEADLINE + SECOND),
        ])
        .await;
        assert_eq!(fired.iter().sum::<usize>(), 1, "{fired:?}");
        let rejected = world.borrowing(asked.id).await;
        assert_eq!(rejected.status, Status::Rejected);
        assert_eq!(rejected.rejection_reason, Some(RejectionReason::TimedOut));
        assert_eq!(
            world.sent(asked.id).await,
            [
                "BorrowingRequested",
                "ReserveCopies",
                "BorrowingRejected",
                "ReleaseCopies"
            ]
        );
        // A late grant changes nothing; the acknowledgement ends it.
        world
            .told("CopiesReserved", asked.id, json!({ "rentalCost": 300 }))
            .await;
        assert_eq!(world.sent(asked.id).await.len(), 4);
        world.told("CopiesReleased", asked.id, json!({})).await;
        let settled = world.stored(asked.id).await;
        assert!(matches!(settled.saga, State::Settled { .. }), "{settled:?}");
        assert_eq!(settled.due, None);
    })
    .await;
}

#[tokio::test]
async fn an_undo_that_nobody_acknowledges_is_stuck_until_it_is() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let asked = world.request(&world.patron(), 1).await;
        world
            .told("CopiesReserved", asked.id, json!({ "rentalCost": 300 }))
            .await;
        world.time_passes(DEADLINE + SECOND).await;
        assert_eq!(world.time_passes(UNDO_OVERDUE - SECOND).await, 0);
        assert_eq!(world.time_passes(UNDO_OVERDUE + SECOND).await, 1);
        let stuck = store::sagas(db.pool(), "STUCK", 10).await.expect("read");
        assert_eq!(
            stuck.iter().map(|one| one.borrowing.id).collect::<Vec<_>>(),
            [asked.id]
        );
        assert_eq!(store::troubled(db.pool()).await.expect("read"), (1, 0));
        world.told("CopiesReleased", asked.id, json!({})).await;
        assert_eq!(world.stored(asked.id).await.saga.name(), "STUCK");
        world.told("PointsRefunded", asked.id, json!({})).await;
        assert_eq!(world.stored(asked.id).await.saga.name(), "SETTLED");
        assert_eq!(store::troubled(db.pool()).await.expect("read"), (0, 0));
        assert_eq!(world.events(asked.id).await.len(), 2, "decided once");
    })
    .await;
}

#[tokio::test]
async fn a_late_return_costs_and_a_timely_one_credits() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let patron = world.patron();
        let loan = world.loan(&patron, 4).await;
        let after = world
            .lending
            .give_back(loan.id, 1, &patron)
            .await
            .expect("on loan");
        assert_eq!((after.on_loan(), after.late_fee), (3, 0));
        world.clock.set_offset(TimeDelta::days(14));
        let after = world
            .lending
            .give_back(loan.id, 2, &patron)
            .await
            .expect("on loan");
        assert_eq!((after.on_loan(), after.late_fee), (1, 500));
        assert_eq!(
            after.overdue_days(world.clock.business_now(), world.lending.rules().zone),
            7
        );
        assert_eq!(
            code(world.lending.give_back(loan.id, 2, &patron).await),
            "TOO_MANY_RETURNED"
        );
        assert_eq!(
            code(world.lending.give_back(loan.id, 1, &world.patron()).await),
            "NOT_FOUND"
        );
        let after = world
            .lending
            .give_back(loan.id, 1, &patron)
            .await
            .expect("on loan");
        assert_eq!((after.status, after.late_fee), (Status::Returned, 1000));
        assert_eq!(
            code(world.lending.give_back(loan.id, 1, &patron).await),
            "NOT_ON_LOAN"
        );

        let events = world.events(loan.id).await;
        let versions: Vec<i64> = events.iter().map(|(_, version, _)| *version).collect();
        assert_eq!(versions, [1, 2, 3, 4, 5], "gapless");
        let returns: Vec<_> = events[2..]
            .iter()
            .map(|(kind, _, event)| {
                let returned = event.returned.as_ref().expect("a return");
                (
                    kind.as_str(),
                    returned.number,
                    returned.quantity,
                    returned.credit_points,
                    returned.late_fee,
                )
            })
            .collect();
        assert_eq!(
            returns,
            [
                ("BorrowingReturned", 1, 1, 300, 0),
                ("BorrowingReturned", 2, 2, 0, 500),
                ("BorrowingReturned", 3, 1, 0, 500)
            ]
        );
        let stored = world.borrowing(loan.id).await;
        assert_eq!(
            stored.returned_at.map(kit::to_micros),
            after.returned_at.map(kit::to_micros)
        );
    })
    .await;
}

#[tokio::test]
async fn the_last_copy_comes_back_once() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let patron = world.patron();
        let loan = world.loan(&patron, 2).await;
        let all = join_all((0..6).map(|_| world.lending.give_back(loan.id, 1, &patron))).await;
        assert_eq!(all.iter().filter(|one| one.is_ok()).count(), 2);
        assert_eq!(world.borrowing(loan.id).await.returned_quantity, 2);
        assert_eq!(world.events(loan.id).await.len(), 4);
    })
    .await;
}

#[tokio::test]
async fn the_desk_lends_and_takes_in_by_card_and_barcode() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let (user, book): (_, BookId) = (world.id(), world.id());
        let request = || world.wish(&world.caller(world.id(), Role::Librarian), 1).request;
        let lending = &world.lending;
        assert_eq!(code(lending.check_out("C1", "B1", 1, request()).await), "CARD_UNKNOWN");
        let card = |card: &str, version| {
            world.envelope("UserChanged", user, version, json!({ "id": user, "card": card, "name": "n", "role": "PATRON", "blocked": false }))
        };
        let barcode = |kind: &str, id: BookId, barcode: &str, deleted: bool, version| {
            world.envelope(kind, id, version, json!({ "id": id, "barcode": barcode, "deleted": deleted, "title": "t" }))
        };
        world.receive(&card("C1", 1)).await;
        assert_eq!(code(lending.check_out("C1", "B1", 1, request()).await), "BARCODE_UNKNOWN");
        world.receive(&barcode("BookChanged", book, "B1", false, 2)).await;
        // What is older than what is known is passed over.
        world.receive(&barcode("BookSnapshot", book, "B0", false, 1)).await;
        assert_eq!(code(lending.check_in("C1", "B1", 1).await), "NO_OPEN_LOAN");

        let sooner = lending.check_out(" C1 ", "B1", 2, request()).await.expect("both are known");
        assert_eq!((sooner.user, sooner.book, sooner.status), (user, book, Status::Pending));
        assert_eq!(code(lending.check_in("C1", "B1", 1).await), "NO_OPEN_LOAN");
        world.grant(sooner.id).await;
        world.clock.set_offset(TimeDelta::days(2));
        let later = lending.check_out("C1", "B1", 1, request()).await.expect("both are known");
        world.grant(later.id).await;

        for (expected, on_loan) in [(sooner.id, 1), (sooner.id, 0), (later.id, 0)] {
            let back = lending.check_in("C1", "B1", 1).await.expect("an open loan");
            assert_eq!((back.id, back.on_loan()), (expected, on_loan));
        }
        assert_eq!(code(lending.check_in("C1", "B1", 1).await), "NO_OPEN_LOAN");

        // A new card replaces the old; a barcode goes over to another book once its bearer is deleted.
        world.receive(&card("C2", 2)).await;
        assert_eq!(code(lending.check_out("C1", "B1", 1, request()).await), "CARD_UNKNOWN");
        let heir: BookId = world.id();
        world.receive(&barcode("BookChanged", heir, "B1", false, 1)).await;
        world.receive(&barcode("BookChanged", book, "B1", true, 3)).await;
        let lent = lending.check_out("C2", "B1", 1, request()).await.expect("both are known");
        assert_eq!(lent.book, heir);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_right_becomes_a_dead_letter() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let asked = world.request(&world.patron(), 1).await;
        world.told("PointsCharged", asked.id, json!({})).await;
        world
            .told("CopiesReserved", world.id(), json!({ "rentalCost": 300 }))
            .await;
        world
            .told("CopiesReserved", asked.id, json!({ "rentalCost": -1 }))
            .await;
        world
            .told("ReservationRefused", asked.id, json!({ "reason": "MOON" }))
            .await;
        world.told("CopiesReserved", asked.id, json!({})).await;
        world.told("Nonsense", asked.id, json!({})).await;
        assert_eq!(world.dead_letters().await.len(), 6);
        assert_eq!(world.stored(asked.id).await.saga, State::Reserving);
        assert_eq!(world.sent(asked.id).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_saga_of_another_version_waits_for_its_program() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let patron = world.patron();
        let asked = world.request(&patron, 1).await;
        sqlx::query("UPDATE borrowing SET saga_version = 99, saga_state = '{\"name\":\"PAYING\"}', saga_name = 'PAYING'")
            .execute(db.pool())
            .await
            .expect("updated");
        world.told("CopiesReserved", asked.id, json!({ "rentalCost": 300 })).await;
        assert_eq!(world.dead_letters().await.len(), 1, "kept for the program that can read it");
        assert_eq!(world.time_passes(DEADLINE + SECOND).await, 0);
        assert_eq!(code(world.lending.cancel(asked.id, &patron).await), "SERVICE_UNAVAILABLE");
        let listed = store::sagas(db.pool(), "ABANDONED", 10).await.expect("read");
        assert_eq!(listed.len(), 1);
        assert_eq!(store::troubled(db.pool()).await.expect("read"), (0, 1));

        let mut tx = world.mailbox.begin().await.expect("a transaction");
        let close = borrowing::saga::Message::ForceClose;
        world.lending.tell(&mut tx, asked.id, close, None).await.expect("closed");
        tx.commit().await.expect("committed");
        assert_eq!(world.borrowing(asked.id).await.status, Status::Rejected);
        world.told("CopiesReleased", asked.id, json!({})).await;
        world.told("PointsRefunded", asked.id, json!({})).await;
        assert_eq!(world.stored(asked.id).await.saga.name(), "SETTLED");
        assert_eq!(store::troubled(db.pool()).await.expect("read"), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn a_replay_sends_every_borrowing_to_who_asks() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let patron = world.patron();
        let loan = world.loan(&patron, 3).await;
        for _ in 0..200 {
            world.request(&patron, 1).await;
        }
        let before = world.outbox().await.len();
        let ask = |consumer: &str| {
            world.envelope(
                "ReplayRequested",
                consumer,
                0,
                json!({ "consumer": consumer }),
            )
        };
        world.receive(&ask("borrowing")).await;
        assert_eq!(world.outbox().await.len(), before, "it knows its own");
        world.receive(&ask("mypage")).await;
        let sent = world.outbox().await.split_off(before);
        assert_eq!(sent.len(), 201);
        assert!(sent[..200].iter().all(
            |one| one.kind == "BorrowingSnapshot" && one.consumer.as_deref() == Some("mypage")
        ));
        assert_eq!(
            (sent[0].aggregate_id.as_str(), sent[0].aggregate_version),
            (loan.id.to_string().as_str(), 2)
        );
        assert_eq!(sent[0].payload["borrowing"]["status"], "APPROVED");
        assert_eq!(sent[0].payload["return"], json!(null));
        let next = &sent[200];
        assert_eq!(
            (next.kind.as_str(), next.consumer.as_deref()),
            ("ReplayRequested", Some("borrowing"))
        );
        world.receive(next).await;
        let rest = world.outbox().await.split_off(before + 201);
        assert_eq!(
            rest.iter().map(|one| one.kind.as_str()).collect::<Vec<_>>(),
            ["BorrowingSnapshot"]
        );
    })
    .await;
}

#[tokio::test]
async fn the_database_itself_refuses_nonsense() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        world.loan(&world.patron(), 2).await;
        for nonsense in [
            "UPDATE borrowing SET returned_quantity = 3",
            "UPDATE borrowing SET returned_quantity = -1",
            "UPDATE borrowing SET status = 'LOST'",
            "UPDATE borrowing SET status = 'RETURNED'",
            "UPDATE borrowing SET status = 'REJECTED', due_at = NULL, rental_cost = NULL",
            "UPDATE borrowing SET status = 'PENDING'",
            "UPDATE borrowing SET due_at = NULL",
        ] {
            let outcome = sqlx::query(nonsense).execute(db.pool()).await;
            assert!(outcome.is_err(), "{nonsense}");
        }
    })
    .await;
}
