//! Plans as text and as Apollo's JSON, of every kind of node: made by hand, so that they do not wait for a planner that
//! produces them.

use federation::plan::{
    Conditions, ContextArgument, Deferred, Fetch, Field, Inline, Node, OperationKind, PathElement,
    Plan, Primary, Rewrite, RewriteElement, Selection, Variable,
};

fn field(name: &str, selections: Vec<Selection>) -> Selection {
    Selection::Field(Field {
        name: name.to_owned(),
        selections,
        ..Field::default()
    })
}

fn aliased(alias: &str, name: &str, selections: Vec<Selection>) -> Selection {
    Selection::Field(Field {
        name: name.to_owned(),
        alias: Some(alias.to_owned()),
        selections,
        ..Field::default()
    })
}

fn on(type_condition: &str, selections: Vec<Selection>) -> Selection {
    Selection::Inline(Inline {
        type_condition: type_condition.to_owned(),
        selections,
        ..Inline::default()
    })
}

fn leaves(names: &[&str]) -> Vec<Selection> {
    names.iter().map(|name| field(name, Vec::new())).collect()
}

fn variable(name: &str, ty: &str, default: Option<&str>) -> Variable {
    Variable {
        name: name.to_owned(),
        ty: ty.to_owned(),
        default: default.map(str::to_owned),
    }
}

fn fetch(service: &str, requires: Vec<Selection>, selections: Vec<Selection>) -> Fetch {
    Fetch {
        id: None,
        service: service.to_owned(),
        kind: OperationKind::Query,
        variables: Vec::new(),
        requires,
        selections,
        contexts: Vec::new(),
        input_rewrites: Vec::new(),
        output_rewrites: Vec::new(),
    }
}

fn node(fetch: Fetch) -> Node {
    Node::Fetch(Box::new(fetch))
}

fn flatten(path: Vec<PathElement>, fetch: Fetch) -> Node {
    Node::Flatten {
        path,
        node: Box::new(node(fetch)),
    }
}

fn key(name: &str) -> PathElement {
    PathElement::Key(name.to_owned())
}

fn types(names: &[&str]) -> PathElement {
    PathElement::Types(names.iter().map(ToString::to_string).collect())
}

fn query(node: Node) -> Plan {
    Plan {
        kind: OperationKind::Query,
        node: Some(node),
    }
}

fn entities_of(service: &str, ty: &str, required: &[&str], asked: &[&str]) -> Fetch {
    fetch(
        service,
        vec![on(ty, leaves(required))],
        vec![on(ty, leaves(asked))],
    )
}

/// Both printed forms, as one text.
fn printed(plan: &Plan) -> String {
    let json = serde_json::to_string_pretty(&plan.to_json()).expect("JSON");
    format!("{}\n\n{json}", plan.to_text())
}

#[test]
fn nothing_to_ask() {
    let plan = Plan {
        kind: OperationKind::Query,
        node: None,
    };
    assert_eq!(plan.to_text(), "QueryPlan {}");
}

#[test]
fn sequences_and_parallels_of_fetches() {
    let mut first = fetch(
        "products",
        vec![],
        vec![Selection::Field(Field {
            name: "product".to_owned(),
            alias: Some("first".to_owned()),
            arguments: vec![
                ("id".to_owned(), "$id".to_owned()),
                ("size".to_owned(), "{width: 2}".to_owned()),
            ],
            conditions: Conditions {
                skip: Some("no".to_owned()),
                include: Some("yes".to_owned()),
            },
            selections: leaves(&["__typename", "id"]),
        })],
    );
    first.variables = vec![
        variable("id", "ID!", None),
        variable("no", "Boolean!", Some("false")),
        variable("yes", "Boolean!", Some("true")),
    ];
    let items = vec![
        key("first"),
        types(&["Book", "Film"]),
        key("items"),
        PathElement::List,
    ];
    let reviews = entities_of("reviews", "Product", &["__typename", "id"], &["stars"]);
    insta::assert_snapshot!(printed(&query(Node::Sequence(vec![
        node(first),
        Node::Parallel(vec![
            flatten(vec![key("first")], reviews),
            flatten(
                items,
                entities_of("stock", "Item", &["__typename", "sku"], &["count"])
            ),
        ]),
    ]))));
}

#[test]
fn conditions_have_one_clause_or_two() {
    let one = |service: &str| Some(Box::new(node(fetch(service, vec![], leaves(&["a"])))));
    let condition = |if_clause, else_clause| Node::Condition {
        variable: "yes".to_owned(),
        if_clause,
        else_clause,
    };
    insta::assert_snapshot!(printed(&query(Node::Parallel(vec![
        condition(one("a"), None),
        condition(None, one("b")),
        condition(one("c"), one("d")),
    ]))));
}

#[test]
fn mutations_and_subscriptions_name_their_kind() {
    let mut primary = fetch(
        "a",
        vec![],
        vec![field("changed", leaves(&["__typename", "id"]))],
    );
    primary.kind = OperationKind::Subscription;
    let rest = flatten(
        vec![key("changed")],
        entities_of("b", "Item", &["__typename", "id"], &["name"]),
    );
    insta::assert_snapshot!(printed(&Plan {
        kind: OperationKind::Subscription,
        node: Some(Node::Subscription {
            primary: Box::new(primary),
            rest: Some(Box::new(rest)),
        }),
    }));

    let mut change = fetch("a", vec![], leaves(&["change"]));
    change.kind = OperationKind::Mutation;
    let plan = Plan {
        kind: OperationKind::Mutation,
        node: Some(node(change)),
    };
    assert!(plan.to_text().contains("mutation {"), "{}", plan.to_text());
}

#[test]
fn deferred_parts_say_what_they_wait_for_and_where_they_go() {
    let mut first = fetch(
        "a",
        vec![],
        vec![field("items", leaves(&["__typename", "id"]))],
    );
    first.id = Some(0);
    let items = vec![key("items"), PathElement::List];
    let stars = entities_of("b", "Item", &["__typename", "id"], &["stars"]);
    let deferred = vec![
        Deferred {
            depends: vec![0, 3],
            label: Some("slow".to_owned()),
            path: items.clone(),
            selections: leaves(&["stars"]),
            node: Some(Box::new(flatten(items, stars))),
        },
        Deferred {
            depends: vec![],
            label: None,
            path: vec![],
            selections: vec![field("items", leaves(&["id"]))],
            node: None,
        },
    ];
    insta::assert_snapshot!(printed(&query(Node::Defer {
        primary: Primary {
            selections: vec![field("items", leaves(&["id"]))],
            node: Some(Box::new(node(first))),
        },
        deferred,
    })));
}

#[test]
fn contexts_say_where_their_value_comes_from() {
    let mut one = entities_of("b", "Child", &["__typename", "id"], &[]);
    one.selections = vec![on(
        "Child",
        vec![Selection::Field(Field {
            name: "price".to_owned(),
            arguments: vec![("currency".to_owned(), "$_c0".to_owned())],
            ..Field::default()
        })],
    )];
    one.contexts = vec![ContextArgument {
        variable: variable("_c0", "String!", None),
        depth: 1,
        selections: vec![
            on("Shop", vec![field("country", leaves(&["currency"]))]),
            on("Stall", leaves(&["currency"])),
        ],
    }];
    let path = vec![
        key("seller"),
        key("shelves"),
        PathElement::List,
        key("child"),
    ];
    insta::assert_snapshot!(printed(&query(flatten(path, one))));
}

#[test]
fn rewrites_and_renamed_requirements() {
    let mut one = entities_of("b", "Media", &[], &[]);
    one.requires = vec![on(
        "Book",
        vec![
            field("__typename", vec![]),
            aliased("id", "_p0", vec![]),
            aliased("name", "id", vec![]),
            aliased("size", "_p1", vec![aliased("unit", "_p2", vec![])]),
        ],
    )];
    one.selections = vec![on("Media", vec![aliased("_r0", "stars", vec![])])];
    one.input_rewrites = vec![Rewrite::SetValue {
        path: vec![
            RewriteElement::Types(vec!["Book".to_owned()]),
            RewriteElement::Key("__typename".to_owned()),
        ],
        value: "Media".to_owned(),
    }];
    one.output_rewrites = vec![Rewrite::RenameKey {
        path: vec![
            RewriteElement::Types(vec!["Media".to_owned()]),
            RewriteElement::Key("_r0".to_owned()),
        ],
        key: "stars".to_owned(),
    }];
    insta::assert_snapshot!(printed(&query(flatten(vec![key("media")], one))));
}
