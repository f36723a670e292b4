//! The search finds what is cheaper, and nothing where there is nothing.

use federation::plan::Node;

use super::{
    Cheapest,
    testing::{at, cheapest, entity, include, node, par, root, seq},
};

const PRODUCT: &str = "{... on Product {__typename id}}";

fn product(text: &str) -> Node {
    node(root(
        "catalog",
        &format!("{{ product(id: 1) {{ {text} }} }}"),
    ))
}

fn stock(requires: &str, text: &str) -> Node {
    at(
        "product",
        entity("stock", requires, &format!("{{... on Product {{{text}}}}}")),
    )
}

#[test]
fn a_round_too_many_is_found() {
    let query = "{ product(id: 1) { count reviews { id } } }";
    let reviews = at(
        "product",
        entity("reviews", PRODUCT, "{... on Product {reviews {id}}}"),
    );
    let count = stock(PRODUCT, "count");
    let good = seq([
        product("__typename id"),
        par([count.clone(), reviews.clone()]),
    ]);
    assert_eq!(cheapest(query, good), Cheapest::Same);
    let slow = seq([product("__typename id"), count, reviews]);
    let rounds = Cheapest::Cheaper(vec![
        vec!["catalog at ".to_owned()],
        vec![
            "reviews at product".to_owned(),
            "stock at product".to_owned(),
        ],
    ]);
    assert_eq!(cheapest(query, slow), rounds);
}

#[test]
fn a_fetch_too_many_is_found() {
    // The weight is there already when it is required.
    let query = "{ product(id: 1) { shipping note } }";
    let requires = "{... on Product {__typename id weight size}}";
    let size = "size(unit: \"cm\")";
    let good = seq([
        product(&format!("__typename id weight {size} note")),
        stock(requires, "shipping"),
    ]);
    assert_eq!(cheapest(query, good), Cheapest::Same);
    let note = at(
        "product",
        entity("catalog", PRODUCT, "{... on Product {note}}"),
    );
    let wasteful = seq([
        product(&format!("__typename id weight {size}")),
        par([stock(requires, "shipping"), note]),
    ]);
    let rounds = Cheapest::Cheaper(vec![
        vec!["catalog at ".to_owned()],
        vec!["stock at product".to_owned()],
    ]);
    assert_eq!(cheapest(query, wasteful), rounds);
}

#[test]
fn types_that_an_interface_object_does_not_tell_take_a_round() {
    let query = "{ rated { stars title } }";
    let good = seq([
        node(root("reviews", "{ rated { __typename id stars } }")),
        at(
            "rated.@",
            entity(
                "catalog",
                "{... on Media {__typename id}}",
                "{... on Media {__typename title}}",
            ),
        ),
    ]);
    assert_eq!(cheapest(query, good), Cheapest::Same);
}

#[test]
fn types_that_one_subgraph_knows_are_not_lost_to_another() {
    // Both know products, and books would be null if both were asked.
    let query = "{ any { ... on Product { note reviews { id } } } }";
    let good = seq([
        node(root(
            "catalog",
            "{ any { __typename ... on Product { id note } } }",
        )),
        at(
            "any.[Product]",
            entity("reviews", PRODUCT, "{... on Product {reviews {id}}}"),
        ),
    ]);
    assert_eq!(cheapest(query, good), Cheapest::Same);
}

#[test]
fn subscriptions_and_conditions_are_looked_at() {
    let query = "subscription($yes: Boolean!) { changed { count @include(if: $yes) sku } }";
    let plan = |rest: Node| Node::Subscription {
        primary: Box::new(root(
            "catalog",
            "subscription { changed { __typename id } }",
        )),
        rest: Some(Box::new(rest)),
    };
    let sku = at(
        "changed",
        entity("stock", PRODUCT, "{... on Product {sku}}"),
    );
    let count = "{... on Product {count}}";
    let conditional = include("yes", at("changed", entity("stock", PRODUCT, count)));
    // Side by side they are one request; one after the other they are two.
    let beside = cheapest(query, plan(par([sku.clone(), conditional.clone()])));
    assert_eq!(beside, Cheapest::Same);
    let apart = cheapest(query, plan(seq([sku, conditional])));
    let together = Cheapest::Cheaper(vec![
        vec!["catalog at ".to_owned()],
        vec!["stock at changed".to_owned()],
    ]);
    assert_eq!(apart, together);
    let both = entity(
        "stock",
        PRODUCT,
        "{... on Product {sku count @include(if: $yes)}}",
    );
    assert_eq!(cheapest(query, plan(at("changed", both))), Cheapest::Same);
}

#[test]
fn what_it_cannot_look_at_is_said() {
    let query = "query($yes: Boolean!) {
        product(id: 1) { name @include(if: $yes) weight @skip(if: $yes) }
    }";
    assert_eq!(
        cheapest(query, product("name")),
        Cheapest::OutOfBounds,
        "never is all selected"
    );
    let mutation = "mutation { rename(id: 1) { name } }";
    assert_eq!(
        cheapest(mutation, node(root("catalog", mutation))),
        Cheapest::OutOfBounds,
        "mutations"
    );
}
