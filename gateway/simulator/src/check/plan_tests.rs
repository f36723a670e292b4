//! Each rule about a plan as a whole has a plan that breaks it and nothing else: a good one, damaged.

use std::collections::BTreeSet;

use federation::{
    PlanOptions,
    plan::{ContextArgument, Field, Node, Rewrite, RewriteElement, Selection, Variable},
};

use super::{
    Rule,
    testing::{
        COUNT, PRODUCT, at, breaks, count, defer, entity, include, is_broken, node, par, part,
        product, right, root, seq, verdict, verdict_with, with_id,
    },
};

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
    // What may be asked in between keeps them apart, whether it is asked or not.
    let query = "mutation($yes: Boolean!) {
        rename(id: 1) { count @include(if: $yes) } archive(id: 3) { name }
    }";
    let first = node(root(
        "catalog",
        "mutation { rename(id: 1) { __typename id } }",
    ));
    right(query, seq([first, include("yes", counted()), third()]));
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
