use super::*;
use crate::engine::handmade::CATALOG;

#[tokio::test]
async fn every_object_has_an_item_of_its_own_and_null_has_none() {
    let query = r#"{ shelves { id ... on Product @defer(label: "d") { discount stock } } }"#;
    let rest = "{ ... on Product { discount stock } }";
    let rest = flatten("shelves.@.@", entities(1, "products", PRODUCT, rest));
    let primary = node(fetch(0, "products", "{ shelves { __typename id } }"));
    let deferred = vec![part(Some("d"), "shelves.@.@", &[0], Some(rest))];
    let mut deferring = Deferring::begin(query, defer(Some(primary), deferred)).await;
    let product = |id: &str| json!({"__typename": "Product", "id": id});
    let shelves = json!([[product("1")], [product("2"), product("1")]]);
    let shelves = json!({"data": {"shelves": shelves}});
    deferring.answer("products", shelves).await;
    assert_eq!(deferring.next().await["hasNext"], true);
    // The second has no stock, where null is not allowed: only its own item is null.
    let answer = json!({
        "data": {"_entities": [{"discount": 5, "stock": 1}, {"discount": null, "stock": null}]},
        "errors": [{"message": "lost", "path": ["_entities", 1, "stock"]}],
    });
    deferring.answer("products", answer).await;
    let payload = deferring.next().await;
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
async fn a_part_without_fetches_follows_at_once_with_the_errors_that_concern_it() {
    let query = r#"{ me { name ... @defer(label: "all") { name email } ...Again @defer(label: "more") } }
                   fragment Again on User { id name }"#;
    let primary = node(fetch(0, "users", "{ me { __typename id name email } }"));
    let deferred = vec![
        part(Some("all"), "me", &[], None),
        part(Some("more"), "me", &[], None),
    ];
    let mut deferring = Deferring::begin(query, defer(Some(primary), deferred)).await;
    let answer = json!({
        "data": {"me": {"__typename": "User", "id": "u1", "name": "Ada", "email": null}},
        "errors": [{"message": "no mail", "path": ["me", "email"]}],
    });
    deferring.answer("users", answer).await;
    assert_eq!(
        deferring.next().await,
        json!({"data": {"me": {"name": "Ada"}}, "hasNext": true})
    );
    let error =
        json!({"message": "no mail", "path": ["me", "email"], "extensions": {"service": "users"}});
    let items = json!([
        {"label": "all", "path": ["me"], "data": null, "errors": [error]},
        {"label": "more", "path": ["me"], "data": {"id": "u1", "name": "Ada"}},
    ]);
    assert_eq!(
        deferring.next().await,
        json!({"incremental": items, "hasNext": false})
    );
}

#[tokio::test]
async fn a_subgraph_that_fails_costs_the_part_alone() {
    let mut deferring = Deferring::begin(LIKES, likes()).await;
    deferring.answer("users", ada()).await;
    assert_eq!(deferring.next().await["errors"], json!(null));
    let gone = json!({"errors": [{"message": "gone"}]});
    deferring.answer("users", gone).await;
    let payload = deferring.next().await;
    let item = &payload["incremental"][0];
    assert_eq!(item["data"], json!(null), "{payload}");
    assert_eq!(item["errors"][0]["message"], "gone");
    assert_eq!(item["errors"][0]["path"], json!(["me"]));
    assert_eq!(payload["hasNext"], false);
}

/// What ratings tells of media: an interface object, so of no type that it knows.
fn rated() -> Node {
    node(fetch(0, "ratings", "{ rated { __typename id stars } }"))
}

/// What media adds, the type included.
fn more(id: u32, selected: &str) -> Node {
    let media = "{ ... on Media { __typename id } }";
    flatten("rated.@", entities(id, "media", media, selected))
}

async fn answer_rated(deferring: &mut Deferring) {
    let rated = json!([{"__typename": "Media", "id": "1", "stars": 5}]);
    let rated = json!({"data": {"rated": rated}});
    deferring.answer("ratings", rated).await;
    assert_eq!(
        deferring.next().await,
        json!({"data": {"rated": [{"stars": 5}]}, "hasNext": true})
    );
}

#[tokio::test]
async fn a_type_that_only_a_part_learns_decides_what_the_part_holds() {
    let query = r#"{ rated { stars ... on Book @defer(label: "b") { pages } ... on Film @defer(label: "f") { minutes } } }"#;
    let selected = "{ ... on Media { __typename ... on Book { pages } ... on Film { minutes } } }";
    let parts = vec![
        part(Some("b"), "rated.@", &[0], Some(more(1, selected))),
        part(Some("f"), "rated.@", &[0], Some(more(2, selected))),
    ];
    let plan = defer(Some(rated()), parts);
    let mut deferring = Deferring::begin_in(CATALOG, query, plan).await;
    answer_rated(&mut deferring).await;
    let one = deferring.asked("media").await;
    let other = deferring.asked("media").await;
    for asked in [one, other] {
        asked.answer(found(json!([{"__typename": "Book", "pages": 300}])));
    }
    // It is no film, so nothing more comes.
    assert_eq!(
        deferring.items().await,
        [json!({"label": "b", "path": ["rated", 0], "data": {"pages": 300}})]
    );
    assert!(deferring.is_over().await);
}

#[tokio::test]
async fn a_part_in_a_part_learns_the_type_that_the_outer_one_did_not_know() {
    let query = r#"{ rated { stars ... on Media @defer(label: "o") { ... on Book @defer(label: "i") { pages } } } }"#;
    let step = more(1, "{ ... on Media { __typename ... on Book { pages } } }");
    let inner = defer(None, vec![part(Some("i"), "rated.@", &[], Some(step))]);
    let outer = part(Some("o"), "rated.@", &[0], Some(inner));
    let plan = defer(Some(rated()), vec![outer]);
    let mut deferring = Deferring::begin_in(CATALOG, query, plan).await;
    answer_rated(&mut deferring).await;
    assert_eq!(deferring.next().await["incremental"][0]["label"], "o");
    let book = found(json!([{"__typename": "Book", "pages": 300}]));
    deferring.answer("media", book).await;
    let item = json!({"label": "i", "path": ["rated", 0], "data": {"pages": 300}});
    assert_eq!(
        deferring.next().await,
        json!({"incremental": [item], "hasNext": false})
    );
}
