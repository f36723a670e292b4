//! `plan`: our planner next to hive-router-query-planner, on the same supergraphs and operations in the same process.
//!
//! Each line is the median of interleaved rounds: a batch of ours, a batch of theirs, in turns, so that what disturbs
//! the machine disturbs both. Memory is measured in a process of its own for each planner, as an allocator does not give
//! back what another has left.

mod cases;
mod memory;
mod ours;
mod rounds;
mod theirs;

use std::{
    fmt,
    time::{Duration, Instant},
};

use clap::{Args, ValueEnum};

use crate::{Failure, stats::times};
use cases::Case;
use ours::Ours;
use rounds::{Pair, micros};
use theirs::Theirs;

/// What `plan` can be told.
#[derive(Args)]
pub(crate) struct Options {
    /// Rounds for each line of the table
    #[arg(long, default_value_t = 31)]
    rounds: usize,
    /// Only supergraphs whose name contains this
    #[arg(long, default_value = "")]
    only: String,
    /// Plan with ours alone, these many times each operation, without a table: for a profiler
    #[arg(long)]
    profile: Option<usize>,
    /// Load the supergraph on standard input with this planner, say how long it took and what it holds, and end
    #[arg(long, hide = true)]
    load: Option<Who>,
}

/// A planner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Who {
    /// federation
    Ours,
    /// hive-router-query-planner
    Theirs,
}

/// What takes longer to load is loaded once, not in rounds.
const SLOW: Duration = Duration::from_secs(4);

/// What a planner made of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    fetches: usize,
    /// The longest chain of fetches.
    depth: usize,
}

impl Size {
    const FETCH: Self = Self {
        fetches: 1,
        depth: 1,
    };
    const NOTHING: Self = Self {
        fetches: 0,
        depth: 0,
    };

    /// First this, then that.
    fn then(self, other: Self) -> Self {
        Self {
            fetches: self.fetches + other.fetches,
            depth: self.depth + other.depth,
        }
    }

    /// This and that at once.
    fn beside(self, other: Self) -> Self {
        Self {
            fetches: self.fetches + other.fetches,
            depth: self.depth.max(other.depth),
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.fetches, self.depth)
    }
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    if let Some(who) = options.load {
        return memory::load(who);
    }
    let cases: Vec<_> = cases::all()
        .into_iter()
        .filter(|case| case.name.contains(&options.only))
        .collect();
    if let Some(count) = options.profile {
        return profile(&cases, count);
    }
    println!("| Load, SDL text → ready planner | ours | hive | ratio |");
    println!("|---|---|---|---|");
    let mut sides = Vec::new();
    for case in &cases {
        sides.push(load(case, options.rounds)?);
    }
    println!();
    println!(
        "| Cold planning | text → plan, ours | hive | ratio | after parsing and validation, ours | after parsing, hive | fetches (in sequence), ours | hive |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for (case, sides) in cases.iter().zip(&sides) {
        for (name, text) in &case.operations {
            let label = format!("{}, {name} ({} B)", case.name, text.len());
            plan(&label, text, sides, options.rounds)?;
        }
    }
    println!();
    drop(sides);
    memory::table(&cases)
}

/// Both planners, loaded; theirs may have failed.
struct Sides {
    ours: Ours,
    theirs: Result<Theirs, String>,
}

fn load(case: &Case, rounds: usize) -> Result<Sides, Failure> {
    let ours = Ours::load(&case.sdl)?;
    let start = Instant::now();
    let theirs = Theirs::load(&case.sdl).map_err(|error| error.to_string());
    let once = start.elapsed();
    let ours_again = || Ours::load(&case.sdl).map(drop);
    let (us, them) = match &theirs {
        Ok(_) if once < SLOW => {
            let pair = Pair::measure(rounds, ours_again, || Theirs::load(&case.sdl).map(drop))?;
            (pair.ours, Ok(pair.theirs))
        }
        Ok(_) => (rounds::alone(rounds, ours_again)?, Ok(once)),
        Err(error) => (rounds::alone(rounds, ours_again)?, Err(error)),
    };
    let (subgraphs, types) = ours.counts();
    let kilobytes = case.sdl.len() / 1024;
    let (them, ratio) = match them {
        Ok(them) => (micros(them), times(us.as_secs_f64(), them.as_secs_f64())),
        Err(error) => (failed(error), String::new()),
    };
    println!(
        "| {} ({subgraphs} subgraphs, {types} types, {kilobytes} KB) | {} | {them} | {ratio} |",
        case.name,
        micros(us)
    );
    Ok(Sides { ours, theirs })
}

fn plan(label: &str, text: &str, sides: &Sides, rounds: usize) -> Result<(), Failure> {
    let ours = &sides.ours;
    let parsed = ours.parse(text)?;
    let our_size = ours.size(&parsed)?;
    let theirs = sides.theirs.as_ref().map_err(String::clone);
    let theirs = theirs.and_then(|theirs| {
        let size = theirs.size(text).map_err(|error| error.to_string())?;
        Ok((theirs, size))
    });
    match theirs {
        Ok((theirs, their_size)) => {
            let whole = Pair::measure(
                rounds,
                || ours.plan_text(text),
                || theirs.plan_text(text).map(drop),
            )?;
            let prepared = theirs.parse(text)?;
            let planning = Pair::measure(
                rounds,
                || ours.plan_parsed(&parsed),
                || theirs.plan_parsed(&prepared).map(drop),
            )?;
            println!(
                "| {label} | {} | {} | {} | {} | {} | {our_size} | {their_size} |",
                micros(whole.ours),
                micros(whole.theirs),
                times(whole.ours.as_secs_f64(), whole.theirs.as_secs_f64()),
                micros(planning.ours),
                micros(planning.theirs),
            );
        }
        Err(error) => {
            let whole = rounds::alone(rounds, || ours.plan_text(text))?;
            let planning = rounds::alone(rounds, || ours.plan_parsed(&parsed))?;
            println!(
                "| {label} | {} | {} | | {} | | {our_size} | |",
                micros(whole),
                failed(&error),
                micros(planning),
            );
        }
    }
    Ok(())
}

fn profile(cases: &[Case], count: usize) -> Result<(), Failure> {
    for case in cases {
        let ours = Ours::load(&case.sdl)?;
        for (name, text) in &case.operations {
            let parsed = ours.parse(text)?;
            let start = Instant::now();
            for _ in 0..count {
                ours.plan_parsed(&parsed)?;
            }
            let each = start.elapsed() / count.max(1) as u32;
            println!("{} {name}: {}", case.name, micros(each));
        }
    }
    Ok(())
}

/// Their failure in a cell of a table.
fn failed(error: &impl ToString) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default().replace('|', "/");
    let short: String = line.chars().take(80).collect();
    format!("fails: {short}")
}
