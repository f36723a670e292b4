//! The gateway's engine against one schema over all subgraphs, on random schemas and operations.
//!
//! `SEED=n` tries one case and tells all about it; `FROM` and `CASES` say which seeds; `SECONDS` searches until that time
//! is over; `SHRINK=n` makes the first n failures smaller and tells
//! them in full; `KEEP=folder` writes them there as cases; `ANY_ORDER=1` lets the order of keys pass; `FEATURES=all=0,requires=1` changes what is generated (`generate/features.rs` has the names).

use std::{env, path::Path, str::FromStr, time::Duration};

use simulator::{generate::Features, search::Search};

fn setting<T: FromStr>(name: &str) -> Option<T> {
    let text = env::var(name).ok()?;
    let value = text.parse().ok();
    assert!(value.is_some(), "{name}={text} is no number");
    value
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_gateway_answers_as_one_schema_would() {
    let features = env::var("FEATURES").unwrap_or_default();
    let one: Option<u64> = setting("SEED");
    let time = setting("SECONDS").map(Duration::from_secs);
    let search = Search {
        from: one.or(setting("FROM")).unwrap_or(0),
        cases: match (one, time) {
            (Some(_), _) => 1,
            (None, Some(_)) => setting("CASES").unwrap_or(u64::MAX / 2),
            (None, None) => setting("CASES").unwrap_or(1_000),
        },
        time,
        any_order: env::var_os("ANY_ORDER").is_some(),
        shrunk: setting("SHRINK").unwrap_or(3),
        features: Features::parse(&features).expect("FEATURES are name=chance,…"),
    };
    let shrunk = search.shrunk;
    let report = search.run(2).await.expect("a port is free");
    println!("{}", report.summary());
    if env::var_os("REFUSALS").is_some() {
        for (schema, why) in &report.refusals {
            println!("schema {schema}: {why}");
        }
    }
    if features.is_empty() && report.schemas >= 50 {
        let share = report.composed * 100 / report.schemas;
        assert!(share >= 70, "only {share} of 100 schemas compose");
    }
    if let Some(folder) = env::var_os("KEEP") {
        for (seed, case, _) in report.different.iter().take(shrunk as usize) {
            let folder = Path::new(&folder).join(format!("seed-{seed}"));
            case.write(&folder).expect("KEEP is a writable folder");
        }
    }
    assert!(
        report.different.is_empty() && report.broken.is_empty(),
        "{}",
        report.failures(shrunk as usize)
    );
}
