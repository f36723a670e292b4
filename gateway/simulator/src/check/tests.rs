//! Each rule has a plan that breaks it and nothing else: a good one, damaged.

use std::collections::BTreeSet;

use federation::{
    PlanOptions,
    plan::{ContextArgument, Field, Node, Rewrite, RewriteElement, Selection, Variable},
};

use super::{
    Cost, Rule,
    testing::{
        at, breaks, defer, entity, include, is_broken, node, par, part, right, root, seq, verdict,
        verdict_with, with_id,
    },
};

const PRODUCT: &str = "{... on Product {__typename id}}";
const COUNT: &str = "{ product(id: 1) { name count } }";

fn product(text: &str) -> Node {
    node(root(
        "catalog",
        &format!("{{ product(id: 1) {{ {text} }} }}"),
    ))
}

fn count() -> Node {
    at(
        "product",
        entity("stock", PRODUCT, "{... on Product {count}}"),
    )
}

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

#[test]
fn paths_lead_through_what_was_fetched() {
    let query = "{ media { title stars } }";
    let media = || node(root("catalog", "{ media { __typename id title } }"));
    let stars = || {
        let requires = "{... on Media {__typename id}}";
        let mut fetch = entity("reviews", requires, "{... on Media {stars}}");
        fetch.input_rewrites.push(Rewrite::SetValue {
            path: vec![
                RewriteElement::Types(vec!["Media".to_owned()]),
                RewriteElement::Key("__typename".to_owned()),
            ],
            value: "Media".to_owned(),
        });
        fetch
    };
    right(query, seq([media(), at("media.@", stars())]));
    right(query, seq([media(), at("media.@.[Book|Film]", stars())]));
    breaks(
        Rule::Covered,
        query,
        seq([media(), at("media.@.[Book]", stars())]),
    );
    for path in ["media", "media.@.@", "media.title"] {
        let verdict = verdict(query, Some(seq([media(), at(path, stars())])));
        let faults = verdict.expect_err("a wrong path");
        assert!(
            faults.iter().any(|fault| fault.rule == Rule::Path),
            "{faults:?}"
        );
    }
}

#[test]
fn fetches_have_something_to_ask_about() {
    let nothing = at(
        "product",
        entity(
            "stock",
            "{... on Shop {__typename id}}",
            "{... on Product {count}}",
        ),
    );
    breaks(
        Rule::Useful,
        "{ product(id: 1) { name } }",
        seq([product("__typename id name"), nothing]),
    );
}

#[test]
fn nothing_is_empty() {
    let query = "{ product(id: 1) { name } }";
    breaks(Rule::NotEmpty, query, seq([product("name"), par([])]));
    let mut hollow = root("catalog", "{ product(id: 1) { name } }");
    if let Some(Selection::Field(field)) = hollow.selections.first_mut() {
        field
            .selections
            .push(Selection::Inline(federation::plan::Inline {
                type_condition: "Product".to_owned(),
                ..Default::default()
            }));
    }
    let faults = verdict(query, Some(node(hollow))).expect_err("an empty fragment");
    assert!(faults.iter().any(|fault| fault.rule == Rule::NotEmpty));
}

#[test]
fn fetches_are_not_there_twice() {
    let sku = at(
        "product",
        entity("stock", PRODUCT, "{... on Product {sku}}"),
    );
    let query = "{ product(id: 1) { name count sku } }";
    let start = || product("__typename id name");
    breaks(
        Rule::NoDuplicate,
        query,
        seq([start(), par([count(), sku.clone()])]),
    );
    breaks(Rule::NoDuplicate, query, seq([start(), count(), sku]));
}

#[test]
fn conditions_are_the_clients() {
    let query = "query($yes: Boolean!) { product(id: 1) { name count @include(if: $yes) } }";
    let start = || product("__typename id name");
    right(query, seq([start(), include("yes", count())]));
    let mut conditional = entity(
        "stock",
        PRODUCT,
        "{... on Product {count @include(if: $yes)}}",
    );
    conditional.variables.push(Variable {
        name: "yes".to_owned(),
        ty: "Boolean!".to_owned(),
        default: None,
    });
    right(query, seq([start(), at("product", conditional)]));
    let skipped = Node::Condition {
        variable: "yes".to_owned(),
        if_clause: None,
        else_clause: Some(Box::new(count())),
    };
    breaks(Rule::Covered, query, seq([start(), skipped]));
}

#[test]
fn mutations_are_in_order() {
    let query =
        "mutation { rename(id: 1) { count } restock(id: 2) { name } archive(id: 3) { name } }";
    let first = || {
        node(root(
            "catalog",
            "mutation { rename(id: 1) { __typename id } }",
        ))
    };
    let counted = || {
        at(
            "rename",
            entity("stock", PRODUCT, "{... on Product {count}}"),
        )
    };
    let second = || {
        node(root(
            "stock",
            "mutation { restock(id: 2) { __typename id } }",
        ))
    };
    let named = || {
        at(
            "restock",
            entity("catalog", PRODUCT, "{... on Product {name}}"),
        )
    };
    let third = || node(root("catalog", "mutation { archive(id: 3) { name } }"));
    right(query, seq([first(), counted(), second(), named(), third()]));
    for wrong in [
        seq([first(), second(), counted(), named(), third()]),
        seq([second(), named(), first(), counted(), third()]),
        seq([first(), counted(), second(), named(), par([third()])]),
        seq([first(), par([counted(), second()]), named(), third()]),
    ] {
        breaks(Rule::MutationOrder, query, wrong);
    }
    let neighbours = "mutation { rename(id: 1) { name } archive(id: 3) { name } }";
    let both = "mutation { rename(id: 1) { name } archive(id: 3) { name } }";
    right(neighbours, node(root("catalog", both)));
    let first = node(root("catalog", "mutation { rename(id: 1) { name } }"));
    breaks(Rule::NoDuplicate, neighbours, seq([first, third()]));
}

#[test]
fn fetches_are_of_the_operations_kind() {
    let mut mutation = entity("stock", PRODUCT, "{... on Product {count}}");
    mutation.kind = federation::plan::OperationKind::Mutation;
    let verdict = verdict(
        COUNT,
        Some(seq([
            product("__typename id name"),
            at("product", mutation),
        ])),
    );
    let faults = verdict.expect_err("an entity fetch that is a mutation");
    assert!(
        faults.iter().any(|fault| fault.rule == Rule::Kind),
        "{faults:?}"
    );
}

#[test]
fn subscriptions_listen_to_one_field() {
    let query = "subscription { changed { name count } }";
    let plan = |text: &str| Node::Subscription {
        primary: Box::new(root("catalog", text)),
        rest: Some(Box::new(at(
            "changed",
            entity("stock", PRODUCT, "{... on Product {count}}"),
        ))),
    };
    right(
        query,
        plan("subscription { changed { __typename id name } }"),
    );
    let two = plan("subscription { changed { __typename id name } closed { id } }");
    let faults = verdict(query, Some(two)).expect_err("two fields");
    assert!(
        faults.iter().any(|fault| fault.rule == Rule::Subscription),
        "{faults:?}"
    );
    let query = "subscription { changed { name } }";
    let only = node(root("catalog", "subscription { changed { name } }"));
    breaks(Rule::Subscription, query, only);
}

#[test]
fn contexts_have_their_value() {
    let query = "{ shop { items { price } } }";
    let shop = "{... on Shop {__typename id}}";
    let plan = |fetched: &str, argument: &str, depth: usize, selected: &str| {
        let items = format!("{{... on Shop {{{fetched} items {{__typename id}}}}}}");
        let price = format!("{{... on Item {{price(currency: {argument})}}}}");
        let mut fetch = entity("prices", "{... on Item {__typename id}}", &price);
        fetch.contexts.push(ContextArgument {
            variable: Variable {
                name: "_c0".to_owned(),
                ty: "String".to_owned(),
                default: None,
            },
            depth,
            selections: vec![Selection::Field(Field {
                name: selected.to_owned(),
                ..Field::default()
            })],
        });
        seq([
            node(root("catalog", "{ shop { __typename id } }")),
            at("shop", entity("prices", shop, &items)),
            at("shop.items.@", fetch),
        ])
    };
    right(query, plan("currency", "$_c0", 1, "currency"));
    breaks(
        Rule::Contexts,
        query,
        plan("language", "$_c0", 1, "currency"),
    );
    breaks(
        Rule::Contexts,
        query,
        plan("language currency", "$_c0", 1, "language"),
    );
    breaks(
        Rule::Contexts,
        query,
        plan("currency", "$_c0", 3, "currency"),
    );
    let faults = verdict(query, Some(plan("currency", "\"KRW\"", 1, "currency")));
    let faults = faults.expect_err("a literal in place of the context");
    assert!(
        faults.iter().any(|fault| fault.rule == Rule::Contexts),
        "{faults:?}"
    );
}

#[test]
fn deferred_parts_are_the_clients() {
    let query = "{ product(id: 1) { name ... @defer { count } } }";
    let options = PlanOptions {
        defer: true,
        ..PlanOptions::default()
    };
    let first = || root("catalog", "{ product(id: 1) { __typename id name } }");
    let kept = "{ product(id: 1) { name } }";
    let good = defer(
        (kept, with_id(0, first())),
        part(&[0], "product", "{ count }", Some(count())),
    );
    assert_eq!(
        verdict_with(query, Some(good), &options).map(|cost| cost.depth),
        Ok(2)
    );
    let wrong = [
        // The part does not wait.
        defer(
            (kept, with_id(0, first())),
            part(&[7], "product", "{ count }", Some(count())),
        ),
        // It is somewhere else.
        defer(
            (kept, with_id(0, first())),
            part(&[0], "", "{ product(id: 1) { count } }", Some(count())),
        ),
        // Nothing is deferred.
        seq([with_id(0, first()), count()]),
    ];
    for plan in wrong {
        let faults = verdict_with(query, Some(plan), &options).expect_err("a wrong plan");
        assert!(
            faults.iter().any(|fault| fault.rule == Rule::Deferred),
            "{faults:?}"
        );
    }
    // It is delivered without its field, which comes with a part that is not the client's.
    let mut without = defer(
        (kept, with_id(0, first())),
        part(&[0], "product", "{ count }", None),
    );
    if let Node::Defer { deferred, .. } = &mut without {
        let mut other = part(&[0], "product", "{ count }", Some(count()));
        other.label = Some("other".to_owned());
        deferred.push(other);
    }
    let faults = verdict_with(query, Some(without), &options).expect_err("two faults");
    let rules: BTreeSet<_> = faults.iter().map(|fault| fault.rule).collect();
    assert_eq!(rules, BTreeSet::from([Rule::Covered, Rule::Deferred]));
    // The first answer lacks what was not deferred.
    let late = defer(
        (
            "{ product(id: 1) { id } }",
            with_id(0, root("catalog", "{ product(id: 1) { __typename id } }")),
        ),
        part(
            &[0],
            "product",
            "{ count }",
            Some(par([
                count(),
                at(
                    "product",
                    entity("catalog", PRODUCT, "{... on Product {name}}"),
                ),
            ])),
        ),
    );
    is_broken(Rule::Covered, verdict_with(query, Some(late), &options));
}
