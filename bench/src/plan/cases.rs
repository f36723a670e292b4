//! What is planned: the library's own supergraph, the planner's test fixtures, and made ones of several sizes.

use federation_testing::Shape;

/// A supergraph and operations over it.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) sdl: String,
    pub(crate) operations: Vec<(String, String)>,
}

const LIBRARY: &str = include_str!("../../../schema/supergraph.graphql");
const SHOP: &str = include_str!("../../../gateway/federation/tests/fixtures/shop.graphql");
const CATALOG: &str = include_str!("../../../gateway/federation/tests/fixtures/catalog.graphql");

const LIBRARY_OPERATIONS: [(&str, &str); 4] = [
    (
        "small",
        "query($id: ID!) { book(id: $id) { id title author status available } }",
    ),
    (
        "deep",
        "{ me { id name borrowings(first: 20) { edges { cursor node { id status quantity dueAt book { title author status
           borrowings(first: 5) { edges { node { id status user { name points
             borrowings(first: 3) { edges { node { id book { title available } } } } } } } } } } } } } }",
    ),
    (
        "wide",
        "query($id: ID!) {
           a: book(id: $id) { title borrowings(first: 5) { edges { node { id user { name } } } } }
           b: book(id: $id) { author borrowings(first: 9) { edges { node { status user { points } } } } }
           books(first: 20) { edges { node { id title author status available onLoan copies } } }
           borrowing(id: $id) { id status book { title isbn } user { id name } }
           me { id name points borrowings(first: 20) { edges { node { id status book { title author } } } } } }",
    ),
    (
        "mutation",
        "mutation($input: BorrowBookInput!, $id: ID!) {
           borrowBook(input: $input) { id status book { title available } user { points } }
           cancelBorrowing(id: $id) { id status book { title available } user { points } } }",
    ),
];

const SHOP_OPERATIONS: [(&str, &str); 3] = [
    ("small", "{ products { name reviews { id } } }"),
    (
        "deep",
        "{ products { name reviews { body author { name } } } }",
    ),
    (
        "abstract",
        "{ search { ... on Product { name reviews { author { name } } } } things { id } me { name } }",
    ),
];

const CATALOG_OPERATIONS: [(&str, &str); 2] = [
    ("small", "{ products { id shipping } }"),
    (
        "abstract",
        "{ media { __typename title stars ... on Book { pages } ... on Film { minutes } }
           pets { ... on Dog { name } ... on Cat { name toys } } rated { id stars title } }",
    ),
];

/// How big the made ones are: subgraphs, types.
const SIZES: [(usize, usize); 4] = [(5, 50), (20, 500), (50, 2000), (100, 5000)];

/// All of them.
pub(crate) fn all() -> Vec<Case> {
    let fixed = [
        ("library", LIBRARY, LIBRARY_OPERATIONS.as_slice()),
        ("shop", SHOP, SHOP_OPERATIONS.as_slice()),
        ("catalog", CATALOG, CATALOG_OPERATIONS.as_slice()),
    ];
    let fixed = fixed.into_iter().map(|(name, sdl, operations)| Case {
        name: name.to_owned(),
        sdl: sdl.to_owned(),
        operations: operations
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect(),
    });
    let made = SIZES.into_iter().map(|(subgraphs, types)| {
        let shape = Shape {
            subgraphs,
            types,
            seed: 1,
        };
        let made = shape.make();
        Case {
            name: format!("made {subgraphs}/{types}"),
            sdl: made.sdl,
            operations: made
                .operations
                .into_iter()
                .map(|sample| (sample.name.to_owned(), sample.text))
                .collect(),
        }
    });
    fixed.chain(made).collect()
}
