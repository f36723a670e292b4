//! Subgraphs that fail: errors in the right place, everything else still there.

use std::time::Duration;

use gateway::engine::Upstreams;
use serde_json::json;

use crate::support::{Shop, open_errors, upstream::Mode};

fn impatient(upstreams: &mut Upstreams) {
    open_errors(upstreams);
    upstreams.timeout = Duration::from_millis(200);
}

#[tokio::test]
async fn errors_of_subgraphs_are_masked_by_default() {
    let shop = Shop::open().await;
    let answer = shop.ask("{ products { name discount } }").await;
    insta::assert_json_snapshot!(answer);
}

#[tokio::test]
async fn errors_pass_where_the_configuration_says_so() {
    let shop = Shop::open_with(open_errors).await;
    let answer = shop.ask("{ products { name discount } }").await;
    insta::assert_json_snapshot!(answer);
}

#[tokio::test]
async fn one_subgraphs_errors_may_pass_alone() {
    let shop = Shop::open_with(|upstreams| {
        upstreams
            .errors
            .subgraphs
            .insert("products".to_owned(), true);
    })
    .await;
    let answer = shop
        .ask("{ products { discount } reviews { author { email } } }")
        .await;
    let messages: Vec<_> = answer["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["message"].clone())
        .collect();
    assert!(
        messages.contains(&json!("no discount for tables")),
        "{answer}"
    );
    assert!(
        messages.contains(&json!("Subgraph errors redacted")),
        "{answer}"
    );
}

#[tokio::test]
async fn null_goes_up_to_the_nearest_field_that_may_be_null() {
    let shop = Shop::open_with(open_errors).await;
    let answer = shop
        .ask("{ product(id: 2) { name stock } other: product(id: 1) { stock } }")
        .await;
    assert_eq!(
        answer["data"],
        json!({"product": null, "other": {"stock": 7}})
    );
    assert_eq!(answer["errors"].as_array().unwrap().len(), 1);
    assert_eq!(answer["errors"][0]["path"], json!(["product", "stock"]));
}

#[tokio::test]
async fn a_subgraph_that_fails_leaves_the_others_data() {
    for mode in [
        Mode::Status(500),
        Mode::Html,
        Mode::Body("{\"data\":"),
        Mode::Body("[]"),
        Mode::Body("{}"),
        Mode::Body("{\"data\":3}"),
        Mode::Silent,
    ] {
        let shop = Shop::open_with(impatient).await;
        shop.users.fail(mode.clone());
        let answer = shop.ask("{ product(id: 1) { name } me { name } }").await;
        assert_eq!(
            answer["data"],
            json!({"product": {"name": "Chair"}, "me": null}),
            "{mode:?}"
        );
        let error = &answer["errors"][0];
        assert_eq!(error["path"], json!(["me"]), "{mode:?}");
        assert_eq!(
            error["extensions"]["code"], "SUBREQUEST_HTTP_ERROR",
            "{mode:?}"
        );
        assert_eq!(error["extensions"]["service"], "users", "{mode:?}");
        assert_eq!(
            answer["errors"].as_array().unwrap().len(),
            1,
            "{mode:?}: {answer}"
        );
    }
}

#[tokio::test]
async fn entities_that_cannot_be_fetched_are_null_and_said_once() {
    for mode in [
        Mode::Status(503),
        Mode::Body("{\"data\":{\"_entities\":[]}}"),
        Mode::Body("{\"data\":{\"_entities\":null}}"),
        Mode::Silent,
    ] {
        let shop = Shop::open_with(impatient).await;
        shop.reviews.fail(mode.clone());
        let answer = shop
            .ask("{ product(id: 1) { name reviews { id } } me { name } }")
            .await;
        assert_eq!(
            answer["data"],
            json!({"product": null, "me": {"name": "User u1"}}),
            "{mode:?}"
        );
        assert_eq!(
            answer["errors"].as_array().unwrap().len(),
            1,
            "{mode:?}: {answer}"
        );
        assert_eq!(answer["errors"][0]["path"], json!(["product"]), "{mode:?}");
    }
}

#[tokio::test]
async fn values_of_the_wrong_type_are_null_with_an_error() {
    let shop = Shop::open_with(open_errors).await;
    shop.products.fail(Mode::Body(
        "{\"data\":{\"product\":{\"name\":\"Chair\",\"discount\":\"ten\",\"shade\":\"PINK\"},\"seen\":[1]}}",
    ));
    let answer = shop.ask("{ product(id: 1) { name discount } }").await;
    assert_eq!(
        answer["data"],
        json!({"product": {"name": "Chair", "discount": null}})
    );
    assert_eq!(answer["errors"][0]["path"], json!(["product", "discount"]));
    let answer = shop.ask("{ product(id: 1) { shade } }").await;
    assert_eq!(answer["data"], json!({"product": null}));
    assert_eq!(answer["errors"][0]["path"], json!(["product", "shade"]));
    let answer = shop.ask("{ seen }").await;
    assert_eq!(answer["data"], json!(null));
}

#[tokio::test]
async fn a_request_has_a_bound_of_its_own() {
    let shop = Shop::open().await;
    shop.users.fail(Mode::Silent);
    let context = gateway::engine::Context {
        timeout: Duration::from_millis(100),
        ..Default::default()
    };
    let answer = shop.ask_with("{ me { name } }", json!({}), context).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "GATEWAY_TIMEOUT");
}

#[tokio::test]
async fn an_unreachable_subgraph_is_an_error_of_its_fields() {
    let shop = Shop::open_with(|upstreams| {
        upstreams
            .urls
            .insert("users".to_owned(), "http://127.0.0.1:1/graphql".to_owned());
        upstreams
            .urls
            .insert("reviews".to_owned(), "not a url".to_owned());
    })
    .await;
    let answer = shop
        .ask("{ me { name } products { reviews { id } } }")
        .await;
    assert_eq!(answer["data"], json!(null));
    let codes: Vec<_> = answer["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["extensions"]["code"].clone())
        .collect();
    assert_eq!(codes, ["SUBREQUEST_HTTP_ERROR", "SUBREQUEST_HTTP_ERROR"]);
    assert!(!answer.to_string().contains("127.0.0.1"), "{answer}");
}
