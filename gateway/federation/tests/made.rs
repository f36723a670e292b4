//! The made supergraphs (crate `federation-testing`) are what they claim to be: they load, and their operations are
//! valid and can be planned. Benchmarks and fuzzing stand on that.

use apollo_compiler::ExecutableDocument;
use federation::{PlanOptions, Planner, Supergraph};
use federation_testing::Shape;

#[test]
fn made_supergraphs_load_and_their_operations_are_planned() {
    let sizes = [(1, 6), (2, 20), (3, 40), (7, 150), (20, 400)];
    for (subgraphs, types) in sizes {
        for seed in 0..4 {
            let shape = Shape {
                subgraphs,
                types,
                seed,
            };
            let made = shape.make();
            let supergraph = Supergraph::parse(&made.sdl)
                .unwrap_or_else(|error| panic!("{shape:?}: {error}\n{}", made.sdl));
            assert_eq!(supergraph.subgraphs().len(), subgraphs);
            for sample in made.operations {
                let document = ExecutableDocument::parse_and_validate(
                    supergraph.api_schema(),
                    &sample.text,
                    "operation.graphql",
                )
                .unwrap_or_else(|error| panic!("{shape:?}: {}", error.errors));
                let operation = document.operations.get(None).expect("one operation");
                let plan = Planner::new(&supergraph)
                    .plan(&document, operation, &PlanOptions::default())
                    .unwrap_or_else(|error| panic!("{shape:?}, {}: {error}", sample.text));
                assert!(plan.node.is_some(), "{shape:?}, {}", sample.name);
            }
        }
    }
}

#[test]
fn a_shape_is_always_the_same_text() {
    let shape = Shape {
        subgraphs: 5,
        types: 60,
        seed: 7,
    };
    let (first, second) = (shape.make(), shape.make());
    assert_eq!(first.sdl, second.sdl);
    assert_eq!(first.operations, second.operations);
    let other = Shape { seed: 8, ..shape };
    assert_ne!(first.sdl, other.make().sdl);
}
