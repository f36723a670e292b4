//! The public federation audit's cases through the gateway over HTTP.
//!
//! Each suite has a gateway of its own on its supergraph, before subgraphs that answer from `records.yaml` and know nothing of
//! each other (`subgraph`). A case is a query, the data that must come out, and whether errors must. What a failed case prints
//! is meant to be enough to mend it: the plan, and every request that the subgraphs received.

mod compare;
mod records;
mod refusals;
mod subgraph;
mod suite;
mod world;

use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::Runtime;

use crate::{
    refusals::Refusal,
    suite::{Case, Suite},
    world::Lazy,
};

fn main() {
    let arguments = Arguments::from_args();
    let runtime = Arc::new(Runtime::new().expect("a runtime"));
    let mut trials = Vec::new();
    for suite in suite::all() {
        let cases = suite.cases.clone();
        let suite = Arc::new(Lazy::new(suite));
        for refusal in &refusals::ALL {
            if refusal.suite == suite.name() {
                trials.push(strict(&suite, refusal, &runtime));
            }
        }
        for case in cases {
            trials.push(trial(&suite, case, &runtime));
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn trial(suite: &Arc<Lazy>, case: Case, runtime: &Arc<Runtime>) -> Trial {
    let (suite, runtime) = (Arc::clone(suite), Arc::clone(runtime));
    let name = format!("audit::{}::{}", suite.name(), case.number);
    Trial::test(name, move || {
        runtime.block_on(async {
            let world = suite.world().await?;
            let (answer, requests) = world.ask(&case).await?;
            compare::against(&case.expected, &answer).map_err(|difference| {
                let plan = Suite::plan(&world.supergraph, &case.query);
                Failed::from(format!(
                    "{difference}\n\nquery:\n{}\n\nplan:\n{plan}\n\nsubgraphs:\n{requests}",
                    case.query
                ))
            })
        })
    })
}

fn strict(suite: &Arc<Lazy>, refusal: &'static Refusal, runtime: &Arc<Runtime>) -> Trial {
    let (suite, runtime) = (Arc::clone(suite), Arc::clone(runtime));
    Trial::test(format!("strict::{}", refusal.name), move || {
        runtime.block_on(async {
            let world = suite.world().await?;
            Ok(refusal.check(world).await?)
        })
    })
}
