//! The plans of the library's own operations, as a person would draw them.

use apollo_compiler::ExecutableDocument;
use federation::{PlanOptions, Planner, Supergraph};

const SUPERGRAPH: &str = include_str!("../../../schema/supergraph.graphql");

fn plan(operation: &str) -> String {
    let supergraph = Supergraph::parse(SUPERGRAPH).expect("the library's supergraph");
    let document = ExecutableDocument::parse_and_validate(
        supergraph.api_schema(),
        operation,
        "operation.graphql",
    )
    .unwrap_or_else(|error| panic!("{error}"));
    let operation = document.operations.get(None).expect("one operation");
    let options = PlanOptions {
        defer: true,
        ..PlanOptions::default()
    };
    Planner::new(&supergraph)
        .plan(&document, operation, &options)
        .expect("a plan")
        .to_text()
}

macro_rules! plans {
    ($($name:ident: $operation:literal,)*) => {
        $(#[test]
        fn $name() {
            insta::assert_snapshot!(plan($operation));
        })*
    };
}

plans! {
    a_book_by_its_barcode: "query($barcode: String!) {
        bookByBarcode(barcode: $barcode) { id title available rentalCost } }",
    the_catalogue: "query($filter: BookFilter, $after: String) {
        books(filter: $filter, first: 20, after: $after) {
            edges { cursor node { id title author status available onLoan } } pageInfo { hasNextPage endCursor } } }",
    my_loans: "{ me { id name borrowings(first: 20) {
        edges { node { id status dueAt book { title author } } } } } }",
    my_page: "{ me { name points myPage { entries(first: 10) {
        edges { node { borrowing { id status } book { title } status quantity dueAt } } } } } }",
    a_loan_with_its_timeline: "query($id: ID!) {
        borrowing(id: $id) { status user { name blocked } book { title available } timeline { at step detail } } }",
    a_book_and_who_has_it: "query($id: ID!) {
        book(id: $id) { title borrowings(first: 5) { edges { node { status user { name points } } } } } }",
    borrowing_a_book: "mutation($input: BorrowBookInput!) {
        borrowBook(input: $input) { id status book { title available } user { points } } }",
    two_mutations_one_after_the_other: "mutation($id: ID!, $other: ID!) {
        returnBook(id: $id) { status book { available } } cancelBorrowing(id: $other) { status } }",
    a_loans_status_live: "subscription($id: ID!) {
        borrowingStatusChanged(id: $id) { status rejectionReason book { title available } user { points } } }",
    a_books_stock_live: "subscription($id: ID!) { bookStockChanged(bookId: $id) { title status available } }",
    loans_deferred: "{ me { name ... @defer(label: \"loans\") { borrowings(first: 5) {
        edges { node { status book { title } } } } } } }",
    loans_on_demand: "query($loans: Boolean!) { me { name borrowings(first: 5) @include(if: $loans) { edges { node { status } } } } }",
}
