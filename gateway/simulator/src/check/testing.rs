//! Plans in a short hand, over the fixture's supergraph.

use std::sync::OnceLock;

use apollo_compiler::{ExecutableDocument, ast};
use federation::{
    PlanOptions, Supergraph,
    plan::{
        Conditions, Deferred, Fetch, Field, Inline, Node, OperationKind, PathElement, Plan,
        Primary, Selection,
    },
};

use super::{Cheapest, Checker, Cost, Fault, Rule, check};
use crate::{compose::compose, sdl::Subgraph};

struct Fixture {
    supergraph: Supergraph,
    subgraphs: Vec<Subgraph>,
}

fn fixture() -> &'static Fixture {
    static FIXTURE: OnceLock<Fixture> = OnceLock::new();
    FIXTURE.get_or_init(|| {
        let subgraphs = [
            ("catalog", include_str!("fixture/catalog.graphql")),
            ("prices", include_str!("fixture/prices.graphql")),
            ("reviews", include_str!("fixture/reviews.graphql")),
            ("stock", include_str!("fixture/stock.graphql")),
        ];
        Fixture {
            supergraph: Supergraph::parse(include_str!("fixture/supergraph.graphql"))
                .expect("a supergraph"),
            subgraphs: subgraphs
                .into_iter()
                .map(|(name, sdl)| Subgraph::parse(name, sdl).expect("a subgraph"))
                .collect(),
        }
    })
}

/// The checker's verdict on a plan.
pub(super) fn verdict(query: &str, node: Option<Node>) -> Result<Cost, Vec<Fault>> {
    verdict_with(query, node, &PlanOptions::default())
}

pub(super) fn verdict_with(
    query: &str,
    node: Option<Node>,
    options: &PlanOptions,
) -> Result<Cost, Vec<Fault>> {
    let fixture = fixture();
    let schema = fixture.supergraph.api_schema();
    let document =
        ExecutableDocument::parse_and_validate(schema, query, "query.graphql").expect("valid");
    let operation = document.operations.get(None).expect("one operation");
    let kind = kind_of(operation.operation_type);
    check(
        &fixture.supergraph,
        &fixture.subgraphs,
        &document,
        operation,
        options,
        &Plan { kind, node },
    )
}

/// What trying everything finds, next to a plan of this cost; `@defer` is answered in parts.
pub(super) fn cheapest(query: &str, node: Node) -> Cheapest {
    let fixture = fixture();
    cheapest_of(&fixture.supergraph, &fixture.subgraphs, query, node)
}

/// The same, for subgraphs of a test's own.
pub(super) fn cheapest_in(subgraphs: &[(&str, &str)], query: &str, node: Node) -> Cheapest {
    let owned = |(name, sdl): &(&str, &str)| ((*name).to_owned(), (*sdl).to_owned());
    let sources: Vec<_> = subgraphs.iter().map(owned).collect();
    let supergraph = compose(&sources).expect("it composes");
    let parsed = subgraphs
        .iter()
        .map(|(name, sdl)| Subgraph::parse(name, sdl));
    let parsed: Result<Vec<_>, _> = parsed.collect();
    cheapest_of(&supergraph, &parsed.expect("subgraphs"), query, node)
}

fn cheapest_of(
    supergraph: &Supergraph,
    subgraphs: &[Subgraph],
    query: &str,
    node: Node,
) -> Cheapest {
    let schema = supergraph.api_schema();
    let document =
        ExecutableDocument::parse_and_validate(schema, query, "query.graphql").expect("valid");
    let operation = document.operations.get(None).expect("one operation");
    let plan = Plan {
        kind: kind_of(operation.operation_type),
        node: Some(node),
    };
    let options = PlanOptions {
        defer: true,
        ..PlanOptions::default()
    };
    Checker::new(supergraph, subgraphs).cheapest(&document, operation, &options, &plan)
}

fn kind_of(ty: ast::OperationType) -> OperationKind {
    match ty {
        ast::OperationType::Query => OperationKind::Query,
        ast::OperationType::Mutation => OperationKind::Mutation,
        ast::OperationType::Subscription => OperationKind::Subscription,
    }
}

#[track_caller]
pub(super) fn right(query: &str, node: Node) -> Cost {
    verdict(query, Some(node)).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

/// The plan breaks just this rule.
#[track_caller]
pub(super) fn breaks(rule: Rule, query: &str, node: Node) {
    is_broken(rule, verdict(query, Some(node)));
}

#[track_caller]
pub(super) fn is_broken(rule: Rule, verdict: Result<Cost, Vec<Fault>>) {
    let faults = verdict.expect_err("the plan is taken for right");
    assert!(
        !faults.is_empty() && faults.iter().all(|fault| fault.rule == rule),
        "not only {rule:?}: {faults:#?}"
    );
}

pub(super) fn root(service: &str, text: &str) -> Fetch {
    let (kind, selections) = read(text);
    Fetch {
        id: None,
        service: service.to_owned(),
        kind,
        variables: Vec::new(),
        requires: Vec::new(),
        selections,
        contexts: Vec::new(),
        input_rewrites: Vec::new(),
        output_rewrites: Vec::new(),
    }
}

pub(super) fn entity(service: &str, requires: &str, text: &str) -> Fetch {
    Fetch {
        requires: read(requires).1,
        ..root(service, text)
    }
}

pub(super) fn with_id(id: u32, fetch: Fetch) -> Node {
    node(Fetch {
        id: Some(id),
        ..fetch
    })
}

pub(super) fn node(fetch: Fetch) -> Node {
    Node::Fetch(Box::new(fetch))
}

/// `media.@.[Book]`: keys, lists, types.
pub(super) fn path(text: &str) -> Vec<PathElement> {
    let elements = text.split('.').filter(|element| !element.is_empty());
    elements
        .map(|element| match element.strip_prefix('[') {
            _ if element == "@" => PathElement::List,
            None => PathElement::Key(element.to_owned()),
            Some(types) => {
                let types = types.trim_end_matches(']').split('|');
                PathElement::Types(types.map(str::to_owned).collect())
            }
        })
        .collect()
}

pub(super) fn at(text: &str, fetch: Fetch) -> Node {
    Node::Flatten {
        path: path(text),
        node: Box::new(node(fetch)),
    }
}

pub(super) fn seq<const N: usize>(nodes: [Node; N]) -> Node {
    Node::Sequence(nodes.into())
}

pub(super) fn par<const N: usize>(nodes: [Node; N]) -> Node {
    Node::Parallel(nodes.into())
}

pub(super) fn include(variable: &str, node: Node) -> Node {
    Node::Condition {
        variable: variable.to_owned(),
        if_clause: Some(Box::new(node)),
        else_clause: None,
    }
}

/// Answers `first` first, and then one part.
pub(super) fn defer(first: (&str, Node), part: Deferred) -> Node {
    Node::Defer {
        primary: Primary {
            selections: read(first.0).1,
            node: Some(Box::new(first.1)),
        },
        deferred: vec![part],
    }
}

pub(super) fn part(depends: &[u32], at: &str, text: &str, node: Option<Node>) -> Deferred {
    Deferred {
        depends: depends.to_vec(),
        label: None,
        path: path(at),
        selections: read(text).1,
        node: node.map(Box::new),
    }
}

fn read(text: &str) -> (OperationKind, Vec<Selection>) {
    let document = ast::Document::parse(text, "plan.graphql").expect("GraphQL");
    let Some(ast::Definition::OperationDefinition(operation)) = document.definitions.first() else {
        panic!("no operation: {text}");
    };
    (
        kind_of(operation.operation_type),
        selections(&operation.selection_set),
    )
}

fn selections(all: &[ast::Selection]) -> Vec<Selection> {
    all.iter()
        .map(|selection| match selection {
            ast::Selection::Field(field) => Selection::Field(Field {
                name: field.name.to_string(),
                alias: field.alias.as_ref().map(ToString::to_string),
                arguments: field
                    .arguments
                    .iter()
                    .map(|one| (one.name.to_string(), one.value.to_string()))
                    .collect(),
                conditions: conditions(&field.directives),
                selections: selections(&field.selection_set),
            }),
            ast::Selection::InlineFragment(inline) => Selection::Inline(Inline {
                type_condition: inline.type_condition.as_ref().expect("a type").to_string(),
                conditions: conditions(&inline.directives),
                selections: selections(&inline.selection_set),
            }),
            ast::Selection::FragmentSpread(_) => panic!("plans have no spreads"),
        })
        .collect()
}

fn conditions(directives: &ast::DirectiveList) -> Conditions {
    let variable = |name: &str| {
        let value = directives.get(name)?.specified_argument_by_name("if")?;
        value.as_variable().map(ToString::to_string)
    };
    Conditions {
        skip: variable("skip"),
        include: variable("include"),
    }
}

/// What an entity fetch about a product sends.
pub(super) const PRODUCT: &str = "{... on Product {__typename id}}";

/// A query that catalog and stock answer together: see [`product`] and [`count`].
pub(super) const COUNT: &str = "{ product(id: 1) { name count } }";

/// Asks catalog about the product.
pub(super) fn product(text: &str) -> Node {
    node(root(
        "catalog",
        &format!("{{ product(id: 1) {{ {text} }} }}"),
    ))
}

/// Asks stock for the product's count.
pub(super) fn count() -> Node {
    at(
        "product",
        entity("stock", PRODUCT, "{... on Product {count}}"),
    )
}
