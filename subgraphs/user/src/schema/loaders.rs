//! What is read in batches: however many users an answer names, one statement.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, Data};
use dataloader::{BatchFn, non_cached::Loader};
use kit::{Loaded, graphql::PerRequest, ids::UserId, loaded};

use super::types::User;
use crate::store::{self, Entry, Page, Store};

type Users = Loader<UserId, Loaded<store::User>, UserBatch>;
type Ledgers = Loader<(UserId, Page), Loaded<Vec<Entry>>, LedgerBatch>;

struct UserBatch(Store);

impl BatchFn<UserId, Loaded<store::User>> for UserBatch {
    async fn load(&mut self, ids: &[UserId]) -> HashMap<UserId, Loaded<store::User>> {
        let found = self.0.users(ids).await.map_err(Arc::new);
        let each = |id: &UserId| match &found {
            Ok(users) => Ok(users.get(id).cloned()),
            Err(error) => Err(error.clone()),
        };
        ids.iter().map(|id| (*id, each(id))).collect()
    }
}

struct LedgerBatch(Store);

impl BatchFn<(UserId, Page), Loaded<Vec<Entry>>> for LedgerBatch {
    async fn load(
        &mut self,
        keys: &[(UserId, Page)],
    ) -> HashMap<(UserId, Page), Loaded<Vec<Entry>>> {
        // One field has the same arguments for every user: nearly always this is one page.
        let mut by_page: HashMap<Page, Vec<UserId>> = HashMap::new();
        for (user, page) in keys {
            by_page.entry(*page).or_default().push(*user);
        }
        let mut all = HashMap::with_capacity(keys.len());
        for (page, users) in by_page {
            let mut found = self.0.ledgers(&users, page).await.map_err(Arc::new);
            for user in users {
                let entries = match &mut found {
                    Ok(ledgers) => Ok(ledgers.remove(&user)),
                    Err(error) => Err(error.clone()),
                };
                all.insert((user, page), entries);
            }
        }
        all
    }
}

/// Makes a request's loaders.
pub fn per_request(store: Store) -> PerRequest {
    Arc::new(move |data: &mut Data| {
        data.insert::<Users>(kit::loader(UserBatch(store.clone())));
        data.insert::<Ledgers>(kit::loader(LedgerBatch(store.clone())));
    })
}

/// A user, together with all others that are asked for at the same time.
pub(super) async fn load_user(
    ctx: &Context<'_>,
    id: UserId,
) -> async_graphql::Result<Option<User>> {
    let user = loaded(ctx.data_unchecked::<Users>().load(id).await)?;
    Ok(user.map(User::new))
}

/// A page of a user's ledger, likewise.
pub(super) async fn load_ledger(
    ctx: &Context<'_>,
    user: UserId,
    page: Page,
) -> async_graphql::Result<Vec<Entry>> {
    let entries = loaded(ctx.data_unchecked::<Ledgers>().load((user, page)).await)?;
    Ok(entries.unwrap_or_default())
}
