//! What directives say, by type and field.

use super::{accepted, federation};
use crate::compose::subgraph::Subgraph;

fn subgraph(sdl: &str) -> Subgraph {
    let imports = "\"@key\", \"@external\", \"@shareable\", \"@requires\", \"@provides\", \"@override\", \"@extends\", \
                   \"@interfaceObject\"";
    accepted(&format!("{}{sdl}", federation("v2.9", imports)))
}

fn shareable(subgraph: &Subgraph, field: &str) -> bool {
    subgraph
        .facts
        .field("Book", field)
        .expect("it is there")
        .is_shareable
}

#[test]
fn shareable_counts_where_it_stands() {
    let subgraph = subgraph(
        "type Book @shareable { a: Int }
        extend type Book { b: Int c: Int @shareable }
        extend type Book @shareable { d: Int }",
    );
    assert!(shareable(&subgraph, "a"));
    assert!(!shareable(&subgraph, "b"));
    assert!(shareable(&subgraph, "c"));
    assert!(shareable(&subgraph, "d"));
}

#[test]
fn external_counts_for_the_whole_type() {
    let subgraph = subgraph(
        "type Book @key(fields: \"a\") { a: Int } extend type Book @external { b: Int }
        type Query { book: Book @provides(fields: \"a b\") }",
    );
    for field in ["a", "b"] {
        assert!(
            subgraph
                .facts
                .field("Book", field)
                .expect("it is there")
                .is_external
        );
    }
}

#[test]
fn keys_are_in_order_and_know_their_place() {
    let subgraph = subgraph(
        "type Book @key(fields: \"id\") @key(fields: \"isbn shelf { row }\", resolvable: false) { id: ID isbn: ID shelf: Shelf }
        extend type Book @key(fields: \"title\") { title: String }
        type Shelf { row: Int }
        extend type Author @key(fields: \"id\") { id: ID }
        type Editor @extends @key(fields: \"id\") { id: ID }",
    );
    let book = subgraph.facts.ty("Book").expect("it is there");
    let keys: Vec<_> = book
        .keys
        .iter()
        .map(|key| {
            (
                key.fields.text.as_str(),
                key.is_resolvable,
                key.is_of_extension,
            )
        })
        .collect();
    assert_eq!(
        keys,
        [
            ("id", true, false),
            ("isbn shelf { row }", false, false),
            ("title", true, true)
        ]
    );
    assert!(!book.is_extension);
    for name in ["Author", "Editor"] {
        let ty = subgraph.facts.ty(name).expect("it is there");
        assert!(ty.is_extension && ty.keys[0].is_of_extension, "{name}");
    }
    assert!(
        subgraph.facts.defined.contains("Editor") && !subgraph.facts.defined.contains("Author")
    );
    assert!(
        subgraph
            .facts
            .field("Shelf", "row")
            .expect("it is there")
            .is_key_field
    );
}

#[test]
fn fields_know_what_is_said_of_them() {
    let subgraph = subgraph(
        "type Book @key(fields: \"id\") {
            id: ID
            pages: Int @external
            price: Int @requires(fields: \"pages\")
            stock: Int @override(from: \"shop\", label: \"percent(5)\")
            place: Int @override(from: \"shop\", label: \"\")
            author: Author @provides(fields: \"name\")
        }
        type Author @key(fields: \"id\") { id: ID name: String @external }",
    );
    let field = |name| subgraph.facts.field("Book", name).expect("it is there");
    assert_eq!(
        field("price")
            .requires
            .as_ref()
            .map(|set| set.text.as_str()),
        Some("pages")
    );
    assert_eq!(
        field("author")
            .provides
            .as_ref()
            .map(|set| set.text.as_str()),
        Some("name")
    );
    let overrides = field("stock").overrides.as_ref().expect("it overrides");
    assert_eq!(
        (overrides.from.as_str(), overrides.label.as_deref()),
        ("shop", Some("percent(5)"))
    );
    assert_eq!(
        field("place")
            .overrides
            .as_ref()
            .expect("it overrides")
            .label,
        None
    );
    assert!(field("pages").is_external && field("pages").is_used);
    assert!(
        subgraph
            .facts
            .field("Author", "name")
            .expect("it is there")
            .is_provided
    );
}
