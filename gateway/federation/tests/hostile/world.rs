//! A supergraph with everything that can be multiplied, and what becomes of an operation over it.

use std::{fmt::Write as _, thread};

use apollo_compiler::{parser::Parser, validation::Valid};
use federation::{
    PlanError, PlanOptions, Planner, Supergraph,
    plan::{Node, Plan},
};

/// What every supergraph of these tests begins with; `S0` to `S{subgraphs - 1}`.
pub(crate) fn head(subgraphs: usize) -> String {
    let mut sdl = r#"schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query }
directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
scalar join__FieldSet
scalar link__Import
enum link__Purpose { SECURITY EXECUTION }
enum join__Graph {
"#
    .to_owned();
    for subgraph in 0..subgraphs {
        let _ = writeln!(
            sdl,
            "S{subgraph} @join__graph(name: \"s{subgraph}\", url: \"\")"
        );
    }
    sdl.push_str("}\n");
    sdl
}

/// How many types implement the world's interface.
pub(crate) const TYPES: usize = 30;

/// Two subgraphs. S0 has the roots, and an interface of thirty entities that refer to each other; what else is known of them is in
/// S1, under names that they share (`far`) and names of their own (`far7`).
pub(crate) fn world() -> Supergraph {
    let mut sdl = head(2);
    sdl.push_str("type Query @join__type(graph: S0) @join__type(graph: S1) { node(id: ID): Node @join__field(graph: S0) nodes: [Node!]! @join__field(graph: S0) zero: T0 @join__field(graph: S0) any: Any @join__field(graph: S0) }\n");
    sdl.push_str("interface Node @join__type(graph: S0) @join__type(graph: S1) { id: ID! near: Int @join__field(graph: S0) far: Int @join__field(graph: S1) peer: Node @join__field(graph: S0) back: Node @join__field(graph: S1) }\n");
    for one in 0..TYPES {
        let next = (one + 1) % TYPES;
        let _ = writeln!(
            sdl,
            "type T{one} implements Node @join__type(graph: S0, key: \"id\") @join__type(graph: S1, key: \"id\") @join__implements(graph: S0, interface: \"Node\") @join__implements(graph: S1, interface: \"Node\") {{
               id: ID! near: Int @join__field(graph: S0) far(of: Int): Int @join__field(graph: S1) far{one}: String @join__field(graph: S1)
               peer: Node @join__field(graph: S0) back: Node @join__field(graph: S1) next: T{next} @join__field(graph: S0) }}"
        );
    }
    let members = |graph: usize| -> String {
        (0..TYPES)
            .map(|one| format!(" @join__unionMember(graph: S{graph}, member: \"T{one}\")"))
            .collect()
    };
    let all: Vec<String> = (0..TYPES).map(|one| format!("T{one}")).collect();
    let _ = writeln!(
        sdl,
        "union Any @join__type(graph: S0){} = {}",
        members(0),
        all.join(" | ")
    );
    Supergraph::parse(&sdl).expect("the world loads")
}

/// Plans text without asking whether it is valid, however deep it is: parser and validator have limits of their own, and the planner
/// must not need them.
pub(crate) fn plan(
    supergraph: &Supergraph,
    text: &str,
    options: &PlanOptions,
) -> Result<Plan, PlanError> {
    // The parser recurses; the planner has to make do with a thread like any other.
    let parse = || {
        Parser::new()
            .recursion_limit(100_000)
            .parse_executable(supergraph.api_schema(), text, "operation.graphql")
            .unwrap_or_else(|error| panic!("no operation: {}", error.errors))
    };
    let document = thread::scope(|scope| {
        let roomy = thread::Builder::new().stack_size(256 << 20);
        let parser = roomy.spawn_scoped(scope, parse).expect("a thread");
        parser.join().expect("a document")
    });
    let document = Valid::assume_valid(document);
    let operation = document.operations.get(None).expect("one operation");
    Planner::new(supergraph).plan(&document, operation, options)
}

/// Fetches of a plan.
pub(crate) fn fetches(plan: &Plan) -> usize {
    fn count(node: &Node) -> usize {
        match node {
            Node::Sequence(all) | Node::Parallel(all) => all.iter().map(count).sum(),
            Node::Fetch(_) => 1,
            Node::Flatten { node, .. } => count(node),
            Node::Condition {
                if_clause,
                else_clause,
                ..
            } => {
                let clauses = [if_clause, else_clause].into_iter().flatten();
                clauses.map(|node| count(node)).sum()
            }
            Node::Subscription { rest, .. } => 1 + rest.as_deref().map_or(0, count),
            Node::Defer { primary, deferred } => {
                let deferred = deferred.iter().filter_map(|one| one.node.as_deref());
                let primary = primary.node.as_deref().into_iter();
                primary.chain(deferred).map(count).sum()
            }
        }
    }
    plan.node.as_ref().map_or(0, count)
}
