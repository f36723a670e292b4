//! What representations hold, from what a plan's fetches require.

use federation::plan::{Rewrite, RewriteElement, Selection};

use super::{super::program::Required, Compiler};

impl Compiler<'_> {
    pub(super) fn requires(
        &mut self,
        selections: &[Selection],
        rewrites: &[Rewrite],
    ) -> Vec<Required> {
        selections
            .iter()
            .map(|selection| match selection {
                Selection::Field(field) => Required::Field {
                    key: self.keys.intern(&field.name),
                    name: field.response_key().to_owned(),
                    value: None,
                    children: self.requires(&field.selections, &[]),
                },
                Selection::Inline(inline) => {
                    let mut children = self.requires(&inline.selections, &[]);
                    for rewrite in rewrites {
                        self.set_value(rewrite, &inline.type_condition, &mut children);
                    }
                    Required::On {
                        type_name: inline.type_condition.clone(),
                        children,
                    }
                }
            })
            .collect()
    }

    /// An interface object's subgraph knows its entities by the interface's name.
    fn set_value(&self, rewrite: &Rewrite, type_condition: &str, children: &mut [Required]) {
        let Rewrite::SetValue { path, value: new } = rewrite else {
            return;
        };
        let [RewriteElement::Types(types), RewriteElement::Key(target)] = path.as_slice() else {
            return;
        };
        let applies = types.iter().any(|one| {
            one == type_condition || self.supergraph.schema().is_subtype(one, type_condition)
        });
        for child in children {
            if let Required::Field { name, value, .. } = child
                && applies
                && name == target
            {
                *value = Some(new.clone());
            }
        }
    }
}
