//! Whether two engines answer an operation in the same way.

use apollo_compiler::{ExecutableDocument, Node, executable::Operation, validation::Valid};
use federation::{
    PlanOptions, Planner,
    changes::{Uses, compare},
};

use super::{Engine, operation};

impl Engine {
    /// Whether an operation that began on another engine would be answered alike on this one: no change of the API schema
    /// concerns it, it is planned alike, and who answers it has not moved.
    pub(crate) fn answers_alike(&self, begun: &Self, query: &str, name: Option<&str>) -> bool {
        let (old, new) = (&begun.inner, &self.inner);
        let Some((old_document, old_operation)) = begun.parsed(query, name) else {
            return false;
        };
        let Some((new_document, new_operation)) = self.parsed(query, name) else {
            return false;
        };
        let uses = Uses::of(old.supergraph.api_schema(), &old_document, &old_operation);
        let changes = compare(old.supergraph.api_schema(), new.supergraph.api_schema());
        if changes.iter().any(|change| uses.concerns(change))
            || old.supergraph.override_labels() != new.supergraph.override_labels()
        {
            return false;
        }
        let plans_alike = |options: &PlanOptions| {
            let old_plan =
                Planner::new(&old.supergraph).plan(&old_document, &old_operation, options);
            let new_plan =
                Planner::new(&new.supergraph).plan(&new_document, &new_operation, options);
            let (Ok(old_plan), Ok(new_plan)) = (old_plan, new_plan) else {
                return false;
            };
            let services = old_plan.services();
            let mut services = services.iter();
            old_plan == new_plan
                && services.all(|name| old.services.get(*name) == new.services.get(*name))
        };
        // Whichever of the labels are on for the one that has begun.
        let on = PlanOptions {
            override_labels: new.supergraph.override_labels().iter().cloned().collect(),
            ..PlanOptions::default()
        };
        plans_alike(&PlanOptions::default()) && plans_alike(&on)
    }

    fn parsed(
        &self,
        query: &str,
        name: Option<&str>,
    ) -> Option<(Valid<ExecutableDocument>, Node<Operation>)> {
        let inner = &self.inner;
        let document = operation::parse(&inner.supergraph, &inner.upstreams.limits, query).ok()?;
        let operation = document.operations.get(name).ok()?.clone();
        Some((document, operation))
    }
}
