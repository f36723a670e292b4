//! `@fromContext`: arguments of a field that are read from an enclosing object.

use super::{
    PlanError,
    build::{Builder, Demand},
    doors::Door,
    graph::{ContextUse, Graph, GroupId, PositionId},
    representation::merge_unwrapped,
    selection::Item,
    type_sets::TypeSet,
};
use crate::{
    model::{ContextArgument, FieldId},
    plan::{Inline, Selection},
};

impl Builder<'_, '_> {
    /// Finds the values of enclosing objects that a field takes as arguments.
    pub(super) fn contexts(
        &mut self,
        position: PositionId,
        field: FieldId,
        door: &Door,
        depends: &mut Vec<GroupId>,
        needs: Demand,
    ) -> Result<Vec<ContextUse>, PlanError> {
        let model = self.session.model;
        let Some(join) = model.field(field).joined(door.subgraph) else {
            return Ok(Vec::new());
        };
        let mut uses = Vec::new();
        for argument in &join.contexts {
            let Some((above, selections)) = self.context(position, argument, depends, needs)?
            else {
                return Err(PlanError::Unreachable {
                    coordinate: format!(
                        "{}({}:), whose context {} no enclosing object sets",
                        model.field(field).name,
                        argument.argument,
                        argument.context
                    ),
                });
            };
            uses.push(ContextUse {
                field,
                argument: argument.argument.clone(),
                variable: format!("contextualArgument_{}_{}", field.0, uses.len()),
                ty: argument.ty.clone(),
                position: above,
                selections,
            });
        }
        Ok(uses)
    }

    fn context(
        &mut self,
        position: PositionId,
        argument: &ContextArgument,
        depends: &mut Vec<GroupId>,
        needs: Demand,
    ) -> Result<Option<(PositionId, Vec<Selection>)>, PlanError> {
        let model = self.session.model;
        let mut step = self.graph.positions[position].parent.clone();
        while let Some(above) = &step {
            let members = self.session.types.get(above.on);
            let mut selections = Vec::new();
            for leaf in members.iter() {
                let setter = model.context_types(&argument.context).iter().find(|ty| {
                    **ty == *leaf || model.ty(**ty).possible.binary_search(leaf).is_ok()
                });
                let Some(set) = setter.and_then(|ty| argument.selections.get(ty)) else {
                    continue;
                };
                let set = self.session.field_set(*set, *leaf);
                let found = self.plan_set(above.position, set, needs)?;
                Graph::depend(depends, found.depends);
                let mut plain = Vec::new();
                for selection in found.selections {
                    merge_unwrapped(&mut plain, selection, &model.ty(*leaf).name);
                }
                selections.push(Selection::Inline(Inline {
                    type_condition: model.ty(*leaf).name.to_string(),
                    selections: plain,
                    ..Inline::default()
                }));
            }
            if !selections.is_empty() {
                let is_certain = !self.graph.positions[above.position].is_abstract;
                if is_certain
                    && selections.len() == 1
                    && let Some(Selection::Inline(only)) = selections.pop()
                {
                    selections = only.selections;
                }
                return Ok(Some((above.position, selections)));
            }
            let outer = above.position;
            step.clone_from(&self.graph.positions[outer].parent);
        }
        Ok(None)
    }

    /// The arguments of a field that a group fills from context: their names and variables.
    pub(super) fn contextual(
        &mut self,
        group: GroupId,
        item: &Item,
        leaves: TypeSet,
    ) -> Vec<(String, String)> {
        let group = &self.graph.groups[group];
        if group.contexts.is_empty() {
            return Vec::new();
        }
        let leaf = self.session.types.members(leaves)[0];
        let field = self.session.model.field_named(leaf, &item.name);
        group
            .contexts
            .iter()
            .filter(|used| Some(used.field) == field)
            .map(|used| (used.argument.clone(), used.variable.clone()))
            .collect()
    }
}
