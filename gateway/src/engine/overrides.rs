//! Progressive `@override`: which labels are on for a request.

use std::{cell::LazyCell, collections::BTreeSet, fmt, sync::Arc};

use federation::Supergraph;

/// Which labels of `@override` are on. `percent(N)` is on for N of a hundred requests, any other only when it is named.
#[derive(Clone, Default)]
pub struct Overrides {
    /// The labels that are on for every request.
    pub labels: BTreeSet<String>,
    /// Rolls for `percent(N)`, evenly from 0 to 1, without 1. None: these labels are off.
    pub random: Option<Roll>,
}

/// A source of randomness.
pub type Roll = Arc<dyn Fn() -> f64 + Send + Sync>;

impl fmt::Debug for Overrides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Overrides")
            .field("labels", &self.labels)
            .finish_non_exhaustive()
    }
}

/// The labels of one supergraph, in its order.
pub(crate) struct Labels {
    all: Vec<Label>,
    random: Option<Roll>,
}

enum Label {
    On,
    Off,
    /// On for this share of the requests, 1 for all.
    Share(f64),
}

impl Labels {
    pub(crate) fn new(supergraph: &Supergraph, overrides: Overrides) -> Self {
        let label = |name: &String| match share(name) {
            _ if overrides.labels.contains(name) => Label::On,
            Some(share) if overrides.random.is_some() => Label::Share(share),
            _ => Label::Off,
        };
        let all = supergraph.override_labels().iter().map(label).collect();
        Self {
            all,
            random: overrides.random,
        }
    }

    /// Where a request stands among all: evenly from 0 to 1, without 1.
    pub(crate) fn roll(&self) -> f64 {
        self.random.as_ref().map_or(1.0, |random| random())
    }

    /// A roll, in the middle of those for which exactly these labels are on.
    pub(crate) fn roll_for(&self, on: &[bool]) -> f64 {
        let (mut from, mut to) = (0.0, 1.0);
        for (label, is_on) in self.all.iter().zip(on) {
            match label {
                Label::Share(share) if *is_on => to = share.min(to),
                Label::Share(share) => from = share.max(from),
                Label::On | Label::Off => {}
            }
        }
        f64::midpoint(from, to)
    }

    /// Which labels are on for a request with this roll, or for one that is yet to roll. One roll is for all of them, so that
    /// whoever is among the 5 % is among the 10 % too, and there are no more plans of an operation than there are labels,
    /// and one.
    pub(crate) fn on(&self, rolled: Option<f64>) -> Vec<bool> {
        let rolled = LazyCell::new(|| rolled.unwrap_or_else(|| self.roll()));
        let is_on = |label: &Label| match label {
            Label::On => true,
            Label::Off => false,
            Label::Share(share) => *rolled < *share,
        };
        self.all.iter().map(is_on).collect()
    }
}

/// `percent(5)` → 0.05
fn share(label: &str) -> Option<f64> {
    let number = label.strip_prefix("percent(")?.strip_suffix(')')?;
    let percent: f64 = number.trim().parse().ok()?;
    (0.0..=100.0).contains(&percent).then_some(percent / 100.0)
}

/// The names of the labels that are on.
pub(crate) fn names(supergraph: &Supergraph, on: &[bool]) -> BTreeSet<String> {
    let labels = supergraph.override_labels().iter().zip(on);
    labels
        .filter(|(_, is_on)| **is_on)
        .map(|(label, _)| label.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_read() {
        for (label, expected) in [
            ("percent(0)", Some(0.0)),
            ("percent(12.5)", Some(0.125)),
            ("percent(100)", Some(1.0)),
            ("percent(101)", None),
            ("percent(-1)", None),
            ("percent(NaN)", None),
            ("percent()", None),
            ("beta", None),
        ] {
            assert_eq!(share(label), expected, "{label}");
        }
    }
}
