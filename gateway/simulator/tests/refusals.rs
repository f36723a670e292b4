//! A subgraph refuses what no plan should ask of it: otherwise a wrong plan could pass by luck.

use std::{collections::BTreeSet, sync::Arc};

use apollo_compiler::response::{JsonMap, JsonValue};
use simulator::{answer::Server, sdl::Subgraph, world::World};

const LINK: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@key",
    "@requires", "@provides", "@external", "@shareable", "@override", "@interfaceObject", "@context", "@fromContext"])"#;

const SHOP: &str = r#"
    type Query { product: Product  offer: Product @provides(fields: "name") }
    type Product @key(fields: "id") @key(fields: "sku zone", resolvable: false) {
        id: ID!
        sku: String!
        zone: Int!
        name: String @external
        weight: Int @external
        size: Size @external
        cost: Int @requires(fields: "weight size { width }")
        old: Int
    }
    type Size { width: Int  height: Int }
"#;

const STOCK: &str = r#"
    type Product @key(fields: "id") {
        id: ID!
        name: String @shareable
        weight: Int
        size: Size
        old: Int @override(from: "shop")
    }
    type Size { width: Int  height: Int }
"#;

/// What the shop answers to a fetch of one entity.
fn entity(representation: &str, selection: &str) -> JsonValue {
    let query = format!(
        "query($representations: [_Any!]!) {{ _entities(representations: $representations) {{ ... on Product {selection} }} }}"
    );
    let variables = format!("{{\"representations\": [{representation}]}}");
    ask(&query, &variables)
}

fn ask(query: &str, variables: &str) -> JsonValue {
    let subgraphs = [("shop", SHOP), ("stock", STOCK)].map(|(name, sdl)| {
        Subgraph::parse(name, &format!("{LINK}{sdl}")).expect("the SDL is a subgraph's")
    });
    let world = Arc::new(World::new(1, subgraphs.into(), BTreeSet::new()));
    let variables: JsonMap = serde_json::from_str(variables).expect("variables are JSON");
    let api = world.subgraphs()[0].schema().clone();
    Server::all(&world, &api)[0].answer(query, &variables, 0)
}

fn refusal(answer: &JsonValue) -> String {
    assert!(answer["data"].is_null(), "{answer} is no refusal");
    answer["errors"][0]["message"]
        .as_str()
        .expect("an error has a message")
        .to_owned()
}

#[test]
fn an_entity_is_found_by_a_key_and_tells_all_its_keys() {
    let answer = entity(
        r#"{"__typename": "Product", "id": "Product-3"}"#,
        "{ id sku zone }",
    );
    let found = &answer["data"]["_entities"][0];
    assert_eq!(found["id"], "Product-3");
    assert_eq!(found["sku"], "sku-Product-3");
    assert_eq!(found["zone"].as_u64().map(|zone| zone % 100_000), Some(3));
}

#[test]
fn a_key_that_is_not_resolvable_or_not_whole_or_not_true_is_refused() {
    for representation in [
        r#"{"__typename": "Product", "sku": "sku-Product-3", "zone": 100003}"#,
        r#"{"__typename": "Product"}"#,
        r#"{"__typename": "Product", "id": "elsewhere"}"#,
        r#"{"__typename": "Product", "id": null}"#,
        r#"{"id": "Product-3"}"#,
        r#"{"__typename": "Book", "id": "Product-3"}"#,
    ] {
        let why = refusal(&entity(representation, "{ id }"));
        assert!(why.contains("the entity"), "{representation}: {why}");
    }
}

#[test]
fn an_external_field_is_only_answered_where_it_is_provided() {
    let why = refusal(&ask("{ product { name } }", "{}"));
    assert!(why.contains("Product.name is external"), "{why}");
    let answer = ask("{ offer { name id } }", "{}");
    assert!(answer.get("errors").is_none(), "{answer}");
}

#[test]
fn a_field_with_requirements_wants_them_in_the_representation() {
    let complete =
        r#"{"__typename": "Product", "id": "Product-3", "weight": 7, "size": {"width": 1}}"#;
    assert!(entity(complete, "{ cost }").get("errors").is_none());

    let why = refusal(&ask("{ product { cost } }", "{}"));
    assert!(why.contains("only an entity fetch"), "{why}");
    for incomplete in [
        r#"{"__typename": "Product", "id": "Product-3"}"#,
        r#"{"__typename": "Product", "id": "Product-3", "weight": 7}"#,
        r#"{"__typename": "Product", "id": "Product-3", "weight": 7, "size": {}}"#,
    ] {
        let why = refusal(&entity(incomplete, "{ cost }"));
        assert!(why.contains("was not sent"), "{incomplete}: {why}");
    }
}

#[test]
fn the_value_depends_on_what_was_sent() {
    let cost = |weight: u32| {
        let representation = format!(
            r#"{{"__typename": "Product", "id": "Product-3", "weight": {weight}, "size": {{"width": 1}}}}"#
        );
        entity(&representation, "{ cost }")["data"].to_string()
    };
    let different: BTreeSet<_> = (0..8).map(cost).collect();
    assert!(different.len() > 4, "{different:?}");
    assert_eq!(cost(1), cost(1));
}

#[test]
fn an_overridden_field_and_one_of_another_subgraph_are_refused() {
    let id = r#"{"__typename": "Product", "id": "Product-3"}"#;
    let why = refusal(&entity(id, "{ old }"));
    assert!(why.contains("is overridden"), "{why}");
    let why = refusal(&entity(id, "{ color }"));
    assert!(why.contains("invalid"), "{why}");
}
