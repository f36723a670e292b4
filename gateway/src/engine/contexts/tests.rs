use federation::plan::{ContextArgument, Fetch, Node};
use serde_json::{Value, json};

use crate::engine::{
    Context,
    handmade::{SHOP, World, entities, fetch, flatten, next, node, none, selections, variable},
};

const PRODUCT: &str = "{ ... on Product { __typename id } }";

/// A fetch of `label(prefix: $context)` with the value that a way leads to.
fn labels(depth: usize, way: &str) -> Fetch {
    Fetch {
        contexts: vec![ContextArgument {
            variable: variable("context", "String"),
            depth,
            selections: selections(way),
        }],
        ..entities(
            1,
            "products",
            PRODUCT,
            "{ ... on Product { label(prefix: $context) } }",
        )
    }
}

const REVIEWED: &str = "{ reviews { body product { label } } }";

fn reviewed(fetch_of_labels: Fetch) -> Node {
    let root = "{ reviews { body product { __typename id } author { id } } }";
    Node::Sequence(vec![
        node(fetch(0, "reviews", root)),
        flatten("reviews.@|[Review].product|[Product]", fetch_of_labels),
    ])
}

fn review(body: &str, product: &str) -> Value {
    json!({
        "body": body,
        "product": {"__typename": "Product", "id": product},
        "author": {"id": format!("by {body}")},
    })
}

async fn asked(fetch_of_labels: Fetch, reviews: &Value, answer: Value) -> (Value, Value) {
    let mut world = World::new(SHOP).await;
    world.plan(REVIEWED, reviewed(fetch_of_labels));
    let mut answers = world.run(REVIEWED, none(), Context::default());
    let reviews = json!({"data": {"reviews": reviews}});
    world.answer("reviews", reviews).await;
    let asked = world.asked("products").await;
    let body = asked.body.clone();
    asked.answer(answer);
    (body, next(&mut answers).await)
}

#[tokio::test]
async fn objects_in_different_surroundings_are_asked_for_apart() {
    let reviews = json!([review("good", "1"), review("bad", "1"), review("good", "2")]);
    let entities = json!({
        "_entities_0": [{"label": "good 1"}, {"label": "good 2"}],
        "_entities_1": [{"label": "bad 1"}],
    });
    let (body, answer) = asked(labels(2, "{ body }"), &reviews, json!({"data": entities})).await;
    assert_eq!(
        body["query"],
        "query($representations_0:[_Any!]!,$context_0:String,$representations_1:[_Any!]!,$context_1:String)\
         {_entities_0:_entities(representations:$representations_0){...on Product{label(prefix:$context_0)}}\
         _entities_1:_entities(representations:$representations_1){...on Product{label(prefix:$context_1)}}}"
    );
    let product = |id: &str| json!({"__typename": "Product", "id": id});
    assert_eq!(
        body["variables"],
        json!({
            "representations_0": [product("1"), product("2")],
            "representations_1": [product("1")],
            "context_0": "good",
            "context_1": "bad",
        })
    );
    let labels: Vec<_> = answer["data"]["reviews"]
        .as_array()
        .unwrap()
        .iter()
        .map(|review| review["product"]["label"].as_str().unwrap())
        .collect();
    assert_eq!(labels, ["good 1", "bad 1", "good 2"]);
}

#[tokio::test]
async fn objects_in_the_same_surroundings_share_a_field() {
    let reviews = json!([review("good", "1"), review("good", "1")]);
    let (body, answer) = asked(
        labels(2, "{ ... on User { id } ... on Review { author { id } } }"),
        &reviews,
        json!({"data": {"_entities": [{"label": "l"}]}}),
    )
    .await;
    assert_eq!(
        body["query"],
        "query($representations:[_Any!]!,$context:String)\
         {_entities(representations:$representations){...on Product{label(prefix:$context)}}}"
    );
    assert_eq!(
        body["variables"],
        json!({"representations": [{"__typename": "Product", "id": "1"}], "context": "by good"})
    );
    assert_eq!(answer["data"]["reviews"][1]["product"]["label"], "l");
}

#[tokio::test]
async fn an_error_is_placed_where_its_surroundings_are() {
    let reviews = json!([review("good", "1"), review("bad", "1")]);
    let (_, answer) = asked(
        labels(2, "{ body }"),
        &reviews,
        json!({
            "data": {"_entities_0": [{"label": "good 1"}], "_entities_1": [null]},
            "errors": [{"message": "no", "path": ["_entities_1", 0, "label"]}],
        }),
    )
    .await;
    assert_eq!(
        answer["errors"][0]["path"],
        json!(["reviews", 1, "product", "label"])
    );
    assert_eq!(answer["errors"].as_array().map(Vec::len), Some(1));
}

/// One product twice: without contexts its reviews would be one list for both.
#[tokio::test]
async fn what_depends_on_its_surroundings_is_not_shared() {
    const QUERY: &str = "{ reviews { body product { reviews { product { label } } } } }";
    let mut world = World::new(SHOP).await;
    let inner = entities(
        1,
        "reviews",
        PRODUCT,
        "{ ... on Product { reviews { product { __typename id } } } }",
    );
    let plan = Node::Sequence(vec![
        node(fetch(
            0,
            "reviews",
            "{ reviews { body product { __typename id } } }",
        )),
        flatten("reviews.@.product", inner),
        flatten("reviews.@.product.reviews.@.product", labels(2, "{ body }")),
    ]);
    world.plan(QUERY, plan);
    let mut answers = world.run(QUERY, none(), Context::default());
    let reviews = json!([review("good", "1"), review("bad", "1")]);
    world
        .answer("reviews", json!({"data": {"reviews": reviews}}))
        .await;
    let product = json!({"__typename": "Product", "id": "2"});
    let of_product = json!({"reviews": [{"product": product}]});
    world
        .answer("reviews", json!({"data": {"_entities": [of_product]}}))
        .await;
    let asked = world.asked("products").await;
    assert_eq!(asked.body["variables"]["context_1"], "bad");
    asked.answer(
        json!({"data": {"_entities_0": [{"label": "good"}], "_entities_1": [{"label": "bad"}]}}),
    );
    let answer = next(&mut answers).await;
    for (index, label) in ["good", "bad"].into_iter().enumerate() {
        let review = &answer["data"]["reviews"][index];
        assert_eq!(
            review["product"]["reviews"][0]["product"]["label"], label,
            "{answer}"
        );
    }
}
