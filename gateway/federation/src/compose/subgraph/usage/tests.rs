use crate::compose::{
    SubgraphSchema,
    report::Report,
    subgraph::{FieldFacts, Subgraph, load},
};

fn subgraph(sdl: &str) -> Subgraph {
    let source = SubgraphSchema {
        name: "books".to_owned(),
        url: String::new(),
        sdl: format!(
            r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
                import: ["@key", "@requires", "@provides", "@external", "@context", "@fromContext"])
            {sdl}"#
        ),
        origin: String::new(),
    };
    let mut report = Report::default();
    let mut subgraphs = load(&[source], &mut report);
    assert!(!report.has_errors(), "{:?}", report.check());
    subgraphs.remove(0)
}

/// The coordinates of the fields of which something is so, sorted.
fn fields(subgraph: &Subgraph, is_so: impl Fn(&FieldFacts) -> bool) -> Vec<String> {
    let mut found: Vec<_> = subgraph
        .facts
        .types
        .iter()
        .flat_map(|(ty, facts)| {
            facts
                .fields
                .iter()
                .map(move |(field, facts)| (ty, field, facts))
        })
        .filter(|(.., facts)| is_so(facts))
        .map(|(ty, field, _)| format!("{ty}.{field}"))
        .collect();
    found.sort();
    found
}

#[test]
fn key_fields_are_found_at_any_depth() {
    let subgraph = subgraph(
        r#"type Query { book: Book }
        type Book @key(fields: "id work { ... on Work { id } }") { id: ID work: Work title: String }
        type Work { id: ID year: Int }"#,
    );
    let keys = ["Book.id", "Book.work", "Work.id"];
    assert_eq!(fields(&subgraph, |field| field.is_key_field), keys);
    assert_eq!(fields(&subgraph, |field| field.is_used), keys);
}

#[test]
fn what_is_provided_of_an_interface_is_provided_of_its_objects() {
    let subgraph = subgraph(
        r#"type Query { work: Work @provides(fields: "title ... on Film { length }") }
        interface Work { title: String }
        type Novel implements Work { title: String @external pages: Int }
        type Film implements Work { title: String length: Int @external }"#,
    );
    assert_eq!(
        fields(&subgraph, |field| field.is_provided),
        ["Film.length", "Film.title", "Novel.title", "Work.title"]
    );
    assert_eq!(
        fields(&subgraph, |field| field.is_external),
        ["Film.length", "Novel.title"]
    );
}

#[test]
fn requirements_contexts_and_interfaces_use_fields() {
    let subgraph = subgraph(
        r#"type Query { book: Book }
        interface Named { name: String }
        type Book implements Named @key(fields: "id") @context(name: "book") {
            id: ID
            name: String
            weight: Int @external
            price: Int @requires(fields: "weight")
            language: String
            page: Page
        }
        type Page @key(fields: "id") {
            id: ID
            text(in: String @fromContext(field: "$book { language }")): String
        }"#,
    );
    assert_eq!(
        fields(&subgraph, |field| field.is_used && !field.is_key_field),
        ["Book.language", "Book.name", "Book.weight"]
    );
}

#[test]
fn key_fields_of_extensions_are_not_external() {
    let subgraph = subgraph(
        r#"type Query { book: Book }
        extend type Book @key(fields: "id") { id: ID @external title: String @external }
        type Work @key(fields: "id") { id: ID @external }"#,
    );
    assert_eq!(
        fields(&subgraph, |field| field.is_external_key_of_extension),
        ["Book.id"]
    );
    assert_eq!(
        fields(&subgraph, |field| field.is_external),
        ["Book.title", "Work.id"]
    );
}
