//! What must hold for any input; shared by the fuzz targets (`fuzz/`) and the test that replays what they found.

use apollo_compiler::{ExecutableDocument, ast};
use federation::{
    PlanOptions, Planner, Supergraph,
    compose::{SubgraphSchema, compose},
    plan::{Fetch, Node, Plan, Selection},
};

/// Any text is refused with a reason, or loads, and the API schema is always the same.
pub fn supergraph(sdl: &str) -> Option<Supergraph> {
    let first = Supergraph::parse(sdl);
    let second = Supergraph::parse(sdl);
    match (first, second) {
        (Ok(first), Ok(second)) => {
            assert_eq!(
                first.api_schema().to_string(),
                second.api_schema().to_string()
            );
            assert_eq!(first.override_labels(), second.override_labels());
            assert_eq!(first.subgraphs(), second.subgraphs());
            Some(first)
        }
        (Err(first), Err(second)) => {
            assert_eq!(first.to_string(), second.to_string());
            None
        }
        (first, second) => panic!("once it loads and once it does not: {first:?}, {second:?}"),
    }
}

/// Any texts are refused with reasons, or compose to what loads; the same in whatever order they come. A text is cut into
/// subgraphs where a line begins with `# subgraph`; `(federation 2.n)` in that line links all directives.
pub fn composition(text: &str) {
    let mut subgraphs: Vec<SubgraphSchema> = text
        .split("# subgraph")
        .filter(|part| !part.trim().is_empty())
        .enumerate()
        .map(|(number, part)| subgraph(number, part))
        .collect();
    let told = |subgraphs: &[SubgraphSchema]| match compose(subgraphs) {
        Ok(composition) => {
            let sdl = composition.supergraph.sdl().to_owned();
            if let Err(error) = Supergraph::parse(&sdl) {
                panic!("what was composed does not load: {error}\n{sdl}");
            }
            Ok(sdl)
        }
        Err(errors) => Err(errors.to_string()),
    };
    let first = told(&subgraphs);
    if let Err(errors) = &first {
        assert!(!errors.contains("defect of the composition"), "{errors}");
    }
    subgraphs.reverse();
    assert_eq!(first, told(&subgraphs), "the order of subgraphs matters");
}

fn subgraph(number: usize, part: &str) -> SubgraphSchema {
    let (title, schema) = part.split_once('\n').unwrap_or(("", part));
    let version = title
        .split_once("(federation ")
        .and_then(|(_, rest)| rest.split_once(')'))
        .map(|(version, _)| version);
    let link = version.map(|version| {
        format!(
            "extend schema @link(url: \"https://specs.apollo.dev/federation/v{version}\", import: [{}])\n",
            imports(version)
        )
    });
    SubgraphSchema {
        name: format!("s{number}"),
        url: String::new(),
        sdl: link.unwrap_or_default() + schema,
        origin: String::new(),
    }
}

/// The directives of a version, as they are imported.
fn imports(version: &str) -> String {
    let minor: u32 = version
        .strip_prefix("2.")
        .and_then(|minor| minor.parse().ok())
        .unwrap_or_default();
    let since = [
        (
            0,
            "@key @requires @provides @external @shareable @override @inaccessible @tag @extends",
        ),
        (1, "@composeDirective"),
        (3, "@interfaceObject"),
        (5, "@authenticated @requiresScopes"),
        (6, "@policy"),
        (8, "@context @fromContext"),
        (9, "@cost @listSize"),
    ];
    let known = since.iter().filter(|(from, _)| *from <= minor);
    let quoted: Vec<_> = known
        .flat_map(|(_, names)| names.split(' '))
        .map(|name| format!("\"{name}\""))
        .collect();
    quoted.join(" ")
}

/// Any valid operation is refused with a reason, or has a well-formed plan, always the same. Says whether it was planned.
pub fn plan(supergraph: &Supergraph, text: &str) -> bool {
    let schema = supergraph.api_schema();
    let Ok(document) = ExecutableDocument::parse_and_validate(schema, text, "operation.graphql")
    else {
        return false;
    };
    let labels = supergraph.override_labels().iter().cloned().collect();
    let all = [
        PlanOptions::default(),
        PlanOptions {
            override_labels: labels,
            defer: true,
        },
    ];
    let mut planned = false;
    for operation in document.operations.iter() {
        for options in &all {
            let plan = |planner: &Planner| {
                planner
                    .plan(&document, operation, options)
                    .map_err(|error| error.to_string())
            };
            let first = plan(&Planner::new(supergraph));
            let second = plan(&Planner::new(supergraph));
            match (&first, &second) {
                (Ok(first), Ok(second)) => {
                    assert_eq!(first.to_json().to_string(), second.to_json().to_string());
                    assert_eq!(first.to_text(), second.to_text());
                    well_formed(first, supergraph);
                    planned = true;
                }
                (Err(first), Err(second)) => assert_eq!(first, second),
                _ => panic!("once it is planned and once it is not: {first:?}, {second:?}"),
            }
        }
    }
    planned
}

/// Two supergraphs of one text make the same plan: nothing depends on the order of a hash map.
pub fn same_plan(one: &Supergraph, other: &Supergraph, text: &str) {
    let plan = |supergraph: &Supergraph| {
        let schema = supergraph.api_schema();
        let document = ExecutableDocument::parse_and_validate(schema, text, "operation.graphql");
        let document = document.ok()?;
        let operation = document.operations.iter().next()?;
        let plan = Planner::new(supergraph).plan(&document, operation, &PlanOptions::default());
        Some(
            plan.map(|plan| plan.to_json().to_string())
                .map_err(|error| error.to_string()),
        )
    };
    assert_eq!(plan(one), plan(other));
}

/// What a plan's reader relies on whatever was planned.
fn well_formed(plan: &Plan, supergraph: &Supergraph) {
    if let Some(node) = &plan.node {
        walk(node, supergraph);
    }
}

fn walk(node: &Node, supergraph: &Supergraph) {
    match node {
        Node::Sequence(nodes) | Node::Parallel(nodes) => {
            assert!(nodes.len() > 1, "a group of {} nodes", nodes.len());
            nodes.iter().for_each(|node| walk(node, supergraph));
        }
        Node::Fetch(fetch) => well_formed_fetch(fetch, supergraph),
        Node::Flatten { path, node } => {
            assert!(!path.is_empty(), "a flatten without a path");
            walk(node, supergraph);
        }
        Node::Condition {
            if_clause,
            else_clause,
            ..
        } => {
            assert!(
                if_clause.is_some() || else_clause.is_some(),
                "a condition of nothing"
            );
            for clause in [if_clause, else_clause].into_iter().flatten() {
                walk(clause, supergraph);
            }
        }
        Node::Subscription { primary, rest } => {
            well_formed_fetch(primary, supergraph);
            if let Some(rest) = rest {
                walk(rest, supergraph);
            }
        }
        Node::Defer { primary, deferred } => {
            let deferred = deferred.iter().filter_map(|one| one.node.as_deref());
            for node in primary.node.as_deref().into_iter().chain(deferred) {
                walk(node, supergraph);
            }
        }
    }
}

fn well_formed_fetch(fetch: &Fetch, supergraph: &Supergraph) {
    let known = supergraph
        .subgraphs()
        .iter()
        .any(|subgraph| subgraph.name == fetch.service);
    assert!(known, "a fetch from {:?}", fetch.service);
    let text = fetch.operation();
    if let Err(error) = ast::Document::parse(text.as_str(), "fetch.graphql") {
        panic!("a fetch that is no GraphQL: {text}\n{}", error.errors);
    }
    no_meta_fields(&fetch.selections);
}

fn no_meta_fields(selections: &[Selection]) {
    assert!(!selections.is_empty(), "an empty selection set");
    for selection in selections {
        match selection {
            Selection::Field(field) => {
                assert!(
                    field.name != "__schema" && field.name != "__type",
                    "introspection of a subgraph"
                );
                if !field.selections.is_empty() {
                    no_meta_fields(&field.selections);
                }
            }
            Selection::Inline(inline) => no_meta_fields(&inline.selections),
        }
    }
}
