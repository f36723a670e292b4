//! Cases that once failed, in `cases/`, each with the values of several worlds. `CASE=name` runs one.

use std::{env, fs, path::Path};

use simulator::{
    case::{Case, Schema, Verdict},
    search::describe,
    serve::Host,
};

/// Worlds for each case: in some of them what matters is null, or a list is empty.
const WORLDS: u64 = 24;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_once_failed_does_not_fail_again() {
    let only = env::var("CASE").ok();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .expect("there are cases")
        .map(|entry| entry.expect("the folder is readable").file_name())
        .filter_map(|name| name.into_string().ok())
        .filter(|name| only.as_ref().is_none_or(|only| only == name))
        .collect();
    names.sort();
    assert!(!names.is_empty(), "no case is named {only:?}");

    let host = Host::start().await.expect("a port is free");
    let mut failures = Vec::new();
    for name in names {
        let mut case =
            Case::read(&folder.join(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut answered = 0;
        for world in 0..WORLDS {
            case.seed = world;
            let schema = Schema::new(world, &case.subgraphs, &host)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            match schema.compare(&case.operation).await {
                Verdict::Same => answered += 1,
                Verdict::Skipped(_) => {}
                Verdict::Different(difference) => {
                    failures.push(format!(
                        "CASE={name} (world {world})\n{}",
                        describe(world, &case, &difference)
                    ));
                    break;
                }
            }
        }
        if answered == 0 && failures.is_empty() {
            failures.push(format!("CASE={name} was skipped in every world"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}
