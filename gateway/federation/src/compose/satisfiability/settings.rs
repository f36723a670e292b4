//! What holds while something is looked for: which labels of `@override` are on or off, and which subgraphs must not be
//! entered.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::{Label, LabelId, Model, SubgraphId};

/// Labels and subgraphs, by their place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Settings {
    labels: u32,
    excluded: u32,
}

impl Settings {
    /// No label is decided, no subgraph excluded.
    pub(super) const NONE: Self = Self {
        labels: 0,
        excluded: 0,
    };
}

type Labels = Vec<(LabelId, bool)>;

/// The table.
#[derive(Debug)]
pub(super) struct SettingsTable {
    labels: Vec<Labels>,
    label_index: FxHashMap<Labels, u32>,
    excluded: Vec<Vec<SubgraphId>>,
    excluded_index: FxHashMap<Vec<SubgraphId>, u32>,
    /// What is excluded when one more is: this is asked for at every key.
    excluding: FxHashMap<(u32, SubgraphId), u32>,
    /// The labels of fields that keys and requirements may need, by the fields' names.
    conditional: FxHashSet<LabelId>,
    restricted: FxHashMap<u32, u32>,
}

impl SettingsTable {
    pub(super) fn new(model: &Model) -> Self {
        Self {
            labels: vec![Vec::new()],
            label_index: std::iter::once((Vec::new(), 0)).collect(),
            excluded: vec![Vec::new()],
            excluded_index: std::iter::once((Vec::new(), 0)).collect(),
            excluding: FxHashMap::default(),
            conditional: model.labels_in_field_sets().into_iter().collect(),
            restricted: FxHashMap::default(),
        }
    }

    /// Whether a field with this label is resolved. While a label is undecided, it is neither where the label is on nor
    /// where it is off: so Apollo's composition has it for fields that keys and requirements need.
    pub(super) fn is_on(&self, settings: Settings, label: Option<Label>) -> bool {
        label.is_none_or(|label| self.decided(settings, label.id) == Some(label.when))
    }

    pub(super) fn decided(&self, settings: Settings, label: LabelId) -> Option<bool> {
        let labels = &self.labels[settings.labels as usize];
        labels
            .iter()
            .find(|(known, _)| *known == label)
            .map(|(_, value)| *value)
    }

    pub(super) fn is_conditional(&self, label: LabelId) -> bool {
        self.conditional.contains(&label)
    }

    pub(super) fn deciding(&mut self, settings: Settings, label: LabelId, value: bool) -> Settings {
        let mut labels = self.labels[settings.labels as usize].clone();
        labels.push((label, value));
        labels.sort_unstable_by_key(|(label, value)| (label.0, *value));
        Settings {
            labels: self.intern_labels(labels),
            ..settings
        }
    }

    fn intern_labels(&mut self, labels: Labels) -> u32 {
        if let Some(known) = self.label_index.get(&labels) {
            return *known;
        }
        let id = u32::try_from(self.labels.len()).unwrap_or(u32::MAX);
        self.labels.push(labels.clone());
        self.label_index.insert(labels, id);
        id
    }

    /// Without the labels that no key and no requirement asks for: what is remembered of those holds for more.
    pub(super) fn in_conditions(&mut self, settings: Settings) -> Settings {
        if settings.labels == 0 {
            return settings;
        }
        if let Some(known) = self.restricted.get(&settings.labels) {
            return Settings {
                labels: *known,
                ..settings
            };
        }
        let mut labels = self.labels[settings.labels as usize].clone();
        labels.retain(|(label, _)| self.conditional.contains(label));
        let labels = self.intern_labels(labels);
        self.restricted.insert(settings.labels, labels);
        Settings { labels, ..settings }
    }

    /// Whether all that one of them decides is decided so by the other too.
    pub(super) fn extends(&self, more: Settings, less: Settings) -> bool {
        let more = &self.labels[more.labels as usize];
        let mut less = self.labels[less.labels as usize].iter();
        less.all(|one| more.contains(one))
    }

    pub(super) fn excludes(&self, settings: Settings, subgraph: SubgraphId) -> bool {
        self.excluded[settings.excluded as usize].contains(&subgraph)
    }

    pub(super) fn excluding(&mut self, settings: Settings, subgraph: SubgraphId) -> Settings {
        let key = (settings.excluded, subgraph);
        if let Some(known) = self.excluding.get(&key) {
            return Settings {
                excluded: *known,
                ..settings
            };
        }
        let excluded = self.more_excluded(settings.excluded, subgraph);
        self.excluding.insert(key, excluded);
        Settings {
            excluded,
            ..settings
        }
    }

    fn more_excluded(&mut self, excluded: u32, subgraph: SubgraphId) -> u32 {
        let mut subgraphs = self.excluded[excluded as usize].clone();
        if subgraphs.contains(&subgraph) {
            return excluded;
        }
        subgraphs.push(subgraph);
        subgraphs.sort_unstable();
        if let Some(known) = self.excluded_index.get(&subgraphs) {
            return *known;
        }
        let id = u32::try_from(self.excluded.len()).unwrap_or(u32::MAX);
        self.excluded.push(subgraphs.clone());
        self.excluded_index.insert(subgraphs, id);
        id
    }
}
