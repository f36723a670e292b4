//! Tries every set of fetches, round by round.

use std::{borrow::Cow, collections::BTreeSet};

use apollo_compiler::executable::Operation;

use super::{
    Cheapest, Cost,
    asking::{Asked, Asking, Reads},
    cheapest::Setting,
    cover::Client,
    fault::Faults,
    knowledge::Known,
};

/// Sets of fetches that are tried for one operation, at most.
const MAX_TRIED: usize = 20_000;

/// Ways to choose where fields are read that must not be read twice, at most.
const MAX_WAYS: usize = 64;

/// Fetches that are weighed for one round, at most.
const MAX_STEPS: usize = 16;

/// A fetch of the plan around a deferred part.
#[derive(Clone)]
pub(super) struct Before {
    /// The round in which it is asked.
    pub(super) round: usize,
    pub(super) service: String,
    pub(super) path: Vec<String>,
    /// How many deferred parts it is in.
    pub(super) part: usize,
    /// What the response holds once it is answered.
    pub(super) known: Known,
}

/// What a cheaper plan may still spend.
#[derive(Clone, Copy)]
struct Budget {
    fetches: usize,
    requests: usize,
}

/// Looks for a plan that is cheaper than one.
pub(super) struct Search<'s, 'c> {
    pub(super) asking: Asking<'s, 'c>,
    client: &'s Client<'s>,
    operation: &'s Operation,
    setting: Setting<'s>,
    /// What is known in each round without this search's own fetches; from the last one on, nothing is added.
    given: Vec<Known>,
    tried: usize,
}

impl<'s, 'c> Search<'s, 'c> {
    pub(super) fn new(
        asking: Asking<'s, 'c>,
        client: &'s Client<'s>,
        operation: &'s Operation,
        setting: Setting<'s>,
    ) -> Self {
        Self {
            asking,
            client,
            operation,
            setting,
            given: Vec::new(),
            tried: 0,
        }
    }

    /// Looks under each way to choose where fields are read that are read from one subgraph alone.
    pub(super) fn run_all(&mut self, cost: Cost, choices: &[Vec<&'s str>]) -> Cheapest {
        let ways = choices.iter().try_fold(1_usize, |ways, choice| {
            let ways = ways.checked_mul(choice.len())?;
            (ways <= MAX_WAYS).then_some(ways)
        });
        let Some(ways) = ways else {
            return Cheapest::OutOfBounds;
        };
        let mut found = Cheapest::Unanswerable;
        for way in 0..ways {
            let mut rest = way;
            let chosen = choices.iter().map(|choice| {
                let one = choice[rest % choice.len()];
                rest /= choice.len();
                one
            });
            self.asking.chosen = chosen.collect();
            match self.run(cost) {
                Cheapest::Unanswerable => {}
                Cheapest::Same => found = Cheapest::Same,
                other => return other,
            }
        }
        // Where no one subgraph has all of a field, it has to be read from several after all.
        if found == Cheapest::Unanswerable && ways > 1 {
            return Cheapest::OutOfBounds;
        }
        found
    }

    fn run(&mut self, cost: Cost) -> Cheapest {
        self.give();
        let start = self.given[0].clone();
        let Some(depth) = self.rounds(&start, 0, cost.depth, None) else {
            return Cheapest::Unanswerable;
        };
        if cost.fetches == 0 {
            return Cheapest::Same;
        }
        // A part is not delivered before what is around it.
        let depth = depth.max(self.given.len() - 1);
        // Fewer rounds are better whatever the number of fetches; otherwise fewer fetches in as many rounds.
        let budget = if depth < cost.depth {
            Budget {
                fetches: usize::MAX,
                requests: usize::MAX,
            }
        } else {
            Budget {
                fetches: cost.fetches.saturating_sub(1),
                requests: cost.requests,
            }
        };
        match self.least(&start, depth, budget) {
            Some(rounds) => {
                let text = |round: &Vec<Asked<'_>>| round.iter().map(ToString::to_string).collect();
                Cheapest::Cheaper(rounds.iter().map(text).collect())
            }
            None if self.tried > MAX_TRIED => Cheapest::OutOfBounds,
            None => Cheapest::Same,
        }
    }

    /// Tries the sets of fetches that may do, the smallest first: what no plan in time does without is in all of them.
    fn least(&mut self, start: &Known, end: usize, budget: Budget) -> Option<Vec<Vec<Asked<'s>>>> {
        let all = self.all(start, end);
        let (needed, others): (Vec<_>, Vec<_>) = all.iter().cloned().partition(|one| {
            let mut without = all.clone();
            without.remove(one);
            self.rounds(start, 0, end, Some(&without)).is_none()
        });
        let needed: BTreeSet<_> = needed.into_iter().collect();
        let spare = budget.fetches.checked_sub(needed.len())?;
        for more in 0..=spare.min(others.len()) {
            let mut chosen: Vec<usize> = (0..more).collect();
            loop {
                self.tried += 1;
                if self.tried > MAX_TRIED {
                    return None;
                }
                let mut set = needed.clone();
                set.extend(chosen.iter().map(|at| others[*at].clone()));
                let mut rounds = Vec::new();
                if self.rounds(start, 0, end, Some(&set)).is_some()
                    && self.scheduled(start, (0, end), &set, budget, &mut rounds)
                {
                    return Some(rounds);
                }
                if !next(&mut chosen, others.len()) {
                    break;
                }
            }
        }
        None
    }

    /// All that can be asked within so many rounds.
    fn all(&self, start: &Known, end: usize) -> BTreeSet<Asked<'s>> {
        let mut known = start.clone();
        let mut all = BTreeSet::new();
        for round in 0..end {
            let before = self.with_given(&known, round).into_owned();
            known.clone_from(&before);
            for (asked, after) in self.asking.steps(&before, None) {
                let _ = known.merge(&after);
                all.insert(asked);
            }
        }
        all
    }

    /// Works out what is known anyway: what the fetches around have found out, and what else of use they could have selected.
    fn give(&mut self) {
        let root = self.operation.operation_type;
        let mut known = Known::of([self.asking.model.root_type(root)]);
        let before = self.setting.before;
        let last = before.iter().map(|one| one.round + 1).max();
        let reads = self.asking.reads;
        self.given = vec![known.clone()];
        for round in 0..last.unwrap_or(0) {
            let start = known.clone();
            for one in before.iter().filter(|one| one.round == round) {
                self.asking.reads = Reads::UpTo(one.part);
                let _ = known.merge(&one.known);
                let _ = known.merge(&self.asking.after(&one.service, &one.path, &start));
            }
            self.given.push(known.clone());
        }
        self.asking.reads = reads;
    }

    /// With what is known in a round anyway.
    fn with_given<'k>(&self, known: &'k Known, round: usize) -> Cow<'k, Known> {
        let round = round.min(self.given.len() - 1);
        let mut all = Cow::Borrowed(known);
        if round > 0 {
            let _ = all.to_mut().merge(&self.given[round]);
        }
        all
    }

    /// The round after which everything is there when all of a set that can be asked is asked; nothing, when it is after `most`.
    fn rounds(
        &self,
        known: &Known,
        first: usize,
        most: usize,
        set: Option<&BTreeSet<Asked<'s>>>,
    ) -> Option<usize> {
        let mut known = known.clone();
        for round in first..=most {
            if self.is_answered(&known) {
                return Some(round);
            }
            let before = self.with_given(&known, round).into_owned();
            known.clone_from(&before);
            for (_, after) in self.asking.steps(&before, set) {
                // Both have all of what was before, and add to it the same entries with the same fields.
                let _ = known.merge(&after);
            }
        }
        None
    }

    fn is_answered(&self, known: &Known) -> bool {
        let known = self.with_given(known, self.given.len() - 1);
        if let Some(key) = self.setting.root_key {
            return self.client.is_root_covered(self.operation, key, &known);
        }
        let mut faults = Faults::default();
        self.client.covered(self.operation, &known, &mut faults);
        faults.into_result(()).is_ok()
    }

    /// Tries which fetches of a set to ask in this round, and goes on with the next; the rounds found are added.
    fn scheduled(
        &mut self,
        known: &Known,
        (round, end): (usize, usize),
        set: &BTreeSet<Asked<'s>>,
        budget: Budget,
        found: &mut Vec<Vec<Asked<'s>>>,
    ) -> bool {
        if self.is_answered(known) {
            return true;
        }
        let is_over = round == end || budget.fetches == 0;
        if is_over || self.rounds(known, round, end, Some(set)).is_none() {
            return false;
        }
        let known = self.with_given(known, round).into_owned();
        let steps = self.asking.steps(&known, Some(set));
        if steps.len() > MAX_STEPS {
            self.tried = usize::MAX;
            return false;
        }
        // In order of size, so that what is found is the least. Nothing at all is asked to wait for what comes anyway.
        let waits = round + 1 < self.given.len();
        let mut choices: Vec<u32> = (u32::from(!waits)..1_u32 << steps.len()).collect();
        choices.sort_by_key(|choice| choice.count_ones());
        for choice in choices {
            let count = choice.count_ones() as usize;
            if count > budget.fetches || self.tried > MAX_TRIED {
                break;
            }
            let chosen = || {
                let all = steps.iter().enumerate();
                all.filter(|(at, _)| choice >> at & 1 == 1)
                    .map(|(_, step)| step)
            };
            let requests: BTreeSet<_> = chosen()
                .map(|(asked, _)| (asked.service, asked.path.is_empty()))
                .collect();
            if requests.len() > budget.requests {
                continue;
            }
            self.tried += 1;
            let mut after = known.clone();
            for (_, one) in chosen() {
                let _ = after.merge(one);
            }
            found.push(chosen().map(|(asked, _)| asked.clone()).collect());
            let left = Budget {
                fetches: budget.fetches - count,
                requests: budget.requests - requests.len(),
            };
            if self.scheduled(&after, (round + 1, end), set, left, found) {
                return true;
            }
            found.pop();
        }
        false
    }
}

/// The next choice of as many out of so many, in order; whether there is one.
fn next(chosen: &mut [usize], of: usize) -> bool {
    let count = chosen.len();
    let Some(at) = (0..count).rev().find(|at| chosen[*at] + count - at < of) else {
        return false;
    };
    let first = chosen[at] + 1;
    for (place, one) in chosen[at..].iter_mut().enumerate() {
        *one = first + place;
    }
    true
}
