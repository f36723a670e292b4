//! Measuring two sides in turns.

use std::time::{Duration, Instant};

use crate::Failure;

/// What a batch has to take at least, so that the clock's grain does not matter.
const BATCH: Duration = Duration::from_millis(4);
/// What one side's rounds may take together; a slow case gets fewer rounds, but one at least.
const SIDE: Duration = Duration::from_secs(12);
/// How long a side runs before it is measured.
const WARM: Duration = Duration::from_millis(100);

/// Medians of both sides.
pub(crate) struct Pair {
    pub(crate) ours: Duration,
    pub(crate) theirs: Duration,
}

impl Pair {
    /// Warms both sides, then measures them in turns; each goes first every other time.
    pub(crate) fn measure(
        rounds: usize,
        mut ours: impl FnMut() -> Result<(), Failure>,
        mut theirs: impl FnMut() -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        let our_batch = Batch::find(&mut ours)?;
        let their_batch = Batch::find(&mut theirs)?;
        let rounds = rounds
            .min(our_batch.rounds())
            .min(their_batch.rounds())
            .max(1);
        let (mut us, mut them) = (Vec::new(), Vec::new());
        for round in 0..rounds {
            if round % 2 == 0 {
                us.push(our_batch.run(&mut ours)?);
                them.push(their_batch.run(&mut theirs)?);
            } else {
                them.push(their_batch.run(&mut theirs)?);
                us.push(our_batch.run(&mut ours)?);
            }
        }
        Ok(Self {
            ours: median(us),
            theirs: median(them),
        })
    }
}

/// The median of one side.
pub(crate) fn alone(
    rounds: usize,
    mut work: impl FnMut() -> Result<(), Failure>,
) -> Result<Duration, Failure> {
    let batch = Batch::find(&mut work)?;
    let rounds = rounds.min(batch.rounds()).max(1);
    let measured: Result<Vec<_>, Failure> = (0..rounds).map(|_| batch.run(&mut work)).collect();
    Ok(median(measured?))
}

struct Batch {
    count: u32,
    each: Duration,
}

impl Batch {
    /// Warms up, and finds how many runs make a batch.
    fn find(work: &mut impl FnMut() -> Result<(), Failure>) -> Result<Self, Failure> {
        let start = Instant::now();
        let mut runs = 0;
        while runs == 0 || start.elapsed() < WARM {
            work()?;
            runs += 1;
        }
        let each = start.elapsed() / runs;
        let count = BATCH.as_nanos() / each.as_nanos().max(1) + 1;
        Ok(Self {
            count: count as u32,
            each,
        })
    }

    fn rounds(&self) -> usize {
        (SIDE.as_nanos() / (self.each * self.count).as_nanos().max(1)) as usize
    }

    fn run(&self, work: &mut impl FnMut() -> Result<(), Failure>) -> Result<Duration, Failure> {
        let start = Instant::now();
        for _ in 0..self.count {
            work()?;
        }
        Ok(start.elapsed() / self.count)
    }
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort_unstable();
    all.get(all.len() / 2).copied().unwrap_or_default()
}

/// For a table: microseconds, or milliseconds where there are many of them.
pub(crate) fn micros(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    if micros < 10_000.0 {
        format!("{micros:.0} µs")
    } else {
        format!("{:.1} ms", micros / 1000.0)
    }
}
