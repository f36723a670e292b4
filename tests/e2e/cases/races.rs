//! Readers who want the same copy at the same moment.

use futures_util::future::join_all;

use super::{Case, case};
use crate::library::{Book, Patron};
use crate::world::World;

const ROUNDS: usize = 20;
const READERS: usize = 4;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("races::one_of_many_gets_the_last_copy", |w| {
            Box::pin(last_copy(w))
        }),
        case("races::no_more_is_lent_than_there_is", |w| {
            Box::pin(quantities(w))
        }),
        case("races::no_more_is_charged_than_there_is", |w| {
            Box::pin(points(w))
        }),
    ]
}

/// All ask at once; returns each one's loan and its final status.
async fn all_at_once(
    world: &World,
    readers: &[Patron],
    book: &Book,
    quantity: i64,
) -> Vec<(String, String)> {
    join_all(readers.iter().map(async |reader| {
        let id = reader.borrow(world, book, quantity).await;
        let status = reader.decision(&id).await["status"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        (id, status)
    }))
    .await
}

async fn last_copy(world: &World) {
    let readers = join_all((0..READERS).map(|_| world.patron(1000))).await;
    for round in 0..ROUNDS {
        let book = world.book(1, 10).await;
        let before = join_all(readers.iter().map(Patron::points)).await;
        let outcomes = all_at_once(world, &readers, &book, 1).await;
        let winners: Vec<usize> = (0..READERS)
            .filter(|&reader| outcomes[reader].1 == "APPROVED")
            .collect();
        assert_eq!(winners.len(), 1, "round {round}: {outcomes:?}");
        assert!(
            outcomes
                .iter()
                .filter(|(_, status)| status == "REJECTED")
                .count()
                == READERS - 1
        );
        assert_eq!(world.stock(&book).await, (0, 1), "round {round}");
        // Only the winner was ever charged.
        for (at, reader) in readers.iter().enumerate() {
            let expected = before[at] - if winners.contains(&at) { 10 } else { 0 };
            assert_eq!(
                reader.points().await,
                expected,
                "round {round}, reader {at}"
            );
            let entries = reader.ledger(&outcomes[at].0).await.len();
            assert_eq!(
                entries,
                usize::from(winners.contains(&at)),
                "round {round}, reader {at}"
            );
        }
    }
}

async fn quantities(world: &World) {
    let readers = join_all((0..6).map(|_| world.patron(1000))).await;
    let book = world.book(7, 1).await;
    let outcomes = all_at_once(world, &readers, &book, 2).await;
    let approved = outcomes
        .iter()
        .filter(|(_, status)| status == "APPROVED")
        .count();
    assert_eq!(approved, 3, "{outcomes:?}");
    assert_eq!(world.stock(&book).await, (1, 6));
    let loans = outcomes
        .iter()
        .zip(&readers)
        .filter(|((_, status), _)| status == "APPROVED");
    join_all(loans.map(|((id, _), reader)| reader.bring_back(id, 2))).await;
    world.shelf_holds(&book, 7).await;
}

async fn points(world: &World) {
    let mia = world.patron(100).await;
    let books = join_all((0..6).map(|_| world.book(1, 40))).await;
    let loans = join_all(books.iter().map(async |book| {
        let id = mia.borrow(world, book, 1).await;
        (mia.decision(&id).await, id)
    }))
    .await;
    let approved = loans
        .iter()
        .filter(|(decided, _)| decided["status"] == "APPROVED")
        .count();
    assert_eq!(approved, 2, "{loans:?}");
    let poor = loans
        .iter()
        .filter(|(decided, _)| decided["rejectionReason"] == "NOT_ENOUGH_POINTS");
    assert_eq!(poor.count(), 4);
    assert_eq!(mia.points().await, 20);
    for (book, (decided, _)) in books.iter().zip(&loans) {
        let left = i64::from(decided["status"] != "APPROVED");
        world.shelf_holds(book, left).await;
    }
}
