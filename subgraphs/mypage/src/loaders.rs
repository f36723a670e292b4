//! Batches reads within one request: however many users a query names, each kind of thing is one statement. They
//! remember nothing, as a subscription's connection outlives what it has read.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use dataloader::{BatchFn, non_cached::Loader};
use kit::{Loaded, ids::UserId};

use crate::{
    projection::Loan,
    store::{LoanPosition, Member, Store},
};

/// A page of a member's loans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LoansKey {
    pub(crate) user: UserId,
    pub(crate) after: Option<LoanPosition>,
    pub(crate) count: usize,
}

/// The loaders of one request or connection.
pub(crate) struct Loaders {
    pub(crate) members: Loader<UserId, Loaded<Member>, Members>,
    pub(crate) loans: Loader<LoansKey, Loaded<Vec<Loan>>, Loans>,
}

impl Loaders {
    pub(crate) fn new(store: &Store) -> Self {
        Self {
            members: kit::loader(Members(store.clone())),
            loans: kit::loader(Loans(store.clone())),
        }
    }
}

pub(crate) struct Members(Store);

impl BatchFn<UserId, Loaded<Member>> for Members {
    async fn load(&mut self, users: &[UserId]) -> HashMap<UserId, Loaded<Member>> {
        let found = self.0.members(users).await;
        deal(users.iter().copied(), found)
    }
}

pub(crate) struct Loans(Store);

impl BatchFn<LoansKey, Loaded<Vec<Loan>>> for Loans {
    async fn load(&mut self, keys: &[LoansKey]) -> HashMap<LoansKey, Loaded<Vec<Loan>>> {
        let mut pages: HashMap<(Option<LoanPosition>, usize), Vec<UserId>> = HashMap::new();
        for key in keys {
            pages
                .entry((key.after, key.count))
                .or_default()
                .push(key.user);
        }
        let mut dealt = HashMap::with_capacity(keys.len());
        for ((after, count), users) in pages {
            let key = |user| LoansKey { user, after, count };
            let found = self.0.loans(&users, after, count).await;
            let found = found.map(|loans| {
                loans
                    .into_iter()
                    .map(|(user, loans)| (key(user), loans))
                    .collect()
            });
            dealt.extend(deal(users.iter().copied().map(key), found));
        }
        dealt
    }
}

/// An outcome for every key.
fn deal<K: Eq + Hash, T: Clone>(
    keys: impl Iterator<Item = K>,
    found: Result<HashMap<K, T>, sqlx::Error>,
) -> HashMap<K, Loaded<T>> {
    match found {
        Ok(mut found) => keys
            .map(|key| {
                let value = found.remove(&key);
                (key, Ok(value))
            })
            .collect(),
        Err(error) => {
            let error = Arc::new(error);
            keys.map(|key| (key, Err(error.clone()))).collect()
        }
    }
}
