//! Mutations: strictly one root field after the other.

use serde_json::json;

use crate::support::{Shop, open_errors};

#[tokio::test]
async fn a_field_is_finished_with_its_entity_fetches_before_the_next_begins() {
    let shop = Shop::open().await;
    let answer = shop
        .ask(
            "mutation {
                first: renameProduct(id: 1, name: \"Stool\") { name reviews { body } }
                addReview(product: 1, author: \"u2\", body: \"late\") { body product { name reviews { body } } }
                second: renameProduct(id: 1, name: \"Bench\") { name reviews { body } }
            }",
        )
        .await;
    insta::assert_json_snapshot!(answer);
}

#[tokio::test]
async fn order_is_by_first_mention_even_through_fragments() {
    let shop = Shop::open().await;
    let answer = shop
        .ask(
            "mutation { ...A b: renameProduct(id: 1, name: \"B\") { name } ... { c: renameProduct(id: 1, name: \"C\") { name } } }
             fragment A on Mutation { a: renameProduct(id: 1, name: \"A\") { name } }",
        )
        .await;
    assert_eq!(
        answer["data"],
        json!({"a": {"name": "A"}, "b": {"name": "B"}, "c": {"name": "C"}})
    );
    assert_eq!(
        shop.ask("{ product(id: 1) { name } }").await["data"]["product"]["name"],
        "C"
    );
}

#[tokio::test]
async fn an_entity_fetch_of_a_mutation_may_fail_without_undoing_it() {
    let shop = Shop::open_with(open_errors).await;
    shop.reviews
        .fail(crate::support::upstream::Mode::Status(502));
    let answer = shop
        .ask("mutation { renameProduct(id: 3, name: \"Lantern\") { name reviews { id } } }")
        .await;
    assert_eq!(answer["data"], json!({"renameProduct": null}));
    assert_eq!(
        answer["errors"][0]["extensions"]["code"],
        "SUBREQUEST_HTTP_ERROR"
    );
    assert_eq!(
        shop.ask("{ product(id: 3) { name } }").await["data"]["product"]["name"],
        "Lantern"
    );
}
