//! The store, on both databases.

mod support;

use book::{
    MIGRATIONS,
    domain::{Book, Changes, NewBook, Status},
    store::{Filter, Position, Sort},
};
use kit::{Failure, Refusal};
use kit_testing::{TestDb, on_each_database};
use support::{World, new_book};

fn refusal<T: std::fmt::Debug>(outcome: Result<T, Failure>) -> &'static str {
    match outcome {
        Err(Failure::Refused(Refusal { code, .. })) => code,
        other => panic!("to be refused, not {other:?}"),
    }
}

#[tokio::test]
async fn a_book_is_kept_as_it_was_added_and_announced() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let book = world.add(new_book("B1", "데미안", 3)).await;
        let kept = world.book(book.id).await;
        assert_eq!(kept, book);
        let by_barcode = world.store.by_barcodes(&["B1".into(), "nope".into()]).await;
        assert_eq!(by_barcode.expect("the database").get("B1"), Some(&kept));
        assert_eq!(world.kinds(book.id).await, ["BookChanged"]);
        assert_eq!(
            world
                .store
                .book(world.clock.id())
                .await
                .expect("the database"),
            None
        );
    })
    .await;
}

#[tokio::test]
async fn a_barcode_is_taken_once_even_by_a_deleted_book() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let first = world.add(new_book("B1", "Demian", 1)).await;
        let add = async || {
            let second = Book::add(
                world.clock.id(),
                new_book("B1", "Siddhartha", 1),
                world.clock.now(),
            );
            world.store.add(second.expect("a proper book")).await
        };
        assert_eq!(refusal(add().await), "BARCODE_TAKEN");
        world
            .store
            .change(first.id, Book::delete)
            .await
            .expect("nothing is lent");
        assert_eq!(refusal(add().await), "BARCODE_TAKEN");
    })
    .await;
}

#[tokio::test]
async fn a_change_is_kept_and_announced_and_none_is_not() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let book = world.add(new_book("B1", "Demian", 3)).await;
        let edit = Changes {
            title: Some("Siddhartha".into()),
            copies: Some(5),
            ..Changes::default()
        };
        let changed = world
            .store
            .change(book.id, |book| book.update(&edit))
            .await
            .expect("a change");
        assert_eq!(
            (changed.title.as_str(), changed.available, changed.version),
            ("Siddhartha", 5, 2)
        );
        assert_eq!(world.book(book.id).await.title, "Siddhartha");
        world
            .store
            .change(book.id, |book| book.update(&edit))
            .await
            .expect("no change");
        world
            .store
            .change(book.id, Book::withdraw)
            .await
            .expect("a change");
        let versions: Vec<i64> = world
            .sent(book.id)
            .await
            .into_iter()
            .map(|(_, version, ..)| version)
            .collect();
        assert_eq!(versions, [1, 2, 3]);
        assert_eq!(
            refusal(world.store.change(world.clock.id(), Book::delete).await),
            "NOT_FOUND"
        );
    })
    .await;
}

#[tokio::test]
async fn a_refused_change_leaves_nothing_behind() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let book = world.add(new_book("B1", "Demian", 1)).await;
        world.reserve(world.clock.id(), book.id, 1).await;
        let before = world.book(book.id).await;
        assert_eq!(
            refusal(world.store.change(book.id, Book::delete).await),
            "BOOK_HAS_OPEN_LOANS"
        );
        assert_eq!(world.book(book.id).await, before);
        assert_eq!(world.kinds(book.id).await.len(), 2);
    })
    .await;
}

/// The database itself holds the line, whatever the code above it does.
#[tokio::test]
async fn the_database_refuses_impossible_stock() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        let book = world.add(new_book("B1", "Demian", 2)).await;
        for update in [
            "UPDATE book SET available = -1 WHERE id = $1",
            "UPDATE book SET available = 3 WHERE id = $1",
            "UPDATE book SET rental_cost = -1 WHERE id = $1",
        ] {
            let refused = sqlx::query(update)
                .bind(book.id.to_string())
                .execute(db.pool())
                .await;
            refused.expect_err(update);
        }
    })
    .await;
}

async fn catalogue(world: &World) {
    let books = [
        ("B1", "Zorba", "Kazantzakis", 300, 1),
        ("B2", "demian", "Hesse", 500, 2),
        ("B3", "Demian", "hesse", 100, 1),
        ("B4", "100% Wolle_!", "Strick", 300, 1),
        ("B5", "Ärger", "Émile", 200, 1),
    ];
    for (barcode, title, author, rental_cost, copies) in books {
        let draft = NewBook {
            author: author.into(),
            rental_cost,
            ..new_book(barcode, title, copies)
        };
        world.add(draft).await;
    }
}

/// The barcodes of all pages of `size` books.
async fn listed(world: &World, filter: &Filter, sort: Sort, size: i64) -> Vec<String> {
    let mut position = Position::start(sort);
    let mut barcodes = Vec::new();
    loop {
        let page = world
            .store
            .page(filter, &position, size)
            .await
            .expect("a page");
        let Some(last) = page.last() else {
            return barcodes;
        };
        position = Position::behind(sort, last);
        barcodes.extend(page.into_iter().map(|book| book.barcode));
    }
}

#[tokio::test]
async fn the_catalogue_is_listed_in_each_order_whatever_the_page() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        catalogue(&world).await;
        let all = Filter::default();
        for size in [1, 2, 3, 100] {
            // Where letters beyond ASCII go is the database's own matter: only plain ones are looked at here.
            let mut titles = listed(&world, &all, Sort::Title, size).await;
            titles.retain(|barcode| barcode != "B5");
            assert_eq!(titles, ["B4", "B2", "B3", "B1"], "pages of {size}");
            let mut authors = listed(&world, &all, Sort::Author, size).await;
            authors.retain(|barcode| barcode != "B5");
            assert_eq!(authors, ["B2", "B3", "B1", "B4"], "pages of {size}");
            let costs = listed(&world, &all, Sort::RentalCost, size).await;
            assert_eq!(costs, ["B3", "B5", "B1", "B4", "B2"], "pages of {size}");
            let newest = listed(&world, &all, Sort::Newest, size).await;
            assert_eq!(newest, ["B5", "B4", "B3", "B2", "B1"], "pages of {size}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_catalogue_is_searched_without_regard_to_case_and_literally() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        catalogue(&world).await;
        let search = async |text: &str| {
            let filter = Filter {
                text: Some(text.into()),
                status: None,
            };
            listed(&world, &filter, Sort::Newest, 10).await
        };
        assert_eq!(search("DEMI").await, ["B3", "B2"]);
        assert_eq!(search("hesse").await, ["B3", "B2"]);
        assert_eq!(search("ärg").await, ["B5"]);
        assert_eq!(search("ÉMILE").await, ["B5"]);
        assert_eq!(search("978-b1").await, ["B1"]);
        assert_eq!(search(" b4 ").await, ["B4"]);
        assert_eq!(search("0% w").await, ["B4"]);
        assert_eq!(search("_!").await, ["B4"]);
        assert_eq!(search("978-B").await, [""; 0], "only a whole ISBN is found");
        assert_eq!(search("' OR 1=1 --").await, [""; 0]);
        assert_eq!(search("").await.len(), 5);
    })
    .await;
}

#[tokio::test]
async fn the_catalogue_is_filtered_by_status_and_hides_deleted_books() {
    on_each_database(MIGRATIONS, async |TestDb { db, .. }| {
        let world = World::on(&db);
        catalogue(&world).await;
        let ids = world
            .store
            .by_barcodes(&["B1".into(), "B3".into(), "B4".into()])
            .await
            .expect("the database");
        world.reserve(world.clock.id(), ids["B1"].id, 1).await;
        world
            .store
            .change(ids["B3"].id, Book::withdraw)
            .await
            .expect("a change");
        world
            .store
            .change(ids["B4"].id, Book::delete)
            .await
            .expect("nothing is lent");
        let of = async |status| {
            let filter = Filter {
                text: None,
                status: Some(status),
            };
            listed(&world, &filter, Sort::Newest, 10).await
        };
        assert_eq!(of(Status::Available).await, ["B5", "B2"]);
        assert_eq!(of(Status::OnLoan).await, ["B1"]);
        assert_eq!(of(Status::Unavailable).await, ["B3"]);
        assert_eq!(
            listed(&world, &Filter::default(), Sort::Newest, 10).await,
            ["B5", "B3", "B2", "B1"]
        );
        assert!(world.book(ids["B4"].id).await.deleted, "it still resolves");
    })
    .await;
}
