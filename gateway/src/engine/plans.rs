//! What plans may say, beyond what tests with the planner come across.

use federation::plan::{Fetch, Node, Rewrite, RewriteElement};
use serde_json::json;

use super::{
    Context,
    handmade::{CATALOG, SHOP, World, entities, fetch, flatten, next, node, none},
};

#[tokio::test]
async fn an_interface_objects_own_name_is_enough_for_the_interfaces_fields() {
    let query = "{ rated { id stars ... on Media { again: stars } ... on Book { pages } } }";
    let mut world = World::new(CATALOG).await;
    world.plan(
        query,
        node(fetch(
            0,
            "ratings",
            "{ rated { __typename id stars again: stars } }",
        )),
    );
    let mut answers = world.run(query, none(), Context::default());
    let rated = json!([{"__typename": "Media", "id": "1", "stars": 5, "again": 5}]);
    world
        .answer("ratings", json!({"data": {"rated": rated}}))
        .await;
    assert_eq!(
        next(&mut answers).await,
        json!({"data": {"rated": [{"id": "1", "stars": 5, "again": 5}]}})
    );
}

#[tokio::test]
async fn an_interfaces_name_is_no_answer_to_typename() {
    let query = "{ media { __typename id } }";
    let mut world = World::new(CATALOG).await;
    world.plan(
        query,
        node(fetch(0, "ratings", "{ media { __typename id } }")),
    );
    let mut answers = world.run(query, none(), Context::default());
    let media = json!([{"__typename": "Media", "id": "1"}]);
    world
        .answer("ratings", json!({"data": {"media": media}}))
        .await;
    let answer = next(&mut answers).await;
    assert_eq!(answer["data"], json!({"media": [null]}));
    assert_eq!(
        answer["errors"][0]["path"],
        json!(["media", 0, "__typename"])
    );
}

#[tokio::test]
async fn the_only_type_that_there_is_needs_no_telling() {
    // Only books are media.
    let sdl: Vec<_> = CATALOG
        .lines()
        .map(|line| {
            let is_other = line.starts_with("type Film") || line.starts_with("type Reel");
            let plain = line.replace(" implements Media", "");
            let plain = plain.replace(" @join__implements(graph: MEDIA, interface: \"Media\")", "");
            if is_other { plain } else { line.to_owned() }
        })
        .collect();
    let query = "{ rated { type: __typename ... on Book { id } } }";
    for (sdl, expected) in [
        (sdl.join("\n"), json!([{"type": "Book", "id": "1"}])),
        (CATALOG.to_owned(), json!(null)),
    ] {
        let mut world = World::new(&sdl).await;
        world.plan(
            query,
            node(fetch(0, "ratings", "{ rated { __typename id } }")),
        );
        let mut answers = world.run(query, none(), Context::default());
        let rated = json!([{"__typename": "Media", "id": "1"}]);
        world
            .answer("ratings", json!({"data": {"rated": rated}}))
            .await;
        assert_eq!(next(&mut answers).await["data"]["rated"], expected);
    }
}

/// Asks for the names of the caller's favourites with these requirements; what is sent for them.
async fn sent(requires: &str, favourites: serde_json::Value) -> serde_json::Value {
    let query = "{ me { favourites { name } } }";
    let mut world = World::new(SHOP).await;
    let asked = "{ me { favourites { __typename id label reviews { id body } } } }";
    let names = Fetch {
        input_rewrites: vec![Rewrite::SetValue {
            path: vec![
                RewriteElement::Types(vec!["Product".to_owned()]),
                RewriteElement::Key("__typename".to_owned()),
            ],
            value: "Thing".to_owned(),
        }],
        ..entities(1, "products", requires, "{ ... on Product { name } }")
    };
    let plan = Node::Sequence(vec![
        node(fetch(0, "users", asked)),
        flatten("me.favourites.@", names),
    ]);
    world.plan(query, plan);
    let _answers = world.run(query, none(), Context::default());
    let me = json!({"favourites": favourites});
    world.answer("users", json!({"data": {"me": me}})).await;
    world.asked("products").await.representations().clone()
}

#[tokio::test]
async fn representations_say_what_is_required_under_the_names_that_are_required() {
    let favourites = json!([{
        "__typename": "Product",
        "id": "1",
        "label": "x",
        "reviews": [{"id": "r", "body": "b"}],
    }]);
    // Two fragments require different fields of the same objects.
    let requires = "{ ... on Product { __typename id tag: label reviews { id } } ... on Thing { __typename reviews { body } } ... on Outlet { city } }";
    assert_eq!(
        sent(requires, favourites).await,
        json!([{"__typename": "Thing", "id": "1", "tag": "x", "reviews": [{"id": "r", "body": "b"}]}])
    );
}

#[tokio::test]
async fn what_has_nothing_to_be_found_by_is_not_sent() {
    let favourites = json!([
        {"__typename": "Product", "id": null, "label": null, "reviews": null},
        {"__typename": "Product", "id": "2", "label": null, "reviews": null},
        {"__typename": "Product", "id": null, "label": "y", "reviews": null},
    ]);
    assert_eq!(
        sent("{ ... on Product { __typename id label } }", favourites).await,
        json!([
            {"__typename": "Thing", "id": "2", "label": null},
            {"__typename": "Thing", "id": null, "label": "y"},
        ])
    );
}

#[tokio::test]
async fn root_fields_are_asked_for_only_where_there_is_a_place_for_them() {
    let query = "{ me { name } product(id: 1) { id } }";
    let mut world = World::new(SHOP).await;
    let plan = Node::Sequence(vec![
        node(fetch(0, "users", "{ me { name } }")),
        flatten("me", fetch(1, "products", "{ product(id: 1) { id } }")),
        node(fetch(2, "products", "{ product(id: 1) { id } }")),
    ]);
    world.plan(query, plan);
    let mut answers = world.run(query, none(), Context::default());
    world.answer("users", json!({"data": {"me": null}})).await;
    world
        .answer("products", json!({"data": {"product": {"id": "1"}}}))
        .await;
    assert_eq!(
        next(&mut answers).await,
        json!({"data": {"me": null, "product": {"id": "1"}}})
    );
}
