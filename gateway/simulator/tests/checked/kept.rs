//! The cases in `cases/`: their plans are right, and none is cheaper.

use std::{fs, path::Path};

use apollo_compiler::ExecutableDocument;
use federation::{PlanOptions, Planner};
use simulator::{
    case::Case,
    check::{Cheapest, Checker},
    compose::compose,
    sdl::Subgraph,
};

#[test]
fn no_plan_of_a_kept_case_is_dearer_than_it_has_to_be() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut wrong = Vec::new();
    for entry in fs::read_dir(&folder).expect("there are cases") {
        let path = entry.expect("the folder is readable").path();
        let case = Case::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let why = fault(&case);
        wrong.extend(why.map(|why| format!("{}\n{why}", path.display())));
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn fault(case: &Case) -> Option<String> {
    let supergraph = compose(&case.subgraphs).expect("it composes");
    let subgraphs: Vec<_> = case
        .subgraphs
        .iter()
        .map(|(name, sdl)| Subgraph::parse(name, sdl).expect("a subgraph"))
        .collect();
    let checker = Checker::new(&supergraph, &subgraphs);
    let text = &case.operation.text;
    let schema = supergraph.api_schema();
    let document = ExecutableDocument::parse_and_validate(schema, text, "operation.graphql")
        .unwrap_or_else(|error| panic!("{}", error.errors));
    let operation = document.operations.iter().next().expect("an operation");
    let options = PlanOptions {
        defer: text.contains("@defer"),
        ..PlanOptions::default()
    };
    let plan = Planner::new(&supergraph)
        .plan(&document, operation, &options)
        .expect("a plan");
    let why = match checker.check(&document, operation, &options, &plan) {
        Err(faults) => {
            let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
            faults.join("\n")
        }
        Ok(cost) => match checker.cheapest(&document, operation, &options, &plan) {
            Cheapest::Cheaper(rounds) => format!("{rounds:?} instead of {cost:?}"),
            _ => return None,
        },
    };
    Some(format!("{text}\n{}\n{why}", plan.to_text()))
}
