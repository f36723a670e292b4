//! Fields of a fetch that are merged under another key than they are answered by.

use std::collections::HashMap;

use federation::plan::{Fetch, Rewrite, RewriteElement};

/// The keys in the tree of the fields that are renamed, by their aliases, which plans keep unique within a fetch.
pub(super) fn renamed(fetch: &Fetch) -> HashMap<&str, &str> {
    fetch
        .output_rewrites
        .iter()
        .filter_map(|rewrite| match rewrite {
            Rewrite::RenameKey { path, key } => match path.last() {
                Some(RewriteElement::Key(alias)) => Some((alias.as_str(), key.as_str())),
                _ => None,
            },
            Rewrite::SetValue { .. } => None,
        })
        .collect()
}
