//! `@override`: which subgraphs no longer resolve a field.

use super::fields::FieldSources;

/// What `@override` makes of each source of a field.
#[derive(Debug, Default)]
pub(super) struct Overrides<'a> {
    /// As long as the sources, or empty if nothing is overridden.
    standings: Vec<Standing<'a>>,
}

/// What `@override` makes of one source.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Standing<'a> {
    pub(super) overridden: Overridden,
    /// The label, for both sides of a progressive override.
    pub(super) label: Option<&'a str>,
}

/// Whether another subgraph resolves the field instead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Overridden {
    #[default]
    No,
    /// It does, but this subgraph still needs the field: for a key, say.
    Used,
    /// It does, and this subgraph might as well not have the field.
    Unused,
}

impl<'a> Overrides<'a> {
    pub(super) fn of(sources: &FieldSources<'a, '_>) -> Self {
        let mut standings = Vec::new();
        for (to, source) in sources.all.iter().enumerate() {
            let Some(said) = source.facts.and_then(|facts| facts.overrides.as_ref()) else {
                continue;
            };
            let from = sources
                .all
                .iter()
                .position(|one| one.subgraph.name == said.from);
            // What is not there, itself, or overrides, too, is a matter of validation.
            let Some(from) = from.filter(|from| *from != to) else {
                continue;
            };
            let overridden = &sources.all[from];
            if overridden.facts.is_some_and(|one| one.overrides.is_some()) {
                continue;
            }
            standings.resize(sources.all.len(), Standing::default());
            if !overridden.is_external() {
                let is_used = overridden.facts.is_some_and(|facts| facts.is_used);
                standings[from].overridden = if is_used {
                    Overridden::Used
                } else {
                    Overridden::Unused
                };
            }
            if let Some(label) = said.label.as_ref().filter(|label| !label.is_empty()) {
                standings[from].label = Some(label);
                standings[to].label = Some(label);
            }
        }
        Self { standings }
    }

    /// Of the source with this index among the field's.
    pub(super) fn standing(&self, source: usize) -> Standing<'a> {
        self.standings.get(source).copied().unwrap_or_default()
    }
}
