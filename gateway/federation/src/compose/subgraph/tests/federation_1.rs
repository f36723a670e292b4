//! What Federation 1 subgraphs become, alone and among others.

use apollo_compiler::Name;

use super::{Loaded, federation, load_all};
use crate::compose::{ErrorCode, subgraph::FieldFacts};

const OWNER: &str = "type Query { product: Product }
    type Product @key(fields: \"id\") @key(fields: \"sku\") { id: ID sku: ID name: String pages: Int }";

/// The owner of products and another subgraph, both of Federation 1.
fn with_owner(sdl: &str) -> Loaded {
    let loaded = load_all(&[("owner", OWNER), ("other", sdl)]);
    assert_eq!(loaded.errors, [], "{sdl}");
    loaded
}

#[track_caller]
fn field<'a>(loaded: &'a Loaded, name: &str) -> &'a FieldFacts {
    let facts = &loaded.subgraph("other").facts;
    facts.field("Product", name).expect("it is there")
}

#[test]
fn key_fields_of_extensions_are_not_external() {
    for extension in ["extend type Product", "type Product @extends"] {
        let loaded = with_owner(&format!(
            "{extension} @key(fields: \"id\") {{ id: ID @external reviews: Int }}"
        ));
        assert!(!field(&loaded, "id").is_external);
        let ty = loaded
            .subgraph("other")
            .facts
            .ty("Product")
            .expect("it is there");
        // @extends stays, and Apollo's supergraphs tell it; `extend` is as good as a definition.
        assert_eq!(ty.keys[0].is_of_extension, extension.contains("@extends"));
        assert_eq!(ty.is_extension, extension.contains("@extends"));
        let defined = &loaded.subgraph("other").facts.defined;
        assert_eq!(defined.contains("Product"), extension.contains("@extends"));
    }
    // Without a key of its own, it has the fields of the owner's first.
    let loaded = with_owner(
        "extend type Product { id: ID @external sku: ID @external n: Int @requires(fields: \"sku\") }",
    );
    assert!(!field(&loaded, "id").is_external);
    assert!(field(&loaded, "sku").is_external);
    // A definition means what it says.
    let loaded = with_owner("type Product @key(fields: \"id\") { id: ID @external n: Int }");
    assert!(field(&loaded, "id").is_external);
}

#[test]
fn unused_external_fields_vanish() {
    let loaded = with_owner(
        "interface Named { name: String }
        extend type Product implements Named @key(fields: \"id\") {
            id: ID @external name: String @external sku: ID @external pages: Int @external n: Int @requires(fields: \"pages\")
        }",
    );
    let other = loaded.subgraph("other");
    let product = other.schema.get_object("Product").expect("it is there");
    let fields: Vec<_> = product.fields.keys().map(Name::as_str).collect();
    assert_eq!(fields, ["id", "name", "pages", "n"]);
    assert!(other.facts.field("Product", "sku").is_none());
}

#[test]
fn types_of_nothing_but_unused_external_fields_vanish_if_they_can() {
    let loaded = with_owner("extend type Product { name: String @external } type Query { a: Int }");
    assert!(
        !loaded
            .subgraph("other")
            .schema
            .types
            .contains_key("Product")
    );
    assert!(loaded.subgraph("other").facts.ty("Product").is_none());
    let entity =
        "extend type Product @key(fields: \"id\") { name: String @external } type Query { a: Int }";
    let loaded = load_all(&[("owner", OWNER), ("other", entity)]);
    assert_eq!(loaded.codes(), [ErrorCode::TypeWithOnlyUnusedExternal]);
    for used in ["type Query { a: Product }", "union Item = Product"] {
        let sdl = format!("extend type Product {{ name: String @external }} {used}");
        let loaded = load_all(&[("owner", OWNER), ("other", &sdl)]);
        assert_eq!(loaded.codes(), [ErrorCode::TypeWithOnlyUnusedExternal]);
    }
}

#[test]
fn field_sets_lose_what_has_no_effect() {
    let loaded = with_owner(
        "extend type Product @key(fields: \"id\") {
            id: ID @external
            name: String @external
            own: Int
            a: Int @requires(fields: \"own name\")
            b: Int @requires(fields: \"own\")
            c: Int @requires(fields: \"box { weight unit { name } }\")
            d: Product @provides(fields: \"own name\")
            e: Int @provides(fields: \"name\")
            box: Box
        }
        type Box { weight: Int @external unit: Unit }
        type Unit { name: String }",
    );
    let requires = |name| {
        field(&loaded, name)
            .requires
            .as_ref()
            .map(|set| set.text.as_str())
    };
    let provides = |name| {
        field(&loaded, name)
            .provides
            .as_ref()
            .map(|set| set.text.as_str())
    };
    assert_eq!(requires("a"), Some("name"));
    assert_eq!(requires("b"), None);
    assert_eq!(requires("c"), Some("box { weight }"));
    assert_eq!(provides("d"), Some("name"));
    assert_eq!(provides("e"), None);
}

#[test]
fn field_sets_may_be_lists_and_bare_names() {
    let loaded = load_all(&[(
        "a",
        "type Query { a: P } type P @key(fields: [\"id\", \"sku\"]) @key(fields: n) { id: ID sku: ID n: Int }",
    )]);
    assert_eq!(loaded.errors, []);
    let keys = &loaded.subgraphs[0].facts.ty("P").expect("it is there").keys;
    let texts: Vec<_> = keys.iter().map(|key| key.fields.text.as_str()).collect();
    assert_eq!(texts, ["id sku", "n"]);
}

#[test]
fn interfaces_and_objects_lose_what_was_ignored_there() {
    let loaded = with_owner(
        "interface Item @key(fields: \"id\") { id: ID @external name: String @requires(fields: \"id\") @provides(fields: \"id\") }
        extend type Product implements Item @key(fields: \"id\") { id: ID @external name: String @external box: Box @external
            a: Int @requires(fields: \"box { weight }\") }
        type Box @external { weight: Int }",
    );
    let other = loaded.subgraph("other");
    let item = other.schema.get_interface("Item").expect("it is there");
    assert!(item.directives.is_empty());
    assert!(
        item.fields
            .values()
            .all(|field| field.directives.is_empty())
    );
    assert!(other.facts.ty("Item").expect("it is there").keys.is_empty());
    assert!(
        !other
            .facts
            .field("Box", "weight")
            .expect("it is there")
            .is_external
    );
    assert_eq!(
        field(&loaded, "a")
            .requires
            .as_ref()
            .map(|set| set.text.as_str()),
        Some("box { weight }")
    );
}

#[test]
fn what_several_resolve_is_shareable() {
    let loaded = load_all(&[
        (
            "a",
            "type Query { v: V w: W p: P } type V { n: Int } type W { n: Int }
            type P @key(fields: \"id\") { id: ID n: Int own: Int }
            type Mutation { m: Int } type Subscription { s: Int }",
        ),
        (
            "b",
            "type Query { v: V b: Int } type V { n: Int } type P @key(fields: \"id\") { id: ID n: Int own: Int @external }
            type Mutation { m: Int } type Subscription { s: Int }",
        ),
    ]);
    assert_eq!(loaded.errors, []);
    let shareable = |ty, field| {
        let facts = &loaded.subgraph("a").facts;
        facts.field(ty, field).expect("it is there").is_shareable
    };
    assert!(shareable("V", "n"));
    assert!(!shareable("W", "n"));
    assert!(shareable("Query", "v"));
    assert!(!shareable("Query", "p"));
    assert!(shareable("P", "n"));
    assert!(!shareable("P", "own"));
    assert!(shareable("Mutation", "m"));
    assert!(!shareable("Subscription", "s"));
}

#[test]
fn only_federation_1_is_upgraded() {
    let new = format!(
        "{}type Query {{ a: Int }} type V {{ n: Int }} type P {{ n: Int @external }}",
        federation("v2.3", "\"@external\"")
    );
    let loaded = load_all(&[("new", &new), ("old", "type V { n: Int }")]);
    assert_eq!(loaded.errors, []);
    let shareable = |name: &str| {
        let facts = &loaded.subgraph(name).facts;
        facts.field("V", "n").expect("it is there").is_shareable
    };
    assert!(!shareable("new") && shareable("old"));
    assert!(loaded.subgraph("new").schema.types.contains_key("P"));
}

#[test]
fn tags_that_are_elsewhere_leave_external_fields() {
    let owner =
        "type Query { p: P } type P @key(fields: \"id\") { id: ID n: Int @tag(name: \"a\") }";
    let other = "extend type P @key(fields: \"id\") {
        id: ID @external n: Int @external @tag(name: \"a\") @tag(name: \"b\") x: Int @requires(fields: \"n\")
    }";
    let loaded = load_all(&[("owner", owner), ("other", other)]);
    assert_eq!(loaded.errors, []);
    let field = loaded
        .subgraph("other")
        .schema
        .type_field("P", "n")
        .expect("it is there");
    let tags: Vec<_> = field
        .directives
        .get_all("federation__tag")
        .map(ToString::to_string)
        .collect();
    assert_eq!(tags, ["@federation__tag(name: \"b\")"]);
}
