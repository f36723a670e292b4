//! Plans as people review them, and supergraphs as they load.

use apollo_compiler::ExecutableDocument;
use federation::{PlanOptions, Planner, Supergraph, SupergraphError};
use serde_json::Value;

const SHOP: &str = include_str!("fixtures/shop.graphql");
const CATALOG: &str = include_str!("fixtures/catalog.graphql");

fn plan(sdl: &str, query: &str) -> Value {
    let supergraph = Supergraph::parse(sdl).expect("the fixture loads");
    let document =
        ExecutableDocument::parse_and_validate(supergraph.api_schema(), query, "query.graphql")
            .expect("a valid query");
    let operation = document.operations.get(None).expect("one operation");
    Planner::new(&supergraph)
        .plan(&document, operation, &PlanOptions::default())
        .expect("a plan")
        .to_json()
}

#[test]
fn entities_are_fetched_after_what_leads_to_them() {
    insta::assert_json_snapshot!(plan(
        SHOP,
        "{ products { name reviews { author { name } } } }"
    ));
}

#[test]
fn fetches_of_different_paths_are_apart_in_the_plan() {
    insta::assert_json_snapshot!(plan(
        SHOP,
        "{ a: product(id: 1) { reviews { id } } b: product(id: 2) { reviews { body } } }"
    ));
}

#[test]
fn mutations_are_one_sequence() {
    insta::assert_json_snapshot!(plan(
        SHOP,
        "mutation { renameProduct(id: 1, name: \"x\") { reviews { id } } addReview(product: 1, author: 2, body: \"\") { id } }"
    ));
}

#[test]
fn subscriptions_have_a_rest() {
    insta::assert_json_snapshot!(plan(
        SHOP,
        "subscription { productChanged(id: 1) { name reviews { author { name } } } }"
    ));
}

#[test]
fn conditions_on_variables_stay_conditions() {
    insta::assert_json_snapshot!(plan(
        SHOP,
        "query($yes: Boolean!) { product(id: 1) { name @skip(if: $yes) reviews @include(if: $yes) { id } } }"
    ));
}

#[test]
fn requirements_rewrites_and_renames_are_printed() {
    insta::assert_json_snapshot!(plan(
        CATALOG,
        "{ products { shipping } media { title stars } pets { ... on Dog { name } ... on Cat { name } } }"
    ));
}

#[test]
fn introspection_is_not_planned() {
    assert_eq!(
        plan(
            SHOP,
            "{ __typename ...S } fragment S on Query { __schema { types { name } } }"
        ),
        serde_json::json!({"kind": "QueryPlan"})
    );
}

#[test]
fn the_same_operation_has_the_same_plan() {
    let query = "{ search { ... on Product { name reviews { author { name } } } } things { id } me { name } }";
    let first = plan(SHOP, query).to_string();
    for _ in 0..5 {
        assert_eq!(plan(SHOP, query).to_string(), first);
    }
}

#[test]
fn subgraphs_are_named_with_their_urls() {
    let supergraph = Supergraph::parse(SHOP).expect("the fixture loads");
    insta::assert_debug_snapshot!(supergraph.subgraphs());
}

#[test]
fn clients_see_neither_machinery_nor_hidden_elements() {
    let supergraph = Supergraph::parse(CATALOG).expect("the fixture loads");
    insta::assert_snapshot!(supergraph.api_schema().to_string());
}

#[test]
fn what_is_not_a_supergraph_is_refused_with_the_reason() {
    let refused = |sdl: &str| Supergraph::parse(sdl).expect_err("not a supergraph");
    assert!(matches!(
        refused("type Query { a: Int }"),
        SupergraphError::NotASupergraph
    ));
    assert!(matches!(
        refused("type Query { a: Missing }"),
        SupergraphError::Invalid(_)
    ));
    assert!(matches!(
        refused("type Query {"),
        SupergraphError::Invalid(_)
    ));
    let unnamed = SHOP.replace(
        "@join__graph(name: \"products\", url: \"http://products.invalid/graphql\")",
        "",
    );
    assert!(matches!(refused(&unnamed), SupergraphError::NotASupergraph));
    let keyless = SHOP.replace("key: \"id\"", "key: \"isbn\"");
    let reason = refused(&keyless).to_string();
    assert!(
        reason.ends_with("@join__type(key: \"isbn\"): type `Product` does not have a field `isbn`"),
        "one plain line: {reason}"
    );
}

/// As Federation 1's composition wrote it: owners, value types without directives, provided fields that nobody mentions.
const JOIN_V0_1: &str = r#"
schema @core(feature: "https://specs.apollo.dev/core/v0.1") @core(feature: "https://specs.apollo.dev/join/v0.1") {
  query: Query
}
directive @core(feature: String!) repeatable on SCHEMA
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet) on FIELD_DEFINITION
directive @join__type(graph: join__Graph!, key: join__FieldSet) repeatable on OBJECT | INTERFACE
directive @join__owner(graph: join__Graph!) on OBJECT | INTERFACE
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
scalar join__FieldSet
enum join__Graph {
  ACCOUNTS @join__graph(name: "accounts", url: "")
  INVENTORY @join__graph(name: "inventory", url: "")
  PRODUCTS @join__graph(name: "products", url: "")
  REVIEWS @join__graph(name: "reviews", url: "")
}
type Query {
  me: User @join__field(graph: ACCOUNTS)
  topProducts: [Product] @join__field(graph: PRODUCTS)
}
type Product
  @join__owner(graph: PRODUCTS)
  @join__type(graph: PRODUCTS, key: "upc")
  @join__type(graph: INVENTORY, key: "upc")
  @join__type(graph: REVIEWS, key: "upc")
{
  upc: String! @join__field(graph: PRODUCTS)
  size: Size @join__field(graph: PRODUCTS)
  price: Int @join__field(graph: PRODUCTS)
  shipping: Int @join__field(graph: INVENTORY, requires: "price")
  reviews: [Review] @join__field(graph: REVIEWS)
}
type Size { width: Int height: Int }
type Review @join__owner(graph: REVIEWS) @join__type(graph: REVIEWS, key: "id") {
  id: ID! @join__field(graph: REVIEWS)
  author: User @join__field(graph: REVIEWS, provides: "username")
}
type User
  @join__owner(graph: ACCOUNTS)
  @join__type(graph: ACCOUNTS, key: "id")
  @join__type(graph: REVIEWS, key: "id")
{
  id: ID! @join__field(graph: ACCOUNTS)
  name: String @join__field(graph: ACCOUNTS)
  username: String @join__field(graph: ACCOUNTS)
  reviews: [Review] @join__field(graph: REVIEWS)
}
"#;

#[test]
fn a_supergraph_of_federation_1_is_planned_over() {
    insta::assert_json_snapshot!(plan(
        JOIN_V0_1,
        "{ topProducts { size { width } shipping reviews { author { id username } } } me { reviews { id } } }"
    ));
}
