//! Bringing books back: credit, lateness, parts of a loan.

use serde_json::{Value, json};

use super::{Case, case};
use crate::library::text;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("returns::on_time_credits_the_points_again", |w| {
            Box::pin(late(w, 7, 0, 0))
        }),
        case("returns::one_day_late", |w| Box::pin(late(w, 8, 1, 500))),
        case("returns::seven_days_late", |w| {
            Box::pin(late(w, 14, 7, 500))
        }),
        case("returns::eight_days_late", |w| {
            Box::pin(late(w, 15, 8, 1000))
        }),
        case("returns::fourteen_days_late", |w| {
            Box::pin(late(w, 21, 14, 1000))
        }),
        case("returns::fifteen_days_late", |w| {
            Box::pin(late(w, 22, 15, 2000))
        }),
        case("returns::three_of_four_seven_days_late", |w| {
            Box::pin(partial(w))
        }),
        case("returns::no_copy_comes_back_twice", |w| Box::pin(twice(w))),
        case("returns::parts_on_time_are_credited_apart", |w| {
            Box::pin(parts_on_time(w))
        }),
        case("returns::concurrent_returns_count_once", |w| {
            Box::pin(concurrent(w))
        }),
    ]
}

/// Borrows today and returns `after` days later, `overdue` days too late.
async fn late(world: &World, after: i64, overdue: i64, fee: i64) {
    world.set_noon_in(0).await;
    let mia = world.patron(100).await;
    let book = world.book(1, 30).await;
    let id = mia.borrow_approved(world, &book, 1).await;
    assert_eq!(mia.points().await, 70);
    let query = "query($id: ID!) { borrowing(id: $id) { status overdueDays lateFee } }";
    let early = &mia.client.data(query, json!({"id": id})).await["borrowing"];
    assert_eq!(
        *early,
        json!({"status": "APPROVED", "overdueDays": 0, "lateFee": 0})
    );

    world.set_noon_in(after).await;
    let open = &mia.client.data(query, json!({"id": id})).await["borrowing"];
    assert_eq!(
        *open,
        json!({"status": "APPROVED", "overdueDays": overdue, "lateFee": 0}),
        "the fee is known at return"
    );

    let returned = mia.bring_back(&id, 1).await;
    assert_eq!(
        (text(&returned["status"]), &returned["lateFee"]),
        ("RETURNED", &json!(fee))
    );
    assert!(returned["returnedAt"].is_string());
    world.shelf_holds(&book, 1).await;
    mia.my_page_becomes(0, fee).await;
    let expected = if overdue == 0 { 100 } else { 70 };
    mia.points_become(expected).await;
    let ledger = mia.ledger(&id).await;
    let charge = ("CHARGE".to_owned(), -30);
    if overdue == 0 {
        assert_eq!(ledger, [charge, ("RETURN_CREDIT".to_owned(), 30)]);
    } else {
        assert_eq!(ledger, [charge]);
    }
}

async fn partial(world: &World) {
    world.set_noon_in(0).await;
    let mia = world.patron(100).await;
    let book = world.book(4, 10).await;
    let id = mia.borrow_approved(world, &book, 4).await;
    mia.my_page_becomes(4, 0).await;
    world.set_noon_in(14).await;
    let returned = mia.bring_back(&id, 3).await;
    assert_eq!(
        (
            text(&returned["status"]),
            &returned["returnedQuantity"],
            &returned["lateFee"]
        ),
        ("APPROVED", &json!(3), &json!(500))
    );
    mia.my_page_becomes(1, 500).await;
    world.shelf_holds(&book, 3).await;
    assert_eq!(world.stock(&book).await, (3, 1));
    assert_eq!(
        mia.points().await,
        60,
        "an overdue return leaves the balance as is"
    );

    // The last copy, fifteen days late: a fee of its own.
    world.set_noon_in(22).await;
    let returned = mia.bring_back(&id, 1).await;
    assert_eq!(
        (text(&returned["status"]), &returned["lateFee"]),
        ("RETURNED", &json!(2500))
    );
    mia.my_page_becomes(0, 2500).await;
    world.shelf_holds(&book, 4).await;
}

async fn twice(world: &World) {
    let mia = world.patron(100).await;
    let book = world.book(3, 10).await;
    let id = mia.borrow_approved(world, &book, 2).await;
    assert_eq!(mia.return_refusal(&id, 3).await, "TOO_MANY_RETURNED");
    assert_eq!(mia.return_refusal(&id, 0).await, "BAD_USER_INPUT");
    mia.bring_back(&id, 1).await;
    assert_eq!(mia.return_refusal(&id, 2).await, "TOO_MANY_RETURNED");
    mia.bring_back(&id, 1).await;
    assert_eq!(mia.return_refusal(&id, 1).await, "NOT_ON_LOAN");
    world.shelf_holds(&book, 3).await;
    mia.points_become(100).await;
    let (rejected, _) = mia.borrow_rejected(world, &book, 9).await;
    assert_eq!(mia.return_refusal(&rejected, 1).await, "NOT_ON_LOAN");
    assert_eq!(world.stock(&book).await, (3, 0));
}

async fn parts_on_time(world: &World) {
    let mia = world.patron(100).await;
    let book = world.book(3, 10).await;
    let id = mia.borrow_approved(world, &book, 3).await;
    for returned in 1..=3 {
        mia.bring_back(&id, 1).await;
        mia.points_become(70 + 10 * returned).await;
        mia.my_page_becomes(3 - returned, 0).await;
    }
    let credits: Vec<i64> = mia
        .ledger(&id)
        .await
        .into_iter()
        .map(|(_, amount)| amount)
        .collect();
    assert_eq!(credits, [-30, 10, 10, 10]);
}

async fn concurrent(world: &World) {
    let mia = world.patron(100).await;
    let book = world.book(2, 10).await;
    let id = mia.borrow_approved(world, &book, 2).await;
    let query = "mutation($id: ID!) { returnBook(id: $id, quantity: 2) { status } }";
    let attempts = (0..6).map(|_| mia.client.run(query, json!({"id": id})));
    let replies = futures_util::future::join_all(attempts).await;
    let (accepted, refused): (Vec<_>, Vec<_>) = replies
        .iter()
        .partition(|reply| reply.body["errors"] == Value::Null);
    assert_eq!(accepted.len(), 1, "{replies:?}");
    assert!(
        refused
            .iter()
            .all(|reply| reply.code() == Some("NOT_ON_LOAN")),
        "{replies:?}"
    );
    world.shelf_holds(&book, 2).await;
    mia.points_become(100).await;
}
