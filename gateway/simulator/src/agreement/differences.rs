//! The differences from the oracle that are known, in `compositions/differences.txt`: a line each, with the case (or the
//! beginning of cases' names, and a `*`), the aspect, and why ours is right.

use std::{collections::BTreeSet, fs, io};

use super::{Aspect, Disagreement, corpus};

/// The known ones, and which of them were met.
#[derive(Debug)]
pub struct Differences {
    known: Vec<Known>,
    met: BTreeSet<usize>,
}

#[derive(Debug)]
struct Known {
    case: String,
    aspect: Aspect,
}

impl Known {
    fn is_about(&self, case: &str) -> bool {
        match self.case.strip_suffix('*') {
            Some(beginning) => case.starts_with(beginning),
            None => case == self.case,
        }
    }

    fn is_example(&self) -> bool {
        ["kept:", "audit/", "library"]
            .iter()
            .any(|start| self.case.starts_with(start))
    }
}

impl Differences {
    /// Those of the corpus.
    pub fn read() -> io::Result<Self> {
        let mut all = Self::read_all()?;
        all.known.retain(|known| !known.is_example());
        Ok(all)
    }

    /// Those of the examples, which have supergraphs beside them.
    pub fn read_of_examples() -> io::Result<Self> {
        let mut all = Self::read_all()?;
        all.known.retain(Known::is_example);
        Ok(all)
    }

    fn read_all() -> io::Result<Self> {
        let text = fs::read_to_string(corpus::folder().join("differences.txt"))?;
        let mut known = Vec::new();
        for line in text.lines() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let mut words = line.split_whitespace();
            let (case, aspect) = (words.next(), words.next());
            let aspect = Aspect::ALL
                .into_iter()
                .find(|one| Some(one.name()) == aspect);
            let (Some(case), Some(aspect), Some(_)) = (case, aspect, words.next()) else {
                let message = format!("no case, aspect and reason: {line}");
                return Err(io::Error::other(message));
            };
            known.push(Known {
                case: case.to_owned(),
                aspect,
            });
        }
        Ok(Self {
            known,
            met: BTreeSet::new(),
        })
    }

    /// Whether a difference is known; it counts as met.
    pub fn explain(&mut self, case: &str, difference: &Disagreement) -> bool {
        let mut found = false;
        for (index, known) in self.known.iter().enumerate() {
            if known.is_about(case) && known.aspect == difference.aspect {
                self.met.insert(index);
                found = true;
            }
        }
        found
    }

    /// Whether some difference of a case is known.
    pub fn concern(&self, case: &str) -> bool {
        self.known.iter().any(|known| known.is_about(case))
    }

    /// Those that were not met: they should go.
    pub fn not_met(&self) -> Vec<String> {
        let known = self.known.iter().enumerate();
        known
            .filter(|(index, _)| !self.met.contains(index))
            .map(|(_, known)| format!("{} {}", known.case, known.aspect.name()))
            .collect()
    }
}
