//! Queries across subgraphs.

use gateway::engine::{Context, Outcome};
use serde_json::json;

use crate::support::{Shop, caller, request};

#[tokio::test]
async fn fields_of_three_subgraphs_meet_in_one_answer() {
    let shop = Shop::open().await;
    let answer = shop
        .ask("{ products { name reviews { body author { name } } } }")
        .await;
    insta::assert_json_snapshot!(answer);
}

#[tokio::test]
async fn keys_come_in_the_order_of_the_query_and_nothing_else_comes() {
    let shop = Shop::open().await;
    let query = "{ product(id: 1) { reviews { id } b: name a: id name } }";
    let outcome = shop
        .engine
        .execute(request(query, json!({})), Context::default())
        .await;
    let Outcome::Response(response) = outcome else {
        panic!("a stream was not asked for");
    };
    assert_eq!(
        response.to_bytes(),
        r#"{"data":{"product":{"reviews":[{"id":"r1"},{"id":"r2"}],"b":"Chair","a":"1","name":"Chair"}}}"#
    );
}

#[tokio::test]
async fn each_entity_is_asked_for_once() {
    let shop = Shop::open().await;
    let answer = shop
        .ask("{ reviews { author { name } product { name } } }")
        .await;
    assert_eq!(
        answer["data"]["reviews"][2],
        json!({"author": {"name": "User u1"}, "product": {"name": "Table"}})
    );
    let users = shop.users.asked();
    assert_eq!(users.len(), 1);
    let ids: Vec<_> = users[0]
        .representations("representations")
        .iter()
        .map(|one| one["id"].clone())
        .collect();
    assert_eq!(ids, ["u1", "u2"]);
    assert_eq!(
        shop.products.asked()[0]
            .representations("representations")
            .len(),
        2
    );
    assert_eq!(shop.reviews.asked().len(), 1);
}

#[tokio::test]
async fn different_paths_to_one_subgraph_share_a_request() {
    let shop = Shop::open().await;
    let answer = shop
        .ask("{ a: product(id: 1) { reviews { body } } b: product(id: 2) { reviews { id author { id } } } }")
        .await;
    assert_eq!(
        answer["data"]["b"]["reviews"],
        json!([{"id": "r3", "author": {"id": "u1"}}])
    );
    assert_eq!(answer["data"]["a"]["reviews"][1], json!({"body": "bad"}));
    assert_eq!(shop.reviews.asked().len(), 1);
}

#[tokio::test]
async fn one_entity_at_two_paths_keeps_what_each_path_asked() {
    let shop = Shop::open().await;
    let answer = shop
        .ask(
            "{ a: product(id: 1) { reviews { product { x: label(prefix: \"a\") } } }
               b: product(id: 1) { reviews { product { x: label(prefix: \"b\") } } } }",
        )
        .await;
    assert_eq!(
        answer["data"]["a"]["reviews"][0]["product"]["x"], "aChair",
        "{answer}"
    );
    assert_eq!(answer["data"]["b"]["reviews"][0]["product"]["x"], "bChair");
}

#[tokio::test]
async fn lists_of_lists_are_entered() {
    let shop = Shop::open().await;
    let answer = shop.ask("{ shelves { name reviews { body } } }").await;
    assert_eq!(
        answer["data"]["shelves"][0],
        json!([{"name": "Chair", "reviews": [{"body": "good"}, {"body": "bad"}]}])
    );
    assert_eq!(answer["data"]["shelves"][1], json!([]));
    assert_eq!(
        answer["data"]["shelves"][2][1],
        json!({"name": "Table", "reviews": [{"body": "fine"}]})
    );
    assert_eq!(
        shop.reviews.asked()[0]
            .representations("representations")
            .len(),
        3
    );
}

#[tokio::test]
async fn unions_and_interfaces_are_taken_apart_by_type() {
    let shop = Shop::open().await;
    let answer = shop
        .ask(
            "query { search { __typename ... on Product { name reviews { id } } ...Where }
                     things { kind: __typename id ... on Product { reviews { id } } } }
             fragment Where on Outlet { city ... on Thing { id } }",
        )
        .await;
    insta::assert_json_snapshot!(answer);
}

#[tokio::test]
async fn skip_and_include_follow_the_variables() {
    let shop = Shop::open().await;
    let query = "query($yes: Boolean!, $no: Boolean!) {
        product(id: 1) {
            id @skip(if: $yes) name @include(if: $yes) ... @include(if: $no) { shade }
            reviews @include(if: $no) { id } weight @skip(if: true) } }";
    let ask = |yes, no| shop.ask_with(query, json!({"yes": yes, "no": no}), Context::default());
    assert_eq!(
        ask(true, false).await["data"],
        json!({"product": {"name": "Chair"}})
    );
    assert!(shop.reviews.asked().is_empty());
    assert_eq!(
        ask(false, true).await["data"],
        json!({"product": {"id": "1", "shade": "DARK", "reviews": [{"id": "r1"}, {"id": "r2"}]}})
    );
}

#[tokio::test]
async fn variables_reach_the_subgraph_that_uses_them() {
    let shop = Shop::open().await;
    let query = "query($id: ID!, $p: String = \"the \") { product(id: $id) { label(prefix: $p) reviews { body } } }";
    let answer = shop
        .ask_with(query, json!({"id": 2}), Context::default())
        .await;
    assert_eq!(
        answer["data"]["product"],
        json!({"label": "the Table", "reviews": [{"body": "fine"}]})
    );
    assert!(shop.reviews.asked()[0].body["variables"].get("p").is_none());
}

#[tokio::test]
async fn an_entity_that_does_not_exist_is_null_up_to_where_null_may_be() {
    let shop = Shop::open().await;
    shop.ask("mutation { addReview(product: 1, author: \"nobody\", body: \"?\") { id } }")
        .await;
    let answer = shop
        .ask("{ product(id: 1) { name reviews { author { name } } } me { name } }")
        .await;
    insta::assert_json_snapshot!(answer);
}

#[tokio::test]
async fn introspection_is_the_gateways_own_even_beside_data() {
    let shop = Shop::open().await;
    let answer = shop
        .ask("{ kind: __typename me { id } __type(name: \"Product\") { name fields { name } } __schema { queryType { name } } }")
        .await;
    insta::assert_json_snapshot!(answer);
    shop.users.forget();
    let answer = shop.ask("{ __schema { types { name } } }").await;
    assert!(!answer.to_string().contains("join__"), "{answer}");
    assert!(shop.users.asked().is_empty());
}

#[tokio::test]
async fn the_callers_headers_go_to_every_subgraph() {
    let shop = Shop::open().await;
    let answer = shop
        .ask_with(
            "{ seen reviews { author { seen } } }",
            json!({}),
            caller("Bearer one"),
        )
        .await;
    assert_eq!(answer["data"]["seen"], "Bearer one");
    assert_eq!(answer["data"]["reviews"][0]["author"]["seen"], "Bearer one");
}

#[tokio::test]
async fn the_first_mention_that_counts_is_a_fields_place() {
    let shop = Shop::open().await;
    let query = "query($skip: Boolean!) {
        me { name @skip(if: $skip) ... @skip(if: $skip) { more: favourites { id weight } } id more: favourites { weight id } name }
    }";
    for (skip, expected) in [
        (
            false,
            r#"{"name":"User u1","more":[{"id":"1","weight":1.5},{"id":"1","weight":1.5},{"id":"2","weight":1.5}],"id":"u1"}"#,
        ),
        (
            true,
            r#"{"id":"u1","more":[{"weight":1.5,"id":"1"},{"weight":1.5,"id":"1"},{"weight":1.5,"id":"2"}],"name":"User u1"}"#,
        ),
    ] {
        let request = request(query, json!({ "skip": skip }));
        let Outcome::Response(response) = shop.engine.execute(request, Context::default()).await
        else {
            panic!("a stream was not asked for");
        };
        let text = String::from_utf8(response.to_bytes().to_vec()).expect("UTF-8");
        assert_eq!(text, format!(r#"{{"data":{{"me":{expected}}}}}"#), "{skip}");
    }
}

#[tokio::test]
async fn a_clients_variable_may_be_called_representations() {
    let shop = Shop::open().await;
    let query = "query($representations: Boolean!) {
        product(id: 1) { reviews { id body @include(if: $representations) } }
    }";
    let outcome = shop
        .engine
        .execute(
            request(query, json!({"representations": false})),
            Context::default(),
        )
        .await;
    let Outcome::Response(response) = outcome else {
        panic!("a stream was not asked for");
    };
    assert_eq!(
        response.to_bytes(),
        r#"{"data":{"product":{"reviews":[{"id":"r1"},{"id":"r2"}]}}}"#
    );
}
