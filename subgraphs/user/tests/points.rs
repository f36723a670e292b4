//! Points: whatever messages come, in whatever order and how often, the ledger adds up.

mod support;

use std::collections::HashSet;

use futures_util::future::join_all;
use kit::{Db, ids::BorrowingId};
use kit_testing::on_each_database;
use serde_json::json;
use sqlx::{AssertSqlSafe, Row};
use support::{GRANT, World, grant};

async fn count(db: &Db, from: &str) -> i64 {
    let sql = format!("SELECT CAST(COUNT(*) AS BIGINT) FROM {from}");
    sqlx::query_scalar(AssertSqlSafe(sql))
        .fetch_one(db.pool())
        .await
        .unwrap()
}

/// The invariants of the whole table: every balance is its ledger's sum, and the numbers count from 1.
async fn check_ledgers(db: &Db) {
    let rows = sqlx::query(
        "SELECT u.points, u.ledger_entries, CAST(COALESCE(SUM(l.amount), 0) AS BIGINT) AS total,
                CAST(COUNT(l.number) AS BIGINT) AS entries, CAST(COALESCE(MAX(l.number), 0) AS BIGINT) AS last
         FROM users u LEFT JOIN ledger l ON l.user_id = u.id GROUP BY u.id, u.points, u.ledger_entries",
    )
    .fetch_all(db.pool())
    .await
    .unwrap();
    assert!(!rows.is_empty());
    for row in rows {
        let get = |column: &str| row.get::<i64, _>(column);
        assert!(get("points") >= 0);
        assert_eq!(get("points"), get("total"));
        assert_eq!(get("ledger_entries"), get("entries"));
        assert_eq!(get("ledger_entries"), get("last"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_takes_points_or_says_why_not() {
    on_each_database(user::SERVICE.migrations, async |test| {
        let world = World::start(&test.url).await;
        let librarian = world.librarian().await;
        let ada = world.patron_with(100).await;
        let bob = world.patron_with(100).await;
        let block = "mutation($user: ID!) { blockUser(userId: $user) { id } }";
        world
            .data(Some(&librarian.token), block, json!({ "user": bob.id }))
            .await;
        let cases = [
            (ada.user_id(), 60, "PointsCharged"),
            (ada.user_id(), 60, "ChargeRefused NOT_ENOUGH_POINTS"),
            (ada.user_id(), 40, "PointsCharged"),
            (ada.user_id(), 0, "PointsCharged"),
            (bob.user_id(), 1, "ChargeRefused USER_BLOCKED"),
            (world.id(), 1, "ChargeRefused USER_NOT_FOUND"),
        ];
        let before = world.sent(4).await.len();
        for (index, (user, points, answer)) in cases.into_iter().enumerate() {
            let borrowing = world.id();
            world.charge(borrowing, user, points).await;
            assert_eq!(world.answers(before + index + 1, borrowing).await, [answer]);
        }
        assert_eq!(world.balance(&ada).await, (0, 0));
        assert_eq!(world.balance(&bob).await, (100, 100));
        check_ledgers(&test.db).await;
        world.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn charges_and_refunds_in_any_order_and_repetition() {
    on_each_database(user::SERVICE.migrations, async |test| {
        let world = World::start(&test.url).await;
        let ada = world.patron_with(1000).await;
        let mut sent = world.sent(2).await.len();
        let mut cost = 0;
        // Every sequence of up to four commands, each about a borrowing of its own; bit by bit, a one is a refund.
        for length in 1..=4 {
            for commands in 0..1_u32 << length {
                let borrowing: BorrowingId = world.id();
                let mut expected = Vec::new();
                let mut refunded = false;
                for place in 0..length {
                    if commands >> place & 1 == 1 {
                        world.refund(borrowing, ada.user_id()).await;
                        refunded = true;
                        expected.push("PointsRefunded");
                    } else {
                        world.charge(borrowing, ada.user_id(), 10).await;
                        if !refunded {
                            expected.push("PointsCharged");
                        }
                    }
                }
                sent += expected.len();
                assert_eq!(world.answers(sent, borrowing).await, expected);
                cost += if refunded { 0 } else { 10 };
                assert_eq!(world.balance(&ada).await, (1000 - cost, 1000 - cost));
            }
        }
        check_ledgers(&test.db).await;
        assert_eq!(count(&test.db, "dead_letter").await, 0);
        world.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_repeated_though_there_are_points_by_now() {
    on_each_database(user::SERVICE.migrations, async |test| {
        let world = World::start(&test.url).await;
        let librarian = world.librarian().await;
        let ada = world.patron_with(5).await;
        let borrowing = world.id();
        world.charge(borrowing, ada.user_id(), 10).await;
        world.grant(&librarian, &ada.id, 100, "more").await;
        world.charge(borrowing, ada.user_id(), 10).await;
        world.refund(borrowing, ada.user_id()).await;
        let refused = "ChargeRefused NOT_ENOUGH_POINTS";
        assert_eq!(
            world.answers(5, borrowing).await,
            [refused, refused, "PointsRefunded"]
        );
        assert_eq!(world.balance(&ada).await, (105, 105));
        world.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_race_on_two_replicas() {
    on_each_database(user::SERVICE.migrations, async |test| {
        let (one, two) = tokio::join!(World::start(&test.url), World::start(&test.url));
        let ada = one.patron_with(100).await;
        let bob = one.patron_with(100).await;
        // Twice as many charges as either can pay, each twice, and every other one refunded, all at once.
        let borrowings: Vec<BorrowingId> = (0..20).map(|_| one.id()).collect();
        let work = borrowings.iter().enumerate().map(async |(index, &borrowing)| {
            let user = if index % 4 < 2 { &ada } else { &bob }.user_id();
            let refund = async || {
                if index % 2 == 0 {
                    two.refund(borrowing, user).await;
                }
            };
            tokio::join!(one.charge(borrowing, user, 20), two.charge(borrowing, user, 20), refund());
        });
        join_all(work).await;
        assert_eq!(count(&test.db, "inbox WHERE done_at IS NULL").await, 0);
        check_ledgers(&test.db).await;
        let net = sqlx::query(
            "SELECT borrowing_id, CAST(SUM(amount) AS BIGINT) FROM ledger WHERE borrowing_id IS NOT NULL GROUP BY borrowing_id",
        )
        .fetch_all(test.db.pool())
        .await
        .unwrap();
        let undone: HashSet<String> = borrowings.iter().step_by(2).map(ToString::to_string).collect();
        for row in net {
            let (borrowing, net): (String, i64) = (row.get(0), row.get(1));
            assert_eq!(net, if undone.contains(&borrowing) { 0 } else { -20 });
        }
        one.stop().await;
        two.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_is_credited_once() {
    on_each_database(user::SERVICE.migrations, async |test| {
        let world = World::start(&test.url).await;
        let ada = world.patron_with(100).await;
        let borrowing = world.id();
        world.charge(borrowing, ada.user_id(), 40).await;
        for (number, credit, balance) in [(1, 10, 70), (1, 10, 70), (2, 20, 90), (3, 0, 90)] {
            world.returned(borrowing, ada.user_id(), number, credit).await;
            assert_eq!(world.balance(&ada).await, (balance, balance));
        }
        let query = "{ me { ledger { nodes { amount balance reason borrowing { id } } } } }";
        let data = world.data(Some(&ada.token), query, json!({})).await;
        let entry = |amount, balance, reason| json!({ "amount": amount, "balance": balance, "reason": reason, "borrowing": { "id": borrowing } });
        let ledger = data["me"]["ledger"]["nodes"].as_array().unwrap();
        assert_eq!(
            ledger[..3],
            [
                entry(20, 90, "RETURN_CREDIT"),
                entry(10, 70, "RETURN_CREDIT"),
                entry(-40, 60, "CHARGE")
            ]
        );
        check_ledgers(&test.db).await;
        world.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_cannot_be_right_is_put_aside() {
    on_each_database(user::SERVICE.migrations, async |test| {
        let world = World::start(&test.url).await;
        let (ada, bob) = (world.patron_with(100).await, world.patron_with(100).await);
        let borrowing: BorrowingId = world.id();
        world.charge(borrowing, ada.user_id(), 10).await;
        // Another price, another user, less than nothing, an unknown user's return, gibberish, an unknown kind.
        world.charge(borrowing, ada.user_id(), 11).await;
        world.refund(borrowing, bob.user_id()).await;
        world.charge(world.id(), ada.user_id(), -1).await;
        world.returned(borrowing, ada.user_id(), 1, -1).await;
        world.returned(borrowing, world.id(), 1, 10).await;
        world
            .deliver("ChargePoints", json!({ "borrowingId": 1 }))
            .await;
        world.deliver("NobodyKnows", json!({})).await;
        assert_eq!(count(&test.db, "dead_letter").await, 7);
        assert_eq!(world.balance(&ada).await, (90, 90));
        assert_eq!(world.balance(&bob).await, (100, 100));
        world.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_disagrees_is_not_added_to() {
    on_each_database(user::SERVICE.migrations, async |test| {
        let world = World::start(&test.url).await;
        let ada = world.patron_with(100).await;
        let borrowing = world.id();
        world.charge(borrowing, ada.user_id(), 10).await;
        // Somebody has tampered with the charge, but not with the ledger.
        sqlx::query("DELETE FROM charge")
            .execute(test.db.pool())
            .await
            .unwrap();
        world.charge(borrowing, ada.user_id(), 10).await;
        assert_eq!(count(&test.db, "dead_letter").await, 1);
        assert_eq!(world.balance(&ada).await, (90, 90));
        check_ledgers(&test.db).await;
        world.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_is_made_once_per_request() {
    on_each_database(user::SERVICE.migrations, async |test| {
        let world = World::start(&test.url).await;
        let librarian = world.librarian().await;
        let (ada, bob) = (world.sign_up("Ada").await, world.sign_up("Bob").await);
        let request = async || world.grant(&librarian, &ada.id, 50, "once").await;
        let granted = json!({ "id": ada.id, "points": 50 });
        let answers = tokio::join!(request(), request(), request());
        assert_eq!(answers, (granted.clone(), granted.clone(), granted));
        for other in [grant(&ada.id, 51, "once"), grant(&bob.id, 50, "once")] {
            let code = world.refusal(Some(&librarian.token), GRANT, other).await;
            assert_eq!(code, "REQUEST_ID_REUSED");
        }
        assert_eq!(world.balance(&ada).await, (50, 50));
        assert_eq!(world.balance(&bob).await, (0, 0));

        // The same request for different users at once: one of them is refused.
        let users = [&ada, &bob, &ada, &bob];
        let race =
            users.map(|user| world.post(Some(&librarian.token), GRANT, grant(&user.id, 7, "race")));
        let refused: HashSet<String> = join_all(race)
            .await
            .iter()
            .zip(users)
            .filter(|((_, body), _)| body.get("errors").is_some())
            .map(|((_, body), user)| {
                assert_eq!(body["errors"][0]["extensions"]["code"], "REQUEST_ID_REUSED");
                user.id.clone()
            })
            .collect();
        assert_eq!(refused.len(), 1);
        assert_eq!(count(&test.db, "ledger WHERE request_id = 'race'").await, 1);
        check_ledgers(&test.db).await;
        world.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_is_read_page_by_page() {
    on_each_database(user::SERVICE.migrations, async |test| {
        let world = World::start(&test.url).await;
        let librarian = world.librarian().await;
        let ada = world.sign_up("Ada").await;
        for points in 1..=5 {
            world
                .grant(&librarian, &ada.id, points, &points.to_string())
                .await;
        }
        let query = "query($after: String) { me { ledger(first: 2, after: $after) {
            nodes { amount } pageInfo { hasNextPage hasPreviousPage endCursor } } } }";
        let mut after = json!(null);
        let mut pages = Vec::new();
        loop {
            let data = world
                .data(Some(&ada.token), query, json!({ "after": after }))
                .await;
            let ledger = &data["me"]["ledger"];
            let amounts = ledger["nodes"].as_array().unwrap().iter();
            assert_eq!(ledger["pageInfo"]["hasPreviousPage"], !pages.is_empty());
            pages.push(
                amounts
                    .map(|entry| entry["amount"].as_i64().unwrap())
                    .collect::<Vec<_>>(),
            );
            after = ledger["pageInfo"]["endCursor"].clone();
            if ledger["pageInfo"]["hasNextPage"] == false {
                break;
            }
            // What comes in between does not shift the pages.
            world
                .grant(&librarian, &ada.id, 100, &format!("late {}", pages.len()))
                .await;
        }
        assert_eq!(pages, [vec![5, 4], vec![3, 2], vec![1]]);
        world.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_sends_every_user_once_and_to_who_asked() {
    on_each_database(user::SERVICE.migrations, async |test| {
        let world = World::start(&test.url).await;
        let mut tx = test.db.begin().await.unwrap();
        for number in 0..450 {
            sqlx::query(
                "INSERT INTO users (id, version, card, name, password_hash, role, blocked, created_at)
                 VALUES ($1, 3, $2, 'Ada', 'none', 'PATRON', 1, 0)",
            )
            .bind(world.id::<kit::ids::User>().to_string())
            .bind(format!("T{number}"))
            .execute(tx.conn())
            .await
            .unwrap();
        }
        tx.commit().await.unwrap();
        let before = world.sent(1).await.len();
        world.deliver("ReplayRequested", json!({ "consumer": "mypage" })).await;
        // Two full pages are each followed by a message to itself, which comes back to it.
        for (pages, messages) in [(1, 201), (2, 402)] {
            let sent = world.sent(before + messages).await;
            let own: Vec<_> = sent.iter().filter(|message| message.kind == "ReplayRequested").collect();
            assert_eq!(own.len(), pages);
            assert_eq!(own[pages - 1].consumer.as_deref(), Some("user"));
            world.redeliver(own[pages - 1]).await;
        }
        let sent = world.sent(before + 402 + 51).await;
        let snapshots: Vec<_> = sent.iter().filter(|message| message.kind == "UserSnapshot").collect();
        assert_eq!(snapshots.len(), 451);
        assert!(snapshots.iter().all(|message| message.consumer.as_deref() == Some("mypage")));
        let ids: HashSet<&str> = snapshots.iter().map(|message| message.aggregate_id.as_str()).collect();
        assert_eq!(ids.len(), 451);
        let blocked = snapshots.iter().filter(|message| message.payload["blocked"] == true);
        assert!(blocked.clone().all(|message| message.aggregate_version == 3));
        assert_eq!(blocked.count(), 450);
        world.stop().await;
    })
    .await;
}
