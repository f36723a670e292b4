//! The choices of one run of the builder, and which runs to try next.

use std::collections::VecDeque;

/// Choices of one run for which alternatives are tried.
const MAX_CHOICES: usize = 256;

/// Runs that wait to be tried.
const MAX_QUEUE: usize = 4_096;

/// Takes choices by a script, and the most promising option where the script has ended.
#[derive(Debug, Default)]
pub(super) struct Chooser {
    script: Vec<usize>,
    /// What was chosen, of how many.
    taken: Vec<(usize, usize)>,
}

impl Chooser {
    pub(super) fn new(script: Vec<usize>) -> Self {
        Self {
            script,
            taken: Vec::new(),
        }
    }

    /// Chooses one of several options.
    pub(super) fn choose(&mut self, options: usize) -> usize {
        let scripted = self.script.get(self.taken.len()).copied().unwrap_or(0);
        let choice = scripted.min(options - 1);
        self.taken.push((choice, options));
        choice
    }

    /// Whether there was nothing to choose.
    pub(super) fn is_forced(&self) -> bool {
        self.taken.is_empty()
    }

    /// The scripts that differ from this run in one choice after its own script. Following them all, and theirs, tries every
    /// combination once; those with few departures from the most promising come first.
    pub(super) fn alternatives(&self, queue: &mut VecDeque<Vec<usize>>) {
        for place in self.script.len()..self.taken.len().min(MAX_CHOICES) {
            if queue.len() >= MAX_QUEUE {
                return;
            }
            for choice in 1..self.taken[place].1 {
                let mut script: Vec<usize> =
                    self.taken[..place].iter().map(|(choice, _)| *choice).collect();
                script.push(choice);
                queue.push_back(script);
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
            let run: Vec<_> = [2, 3, 2].map(|options| chooser.choose(options)).to_vec();
            assert!(tried.insert(run), "no combination twice");
            chooser.alternatives(&mut queue);
        }
        assert_eq!(tried.len(), 12);
    }
}
