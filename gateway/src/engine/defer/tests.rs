use std::time::Duration;

use federation::plan::Node;
use serde_json::json;

use crate::engine::{
    Context,
    handmade::{
        CATALOG, SHOP, World, defer, entities, fetch, flatten, incremental, is_answered, is_over,
        next, node, none, part,
    },
};

const USER: &str = "{ ... on User { __typename id } }";
const PRODUCT: &str = "{ ... on Product { __typename id } }";

/// The caller's name at once, what the caller likes later: from users, then from products.
const LIKES: &str = r#"{ me { name ... @defer(label: "likes") { favourites { name } } } }"#;

fn likes() -> Node {
    let favourites = entities(
        1,
        "users",
        USER,
        "{ ... on User { favourites { __typename id } } }",
    );
    let names = entities(2, "products", PRODUCT, "{ ... on Product { name } }");
    let steps = vec![flatten("me", favourites), flatten("me.favourites.@", names)];
    defer(
        Some(node(fetch(0, "users", "{ me { __typename id name } }"))),
        vec![part(Some("likes"), "me", &[0], Some(Node::Sequence(steps)))],
    )
}

#[tokio::test]
async fn what_is_deferred_is_not_waited_for() {
    let mut world = World::new(SHOP).await;
    world.plan(LIKES, likes());
    let mut answers = world.run(LIKES, none(), incremental());
    let me = json!({"__typename": "User", "id": "u1", "name": "Ada"});
    world
        .asked("users")
        .await
        .answer(json!({"data": {"me": me}}));
    assert_eq!(
        next(&mut answers).await,
        json!({"data": {"me": {"name": "Ada"}}, "hasNext": true})
    );
    let asked = world.asked("users").await;
    assert_eq!(
        asked.representations(),
        &json!([{"__typename": "User", "id": "u1"}])
    );
    let liked = json!([{"__typename": "Product", "id": "1"}]);
    asked.answer(json!({"data": {"_entities": [{"favourites": liked}]}}));
    let asked = world.asked("products").await;
    assert!(!is_answered(&mut answers));
    asked.answer(json!({"data": {"_entities": [{"name": "Hat"}]}}));
    let items =
        json!([{"label": "likes", "path": ["me"], "data": {"favourites": [{"name": "Hat"}]}}]);
    assert_eq!(
        next(&mut answers).await,
        json!({"incremental": items, "hasNext": false})
    );
    assert!(is_over(&mut answers).await);
}

#[tokio::test]
async fn a_part_begins_while_the_primary_still_runs_and_is_held_back() {
    let mut world = World::new(SHOP).await;
    let query = "{ me { name ... @defer { email } } products { id } }";
    let email = entities(2, "users", USER, "{ ... on User { email } }");
    let primary = Node::Parallel(vec![
        node(fetch(0, "users", "{ me { __typename id name } }")),
        node(fetch(1, "products", "{ products { id } }")),
    ]);
    let deferred = vec![part(None, "me", &[0], Some(flatten("me", email)))];
    world.plan(query, defer(Some(primary), deferred));
    let mut answers = world.run(query, none(), incremental());
    let products = world.asked("products").await;
    let me = json!({"__typename": "User", "id": "u1", "name": "Ada"});
    world
        .asked("users")
        .await
        .answer(json!({"data": {"me": me}}));
    let email = json!({"data": {"_entities": [{"email": "ada@example.org"}]}});
    world.asked("users").await.answer(email);
    assert!(!is_answered(&mut answers));
    products.answer(json!({"data": {"products": []}}));
    assert_eq!(
        next(&mut answers).await,
        json!({"data": {"me": {"name": "Ada"}, "products": []}, "hasNext": true})
    );
    assert_eq!(
        next(&mut answers).await,
        json!({"incremental": [{"path": ["me"], "data": {"email": "ada@example.org"}}], "hasNext": false})
    );
}

#[tokio::test]
async fn what_a_part_depends_on_comes_first() {
    let mut world = World::new(SHOP).await;
    let query = "{ me { name ... @defer { email } } products { id ... @defer { discount } } }";
    let email = entities(2, "reviews", USER, "{ ... on User { email } }");
    let discount = entities(3, "products", PRODUCT, "{ ... on Product { discount } }");
    let primary = Node::Parallel(vec![
        node(fetch(0, "users", "{ me { __typename id name } }")),
        node(fetch(1, "products", "{ products { __typename id } }")),
    ]);
    let deferred = vec![
        part(None, "me", &[0], Some(flatten("me", email))),
        part(
            None,
            "products.@",
            &[0, 1],
            Some(flatten("products.@", discount)),
        ),
    ];
    world.plan(query, defer(Some(primary), deferred));
    let mut answers = world.run(query, none(), incremental());
    let products = world.asked("products").await;
    let me = json!({"__typename": "User", "id": "u1", "name": "Ada"});
    world
        .asked("users")
        .await
        .answer(json!({"data": {"me": me}}));
    // The first part's request shows that its dependency was taken note of; the second would have found no products.
    let email = world.asked("reviews").await;
    let product = json!({"__typename": "Product", "id": "1"});
    products.answer(json!({"data": {"products": [product]}}));
    let discount = world.asked("products").await;
    assert_eq!(discount.representations(), &json!([product]));
    discount.answer(json!({"data": {"_entities": [{"discount": 5}]}}));
    assert_eq!(next(&mut answers).await["hasNext"], true);
    assert_eq!(
        next(&mut answers).await,
        json!({"incremental": [{"path": ["products", 0], "data": {"discount": 5}}], "hasNext": true})
    );
    email.answer(json!({"data": {"_entities": [{"email": "a@b"}]}}));
    assert_eq!(next(&mut answers).await["hasNext"], false);
}

#[tokio::test]
async fn a_part_does_not_wait_for_what_is_left_out() {
    let mut world = World::new(SHOP).await;
    let query = "query($all: Boolean!) { me { name ... @defer { email } } products @include(if: $all) { id } }";
    let email = entities(2, "users", USER, "{ ... on User { email } }");
    let products = Node::Condition {
        variable: "all".to_owned(),
        if_clause: Some(Box::new(node(fetch(1, "products", "{ products { id } }")))),
        else_clause: None,
    };
    let primary = Node::Parallel(vec![
        node(fetch(0, "users", "{ me { __typename id name } }")),
        products,
    ]);
    let deferred = vec![part(None, "me", &[0, 1], Some(flatten("me", email)))];
    world.plan(query, defer(Some(primary), deferred));
    let mut answers = world.run(query, json!({"all": false}), incremental());
    let me = json!({"__typename": "User", "id": "u1", "name": "Ada"});
    world
        .asked("users")
        .await
        .answer(json!({"data": {"me": me}}));
    assert_eq!(next(&mut answers).await["hasNext"], true);
    let email = world.asked("users").await;
    email.answer(json!({"data": {"_entities": [{"email": "a@b"}]}}));
    assert_eq!(
        next(&mut answers).await["incremental"][0]["data"],
        json!({"email": "a@b"})
    );
}

#[tokio::test]
async fn nothing_follows_about_what_has_become_null() {
    let mut world = World::new(SHOP).await;
    let query = "{ me { favourites { id ... @defer { weight } } email } }";
    let weight = entities(1, "products", PRODUCT, "{ ... on Product { weight } }");
    let root = "{ me { favourites { __typename id } email } }";
    let deferred = vec![part(
        None,
        "me.favourites.@",
        &[0],
        Some(flatten("me.favourites.@", weight)),
    )];
    world.plan(query, defer(Some(node(fetch(0, "users", root))), deferred));
    let mut answers = world.run(query, none(), incremental());
    let favourites = json!([{"__typename": "Product", "id": "1"}]);
    world.asked("users").await.answer(json!({
        "data": {"me": {"favourites": favourites, "email": null}},
        "errors": [{"message": "no mail", "path": ["me", "email"]}],
    }));
    let answer = next(&mut answers).await;
    assert_eq!(
        (&answer["data"], &answer["hasNext"]),
        (&json!({"me": null}), &json!(null))
    );
    assert!(is_over(&mut answers).await);
}

#[tokio::test]
async fn every_object_has_an_item_of_its_own_and_null_has_none() {
    let mut world = World::new(SHOP).await;
    let query = r#"{ shelves { id ... on Product @defer(label: "d") { discount stock } } }"#;
    let rest = entities(
        1,
        "products",
        PRODUCT,
        "{ ... on Product { discount stock } }",
    );
    let primary = node(fetch(0, "products", "{ shelves { __typename id } }"));
    let deferred = vec![part(
        Some("d"),
        "shelves.@.@",
        &[0],
        Some(flatten("shelves.@.@", rest)),
    )];
    world.plan(query, defer(Some(primary), deferred));
    let mut answers = world.run(query, none(), incremental());
    let product = |id: &str| json!({"__typename": "Product", "id": id});
    let shelves = json!([[product("1")], [product("2"), product("1")]]);
    world
        .asked("products")
        .await
        .answer(json!({"data": {"shelves": shelves}}));
    assert_eq!(next(&mut answers).await["hasNext"], true);
    // The second has no stock, where null is not allowed: only its own item is null.
    world.asked("products").await.answer(json!({
        "data": {"_entities": [{"discount": 5, "stock": 1}, {"discount": null, "stock": null}]},
        "errors": [{"message": "lost", "path": ["_entities", 1, "stock"]}],
    }));
    let payload = next(&mut answers).await;
    let whole = json!({"discount": 5, "stock": 1});
    let error = json!({"message": "lost", "path": ["shelves", 1, 0, "stock"], "extensions": {"service": "products"}});
    assert_eq!(
        payload["incremental"],
        json!([
            {"label": "d", "path": ["shelves", 0, 0], "data": whole},
            {"label": "d", "path": ["shelves", 1, 0], "data": null, "errors": [error]},
            {"label": "d", "path": ["shelves", 1, 1], "data": whole},
        ])
    );
    assert_eq!(payload["hasNext"], false);
}

#[tokio::test]
async fn an_answer_that_leaves_nothing_out_is_a_plain_one() {
    let mut world = World::new(SHOP).await;
    world.plan(LIKES, likes());
    let mut answers = world.run(LIKES, none(), incremental());
    world
        .asked("users")
        .await
        .answer(json!({"data": {"me": null}}));
    assert_eq!(next(&mut answers).await, json!({"data": {"me": null}}));
    assert!(is_over(&mut answers).await);
}

#[tokio::test]
async fn parts_are_found_in_parts() {
    let mut world = World::new(SHOP).await;
    let query =
        r#"{ me { id ... @defer(label: "outer") { name ... @defer(label: "inner") { email } } } }"#;
    let name = entities(1, "users", USER, "{ ... on User { name } }");
    let email = entities(2, "users", USER, "{ ... on User { email } }");
    let inner = part(Some("inner"), "me", &[], Some(flatten("me", email)));
    let outer = defer(Some(flatten("me", name)), vec![inner]);
    let primary = node(fetch(0, "users", "{ me { __typename id } }"));
    let outer = part(Some("outer"), "me", &[0], Some(outer));
    world.plan(query, defer(Some(primary), vec![outer]));
    let mut answers = world.run(query, none(), incremental());
    let me = json!({"__typename": "User", "id": "u1"});
    world
        .asked("users")
        .await
        .answer(json!({"data": {"me": me}}));
    assert_eq!(
        next(&mut answers).await,
        json!({"data": {"me": {"id": "u1"}}, "hasNext": true})
    );
    // The inner part depends on nothing of the outer one: both are asked for at once, in no order.
    let (one, other) = (world.asked("users").await, world.asked("users").await);
    let asks_name = |asked: &crate::engine::handmade::Asked| {
        asked.body["query"]
            .as_str()
            .is_some_and(|query| query.contains("name}"))
            && !asked.body["query"]
                .as_str()
                .is_some_and(|query| query.contains("email"))
    };
    let (name, email) = if asks_name(&one) {
        (one, other)
    } else {
        (other, one)
    };
    email.answer(json!({"data": {"_entities": [{"email": "ada@example.org"}]}}));
    name.answer(json!({"data": {"_entities": [{"name": "Ada"}]}}));
    let mut items = Vec::new();
    loop {
        let payload = next(&mut answers).await;
        items.extend(payload["incremental"].as_array().unwrap().clone());
        if payload["hasNext"] == false {
            break;
        }
    }
    // The outer part first, whichever was answered first.
    assert_eq!(
        items,
        [
            json!({"label": "outer", "path": ["me"], "data": {"name": "Ada"}}),
            json!({"label": "inner", "path": ["me"], "data": {"email": "ada@example.org"}}),
        ]
    );
}

#[tokio::test]
async fn a_part_without_fetches_follows_at_once_with_the_errors_that_concern_it() {
    let mut world = World::new(SHOP).await;
    let query = r#"{ me { name ... @defer(label: "all") { name email } ...Again @defer(label: "more") } }
                   fragment Again on User { id name }"#;
    let primary = node(fetch(0, "users", "{ me { __typename id name email } }"));
    let deferred = vec![
        part(Some("all"), "me", &[], None),
        part(Some("more"), "me", &[], None),
    ];
    world.plan(query, defer(Some(primary), deferred));
    let mut answers = world.run(query, none(), incremental());
    world.asked("users").await.answer(json!({
        "data": {"me": {"__typename": "User", "id": "u1", "name": "Ada", "email": null}},
        "errors": [{"message": "no mail", "path": ["me", "email"]}],
    }));
    assert_eq!(
        next(&mut answers).await,
        json!({"data": {"me": {"name": "Ada"}}, "hasNext": true})
    );
    let error =
        json!({"message": "no mail", "path": ["me", "email"], "extensions": {"service": "users"}});
    assert_eq!(
        next(&mut answers).await,
        json!({
            "incremental": [
                {"label": "all", "path": ["me"], "data": null, "errors": [error]},
                {"label": "more", "path": ["me"], "data": {"id": "u1", "name": "Ada"}},
            ],
            "hasNext": false,
        })
    );
}

#[tokio::test]
async fn a_subgraph_that_fails_costs_the_part_alone() {
    let mut world = World::new(SHOP).await;
    world.plan(LIKES, likes());
    let mut answers = world.run(LIKES, none(), incremental());
    let me = json!({"__typename": "User", "id": "u1", "name": "Ada"});
    world
        .asked("users")
        .await
        .answer(json!({"data": {"me": me}}));
    assert_eq!(next(&mut answers).await["errors"], json!(null));
    world
        .asked("users")
        .await
        .answer(json!({"errors": [{"message": "gone"}]}));
    let payload = next(&mut answers).await;
    let item = &payload["incremental"][0];
    assert_eq!(item["data"], json!(null), "{payload}");
    assert_eq!(item["errors"][0]["message"], "gone");
    assert_eq!(item["errors"][0]["path"], json!(["me"]));
    assert_eq!(payload["hasNext"], false);
}

#[tokio::test]
async fn a_variable_may_switch_a_part_off() {
    let query = "query($later: Boolean) { me { name ... @defer(if: $later) { email } } }";
    let email = entities(1, "users", USER, "{ ... on User { email } }");
    let primary = node(fetch(0, "users", "{ me { __typename id name } }"));
    let deferring = defer(
        Some(primary),
        vec![part(None, "me", &[0], Some(flatten("me", email)))],
    );
    let whole = node(fetch(0, "users", "{ me { __typename id name email } }"));
    let plan = Node::Condition {
        variable: "later".to_owned(),
        if_clause: Some(Box::new(deferring)),
        else_clause: Some(Box::new(whole)),
    };
    let mut world = World::new(SHOP).await;
    world.plan(query, plan);
    let me = json!({"__typename": "User", "id": "u1", "name": "Ada", "email": "a@b"});

    let mut answers = world.run(query, json!({"later": false}), incremental());
    world
        .asked("users")
        .await
        .answer(json!({"data": {"me": me}}));
    assert_eq!(
        next(&mut answers).await,
        json!({"data": {"me": {"name": "Ada", "email": "a@b"}}})
    );
    assert!(is_over(&mut answers).await);

    let mut answers = world.run(query, json!({"later": true}), incremental());
    world
        .asked("users")
        .await
        .answer(json!({"data": {"me": me}}));
    assert_eq!(
        next(&mut answers).await,
        json!({"data": {"me": {"name": "Ada"}}, "hasNext": true})
    );
    let asked = world.asked("users").await;
    asked.answer(json!({"data": {"_entities": [{"email": "a@b"}]}}));
    assert_eq!(
        next(&mut answers).await["incremental"][0]["data"],
        json!({"email": "a@b"})
    );

    // Without a value it is on, as its default says; where the plan has fetched all, it follows at once.
    let mut answers = world.run(query, none(), incremental());
    world
        .asked("users")
        .await
        .answer(json!({"data": {"me": me}}));
    assert_eq!(
        next(&mut answers).await,
        json!({"data": {"me": {"name": "Ada"}}, "hasNext": true})
    );
    assert_eq!(
        next(&mut answers).await["incremental"][0]["data"],
        json!({"email": "a@b"})
    );
}

#[tokio::test]
async fn a_client_that_goes_ends_what_runs() {
    let mut world = World::new(SHOP).await;
    world.plan(LIKES, likes());
    let mut answers = world.run(LIKES, none(), incremental());
    let me = json!({"__typename": "User", "id": "u1", "name": "Ada"});
    world
        .asked("users")
        .await
        .answer(json!({"data": {"me": me}}));
    assert_eq!(next(&mut answers).await["hasNext"], true);
    let asked = world.asked("users").await;
    drop(answers);
    asked.given_up().await;
}

#[tokio::test]
async fn a_part_that_takes_too_long_is_null_and_the_last() {
    let mut world = World::new(SHOP).await;
    world.plan(LIKES, likes());
    let context = Context {
        timeout: Duration::from_secs(2),
        ..incremental()
    };
    let mut answers = world.run(LIKES, none(), context);
    let me = json!({"__typename": "User", "id": "u1", "name": "Ada"});
    world
        .asked("users")
        .await
        .answer(json!({"data": {"me": me}}));
    assert_eq!(next(&mut answers).await["hasNext"], true);
    let asked = world.asked("users").await;
    let payload = next(&mut answers).await;
    let item = &payload["incremental"][0];
    assert_eq!(item["label"], "likes");
    assert_eq!(item["data"], json!(null));
    assert_eq!(item["errors"][0]["extensions"]["code"], "GATEWAY_TIMEOUT");
    assert_eq!(item["errors"][0]["path"], json!(["me"]));
    assert_eq!(payload["hasNext"], false);
    asked.given_up().await;
    assert!(is_over(&mut answers).await);
}

#[tokio::test]
async fn a_type_that_only_a_part_learns_decides_what_the_part_holds() {
    let query = r#"{ rated { stars ... on Book @defer(label: "b") { pages } ... on Film @defer(label: "f") { minutes } } }"#;
    let more = "{ ... on Media { __typename ... on Book { pages } ... on Film { minutes } } }";
    let step = |id| {
        flatten(
            "rated.@",
            entities(id, "media", "{ ... on Media { __typename id } }", more),
        )
    };
    let root = node(fetch(0, "ratings", "{ rated { __typename id stars } }"));
    let parts = vec![
        part(Some("b"), "rated.@", &[0], Some(step(1))),
        part(Some("f"), "rated.@", &[0], Some(step(2))),
    ];
    let mut world = World::new(CATALOG).await;
    world.plan(query, defer(Some(root), parts));
    let mut answers = world.run(query, none(), incremental());
    let rated = json!([{"__typename": "Media", "id": "1", "stars": 5}]);
    world
        .asked("ratings")
        .await
        .answer(json!({"data": {"rated": rated}}));
    assert_eq!(
        next(&mut answers).await,
        json!({"data": {"rated": [{"stars": 5}]}, "hasNext": true})
    );
    let (one, other) = (world.asked("media").await, world.asked("media").await);
    for asked in [one, other] {
        asked.answer(json!({"data": {"_entities": [{"__typename": "Book", "pages": 300}]}}));
    }
    let mut items = Vec::new();
    loop {
        let payload = next(&mut answers).await;
        items.extend(
            payload["incremental"]
                .as_array()
                .cloned()
                .unwrap_or_default(),
        );
        if payload["hasNext"] == false {
            break;
        }
    }
    // It is no film, so nothing more comes.
    assert_eq!(
        items,
        [json!({"label": "b", "path": ["rated", 0], "data": {"pages": 300}})]
    );
    assert!(is_over(&mut answers).await);
}

#[tokio::test]
async fn a_part_in_a_part_learns_the_type_that_the_outer_one_did_not_know() {
    let query = r#"{ rated { stars ... on Media @defer(label: "o") { ... on Book @defer(label: "i") { pages } } } }"#;
    let more = "{ ... on Media { __typename ... on Book { pages } } }";
    let step = flatten(
        "rated.@",
        entities(1, "media", "{ ... on Media { __typename id } }", more),
    );
    let root = node(fetch(0, "ratings", "{ rated { __typename id stars } }"));
    let inner = defer(None, vec![part(Some("i"), "rated.@", &[], Some(step))]);
    let outer = part(Some("o"), "rated.@", &[0], Some(inner));
    let mut world = World::new(CATALOG).await;
    world.plan(query, defer(Some(root), vec![outer]));
    let mut answers = world.run(query, none(), incremental());
    let rated = json!([{"__typename": "Media", "id": "1", "stars": 5}]);
    world
        .asked("ratings")
        .await
        .answer(json!({"data": {"rated": rated}}));
    assert_eq!(next(&mut answers).await["hasNext"], true);
    assert_eq!(next(&mut answers).await["incremental"][0]["label"], "o");
    let asked = world.asked("media").await;
    asked.answer(json!({"data": {"_entities": [{"__typename": "Book", "pages": 300}]}}));
    let item = json!({"label": "i", "path": ["rated", 0], "data": {"pages": 300}});
    assert_eq!(
        next(&mut answers).await,
        json!({"incremental": [item], "hasNext": false})
    );
}

#[tokio::test]
async fn a_plan_may_leave_out_parts_that_hold_nothing_but_parts() {
    let query = r#"{ ... @defer { ... @defer(label: "me") { me { name } } } }"#;
    let mut world = World::new(SHOP).await;
    let me = node(fetch(0, "users", "{ me { name } }"));
    world.plan(
        query,
        defer(None, vec![part(Some("me"), "", &[], Some(me))]),
    );
    let mut answers = world.run(query, none(), incremental());
    assert_eq!(
        next(&mut answers).await,
        json!({"data": {}, "hasNext": true})
    );
    world
        .asked("users")
        .await
        .answer(json!({"data": {"me": {"name": "Ada"}}}));
    let mut last = next(&mut answers).await;
    while last["hasNext"] == true {
        last = next(&mut answers).await;
    }
    let items = last["incremental"].as_array().expect("items");
    let expected = json!({"label": "me", "path": [], "data": {"me": {"name": "Ada"}}});
    assert_eq!(items.last(), Some(&expected));
}
