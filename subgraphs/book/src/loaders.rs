//! Batches the books that one operation asks for one by one: `_entities` of a whole page is one statement.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use async_graphql::Data;
use dataloader::{BatchFn, non_cached::Loader};
use kit::{Loaded, ids::BookId};

use crate::{domain::Book, store::Store};

/// Loads books by id.
pub(crate) type ById = Loader<BookId, Loaded<Book>, IdBatch>;
/// Loads books by barcode.
pub(crate) type ByBarcode = Loader<String, Loaded<Book>, BarcodeBatch>;

/// One batch of ids.
pub(crate) struct IdBatch(Store);
/// One batch of barcodes.
pub(crate) struct BarcodeBatch(Store);

impl BatchFn<BookId, Loaded<Book>> for IdBatch {
    async fn load(&mut self, keys: &[BookId]) -> HashMap<BookId, Loaded<Book>> {
        share(keys, self.0.by_ids(keys).await)
    }
}

impl BatchFn<String, Loaded<Book>> for BarcodeBatch {
    async fn load(&mut self, keys: &[String]) -> HashMap<String, Loaded<Book>> {
        share(keys, self.0.by_barcodes(keys).await)
    }
}

/// Puts fresh loaders into a request's data.
pub(crate) fn attach(store: &Store, data: &mut Data) {
    data.insert(ById::new(IdBatch(store.clone())));
    data.insert(ByBarcode::new(BarcodeBatch(store.clone())));
}

/// An answer for every key: a loader panics on one that has none.
fn share<K: Clone + Eq + Hash>(
    keys: &[K],
    found: Result<HashMap<K, Book>, sqlx::Error>,
) -> HashMap<K, Loaded<Book>> {
    let mut found = found.map_err(Arc::new);
    keys.iter()
        .map(|key| {
            let loaded = match &mut found {
                Ok(books) => Ok(books.remove(key)),
                Err(error) => Err(error.clone()),
            };
            (key.clone(), loaded)
        })
        .collect()
}
