//! Random subgraphs, as generated and with changes that make most of them illegal; and the corpus with such changes.
//!
//! `SEED=n` tries one case and tells all about it; `FROM` and `CASES` say which seeds; `SECONDS` searches until that time is
//! over; `SHOW=n` tells so many failures in full; `FEATURES=all=0,requires=1` changes what is generated; `JUDGE=script` asks
//! a third composer, and only tells where it is not of our mind.

use std::{
    collections::BTreeMap,
    env,
    fmt::Write as _,
    path::Path,
    str::FromStr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use simulator::{
    agreement::{
        Disagreement, Outcome, compare, corpus, differences::Differences, oracle::Oracle,
        patterns::Patterns,
    },
    compose::Source,
    generate::{self, Features},
    mutate::mutate,
};

use crate::oracle;

const CASES: u64 = 3_000;

fn setting<T: FromStr>(name: &str) -> Option<T> {
    let text = env::var(name).ok()?;
    let value = text.parse().ok();
    assert!(value.is_some(), "{name}={text} is no number");
    value
}

/// What a seed stands for.
struct Drawn {
    from: String,
    subgraphs: Vec<Source>,
    changes: Vec<&'static str>,
}

struct Search {
    features: Features,
    corpus: Vec<corpus::Case>,
    judge: Option<Oracle>,
    tally: Mutex<Tally>,
}

struct Tally {
    patterns: Patterns,
    cases: u64,
    composed: u64,
    crashed: u64,
    codes: BTreeMap<String, u64>,
    wrong: BTreeMap<u64, String>,
}

impl Search {
    fn draw(&self, seed: u64) -> Option<Drawn> {
        if seed % 3 == 2 {
            let case = &self.corpus[(seed / 3) as usize % self.corpus.len()];
            let (subgraphs, changes) = mutate(seed, &case.subgraphs)?;
            return Some(Drawn {
                from: case.name.clone(),
                subgraphs,
                changes,
            });
        }
        let from = format!("generated {}", seed / 3);
        let subgraphs = generate::subgraphs(seed / 3, &self.features);
        if seed.is_multiple_of(3) {
            let changes = Vec::new();
            return Some(Drawn {
                from,
                subgraphs,
                changes,
            });
        }
        let (subgraphs, changes) = mutate(seed, &subgraphs)?;
        Some(Drawn {
            from,
            subgraphs,
            changes,
        })
    }

    fn look(&self, seed: u64, oracle: &Oracle) {
        let Some(drawn) = self.draw(seed) else {
            return;
        };
        let theirs = Outcome::of_oracle(oracle.ask(&drawn.subgraphs).expect("it answers"));
        let ours = Outcome::of_ours(&drawn.subgraphs);
        let differences = compare(&theirs, &ours, false);
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        tally.cases += 1;
        match &ours {
            Outcome::Composed { .. } => tally.composed += 1,
            Outcome::Refused(errors) => {
                for code in errors.keys() {
                    *tally.codes.entry(code.clone()).or_default() += 1;
                }
            }
        }
        if crashed(&theirs) && !ours.verdict().contains("PANIC") {
            tally.crashed += 1;
            return;
        }
        let unknown: Vec<_> = differences
            .into_iter()
            .filter(|difference| !tally.patterns.explain(difference))
            .collect();
        drop(tally);
        if unknown.is_empty() {
            return;
        }
        let Some(told) = self.tell(seed, &drawn, &ours, &unknown) else {
            return;
        };
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        tally.wrong.insert(seed, told);
    }

    fn tell(
        &self,
        seed: u64,
        drawn: &Drawn,
        ours: &Outcome,
        unknown: &[Disagreement],
    ) -> Option<String> {
        let mut told = format!(
            "SEED={seed} cargo test -p simulator --test agreement random ({}; {})\n",
            drawn.from,
            drawn.changes.join(", ")
        );
        for difference in unknown {
            let _ = write!(told, "{difference}");
        }
        if let Some(judge) = &self.judge {
            let third = Outcome::of_oracle(judge.ask(&drawn.subgraphs).expect("it answers"));
            let differences = compare(&third, ours, false);
            if differences.is_empty() {
                return None;
            }
            if crashed(&third) {
                let _ = writeln!(told, "  the judge crashes");
            } else {
                let says = third.messages().join("\n    ");
                let _ = writeln!(told, "  the judge says {says}");
                for difference in &differences {
                    let _ = write!(told, "  judge {difference}");
                }
            }
        }
        for (name, sdl) in &drawn.subgraphs {
            let _ = writeln!(told, "# subgraph {name}\n{sdl}");
        }
        Some(told)
    }
}

fn crashed(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Refused(errors) if errors.contains_key("CRASH"))
}

#[test]
fn random_subgraphs_compose_as_the_oracle_composes_them() {
    let one: Option<u64> = setting("SEED");
    let from = one.or(setting("FROM")).unwrap_or(0);
    let time = setting("SECONDS").map(Duration::from_secs);
    let count = match (one, setting("CASES"), time) {
        (Some(_), _, _) => 1,
        (None, Some(cases), _) => cases,
        (None, None, Some(_)) => u64::MAX / 2,
        (None, None, None) => CASES,
    };
    let features = match env::var("FEATURES") {
        Ok(text) => Features::parse(&text).expect("FEATURES are name=chance,…"),
        Err(_) => Features::for_composition(),
    };
    let judge = env::var_os("JUDGE");
    // What differs to begin with would differ with any change.
    let differences = Differences::read().expect("the list of differences");
    let mut corpus = corpus::read().expect("the corpus");
    corpus.retain(|case| !differences.concern(&case.name));
    let search = Search {
        features,
        corpus,
        judge: judge.map(|script| Oracle::of(Path::new(&script)).expect("the judge")),
        tally: Mutex::new(Tally {
            patterns: Patterns::read().expect("the list of differences"),
            cases: 0,
            composed: 0,
            crashed: 0,
            codes: BTreeMap::new(),
            wrong: BTreeMap::new(),
        }),
    };
    let next = AtomicU64::new(from);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let oracle = oracle();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from + count || time.is_some_and(|time| begun.elapsed() > time) {
                        return;
                    }
                    search.look(seed, &oracle);
                }
            });
        }
    });
    let tally = search
        .tally
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    println!(
        "{} cases: {} compose, {} crash the oracle; {} disagree\n{:?}",
        tally.cases,
        tally.composed,
        tally.crashed,
        tally.wrong.len(),
        tally.codes
    );
    let shown = setting("SHOW").unwrap_or(5);
    let told: Vec<_> = tally.wrong.values().take(shown).cloned().collect();
    let seeds: Vec<_> = tally.wrong.keys().collect();
    assert!(
        tally.wrong.is_empty(),
        "{}\nseeds: {seeds:?}",
        told.join("\n")
    );
    let unmet = tally.patterns.not_met();
    println!("not met this time, of random-differences.txt: {unmet:#?}");
}
