//! Fields of a fetch that are merged under another key than they are answered by.

use std::collections::HashMap;

use federation::plan::{Fetch, Rewrite, RewriteElement, Selection};

use super::Compiler;

impl Compiler<'_> {
    /// The keys in the tree of the fields that are renamed, by their aliases. An alias says by itself which field is meant;
    /// one that does not is replaced.
    pub(super) fn rename(&mut self, fetch: &mut Fetch) -> HashMap<String, String> {
        let mut renamed = HashMap::new();
        for rewrite in &fetch.output_rewrites {
            let Rewrite::RenameKey { path, key } = rewrite else {
                continue;
            };
            if let Some(RewriteElement::Key(alias)) = path.last()
                && count(&fetch.selections, alias) == 1
            {
                renamed.insert(alias.clone(), key.clone());
                continue;
            }
            let alias = format!("_renamed_{}", self.renames);
            self.renames += 1;
            if realias(&mut fetch.selections, path, &alias) {
                renamed.insert(alias, key.clone());
            }
        }
        renamed
    }
}

/// How many fields are answered by a key, at any depth.
fn count(selections: &[Selection], key: &str) -> usize {
    selections
        .iter()
        .map(|selection| match selection {
            Selection::Field(field) => {
                usize::from(field.response_key() == key) + count(&field.selections, key)
            }
            Selection::Inline(inline) => count(&inline.selections, key),
        })
        .sum()
}

/// Finds the field at a rewrite's path and changes its alias.
fn realias(selections: &mut [Selection], path: &[RewriteElement], alias: &str) -> bool {
    let mut found = false;
    for selection in selections {
        match (selection, path) {
            (Selection::Field(field), [RewriteElement::Key(key)])
                if field.response_key() == key =>
            {
                field.alias = Some(alias.to_owned());
                found = true;
            }
            (Selection::Field(field), [RewriteElement::Key(key), rest @ ..])
                if field.response_key() == key =>
            {
                found |= realias(&mut field.selections, rest, alias);
            }
            (Selection::Inline(inline), [RewriteElement::Types(types), rest @ ..])
                if types.contains(&inline.type_condition) =>
            {
                found |= realias(&mut inline.selections, rest, alias);
            }
            (Selection::Inline(inline), [RewriteElement::Key(_), ..]) => {
                found |= realias(&mut inline.selections, path, alias);
            }
            _ => {}
        }
    }
    found
}
