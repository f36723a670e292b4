use super::*;

#[tokio::test]
async fn what_is_deferred_is_not_waited_for() {
    let mut deferring = Deferring::begin(LIKES, likes()).await;
    deferring.answer("users", ada()).await;
    assert_eq!(
        deferring.next().await,
        json!({"data": {"me": {"name": "Ada"}}, "hasNext": true})
    );
    let asked = deferring.asked("users").await;
    assert_eq!(
        asked.representations(),
        &json!([{"__typename": "User", "id": "u1"}])
    );
    let liked = json!([{"__typename": "Product", "id": "1"}]);
    asked.answer(found(json!([{ "favourites": liked }])));
    let asked = deferring.asked("products").await;
    assert!(!deferring.is_answered());
    asked.answer(found(json!([{"name": "Hat"}])));
    let items =
        json!([{"label": "likes", "path": ["me"], "data": {"favourites": [{"name": "Hat"}]}}]);
    assert_eq!(
        deferring.next().await,
        json!({"incremental": items, "hasNext": false})
    );
    assert!(deferring.is_over().await);
}

#[tokio::test]
async fn a_part_begins_while_the_primary_still_runs_and_is_held_back() {
    let query = "{ me { name ... @defer { email } } products { id } }";
    let products = node(fetch(1, "products", "{ products { id } }"));
    let primary = Node::Parallel(vec![me(), products]);
    let deferred = vec![part(None, "me", &[0], Some(email(2, "users")))];
    let mut deferring = Deferring::begin(query, defer(Some(primary), deferred)).await;
    let products = deferring.asked("products").await;
    deferring.answer("users", ada()).await;
    let email = found(json!([{"email": "ada@example.org"}]));
    deferring.answer("users", email).await;
    assert!(!deferring.is_answered());
    products.answer(json!({"data": {"products": []}}));
    assert_eq!(
        deferring.next().await,
        json!({"data": {"me": {"name": "Ada"}, "products": []}, "hasNext": true})
    );
    let items = json!([{"path": ["me"], "data": {"email": "ada@example.org"}}]);
    assert_eq!(
        deferring.next().await,
        json!({"incremental": items, "hasNext": false})
    );
}

#[tokio::test]
async fn what_a_part_depends_on_comes_first() {
    let query = "{ me { name ... @defer { email } } products { id ... @defer { discount } } }";
    let discount = entities(3, "products", PRODUCT, "{ ... on Product { discount } }");
    let discount = flatten("products.@", discount);
    let products = node(fetch(1, "products", "{ products { __typename id } }"));
    let primary = Node::Parallel(vec![me(), products]);
    let deferred = vec![
        part(None, "me", &[0], Some(email(2, "reviews"))),
        part(None, "products.@", &[0, 1], Some(discount)),
    ];
    let mut deferring = Deferring::begin(query, defer(Some(primary), deferred)).await;
    let products = deferring.asked("products").await;
    deferring.answer("users", ada()).await;
    // The first part's request shows that its dependency was taken note of; the second would have found no products.
    let email = deferring.asked("reviews").await;
    let product = json!({"__typename": "Product", "id": "1"});
    products.answer(json!({"data": {"products": [product]}}));
    let discount = deferring.asked("products").await;
    assert_eq!(discount.representations(), &json!([product]));
    discount.answer(found(json!([{"discount": 5}])));
    assert_eq!(deferring.next().await["hasNext"], true);
    let items = json!([{"path": ["products", 0], "data": {"discount": 5}}]);
    assert_eq!(
        deferring.next().await,
        json!({"incremental": items, "hasNext": true})
    );
    email.answer(found(json!([{"email": "a@b"}])));
    assert_eq!(deferring.next().await["hasNext"], false);
}

#[tokio::test]
async fn a_part_does_not_wait_for_what_is_left_out() {
    let query = "query($all: Boolean! = false) { me { name ... @defer { email } } products @include(if: $all) { id } }";
    let products = Node::Condition {
        variable: "all".to_owned(),
        if_clause: Some(Box::new(node(fetch(1, "products", "{ products { id } }")))),
        else_clause: None,
    };
    let primary = Node::Parallel(vec![me(), products]);
    let deferred = vec![part(None, "me", &[0, 1], Some(email(2, "users")))];
    let mut deferring = Deferring::begin(query, defer(Some(primary), deferred)).await;
    deferring.answer("users", ada()).await;
    assert_eq!(deferring.next().await["hasNext"], true);
    let email = found(json!([{"email": "a@b"}]));
    deferring.answer("users", email).await;
    assert_eq!(
        deferring.next().await["incremental"][0]["data"],
        json!({"email": "a@b"})
    );
}

#[tokio::test]
async fn parts_are_found_in_parts() {
    let query =
        r#"{ me { id ... @defer(label: "outer") { name ... @defer(label: "inner") { email } } } }"#;
    let name = entities(1, "users", USER, "{ ... on User { name } }");
    let inner = part(Some("inner"), "me", &[], Some(email(2, "users")));
    let outer = defer(Some(flatten("me", name)), vec![inner]);
    let primary = node(fetch(0, "users", "{ me { __typename id } }"));
    let outer = part(Some("outer"), "me", &[0], Some(outer));
    let mut deferring = Deferring::begin(query, defer(Some(primary), vec![outer])).await;
    let me = json!({"__typename": "User", "id": "u1"});
    let me = json!({"data": {"me": me}});
    deferring.answer("users", me).await;
    assert_eq!(
        deferring.next().await,
        json!({"data": {"me": {"id": "u1"}}, "hasNext": true})
    );
    // The inner part depends on nothing of the outer one: both are asked for at once, in no order.
    let one = deferring.asked("users").await;
    let other = deferring.asked("users").await;
    let query = one.body["query"].as_str().expect("a query");
    let (name, email) = if query.contains("email") {
        (other, one)
    } else {
        (one, other)
    };
    email.answer(found(json!([{"email": "ada@example.org"}])));
    name.answer(found(json!([{"name": "Ada"}])));
    // The outer part first, whichever was answered first.
    assert_eq!(
        deferring.items().await,
        [
            json!({"label": "outer", "path": ["me"], "data": {"name": "Ada"}}),
            json!({"label": "inner", "path": ["me"], "data": {"email": "ada@example.org"}}),
        ]
    );
}

#[tokio::test]
async fn a_plan_may_leave_out_parts_that_hold_nothing_but_parts() {
    let query = r#"{ ... @defer { ... @defer(label: "me") { me { name } } } }"#;
    let me = node(fetch(0, "users", "{ me { name } }"));
    let plan = defer(None, vec![part(Some("me"), "", &[], Some(me))]);
    let mut deferring = Deferring::begin(query, plan).await;
    assert_eq!(deferring.next().await, json!({"data": {}, "hasNext": true}));
    let me = json!({"data": {"me": {"name": "Ada"}}});
    deferring.answer("users", me).await;
    let expected = json!({"label": "me", "path": [], "data": {"me": {"name": "Ada"}}});
    assert_eq!(deferring.items().await.last(), Some(&expected));
}

#[tokio::test]
async fn a_variable_may_switch_a_part_off() {
    let query = "query($later: Boolean) { me { name ... @defer(if: $later) { email } } }";
    let deferred = vec![part(None, "me", &[0], Some(email(1, "users")))];
    let whole = node(fetch(0, "users", "{ me { __typename id name email } }"));
    let plan = Node::Condition {
        variable: "later".to_owned(),
        if_clause: Some(Box::new(defer(Some(me()), deferred))),
        else_clause: Some(Box::new(whole)),
    };
    let ada = json!({"__typename": "User", "id": "u1", "name": "Ada", "email": "a@b"});
    let ada = json!({"data": {"me": ada}});
    let name = json!({"data": {"me": {"name": "Ada"}}, "hasNext": true});
    let email = json!({"email": "a@b"});

    // Without a value it is on, as its default says; where the plan has fetched all, it follows at once.
    let mut deferring = Deferring::begin(query, plan).await;
    deferring.answer("users", ada.clone()).await;
    assert_eq!(deferring.next().await, name);
    assert_eq!(deferring.next().await["incremental"][0]["data"], email);

    deferring.again(query, json!({"later": false}));
    deferring.answer("users", ada.clone()).await;
    assert_eq!(
        deferring.next().await,
        json!({"data": {"me": {"name": "Ada", "email": "a@b"}}})
    );
    assert!(deferring.is_over().await);

    deferring.again(query, json!({"later": true}));
    deferring.answer("users", ada).await;
    assert_eq!(deferring.next().await, name);
    let entity = found(json!([email]));
    deferring.answer("users", entity).await;
    assert_eq!(deferring.next().await["incremental"][0]["data"], email);
}
