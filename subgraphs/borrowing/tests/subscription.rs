//! The subscription to a decision: the present state first, then the decision, then the end, whatever races.

mod support;

use std::time::Duration;

use async_graphql::Request;
use borrowing::{
    MIGRATIONS,
    schema::{self, BorrowingSchema},
};
use futures_util::{Stream, StreamExt, future::join_all};
use kit::{
    auth::{Caller, CallerData, Role},
    ids::BorrowingId,
};
use kit_testing::{TestDb, on_each_database};
use serde_json::{Value, json};
use support::World;
use tokio_util::sync::CancellationToken;

fn schema_of(world: &World) -> (BorrowingSchema, CancellationToken) {
    let stop = CancellationToken::new();
    (schema::schema(world.lending.clone(), stop.clone()), stop)
}

fn subscribe(
    world: &World,
    schema: &BorrowingSchema,
    caller: Option<&Caller>,
    id: BorrowingId,
) -> impl Stream<Item = Value> + Unpin + use<> {
    let query = format!(
        r#"subscription {{ borrowingStatusChanged(id: "{id}") {{ status points timeline {{ step }} }} }}"#
    );
    let mut request = Request::new(query).data(CallerData(caller.cloned()));
    schema::per_request(&world.lending)(&mut request.data);
    let answers = schema.execute_stream(request);
    Box::pin(answers.map(|answer| json!(answer)))
}

fn status(answer: &Value) -> &str {
    answer["data"]["borrowingStatusChanged"]["status"]
        .as_str()
        .unwrap_or_else(|| panic!("no status in {answer}"))
}

/// All that is pushed until the end, which must come.
async fn all(stream: impl Stream<Item = Value> + Unpin) -> Vec<Value> {
    tokio::time::timeout(Duration::from_secs(20), stream.collect::<Vec<_>>())
        .await
        .expect("the stream completes")
}

#[tokio::test]
async fn the_present_first_then_the_decision_then_the_end() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let (schema, _stop) = schema_of(&world);
        let patron = world.patron();
        let asked = world.request(&patron, 2).await;
        let mut pushed = subscribe(&world, &schema, Some(&patron), asked.id);
        assert_eq!(
            status(&pushed.next().await.expect("the present")),
            "PENDING"
        );
        // A step that decides nothing is not pushed.
        world.grant(asked.id).await;
        let rest = all(pushed).await;
        assert_eq!(rest.len(), 1, "{rest:?}");
        assert_eq!(status(&rest[0]), "APPROVED");
        let decided = &rest[0]["data"]["borrowingStatusChanged"];
        assert_eq!(decided["points"], 600);
        assert_eq!(decided["timeline"].as_array().map(Vec::len), Some(3));

        let after = all(subscribe(&world, &schema, Some(&patron), asked.id)).await;
        assert_eq!(after.iter().map(status).collect::<Vec<_>>(), ["APPROVED"]);
    })
    .await;
}

#[tokio::test]
async fn whoever_races_the_decision_sees_it_once_and_completes() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let (schema, _stop) = schema_of(&world);
        let patron = world.patron();
        for round in 0..12_usize {
            let asked = world.request(&patron, 1).await;
            let reserved = async {
                world
                    .told("CopiesReserved", asked.id, json!({ "rentalCost": 300 }))
                    .await;
                match round % 3 {
                    0 => drop(world.told("PointsCharged", asked.id, json!({})).await),
                    1 => {
                        let canceled = world.lending.cancel(asked.id, &patron).await;
                        canceled.expect("pending");
                        world.told("CopiesReleased", asked.id, json!({})).await;
                        world.told("PointsRefunded", asked.id, json!({})).await;
                    }
                    _ => {
                        world.time_passes(support::DEADLINE * 2).await;
                    }
                }
            };
            let watching = (0..6_usize).map(async |watcher| {
                // Each begins at another point of the way to the decision.
                for _ in 0..watcher * 20 {
                    tokio::task::yield_now().await;
                }
                all(subscribe(&world, &schema, Some(&patron), asked.id)).await
            });
            let (seen, ()) = tokio::join!(join_all(watching), reserved);
            let decision = ["APPROVED", "CANCELED", "REJECTED"][round % 3];
            for answers in seen {
                let statuses: Vec<_> = answers.iter().map(status).collect();
                assert!(
                    statuses == ["PENDING", decision] || statuses == [decision],
                    "{statuses:?}"
                );
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_replica_that_did_not_decide_pushes_too() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        // No hint ever comes from the one to the other: the safety poll finds the decision.
        let (one, other) = (World::on(&db), World::on(&db));
        let (schema, _stop) = schema_of(&other);
        let patron = one.patron();
        let asked = one.request(&patron, 1).await;
        let mut pushed = subscribe(&other, &schema, Some(&patron), asked.id);
        assert_eq!(
            status(&pushed.next().await.expect("the present")),
            "PENDING"
        );
        one.grant(asked.id).await;
        let rest = all(pushed).await;
        assert_eq!(rest.iter().map(status).collect::<Vec<_>>(), ["APPROVED"]);
    })
    .await;
}

#[tokio::test]
async fn only_who_may_see_a_borrowing_may_watch_it() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let (schema, stop) = schema_of(&world);
        let patron = world.patron();
        let asked = world.request(&patron, 1).await;
        let stranger = world.patron();
        for (caller, code) in [(None, "UNAUTHENTICATED"), (Some(&stranger), "NOT_FOUND")] {
            let refused = all(subscribe(&world, &schema, caller, asked.id)).await;
            assert_eq!(refused.len(), 1);
            assert_eq!(refused[0]["errors"][0]["extensions"]["code"], code);
        }
        let librarian = world.caller(world.id(), Role::Librarian);
        let mut pushed = subscribe(&world, &schema, Some(&librarian), asked.id);
        assert_eq!(
            status(&pushed.next().await.expect("the present")),
            "PENDING"
        );
        // The service stops: the stream says so and ends, neither hangs nor looks decided.
        stop.cancel();
        let last = all(pushed).await;
        assert_eq!(last.len(), 1);
        assert_eq!(
            last[0]["errors"][0]["extensions"]["code"],
            "SERVICE_UNAVAILABLE"
        );
    })
    .await;
}
