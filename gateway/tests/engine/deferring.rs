//! `@defer`: in parts, and put together again, the same answer.

use futures_util::{StreamExt, stream::BoxStream};
use gateway::engine::{Context, Outcome};
use serde_json::{Value, json};

use crate::support::{Shop, open_errors, parse, request, upstream::Mode};

fn incremental() -> Context {
    Context {
        incremental: true,
        ..Context::default()
    }
}

async fn payloads(shop: &Shop, query: &str, variables: Value) -> BoxStream<'static, Value> {
    let request = request(query, variables);
    match shop.engine.execute(request, incremental()).await {
        Outcome::Parts(parts) => parts.map(|part| parse(&part)).boxed(),
        Outcome::Response(response) => panic!("not in parts: {}", parse(&response)),
        Outcome::Stream(_) => panic!("not a subscription"),
    }
}

/// What a client makes of the payloads, as Apollo's do: each item is merged into the object at its path.
fn put_together(payloads: &[Value]) -> Value {
    let mut data = payloads[0]["data"].clone();
    for payload in &payloads[1..] {
        for item in payload["incremental"].as_array().expect("items") {
            let mut place = &mut data;
            for step in item["path"].as_array().expect("a path") {
                place = match step {
                    Value::String(key) => &mut place[key],
                    step => &mut place[step.as_u64().expect("an index") as usize],
                };
            }
            assert!(place.is_object(), "{item} is about {place}");
            merge(place, &item["data"]);
        }
    }
    data
}

fn merge(target: &mut Value, source: &Value) {
    match (target, source) {
        (Value::Object(target), Value::Object(source)) => {
            for (key, value) in source {
                merge(target.entry(key).or_insert(Value::Null), value);
            }
        }
        (Value::Array(target), Value::Array(source)) if target.len() == source.len() => {
            for (target, source) in target.iter_mut().zip(source) {
                merge(target, source);
            }
        }
        (target, source) => *target = source.clone(),
    }
}

/// Queries with how many items they are answered in, besides the first payload.
const QUERIES: [(&str, usize); 14] = [
    ("{ me { name ... @defer { email } } }", 1),
    (
        "{ me { ... @defer { name } ... @defer(label: \"x\") { email favourites { name } } } }",
        2,
    ),
    ("{ ... @defer { me { name } } products { id } }", 1),
    (
        "{ products { id ... @defer { reviews { body author { name } } } } }",
        3,
    ),
    (
        "{ products { id reviews { body ... @defer { author { name } } } } }",
        3,
    ),
    (
        "{ products { id ... @defer(label: \"a\") { name reviews { id ... @defer(label: \"b\") { body author { name } } } } } }",
        6,
    ),
    // What is deferred of something that is not.
    (
        "{ me { favourites { id } ... @defer { favourites { name reviews { body } } } } }",
        1,
    ),
    // Both have it.
    ("{ me { name ... @defer { name email } } }", 1),
    (
        "{ search { __typename ... on Product @defer { name reviews { body } } ... on Outlet { city } } }",
        2,
    ),
    (
        "{ things { id ... @defer { __typename ... on Outlet { city } ... on Product { weight } } } }",
        2,
    ),
    (
        "{ shelves { ...Card @defer } } fragment Card on Product { title: name again: label(prefix: \"*\") }",
        4,
    ),
    (
        "{ me { id } ... @defer { __schema { queryType { name } } me { name } } }",
        1,
    ),
    (
        "{ reviews { id ... @defer { product { ... @defer { name } author: id } } } }",
        6,
    ),
    (
        "query($on: Boolean!, $off: Boolean!) { me { ... @defer(if: $on) { name } ... @defer(if: $off) { email } ... @skip(if: $on) @defer { id } } }",
        1,
    ),
];

#[tokio::test]
async fn the_parts_together_are_the_whole() {
    let shop = Shop::open().await;
    for (query, count) in QUERIES {
        let variables = if query.starts_with("query") {
            json!({"on": true, "off": false})
        } else {
            json!({})
        };
        let context = Context::default();
        let whole = shop.ask_with(query, variables.clone(), context).await;
        assert_eq!(whole["errors"], json!(null), "{query}");
        let payloads: Vec<_> = payloads(&shop, query, variables).await.collect().await;
        assert_eq!(
            put_together(&payloads),
            whole["data"],
            "{query}: {payloads:#?}"
        );
        let items: usize = payloads[1..]
            .iter()
            .map(|payload| payload["incremental"].as_array().map_or(0, Vec::len))
            .sum();
        assert_eq!(items, count, "{query}: {payloads:#?}");
        let (last, before) = payloads.split_last().expect("payloads");
        assert_eq!(last["hasNext"], false, "{query}");
        assert!(
            before.iter().all(|payload| payload["hasNext"] == true),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_subgraph_that_never_answers_holds_up_only_what_needs_it() {
    let shop = Shop::open().await;
    shop.reviews.fail(Mode::Silent);
    let query = "{ product(id: 1) { name ... @defer(label: \"slow\") { reviews { body } } ... @defer(label: \"quick\") { weight } } }";
    let mut payloads = payloads(&shop, query, json!({})).await;
    let first = payloads.next().await.expect("a payload");
    assert_eq!(
        first,
        json!({"data": {"product": {"name": "Chair"}}, "hasNext": true})
    );
    let second = payloads.next().await.expect("a payload");
    let quick = json!({"label": "quick", "path": ["product"], "data": {"weight": 1.5}});
    assert_eq!(second, json!({"incremental": [quick], "hasNext": true}));
}

#[tokio::test]
async fn a_mutation_is_done_before_its_parts() {
    let shop = Shop::open().await;
    let query = "mutation {
        first: renameProduct(id: 1, name: \"Stool\") { name ... @defer { reviews { body product { name } } } }
        second: renameProduct(id: 1, name: \"Bench\") { name }
    }";
    let payloads: Vec<_> = payloads(&shop, query, json!({})).await.collect().await;
    assert_eq!(
        payloads[0]["data"],
        json!({"first": {"name": "Stool"}, "second": {"name": "Bench"}})
    );
    assert_eq!(payloads[1]["incremental"][0]["path"], json!(["first"]));
    let reviews = &payloads[1]["incremental"][0]["data"]["reviews"];
    assert!(
        reviews.as_array().is_some_and(|all| !all.is_empty()),
        "{reviews}"
    );
}

#[tokio::test]
async fn what_fails_later_is_said_later() {
    let shop = Shop::open_with(open_errors).await;
    let query = "{ products { id ... @defer { discount } ... @defer(label: \"s\") { stock } } }";
    let payloads: Vec<_> = payloads(&shop, query, json!({})).await.collect().await;
    assert_eq!(payloads[0]["errors"], json!(null));
    let items: Vec<_> = payloads[1..]
        .iter()
        .flat_map(|payload| payload["incremental"].as_array().expect("items"))
        .collect();
    // The table's discount is null, and its stock takes the item with it.
    let data = |label: Value| {
        let of_label = items.iter().filter(move |item| item["label"] == label);
        of_label
            .map(|item| item["data"].clone())
            .collect::<Vec<_>>()
    };
    let discount = |value: Value| json!({"discount": value});
    assert_eq!(
        data(json!(null)),
        [
            discount(json!(10)),
            discount(json!(null)),
            discount(json!(10))
        ]
    );
    let stock = json!({"stock": 7});
    assert_eq!(data(json!("s")), [stock.clone(), json!(null), stock]);
    for item in items.iter().filter(|item| item["data"].is_null()) {
        assert_eq!(
            item["errors"][0]["path"],
            json!(["products", 1, "stock"]),
            "{item}"
        );
    }
    for message in ["no discount for tables", "the stock is not known"] {
        let told = items
            .iter()
            .filter(|item| item["errors"].to_string().contains(message));
        assert_eq!(told.count(), 1, "{message}: {items:#?}");
    }
}

#[tokio::test]
async fn who_does_not_take_parts_gets_the_whole() {
    let shop = Shop::open().await;
    let query = "{ me { name ... @defer { email } } }";
    let whole = json!({"data": {"me": {"name": "User u1", "email": "u1@example.org"}}});
    for _ in 0..2 {
        assert_eq!(shop.ask(query).await, whole);
        let payloads: Vec<_> = payloads(&shop, query, json!({})).await.collect().await;
        assert_eq!(payloads.len(), 2);
    }
}
