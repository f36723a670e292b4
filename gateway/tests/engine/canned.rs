//! Requirements, interface objects, hidden elements and odd values, against subgraphs that answer what the test says.

use std::collections::HashMap;

use federation::Supergraph;
use gateway::engine::{Context, Engine, Upstreams};
use serde_json::{Value, json};

use crate::support::{
    ask, open_errors,
    upstream::{Canned, Mode, Subgraph, serve},
};

/// Composed by hand-written SDL with `@theguild/federation-composition`.
const SUPERGRAPH: &str = include_str!("../../federation/tests/fixtures/catalog.graphql");

/// A subgraph that answers its first request with `answer`.
async fn catalog(answers: &[(&str, &'static str)]) -> (Engine, HashMap<String, Subgraph>) {
    let mut upstreams = Upstreams::new(ops::client::http_client());
    open_errors(&mut upstreams);
    let mut subgraphs = HashMap::new();
    for (name, answer) in answers {
        let subgraph = serve(Canned).await;
        subgraph.fail(Mode::Body(answer));
        upstreams
            .urls
            .insert((*name).to_owned(), subgraph.url.clone());
        subgraphs.insert((*name).to_owned(), subgraph);
    }
    (
        Engine::new(
            Supergraph::parse(SUPERGRAPH).expect("the fixture loads"),
            upstreams,
        ),
        subgraphs,
    )
}

async fn answer(engine: &Engine, query: &str) -> Value {
    ask(engine, query, json!({}), Context::default()).await
}

#[tokio::test]
async fn requirements_are_sent_and_objects_without_them_are_left_out() {
    let (engine, subgraphs) = catalog(&[
        (
            "stock",
            r#"{"data":{"products":[
                {"__typename":"Product","id":"1","weight":2,"price":null},
                {"__typename":"Product","id":"2","price":1},
                {"__typename":"Product","id":"1","weight":2,"price":null}]}}"#,
        ),
        ("shipping", r#"{"data":{"_entities":[{"shipping":9}]}}"#),
    ])
    .await;
    let answer = answer(&engine, "{ products { shipping } }").await;
    assert_eq!(
        answer,
        json!({"data": {"products": [{"shipping": 9}, {"shipping": null}, {"shipping": 9}]}})
    );
    assert_eq!(
        subgraphs["shipping"].asked()[0].representations("representations"),
        [json!({"__typename": "Product", "id": "1", "weight": 2, "price": null})]
    );
}

#[tokio::test]
async fn an_entitys_error_is_placed_in_the_clients_words() {
    let (engine, _) = catalog(&[
        (
            "stock",
            r#"{"data":{"products":[
                {"__typename":"Product","id":"1","weight":2,"price":3},
                {"__typename":"Product","id":"2","weight":2,"price":3},
                {"__typename":"Product","id":"1","weight":2,"price":3}]}}"#,
        ),
        (
            "shipping",
            r#"{"data":{"_entities":[{"cost":null},{"cost":4}]},
                "errors":[{"message":"no way","path":["_entities",0,"cost"],"extensions":{"code":"NO_WAY"}}]}"#,
        ),
    ])
    .await;
    insta::assert_json_snapshot!(answer(&engine, "{ products { cost: shipping } }").await);
}

#[tokio::test]
async fn interface_objects_are_asked_by_the_interfaces_name() {
    let (engine, subgraphs) = catalog(&[
        (
            "media",
            r#"{"data":{"media":[
                {"__typename":"Book","id":"1","title":"Momo"},
                {"__typename":"Film","id":"2","title":"Ran"}]}}"#,
        ),
        (
            "ratings",
            r#"{"data":{"_entities":[{"__typename":"Media","stars":5},{"__typename":"Media","stars":4}]}}"#,
        ),
    ])
    .await;
    let answer = answer(&engine, "{ media { __typename title stars } }").await;
    assert_eq!(
        answer["data"]["media"],
        json!([{"__typename": "Book", "title": "Momo", "stars": 5}, {"__typename": "Film", "title": "Ran", "stars": 4}])
    );
    assert_eq!(
        subgraphs["ratings"].asked()[0].representations("representations")[0],
        json!({"__typename": "Media", "id": "1"})
    );
}

#[tokio::test]
async fn interface_objects_get_their_type_from_its_owner() {
    let (engine, _) = catalog(&[
        (
            "ratings",
            r#"{"data":{"rated":[{"__typename":"Media","id":"1","stars":5}]}}"#,
        ),
        (
            "media",
            r#"{"data":{"_entities":[{"__typename":"Book","title":"Momo","pages":300}]}}"#,
        ),
    ])
    .await;
    let answer = answer(
        &engine,
        "{ rated { __typename stars title ... on Book { pages } } }",
    )
    .await;
    assert_eq!(
        answer["data"]["rated"],
        json!([{"__typename": "Book", "stars": 5, "title": "Momo", "pages": 300}])
    );
}

#[tokio::test]
async fn fields_that_a_subgraph_types_differently_keep_their_names() {
    const QUERY: &str = "{ pets { ... on Dog { name } ... on Cat { name toys } } }";
    // What the cat's name is called on the way is the plan's business.
    let (engine, subgraphs) = catalog(&[("media", r#"{"data":{"pets":null}}"#)]).await;
    answer(&engine, QUERY).await;
    let asked = subgraphs["media"].asked()[0].body["query"].to_string();
    let (before, _) = asked.split_once(":name").expect("an alias");
    let alias = before.rsplit(['{', ' ']).next().expect("an alias");
    let body = json!({"data": {"pets": [
        {"__typename": "Dog", "name": "Rex", alias: "never"},
        {"__typename": "Cat", alias: "Tom", "toys": [["ball", null], []]},
    ]}});
    subgraphs["media"].fail(Mode::Body(body.to_string().leak()));
    let answer = answer(&engine, QUERY).await;
    assert_eq!(
        answer["data"]["pets"],
        json!([{"name": "Rex"}, {"name": "Tom", "toys": [null, []]}])
    );
}

#[tokio::test]
async fn what_is_inaccessible_never_reaches_a_client() {
    let (engine, _) = catalog(&[
        ("media", r#"{"data":{"media":[{"__typename":"Reel","id":"1","title":"secret"},{"__typename":"Book","id":"2","title":"Momo"}]}}"#),
        ("shipping", r#"{"data":{"zone":"HIDDEN"}}"#),
    ])
    .await;
    let text = answer(&engine, "{ media { title } zone }")
        .await
        .to_string();
    assert!(
        !text.contains("secret") && !text.contains("Reel") && !text.contains("HIDDEN"),
        "{text}"
    );
    insta::assert_json_snapshot!(serde_json::from_str::<Value>(&text).unwrap());
    let refused = answer(&engine, "{ numbers { secret } }").await;
    assert_eq!(
        refused["errors"][0]["extensions"]["code"],
        "GRAPHQL_VALIDATION_FAILED"
    );
    let schema = answer(&engine, "{ __schema { types { name } } }")
        .await
        .to_string();
    assert!(
        !schema.contains("Reel") && schema.contains("Book"),
        "{schema}"
    );
}

#[tokio::test]
async fn scalars_are_checked_and_custom_ones_pass_untouched() {
    let (engine, _) = catalog(&[(
        "media",
        r#"{"data":{"numbers":{"int":3.0,"float":1e400,"id":17,"text":"\u00e9\"","yes":true,"ints":[1,2]},
                    "blob":{"b":[1,{"a":null}],"a":1.50}}}"#,
    )])
    .await;
    let good = answer(&engine, "{ numbers { int id text yes ints } blob }").await;
    assert_eq!(
        good["data"]["numbers"],
        json!({"int": 3, "id": "17", "text": "é\"", "yes": true, "ints": [1, 2]}),
        "{good}"
    );
    assert_eq!(
        good["data"]["blob"],
        json!({"b": [1, {"a": null}], "a": 1.50})
    );
    let (engine, _) = catalog(&[(
        "media",
        r#"{"data":{"numbers":{"int":3000000000,"float":"1","id":1.5,"text":7,"yes":0,"ints":[1,null]}}}"#,
    )])
    .await;
    let bad = answer(&engine, "{ numbers { int float id text yes ints } }").await;
    insta::assert_json_snapshot!(bad);
}

#[tokio::test]
async fn a_body_that_lies_about_its_shape_ends_in_nulls() {
    for body in [
        r#"{"data":{"products":{"id":"1"}}}"#,
        r#"{"data":{"products":[[{"id":"1"}]]}}"#,
        r#"{"data":{"products":["1"]}}"#,
        r#"{"data":{"products":7}}"#,
        r#"{"data":{"products":null}}"#,
        r#"{"data":{}}"#,
        r#"{"data":{"products":[null]},"errors":null}"#,
    ] {
        let (engine, _) = catalog(&[("stock", body)]).await;
        let answer = answer(&engine, "{ products { id } }").await;
        assert_eq!(answer["data"], json!(null), "{body}");
        assert_eq!(
            answer["errors"].as_array().map(Vec::len),
            Some(1),
            "{body}: {answer}"
        );
        assert_eq!(
            answer["errors"][0]["path"][0], "products",
            "{body}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_refusal_that_is_graphql_keeps_its_errors() {
    let (engine, subgraphs) = catalog(&[("stock", r#"{"errors":[{"message":"go away"}]}"#)]).await;
    let refused = answer(&engine, "{ product { id } }").await;
    assert_eq!(refused["data"], json!({"product": null}));
    assert_eq!(refused["errors"][0]["message"], "go away");
    assert_eq!(refused["errors"][0]["path"], json!(["product"]));
    assert_eq!(subgraphs["stock"].asked().len(), 1);
}
