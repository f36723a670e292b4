//! `@context` and `@fromContext`: arguments that are filled from an object further up the path.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{reach::Reach, settings::Settings, sites::SiteId};
use crate::model::{FieldId, FieldSetId, Model, SubgraphId, TypeId};

/// The fields whose contextual arguments can be filled.
pub(super) type Filled = FxHashSet<(FieldId, SubgraphId)>;

/// Which arguments the objects of a path so far fill, by its place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct ContextsId(u32);

impl ContextsId {
    pub(super) const NONE: Self = Self(0);
}

/// The table.
#[derive(Debug)]
pub(super) struct Contexts {
    /// The arguments of each field, as one subgraph has it.
    fields: Vec<((FieldId, SubgraphId), Vec<usize>)>,
    /// The arguments that objects of a type fill, and by what.
    sources: FxHashMap<TypeId, Vec<(usize, FieldSetId)>>,
    known: Vec<(Vec<usize>, Rc<Filled>)>,
    index: FxHashMap<Vec<usize>, ContextsId>,
}

impl Contexts {
    pub(super) fn of(model: &Model) -> Self {
        let mut contexts = Self {
            fields: Vec::new(),
            sources: FxHashMap::default(),
            known: vec![(Vec::new(), Rc::default())],
            index: std::iter::once((Vec::new(), ContextsId::NONE)).collect(),
        };
        let mut count = 0;
        for (field, join) in model.contextual_fields() {
            let arguments = count..count + join.contexts.len();
            count = arguments.end;
            for (place, argument) in arguments.clone().zip(&join.contexts) {
                for (on, set) in &argument.selections {
                    for leaf in &model.ty(*on).possible {
                        let sources = contexts.sources.entry(*leaf).or_default();
                        sources.push((place, *set));
                    }
                }
            }
            let key = (field, join.subgraph);
            contexts.fields.push((key, arguments.collect()));
        }
        contexts
    }

    /// The fields that can be resolved as far as their contexts go.
    pub(super) fn filled(&self, id: ContextsId) -> Rc<Filled> {
        Rc::clone(&self.known[id.0 as usize].1)
    }

    /// Whether one of them fills all that the other does.
    pub(super) fn extends(&self, more: ContextsId, less: ContextsId) -> bool {
        let more = &self.known[more.0 as usize].0;
        let less = &self.known[less.0 as usize].0;
        less.iter().all(|one| more.binary_search(one).is_ok())
    }

    /// What is filled below an object: the nearest one that sets a context counts.
    pub(super) fn below(
        &mut self,
        above: ContextsId,
        leaf: TypeId,
        sites: &[SiteId],
        settings: Settings,
        reach: &mut Reach<'_>,
    ) -> ContextsId {
        let Some(sources) = self.sources.get(&leaf) else {
            return above;
        };
        let mut arguments = self.known[above.0 as usize].0.clone();
        arguments.retain(|one| sources.iter().all(|(argument, _)| argument != one));
        for (argument, set) in sources {
            if reach.obtains(*set, leaf, sites, settings) {
                arguments.push(*argument);
            }
        }
        arguments.sort_unstable();
        arguments.dedup();
        self.intern(arguments)
    }

    fn intern(&mut self, arguments: Vec<usize>) -> ContextsId {
        if let Some(known) = self.index.get(&arguments) {
            return *known;
        }
        let id = ContextsId(u32::try_from(self.known.len()).unwrap_or(u32::MAX));
        let has_all = |needed: &Vec<usize>| {
            let mut needed = needed.iter();
            needed.all(|one| arguments.binary_search(one).is_ok())
        };
        let filled = self.fields.iter().filter(|(_, needed)| has_all(needed));
        let filled = filled.map(|(field, _)| *field).collect();
        self.known.push((arguments.clone(), Rc::new(filled)));
        self.index.insert(arguments, id);
        id
    }
}
