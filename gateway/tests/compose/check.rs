//! `gateway compose --check`.

use serde_json::Value;

use crate::support::{BOOKS, Folder, STOCK, Told};

/// A folder with a published supergraph of the two subgraphs.
fn published() -> Folder {
    let folder = Folder::with(&[("books.graphql", BOOKS), ("stock.graphql", STOCK)]);
    let told = compose(&folder, &["--output", "published.graphql"]);
    assert_eq!(told.code, 0, "{told:?}");
    folder
}

fn compose(folder: &Folder, arguments: &[&str]) -> Told {
    let mut all = vec![
        "books.graphql",
        "stock.graphql",
        "--routing-url=books=http://books.example",
        "--routing-url=stock=http://stock.example",
    ];
    all.extend(arguments);
    folder.compose(&all)
}

fn check(folder: &Folder, arguments: &[&str]) -> Told {
    let mut all = vec!["--check"];
    all.extend(arguments);
    let told = compose(folder, &all);
    assert_eq!(told.err, "", "{told:?}");
    told
}

#[test]
fn a_stale_file_is_found_and_left_alone() {
    let folder = published();
    let fresh = check(&folder, &["--output", "published.graphql"]);
    assert_eq!(
        (fresh.code, fresh.out.as_str()),
        (
            0,
            "the subgraphs compose; 0 changes, 0 of them break clients\n"
        )
    );
    folder.write("stock.graphql", &STOCK.replace("Int!", "Int"));
    let before = folder.read("published.graphql");
    let stale = check(&folder, &["--output", "published.graphql"]);
    assert_eq!(stale.code, 3);
    assert!(
        stale.out.starts_with(
            "published.graphql is stale: compose again without --check, and commit the result\n"
        ),
        "{stale:?}"
    );
    assert_eq!(folder.read("published.graphql"), before);
    assert_eq!(check(&folder, &["--output", "new.graphql"]).code, 3);
    assert!(!folder.has("new.graphql"));
}

#[test]
fn without_operations_every_breaking_change_counts() {
    let folder = published();
    folder.write(
        "books.graphql",
        &BOOKS.replace("title: String!", "title: String!\n  year: Int"),
    );
    let more = check(&folder, &["--published", "published.graphql"]);
    assert_eq!(
        (more.code, more.out.as_str()),
        (
            0,
            "safe: Book.year was added\nthe subgraphs compose; 1 changes, 0 of them break clients\n"
        )
    );
    folder.write("books.graphql", &BOOKS.replace("  title: String!\n", ""));
    let less = check(&folder, &["--published", "published.graphql"]);
    assert_eq!(
        (less.code, less.out.as_str()),
        (
            3,
            "breaking: Book.title was removed\nthe subgraphs compose; 1 changes, 1 of them break clients\n"
        )
    );
}

#[test]
fn with_operations_those_count_that_use_what_has_changed() {
    let folder = published();
    folder.write(
        "operations/stock.graphql",
        "query Stock($id: ID!) { book(id: $id) { available } }",
    );
    folder.write("books.graphql", &BOOKS.replace("  title: String!\n", ""));
    let arguments = [
        "--published",
        "published.graphql",
        "--operations",
        "operations",
    ];
    let unused = check(&folder, &arguments);
    assert_eq!(
        (unused.code, unused.out.as_str()),
        (
            0,
            "breaking: Book.title was removed\nthe subgraphs compose; 1 changes, 0 of them break one of 1 operations\n"
        )
    );
    // A fragment may live in a file of its own.
    folder.write(
        "operations/list/title.graphql",
        "query Title { book(id: 1) { ...Name } }",
    );
    folder.write(
        "operations/fragments.gql",
        "fragment Name on Book { title }",
    );
    let used = check(&folder, &arguments);
    assert_eq!(used.code, 3, "{used:?}");
    assert!(
        used.out.starts_with(
            "breaking: Book.title was removed\n    used by operations/list/title.graphql (Title)\n"
        ),
        "{}",
        used.out
    );
    assert!(
        used.out
            .contains("operations/list/title.graphql would be refused:\n"),
        "{}",
        used.out
    );
    let json = check(&folder, &[&arguments[..], &["--format", "json"]].concat());
    let value: Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(value["check"]["failed"], true);
    assert_eq!(value["check"]["operations"], 2);
    assert_eq!(value["check"]["changes"][0]["coordinate"], "Book.title");
    assert_eq!(
        value["check"]["changes"][0]["operations"][0],
        "operations/list/title.graphql (Title)"
    );
}

#[test]
fn operations_that_cannot_be_judged_fail_the_check() {
    let folder = published();
    let arguments = [
        "--check",
        "--published",
        "published.graphql",
        "--operations",
        "operations",
    ];
    let none = compose(&folder, &arguments);
    assert_eq!(none.code, 1);
    assert!(
        none.err.starts_with("gateway: cannot read operations: "),
        "{none:?}"
    );
    folder.write("operations/readme.md", "nothing here");
    let empty = compose(&folder, &arguments);
    assert_eq!(
        empty.err,
        "gateway: there are no operations (.graphql, .gql) in operations\n"
    );
    folder.write("operations/wrong.graphql", "{ shelf }");
    let wrong = compose(&folder, &arguments);
    assert!(
        wrong.err.starts_with("gateway: operations/wrong.graphql: this is no GraphQL operation over the published supergraph:\n"),
        "{wrong:?}"
    );
}
