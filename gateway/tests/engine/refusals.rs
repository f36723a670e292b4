//! Requests that are refused as a whole.

use gateway::engine::{Context, Limits, Outcome, Response};
use serde_json::{Value, json};

use crate::support::{Shop, parse, request};

async fn refused(
    shop: &Shop,
    query: &str,
    variables: Value,
    context: Context,
) -> (Response, Value) {
    match shop
        .engine
        .execute(request(query, variables), context)
        .await
    {
        Outcome::Response(response) => {
            let value = parse(&response);
            assert!(response.is_request_error(), "{value}");
            (response, value)
        }
        Outcome::Stream(_) | Outcome::Parts(_) => panic!("a stream was not asked for"),
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_with_its_place() {
    let shop = Shop::open().await;
    for (query, variables, code) in [
        ("{ products {", json!({}), "GRAPHQL_PARSING_FAILED"),
        ("{ nothing }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
        ("{ products }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
        (
            "query($id: ID!) { product(id: $id) { id } }",
            json!({}),
            "VALIDATION_INVALID_TYPE_VARIABLE",
        ),
        (
            "query($id: ID!) { product(id: $id) { id } }",
            json!({"id": [true]}),
            "VALIDATION_INVALID_TYPE_VARIABLE",
        ),
        (
            "query A { me { id } } query B { me { id } }",
            json!({}),
            "GRAPHQL_UNKNOWN_OPERATION_NAME",
        ),
    ] {
        let (response, value) = refused(&shop, query, variables, Context::default()).await;
        assert_eq!(response.code(), Some(code), "{value}");
        assert!(value.get("data").is_none(), "{value}");
    }
    let (_, value) = refused(
        &shop,
        "{ me { id }\n  nothing }",
        json!({}),
        Context::default(),
    )
    .await;
    assert_eq!(
        value["errors"][0]["locations"],
        json!([{"line": 2, "column": 3}])
    );
}

#[tokio::test]
async fn a_read_only_request_may_not_write() {
    let shop = Shop::open().await;
    let context = Context {
        read_only: true,
        ..Context::default()
    };
    let mutation = "mutation { renameProduct(id: 1, name: \"x\") { id } }";
    let (response, _) = refused(&shop, mutation, json!({}), context).await;
    assert_eq!(response.code(), Some("METHOD_NOT_ALLOWED"));
    assert!(shop.products.asked().is_empty());
}

#[tokio::test]
async fn introspection_can_be_switched_off() {
    let shop = Shop::open_with(|upstreams| upstreams.introspection = false).await;
    let (response, _) = refused(
        &shop,
        "{ __schema { types { name } } }",
        json!({}),
        Context::default(),
    )
    .await;
    assert_eq!(response.code(), Some("INTROSPECTION_DISABLED"));
    assert_eq!(
        shop.ask("{ __typename }").await["data"],
        json!({"__typename": "Query"})
    );
}

#[tokio::test]
async fn hostile_operations_end_in_an_error() {
    let shop = Shop::open_with(|upstreams| {
        upstreams.limits = Limits {
            max_depth: Some(10),
            max_aliases: Some(5),
            ..Limits::default()
        };
    })
    .await;
    let deep = format!(
        "{{ reviews {} id {} }}",
        "{ product { reviews ".repeat(8) + "{",
        "} }".repeat(8) + "}"
    );
    let wide = format!(
        "{{ {} }}",
        (0..6)
            .map(|n| format!("a{n}: me {{ id }} "))
            .collect::<Vec<_>>()
            .concat()
    );
    let mut bomb = "{ products { ...F0 } }".to_owned();
    for n in 0..30 {
        bomb.extend([format!(" fragment F{n} on Product {{ ...F{m} ...G{n} }} fragment G{n} on Product {{ ...F{m} }}", m = n + 1)]);
    }
    bomb.push_str(" fragment F30 on Product { id }");
    for query in [deep, wide, bomb] {
        let (response, value) = refused(&shop, &query, json!({}), Context::default()).await;
        assert_eq!(response.code(), Some("MAX_LIMIT_EXCEEDED"), "{value}");
    }
    let nested = format!("{{ me {}", "{ me ".repeat(2_000));
    refused(&shop, &nested, json!({}), Context::default()).await;
}

#[tokio::test]
async fn depth_never_ends_the_process() {
    let shop = Shop::open().await;
    let deep = |levels: usize| {
        let (down, up) = ("reviews { product { ".repeat(levels), "} }".repeat(levels));
        format!("{{ product(id: 2) {{ {down} id {up} }} }}")
    };
    let answer = shop.ask(&deep(8)).await;
    assert!(answer["data"]["product"].is_object(), "{answer}");
    for levels in [60, 245, 5_000] {
        refused(&shop, &deep(levels), json!({}), Context::default()).await;
    }
    let listed = format!(
        "{{ product(id: {}1{}) {{ id }} }}",
        "[".repeat(450),
        "]".repeat(450)
    );
    refused(&shop, &listed, json!({}), Context::default()).await;
}

#[tokio::test]
async fn an_exponential_answer_is_refused_not_written() {
    let shop = Shop::open().await;
    // Each level leaves the subgraph and comes back, so that only the gateway sees the whole.
    let (down, up) = ("reviews { author { favourites { name ", "} } }");
    let answer = shop
        .ask(&format!(
            "{{ product(id: 1) {{ {} {} }} }}",
            down.repeat(12),
            up.repeat(12)
        ))
        .await;
    assert!(shop.users.asked().len() <= 12);
    let codes: Vec<_> = answer["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["extensions"]["code"].clone())
        .collect();
    assert_eq!(answer["data"], json!(null), "{codes:?}");
    assert_eq!(codes, ["RESPONSE_TOO_LARGE"]);
}
