//! The end-to-end suite: the same tests on either world, through the public endpoint.
//!
//! `WORLD=embedded` (the default) runs the all-in-one in this process; `WORLD=services` starts the
//! programs of compose.yaml with PostgreSQL and RabbitMQ (see `world/services.rs`); `WORLD=mixed` is
//! the same with two of the services on SQLite. Tests run one
//! after another, because some of them stop a service or move the business clock; each makes
//! readers and books of its own, so that none depends on another's.

mod cases;
mod client;
mod collector;
mod library;
mod world;

use std::io::Write as _;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};

use futures_util::FutureExt as _;
use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::Runtime;

use crate::cases::Case;
use crate::world::World;

fn main() {
    let runtime = Arc::new(Runtime::new().expect("a runtime"));
    if std::env::var("WORLD").is_ok_and(|world| world == "sweep") {
        runtime.block_on(world::sweep());
        return;
    }
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let shared = Arc::new(OnceLock::new());
    let trials: Vec<Trial> = cases::all()
        .into_iter()
        .map(|case| trial(case, runtime.clone(), shared.clone()))
        .collect();
    // A world takes seconds to start: not for a list, nor when a filter leaves no test.
    let wanted = !arguments.list && trials.iter().any(|trial| !arguments.is_filtered_out(trial));
    if wanted {
        let world = runtime.block_on(World::start()).unwrap_or_else(|error| {
            eprintln!("the world does not start: {error}");
            std::process::exit(1);
        });
        eprintln!("world: {}", world.describe());
        let _ = shared.set(world);
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if let Some(world) = shared.get() {
        runtime.block_on(world.end(conclusion.has_failed()));
    }
    // Exiting skips destructors; what must end has ended above.
    let _ = std::io::stdout().flush();
    conclusion.exit();
}

fn trial(case: Case, runtime: Arc<Runtime>, world: Arc<OnceLock<World>>) -> Trial {
    // The prefix lets `cargo test -- --skip e2e::` leave this suite out.
    Trial::test(format!("e2e::{}", case.name), move || {
        let world = world.get().ok_or("no world was started")?;
        runtime.block_on(async {
            let outcome = AssertUnwindSafe((case.run)(world)).catch_unwind().await;
            // The next test finds the world whole, whatever this one left behind.
            world.mend().await?;
            outcome.map_err(|panic| Failed::from(reason(panic.as_ref())))
        })
    })
}

fn reason(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("panicked").to_owned()
}
