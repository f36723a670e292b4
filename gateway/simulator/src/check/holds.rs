//! Whether what a field set selects is known of an object: a key, a requirement, a context's value.

use super::{
    fields::Item,
    knowledge::{Known, Told},
    model::Model,
    rules::ContextRule,
};

/// An object around others.
pub(super) struct Above<'p> {
    pub(super) known: &'p Known,
    pub(super) ty: &'p str,
    pub(super) outer: Option<&'p Above<'p>>,
}

impl Above<'_> {
    /// Whether the nearest object with a context has what an argument takes from it.
    pub(super) fn gives(&self, model: &Model<'_>, rule: &ContextRule) -> bool {
        if model.carries(self.ty, &rule.context) {
            return has(model, self.known, self.ty, &rule.selection);
        }
        self.outer.is_some_and(|outer| outer.gives(model, rule))
    }
}

/// Whether a field set is known of an object.
pub(super) fn has(model: &Model<'_>, known: &Known, ty: &str, items: &[Item]) -> bool {
    items.iter().all(|item| match item {
        Item::On {
            type_condition,
            below,
        } => {
            let applies = type_condition
                .as_ref()
                .is_none_or(|condition| model.is_a(ty, condition));
            !applies || has(model, known, ty, below)
        }
        Item::Field { name, .. } if name == "__typename" => true,
        Item::Field {
            name,
            arguments,
            below,
        } => {
            let object = known.types.get(ty);
            let mut entries = object.into_iter().flat_map(|one| one.entries.values());
            entries.any(|entry| {
                entry.field == *name
                    && entry.arguments == *arguments
                    && entry.child.as_ref().is_none_or(|child| {
                        let mut types = child.types.keys();
                        types.all(|ty| has(model, child, ty, below))
                            && (!tells_apart(model, child, below) || is_told(child))
                    })
            })
        }
    })
}

/// Whether objects of different types, as far as is known, are to be sent with different fields.
fn tells_apart(model: &Model<'_>, known: &Known, items: &[Item]) -> bool {
    items.iter().any(|item| match item {
        Item::On {
            type_condition: Some(condition),
            ..
        } => !known.types.keys().all(|ty| model.is_a(ty, condition)),
        Item::On { below, .. } => tells_apart(model, known, below),
        Item::Field { .. } => false,
    })
}

fn is_told(known: &Known) -> bool {
    let mut objects = known.types.values();
    objects.all(|object| object.told == Some(Told::Own))
}
