//! The search finds what is cheaper, and nothing where there is nothing.

use federation::plan::Node;

use super::{
    Cheapest,
    testing::{
        PRODUCT, at, cheapest, cheapest_in, defer, entity, include, node, par, part, product, root,
        seq, with_id,
    },
};

fn stock(requires: &str, text: &str) -> Node {
    at(
        "product",
        entity("stock", requires, &format!("{{... on Product {{{text}}}}}")),
    )
}

#[test]
fn a_round_too_many_is_found() {
    let query = "{ product(id: 1) { count reviews { id } } }";
    let reviews = at(
        "product",
        entity("reviews", PRODUCT, "{... on Product {reviews {id}}}"),
    );
    let count = stock(PRODUCT, "count");
    let good = seq([
        product("__typename id"),
        par([count.clone(), reviews.clone()]),
    ]);
    assert_eq!(cheapest(query, good), Cheapest::Same);
    let slow = seq([product("__typename id"), count, reviews]);
    let rounds = Cheapest::Cheaper(vec![
        vec!["catalog at ".to_owned()],
        vec![
            "reviews at product".to_owned(),
            "stock at product".to_owned(),
        ],
    ]);
    assert_eq!(cheapest(query, slow), rounds);
}

#[test]
fn a_fetch_too_many_is_found() {
    // The weight is there already when it is required.
    let query = "{ product(id: 1) { shipping note } }";
    let requires = "{... on Product {__typename id weight size}}";
    let size = "size(unit: \"cm\")";
    let good = seq([
        product(&format!("__typename id weight {size} note")),
        stock(requires, "shipping"),
    ]);
    assert_eq!(cheapest(query, good), Cheapest::Same);
    let note = at(
        "product",
        entity("catalog", PRODUCT, "{... on Product {note}}"),
    );
    let wasteful = seq([
        product(&format!("__typename id weight {size}")),
        par([stock(requires, "shipping"), note]),
    ]);
    let rounds = Cheapest::Cheaper(vec![
        vec!["catalog at ".to_owned()],
        vec!["stock at product".to_owned()],
    ]);
    assert_eq!(cheapest(query, wasteful), rounds);
}

#[test]
fn types_that_an_interface_object_does_not_tell_take_a_round() {
    let query = "{ rated { stars title } }";
    let good = seq([
        node(root("reviews", "{ rated { __typename id stars } }")),
        at(
            "rated.@",
            entity(
                "catalog",
                "{... on Media {__typename id}}",
                "{... on Media {__typename title}}",
            ),
        ),
    ]);
    assert_eq!(cheapest(query, good), Cheapest::Same);
}

#[test]
fn types_that_one_subgraph_knows_are_not_lost_to_another() {
    // Both know products, and books would be null if both were asked.
    let query = "{ any { ... on Product { note reviews { id } } } }";
    let good = seq([
        node(root(
            "catalog",
            "{ any { __typename ... on Product { id note } } }",
        )),
        at(
            "any.[Product]",
            entity("reviews", PRODUCT, "{... on Product {reviews {id}}}"),
        ),
    ]);
    assert_eq!(cheapest(query, good), Cheapest::Same);
}

#[test]
fn subscriptions_and_conditions_are_looked_at() {
    let query = "subscription($yes: Boolean!) { changed { count @include(if: $yes) sku } }";
    let plan = |rest: Node| Node::Subscription {
        primary: Box::new(root(
            "catalog",
            "subscription { changed { __typename id } }",
        )),
        rest: Some(Box::new(rest)),
    };
    let sku = at(
        "changed",
        entity("stock", PRODUCT, "{... on Product {sku}}"),
    );
    let count = "{... on Product {count}}";
    let conditional = include("yes", at("changed", entity("stock", PRODUCT, count)));
    // Side by side they are one request; one after the other they are two.
    let beside = cheapest(query, plan(par([sku.clone(), conditional.clone()])));
    assert_eq!(beside, Cheapest::Same);
    let apart = cheapest(query, plan(seq([sku, conditional])));
    let together = Cheapest::Cheaper(vec![
        vec!["catalog at ".to_owned()],
        vec!["stock at changed".to_owned()],
    ]);
    assert_eq!(apart, together);
    let both = entity(
        "stock",
        PRODUCT,
        "{... on Product {sku count @include(if: $yes)}}",
    );
    assert_eq!(cheapest(query, plan(at("changed", both))), Cheapest::Same);
}

#[test]
fn conditions_that_exclude_each_other_are_looked_at_together() {
    let query = "query($yes: Boolean!) {
        product(id: 1) { note @include(if: $yes) count @include(if: $yes) weight @skip(if: $yes) }
    }";
    let first = || product("__typename id note weight");
    let count = include("yes", about("product", "stock", "count"));
    let good = seq([first(), count.clone()]);
    assert_eq!(cheapest(query, good), Cheapest::Same);
    let weight = about("product", "catalog", "weight");
    let skipped = Node::Condition {
        variable: "yes".to_owned(),
        if_clause: None,
        else_clause: Some(Box::new(weight)),
    };
    let wasteful = seq([first(), par([count, skipped])]);
    let rounds: &[&[&str]] = &[&["catalog at "], &["stock at product"]];
    assert_eq!(cheapest(query, wasteful), cheaper(rounds));
}

#[test]
fn what_it_cannot_look_at_is_said() {
    let query = "query($yes: Boolean!) {
        product(id: 1) { name @include(if: $yes) ... @defer { weight @skip(if: $yes) } }
    }";
    let plan = defer(
        ("{ product(id: 1) { name } }", product("name weight")),
        part(&[], "product", "{ weight }", None),
    );
    assert_eq!(cheapest(query, plan), Cheapest::OutOfBounds);
}

fn about(path: &str, service: &str, fields: &str) -> Node {
    let text = format!("{{... on Product {{{fields}}}}}");
    at(path, entity(service, PRODUCT, &text))
}

fn cheaper(rounds: &[&[&str]]) -> Cheapest {
    let round = |round: &&[&str]| round.iter().map(|one| (*one).to_owned()).collect();
    Cheapest::Cheaper(rounds.iter().map(round).collect())
}

#[test]
fn each_root_field_of_a_mutation_is_looked_at() {
    let query = "mutation { archive(id: 1) { name } rename(id: 2) { count reviews { id } } restock(id: 3) { count } }";
    // What follows one another in one subgraph shares a request.
    let both = || {
        node(root(
            "catalog",
            "mutation { archive(id: 1) { name } rename(id: 2) { __typename id } }",
        ))
    };
    let count = || about("rename", "stock", "count");
    let reviews = || about("rename", "reviews", "reviews {id}");
    let restock = |text: &str| {
        let text = format!("mutation {{ restock(id: 3) {{ {text} }} }}");
        node(root("stock", &text))
    };
    let good = seq([both(), par([count(), reviews()]), restock("count")]);
    assert_eq!(cheapest(query, good), Cheapest::Same);
    let slow = seq([both(), count(), reviews(), restock("count")]);
    let rounds: &[&[&str]] = &[&["catalog at "], &["reviews at rename", "stock at rename"]];
    assert_eq!(cheapest(query, slow), cheaper(rounds));
    let wasteful = seq([
        both(),
        par([count(), reviews()]),
        restock("__typename id"),
        about("restock", "stock", "count"),
    ]);
    assert_eq!(cheapest(query, wasteful), cheaper(&[&["stock at "]]));
}

#[test]
fn what_comes_from_a_context_waits_for_it() {
    let query = "{ shop { items { price } } }";
    let shop = |text: &str| {
        let fetch = entity(
            "prices",
            "{... on Shop {__typename id}}",
            &format!("{{... on Shop {{{text}}}}}"),
        );
        at("shop", fetch)
    };
    let price = || {
        let item = "{... on Item {__typename id}}";
        at(
            "shop.items.@",
            entity("prices", item, "{... on Item {price}}"),
        )
    };
    let start = || node(root("catalog", "{ shop { __typename id } }"));
    let good = seq([start(), shop("currency items {__typename id}"), price()]);
    assert_eq!(cheapest(query, good), Cheapest::Same);
    let slow = seq([
        start(),
        shop("items {__typename id}"),
        shop("currency"),
        price(),
    ]);
    let rounds: &[&[&str]] = &[
        &["catalog at "],
        &["prices at shop"],
        &["prices at shop.items"],
    ];
    assert_eq!(cheapest(query, slow), cheaper(rounds));
}

#[test]
fn what_is_deferred_is_looked_at_apart() {
    let query = "{ product(id: 1) { name sku ... @defer { count reviews { id } } } }";
    let first = || {
        with_id(
            0,
            root("catalog", "{ product(id: 1) { __typename id name } }"),
        )
    };
    let primary = || seq([first(), about("product", "stock", "sku")]);
    let plan = |primary: Node, node: Node| {
        defer(
            ("{ product(id: 1) { name sku } }", primary),
            part(&[0], "product", "{ count reviews { id } }", Some(node)),
        )
    };
    let count = || about("product", "stock", "count");
    let reviews = || about("product", "reviews", "reviews {id}");
    let good = plan(primary(), par([count(), reviews()]));
    assert_eq!(cheapest(query, good), Cheapest::Same);
    let slow = plan(primary(), seq([count(), reviews()]));
    let rounds: &[&[&str]] = &[&[], &["reviews at product", "stock at product"]];
    assert_eq!(cheapest(query, slow), cheaper(rounds));
    let name = about("product", "catalog", "name");
    let wasteful = seq([first(), par([about("product", "stock", "sku"), name])]);
    let rounds: &[&[&str]] = &[&["catalog at "], &["stock at product"]];
    assert_eq!(
        cheapest(query, plan(wasteful, par([count(), reviews()]))),
        cheaper(rounds)
    );
}

#[test]
fn what_is_there_is_not_deferred_again() {
    let query = "{ product(id: 1) { name count ... @defer { count sku } } }";
    let first = with_id(
        0,
        root("catalog", "{ product(id: 1) { __typename id name } }"),
    );
    let primary = seq([first, about("product", "stock", "count")]);
    let plan = |nodes: Node| {
        defer(
            ("{ product(id: 1) { name count } }", primary.clone()),
            part(&[0], "product", "{ count sku }", Some(nodes)),
        )
    };
    let sku = || about("product", "stock", "sku");
    assert_eq!(cheapest(query, plan(sku())), Cheapest::Same);
    let twice = plan(seq([about("product", "stock", "count"), sku()]));
    assert_eq!(
        cheapest(query, twice),
        cheaper(&[&[], &["stock at product"]])
    );
    // Not what is deferred is read first.
    let query = "{ product(id: 1) { name ... @defer { weight } } }";
    let first = with_id(
        0,
        root("catalog", "{ product(id: 1) { __typename id name } }"),
    );
    let weight = about("product", "catalog", "weight");
    let plan = defer(
        ("{ product(id: 1) { name } }", first),
        part(&[0], "product", "{ weight }", Some(weight)),
    );
    assert_eq!(cheapest(query, plan), Cheapest::Same);
}

#[test]
fn what_some_objects_want_is_asked_with_what_all_want() {
    let link = |names: &str| {
        format!(
            "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.8\", import: [{names}])"
        )
    };
    let blind = link("\"@key\", \"@interfaceObject\"");
    let types = format!(
        "{}
        interface Media @key(fields: \"id\") {{ id: ID! }}
        type Book implements Media @key(fields: \"id\") {{ id: ID! }}
        type Film implements Media @key(fields: \"id\") {{ id: ID! }}",
        link("\"@key\"")
    );
    let found = format!(
        "{blind} type Query {{ found: Media }} type Media @key(fields: \"id\") @interfaceObject {{ id: ID! }}"
    );
    let stars = format!(
        "{blind} type Media @key(fields: \"id\") @interfaceObject {{ id: ID! stars: Int likes: Int }}"
    );
    let subgraphs = [
        ("types", types.as_str()),
        ("found", found.as_str()),
        ("stars", stars.as_str()),
    ];
    let media = "{... on Media {__typename id}}";
    let stars = |text: &str| at("found", entity("stars", media, text));
    let told = at(
        "found",
        entity("types", media, "{... on Media {__typename}}"),
    );
    let start = node(root("found", "{ found { __typename id } }"));
    let query = "{ found { stars ... on Book { likes } } }";
    let good = seq([
        start.clone(),
        par([told.clone(), stars("{... on Media {stars likes}}")]),
    ]);
    assert_eq!(cheapest_in(&subgraphs, query, good), Cheapest::Same);
    // Alone it waits until it is known who wants it.
    let query = "{ found { ... on Book { likes } } }";
    let good = seq([start, told, stars("{... on Media {likes}}")]);
    assert_eq!(cheapest_in(&subgraphs, query, good), Cheapest::Same);
}
