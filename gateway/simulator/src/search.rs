//! Tries many seeds.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{
    case::{Case, Difference, Kind, Schema, SchemaError, Verdict},
    generate::{self, Features},
    serve::Host,
    shrink::shrink,
};

/// Operations that are tried on the same subgraphs.
pub const OPERATIONS: u64 = 8;

/// What to try.
#[derive(Debug, Clone)]
pub struct Search {
    /// The first seed.
    pub from: u64,
    /// How many seeds; rounded up to whole schemas.
    pub cases: u64,
    /// Ends earlier, after so long.
    pub time: Option<Duration>,
    /// What is generated.
    pub features: Features,
    /// Whether answers that differ in nothing but the order of keys pass.
    pub any_order: bool,
    /// So many failures are made smaller and told in full.
    pub shrunk: u64,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Report {
    /// Schemas that were generated.
    pub schemas: u64,
    /// Of which so many composed.
    pub composed: u64,
    /// Operations that were answered alike.
    pub same: u64,
    /// Operations with nothing to compare with.
    pub skipped: u64,
    /// Why schemas did not compose, by code.
    pub refused: BTreeMap<String, u64>,
    /// The first error for each of those schemas.
    pub refusals: Vec<(u64, String)>,
    /// Schemas that composed and that the simulator or the gateway cannot read.
    pub broken: Vec<(u64, String)>,
    /// Cases that were answered differently.
    pub different: Vec<(u64, Case, Box<Difference>)>,
}

impl Search {
    /// Tries the seeds, on as many workers as are told.
    pub async fn run(&self, workers: usize) -> io::Result<Report> {
        let host = Arc::new(Host::start().await?);
        let report = Arc::new(Mutex::new(Report::default()));
        let next = Arc::new(AtomicU64::new(self.from / OPERATIONS));
        let end = (self.from + self.cases).div_ceil(OPERATIONS);
        let begun = Instant::now();
        let mut tasks = Vec::new();
        for _ in 0..workers {
            let (host, report, next) = (Arc::clone(&host), Arc::clone(&report), Arc::clone(&next));
            let search = self.clone();
            tasks.push(tokio::spawn(async move {
                loop {
                    let schema = next.fetch_add(1, Ordering::Relaxed);
                    if schema >= end || search.time.is_some_and(|time| begun.elapsed() > time) {
                        return;
                    }
                    search.schema(schema, &host, &report).await;
                }
            }));
        }
        for task in tasks {
            if let Err(error) = task.await {
                std::panic::resume_unwind(error.into_panic());
            }
        }
        let mut report =
            std::mem::take(&mut *report.lock().unwrap_or_else(PoisonError::into_inner));
        report.different.sort_by_key(|(seed, _, _)| *seed);
        let told = usize::try_from(self.shrunk).unwrap_or(usize::MAX);
        for (_, case, difference) in report.different.iter_mut().take(told) {
            let whole = std::mem::replace(difference, Box::new(Difference::default()));
            (*case, *difference) = shrink(case, whole, &host).await;
        }
        Ok(report)
    }

    async fn schema(&self, index: u64, host: &Host, report: &Mutex<Report>) {
        let tell = || report.lock().unwrap_or_else(PoisonError::into_inner);
        let sources = generate::subgraphs(index, &self.features);
        tell().schemas += 1;
        let schema = match Schema::new(index, &sources, host) {
            Ok(schema) => schema,
            Err(SchemaError::Compose(error)) => {
                let text = error.to_string();
                let code = text.split(':').next().unwrap_or_default().to_owned();
                let mut report = tell();
                *report.refused.entry(code).or_default() += 1;
                report.refusals.push((index, text));
                return;
            }
            Err(error) => {
                tell().broken.push((index * OPERATIONS, error.to_string()));
                return;
            }
        };
        tell().composed += 1;
        for seed in (index * OPERATIONS..(index + 1) * OPERATIONS)
            .filter(|seed| (self.from..self.from + self.cases).contains(seed))
        {
            let api = schema.supergraph.api_schema();
            let Some(operation) = generate::operation(seed, api, &self.features) else {
                tell().skipped += 1;
                continue;
            };
            match schema.compare(&operation).await {
                Verdict::Same => tell().same += 1,
                Verdict::Different(one) if self.any_order && one.kind == Kind::Order => {
                    tell().same += 1;
                }
                Verdict::Skipped(_) => tell().skipped += 1,
                Verdict::Different(difference) => {
                    let case = Case {
                        seed: index,
                        subgraphs: sources.clone(),
                        operation,
                    };
                    tell().different.push((seed, case, difference));
                }
            }
        }
    }
}

impl Report {
    /// The figures in one line.
    pub fn summary(&self) -> String {
        format!(
            "{} of {} schemas compose ({:?}); operations: {} alike, {} different, {} skipped; {} schemas unreadable",
            self.composed,
            self.schemas,
            self.refused,
            self.same,
            self.different.len(),
            self.skipped,
            self.broken.len(),
        )
    }

    /// The first failures in full, and the seeds of all.
    pub fn failures(&self, told: usize) -> String {
        let mut text = String::new();
        for (seed, why) in self.broken.iter().take(told) {
            let _ = writeln!(text, "SEED={seed}: {why}");
        }
        for (seed, case, difference) in self.different.iter().take(told) {
            let _ = writeln!(text, "{}", describe(*seed, case, difference));
        }
        let seeds: Vec<_> = self
            .different
            .iter()
            .map(|(seed, _, difference)| format!("{seed} ({:?})", difference.kind))
            .collect();
        let _ = writeln!(text, "different: {}", seeds.join(", "));
        text
    }
}

/// A failure, with what it takes to see it again.
pub fn describe(seed: u64, case: &Case, difference: &Difference) -> String {
    let mut text = format!("SEED={seed} cargo test -p simulator --test differential\n");
    for (name, sdl) in &case.subgraphs {
        let _ = writeln!(text, "--- {name}\n{sdl}");
    }
    let variables = apollo_compiler::response::JsonValue::Object(case.operation.variables.clone());
    let _ = writeln!(
        text,
        "--- operation\n{}variables: {variables}\n\n{difference}",
        case.operation.text
    );
    text
}
