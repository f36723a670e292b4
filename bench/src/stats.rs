//! Repeating something, and what its times say.

use std::time::{Duration, Instant};

use crate::Failure;

/// Measured times, sorted.
pub(crate) struct Times {
    sorted: Vec<Duration>,
    /// From the first start to the last end.
    elapsed: Duration,
}

impl Times {
    /// The time that `share` of all stay below (0.5: the median).
    pub(crate) fn quantile(&self, share: f64) -> Duration {
        let last = self.sorted.len().saturating_sub(1);
        self.sorted
            .get((last as f64 * share).round() as usize)
            .copied()
            .unwrap_or_default()
    }

    /// How many a second.
    pub(crate) fn rate(&self) -> f64 {
        self.sorted.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// How many.
    pub(crate) fn count(&self) -> usize {
        self.sorted.len()
    }
}

/// Does `work` `count` times, one after the other.
pub(crate) async fn one_by_one<F: Future<Output = Result<(), Failure>>>(
    count: usize,
    mut work: impl FnMut(usize) -> F,
) -> Result<Times, Failure> {
    let start = Instant::now();
    let mut sorted = Vec::with_capacity(count);
    for number in 0..count {
        let began = Instant::now();
        work(number).await?;
        sorted.push(began.elapsed());
    }
    sorted.sort_unstable();
    Ok(Times {
        sorted,
        elapsed: start.elapsed(),
    })
}

/// Lets every worker repeat its work for `seconds`, all at once.
pub(crate) async fn at_once<W, F>(workers: Vec<W>, seconds: u64) -> Result<Times, Failure>
where
    W: FnMut(usize) -> F + Send + 'static,
    F: Future<Output = Result<(), Failure>> + Send,
{
    let start = Instant::now();
    let end = start + Duration::from_secs(seconds);
    let mut tasks = tokio::task::JoinSet::new();
    for mut work in workers {
        tasks.spawn(async move {
            let mut times = Vec::new();
            while Instant::now() < end {
                let began = Instant::now();
                work(times.len()).await?;
                times.push(began.elapsed());
            }
            Ok::<_, Failure>(times)
        });
    }
    let mut sorted = Vec::new();
    while let Some(done) = tasks.join_next().await {
        sorted.extend(done??);
    }
    sorted.sort_unstable();
    Ok(Times {
        sorted,
        elapsed: start.elapsed(),
    })
}

/// Milliseconds, for a table.
pub(crate) fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}

/// `a` is how many times `b`.
pub(crate) fn times(a: f64, b: f64) -> String {
    format!("{:.2}×", a / b)
}
