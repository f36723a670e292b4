//! Whether two engines answer an operation in the same way.

#[cfg(test)]
mod tests;

use federation::changes::{Change, Uses, compare};

use super::{
    Engine,
    operation::Planned,
    plan_cache::{Key, Variant},
};

impl Engine {
    /// A roll for the labels of one operation.
    pub(crate) fn roll(&self) -> f64 {
        self.inner.labels.roll()
    }

    /// What the plan of an operation with this roll depends on here, answered whole.
    pub(crate) fn key(&self, query: &str, name: Option<&str>, rolled: f64) -> Key {
        let variant = Variant {
            defers: false,
            labels: self.inner.labels.on(Some(rolled)),
        };
        Key::new(query, name, variant)
    }

    /// What has changed for clients since another engine.
    pub(crate) fn changes_since(&self, begun: &Self) -> Vec<Change> {
        compare(
            begun.inner.supergraph.api_schema(),
            self.inner.supergraph.api_schema(),
        )
    }

    /// Whether an operation that began on another engine would be answered alike on this one: no change since then concerns
    /// it, it is planned alike, and who answers it has not moved. The operation comes with its key there and its key here.
    pub(crate) fn answers_alike(
        &self,
        begun: &Self,
        (there, here): (&Key, &Key),
        changes: &[Change],
    ) -> bool {
        let (Some(before), Some(after)) = (begun.planned(there), self.planned(here)) else {
            return false;
        };
        let (old, new) = (&begun.inner, &self.inner);
        let schema = old.supergraph.api_schema();
        let uses = Uses::of(schema, &before.document, &before.operation);
        let services = before.plan.services();
        before.plan == after.plan
            && !changes.iter().any(|change| uses.concerns(change))
            && services
                .iter()
                .all(|name| old.services.get(*name) == new.services.get(*name))
    }

    fn planned(&self, key: &Key) -> Option<Planned> {
        let inner = &self.inner;
        Planned::new(&inner.supergraph, &inner.upstreams.limits, key).ok()
    }
}
