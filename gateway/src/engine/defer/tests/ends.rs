use std::time::Duration;

use super::*;

#[tokio::test]
async fn an_answer_that_leaves_nothing_out_is_a_plain_one() {
    let mut deferring = Deferring::begin(LIKES, likes()).await;
    let nobody = json!({"data": {"me": null}});
    deferring.answer("users", nobody).await;
    assert_eq!(deferring.next().await, json!({"data": {"me": null}}));
    assert!(deferring.is_over().await);
}

#[tokio::test]
async fn nothing_follows_about_what_has_become_null() {
    let query = "{ me { favourites { id ... @defer { weight } } email } }";
    let weight = entities(1, "products", PRODUCT, "{ ... on Product { weight } }");
    let weight = flatten("me.favourites.@", weight);
    let root = "{ me { favourites { __typename id } email } }";
    let root = node(fetch(0, "users", root));
    let deferred = vec![part(None, "me.favourites.@", &[0], Some(weight))];
    let mut deferring = Deferring::begin(query, defer(Some(root), deferred)).await;
    let favourites = json!([{"__typename": "Product", "id": "1"}]);
    let answer = json!({
        "data": {"me": {"favourites": favourites, "email": null}},
        "errors": [{"message": "no mail", "path": ["me", "email"]}],
    });
    deferring.answer("users", answer).await;
    let answer = deferring.next().await;
    assert_eq!(
        (&answer["data"], &answer["hasNext"]),
        (&json!({"me": null}), &json!(null))
    );
    assert!(deferring.is_over().await);
}

#[tokio::test]
async fn a_client_that_goes_ends_what_runs() {
    let mut deferring = Deferring::begin(LIKES, likes()).await;
    deferring.answer("users", ada()).await;
    assert_eq!(deferring.next().await["hasNext"], true);
    let asked = deferring.asked("users").await;
    drop(deferring.answers);
    asked.given_up().await;
}

#[tokio::test]
async fn a_part_that_takes_too_long_is_null_and_the_last() {
    let world = World::new(SHOP).await;
    world.plan(LIKES, likes());
    let context = Context {
        timeout: Duration::from_secs(2),
        ..incremental()
    };
    let answers = world.run(LIKES, none(), context);
    let mut deferring = Deferring { world, answers };
    deferring.answer("users", ada()).await;
    assert_eq!(deferring.next().await["hasNext"], true);
    let asked = deferring.asked("users").await;
    let payload = deferring.next().await;
    let item = &payload["incremental"][0];
    assert_eq!(item["label"], "likes");
    assert_eq!(item["data"], json!(null));
    assert_eq!(item["errors"][0]["extensions"]["code"], "GATEWAY_TIMEOUT");
    assert_eq!(item["errors"][0]["path"], json!(["me"]));
    assert_eq!(payload["hasNext"], false);
    asked.given_up().await;
    assert!(deferring.is_over().await);
}
