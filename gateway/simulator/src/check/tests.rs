//! Each rule about fetches has a plan that breaks it and nothing else: a good one, damaged.

use std::collections::BTreeSet;

use federation::{
    PlanOptions,
    plan::{Rewrite, RewriteElement, Variable},
};

use super::{
    Cost, Rule,
    testing::{
        COUNT, PRODUCT, at, breaks, count, entity, is_broken, node, par, product, right, root, seq,
        verdict, verdict_with,
    },
};

#[test]
fn a_good_plan_has_a_cost() {
    let cost = right(COUNT, seq([product("__typename id name"), count()]));
    let expected = Cost {
        depth: 2,
        fetches: 2,
        fields: 5,
        requests: 2,
    };
    assert_eq!(cost, expected);
}

#[test]
fn what_the_client_selects_is_there() {
    let good = "__typename id name";
    breaks(
        Rule::Covered,
        COUNT,
        seq([product("__typename id"), count()]),
    );
    let renamed = COUNT.replace("name", "title: name");
    breaks(Rule::Covered, &renamed, seq([product(good), count()]));
    let sizes = "{ product(id: 1) { size(unit: \"cm\") } }";
    right(sizes, product("size(unit: \"cm\")"));
    breaks(Rule::Covered, sizes, product("size(unit: \"mm\")"));
    is_broken(Rule::Covered, verdict(COUNT, None));
}

#[test]
fn each_subgraph_understands_what_it_is_asked() {
    breaks(
        Rule::ValidFetch,
        COUNT,
        seq([product("__typename id name missing"), count()]),
    );
    let unknown = at(
        "product",
        entity("nobody", PRODUCT, "{... on Product {count}}"),
    );
    breaks(
        Rule::KnownSubgraph,
        COUNT,
        seq([product("__typename id name"), count(), unknown]),
    );
    let introspection = node(root(
        "catalog",
        "{ __type(name: \"A\") {name} product(id: 1) {name} }",
    ));
    breaks(
        Rule::NoIntrospection,
        "{ product(id: 1) { name } }",
        introspection,
    );
}

#[test]
fn variables_are_declared_as_by_the_client() {
    let query = "query($id: ID! = 1) { product(id: $id) { name } }";
    let plan = |ty: &str, default: Option<&str>| {
        let mut fetch = root("catalog", "{ product(id: $id) { name } }");
        fetch.variables = vec![Variable {
            name: "id".to_owned(),
            ty: ty.to_owned(),
            default: default.map(str::to_owned),
        }];
        node(fetch)
    };
    right(query, plan("ID!", Some("1")));
    breaks(Rule::ClientVariables, query, plan("ID!", None));
    breaks(Rule::ClientVariables, query, plan("ID!", Some("2")));
    let undeclared = node(root("catalog", "{ product(id: $id) { name } }"));
    breaks(Rule::ValidFetch, query, undeclared);
}

#[test]
fn representations_are_made_of_what_was_fetched() {
    breaks(
        Rule::FetchedBefore,
        COUNT,
        seq([product("id name"), count()]),
    );
    // A neighbour is not before it.
    let sku = "{... on Product {__typename sku}}";
    let second = || at("product", entity("stock", sku, "{... on Product {count}}"));
    let first = || {
        at(
            "product",
            entity("stock", PRODUCT, "{... on Product {sku}}"),
        )
    };
    let start = || product("__typename id name");
    right(COUNT, seq([start(), first(), second()]));
    breaks(
        Rule::FetchedBefore,
        COUNT,
        seq([start(), par([first(), second()])]),
    );
}

#[test]
fn entities_are_found_by_a_key() {
    let by_name = "{... on Product {__typename name}}";
    let count = at(
        "product",
        entity("stock", by_name, "{... on Product {count}}"),
    );
    breaks(
        Rule::ResolvableKey,
        COUNT,
        seq([product("__typename name"), count]),
    );
    let by_sku = "{... on Product {__typename sku}}";
    let back = at(
        "product",
        entity("catalog", by_sku, "{... on Product {note}}"),
    );
    let sku = at(
        "product",
        entity("stock", PRODUCT, "{... on Product {sku count}}"),
    );
    breaks(
        Rule::ResolvableKey,
        "{ product(id: 1) { name count note } }",
        seq([product("__typename id name"), sku, back]),
    );
}

#[test]
fn requires_is_fragments_with_types() {
    let untyped = "{... on Product {id}}";
    let count = at(
        "product",
        entity("stock", untyped, "{... on Product {count}}"),
    );
    breaks(
        Rule::RequiresShape,
        COUNT,
        seq([product("__typename id name"), count]),
    );
}

#[test]
fn requirements_are_sent() {
    let query = "{ product(id: 1) { shipping } }";
    let plan = |fetched: &str, sent: &str| {
        let requires = format!("{{... on Product {{__typename id {sent}}}}}");
        let fetch = entity("stock", &requires, "{... on Product {shipping}}");
        seq([
            product(&format!("__typename id {fetched}")),
            at("product", fetch),
        ])
    };
    let size = "size(unit: \"cm\")";
    right(query, plan(&format!("weight {size}"), "weight size"));
    // Under another key, because the client's is in the way.
    let aliased = "weight size: _p0";
    right(query, plan(&format!("weight _p0: {size}"), aliased));
    breaks(Rule::RequirementsSent, query, plan("weight", "weight"));
    breaks(
        Rule::RequirementsSent,
        query,
        plan("weight size(unit: \"mm\")", "weight size"),
    );
    breaks(
        Rule::RequirementsSent,
        query,
        plan("weight size: name", "weight size"),
    );
}

#[test]
fn external_fields_are_asked_where_they_are_provided() {
    let plan = |field: &str| {
        node(root(
            "reviews",
            &format!("{{ reviews {{ {field} {{ name }} }} }}"),
        ))
    };
    right("{ reviews { product { name } } }", plan("product"));
    breaks(
        Rule::NotExternal,
        "{ reviews { other { name } } }",
        plan("other"),
    );
}

#[test]
fn overridden_fields_are_asked_of_the_new_subgraph() {
    let query = "{ product(id: 1) { note } }";
    let stock = || {
        let fetch = entity("stock", PRODUCT, "{... on Product {note}}");
        seq([product("__typename id"), at("product", fetch)])
    };
    let on = PlanOptions {
        override_labels: BTreeSet::from(["percent(5)".to_owned()]),
        ..PlanOptions::default()
    };
    right(query, product("note"));
    breaks(Rule::NotOverridden, query, stock());
    assert!(verdict_with(query, Some(stock()), &on).is_ok());
    is_broken(
        Rule::NotOverridden,
        verdict_with(query, Some(product("note")), &on),
    );
}

#[test]
fn interface_objects_do_not_tell_types() {
    let all = "{ rated { stars __typename ... on Book { pages } } }";
    let rated = || node(root("reviews", "{ rated { __typename id stars } }"));
    let media = "{... on Media {__typename id}}";
    let told = || {
        at(
            "rated.@",
            entity(
                "catalog",
                media,
                "{... on Media {__typename ... on Book {pages}}}",
            ),
        )
    };
    right(all, seq([rated(), told()]));
    // The interface's own fields need no type.
    right(
        "{ rated { stars } }",
        node(root("reviews", "{ rated { stars } }")),
    );
    breaks(Rule::TypeKnown, "{ rated { __typename } }", rated());
    let untold = at(
        "rated.@",
        entity("catalog", media, "{... on Media {... on Book {pages}}}"),
    );
    breaks(Rule::TypeKnown, all, seq([rated(), untold]));
}

#[test]
fn interface_objects_are_asked_by_the_interfaces_name() {
    let query = "{ media { title stars } }";
    let media = || node(root("catalog", "{ media { __typename id title } }"));
    let requires = "{... on Book {__typename id} ... on Film {__typename id}}";
    let fetch = |types: &[&str]| {
        let mut fetch = entity("reviews", requires, "{... on Media {stars}}");
        for ty in types {
            fetch.input_rewrites.push(Rewrite::SetValue {
                path: vec![
                    RewriteElement::Types(vec![(*ty).to_owned()]),
                    RewriteElement::Key("__typename".to_owned()),
                ],
                value: "Media".to_owned(),
            });
        }
        at("media.@", fetch)
    };
    right(query, seq([media(), fetch(&["Book", "Film"])]));
    let verdict = verdict(query, Some(seq([media(), fetch(&["Book"])])));
    let faults = verdict.expect_err("films are not asked as media");
    assert!(faults.iter().any(|fault| fault.rule == Rule::ResolvableKey));
}

#[test]
fn rewrites_are_the_contracts() {
    let query = "{ product(id: 1) { a: name } }";
    let plan = |rewrite: Rewrite| {
        let mut fetch = root("catalog", "{ product(id: 1) { _r0: name a: name } }");
        fetch.output_rewrites.push(rewrite);
        node(fetch)
    };
    right(
        "{ product(id: 1) { a: name b: name } }",
        plan(Rewrite::RenameKey {
            path: vec![RewriteElement::Key("_r0".to_owned())],
            key: "b".to_owned(),
        }),
    );
    breaks(
        Rule::Rewrites,
        query,
        plan(Rewrite::SetValue {
            path: vec![RewriteElement::Key("a".to_owned())],
            value: "b".to_owned(),
        }),
    );
}

#[test]
fn an_entry_holds_one_field() {
    let query = "{ product(id: 1) { name count } }";
    let fetch = entity("stock", PRODUCT, "{... on Product {count name: sku}}");
    breaks(
        Rule::NoClash,
        query,
        seq([product("__typename id name"), at("product", fetch)]),
    );
}
