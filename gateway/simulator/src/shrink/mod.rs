//! Makes a failing case smaller while it fails in the same way.

mod operation;
mod schema;

use crate::{
    case::{Case, Difference, Kind, Schema, Verdict},
    serve::Host,
};

/// Reductions that are tried, at most: a bound on time, not on the result's size.
const TRIALS: usize = 2_000;

/// A smaller case, with what became of it.
pub async fn shrink(
    case: &Case,
    difference: Box<Difference>,
    host: &Host,
) -> (Case, Box<Difference>) {
    let mut shrinker = Shrinker {
        kind: difference.kind,
        best: case.clone(),
        difference,
        trials: TRIALS,
        host,
    };
    loop {
        let before = shrinker.best.size();
        shrinker.operation().await;
        shrinker.schema().await;
        if shrinker.best.size() >= before || shrinker.trials == 0 {
            return (shrinker.best, shrinker.difference);
        }
    }
}

struct Shrinker<'a> {
    kind: Kind,
    best: Case,
    difference: Box<Difference>,
    trials: usize,
    host: &'a Host,
}

impl Shrinker<'_> {
    /// Reductions of the operation, on the same subgraphs.
    async fn operation(&mut self) {
        let case = &self.best;
        let Ok(schema) = Schema::new(case.seed, &case.subgraphs, self.host) else {
            return;
        };
        let mut nth = 0;
        while self.trials > 0 {
            let Some(smaller) = operation::reduce(&self.best.operation, nth) else {
                return;
            };
            self.trials -= 1;
            match schema.compare(&smaller).await {
                Verdict::Different(difference) if difference.kind == self.kind => {
                    self.best.operation = smaller;
                    self.difference = difference;
                }
                _ => nth += 1,
            }
        }
    }

    /// Reductions of the subgraphs, with the same operation.
    async fn schema(&mut self) {
        let mut nth = 0;
        while self.trials > 0 {
            let Some(smaller) = schema::reduce(&self.best.subgraphs, nth) else {
                return;
            };
            self.trials -= 1;
            if !self.fails(smaller).await {
                nth += 1;
            }
        }
    }

    async fn fails(&mut self, subgraphs: Vec<crate::compose::Source>) -> bool {
        let Ok(schema) = Schema::new(self.best.seed, &subgraphs, self.host) else {
            return false;
        };
        match schema.compare(&self.best.operation).await {
            Verdict::Different(difference) if difference.kind == self.kind => {
                self.best.subgraphs = subgraphs;
                self.difference = difference;
                true
            }
            _ => false,
        }
    }
}
