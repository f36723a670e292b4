//! From an operation over the API schema to a plan.

use std::collections::BTreeSet;

use apollo_compiler::{
    ExecutableDocument, Node as AstNode, Schema,
    ast::OperationType,
    executable::{InlineFragment, Operation, Selection, SelectionSet},
    name,
    validation::Valid,
};

use crate::{
    Supergraph,
    plan::{Node, OperationKind, Plan},
};

/// An operation cannot be planned. The message is for operators.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the operation cannot be planned: {0}")]
pub struct PlanError(String);

/// What a plan depends on besides the operation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanOptions {
    /// The labels of `@override` that are on: their fields are resolved by the overriding subgraph.
    pub override_labels: BTreeSet<String>,
    /// Whether `@defer` is answered in parts; otherwise it is ignored, as the specification allows.
    pub defer: bool,
}

/// Plans operations over one supergraph.
#[derive(Debug, Clone)]
pub struct Planner {
    supergraph: Supergraph,
}

impl Planner {
    /// A planner for a supergraph.
    pub fn new(supergraph: &Supergraph) -> Self {
        Self {
            supergraph: supergraph.clone(),
        }
    }

    /// Plans one operation of a document that is valid over the API schema. Introspection is not planned: `__schema`,
    /// `__type` and a root `__typename` are the caller's to answer.
    pub fn plan(
        &self,
        document: &Valid<ExecutableDocument>,
        operation: &Operation,
        _options: &PlanOptions,
    ) -> Result<Plan, PlanError> {
        let mut roots = Vec::new();
        collect_roots(
            document,
            &operation.selection_set,
            &mut |selection| selection,
            &mut roots,
        );
        roots.retain(|(_, name, _)| !name.starts_with("__"));
        let (kind, node) = match operation.operation_type {
            OperationType::Query => {
                let all = roots
                    .into_iter()
                    .map(|(_, _, selection)| selection)
                    .collect();
                (
                    OperationKind::Query,
                    self.plan_selections(document, operation, all)?,
                )
            }
            OperationType::Mutation => (
                OperationKind::Mutation,
                self.plan_mutation(document, operation, roots)?,
            ),
            OperationType::Subscription => {
                let all = roots
                    .into_iter()
                    .map(|(_, _, selection)| selection)
                    .collect();
                let node = self.plan_selections(document, operation, all)?;
                (
                    OperationKind::Subscription,
                    node.map(subscription).transpose()?,
                )
            }
        };
        Ok(Plan { kind, node })
    }

    /// Each root field is planned alone, and the plans are put in a sequence: a field's entity fetches belong to it, so
    /// that they see the state that it left (GraphQL, "Mutations": serially).
    fn plan_mutation(
        &self,
        document: &Valid<ExecutableDocument>,
        operation: &Operation,
        roots: Vec<Root>,
    ) -> Result<Option<Node>, PlanError> {
        let mut groups: Vec<(String, Vec<Selection>)> = Vec::new();
        for (key, _, selection) in roots {
            match groups.iter_mut().find(|(existing, _)| *existing == key) {
                Some((_, group)) => group.push(selection),
                None => groups.push((key, vec![selection])),
            }
        }
        let mut nodes = Vec::new();
        for (_, group) in groups {
            match self.plan_selections(document, operation, group)? {
                Some(Node::Sequence(steps)) => nodes.extend(steps),
                Some(node) => nodes.push(node),
                None => {}
            }
        }
        Ok(match nodes.len() {
            0 => None,
            1 => nodes.pop(),
            _ => Some(Node::Sequence(nodes)),
        })
    }

    fn plan_selections(
        &self,
        document: &ExecutableDocument,
        operation: &Operation,
        selections: Vec<Selection>,
    ) -> Result<Option<Node>, PlanError> {
        if selections.is_empty() {
            return Ok(None);
        }
        let schema = self.supergraph.api_schema();
        let mut operation = operation.clone();
        operation.name = None;
        operation.directives.0.clear();
        operation.selection_set.selections = selections;
        ask_types(schema, &mut operation.selection_set);
        let mut asked = ExecutableDocument::new();
        asked.operations.insert(operation);
        asked.fragments.clone_from(&document.fragments);
        for fragment in asked.fragments.values_mut() {
            ask_types(schema, &mut fragment.make_mut().selection_set);
        }
        self.supergraph
            .bridge()
            .plan(&asked.to_string())
            .map_err(PlanError)
    }
}

/// A root field's response key, its name, and a selection of only it, inside the fragments around it.
type Root = (String, String, Selection);

fn collect_roots(
    document: &ExecutableDocument,
    set: &SelectionSet,
    wrap: &mut dyn FnMut(Selection) -> Selection,
    roots: &mut Vec<Root>,
) {
    for selection in &set.selections {
        match selection {
            Selection::Field(field) => {
                roots.push((
                    field.response_key().to_string(),
                    field.name.to_string(),
                    wrap(selection.clone()),
                ));
            }
            Selection::InlineFragment(inline) => {
                let mut inside = |selection: Selection| {
                    let mut one = InlineFragment::clone(inline);
                    one.selection_set.selections = vec![selection];
                    wrap(Selection::InlineFragment(AstNode::new(one)))
                };
                collect_roots(document, &inline.selection_set, &mut inside, roots);
            }
            Selection::FragmentSpread(spread) => {
                let Some(fragment) = document.fragments.get(&spread.fragment_name) else {
                    continue;
                };
                let mut inside = |selection: Selection| {
                    let mut one =
                        InlineFragment::with_type_condition(fragment.type_condition().clone());
                    one.directives = spread.directives.clone();
                    one.selection_set.selections = vec![selection];
                    wrap(Selection::InlineFragment(AstNode::new(one)))
                };
                collect_roots(document, &fragment.selection_set, &mut inside, roots);
            }
        }
    }
}

/// Asks for `__typename` wherever the type is only known at run time: the executor needs it to apply fragments, and to
/// hide objects of types that are not in the API schema.
fn ask_types(schema: &Schema, set: &mut SelectionSet) {
    for selection in &mut set.selections {
        match selection {
            Selection::Field(field) => {
                if field.selection_set.selections.is_empty() {
                    continue;
                }
                let field = field.make_mut();
                ask_types(schema, &mut field.selection_set);
                let is_abstract = schema
                    .types
                    .get(&field.selection_set.ty)
                    .is_some_and(|ty| ty.is_interface() || ty.is_union());
                let is_asked = field.selection_set.fields().any(|inner| {
                    inner.name == "__typename"
                        && inner.alias.is_none()
                        && inner.directives.0.is_empty()
                });
                if is_abstract
                    && !is_asked
                    && let Ok(typename) = field.selection_set.new_field(schema, name!("__typename"))
                {
                    field.selection_set.push(typename);
                }
            }
            Selection::InlineFragment(inline) => {
                ask_types(schema, &mut inline.make_mut().selection_set);
            }
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// Splits a subscription's plan into what is listened to, and what is asked on every event.
fn subscription(node: Node) -> Result<Node, PlanError> {
    match node {
        Node::Subscription { .. } => Ok(node),
        Node::Sequence(steps) => {
            let mut steps = steps.into_iter();
            let Some(Node::Subscription {
                primary,
                rest: None,
            }) = steps.next()
            else {
                return Err(PlanError(
                    "a subscription's plan does not begin with the subscription".to_owned(),
                ));
            };
            let mut steps: Vec<_> = steps.collect();
            let rest = match steps.len() {
                0 => None,
                1 => steps.pop(),
                _ => Some(Node::Sequence(steps)),
            };
            Ok(Node::Subscription {
                primary,
                rest: rest.map(Box::new),
            })
        }
        _ => Err(PlanError(
            "a subscription's plan does not begin with the subscription".to_owned(),
        )),
    }
}
