//! Field sets, parsed against the supergraph: `id organization { id } ... on Book { isbn }`.

use apollo_compiler::{
    Name, Schema,
    executable::{FieldSet as Parsed, Selection, SelectionSet},
    validation::Valid,
};

use super::{FieldSet, FieldSetId, FieldSetItem, TypeId};
use crate::supergraph::messages;

/// Parses field sets into one table.
pub(super) struct FieldSets<'s> {
    pub(super) schema: &'s Valid<Schema>,
    pub(super) types: &'s std::collections::HashMap<Name, TypeId>,
    pub(super) table: Vec<FieldSet>,
}

impl FieldSets<'_> {
    /// Parses a field set of a type. Errors name what is wrong.
    pub(super) fn parse(&mut self, ty: &Name, text: &str) -> Result<FieldSetId, String> {
        let text = text.trim();
        let text = text
            .strip_prefix('{')
            .and_then(|inner| inner.strip_suffix('}'))
            .unwrap_or(text);
        let is_plain = text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c.is_ascii_whitespace());
        if is_plain && let Some(set) = self.plain(ty, text) {
            return Ok(self.add(set));
        }
        let parsed = Parsed::parse(self.schema, ty.clone(), text, "field set")
            .map_err(|error| messages(&error.errors))?;
        self.convert(&parsed.selection_set)
    }

    /// Names of leaf fields only: nearly every key.
    fn plain(&self, ty: &Name, text: &str) -> Option<FieldSet> {
        let on = *self.types.get(ty)?;
        let items = text
            .split_ascii_whitespace()
            .map(|word| {
                let definition = self.schema.type_field(ty, word).ok()?;
                let below = self.schema.types.get(definition.ty.inner_named_type())?;
                if !(below.is_scalar() || below.is_enum()) {
                    return None;
                }
                Some(FieldSetItem {
                    on,
                    name: definition.name.clone(),
                    arguments: Vec::new(),
                    below: None,
                })
            })
            .collect::<Option<Vec<_>>>()?;
        (!items.is_empty()).then_some(FieldSet { items })
    }

    fn convert(&mut self, set: &SelectionSet) -> Result<FieldSetId, String> {
        let mut items = Vec::new();
        self.collect(set, &mut items)?;
        if items.is_empty() {
            return Err("the field set is empty".to_owned());
        }
        Ok(self.add(FieldSet { items }))
    }

    fn collect(&mut self, set: &SelectionSet, items: &mut Vec<FieldSetItem>) -> Result<(), String> {
        let on = *self
            .types
            .get(&set.ty)
            .ok_or_else(|| format!("there is no type {}", set.ty))?;
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => {
                    let below = if field.selection_set.selections.is_empty() {
                        None
                    } else {
                        Some(self.convert(&field.selection_set)?)
                    };
                    items.push(FieldSetItem {
                        on,
                        name: field.name.clone(),
                        arguments: field
                            .arguments
                            .iter()
                            .map(|argument| {
                                let value = argument.value.serialize().no_indent().to_string();
                                (argument.name.clone(), value)
                            })
                            .collect(),
                        below,
                    });
                }
                Selection::InlineFragment(inline) => self.collect(&inline.selection_set, items)?,
                Selection::FragmentSpread(_) => {
                    return Err("a field set cannot spread a fragment".to_owned());
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, set: FieldSet) -> FieldSetId {
        let id = FieldSetId(u32::try_from(self.table.len()).unwrap_or(u32::MAX));
        self.table.push(set);
        id
    }
}
