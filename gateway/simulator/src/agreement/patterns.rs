//! The differences from the oracle that are known on random subgraphs, in `compositions/random-differences.txt`.
//!
//! A line each: `aspect | what the oracle says | what we say | why ours is right`. What is said is a code with its message,
//! `composes`, or a fact; `*` stands for anything. In verdicts and codes, one line has to explain what both say; facts are
//! explained one by one.

use std::{collections::BTreeSet, fs, io};

use super::{Aspect, Disagreement, corpus};

/// The known ones, and which of them were met.
#[derive(Debug)]
pub struct Patterns {
    known: Vec<Pattern>,
    met: BTreeSet<usize>,
}

#[derive(Debug)]
struct Pattern {
    line: String,
    aspect: Aspect,
    oracle: String,
    ours: String,
}

impl Patterns {
    /// Reads the file.
    pub fn read() -> io::Result<Self> {
        let text = fs::read_to_string(corpus::folder().join("random-differences.txt"))?;
        let mut known = Vec::new();
        for line in text.lines() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let parts: Vec<_> = line.split('|').map(str::trim).collect();
            let [aspect, oracle, ours, reason] = parts.as_slice() else {
                return Err(io::Error::other(format!("not four parts: {line}")));
            };
            let aspect = Aspect::ALL.into_iter().find(|one| one.name() == *aspect);
            let (Some(aspect), false) = (aspect, reason.is_empty()) else {
                return Err(io::Error::other(format!("no aspect or no reason: {line}")));
            };
            known.push(Pattern {
                line: line.to_owned(),
                aspect,
                oracle: (*oracle).to_owned(),
                ours: (*ours).to_owned(),
            });
        }
        Ok(Self {
            known,
            met: BTreeSet::new(),
        })
    }

    /// Whether a difference is known; what explains it counts as met.
    pub fn explain(&mut self, difference: &Disagreement) -> bool {
        let known = self.known.iter().enumerate();
        let known: Vec<_> = known
            .filter(|(_, pattern)| pattern.aspect == difference.aspect)
            .collect();
        let used: Option<Vec<usize>> = match difference.aspect {
            Aspect::Verdict | Aspect::Codes => known
                .iter()
                .find(|(_, pattern)| {
                    difference
                        .oracle
                        .iter()
                        .any(|one| fits(&pattern.oracle, one))
                        && difference.ours.iter().any(|one| fits(&pattern.ours, one))
                })
                .map(|(index, _)| vec![*index]),
            Aspect::Supergraph | Aspect::Api => {
                let of = |line: &String, part: fn(&Pattern) -> &str| {
                    let found = known.iter().find(|(_, one)| fits(part(one), line));
                    found.map(|(index, _)| *index)
                };
                let theirs = difference
                    .oracle
                    .iter()
                    .map(|line| of(line, |one| &one.oracle));
                let ours = difference.ours.iter().map(|line| of(line, |one| &one.ours));
                theirs.chain(ours).collect()
            }
        };
        let explained = used.is_some();
        self.met.extend(used.into_iter().flatten());
        explained
    }

    /// Those that were not met: they should go.
    pub fn not_met(&self) -> Vec<&str> {
        let known = self.known.iter().enumerate();
        known
            .filter(|(index, _)| !self.met.contains(index))
            .map(|(_, pattern)| pattern.line.as_str())
            .collect()
    }
}

/// Whether a text is as a pattern says: the pieces between stars in their order, the first at its beginning, the last at
/// its end.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((first, more)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let (middle, last) = more.rsplit_once('*').unwrap_or(("", more));
    for piece in middle.split('*') {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, text) in [
            ("composes", "composes"),
            ("*", "anything"),
            ("A: *", "A: b"),
            ("*b", "a b"),
            ("A*c", "A b c"),
            ("A*c*", "A b c d"),
            ("*x", "x yx"),
        ] {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("composes", "composes not"),
            ("A: *", "B: b"),
            ("*b", "a b c"),
            ("A*c", "A b"),
            ("", "a"),
        ] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }
}
