//! Subgraphs' names and their values in `join__Graph`.

use super::load_all;
use crate::compose::ErrorCode;

const SDL: &str = "type Query { a: Int }";

fn values(names: &[&str]) -> Vec<(String, String)> {
    let subgraphs: Vec<_> = names.iter().map(|name| (*name, SDL)).collect();
    let loaded = load_all(&subgraphs);
    assert_eq!(loaded.errors, []);
    loaded
        .subgraphs
        .into_iter()
        .map(|one| (one.name, one.graph.to_string()))
        .collect()
}

fn value(name: &str) -> String {
    values(&[name]).remove(0).1
}

#[test]
fn values_are_names_in_capitals() {
    for (name, expected) in [
        ("books", "BOOKS"),
        ("my-books", "MY_BOOKS"),
        ("myBooks", "MYBOOKS"),
        ("my.books/v2", "MY_BOOKS_V2"),
        ("2fans", "_2FANS"),
        ("books_2", "BOOKS_2_"),
        ("books2", "BOOKS2"),
        ("größe", "GR__E"),
        ("-", "_"),
    ] {
        assert_eq!(value(name), expected, "{name}");
    }
}

#[test]
fn values_differ_and_are_in_order() {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let expected = [
        pair("c", "C"),
        pair("my-books", "MY_BOOKS_1"),
        pair("my_books", "MY_BOOKS_2"),
    ];
    assert_eq!(values(&["my_books", "c", "my-books"]), expected);
    assert_eq!(values(&["my-books", "my_books", "c"]), expected);
    let crowd = ["a", "A", "a_1", "A_1", "a-1", "a_2", "a_1_"];
    let mut given: Vec<_> = values(&crowd).into_iter().map(|(_, value)| value).collect();
    given.dedup();
    assert_eq!(given.len(), crowd.len(), "{given:?}");
}

#[test]
fn names_are_there_once_and_not_reserved() {
    let codes = |names: &[&str]| {
        let subgraphs: Vec<_> = names.iter().map(|name| (*name, SDL)).collect();
        load_all(&subgraphs).codes()
    };
    assert_eq!(codes(&["a", "b"]), []);
    assert_eq!(codes(&["", "b"]), [ErrorCode::InvalidSubgraphName]);
    assert_eq!(codes(&["_", "b"]), [ErrorCode::InvalidSubgraphName]);
    assert_eq!(
        codes(&["a", "b", "a", "a"]),
        [ErrorCode::InvalidSubgraphName]
    );
    assert_eq!(codes(&["__a"]), [ErrorCode::InvalidGraphql]);
    assert_eq!(codes(&["--a"]), [ErrorCode::InvalidGraphql]);
    assert_eq!(codes(&[]), [ErrorCode::NoQueries]);
}
