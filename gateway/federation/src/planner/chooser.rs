//! The choices of one run of the builder, and which runs to try next.

use std::collections::VecDeque;

use super::graph::PositionId;

/// Choices of one run for which alternatives are tried.
const MAX_CHOICES: usize = 256;

/// Runs that wait to be tried.
const MAX_QUEUE: usize = 4_096;

/// Takes choices by a script, and the most promising option where the script has ended.
#[derive(Debug, Default)]
pub(super) struct Chooser {
    script: Vec<usize>,
    taken: Vec<Taken>,
}

/// A choice that was taken.
#[derive(Debug, Clone, Copy)]
struct Taken {
    choice: usize,
    options: usize,
    /// Where in the plan.
    position: PositionId,
}

impl Chooser {
    pub(super) fn new(script: Vec<usize>) -> Self {
        Self {
            script,
            taken: Vec::new(),
        }
    }

    /// Chooses one of several options for a field at a position.
    pub(super) fn choose(&mut self, options: usize, position: PositionId) -> usize {
        let scripted = self.script.get(self.taken.len()).copied().unwrap_or(0);
        let choice = scripted.min(options - 1);
        self.taken.push(Taken {
            choice,
            options,
            position,
        });
        choice
    }

    /// Whether there was nothing to choose.
    pub(super) fn is_forced(&self) -> bool {
        self.taken.is_empty()
    }

    /// The scripts that differ from this run in one choice after its own script. Following them all, and theirs, tries every
    /// combination once; those with few departures from the most promising come first, and before them those that concern what
    /// makes the plan deep.
    pub(super) fn alternatives(
        &self,
        queue: &mut VecDeque<Vec<usize>>,
        is_critical: impl Fn(PositionId) -> bool,
    ) {
        for place in self.script.len()..self.taken.len().min(MAX_CHOICES) {
            if queue.len() >= MAX_QUEUE {
                return;
            }
            for choice in 1..self.taken[place].options {
                let before = self.taken[..place].iter();
                let mut script: Vec<usize> = before.map(|taken| taken.choice).collect();
                script.push(choice);
                if is_critical(self.taken[place].position) {
                    queue.push_front(script);
                } else {
                    queue.push_back(script);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_combination_is_tried_once() {
        let mut tried = BTreeSet::new();
        let mut queue = VecDeque::from([Vec::new()]);
        while let Some(script) = queue.pop_front() {
            let mut chooser = Chooser::new(script);
            let run: Vec<_> = [2, 3, 2].map(|options| chooser.choose(options, 0)).to_vec();
            assert!(tried.insert(run), "no combination twice");
            chooser.alternatives(&mut queue, |_| false);
        }
        assert_eq!(tried.len(), 12);
    }
}
